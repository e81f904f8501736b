"""Reading the two tables: by window, column, model and slice, as rows of plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, InvalidStateError, did_you_mean
from mlnb.monitoring.output import output_names
from mlnb.monitoring.quality import metric_value
from mlnb.monitoring.records import InferenceLog, MonitorConfig, TimeSeries
from mlnb.monitoring.stats import ALL_MODELS

if TYPE_CHECKING:
    import pandas as pd

    from mlnb.catalog.service import Catalog
    from mlnb.monitoring.store import Row

DRIFT_METRICS = [
    "js_distance",
    "ks_test",
    "wasserstein_distance",
    "wasserstein_normalized",
    "population_stability_index",
    "chi_squared_test",
    "tv_distance",
    "l_infinity_distance",
    "effect",
    "count_delta",
    "avg_delta",
    "percent_null_delta",
    "percent_zeros_delta",
    "percent_distinct_delta",
]
QUALITY_METRICS = [
    "accuracy_score",
    "log_loss",
    "precision",
    "recall",
    "f1_score",
    "roc_auc_score",
    "mean_squared_error",
    "root_mean_squared_error",
    "mean_average_error",
    "mean_absolute_percentage_error",
    "r2_score",
    "num_labels",
    "label_coverage",
]
PROFILE_METRICS = [
    "count",
    "num_nulls",
    "num_zeros",
    "num_nan",
    "distinct_count",
    "avg",
    "min",
    "max",
    "stddev",
    "median",
    "min_length",
    "max_length",
    "avg_length",
    "min_size",
    "max_size",
    "avg_size",
    "percent_null",
    "percent_nan",
    "percent_zeros",
    "percent_distinct",
]
#: Shares of classes, read off the confusion matrix: how often the event happens, and how often it is predicted.
RATE_METRICS = ("base_rate", "predicted_rate")

_ALIASES = {
    "js": "js_distance",
    "psi": "population_stability_index",
    "ks": "ks_test",
    "wasserstein": "wasserstein_distance",
    "chi2": "chi_squared_test",
    "tv": "tv_distance",
    "auc": "roc_auc_score",
    "roc_auc": "roc_auc_score",
    "accuracy": "accuracy_score",
    "f1": "f1_score",
    "logloss": "log_loss",
    "mse": "mean_squared_error",
    "rmse": "root_mean_squared_error",
    "mae": "mean_average_error",
    "mean_absolute_error": "mean_average_error",
    "mape": "mean_absolute_percentage_error",
    "r2": "r2_score",
    "mean": "avg",
    "nulls": "percent_null",
}


def canonical(metric: str) -> str:
    """The one spelling of a metric; a part behind a dot is kept (`f1.macro` → `f1_score.macro`).

    Raises
    ------
    InvalidParameterError
        There is no such metric.
    """
    name, dot, part = metric.strip().partition(".")
    name = _ALIASES.get(name.lower(), name.lower())
    known = [*DRIFT_METRICS, *QUALITY_METRICS, *PROFILE_METRICS, *RATE_METRICS]
    if name not in known:
        hint = (
            did_you_mean(name, [*known, *_ALIASES]) or f"Some of them: {', '.join(DRIFT_METRICS[:6])}, roc_auc_score."
        )
        raise InvalidParameterError(f"There is no metric {metric!r}.", hint=hint)
    return name + dot + part


def is_drift(metric: str) -> bool:
    """Whether a metric compares two windows."""
    return metric.partition(".")[0] in DRIFT_METRICS


def is_quality(metric: str) -> bool:
    """Whether a metric is about the model, so that it stands on the rows `:table`."""
    return metric.partition(".")[0] in (*QUALITY_METRICS, *RATE_METRICS)


class MetricTables:
    """The profile and drift tables of one monitor."""

    def __init__(self, catalog: Catalog, monitor: Row) -> None:
        self._catalog = catalog
        self.table_name: str = monitor.table_name
        self.config = MonitorConfig.model_validate(monitor.config)
        self.profile_name, self.drift_name = output_names(monitor.output_schema, monitor.table_name)
        profile = self.config.profile
        self.model_column = profile.model_id_col if isinstance(profile, InferenceLog) else None

    @property
    def granularities(self) -> list[str]:
        """The monitor's window widths; a snapshot has none."""
        profile = self.config.profile
        return profile.granularities if isinstance(profile, TimeSeries) else []

    def exist(self) -> bool:
        """Whether there has been a refresh."""
        catalog = self._catalog
        return catalog.exists(self.profile_name) and catalog.exists(self.drift_name)

    def granularity(self, wanted: str | None) -> str | None:
        """The wanted granularity in its one spelling, by default the monitor's first."""
        from mlnb.monitoring.windows import parse_granularity

        if not self.granularities:
            return None
        if wanted is None:
            return self.granularities[0]
        text = parse_granularity(wanted).text
        if text not in self.granularities:
            known = ", ".join(self.granularities)
            raise InvalidParameterError(f"{self.table_name} is not monitored by {text}.", hint=f"It is by: {known}.")
        return text

    def frame(self, which: str, where: str | None = None) -> pd.DataFrame:
        """One of the tables, `profile` or `drift`, as a frame sorted by time."""
        self._require()
        name = self.profile_name if which == "profile" else self.drift_name
        frame = self._catalog.table(name, filtered=False).to_pandas(where=where)
        return frame.sort_values(["granularity", "window_start", "column_name"], ignore_index=True)

    def records(self, which: str, where: str) -> list[dict[str, Any]]:
        """Whole rows of one of the tables, oldest window first."""
        self._require()
        name = self.profile_name if which == "profile" else self.drift_name
        table = self._catalog.table(name, filtered=False).to_arrow(where=where)
        rows: list[dict[str, Any]] = table.to_pylist(maps_as_pydicts="lossy")
        return sorted(
            rows, key=lambda row: (row["granularity"] or "", row["window_start"] is not None, row["window_start"])
        )

    def rows(
        self,
        which: str,
        columns: Sequence[str],
        *,
        granularity: str | None,
        model: str | None = ALL_MODELS,
        slice_key: str | None = None,
        slice_value: str | None = None,
        any_slice: bool = False,
        since_us: int | None = None,
        where: str = "",
    ) -> list[dict[str, Any]]:
        """Rows with some columns, oldest window first; `window`, `window_start`, `column_name` and `model` are always there."""
        self._require()
        name = self.profile_name if which == "profile" else self.drift_name
        conditions = ["granularity IS NULL" if granularity is None else f"granularity = '{granularity}'"]
        if self.model_column and model is not None:
            conditions.append(f"`{self.model_column}` = {_text(model)}")
        for column, value in (("slice_key", slice_key), ("slice_value", slice_value)):
            if any_slice:
                break
            conditions.append(f"{column} IS NULL" if value is None else f"{column} = {_text(value)}")
        if since_us is not None:
            from mlnb.monitoring.windows import to_datetime

            conditions.append(f"window_start >= TIMESTAMP '{to_datetime(since_us):%Y-%m-%d %H:%M:%S}'")
        conditions += [where] if where else []
        extra = [self.model_column] if self.model_column else []
        wanted = list(dict.fromkeys(["window", "window_start", "column_name", *extra, *columns]))
        table = self._catalog.table(name, filtered=False).to_arrow(wanted, " AND ".join(conditions))
        rows: list[dict[str, Any]] = table.to_pylist(maps_as_pydicts="lossy")
        for row in rows:
            row["model"] = row.get(self.model_column) if self.model_column else ALL_MODELS
        return sorted(rows, key=lambda row: (row["window_start"] is not None, row["window_start"], row["column_name"]))

    def current_model(self, granularity: str | None) -> str:
        """The model with most rows in the newest window."""
        if self.model_column is None:
            return ALL_MODELS
        rows = self.rows("profile", ["count"], granularity=granularity, model=None, where="column_name = ':table'")
        dated = [row for row in rows if row["model"] != ALL_MODELS and row["window_start"] is not None]
        if not dated:
            return ALL_MODELS
        newest = max(row["window_start"] for row in dated)
        return str(
            max((r for r in dated if r["window_start"] == newest), key=lambda r: (r["count"], r["model"]))["model"]
        )

    def _require(self) -> None:
        if not self.exist():
            raise InvalidStateError(
                f"{self.table_name} has not been refreshed yet.",
                hint="Run %monitor refresh, or ws.monitors.refresh(table).",
            )


def stored_columns(metric: str) -> list[str]:
    """The columns of a table that a metric is read from."""
    name = metric.partition(".")[0]
    return ["confusion_matrix"] if name in RATE_METRICS else [name]


def value_of(metric: str, row: dict[str, Any]) -> float | None:
    """A metric's value in a row."""
    name = metric.partition(".")[0]
    if name in RATE_METRICS:
        return _rate(row.get("confusion_matrix"), "label" if name == "base_rate" else "prediction")
    return metric_value(metric, row.get(name))


def _rate(matrix: Any, side: str) -> float | None:
    """Share of the positive class: the last one in order, when there are two."""
    from mlnb.monitoring.quality import order_classes

    if not matrix:
        return None
    classes = order_classes([cell[part] for cell in matrix for part in ("label", "prediction")])
    if len(classes) > 2:
        return None
    positive = classes[-1] if len(classes) == 2 or classes[0] not in ("0", "False", "false", "no") else "1"
    total = sum(cell["count"] for cell in matrix)
    return float(sum(cell["count"] for cell in matrix if cell[side] == positive) / total)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def quality_frame(tables: MetricTables, filters: Mapping[str, Any]) -> pd.DataFrame:
    """Rows about the model as plain numbers: one column per metric, the windows that have labels only."""
    import pandas as pd

    model = [tables.model_column] if tables.model_column else []
    heads = ["granularity", "slice_key", "slice_value", *model]
    unknown = next((name for name in filters if name not in heads), None)
    if unknown is not None:
        raise InvalidParameterError(
            f"Quality has no column {unknown!r}.", hint=did_you_mean(unknown, heads) or f"Filters: {', '.join(heads)}."
        )
    chosen = dict.fromkeys(model, ALL_MODELS) | {"slice_key": None} | dict(filters)
    records = []
    for row in tables.records("profile", "column_name = ':table' AND log_type = 'INPUT'"):
        wanted = all(row.get(name) == value for name, value in chosen.items())
        if not wanted or not row.get("num_labels"):
            continue
        record = {"start": row["window"]["start"], "end": row["window"]["end"]}
        record |= {name: row[name] for name in heads} | {"rows": row["count"]}
        values = {name: value_of(name, row) for name in [*QUALITY_METRICS, *RATE_METRICS]}
        records.append(record | {name: value for name, value in values.items() if value is not None})
    return pd.DataFrame.from_records(records)
