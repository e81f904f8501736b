"""Runs as CSV: what is shown, all of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from mlnb.core.errors import InvalidParameterError

from ..records import PageColumn
from .reader import Key, RunQuery, TrackingReader

MOST_ROWS = 50_000
_AT_ONCE = 2000
#: With these a cell begins that a spreadsheet executes; an apostrophe before them makes it a text there.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_parts(reader: TrackingReader, query: RunQuery, columns: Sequence[Key]) -> Iterator[str]:
    """Return the text in parts, the head line in the first; times are ISO 8601 in UTC, absent values empty.

    Raises
    ------
    InvalidParameterError
        When there are more than 50,000 runs: half a file would look like a whole one.
    """
    total, ids = reader.ids(query, MOST_ROWS)
    if total > len(ids):
        raise InvalidParameterError(
            f"{total:,} runs do not go into one file of at most {MOST_ROWS:,}.", hint="Narrow the filter."
        )
    return _parts(reader, ids, columns)


def _parts(reader: TrackingReader, ids: Sequence[str], columns: Sequence[Key]) -> Iterator[str]:
    yield _text([["run_id", *(str(key) for key in columns)]])
    for start in range(0, len(ids), _AT_ONCE):
        block = ids[start : start + _AT_ONCE]
        found = reader.cells(block, columns)
        yield _text([[run_id, *(_cell(column, place) for column in found)] for place, run_id in enumerate(block)])


def _cell(column: PageColumn, place: int) -> Any:
    value = column.values[place]
    if column.type == "timestamp" and value is not None:
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"'{value}" if isinstance(value, str) and _is_formula(value) else value


def _is_formula(text: str) -> bool:
    if not text.startswith(_FORMULA):
        return False
    try:
        float(text)
    except ValueError:
        return True
    return False


def _text(rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
