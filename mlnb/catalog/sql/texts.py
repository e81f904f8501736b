"""Values as the platform's REST writes them: everything is text, null stays null."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

if TYPE_CHECKING:
    import pyarrow as pa


def value_of(name: str, value: Any, kind: str) -> Any:
    """Return the value of a parameter that came as text.

    Raises
    ------
    InvalidParameterError
        When the text is no value of the type.
    """
    if value is None:
        return None
    text, base = str(value), kind.split("(")[0].strip().upper()
    try:
        if base in ("TINYINT", "BYTE", "SMALLINT", "SHORT", "INT", "INTEGER", "BIGINT", "LONG"):
            return int(text)
        if base in ("FLOAT", "REAL", "DOUBLE"):
            return float(text)
        if base in ("DECIMAL", "DEC", "NUMERIC"):
            return decimal.Decimal(text)
        if base == "BOOLEAN":
            return {"true": True, "false": False}[text.strip().lower()]
        if base == "DATE":
            return datetime.date.fromisoformat(text)
        if base in ("TIMESTAMP", "TIMESTAMP_NTZ"):
            found = datetime.datetime.fromisoformat(text)
            return found.replace(tzinfo=datetime.UTC) if found.tzinfo is None and base == "TIMESTAMP" else found
    except (ValueError, KeyError, decimal.InvalidOperation) as error:
        raise InvalidParameterError(f"The parameter :{name} is {text!r}, which is no {base}.") from error
    if base in ("STRING", "VARCHAR", "CHAR"):
        return text
    if base in ("VOID", "NULL"):
        return None
    raise InvalidParameterError(
        f"The parameter :{name} has the type {kind}.",
        hint="Types: STRING, INT, BIGINT, DOUBLE, DECIMAL, BOOLEAN, DATE, TIMESTAMP.",
    )


def rows_of(path: Path, index: int) -> list[list[str | None]]:
    """Return a batch of an Arrow file as rows of texts."""
    import pyarrow as pa

    with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as reader:
        batch = reader.get_batch(index)
        columns = [_texts(batch.column(position)) for position in range(batch.num_columns)]
        return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(batch.num_rows)]


def _texts(column: pa.Array) -> list[str | None]:
    return [None if value is None else text_of(value) for value in column.to_pylist()]


def text_of(value: Any) -> str:
    """Return a value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        shown = value.astimezone(datetime.UTC) if value.tzinfo is not None else value
        return shown.strftime("%Y-%m-%dT%H:%M:%S.") + f"{shown.microsecond // 1000:03d}" + ("Z" if value.tzinfo else "")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (list, dict, tuple)):
        return json.dumps(_plain(value), ensure_ascii=False)
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else text_of(value)
