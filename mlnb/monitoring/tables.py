"""The two output tables: the platform's columns first and exactly so named, ours behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlnb.explore.distances import histogram_quantiles
from mlnb.monitoring.drift import Drift
from mlnb.monitoring.passes import FREQUENT_ITEMS
from mlnb.monitoring.stats import (
    ALL_MODELS,
    CategoryStats,
    ColumnStats,
    Edges,
    Group,
    GroupKey,
    NumericStats,
    PlainStats,
)
from mlnb.monitoring.windows import Granularity, to_datetime

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.monitoring.plan import Plan

#: Quantiles of a profile row, at 0, 0.001, …, 0.999: number 500 is the median.
QUANTILE_LEVELS = [number / 1000 for number in range(1000)]

_MOMENTS = [
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
]
_PERCENTS = ("percent_null", "percent_nan", "percent_zeros", "percent_distinct")
_MODEL_METRICS = ("precision", "recall", "f1_score", "roc_auc_score")
_REGRESSION = [
    "mean_squared_error",
    "root_mean_squared_error",
    "mean_average_error",
    "mean_absolute_percentage_error",
    "r2_score",
]


def _window_type() -> pa.DataType:
    import pyarrow as pa

    moment = pa.timestamp("us", tz="UTC")
    return pa.struct([("start", moment), ("end", moment)])


def profile_schema(model_column: str | None) -> pa.Schema:
    """Columns of `{table}_profile_metrics`, in order."""
    import pyarrow as pa

    text, number, double = pa.string(), pa.int64(), pa.float64()
    by_class = pa.struct([("one_vs_all", pa.map_(text, double)), ("macro", double), ("weighted", double)])
    fields: list[tuple[str, pa.DataType]] = [("window", _window_type())]
    names = ("log_type", "granularity", "slice_key", "slice_value", "column_name", "data_type")
    fields += [(name, text) for name in names]
    fields += [("logging_table_commit_version", number), ("monitor_version", number)]
    fields += [(model_column, text)] if model_column else []
    fields += [(name, number) for name in ("count", "num_nulls", "num_zeros", "num_nan", "distinct_count")]
    fields += [(name, double) for name in _MOMENTS]
    fields += [("quantiles", pa.list_(double))]
    fields += [("frequent_items", pa.list_(pa.struct([("item", text), ("count", number)])))]
    fields += [("non_null_columns", pa.list_(text)), *((name, double) for name in _PERCENTS)]
    if model_column:
        cell = pa.struct([("prediction", text), ("label", text), ("count", number)])
        fields += [("accuracy_score", double), ("log_loss", double), ("confusion_matrix", pa.list_(cell))]
        fields += [(name, by_class) for name in _MODEL_METRICS]
        fields += [(name, double) for name in _REGRESSION]
        fields += [("num_labels", number), ("label_coverage", double)]
    fields += [("refresh_id", number), ("window_start", pa.timestamp("us", tz="UTC"))]
    return pa.schema(fields)


def drift_schema(model_column: str | None) -> pa.Schema:
    """Columns of `{table}_drift_metrics`, in order."""
    import pyarrow as pa

    text, number, double = pa.string(), pa.int64(), pa.float64()
    test = pa.struct([("statistic", double), ("pvalue", double)])
    fields: list[tuple[str, pa.DataType]] = [("window", _window_type()), ("granularity", text)]
    fields += [
        ("monitor_version", number),
        *((n, text) for n in ("slice_key", "slice_value", "column_name", "data_type")),
    ]
    fields += [(model_column, text)] if model_column else []
    fields += [("window_cmp", _window_type()), ("drift_type", text)]
    deltas = ("count_delta", "avg_delta", "percent_null_delta", "percent_zeros_delta", "percent_distinct_delta")
    fields += [(name, double) for name in deltas]
    fields += [("non_null_columns_delta", pa.struct([("added", pa.int32()), ("missing", pa.int32())]))]
    fields += [("js_distance", double), ("ks_test", test), ("wasserstein_distance", double)]
    fields += [("population_stability_index", double), ("chi_squared_test", test)]
    fields += [("tv_distance", double), ("l_infinity_distance", double)]
    fields += [(name, double) for name in ("wasserstein_normalized", "p_adjusted", "effect")]
    fields += [("new_categories", pa.list_(text)), ("refresh_id", number)]
    fields += [("window_start", pa.timestamp("us", tz="UTC"))]
    return pa.schema(fields)


class RowWriter:
    """Turns groups and drifts into rows of the two tables.

    Parameters
    ----------
    plan, edges
        What was computed.
    version, refresh_id, log_version
        Of the monitor, of this refresh, and of the table that was read.
    instant
        A snapshot's window, in microseconds.
    only_model
        The model when there is just one: its rows are those of all models together, under its id.
    """

    def __init__(
        self,
        plan: Plan,
        edges: Mapping[str, Edges],
        *,
        version: int,
        refresh_id: int,
        log_version: int,
        instant: int,
        only_model: str | None = None,
    ) -> None:
        self._plan = plan
        self._edges = edges
        self._version = version
        self._refresh_id = refresh_id
        self._log_version = log_version
        self._instant = instant
        self._only_model = only_model
        self._types = {column.name: column.data_type for column in plan.columns}
        self._model_column = plan.log.model_id_col if plan.log else None
        self._windows: dict[tuple[str, int], dict[str, datetime]] = {}

    def profile_table(self, groups: Iterable[Group], baselines: Iterable[Group]) -> pa.Table:
        """Profile rows of windows and of the baseline."""
        import pyarrow as pa

        schema = profile_schema(self._model_column)
        windows = pa.Table.from_pylist(
            [row for group in groups for row in self._profile(group, "INPUT")], schema=schema
        )
        base = pa.Table.from_pylist(
            [row for group in baselines for row in self._profile(group, "BASELINE")], schema=schema
        )
        return pa.concat_tables([self._with_twin(windows), base])

    def drift_table(self, drifts: Sequence[Drift]) -> pa.Table:
        """Drift rows."""
        import pyarrow as pa

        rows = [self._drift(drift) for drift in drifts]
        return self._with_twin(pa.Table.from_pylist(rows, schema=drift_schema(self._model_column)))

    def _with_twin(self, table: pa.Table) -> pa.Table:
        """The rows of all models, and the same rows again for the only model there is."""
        import pyarrow as pa

        if self._only_model is None or self._model_column is None:
            return table
        changes: dict[str, Any] = {self._model_column: self._only_model, "quantiles": None}
        twin = table
        for name, value in changes.items():
            if name in table.column_names:
                place, kind = table.column_names.index(name), table.schema.field(name)
                column = pa.nulls(len(table), kind.type) if value is None else pa.array([value] * len(table), kind.type)
                twin = twin.set_column(place, kind, column)
        return pa.concat_tables([table, twin])

    def _profile(self, group: Group, log_type: str) -> Iterable[dict[str, Any]]:
        head = self._head(group.key, is_baseline=log_type == "BASELINE")
        head |= {"log_type": log_type, "logging_table_commit_version": self._log_version}
        quality = dict(group.quality)
        if self._plan.has_labels:
            quality.setdefault("num_labels", 0)
            quality["label_coverage"] = quality["num_labels"] / group.rows if group.rows else None
        table = {"column_name": ":table", "count": group.rows, "non_null_columns": group.non_null_columns}
        yield head | table | quality
        whole = not group.key.slice_key and group.key.model == ALL_MODELS
        for name, stats in group.columns.items():
            row = head | {"column_name": name, "data_type": self._types[name]} | column_row(stats)
            if whole and isinstance(stats, NumericStats):
                # A thousand numbers per row: kept for the whole table, where people look at distributions.
                row["quantiles"] = quantiles(stats, self._edges.get(name))
            yield row

    def _drift(self, drift: Drift) -> dict[str, Any]:
        row = self._head(drift.key) | {"column_name": drift.column, "drift_type": drift.drift_type}
        row["data_type"] = self._types.get(drift.column)
        if drift.reference_start is not None:
            row["window_cmp"] = self._window(drift.key.granularity, drift.reference_start)
        return row | drift.values

    def _head(self, key: GroupKey, *, is_baseline: bool = False) -> dict[str, Any]:
        head: dict[str, Any] = {
            "monitor_version": self._version,
            "slice_key": key.slice_key or None,
            "slice_value": key.slice_value if key.slice_key else None,
            "refresh_id": self._refresh_id,
        }
        if self._model_column:
            head[self._model_column] = key.model
        if not is_baseline:
            window = self._window(key.granularity, key.start)
            head |= {"granularity": key.granularity or None, "window": window, "window_start": window["start"]}
        return head

    def _window(self, granularity: str, start: int) -> dict[str, datetime]:
        if not granularity:
            moment = to_datetime(start or self._instant)
            return {"start": moment, "end": moment}
        known = self._windows.get((granularity, start))
        if known is None:
            end = Granularity(granularity).end(start)
            known = self._windows[granularity, start] = {"start": to_datetime(start), "end": to_datetime(end)}
        return known


def column_row(stats: ColumnStats) -> dict[str, Any]:
    """What the profile says about one column."""
    total = stats.count + stats.nulls
    row: dict[str, Any] = {
        "count": stats.count,
        "num_nulls": stats.nulls,
        "distinct_count": stats.distinct,
        "percent_null": 100.0 * stats.nulls / total if total else None,
        "percent_distinct": 100.0 * stats.distinct / stats.count if stats.count else None,
    }
    if isinstance(stats, NumericStats):
        row |= {"num_zeros": stats.zeros, "num_nan": stats.nan, "avg": stats.mean, "min": stats.low, "max": stats.high}
        row |= {"stddev": stats.std, "median": stats.median}
        if stats.count:
            row |= {"percent_nan": 100.0 * stats.nan / stats.count, "percent_zeros": 100.0 * stats.zeros / stats.count}
    elif isinstance(stats, CategoryStats):
        row |= {"min_length": stats.min_length, "max_length": stats.max_length, "avg_length": stats.mean_length}
        items = sorted(stats.top.items(), key=lambda pair: (-pair[1], pair[0]))[:FREQUENT_ITEMS]
        row["frequent_items"] = [{"item": item, "count": count} for item, count in items]
    elif isinstance(stats, PlainStats):
        row |= {"min_size": stats.min_size, "max_size": stats.max_size, "avg_size": stats.mean_size}
    return row


def quantiles(stats: NumericStats, edges: Edges | None) -> list[float] | None:
    """A thousand quantiles from the histogram: the values themselves when a column has few, else interpolated."""
    import numpy as np

    total = float(stats.histogram.sum())
    if edges is None or not len(edges.values) or total == 0 or stats.low is None or stats.high is None:
        return None
    if edges.discrete and stats.histogram[0] == 0 and stats.histogram[-1] == 0:
        places = np.searchsorted(np.cumsum(stats.histogram), np.asarray(QUANTILE_LEVELS) * total, side="right")
        return [float(value) for value in edges.values[np.minimum(places, len(edges.values) - 1)]]
    return histogram_quantiles(edges.values, stats.histogram, QUANTILE_LEVELS, stats.low, stats.high)
