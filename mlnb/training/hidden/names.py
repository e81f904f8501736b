"""A cell's text read once: :func:`facts_of`."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from .facts import Facts
from .magic_calls import parsed, plain
from .reader import Reader


def facts_of(source: str, kinds: Mapping[str, str] | None = None) -> Facts:
    """Return what a cell does to names.

    Parameters
    ----------
    source
        As typed, magics included.
    kinds
        What the variables held before it ran, by name, as far as it is known.
    """
    return Reader(kinds).read(parsed(source)).facts()


_RUN_LINE = re.compile(r"\A\s*%%mlrun\b[^\n]*\n?")


def same_code(one: str, other: str) -> bool:
    """Return whether two cells are the same but for blanks, comments, line breaks and how they are recorded."""
    one, other = _RUN_LINE.sub("", one), _RUN_LINE.sub("", other)
    if one.strip() == other.strip():
        return True
    try:
        trees = [ast.dump(ast.parse(plain(text))) for text in (one, other)]
    except (SyntaxError, ValueError, RecursionError):
        return False
    return trees[0] == trees[1]
