"""Types: a Delta schema as the platform spells it, as DuckDB spells it, and which Arrow types can be stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import TableSchemaError
from ..names import quote_duckdb
from ..records import ColumnInfo

if TYPE_CHECKING:
    import pyarrow as pa

# Delta's name -> (type_text, type_name, DuckDB)
_PRIMITIVES = {
    "byte": ("tinyint", "BYTE", "TINYINT"),
    "short": ("smallint", "SHORT", "SMALLINT"),
    "integer": ("int", "INT", "INTEGER"),
    "long": ("bigint", "LONG", "BIGINT"),
    "float": ("float", "FLOAT", "REAL"),
    "double": ("double", "DOUBLE", "DOUBLE"),
    "boolean": ("boolean", "BOOLEAN", "BOOLEAN"),
    "string": ("string", "STRING", "VARCHAR"),
    "binary": ("binary", "BINARY", "BLOB"),
    "date": ("date", "DATE", "DATE"),
    "timestamp": ("timestamp", "TIMESTAMP", "TIMESTAMPTZ"),
    "timestamp_ntz": ("timestamp_ntz", "TIMESTAMP_NTZ", "TIMESTAMP"),
}

#: Characters that a column of a Delta table without column mapping may not have.
FORBIDDEN_IN_COLUMNS = " ,;{}()\n\t="


def text(kind: Any) -> str:
    """Spell a Delta type as the platform's SQL does: ``array<bigint>``."""
    if isinstance(kind, str):
        return _PRIMITIVES[kind][0] if kind in _PRIMITIVES else kind
    if kind["type"] == "array":
        return f"array<{text(kind['elementType'])}>"
    if kind["type"] == "map":
        return f"map<{text(kind['keyType'])},{text(kind['valueType'])}>"
    fields = ",".join(f"{field['name']}:{text(field['type'])}" for field in kind["fields"])
    return f"struct<{fields}>"


def name(kind: Any) -> str:
    """Return the platform's ``type_name`` of a Delta type."""
    if isinstance(kind, str):
        return _PRIMITIVES[kind][1] if kind in _PRIMITIVES else kind.split("(")[0].upper()
    return str(kind["type"]).upper()


def duckdb_type(kind: Any) -> str:
    """Spell a Delta type for DuckDB."""
    if isinstance(kind, str):
        return _PRIMITIVES[kind][2] if kind in _PRIMITIVES else kind.upper()
    if kind["type"] == "array":
        return duckdb_type(kind["elementType"]) + "[]"
    if kind["type"] == "map":
        return f"MAP({duckdb_type(kind['keyType'])}, {duckdb_type(kind['valueType'])})"
    fields = (f"{quote_duckdb(field['name'])} {duckdb_type(field['type'])}" for field in kind["fields"])
    return f"STRUCT({', '.join(fields)})"


def platform_type(kind: str) -> str:
    """Spell a DuckDB type as the platform's SQL does; what has no simple counterpart keeps its own name."""
    plain = {duckdb: spelled for spelled, _, duckdb in _PRIMITIVES.values()}
    return plain.get(kind, kind.lower())


def fields_of(schema_json: str) -> list[dict[str, Any]]:
    """Return the fields of a Delta schema: ``name``, ``type``, ``nullable``, ``metadata``."""
    fields: list[dict[str, Any]] = json.loads(schema_json)["fields"]
    return fields


def columns_of(schema_json: str, partition_columns: list[str]) -> list[ColumnInfo]:
    """Describe the columns of a Delta schema as the platform does."""
    return [
        ColumnInfo(
            name=field["name"],
            type_text=text(field["type"]),
            type_name=name(field["type"]),
            type_json=json.dumps({key: field[key] for key in ("name", "type", "nullable", "metadata")}),
            position=position,
            nullable=field["nullable"],
            comment=field["metadata"].get("comment"),
            partition_index=partition_columns.index(field["name"]) if field["name"] in partition_columns else None,
        )
        for position, field in enumerate(fields_of(schema_json))
    ]


def storable_schema(schema: pa.Schema, *, keep_naive: bool = False) -> pa.Schema:
    """Return the schema in which data of ``schema`` is stored; ``keep_naive`` leaves times without a zone as they are.

    Raises
    ------
    TableSchemaError
        Naming the columns whose type a Delta table cannot hold.
    """
    import pyarrow as pa

    fields, refused = [], []
    for field in schema:
        try:
            comment = (field.metadata or {}).get(b"comment")
            about = {b"comment": comment} if comment else None
            naive = keep_naive and pa.types.is_timestamp(field.type) and field.type.tz is None
            kind = pa.timestamp("us") if naive else storable(field.type)
            fields.append(pa.field(field.name, kind, field.nullable, about))
        except TypeError:
            refused.append(f"{field.name} ({field.type})")
    if refused:
        raise TableSchemaError(
            f"A table cannot hold the type of {', '.join(refused)}.",
            code="DELTA_UNSUPPORTED_DATA_TYPE",
            hint="Convert the column first, for example a duration to seconds.",
        )
    return pa.schema(fields)


def arrow_text(kind: pa.DataType) -> str:
    """Spell an Arrow type as the platform's SQL does."""
    from pyarrow import types as t

    if t.is_list(kind) or t.is_large_list(kind):
        return f"array<{arrow_text(kind.value_type)}>"
    if t.is_struct(kind):
        return f"struct<{','.join(f'{field.name}:{arrow_text(field.type)}' for field in kind)}>"
    if t.is_map(kind):
        return f"map<{arrow_text(kind.key_type)},{arrow_text(kind.item_type)}>"
    if t.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if t.is_timestamp(kind):
        return "timestamp" if kind.tz else "timestamp_ntz"
    return _ARROW_TEXT.get(str(kind), str(kind))


_ARROW_TEXT = {
    "null": "void",
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "float": "float",
    "double": "double",
    "string": "string",
    "large_string": "string",
    "binary": "binary",
    "large_binary": "binary",
    "date32[day]": "date",
}


def storable(kind: pa.DataType) -> pa.DataType:
    """Return the Arrow type in which a value is stored: what Delta lacks becomes the next wider type that keeps every value.

    Nanoseconds become microseconds and zone-less times become UTC, as otherwise only new readers could open the table.

    Raises
    ------
    TypeError
        When there is no such type.
    """
    import pyarrow as pa
    from pyarrow import types as t

    if t.is_dictionary(kind):
        return storable(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return pa.string() if kind.extension_name in ("arrow.uuid", "arrow.json") else storable(kind.storage_type)
    if t.is_timestamp(kind):
        return pa.timestamp("us", "UTC")
    for matches, target in _TARGETS:
        if getattr(t, matches)(kind):
            return getattr(pa, target)()
    if t.is_uint64(kind):
        return pa.decimal128(20, 0)
    if t.is_decimal(kind):
        if kind.precision > 38:
            raise TypeError(str(kind))
        return pa.decimal128(kind.precision, kind.scale)
    if t.is_struct(kind):
        return pa.struct([pa.field(field.name, storable(field.type), field.nullable) for field in kind])
    if t.is_map(kind):
        return pa.map_(storable(kind.key_type), storable(kind.item_type))
    if t.is_list(kind) or t.is_large_list(kind) or t.is_fixed_size_list(kind):
        return pa.list_(storable(kind.value_type))
    raise TypeError(str(kind))


# Arrow predicate -> the type it is stored as. Times of day and columns without any value become text.
_TARGETS = (
    ("is_null", "string"),
    ("is_boolean", "bool_"),
    ("is_int8", "int8"),
    ("is_int16", "int16"),
    ("is_int32", "int32"),
    ("is_int64", "int64"),
    ("is_uint8", "int16"),
    ("is_uint16", "int32"),
    ("is_uint32", "int64"),
    ("is_float16", "float32"),
    ("is_float32", "float32"),
    ("is_float64", "float64"),
    ("is_string", "string"),
    ("is_large_string", "string"),
    ("is_string_view", "string"),
    ("is_time", "string"),
    ("is_date", "date32"),
    ("is_binary", "binary"),
    ("is_large_binary", "binary"),
    ("is_binary_view", "binary"),
    ("is_fixed_size_binary", "binary"),
)


def check_columns(names: list[str]) -> None:
    """Refuse column names that a table cannot have.

    Raises
    ------
    TableSchemaError
        For forbidden characters, an empty name, or names equal but for case.
    """
    wrong = [column for column in names if not column or any(c in FORBIDDEN_IN_COLUMNS for c in column)]
    if wrong:
        raise TableSchemaError(
            f"Column names may not be empty or contain any of ' ,;{{}}()\\n\\t=': {', '.join(map(repr, wrong))}.",
            code="DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES",
            hint="Rename them, for example with underscores; ingest does that by itself and says so.",
        )
    seen: dict[str, str] = {}
    for column in names:
        if column.lower() in seen:
            raise TableSchemaError(
                f"Columns {seen[column.lower()]!r} and {column!r} have the same name but for case.",
                code="DELTA_DUPLICATE_COLUMNS_FOUND",
                hint="Rename one of them.",
            )
        seen[column.lower()] = column
