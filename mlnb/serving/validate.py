"""A model's signature compiled into one check per column, so that a bad request is answered with every bad field by row and name.

Stricter than MLflow's server on purpose: text is never a number and a number never text, because such a request comes from a broken
client and its answer would look right. What is harmless passes: integers where doubles are expected, integral floats for integers.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from mlnb.core.errors import FieldViolation, did_you_mean

from .formats import MISSING, Parsed, type_name
from .protocol import MAX_VIOLATIONS, HttpError, bad_request
from .records import InputField

_INTEGER_BOUNDS: Final = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}


class _Refused(Exception):
    """A value that does not fit; its text says what was expected."""


class Checked:
    """Columns that fit the signature.

    Attributes
    ----------
    columns
        Name → values of the signature's types, one a row; every input of the signature is there, ``None`` where nothing was sent.
    given
        Columns the caller gave although the endpoint would look them up; `MISSING` where a row has none.
    ignored
        Names that nothing uses.
    rows
        How many rows.
    """

    __slots__ = ("columns", "given", "ignored", "rows")

    def __init__(
        self, columns: dict[str, list[Any]], given: dict[str, list[Any]], ignored: list[str], rows: int
    ) -> None:
        self.columns = columns
        self.given = given
        self.ignored = ignored
        self.rows = rows


class Validator:
    """Checks requests against a signature.

    Parameters
    ----------
    inputs
        The signature's inputs.
    looked_up
        What the endpoint looks up itself; a caller may give these as well, and then the caller's value counts.
    strict
        Without it numbers written as text pass, as MLflow's server lets them.
    """

    def __init__(
        self, inputs: Sequence[InputField], looked_up: Sequence[InputField] = (), *, strict: bool = True
    ) -> None:
        self.names = [item.name for item in inputs]
        self._inputs = list(inputs)
        own = set(self.names)
        self._looked_up = [item for item in looked_up if item.name not in own]
        self._known = own | {item.name for item in self._looked_up}
        self._strict = strict

    def check(self, parsed: Parsed) -> Checked:
        """Return the request's columns, converted.

        Raises
        ------
        HttpError
            400 with all wrong fields.
        """
        problems: list[tuple[int, int, FieldViolation]] = []
        ignored = [name for name in parsed.columns if name not in self._known]
        columns: dict[str, list[Any]] = {}
        for position, item in enumerate(self._inputs):
            values = parsed.columns.get(item.name)
            if values is None:
                columns[item.name] = self._absent(item, position, parsed, ignored, problems)
            else:
                columns[item.name] = self._column(item, position, values, problems)
        given: dict[str, list[Any]] = {}
        for position, item in enumerate(self._looked_up, len(self._inputs)):
            values = parsed.columns.get(item.name)
            if values is not None:
                given[item.name] = self._column(item, position, values, problems, keep_missing=True)
        if problems:
            raise _wrong(problems)
        return Checked(columns, given, ignored, parsed.rows)

    def _absent(
        self,
        item: InputField,
        position: int,
        parsed: Parsed,
        ignored: Sequence[str],
        problems: list[tuple[int, int, FieldViolation]],
    ) -> list[Any]:
        if item.required and (parsed.rows or parsed.tabular):
            near = did_you_mean(item.name, ignored, limit=1)
            sent = f"; {near.removeprefix('Did you mean ').rstrip('?')} was sent" if near else ""
            text = f"missing, {item.type} expected{sent}"
            rows = range(1) if parsed.tabular else range(min(parsed.rows, MAX_VIOLATIONS + 1))
            where = "{name}" if parsed.tabular else "rows[{row}].{name}"
            problems += [(row, position, FieldViolation(where.format(row=row, name=item.name), text)) for row in rows]
        return [None] * parsed.rows

    def _column(
        self,
        item: InputField,
        position: int,
        values: list[Any],
        problems: list[tuple[int, int, FieldViolation]],
        *,
        keep_missing: bool = False,
    ) -> list[Any]:
        if _fits(item.type, values):
            return values
        convert = _CONVERTERS.get(item.type, _anything)
        found = 0
        result: list[Any] = []
        for row, value in enumerate(values):
            try:
                result.append(self._value(item, value, convert, keep_missing))
            except _Refused as refused:
                result.append(None)
                if found <= MAX_VIOLATIONS:
                    problems.append((row, position, FieldViolation(f"rows[{row}].{item.name}", str(refused))))
                found += 1
        return result

    def _value(self, item: InputField, value: Any, convert: Callable[[Any, str], Any], keep_missing: bool) -> Any:
        if value is MISSING:
            if keep_missing:
                return MISSING
            if item.required:
                raise _Refused(f"missing, {item.type} expected")
            return None
        if value is None:
            # A looked-up value may be null: that is what a look-up without a match gives.
            if item.required and not item.nullable and not keep_missing:
                raise _Refused(f"null where {item.type} is required")
            return None
        if not self._strict and isinstance(value, str) and item.type in ("integer", "long", "float", "double"):
            value = _lenient_number(value)
        return convert(value, item.type)


def _wrong(problems: list[tuple[int, int, FieldViolation]]) -> HttpError:
    problems.sort(key=lambda problem: problem[:2])
    fields = [violation for _, _, violation in problems]
    count = (
        f"More than {MAX_VIOLATIONS} fields are wrong"
        if len(fields) > MAX_VIOLATIONS
        else f"{len(fields)} fields are wrong"
    )
    return bad_request("1 field is wrong" if len(fields) == 1 else count, fields=fields)


def _expected(kind: str, value: Any) -> _Refused:
    return _Refused(f"expected {kind}, got {type_name(value)}")


def _lenient_number(value: str) -> Any:
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() and "." not in value else number


def _boolean(value: Any, kind: str) -> bool:
    if not isinstance(value, bool):
        raise _expected(kind, value)
    return value


def _integer(value: Any, kind: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _expected(kind, value)
    if isinstance(value, float):
        if not value.is_integer():
            raise _Refused(f"expected {kind}, got a number with a fraction")
        value = int(value)
    number: int = value
    low, high = _INTEGER_BOUNDS[kind]
    if not low <= number <= high:
        raise _Refused(f"expected {kind}, got an integer beyond its range")
    return number


def _number(value: Any, kind: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _expected(kind, value)
    if not math.isfinite(value):
        raise _Refused(f"expected {kind}, got a number that is not finite")
    return float(value)


def _text(value: Any, kind: str) -> str:
    if not isinstance(value, str):
        raise _expected(kind, value)
    return value


def _datetime(value: Any, kind: str) -> datetime:
    if not isinstance(value, str):
        raise _Refused(f"expected {kind} as ISO 8601 text, got {type_name(value)}")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise _Refused(f"expected {kind} as ISO 8601 text (2013-08-01T14:00:00Z), got other text") from None
    # Times without a zone are read as UTC, everywhere in mlnb.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _binary(value: Any, kind: str) -> bytes:
    if not isinstance(value, str):
        raise _Refused(f"expected {kind} as base64 text, got {type_name(value)}")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise _Refused(f"expected {kind} as base64 text, got other text") from None


def _array(value: Any, kind: str) -> list[Any]:
    if not isinstance(value, list):
        raise _expected(kind, value)
    return value


def _object(value: Any, kind: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _expected(kind, value)
    return value


def _anything(value: Any, _kind: str) -> Any:
    return value


_CONVERTERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "boolean": _boolean,
    "integer": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "string": _text,
    "datetime": _datetime,
    "binary": _binary,
    "array": _array,
    "object": _object,
    "map": _object,
}

#: Columns of only these Python types need no look at each value: JSON knows no number that is not finite, and the parser refuses 1e999.
_QUICK: Final[Mapping[str, frozenset[type]]] = {
    "boolean": frozenset({bool}),
    "string": frozenset({str}),
    "double": frozenset({float, int}),
    "float": frozenset({float, int}),
    "integer": frozenset({int}),
    "long": frozenset({int}),
}


def _fits(kind: str, values: list[Any]) -> bool:
    """Say whether the whole column fits as it is, without a Python call per value."""
    quick = _QUICK.get(kind)
    if quick is None or not values or not set(map(type, values)) <= quick:
        return False
    if kind not in _INTEGER_BOUNDS:
        return True
    low, high = _INTEGER_BOUNDS[kind]
    return bool(min(values) >= low and max(values) <= high)
