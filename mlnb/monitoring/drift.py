"""Drift between two groups of rows: the distances of `mlnb.explore.distances`, column by column, and what is new.

`BASELINE` compares with the baseline table, `CONSECUTIVE` with the window just before, when there is one. Many columns and slices
are looked at together, so every p-value also exists adjusted for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlnb.explore import distances
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
    found: list[Drift] = []
    for group in groups:
        reference = references.get(group.key)
        if reference is None:
            continue
        start = reference.key.start if drift_type == "CONSECUTIVE" else None
        found.append(Drift(group.key, ":table", drift_type, start, _table_values(group, reference)))
        for name, current in group.columns.items():
            before = reference.columns.get(name)
            if before is not None and type(before) is type(current):
                values = compare(before, current, edges.get(name))
                found.append(Drift(group.key, name, drift_type, start, values))
    _adjust(found)
    return found


def compare(reference: ColumnStats, current: ColumnStats, edges: Edges | None) -> dict[str, Any]:
    """All drift statistics of one column; one that is not defined is absent."""
    values: dict[str, Any] = {
        "count_delta": float(current.count - reference.count),
        "percent_null_delta": _delta(_share(current.nulls, current), _share(reference.nulls, reference)),
        "percent_distinct_delta": _delta(_distinct(current), _distinct(reference)),
    }
    if isinstance(reference, NumericStats) and isinstance(current, NumericStats):
        values |= _numeric(reference, current, edges)
    elif isinstance(reference, CategoryStats) and isinstance(current, CategoryStats):
        values |= _categorical(reference, current)
    return {name: value for name, value in values.items() if value is not None}


def _numeric(reference: NumericStats, current: NumericStats, edges: Edges | None) -> dict[str, Any]:
    values: dict[str, Any] = {
        "avg_delta": _delta(current.mean, reference.mean),
        "percent_zeros_delta": _delta(
            _percent(current.zeros, current.count), _percent(reference.zeros, reference.count)
        ),
    }
    if edges is None or not len(edges.values):
        return values
    ranges = [(s.low, s.high) if s.low is not None and s.high is not None else None for s in (reference, current)]
    found = distances.numeric_distances(
        edges.values,
        reference.histogram,
        current.histogram,
        reference_range=ranges[0],
        current_range=ranges[1],
        reference_stddev=reference.std,
    )
    values |= _named(found)
    area = found.wasserstein
    if edges.discrete:
        area = _steps(edges, reference, current) or area
        values["wasserstein_distance"] = area
        values["wasserstein_normalized"] = area / reference.std if area is not None and reference.std else None
    values["effect"] = found.ks.statistic if found.ks is not None else None
    return values


def _steps(edges: Edges, reference: NumericStats, current: NumericStats) -> float | None:
    """Area between two step functions: exact when all values lie on edges, which interpolation inside bins is not."""
    import numpy as np

    p, q = reference.histogram, current.histogram
    on_edges = p[-1] == 0 and q[-1] == 0 and p[0] == 0 and q[0] == 0
    if not on_edges or p.sum() == 0 or q.sum() == 0:
        return None
    gap = np.abs(np.cumsum(p) / p.sum() - np.cumsum(q) / q.sum())[1:-2]
    return float(np.sum(gap * np.diff(edges.values[1:])))


def _categorical(reference: CategoryStats, current: CategoryStats) -> dict[str, Any]:
    p, q = _category_counts(reference, current)
    chi2 = distances.chi_squared_test(p, q)
    found = distances.Distances(
        psi=distances.population_stability_index(p, q),
        js=distances.js_distance(p, q),
        tv=distances.tv_distance(p, q),
        l_infinity=distances.l_infinity_distance(p, q),
        chi2=chi2,
    )
    new = [item for item in current.top if item not in reference.top]
    # Only a reference that was counted completely can say that a value is new.
    known = reference.distinct <= len(reference.top)
    values = _named(found) | {"effect": found.tv}
    return values | {"new_categories": new[:MAX_NEW_CATEGORIES] if known and new else None}


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


def _named(found: distances.Distances) -> dict[str, Any]:
    """The distances under the platform's column names."""
    return {
        "js_distance": found.js,
        "ks_test": None if found.ks is None else {"statistic": found.ks.statistic, "pvalue": found.ks.pvalue},
        "wasserstein_distance": found.wasserstein,
        "population_stability_index": found.psi,
        "chi_squared_test": None
        if found.chi2 is None
        else {"statistic": found.chi2.statistic, "pvalue": found.chi2.pvalue},
        "tv_distance": found.tv,
        "l_infinity_distance": found.l_infinity,
        "wasserstein_normalized": found.wasserstein_normalized,
    }


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
