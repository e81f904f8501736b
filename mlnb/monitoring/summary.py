"""What the screens show: the heat map of drift, series over time, and one line of verdict."""

from __future__ import annotations

import math
from typing import Any

from mlnb.core.errors import InvalidParameterError, did_you_mean
from mlnb.core.records import Record
from mlnb.monitoring.metrics import MetricTables, canonical, is_drift, is_quality, stored_columns, value_of
from mlnb.monitoring.stats import ALL_MODELS

#: A column counts as drifted when its distance is at least this (more for small windows), and more than chance.
DRIFT_LIMIT = 0.1
DRIFT_CHANCE = 0.05

#: 99 % point of a chi-squared distribution with nine degrees of freedom: ten bins.
_CHI2_99_9 = 21.666

#: Limits that are usual for a metric, drawn when no alert says otherwise.
USUAL_LIMITS = {"js_distance": DRIFT_LIMIT, "population_stability_index": 0.2, "tv_distance": 0.1, "ks_test": 0.1}


class WindowSpan(Record):
    """A window in milliseconds."""

    start: int
    end: int


class DriftMatrix(Record):
    """Drift of every column in every window: one row of values per column, None where nothing is defined.

    `drifted` has the same shape and says where the value is past the threshold and more than chance.
    """

    metric: str
    granularity: str | None = None
    threshold: float | None = None
    windows: list[WindowSpan]
    columns: list[str]
    values: list[list[float | None]]
    drifted: list[list[bool]]


class NamedSeries(Record):
    """One line of a chart."""

    name: str
    values: list[float | None]


class MetricSeries(Record):
    """A metric over time, `t` in milliseconds."""

    metric: str
    column: str
    granularity: str | None = None
    t: list[int]
    series: list[NamedSeries]
    threshold: float | None = None


def drift_matrix(
    tables: MetricTables, metric: str = "js_distance", granularity: str | None = None, drift_type: str = "BASELINE"
) -> DriftMatrix:
    """Drift of all columns over all windows; the columns that drift most come first."""
    name = canonical(metric)
    if not is_drift(name):
        raise InvalidParameterError(f"{name} is not a drift metric.", hint="Use series() for it.")
    text = tables.granularity(granularity)
    if drift_type == "BASELINE" and tables.config.baseline_table_name is None:
        drift_type = "CONSECUTIVE"
    where = f"drift_type = '{drift_type}' AND column_name <> ':table'"
    rows = tables.rows("drift", [*stored_columns(name), "p_adjusted"], granularity=text, where=where)
    ends = {_ms(row["window"]["start"]): _ms(row["window"]["end"]) for row in rows}
    starts = sorted(ends)
    place = {start: number for number, start in enumerate(starts)}
    limit = usual_limit(tables, name, text)
    found: dict[str, list[float | None]] = {}
    drifted: dict[str, list[bool]] = {}
    for row in rows:
        column, number, value = row["column_name"], place[_ms(row["window"]["start"])], value_of(name, row)
        found.setdefault(column, [None] * len(starts))[number] = value
        flags = drifted.setdefault(column, [False] * len(starts))
        chance = row["p_adjusted"] is not None and row["p_adjusted"] > DRIFT_CHANCE
        flags[number] = value is not None and limit is not None and abs(value) >= limit and not chance
    shown = [column for column, line in found.items() if any(value is not None for value in line)]
    columns = sorted(shown, key=lambda column: (-sum(drifted[column]), -_mean(found[column]), column))
    return DriftMatrix(
        metric=name,
        granularity=text,
        threshold=limit,
        windows=[WindowSpan(start=start, end=ends[start]) for start in starts],
        columns=columns,
        values=[found[column] for column in columns],
        drifted=[drifted[column] for column in columns],
    )


def usual_limit(tables: MetricTables, metric: str, granularity: str | None) -> float | None:
    """What counts as a large drift: the usual limit of the metric, or more where windows are so small that chance gets there.

    Without any drift, twice the sum of n·m/(n+m) and a divergence on b bins is about a chi-squared value with b - 1 degrees of
    freedom; its 99 % point for ten bins and the median window is what chance alone reaches in one of a hundred cells.
    """
    usual = USUAL_LIMITS.get(metric)
    if metric not in ("js_distance", "population_stability_index"):
        return usual
    rows = tables.rows(
        "profile", ["count"], granularity=granularity, where="column_name = ':table' AND log_type = 'INPUT'"
    )
    counts = sorted(row["count"] for row in rows if row["count"])
    if not counts or usual is None:
        return usual
    by_chance = _CHI2_99_9 / counts[len(counts) // 2]
    if metric == "js_distance":
        by_chance = math.sqrt(by_chance / (8 * math.log(2)))
    return max(usual, float(f"{by_chance:.2g}"))


def metric_series(
    tables: MetricTables,
    metric: str,
    column: str = ":table",
    granularity: str | None = None,
    *,
    slice_key: str | None = None,
    drift_type: str = "BASELINE",
    threshold: float | None = None,
) -> MetricSeries:
    """A metric of a column (or of the model) over time, with the baseline's value beside it, or one line per slice value."""
    name = canonical(metric)
    text = tables.granularity(granularity)
    if is_quality(name):
        column = ":table"
    if drift_type == "BASELINE" and tables.config.baseline_table_name is None:
        drift_type = "CONSECUTIVE"
    drift = is_drift(name)
    only = f"drift_type = '{drift_type}'" if drift else "log_type = 'INPUT'"
    where = f"{only} AND column_name = '{column.replace(chr(39), chr(39) * 2)}'"
    which = "drift" if drift else "profile"
    slices = tables.config.slicing_exprs
    if slice_key is not None and slice_key not in slices:
        hint = did_you_mean(slice_key, slices) or f"Slices: {', '.join(slices) or 'none'}."
        raise InvalidParameterError(f"{tables.table_name} has no slice {slice_key!r}.", hint=hint)
    rows = _sliced(tables, which, name, text, slice_key, where)
    starts = sorted({_ms(row["window"]["start"]) for row in rows})
    place = {start: number for number, start in enumerate(starts)}
    lines: dict[str, list[float | None]] = {}
    for row in rows:
        line = lines.setdefault(row.get("slice_value") or "current", [None] * len(starts))
        line[place[_ms(row["window"]["start"])]] = value_of(name, row)
    series = [NamedSeries(name=key, values=line) for key, line in lines.items()]
    base = None if drift or slice_key is not None else _baseline(tables, name, column)
    if base is not None and starts:
        series.append(NamedSeries(name="baseline", values=[base] * len(starts)))
    limit = threshold if threshold is not None else USUAL_LIMITS.get(name)
    return MetricSeries(metric=name, column=column, granularity=text, t=starts, series=series, threshold=limit)


def _sliced(
    tables: MetricTables, which: str, metric: str, granularity: str | None, slice_key: str | None, where: str
) -> list[dict[str, Any]]:
    columns = [*stored_columns(metric), "slice_value"]
    if slice_key is None:
        return tables.rows(which, columns, granularity=granularity, where=where)
    key = slice_key.replace("'", "''")
    return tables.rows(
        which, columns, granularity=granularity, any_slice=True, where=f"{where} AND slice_key = '{key}'"
    )


def _baseline(tables: MetricTables, metric: str, column: str) -> float | None:
    """The metric's value in the baseline."""
    if tables.config.baseline_table_name is None:
        return None
    where = f"log_type = 'BASELINE' AND column_name = '{column.replace(chr(39), chr(39) * 2)}'"
    rows = tables.rows("profile", stored_columns(metric), granularity=None, model=ALL_MODELS, where=where)
    return value_of(metric, rows[-1]) if rows else None


def newest_drift(tables: MetricTables, closed_before: int) -> dict[str, Any]:
    """The newest closed window and the columns that have drifted in it: what the list of monitors shows."""
    if not tables.exist():
        return {}
    text = tables.granularity(None)
    rows = tables.rows("profile", ["count"], granularity=text, where="column_name = ':table' AND log_type = 'INPUT'")
    closed = [row for row in rows if _ms(row["window"]["end"]) <= closed_before]
    if not closed:
        return {"windows": len(rows)}
    newest = closed[-1]
    kind = "BASELINE" if tables.config.baseline_table_name else "CONSECUTIVE"
    start = _ms(newest["window"]["start"])
    drift = tables.rows(
        "drift",
        ["js_distance", "p_adjusted"],
        granularity=text,
        since_us=start * 1000,
        where=f"drift_type = '{kind}' AND column_name <> ':table'",
    )
    limit = usual_limit(tables, "js_distance", text) or DRIFT_LIMIT
    here = [row for row in drift if _ms(row["window"]["start"]) == start]
    drifted = [
        row
        for row in here
        if (row["js_distance"] or 0.0) >= limit and (row["p_adjusted"] is None or row["p_adjusted"] <= DRIFT_CHANCE)
    ]
    drifted.sort(key=lambda row: -row["js_distance"])
    return {
        "windows": len(rows),
        "newest_start": start,
        "newest_end": _ms(newest["window"]["end"]),
        "newest_rows": newest["count"],
        "drifted_columns": [row["column_name"] for row in drifted],
        "compared_columns": len(here),
    }


def _mean(values: list[float | None]) -> float:
    known = [abs(value) for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0


def _ms(moment: Any) -> int:
    milliseconds: float = moment.timestamp() * 1000
    return round(milliseconds)
