"""Columns that somebody declares, as text or JSON, to the schema of a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import TableSchemaError

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

# The parser's name of a type -> Delta's.
_DELTA = {
    "TINYINT": "byte",
    "SMALLINT": "short",
    "INT": "integer",
    "BIGINT": "long",
    "FLOAT": "float",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "TEXT": "string",
    "VARCHAR": "string",
    "CHAR": "string",
    "BINARY": "binary",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMPTZ": "timestamp",
    "TIMESTAMPLTZ": "timestamp",
    "TIMESTAMPNTZ": "timestamp_ntz",
}


def arrow_schema(columns: Sequence[Mapping[str, Any]]) -> pa.Schema:
    """Return the Arrow schema of declared columns.

    Parameters
    ----------
    columns
        Each with ``name`` and ``type_text`` or ``type_json``; ``nullable`` and ``comment`` may be left out.

    Raises
    ------
    TableSchemaError
        For a type that does not exist or that a table cannot hold.
    """
    import pyarrow as pa
    from deltalake import Schema

    fields = [_field(column) for column in columns]
    try:
        schema = Schema.from_json(json.dumps({"type": "struct", "fields": fields}))
        return pa.schema(schema.to_arrow())
    except Exception as error:  # the library raises its own and plain ones
        raise TableSchemaError(f"These columns cannot be a table: {error}.", code="INVALID_SCHEMA") from error


def _field(column: Mapping[str, Any]) -> dict[str, Any]:
    name = str(column["name"])
    metadata = {"comment": column["comment"]} if column.get("comment") else {}
    kind = _from_json(name, column["type_json"]) if column.get("type_json") else delta_type(column["type_text"], name)
    return {"name": name, "type": kind, "nullable": bool(column.get("nullable", True)), "metadata": metadata}


def _from_json(name: str, text: str) -> Any:
    """Return the type in a Spark field's JSON; some clients send the bare type."""
    try:
        found = json.loads(text)
    except ValueError:
        return delta_type(text.strip('"'), name)
    kind = found["type"] if isinstance(found, dict) and "nullable" in found else found
    return kind if isinstance(kind, dict) else delta_type(str(kind), name)


def delta_type(text: str, column: str = "") -> Any:
    """Return Delta's type for a type written as in SQL or as Delta itself does.

    Raises
    ------
    TableSchemaError
        When there is no such type.
    """
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    if text in (*_DELTA.values(), "timestamp_ntz"):
        return text
    try:
        return delta_of(exp.DataType.build(text, dialect="databricks"))
    except (SqlglotError, KeyError) as error:
        raise TableSchemaError(
            f"{f'{column}: ' if column else ''}{text!r} is no type.",
            code="UNSUPPORTED_DATATYPE",
            hint="For example BIGINT, DOUBLE, STRING, TIMESTAMP, DECIMAL(10,2), ARRAY<STRING>, STRUCT<a: INT>.",
        ) from error


def delta_of(kind: exp.DataType) -> Any:
    """Return Delta's type for a parsed one; ``KeyError`` when there is none."""
    name = kind.this.name if hasattr(kind.this, "name") else str(kind.this)
    inner = kind.expressions
    if name in ("ARRAY", "LIST"):
        return {"type": "array", "elementType": delta_of(inner[0]), "containsNull": True}
    if name == "MAP":
        return {
            "type": "map",
            "keyType": delta_of(inner[0]),
            "valueType": delta_of(inner[1]),
            "valueContainsNull": True,
        }
    if name == "STRUCT":
        fields = [
            {"name": item.name, "type": delta_of(item.args["kind"]), "nullable": True, "metadata": {}} for item in inner
        ]
        return {"type": "struct", "fields": fields}
    if name == "DECIMAL":
        numbers = [int(item.name) for item in inner] or [10]
        return f"decimal({numbers[0]},{numbers[1] if len(numbers) > 1 else 0})"
    return _DELTA[name]
