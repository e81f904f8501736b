"""What a preview shows, written as SQL: chosen columns, one condition per column, an order, a version.

A screen sends conditions as column, operator and value. Values are checked against the column's type here, so a mistake is told at the
condition that has it, and what comes out is text that a person can take into a cell.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.core.errors import InvalidParameterError, did_you_mean
from mlnb.core.records import Record

from .delta.types import arrow_text
from .errors import UnresolvedColumnError
from .names import quote, quote_name

if TYPE_CHECKING:
    import pyarrow as pa

Operator = Literal["=", "<>", "<", "<=", ">", ">=", "in", "contains", "starts_with", "is_null", "is_not_null"]

_WHOLE = ("tinyint", "smallint", "int", "bigint")
_NUMBER = (*_WHOLE, "float", "double", "decimal")
_INTEGER = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
#: Values that a condition with ``in`` may list.
MAX_VALUES = 1000


class ColumnFilter(Record):
    """A condition on one column; ``value`` as typed, ``values`` for ``in``."""

    column: str
    op: Operator
    value: str | None = None
    values: list[str] = Field(default_factory=list, max_length=MAX_VALUES)


def condition(filters: Sequence[ColumnFilter], full_name: str, schema: pa.Schema) -> str | None:
    """Return the conditions on a table's columns joined by AND, None without any.

    Raises
    ------
    UnresolvedColumnError
        For a column that the table does not have.
    InvalidParameterError
        For a value that its column cannot have.
    """
    fields = {field.name.lower(): field for field in schema}
    parts = []
    for one in filters:
        field = fields.get(one.column.lower())
        if field is None:
            raise UnresolvedColumnError(
                f"{full_name} has no column {one.column!r}.",
                hint=did_you_mean(one.column, schema.names),
                details={"column_name": one.column},
            )
        parts.append(_condition(one, field.name, arrow_text(field.type)))
    return " AND ".join(parts) or None


def statement(
    full_name: str,
    *,
    version: int | None,
    columns: Sequence[str] | None,
    where: str | None,
    order: str | None,
    limit: int,
) -> str:
    """Return the query that shows the same rows."""
    what = ", ".join(column_name(name) for name in columns) if columns is not None else "*"
    at = f" VERSION AS OF {version}" if version is not None else ""
    lines = [f"SELECT {what or '*'}", f"FROM {quote_name(full_name)}{at}"]
    if where:
        lines.append(f"WHERE {where}")
    if order:
        lines.append(f"ORDER BY {order}")
    return "\n".join([*lines, f"LIMIT {limit}"])


def column_name(name: str) -> str:
    """Write a column's name for SQL: in backticks when it is a word of SQL or no plain word."""
    plain = quote(name)
    return f"`{name}`" if plain == name and name.upper() in _words() else plain


@cache
def _words() -> frozenset[str]:
    from sqlglot.dialects.databricks import Databricks

    return frozenset(word for phrase in Databricks.Tokenizer.KEYWORDS for word in phrase.split())


def _condition(one: ColumnFilter, name: str, kind: str) -> str:
    column = column_name(name)
    if one.op == "is_null":
        return f"{column} IS NULL"
    if one.op == "is_not_null":
        return f"{column} IS NOT NULL"
    if one.op in ("contains", "starts_with"):
        word = "contains" if one.op == "contains" else "startswith"
        subject = column if kind == "string" else f"CAST({column} AS STRING)"
        return f"{word}(lower({subject}), {_text((one.value or '').lower())})"
    if one.op == "in":
        if not one.values:
            raise _refused(one, name, kind, "lists no value")
        return f"{column} IN ({', '.join(_literal(one, value, name, kind) for value in one.values)})"
    if one.value is None:
        raise _refused(one, name, kind, "has no value")
    return f"{column} {one.op} {_literal(one, one.value, name, kind)}"


def _literal(one: ColumnFilter, value: str, name: str, kind: str) -> str:
    """Write a value as the column's type has it."""
    base = kind.split("(")[0].lower()
    plain = value.strip()
    if base == "string":
        return _text(value)
    if base in _NUMBER:
        if not (_INTEGER if base in _WHOLE else _DECIMAL).fullmatch(plain):
            raise _refused(one, name, kind, f"compares with {value!r}", "Write a number, such as 12.")
        return plain
    if base == "boolean":
        if plain.lower() not in ("true", "false"):
            raise _refused(one, name, kind, f"compares with {value!r}", "Write true or false.")
        return plain.lower()
    if base == "date" or base.startswith("timestamp"):
        return _time(one, plain, name, kind, base)
    raise _refused(one, name, kind, f"cannot be compared with {value!r}", "Ask whether it is missing.")


def _time(one: ColumnFilter, value: str, name: str, kind: str, base: str) -> str:
    try:
        parsed = datetime.datetime.fromisoformat(value)
    except ValueError:
        example = "2024-05-01" if base == "date" else "2024-05-01 12:00"
        raise _refused(one, name, kind, f"compares with {value!r}", f"Write it like {example}.") from None
    if base == "date":
        return f"DATE '{parsed.date().isoformat()}'"
    word = "TIMESTAMP_NTZ" if base == "timestamp_ntz" else "TIMESTAMP"
    return f"{word} '{parsed.isoformat(' ')}'"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _refused(one: ColumnFilter, name: str, kind: str, what: str, hint: str | None = None) -> InvalidParameterError:
    details: Mapping[str, Any] = {"column_name": name, "operator": one.op}
    return InvalidParameterError(f"The condition on {name} ({kind}) {what}.", hint=hint, details=dict(details))
