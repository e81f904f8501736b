"""Typed conditions as SQL with bound values: the value of a condition is read as its column's type, or refused."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.explore.questions import DrillFilter

_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_WORDS = {
    "number": "number",
    "bool": "boolean (true or false)",
    "time": "time such as 2024-05-01 12:00",
    "date": "date such as 2024-05-01",
    "text": "text",
    "other": "text",
}


def family(kind: pa.DataType) -> str:
    """Return how values of a type are compared: ``number``, ``bool``, ``time``, ``date``, ``text`` or ``other``."""
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return family(kind.value_type)
    if types.is_boolean(kind):
        return "bool"
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_timestamp(kind):
        return "time"
    if types.is_date(kind):
        return "date"
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "text"
    return "other"


def condition(column: str, kind: pa.DataType, one: DrillFilter) -> tuple[str, list[Any]]:
    """Return one condition as SQL over the quoted ``column``, and the values it binds.

    Raises
    ------
    InvalidParameterError
        When the value is none of the column's type, or missing.
    """
    if one.op in ("is_null", "is_not_null"):
        missing = f"({column} IS NULL{_or_nan(column, kind)})"
        return (missing if one.op == "is_null" else f"NOT {missing}"), []
    if one.op in ("contains", "starts_with"):
        if one.value is None:
            raise _wrong(one, f"{one.op} needs a text")
        return f"{one.op}(lower(CAST({column} AS VARCHAR)), lower(?))", [str(one.value)]
    left = column if family(kind) != "other" else f"CAST({column} AS VARCHAR)"
    if one.op == "in":
        values = [_read(kind, one, value) for value in one.values]
        return (f"{left} IN ({', '.join('?' * len(values))})" if values else "false"), values
    if one.op == "between":
        if len(one.values) != 2:
            raise _wrong(one, "between needs two values, the upper one excluded")
        low, high = (_read(kind, one, value) for value in one.values)
        return f"({left} >= ? AND {left} < ?)", [low, high]
    if one.value is None:
        raise _wrong(one, f"{one.op} needs a value; is_null asks for missing ones")
    read = _read(kind, one, one.value)
    # What is missing differs from every value, as a reader expects and SQL does not.
    return (f"{left} IS DISTINCT FROM ?" if one.op == "<>" else f"{left} {one.op} ?"), [read]


def _or_nan(column: str, kind: pa.DataType) -> str:
    """In a frame a number that is none and one that is missing are the same."""
    import pyarrow.types as types

    return f" OR isnan({column})" if types.is_floating(kind) else ""


def _read(kind: pa.DataType, one: DrillFilter, value: Any) -> Any:
    which = family(kind)
    try:
        read = _READERS.get(which, str)(value)
    except (ValueError, TypeError, OverflowError):
        raise _wrong(one, f"{value!r} is no {_WORDS[which]}") from None
    if which == "date" or (which == "time" and not getattr(kind, "tz", None)):
        return read.replace(tzinfo=None)
    return read


def _number(value: Any) -> int | float:
    if isinstance(value, str):
        text = value.strip()
        try:
            return int(text)
        except ValueError:
            value = float(text)
    if math.isnan(value):
        raise ValueError
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)


def _boolean(value: Any) -> bool:
    word = str(value).strip().lower().removesuffix(".0")
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError


def _time(value: Any) -> datetime.datetime:
    """A number is microseconds since 1970, as in the edges of a histogram; a text is ISO 8601, in UTC unless it says otherwise."""
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, (int, float)):
        return _EPOCH + datetime.timedelta(microseconds=round(value))
    read = datetime.datetime.fromisoformat(str(value).strip())
    return read.astimezone(datetime.UTC) if read.tzinfo else read.replace(tzinfo=datetime.UTC)


_READERS: dict[str, Any] = {"number": _number, "bool": _boolean, "time": _time, "date": _time}


def _wrong(one: DrillFilter, why: str) -> InvalidParameterError:
    return InvalidParameterError(f"The condition on {one.column!r} is not possible: {why}.")
