"""The first rows of a Parquet file among a run's files."""

from __future__ import annotations

from datetime import date, datetime
from typing import IO, Any, Literal

from mlnb.core.errors import InvalidParameterError

from ..records import PageColumn, RunPage

#: So many columns and characters of a value are shown; the file has the rest.
COLUMNS = 200
CHARACTERS = 500

_Type = Literal["number", "string", "timestamp"]


def parquet_head(stream: IO[bytes], path: str, limit: int) -> RunPage:
    """Read the first rows of a Parquet file, and how many there are; only the row groups they lie in are read.

    Raises
    ------
    InvalidParameterError
        When the file is no Parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream)
        names = file.schema_arrow.names[:COLUMNS]
        batch = next(file.iter_batches(batch_size=limit, columns=names), None)
    except (pa.ArrowException, OSError) as error:
        raise InvalidParameterError(
            f"{path} cannot be read as Parquet: {error}.", hint="Download it and look at it with its own library."
        ) from error
    columns = [] if batch is None else [_column(name, batch.column(index)) for index, name in enumerate(names)]
    rows = 0 if batch is None else batch.num_rows
    return RunPage(
        total=file.metadata.num_rows, offset=0, ids=[str(row) for row in range(rows)], columns=columns, as_of=0
    )


def _column(name: str, array: Any) -> PageColumn:
    import pyarrow as pa

    kind: _Type = "string"
    if pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        kind = "number"
    elif pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        kind = "timestamp"
    return PageColumn(key=name, type=kind, values=[_value(value.as_py(), kind) for value in array])


def _value(value: Any, kind: _Type) -> Any:
    if value is None or kind == "number":
        return value
    if kind == "timestamp":
        return _milliseconds(value)
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= CHARACTERS else text[: CHARACTERS - 1] + "…"


def _milliseconds(value: date | datetime) -> int:
    from datetime import UTC

    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
