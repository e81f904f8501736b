"""The inference tables' columns, and requests as batches of their rows.

The payload table has exactly the platform's columns. The typed one has a row per scored row with the model's inputs, looked-up features
and prediction in their own types, because the request's text does not hold the features and monitors should not parse JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

from mlnb.catalog.arrow import conversion_errors
from mlnb.core.records import Record

from .records import InputField

if TYPE_CHECKING:
    import pyarrow as pa

#: Codes of ``logging_error_codes``.
REQUEST_TOO_LARGE: Final = "MAX_REQUEST_SIZE_EXCEEDED"
RESPONSE_TOO_LARGE: Final = "MAX_RESPONSE_SIZE_EXCEEDED"
QUEUE_FULL: Final = "MLNB_QUEUE_FULL"

#: Columns of the typed table that come before the model's own.
ROW_COLUMNS: Final = (
    "databricks_request_id",
    "client_request_id",
    "served_entity_id",
    "request_date",
    "request_time",
    "requester",
    "row_index",
    "model_name",
    "model_version",
    "model_id",
)
_LAST_COLUMNS: Final = ("prediction", "prediction_proba")


class LogColumn(Record):
    """A column of the typed table: the model's name for it, ours, and its MLflow type."""

    source: str
    column: str
    type: str


@dataclass(slots=True)
class Entry:
    """One request and what became of it.

    Attributes
    ----------
    request_id, client_request_id, requester, time_ms, duration_ms, status
        As in the payload table.
    request, response
        Texts of the bodies; ``None`` when too large, named in ``codes``.
    rows
        Rows that were scored; 0 for a failed request.
    columns, values, proba
        Inputs and looked-up features by column, predictions, probabilities.
    """

    request_id: str
    time_ms: int
    requester: str
    status: int = 200
    duration_ms: int = 0
    client_request_id: str | None = None
    request: str | None = None
    response: str | None = None
    codes: list[str] = field(default_factory=list)
    rows: int = 0
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    values: Sequence[Any] = ()
    proba: Sequence[Sequence[float]] | None = None

    @property
    def size(self) -> int:
        """Bytes this entry holds in memory, roughly."""
        return 500 + len(self.request or "") + len(self.response or "") + 64 * self.rows * (len(self.columns) + 2)


def log_columns(inputs: Sequence[InputField], looked_up: Sequence[InputField] = ()) -> list[LogColumn]:
    """Name the typed table's columns: the model's names, with ``input_`` in front where the table has such a column already.

    Characters that Delta refuses in names become underscores; names that differ only in case get a number.
    """
    taken = {name.casefold() for name in (*ROW_COLUMNS, *_LAST_COLUMNS)}
    result = []
    for item in (*inputs, *looked_up):
        base = "".join("_" if char in " ,;{}()\n\t=" else char for char in item.name) or "_"
        name = base if base.casefold() not in taken else f"input_{base}"
        number = 2
        while name.casefold() in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name.casefold())
        result.append(LogColumn(source=item.name, column=name, type=item.type))
    return result


def arrow_type(kind: str) -> pa.DataType:
    """Return the Arrow type of an MLflow type; what has no table type is kept as JSON text."""
    import pyarrow as pa

    types = {
        "boolean": pa.bool_(),
        "integer": pa.int32(),
        "long": pa.int64(),
        "float": pa.float32(),
        "double": pa.float64(),
        "datetime": pa.timestamp("us", tz="UTC"),
        "binary": pa.binary(),
    }
    return types.get(kind, pa.string())


@lru_cache(maxsize=1)
def payload_schema() -> pa.Schema:
    """Return the platform's columns of an inference table."""
    import pyarrow as pa

    return pa.schema(
        [
            ("databricks_request_id", pa.string()),
            ("request_date", pa.date32()),
            ("client_request_id", pa.string()),
            ("request_time", pa.timestamp("us", tz="UTC")),
            ("status_code", pa.int32()),
            ("sampling_fraction", pa.float64()),
            ("execution_duration_ms", pa.int64()),
            ("request", pa.string()),
            ("response", pa.string()),
            ("served_entity_id", pa.string()),
            ("logging_error_codes", pa.list_(pa.string())),
            ("requester", pa.string()),
        ]
    )


def rows_schema(columns: Sequence[LogColumn], prediction_type: str) -> pa.Schema:
    """Return the columns of the typed table."""
    import pyarrow as pa

    fixed = {"request_date": pa.date32(), "request_time": pa.timestamp("us", tz="UTC"), "row_index": pa.int32()}
    fields = [(name, fixed.get(name, pa.string())) for name in ROW_COLUMNS]
    fields += [(item.column, arrow_type(item.type)) for item in columns]
    return pa.schema(
        [*fields, ("prediction", arrow_type(prediction_type)), ("prediction_proba", pa.list_(pa.float64()))]
    )


@dataclass(frozen=True)
class Served:
    """What is the same for every request of one process."""

    entity_id: str
    model_name: str
    model_version: str
    columns: Sequence[LogColumn]
    prediction_type: str

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns of the typed table."""
        return rows_schema(self.columns, self.prediction_type)


def payload_batch(entries: Sequence[Entry], served: Served) -> pa.RecordBatch:
    """Build the payload table's rows."""
    import pyarrow as pa

    times = [_moment(entry.time_ms) for entry in entries]
    values: list[list[Any]] = [
        [entry.request_id for entry in entries],
        [moment.date() for moment in times],
        [entry.client_request_id for entry in entries],
        times,
        [entry.status for entry in entries],
        [1.0] * len(entries),
        [entry.duration_ms for entry in entries],
        [entry.request for entry in entries],
        [entry.response for entry in entries],
        [served.entity_id] * len(entries),
        [entry.codes for entry in entries],
        [entry.requester for entry in entries],
    ]
    schema = payload_schema()
    return pa.record_batch(
        [pa.array(column, type=item.type) for column, item in zip(values, schema, strict=True)], schema=schema
    )


def rows_batch(entries: Sequence[Entry], served: Served) -> pa.RecordBatch | None:
    """Build the typed table's rows, None when no request of these was answered."""
    import pyarrow as pa

    answered = [entry for entry in entries if entry.rows]
    if not answered:
        return None
    count = sum(entry.rows for entry in answered)
    moments = [_moment(entry.time_ms) for entry in answered]
    columns: list[Sequence[Any]] = [
        _repeat(answered, [entry.request_id for entry in answered]),
        _repeat(answered, [entry.client_request_id for entry in answered]),
        [served.entity_id] * count,
        _repeat(answered, [moment.date() for moment in moments]),
        _repeat(answered, moments),
        _repeat(answered, [entry.requester for entry in answered]),
        [index for entry in answered for index in range(entry.rows)],
        [served.model_name] * count,
        [served.model_version] * count,
        [f"{served.model_name}/{served.model_version}"] * count,
    ]
    columns += [_gathered(answered, item.source) for item in served.columns]
    columns.append([value for entry in answered for value in entry.values])
    columns.append([value for entry in answered for value in _one_per_row(entry.proba, entry)])
    schema = served.schema
    return pa.record_batch(
        [_typed(values, item.type) for values, item in zip(columns, schema, strict=True)], schema=schema
    )


def _repeat(entries: Sequence[Entry], values: Sequence[Any]) -> list[Any]:
    return [value for entry, value in zip(entries, values, strict=True) for _ in range(entry.rows)]


def _gathered(entries: Sequence[Entry], column: str) -> list[Any]:
    return [value for entry in entries for value in _one_per_row(entry.columns.get(column), entry)]


def _one_per_row(values: Sequence[Any] | None, entry: Entry) -> Sequence[Any]:
    return values if values is not None else [None] * entry.rows


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _typed(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return a column of this type; a value that does not fit is null, because a request must never be lost over it."""
    import pyarrow as pa

    if pa.types.is_string(kind):
        values = [_text(value) for value in values]
    try:
        return pa.array(values, type=kind)
    except conversion_errors(OverflowError):
        return pa.array([_fitting(value, kind) for value in values], type=kind)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _fitting(value: Any, kind: pa.DataType) -> Any:
    import pyarrow as pa

    try:
        return pa.scalar(value, type=kind).as_py()
    except conversion_errors(OverflowError):
        return None
