"""Which rows are held out: one rule, equal in pandas, DuckDB and Spark for ever.

A key falls on a side by the first eight hexadecimal digits of an MD5 over its text: a comparison of strings, which every engine does alike.
The text of integers, strings, dates and booleans is the same everywhere; that of floats and times is not, so they cannot be keys.
Rows whose key is empty are on the development side.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from mlnb.catalog.names import quote_always, quote_duckdb
from mlnb.core.errors import InvalidParameterError

from .holdout_records import HoldoutKeyUnsupportedError, HoldoutRule

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_INTEGERS = ("tinyint", "smallint", "int", "bigint")


def key_type(type_text: str) -> str | None:
    """Return the kind of key a column of the platform's type is, None when its values have no text that is equal everywhere."""
    kind = type_text.lower()
    if kind in _INTEGERS:
        return "integer"
    if kind in ("date", "boolean"):
        return kind
    return "string" if kind == "string" or kind.startswith(("varchar", "char")) else None


def time_type(type_text: str) -> str | None:
    """Return the kind of time a column of the platform's type is, None when it is none."""
    kind = type_text.lower()
    return "integer" if kind in _INTEGERS else kind if kind in ("date", "timestamp", "timestamp_ntz") else None


def threshold(fraction: float) -> str:
    """Return the eight hexadecimal digits below which a hash is held out."""
    return f"{min(max(round(fraction * 2**32), 1), 2**32 - 1):08x}"


def canonical_time(value: Any, kind: str) -> str | int:
    """Return a point in time as it is stored in a rule: ISO text in UTC, or a whole number.

    Raises
    ------
    InvalidParameterError
        When it is none.
    """
    try:
        if kind == "integer":
            return int(value)
        if isinstance(value, datetime):
            moment = value
        elif isinstance(value, date):
            moment = datetime(value.year, value.month, value.day)
        else:
            moment = datetime.fromisoformat(str(value).strip())
    except (TypeError, ValueError):
        raise InvalidParameterError(
            f"since={value!r} is no {'number' if kind == 'integer' else 'time'}.",
            hint="Write it as 2013-10-01 or 2013-10-01 12:00:00." if kind != "integer" else "Write a whole number.",
        ) from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.date().isoformat() if kind == "date" else moment.isoformat(sep=" ")


# -- as SQL ------------------------------------------------------------------------------------------------------------


def held(rule: HoldoutRule, dialect: str) -> str:
    """Return the condition that held-out rows satisfy; it is empty (NULL) where the rule's columns are."""
    name = _Spelling(dialect)
    if rule.kind == "key":
        parts = " || '|' || ".join(f"CAST({name.column(column)} AS {name.string})" for column in rule.key)
        return f"substr(md5('{rule.salt}|' || {parts}), 1, 8) < '{threshold(rule.fraction or 0)}'"
    if rule.kind == "time":
        assert rule.time is not None
        return f"{name.column(rule.time)} >= {name.moment(rule.since, rule.types[rule.time])}"
    assert rule.column is not None
    return f"{name.column(rule.column)} = {name.value(rule.value, rule.types[rule.column])}"


def shown(rule: HoldoutRule, dialect: str) -> str:
    """Return the condition that the other rows satisfy, those with an empty key among them."""
    return f"coalesce(NOT ({held(rule, dialect)}), true)"


class _Spelling:
    """How a dialect spells names and values."""

    def __init__(self, dialect: str) -> None:
        if dialect not in ("duckdb", "spark"):
            raise InvalidParameterError(f"{dialect!r} is no dialect.", hint="Use duckdb or spark.")
        self.dialect = dialect
        self.string = "VARCHAR" if dialect == "duckdb" else "STRING"

    def column(self, name: str) -> str:
        return quote_duckdb(name) if self.dialect == "duckdb" else quote_always(name)

    def text(self, value: str) -> str:
        # Spark reads backslashes in texts, DuckDB takes them as they are.
        return (
            "'" + value.replace("'", "''") + "'"
            if self.dialect == "duckdb"
            else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        )

    def moment(self, value: str | int | None, kind: str) -> str:
        if kind == "integer":
            return str(value)
        if kind == "date":
            return f"DATE '{value}'"
        if kind == "timestamp":
            return f"{'TIMESTAMPTZ' if self.dialect == 'duckdb' else 'TIMESTAMP'} '{value}+00:00'"
        return f"{'TIMESTAMP' if self.dialect == 'duckdb' else 'TIMESTAMP_NTZ'} '{value}'"

    def value(self, value: bool | int | str | None, kind: str) -> str:
        if kind == "boolean":
            return "true" if value else "false"
        if kind == "integer":
            return str(value)
        return f"DATE '{value}'" if kind == "date" else self.text(str(value))


# -- on frames ---------------------------------------------------------------------------------------------------------


def development(rule: HoldoutRule, data: Any) -> tuple[np.ndarray[Any, Any], int]:
    """Return which rows of a frame are not held out, and how many have no key to tell by.

    Parameters
    ----------
    data
        pandas, polars, Arrow, or anything Arrow can read, with the rule's columns.
    """
    import duckdb
    import numpy as np
    import pyarrow as pa

    arrays = [_typed(column, rule.types[name]) for name, column in zip(rule.columns, _columns(data, rule), strict=True)]
    if not len(arrays[0]):
        return np.ones(0, dtype=bool), 0
    rows = pa.table(arrays, names=rule.columns)
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        connection.register("rows_to_split", rows)
        query = "SELECT " + held(rule, "duckdb") + " AS held FROM rows_to_split"  # noqa: S608 (a rule quotes its names and values)
        answer = connection.sql(query).to_arrow_table()
    finally:
        connection.close()
    column = answer.column("held")
    return ~column.fill_null(False).to_numpy(zero_copy_only=False).astype(bool), int(column.null_count)


def has_columns(data: Any, columns: list[str]) -> bool:
    """Return whether a frame has all these columns."""
    names = getattr(data, "column_names", None)
    if names is None:
        names = getattr(data, "columns", None)
    return {str(name) for name in (() if names is None else names)} >= set(columns)


def _columns(data: Any, rule: HoldoutRule) -> list[Any]:
    """Return the rule's columns as Arrow."""
    import pyarrow as pa

    if hasattr(data, "iloc"):
        return [_from_pandas(data, name) for name in rule.columns]
    if hasattr(data, "collect") and not hasattr(data, "height"):  # a plan of polars
        data = data.select(rule.columns).collect()
    if hasattr(data, "to_arrow") and callable(data.to_arrow):
        data = data.to_arrow()
    table = data if isinstance(data, pa.Table) else pa.table(data)
    return [table.column(name).combine_chunks() for name in rule.columns]


def _from_pandas(frame: Any, name: str) -> pa.Array:
    import pyarrow as pa

    positions = [position for position, label in enumerate(frame.columns) if str(label) == name]
    series = frame.iloc[:, positions[0]]
    zone = getattr(series.dtype, "tz", None)
    if zone is not None:
        return pa.array(series.dt.tz_convert(None).to_numpy(), from_pandas=True)
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):  # several kinds of values in one column
        missing = series.isna()
        return pa.array([None if no else str(value) for value, no in zip(series, missing, strict=True)], pa.string())


def _typed(values: Any, kind: str) -> Any:
    """Return values in the type that their table has: frames turn integers with gaps into floats, and dates into times."""
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_null(values.type):
        return values.cast({"integer": pa.int64(), "boolean": pa.bool_(), "date": pa.date32()}.get(kind, pa.string()))
    if kind == "integer":
        return _integers(values)
    if kind == "boolean":
        return values if pa.types.is_boolean(values.type) else _cast(values, pa.bool_())
    if kind == "string":
        return _cast(values, pa.string())
    if kind == "date":
        if pa.types.is_timestamp(values.type):
            values = values.cast(pa.timestamp("s", tz=values.type.tz), safe=False)
        return _cast(values, pa.date32())
    plain = pa.timestamp("us", tz="UTC" if kind == "timestamp" else None)
    if pa.types.is_timestamp(values.type):
        return values.cast(pa.timestamp("us", tz=values.type.tz), safe=False).cast(plain)
    return _cast(values, plain)


def _integers(values: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(values.type):
        return values
    if pa.types.is_floating(values.type):
        whole = pc.and_(pc.is_finite(values), pc.equal(pc.floor(values), values))
        inside = pc.and_(whole, pc.less(pc.abs(values), 2.0**63))
        return pc.if_else(inside, values, None).cast(pa.int64(), safe=False)
    return _cast(values, pa.int64())


def _cast(values: Any, kind: Any) -> Any:
    """Cast, leaving empty what does not fit."""
    import pyarrow as pa

    if values.type == kind:
        return values
    try:
        return values.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([_one(value, kind) for value in values], kind)


def _one(value: Any, kind: Any) -> Any:
    import pyarrow as pa

    try:
        return value.cast(kind).as_py() if value.is_valid else None
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def unsupported(name: str, type_text: str, table: str) -> HoldoutKeyUnsupportedError:
    """Return the error for a key column whose text differs between engines."""
    return HoldoutKeyUnsupportedError(
        f"{name} of {table} is {type_text}: it cannot tell which rows are held out.",
        hint="Use a key of integers, strings, dates or booleans; for a time use time= and since=.",
    )
