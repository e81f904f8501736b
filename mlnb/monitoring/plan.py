"""What a refresh computes: the monitor's wishes matched with the columns its table really has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mlnb.core.errors import InvalidParameterError, did_you_mean
from mlnb.monitoring.records import InferenceLog, LabelSource, MonitorConfig, TimeSeries
from mlnb.monitoring.windows import Granularity
from mlnb.training.scoring.expressions import Expression, parse_slices

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["numeric", "categorical", "array", "other"]

#: Columns of an inference log that say which request a row is, not what was asked. Their distribution means nothing.
LOG_COLUMNS = frozenset(
    [
        "databricks_request_id",
        "client_request_id",
        "request_date",
        "request_time",
        "status_code",
        "sampling_fraction",
        "execution_duration_ms",
        "served_entity_id",
        "logging_error_codes",
        "requester",
        "row_index",
        "model_name",
        "model_version",
    ]
)


@dataclass(frozen=True)
class Column:
    """A column to profile; `alias` is its name inside our queries, where the user's names need no quoting."""

    name: str
    alias: str
    kind: Kind
    data_type: str
    is_class: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything a refresh needs to know about its table."""

    config: MonitorConfig
    columns: tuple[Column, ...]
    slices: tuple[Expression, ...]
    granularities: tuple[Granularity, ...]
    #: Type of every column of the table, by name.
    types: Mapping[str, pa.DataType]
    label_type: pa.DataType | None = None

    @property
    def time_column(self) -> str | None:
        """The column that windows follow; a snapshot has none."""
        profile = self.config.profile
        return profile.timestamp_col if isinstance(profile, TimeSeries) else None

    @property
    def log(self) -> InferenceLog | None:
        """The inference log's description, when it is one."""
        profile = self.config.profile
        return profile if isinstance(profile, InferenceLog) else None

    @property
    def labels(self) -> LabelSource | None:
        """Where late labels come from."""
        return self.log.labels if self.log else None

    @property
    def join_column(self) -> str | None:
        """The column of the log that a label's id equals."""
        return join_column(self.labels, list(self.types)) if self.labels else None

    @property
    def label_name(self) -> str | None:
        """Name of the truth's column, in the log or in the label table."""
        if self.log is None:
            return None
        return self.labels.label_col if self.labels else self.log.label_col

    @property
    def has_labels(self) -> bool:
        """Whether the model's quality can be computed."""
        return self.label_name is not None

    def needed(self) -> list[str]:
        """The table's columns that have to be read."""
        names = [column.name for column in self.columns]
        for part in self.slices:
            names.extend(part.columns)
        if self.time_column:
            names.append(self.time_column)
        if self.log:
            extra = [self.log.model_id_col, self.log.prediction_col, self.log.prediction_proba_col, self.log.label_col]
            names.extend(name for name in [*extra, self.join_column] if name)
            if self.labels and "row_index" in self.types:
                names.append("row_index")
        return [name for name in dict.fromkeys(names) if name in self.types]


def make_plan(
    config: MonitorConfig, schema: pa.Schema, type_texts: Mapping[str, str], label_schema: pa.Schema | None = None
) -> Plan:
    """Match a monitor's configuration with its table.

    Raises
    ------
    InvalidParameterError
        A column is missing or does not fit its role; the message names it and what would do.
    """
    types = {field.name: field.type for field in schema}
    profile = config.profile
    granularities: tuple[Granularity, ...] = ()
    label_type: pa.DataType | None = None
    if isinstance(profile, TimeSeries):
        _require(profile.timestamp_col, types, "timestamp_col", _is_time, "a timestamp or date")
        granularities = tuple(Granularity(text) for text in profile.granularities)
    if isinstance(profile, InferenceLog):
        label_type = _check_log(profile, types, label_schema)
    slices = parse_slices(config.slicing_exprs, list(types))
    columns = _columns(config, types, type_texts, label_type)
    return Plan(config, columns, tuple(slices), granularities, types, label_type)


def join_column(labels: LabelSource, columns: Sequence[str]) -> str:
    """The log's column that the labels' ids equal; see `LabelSource.join_col`."""
    wanted = labels.join_col or (labels.request_id_col if labels.request_id_col in columns else "databricks_request_id")
    if wanted not in columns:
        raise InvalidParameterError(
            f"The monitored table has no column {wanted!r} to join labels with.",
            hint=did_you_mean(wanted, columns) or "Name the column with LabelSource(join_col=…).",
        )
    return wanted


def class_sql(expression: str, kind: pa.DataType) -> str:
    """A class as text, equal for `true`, `1` and `1.0`, so that labels and predictions of different types compare."""
    import pyarrow as pa

    if pa.types.is_boolean(kind):
        return f"CAST(CAST({expression} AS INTEGER) AS VARCHAR)"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        whole = f"CAST(CAST({expression} AS BIGINT) AS VARCHAR)"
        return f"CASE WHEN {expression} = floor({expression}) THEN {whole} ELSE CAST({expression} AS VARCHAR) END"
    return f"CAST({expression} AS VARCHAR)"


def _check_log(
    log: InferenceLog, types: Mapping[str, pa.DataType], label_schema: pa.Schema | None
) -> pa.DataType | None:
    import pyarrow as pa

    _require(log.prediction_col, types, "prediction_col")
    _require(log.model_id_col, types, "model_id_col")
    if log.prediction_proba_col:
        fits = lambda t: _is_number(t) or pa.types.is_list(t) or pa.types.is_large_list(t)  # noqa: E731
        _require(log.prediction_proba_col, types, "prediction_proba_col", fits, "a number or an array of numbers")
    if log.problem_type == "regression":
        _require(log.prediction_col, types, "prediction_col", _is_number, "a number")
    if log.labels is not None and label_schema is not None:
        join_column(log.labels, list(types))
        label_types = {field.name: field.type for field in label_schema}
        for role in ("request_id_col", "label_col", "timestamp_col"):
            name = getattr(log.labels, role)
            if name is not None:
                _require(name, label_types, f"labels.{role}")
        return label_types[log.labels.label_col]
    if log.label_col:
        _require(log.label_col, types, "label_col")
        return types[log.label_col]
    return None


def _columns(
    config: MonitorConfig,
    types: Mapping[str, pa.DataType],
    type_texts: Mapping[str, str],
    label_type: pa.DataType | None,
) -> tuple[Column, ...]:
    profile = config.profile
    log = profile if isinstance(profile, InferenceLog) else None
    left_out = set(config.excluded_columns)
    if isinstance(profile, TimeSeries):
        left_out.add(profile.timestamp_col)
    if log is not None:
        left_out |= LOG_COLUMNS | {log.model_id_col}
    classes = {log.prediction_col, log.label_col} if log is not None and log.problem_type == "classification" else set()
    found: list[tuple[str, pa.DataType, str]] = [(n, t, type_texts.get(n, str(t))) for n, t in types.items()]
    if log is not None and log.labels is not None and label_type is not None and log.labels.label_col not in types:
        found.append((log.labels.label_col, label_type, str(label_type)))
        classes.add(log.labels.label_col)
    made: list[Column] = []
    for name, kind, text in found:
        if name not in left_out:
            is_class = name in classes and not (log is not None and name == log.prediction_col and _is_float(kind))
            made.append(Column(name, f"x{len(made)}", "categorical" if is_class else kind_of(kind), text, is_class))
    return tuple(made)


def kind_of(kind: pa.DataType) -> Kind:
    """How columns of a type are counted."""
    import pyarrow as pa

    if _is_number(kind):
        return "numeric"
    if pa.types.is_boolean(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "categorical"
    if pa.types.is_dictionary(kind) or str(kind) == "string_view":
        return "categorical"
    return "array" if pa.types.is_list(kind) or pa.types.is_large_list(kind) else "other"


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_float(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(kind))


def _is_time(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def is_probability(plan: Plan) -> bool:
    """Whether a classifier's prediction is itself the probability of class 1."""
    log = plan.log
    if log is None or log.problem_type != "classification" or log.prediction_proba_col:
        return False
    return _is_float(plan.types[log.prediction_col])


def _require(name: str, types: Mapping[str, pa.DataType], role: str, fits: object = None, wanted: str = "") -> None:
    if name not in types:
        hint = did_you_mean(name, types) or f"Columns: {', '.join(list(types)[:20])}."
        raise InvalidParameterError(f"There is no column {name!r} for {role}.", hint=hint)
    if callable(fits) and not fits(types[name]):
        able = [column for column, kind in types.items() if fits(kind)]
        raise InvalidParameterError(
            f"Column {name!r} is {types[name]} and cannot be {role}: that is {wanted}.",
            hint=f"These would do: {', '.join(able[:10])}." if able else "No column of the table would do.",
        )
