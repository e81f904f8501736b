"""Drift between two groups of rows: the distances of `mlnb.explore.distances`, column by column, and what is new.

`BASELINE` compares with the baseline table, `CONSECUTIVE` with the window just before, when there is one. Many columns and slices
are looked at together, so every p-value also exists adjusted for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlnb.explore import distances
from mlnb.monitoring.batch import numeric_distances, share_distances
from mlnb.monitoring.records import DriftType
from mlnb.monitoring.stats import CategoryStats, ColumnStats, Edges, Group, GroupKey, NumericStats

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Values of a categorical column that the reference does not have are listed, the commonest first, up to this many.
MAX_NEW_CATEGORIES = 20


@dataclass
class Drift:
    """How one column of one group differs from its reference."""

    key: GroupKey
    column: str
    drift_type: DriftType
    reference_start: int | None
    values: dict[str, Any] = field(default_factory=dict)


def drift_rows(
    groups: Iterable[Group],
    edges: Mapping[str, Edges],
    *,
    drift_type: DriftType,
    references: Mapping[GroupKey, Group],
) -> list[Drift]:
    """Compare groups with their references; groups without one give no rows.

    Parameters
    ----------
    groups
        The windows to describe.
    edges
        Edges of the numeric columns, the same for both sides.
    drift_type
        Goes into the rows.
    references
        By the key of the group that is compared.
    """
    pairs = [(group, references[group.key]) for group in groups if group.key in references]
    found: list[Drift] = []
    compared = _compare_all(pairs, edges)
    for number, (group, reference) in enumerate(pairs):
        start = reference.key.start if drift_type == "CONSECUTIVE" else None
        found.append(Drift(group.key, ":table", drift_type, start, _table_values(group, reference)))
        for name in group.columns:
            values = compared.get((name, number))
            if values is not None:
                found.append(Drift(group.key, name, drift_type, start, dict(values)))
    _adjust(found)
    return found


def _compare_all(
    pairs: Sequence[tuple[Group, Group]], edges: Mapping[str, Edges]
) -> dict[tuple[str, int], dict[str, Any]]:
    """Compare column by column; pairs that hold the very same statistics (a table with one model) are compared once."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    columns = list(dict.fromkeys(name for group, _ in pairs for name in group.columns))
    for name in columns:
        twins: dict[tuple[int, int], list[int]] = {}
        sides: list[tuple[ColumnStats, ColumnStats]] = []
        for number, (group, reference) in enumerate(pairs):
            current, before = group.columns.get(name), reference.columns.get(name)
            if current is None or before is None or type(before) is not type(current):
                continue
            same = twins.setdefault((id(before), id(current)), [])
            if not same:
                sides.append((before, current))
            same.append(number)
        for numbers, values in zip(twins.values(), compare(sides, edges.get(name)), strict=True):
            found.update(((name, number), values) for number in numbers)
    return found


def compare(pairs: Sequence[tuple[ColumnStats, ColumnStats]], edges: Edges | None) -> list[dict[str, Any]]:
    """All drift statistics of one column for pairs of reference and current group; what is not defined is absent."""
    if not pairs:
        return []
    rows = [_counts(reference, current) for reference, current in pairs]
    if isinstance(pairs[0][0], NumericStats):
        more = _numeric(pairs, edges)
    elif isinstance(pairs[0][0], CategoryStats):
        more = _categorical(pairs)
    else:
        more = [{} for _ in pairs]
    return [
        {name: value for name, value in (row | extra).items() if value is not None}
        for row, extra in zip(rows, more, strict=True)
    ]


def _counts(reference: ColumnStats, current: ColumnStats) -> dict[str, Any]:
    return {
        "count_delta": float(current.count - reference.count),
        "percent_null_delta": _delta(_share(current.nulls, current), _share(reference.nulls, reference)),
        "percent_distinct_delta": _delta(_distinct(current), _distinct(reference)),
    }


def _numeric(pairs: Sequence[tuple[Any, Any]], edges: Edges | None) -> list[dict[str, Any]]:
    import numpy as np

    rows: list[dict[str, Any]] = []
    for p, q in pairs:
        zeros = _delta(_percent(q.zeros, q.count), _percent(p.zeros, p.count))
        rows.append({"avg_delta": _delta(q.mean, p.mean), "percent_zeros_delta": zeros})
    if edges is None or not len(edges.values):
        return rows
    sides = [np.array([pair[side].histogram for pair in pairs]) for side in (0, 1)]
    ranges = np.array([[p.low, p.high, q.low, q.high] for p, q in pairs], dtype=np.float64)
    found = numeric_distances(edges.values, sides[0], sides[1], ranges, discrete=edges.discrete)
    columns = {name: _listed(values) for name, values in found.items()}
    for number, (row, (p, _)) in enumerate(zip(rows, pairs, strict=True)):
        row.update({name: values[number] for name, values in columns.items() if not name.startswith("ks_")})
        area, statistic = row["wasserstein_distance"], columns["ks_statistic"][number]
        row["wasserstein_normalized"] = area / p.std if area is not None and p.std else None
        if statistic is not None:
            row["ks_test"] = {"statistic": statistic, "pvalue": columns["ks_pvalue"][number]}
            row["effect"] = statistic
    return rows


def _categorical(pairs: Sequence[tuple[Any, Any]]) -> list[dict[str, Any]]:
    import numpy as np

    counts = [_category_counts(p, q) for p, q in pairs]
    width = max(len(p) for p, _ in counts)
    sides = np.zeros((2, len(pairs), width))
    for number, both in enumerate(counts):
        for side in (0, 1):
            sides[side, number, : len(both[side])] = both[side]
    columns = {name: _listed(values) for name, values in share_distances(sides[0], sides[1]).items()}
    rows: list[dict[str, Any]] = []
    for number, (p, q) in enumerate(pairs):
        row: dict[str, Any] = {name: values[number] for name, values in columns.items()}
        test = distances.chi_squared_test(*counts[number])
        row["chi_squared_test"] = None if test is None else {"statistic": test.statistic, "pvalue": test.pvalue}
        row["effect"] = row["tv_distance"]
        # Only a reference that was counted completely can say that a value is new.
        new = [item for item in q.top if item not in p.top] if p.distinct <= len(p.top) else []
        row["new_categories"] = new[:MAX_NEW_CATEGORIES] or None
        rows.append(row)
    return rows


def _listed(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Numbers as Python has them, None for what is not defined."""
    return [None if value != value else value for value in values.tolist()]


def _category_counts(
    reference: CategoryStats, current: CategoryStats
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Counts over the reference's commonest values and all others; values beyond those kept by name count as others."""
    import numpy as np

    kept = sorted(reference.top, key=lambda item: (-reference.top[item], item))[: distances.TOP_CATEGORIES]
    sides = []
    for stats in (reference, current):
        counts = [float(stats.top.get(item, 0)) for item in kept]
        sides.append(np.asarray([*counts, stats.count - sum(counts)]))
    return sides[0], sides[1]


def _table_values(group: Group, reference: Group) -> dict[str, Any]:
    before, now = set(reference.non_null_columns), set(group.non_null_columns)
    return {
        "count_delta": float(group.rows - reference.rows),
        "non_null_columns_delta": {"added": len(now - before), "missing": len(before - now)},
    }


def p_value(values: Mapping[str, Any]) -> float | None:
    """The p-value of a column's own test."""
    test = values.get("ks_test") or values.get("chi_squared_test")
    return None if test is None else test["pvalue"]


def _adjust(rows: Sequence[Drift]) -> None:
    """Adjust p-values over the columns and slices of one window and model."""
    families: dict[tuple[str, int, str], list[Drift]] = {}
    for row in rows:
        families.setdefault((row.key.granularity, row.key.start, row.key.model), []).append(row)
    for family in families.values():
        adjusted = distances.benjamini_hochberg([p_value(row.values) for row in family])
        for row, value in zip(family, adjusted, strict=True):
            if value is not None:
                row.values["p_adjusted"] = value


def _share(part: int, stats: ColumnStats) -> float | None:
    return _percent(part, stats.count + stats.nulls)


def _distinct(stats: ColumnStats) -> float | None:
    return _percent(stats.distinct, stats.count)


def _percent(part: int, whole: int) -> float | None:
    return 100.0 * part / whole if whole else None


def _delta(current: float | None, reference: float | None) -> float | None:
    return None if current is None or reference is None else current - reference
