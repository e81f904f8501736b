"""The first rows of a Parquet file among a run's files."""

from __future__ import annotations

from typing import IO, Any, Literal

from mlnb.core.errors import InvalidParameterError

from ..records import PageColumn, RunPage

#: So many columns and characters of a value are shown; the file has the rest.
COLUMNS = 200
CHARACTERS = 500

#: What a browser's dates reach, and parts of a second by unit.
_LATEST_MS = 8_640_000_000_000_000
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

_Type = Literal["number", "string"]


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
        return PageColumn(key=name, type="timestamp", values=_milliseconds(array))
    return PageColumn(key=name, type=kind, values=[_value(value, kind) for value in array])


def _value(scalar: Any, kind: _Type) -> Any:
    try:
        value = scalar.as_py()
    except (ValueError, OverflowError, LookupError):  # Python's own types are narrower than the file's
        return "…"
    if value is None or kind == "number":
        return value
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= CHARACTERS else text[: CHARACTERS - 1] + "…"


def _milliseconds(array: Any) -> list[int | None]:
    """Return moments as numbers, whatever their unit and zone; None for those that no clock of a browser shows."""
    import pyarrow as pa

    moments = array.cast(pa.timestamp("s")) if pa.types.is_date(array.type) else array
    unit = _PER_SECOND[moments.type.unit]
    exact = moments.cast(pa.int64()).to_pylist()
    found = (None if value is None else value * 1000 // unit for value in exact)
    return [value if value is None or abs(value) <= _LATEST_MS else None for value in found]
