"""Completion of a magic's line: sub-commands, options, choices, and names asked from the workspace."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING

from mlnb.magics.base import Completer, MagicSpec, current_workspace

if TYPE_CHECKING:
    from mlnb.catalog.complete import Completion
    from mlnb.door import Workspace

_MAGIC = re.compile(r"(?P<percent>%%?)(?P<name>\w*)[ \t]?")
_MOST = 200  # names offered at once; more cannot be read in a list

_words_before: ContextVar[tuple[str, ...]] = ContextVar("mlnb_words_before", default=())


def words_before() -> tuple[str, ...]:
    """Return the finished words of the line that is completed: what its columns are asked of."""
    return _words_before.get()


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
    _words_before.set(tuple(words))
    try:
        found = _candidates(spec, words, word)
    except Exception:
        return []
    before = word[: len(word) - len(symbol)] if symbol and word.endswith(symbol) else ("" if symbol else word)
    return [text[len(before) :] for text in found if text.startswith(word)][:_MOST]


def complete_text(ws: Workspace, text: str, cursor: int, *, sql: bool) -> Completion:
    """Return what may stand at the cursor of a whole cell, which need not be run anywhere: a kernel may be busy.

    Parameters
    ----------
    sql
        Whether the text is SQL, unless it begins with a magic.
    """
    from mlnb.catalog.complete import Completion, CompletionItem

    body, begins = text, 0
    magic = _MAGIC.match(text)
    if magic is not None:
        line_end = text.find("\n") if "\n" in text else len(text)
        if cursor <= line_end and not (magic["name"] == "sql" and magic["percent"] == "%" and cursor > magic.end()):
            begins, items = _complete_magic(ws, text[:line_end], cursor)
            return Completion(start=begins, end=cursor, items=[CompletionItem(text=t, type=k) for t, k in items])
        sql = magic["name"] == "sql"
        begins = line_end + 1 if magic["percent"] == "%%" else magic.end()
        body = text[begins:]
    if not sql:
        return Completion(start=cursor, end=cursor, items=[])
    found = ws.catalog.complete(body, cursor - begins)
    return found.model_copy(update={"start": found.start + begins, "end": found.end + begins})


def _complete_magic(ws: Workspace, line: str, cursor: int) -> tuple[int, list[tuple[str, str]]]:
    """Return where the word at the cursor begins, and what may replace it, with its kind."""
    from mlnb.magics import MAGICS, spec

    before = line[:cursor]
    word = before[len(before.rstrip()) :] if before[-1:].isspace() else before.split()[-1]
    begin = cursor - len(word) if not before[-1:].isspace() else cursor
    name = line.split()[0].lstrip("%")
    if begin == 0:
        percent = word[: len(word) - len(word.lstrip("%"))]
        kind = "cell" if percent == "%%" else "line"
        known = sorted(percent + one for one, (_, kinds, _) in MAGICS.items() if kind in kinds)
        return 0, [(one, "command") for one in known if one.startswith(word)]
    if name not in MAGICS:
        return begin, []
    word = "" if before[-1:].isspace() else word
    found = complete_line(spec(name), before, word)
    return begin, [(text, "option" if text.startswith("-") else "command") for text in found]


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
