"""Several statements in one text: where each begins and ends.

Semicolons in texts, names, comments and ``$$`` bodies separate nothing. Each statement keeps its place in the whole text, so that errors
name the line and column that the user sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# What a semicolon may stand in without separating. An unclosed one runs to the end, where the parser will name it.
_TOKEN = re.compile(
    r"""
    (?P<skip>
        (?i:\br)'[^']*(?:'|\Z) | (?i:\br)"[^"]*(?:"|\Z)
      | '(?:[^'\\]|\\.|'')*(?:'|\Z)
      | "(?:[^"\\]|\\.|"")*(?:"|\Z)
      | `(?:[^`]|``)*(?:`|\Z)
      | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)
    )
  | (?P<comment>--[^\n]* | /\*.*?(?:\*/|\Z))
  | (?P<end>;)
  | (?P<text>[^\s;'"`$/rR-]+|\S)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Part:
    """One statement of a script.

    Attributes
    ----------
    text
        The statement, behind as many lines and spaces as stand before it in the script.
    number
        Which one it is, from 1.
    """

    text: str
    number: int


def parts(script: str) -> list[Part]:
    """Split a script into its statements; empty ones are left out."""
    if ";" not in script:
        return [Part(script, 1)]
    found: list[Part] = []
    begin, empty = 0, True
    for match in _TOKEN.finditer(script):
        if match.lastgroup == "end":
            if not empty:
                found.append(Part(_placed(script, begin, match.start()), len(found) + 1))
            begin, empty = match.end(), True
        elif match.lastgroup != "comment":
            empty = False
    if not empty or not found:
        found.append(Part(_placed(script, begin, len(script)), len(found) + 1))
    return found


def _placed(script: str, begin: int, end: int) -> str:
    """Return a part of a script at the line and column where it stands."""
    while begin < end and script[begin].isspace():
        begin += 1
    before = script[:begin]
    return "\n" * before.count("\n") + " " * (begin - (before.rfind("\n") + 1)) + script[begin:end]
