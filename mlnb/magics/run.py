"""One call of a magic: parse, open the workspace, run, and nothing printed on the way."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING

from mlnb.magics.base import HelpRequested, MagicCall, MagicSpec, UsageError, current_workspace, split

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# One word of a shell-like line: quoted stretches and escapes belong to it.
_WORD = re.compile(r"""\s*((?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)""")


def run_magic(shell: InteractiveShell, spec: MagicSpec, line: str, cell: str | None) -> object:
    """Run a magic for IPython; the result is shown by IPython's display hook.

    Raises
    ------
    UsageError
        When the line does not fit the parser or the magic is used in the wrong form. Nothing has happened by then.
    """
    try:
        args = parse(spec, line)
    except HelpRequested as help_text:
        sys.stdout.write(f"{help_text}\n")
        return None
    if cell is None and "line" not in spec.kinds:
        raise UsageError(
            f"%{spec.name} works on a whole cell.", hint=f"Put %%{spec.name} on the first line of the cell."
        )
    if cell is not None and "cell" not in spec.kinds:
        raise UsageError(f"%%{spec.name} takes no cell body.", hint=f"Write %{spec.name} … on one line.")
    ws = current_workspace()
    ws.tracking.announce()  # what a magic logs is found again with plain mlflow
    return spec.run(MagicCall(ws=ws, args=args, cell=cell, shell=shell))


def parse(spec: MagicSpec, line: str) -> argparse.Namespace:
    """Parse a magic's line with the magic's own parser."""
    parser = spec.make_parser()
    if not spec.raw:
        return parser.parse_args(split(line, parser.prog))
    options, rest = split_options(parser, line)
    args = parser.parse_args(options)
    args.line = rest
    return args


def split_options(parser: argparse.ArgumentParser, line: str) -> tuple[list[str], str]:
    """Take the options off the start of a line and leave the rest exactly as it was typed."""
    known = {text: action for action in parser._actions for text in action.option_strings}
    options: list[str] = []
    rest = line.strip()
    while (word := _WORD.match(rest)) and word.group(1).startswith("-"):
        name, equals, _ = word.group(1).partition("=")
        if name not in known:
            if not name.startswith("--") or not name[2:3].isalpha():
                break  # SQL may begin with a comment: `-- all flights`
            parser.error(f"unrecognized arguments: {name}")
        options += split(word.group(1), parser.prog)
        rest = rest[word.end() :]
        if known[name].nargs != 0 and not equals and (value := _WORD.match(rest)):
            options += split(value.group(1), parser.prog)
            rest = rest[value.end() :]
    return options, rest.strip()
