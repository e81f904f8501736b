"""Completion of a magic's line: sub-commands, options, choices, and names asked from the workspace."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable, Mapping

from mlnb.magics.base import Completer, MagicSpec, current_workspace

_MOST = 200  # names offered at once; more cannot be read in a list


def complete_line(spec: MagicSpec, line: str, symbol: str) -> list[str]:
    """Return what may stand at the cursor.

    Parameters
    ----------
    spec
        The magic.
    line
        The line up to the cursor, with the magic's own name.
    symbol
        The piece that IPython will replace. It splits at punctuation, so it can be shorter than the word at the cursor
        (``main.ml.fl`` → ``fl``); what is returned has the part before it cut off.

    Returns
    -------
    Candidates, empty when nothing is known. Completion never raises: a workspace that does not open must not disturb typing.
    """
    words, word = _words(line)
    try:
        found = _candidates(spec, words, word)
    except Exception:
        return []
    before = word[: len(word) - len(symbol)] if symbol and word.endswith(symbol) else ("" if symbol else word)
    return [text[len(before) :] for text in found if text.startswith(word)][:_MOST]


def _words(line: str) -> tuple[list[str], str]:
    """Split the line into the finished words after the magic's name, and the unfinished one at the cursor."""
    rest = line.split(None, 1)[1] if len(line.split(None, 1)) > 1 else ""
    try:
        words = shlex.split(rest)
    except ValueError:  # an open quote
        words = rest.split()
    if not rest or rest[-1].isspace():
        return words, ""
    return words[:-1], words[-1] if words else ""


def _candidates(spec: MagicSpec, words: list[str], word: str) -> Iterable[str]:
    parser, words = _sub_parser(spec.make_parser(), words)
    values = dict(spec.complete or {})
    options = {text: action for action in parser._actions for text in action.option_strings}
    if words and (last := options.get(words[-1])) is not None and last.nargs != 0:
        return _values(last, values, word)
    if word.startswith("-"):
        return sorted(text for text in options if text.startswith("--") and text not in words)
    if spec.raw:  # the rest of the line is a language of its own; its names are asked for as "line"
        return values["line"](current_workspace(), word) if "line" in values else []
    action = _next_positional(parser, words, options)
    found = list(_values(action, values, word)) if action is not None else []
    return found or (sorted(text for text in options if text.startswith("--")) if not word else [])


def _sub_parser(parser: argparse.ArgumentParser, words: list[str]) -> tuple[argparse.ArgumentParser, list[str]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for i, word in enumerate(words):
                if word in action.choices:
                    return _sub_parser(action.choices[word], words[i + 1 :])
    return parser, words


def _next_positional(
    parser: argparse.ArgumentParser, words: list[str], options: Mapping[str, argparse.Action]
) -> argparse.Action | None:
    """Return the positional that the next plain word would fill."""
    given = 0
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in options:
            skip = options[word].nargs != 0
        elif not word.startswith("-"):
            given += 1
    positionals = [action for action in parser._actions if not action.option_strings]
    if given < len(positionals):
        return positionals[given]
    repeats = bool(positionals) and positionals[-1].nargs in ("*", "+")
    return positionals[-1] if repeats else None


def _values(action: argparse.Action, values: Mapping[str, Completer], prefix: str) -> Iterable[str]:
    if action.choices is not None:
        return [str(choice) for choice in action.choices]
    for key in (*action.option_strings, action.dest):
        if key in values:
            return values[key](current_workspace(), prefix)
    return []
