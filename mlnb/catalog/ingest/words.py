"""What the reader of files says about a line, in plain words."""

from __future__ import annotations

import re

#: DuckDB's types as people call their values.
WORDS = {
    "BIGINT": "whole number",
    "INTEGER": "whole number",
    "DOUBLE": "number",
    "BOOLEAN": "truth value",
    "DATE": "date",
    "TIMESTAMPTZ": "time",
    "TIMESTAMP": "time",
    "TIMESTAMP WITH TIME ZONE": "time",
}

_CAST = re.compile(r"""Error when converting column ".*?"\. Could not convert string "(.*)" to '([^']+)'""", re.DOTALL)
_COUNT = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")


def plain(message: str) -> str:
    """Return why a line does not fit, without the reader's own terms; what is not known stays as it is."""
    text = " ".join(message.split())
    if cast := _CAST.search(text):
        value, kind = cast.groups()
        return f"{value[:100]!r} is no {WORDS.get(kind.upper(), kind.lower())}"
    if count := _COUNT.search(text):
        expected, found = count.groups()
        return f"{found} values where {expected} are expected"
    return text
