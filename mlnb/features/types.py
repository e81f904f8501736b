"""Types of keys and features, as the catalog spells them, and what may be compared with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

INTEGERS = ("tinyint", "smallint", "int", "bigint")
TIMES = ("timestamp", "timestamp_ntz", "date")

#: Type of a column → MLflow's type in a model signature.
MLFLOW_TYPES = {
    "tinyint": "integer",
    "smallint": "integer",
    "int": "integer",
    "bigint": "long",
    "float": "float",
    "double": "double",
    "boolean": "boolean",
    "string": "string",
    "binary": "binary",
    "timestamp": "datetime",
    "timestamp_ntz": "datetime",
    "date": "datetime",
}


def key_family(type_text: str) -> str | None:
    """Return which keys a type can be compared with (``int``, ``text``, ``boolean``), None for a type that is no key."""
    if type_text in INTEGERS:
        return "int"
    return {"string": "text", "boolean": "boolean"}.get(type_text)


def type_text(kind: pa.DataType) -> str:
    """Spell an Arrow type as the catalog spells the type it would be stored in."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return type_text(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    return _NAMES.get(str(kind), str(kind))


_NAMES = {
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "uint8": "smallint",
    "int32": "int",
    "uint16": "int",
    "int64": "bigint",
    "uint32": "bigint",
    "uint64": "decimal(20,0)",
    "halffloat": "float",
    "float": "float",
    "double": "double",
    "string": "string",
    "large_string": "string",
    "string_view": "string",
    "null": "string",
    "date32[day]": "date",
    "date64[ms]": "date",
    "binary": "binary",
    "large_binary": "binary",
}


def mlflow_type(type_name: str) -> str:
    """Return MLflow's type for a column's type; what MLflow has no type for is a double (decimals) or text."""
    return MLFLOW_TYPES.get(type_name, "double" if type_name.startswith("decimal") else "string")


def as_key(array: pa.ChunkedArray, family: str) -> pa.ChunkedArray:
    """Return a key column in the one type of its family.

    Raises
    ------
    ValueError
        When a value has no place in it, such as 1.5 among integers.
    """
    import pyarrow as pa

    target = {"int": pa.int64(), "text": pa.string(), "boolean": pa.bool_()}[family]
    if pa.types.is_null(array.type):
        return pa.chunked_array([pa.nulls(len(array), target)])
    try:
        if family == "int" and pa.types.is_floating(array.type):
            array = _without_nan(array)
        return array.cast(target)
    except pa.ArrowInvalid as error:
        raise ValueError(str(error)) from error


def _without_nan(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Integers with gaps are doubles with NaN in pandas: the gaps are missing values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)


def label_family(type_name: str) -> str | None:
    """Return the family of a label frame's key; doubles are taken for integers with gaps and checked value by value."""
    return "int" if type_name in ("double", "float") else key_family(type_name)


def as_time(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return times as UTC timestamps in microseconds; a time without zone is UTC, a date is its first instant."""
    import pyarrow as pa

    if pa.types.is_null(array.type):
        return pa.chunked_array([pa.nulls(len(array), pa.timestamp("us", "UTC"))])
    if pa.types.is_date(array.type):
        array = array.cast(pa.date32()).cast(pa.timestamp("us"))
    elif array.type.tz is None:
        array = array.cast(pa.timestamp("us"), safe=False)
    else:
        return array.cast(pa.timestamp("us", "UTC"), safe=False)
    return array.cast(pa.timestamp("us", "UTC"))


def literal(value: Any, type_name: str) -> str:
    """Write a value as SQL of the given type."""
    import datetime as dt
    import decimal

    if value is None:
        return "NULL"
    if isinstance(value, bool):
        text = "TRUE" if value else "FALSE"
    elif isinstance(value, (int, decimal.Decimal)):
        text = str(value)
    elif isinstance(value, float):
        text = repr(value) if value == value and abs(value) != float("inf") else f"'{value}'"
    elif isinstance(value, (dt.datetime, dt.date)):
        text = f"'{value.isoformat()}'"
    else:
        text = "'" + str(value).replace("'", "''") + "'"
    return f"CAST({text} AS {duckdb_type(type_name)})"


def duckdb_type(type_name: str) -> str:
    """Spell a type for DuckDB."""
    return {"timestamp": "TIMESTAMPTZ", "timestamp_ntz": "TIMESTAMP", "string": "VARCHAR", "binary": "BLOB"}.get(
        type_name, type_name.upper()
    )


def default_fits(value: Any, type_name: str) -> bool:
    """Whether a default value has the type of its feature."""
    import datetime as dt
    import decimal

    if value is None:
        return True
    if type_name in INTEGERS:
        bits = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}[type_name]
        return isinstance(value, int) and not isinstance(value, bool) and -(2**bits) <= value < 2**bits
    if type_name in ("float", "double") or type_name.startswith("decimal"):
        return isinstance(value, (int, float, decimal.Decimal)) and not isinstance(value, bool)
    kinds: dict[str, tuple[type, ...]] = {"string": (str,), "boolean": (bool,), "binary": (bytes,)}
    if type_name in TIMES:
        return isinstance(value, (dt.datetime, dt.date))
    return isinstance(value, kinds.get(type_name, ()))
