"""What every magic is written against: its specification, its parser and the call it gets.

A stage's magic is a function that receives parsed arguments and a workspace and returns the object to show. It never sees the text of
the line, never prints errors and never touches IPython's registration; that is done once, in ``mlnb.magics``.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from mlnb.core.errors import InvalidParameterError, did_you_mean

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mlnb.door import Workspace

#: A usage line of more characters helps nobody.
_READABLE = 200

Kind = Literal["line", "cell"]
Completer = Callable[["Workspace", str], Iterable[str]]


class UsageError(InvalidParameterError):
    """The magic's line could not be understood."""


class HelpRequested(Exception):
    """``--help`` was given; carries the text to show."""


class MagicParser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that raises instead of printing and leaving the interpreter."""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`: the hint is what was probably meant, else the usage line where it is short enough to be read."""
        usage = " ".join(self.format_usage().split())
        if near := self._meant(message):
            hint = f"{near} {self.prog} --help explains all options."
        elif len(usage) <= _READABLE:
            hint = f"{usage}  ({self.prog} --help explains the options)"
        else:
            hint = f"{self.prog} --help explains all options."
        raise UsageError(f"{self.prog}: {message}.", hint=hint)

    def _meant(self, message: str) -> str | None:
        """Return the option, or the choice, that is nearest to what was typed."""
        if unknown := re.match(r"unrecognized arguments: (\S+)", message):
            name, equals, value = unknown.group(1).partition("=")
            told = [action for action in self._actions if action.help != argparse.SUPPRESS]
            options = [text for action in told for text in action.option_strings if text.startswith("--")]
            if equals and f"--{name}" in options:  # name=x, as in a call of Python
                return f"Write --{name} {shlex.quote(value)}."
            if not name.startswith("-") and f"--{name}" in options:
                return f"Write --{name}."
            if not name.startswith("-"):
                return f"A name is written --name {shlex.quote(name)}." if "--name" in options else None
            return did_you_mean(name, options)
        if wrong := re.match(r"argument (\S+): invalid choice: '(.*?)' \(choose", message):
            choices = [
                str(one) for action in self._actions if _called(action, wrong[1]) for one in action.choices or ()
            ]
            return did_you_mean(wrong[2], choices)
        return None

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Never end the process from a cell."""
        raise UsageError(message or f"{self.prog}: stopped with status {status}.")

    def print_help(self, file: Any = None) -> None:
        """Hand the help text up instead of printing it half-way through parsing."""
        raise HelpRequested(self.format_help())


def _called(action: argparse.Action, name: str) -> bool:
    """Return whether argparse calls an argument so in its messages."""
    return name in ("/".join(action.option_strings), action.metavar, action.dest)


def parser(name: str, doc: str) -> MagicParser:
    """Make the parser of a magic.

    Parameters
    ----------
    name
        As typed, with its percent signs: ``%%sql``.
    doc
        Shown by ``--help`` above the options; the first line says what the magic does.
    """
    return MagicParser(
        prog=name, description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )


def split(line: str, prog: str = "") -> list[str]:
    """Split a magic's line as a shell would, so that quotes group words and then disappear."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(
            f"{prog}: {str(error).lower()} in: {line}", hint="Close the quote, or escape it with \\."
        ) from None


@dataclass(frozen=True)
class MagicCall:
    """What a magic's function receives.

    Attributes
    ----------
    ws
        The current workspace.
    args
        The parsed arguments.
    cell
        The cell's body, ``None`` when used on one line.
    shell
        The running IPython shell; ``shell.user_ns`` holds the user's variables.
    """

    ws: Workspace
    args: argparse.Namespace
    cell: str | None
    shell: InteractiveShell


@dataclass(frozen=True)
class MagicSpec:
    """One magic.

    Parameters
    ----------
    name
        Without percent signs.
    run
        Called with a `MagicCall`; what it returns becomes the cell's result (``None`` shows nothing).
    make_parser
        Makes the parser, with `parser`.
    kinds
        ``("line",)``, ``("cell",)`` or both.
    complete
        For completion of values: a positional's ``dest`` or an option string (``"--target"``) → ``f(ws, prefix) -> names``. Sub-commands
        and ``choices`` are completed from the parser itself.
    raw
        Only the options at the start of the line are parsed; what follows them is ``args.line``, untouched. For a line that is a language
        of its own and needs its quotes, such as ``%sql SELECT 'a'``. The parser then has no positionals.
    """

    name: str
    run: Callable[[MagicCall], object]
    make_parser: Callable[[], argparse.ArgumentParser]
    kinds: Sequence[Kind] = ("line", "cell")
    complete: Mapping[str, Completer] | None = None
    raw: bool = False


def current_workspace() -> Workspace:
    """Return the workspace that this process uses, opening it on first use."""
    import mlnb

    return mlnb.workspace()


def user_ns() -> dict[str, Any]:
    """Return the user's variables, or an empty mapping outside IPython."""
    from IPython import get_ipython

    shell = get_ipython()
    return shell.user_ns if shell is not None else {}


class CellSyntaxError(InvalidParameterError):
    """The body of a cell is not Python; shown as IPython shows a syntax error."""

    code = "SYNTAX_ERROR"

    def __init__(self, shown: list[str], error: SyntaxError) -> None:
        super().__init__(f"{error.msg} (line {error.lineno} of the cell's body)")
        self._shown = shown

    def _render_traceback_(self) -> list[str]:
        return self._shown


def execute_cell(shell: InteractiveShell, source: str) -> Any:
    """Run a cell's body as IPython would run it by itself, and raise what it raised.

    The magic that wraps a body (``%%mlrun``) must see the exception to close what it opened, and the user must see its traceback once,
    without the frames of the magic: so the inner run shows nothing, and the error is raised again for the outer one.

    Returns
    -------
    The value of the body's last expression, which has been displayed already.
    """
    silenced = ("showtraceback", "showsyntaxerror", "showindentationerror")
    for name in silenced:
        setattr(shell, name, _show_nothing)
    try:
        result = shell.run_cell(source, store_history=False)  # type: ignore[no-untyped-call]
    finally:
        for name in silenced:
            delattr(shell, name)  # the class's own method shows through again
    error = result.error_before_exec or result.error_in_exec
    if isinstance(error, SyntaxError):
        shown = shell.SyntaxTB.structured_traceback(type(error), error, [])  # type: ignore[arg-type]
        raise CellSyntaxError(shown, error) from error
    if error is not None:
        _show_only_the_body(shell, error)
        raise error
    return result.result


def _show_only_the_body(shell: InteractiveShell, error: BaseException) -> None:
    """Let IPython show the error with the frames of the cell's body alone."""
    if hasattr(error, "_render_traceback_"):
        return
    body = error.__traceback__
    while body is not None and body.tb_frame.f_code.co_name != "run_code":
        body = body.tb_next
    if body is None or body.tb_next is None:
        return
    frames = body.tb_next

    def render() -> Any:
        return shell.InteractiveTB.structured_traceback(type(error), error, frames, tb_offset=0)

    with contextlib.suppress(AttributeError, TypeError):  # a class may refuse new attributes
        error._render_traceback_ = render  # type: ignore[attr-defined]


def _show_nothing(*_: Any, **__: Any) -> None:
    """Stand in for the shell's own display of errors."""
