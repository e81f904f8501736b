"""How one column differs between two sides: distances, a test, and a verdict in words.

A column *differs* when the effect is worth telling and not made by chance: at 400,000 rows a test alone flags everything, at 200 rows
an index alone does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .. import distances
from ..findings.texts import level_texts
from ..over_time.periods import time_text
from ..records_compare import ColumnDifference

if TYPE_CHECKING:
    from ..look import Look
    from ..scanning.column import Scanned

FloatArray = npt.NDArray[np.float64]

#: An effect worth telling: population stability index, Jensen-Shannon distance, share of missing values; and the chance of an alarm.
PSI_EFFECT, JS_EFFECT, NULL_EFFECT, CHANCE = 0.2, 0.1, 0.05, 0.05
#: Of the target less is enough: 20 % becoming 26 %.
TARGET_JS_EFFECT = 0.06
#: Fewer values on one side tell nothing.
MIN_VALUES = 30
#: Above this share of different values (percent) a text is compared by its length.
NEARLY_UNIQUE = 50.0
#: Longer labels are cut in sentences.
LABEL_LENGTH = 40


@dataclass
class Measured:
    """A difference on the way to its verdict.

    Attributes
    ----------
    pvalue
        Of the values and of the share of missing ones together.
    effect
        The values differ enough to tell; ``null_effect`` the same of missing ones.
    facts
        What can be said of the values when they differ.
    """

    difference: ColumnDifference
    pvalue: float | None = None
    effect: bool = False
    null_effect: bool = False
    facts: str = ""
    why_unknown: str = ""


def measure(
    name: str,
    left: Look,
    right: Look,
    names: tuple[str, str],
    *,
    masked: bool = False,
    target: bool = False,
    times: tuple[FloatArray, FloatArray] | None = None,
) -> Measured:
    """Return the distances of one column.

    Parameters
    ----------
    masked
        Keep its values out of labels and words.
    target
        A smaller change of the outcome matters.
    times
        The times of a time column, whatever it is stored as.
    """
    first, second = left.columns[name], right.columns[name]
    found = Measured(
        ColumnDifference(column=name, kind=first.profile.kind, delta_null=_null_share(second) - _null_share(first))
    )
    how = _how(first, second)
    counts = _present(first), _present(second)
    tests = [_null_test(first, second)]
    found.null_effect = abs(found.difference.delta_null or 0.0) >= NULL_EFFECT
    if how is None:
        found.why_unknown = (
            f"{first.profile.data_type} in {names[0]} and {second.profile.data_type} in {names[1]} cannot be compared."
        )
    elif min(counts) < MIN_VALUES:
        side = names[0] if counts[0] <= counts[1] else names[1]
        found.why_unknown = f"Only {min(counts):,} values in {side}: {MIN_VALUES} are needed."
    elif times is not None:
        found.difference.kind = "datetime"
        tests.append(_numbers(found, times, names, time_text, masked))
    elif how == "numbers" and first.values is not None and second.values is not None:
        shown = time_text if first.profile.kind == "datetime" else _number
        tests.append(_numbers(found, (first.values, second.values), names, shown, masked))
    elif how == "lengths":
        both = _lengths(left, name), _lengths(right, name)
        tests.append(_numbers(found, both, names, lambda value: f"{value:.3g} characters", masked))
    else:
        tests.append(_levels(found, first, second, names, masked))
    if target and (found.difference.js or 0.0) >= TARGET_JS_EFFECT:
        found.effect = True
    known = [p for p in tests if p is not None]
    found.pvalue = min(1.0, min(known) * len(known)) if known else None
    return found


def judge(found: Measured, adjusted: float | None, names: tuple[str, str]) -> ColumnDifference:
    """Return the difference with its verdict, after the tests of all columns are adjusted for each other."""
    item = found.difference
    item.p_adjusted = adjusted
    by_chance = adjusted is None or adjusted >= CHANCE
    null_words = _null_words(item.delta_null or 0.0, names)
    if not by_chance and (found.effect or found.null_effect):
        item.verdict = "differs"
        parts = [found.facts if found.effect else "", null_words if found.null_effect else ""]
        item.words = " ".join(part for part in parts if part)
    elif found.why_unknown:
        item.verdict, item.words = "unknown", found.why_unknown
    elif not by_chance:
        size = f" (PSI {item.psi:.3f})" if item.psi is not None else ""
        item.words = f"A difference can be measured, but it is too small to matter{size}."
    elif found.effect:
        item.words = "No difference that chance would not make with so few rows."
    else:
        item.words = "No difference."
    return item


# -- what can be compared ----------------------------------------------------------------------------------------------


def _how(first: Scanned, second: Scanned) -> str | None:
    kinds = {first.profile.kind, second.profile.kind}
    if kinds in ({"numeric"}, {"datetime"}):
        return "numbers"
    if not kinds <= {"categorical", "boolean", "text"}:
        return None
    unique = max(item.profile.percent_distinct or 0 for item in (first, second)) > NEARLY_UNIQUE
    few = max(item.profile.distinct_count or 0 for item in (first, second)) <= distances.TOP_CATEGORIES
    return "lengths" if kinds & {"text"} or (unique and not few) else "levels"


def _present(scanned: Scanned) -> int:
    if scanned.values is not None:
        return int(np.isfinite(scanned.values).sum())
    return scanned.profile.count


def _null_share(scanned: Scanned) -> float:
    return scanned.profile.percent_null / 100.0


def _null_test(first: Scanned, second: Scanned) -> float | None:
    missing = first.profile.num_nulls, second.profile.num_nulls
    if not any(missing) or not (first.profile.count + missing[0]) or not (second.profile.count + missing[1]):
        return None
    test = distances.chi_squared_test([missing[0], first.profile.count], [missing[1], second.profile.count])
    return None if test is None else test.pvalue


def _lengths(look: Look, name: str) -> FloatArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = pc.utf8_length(look.table[name].cast(pa.string())).drop_null()
    found: FloatArray = lengths.to_numpy().astype(np.float64)
    return found


# -- numbers -----------------------------------------------------------------------------------------------------------


def _numbers(
    found: Measured,
    both: tuple[FloatArray, FloatArray],
    names: tuple[str, str],
    shown: Callable[[float], str],
    masked: bool,
) -> float | None:
    name = found.difference.column
    left, right = (values[np.isfinite(values)] for values in both)
    edges = distances.fine_edges(left)
    counts = distances.histogram(left, edges), distances.histogram(right, edges)
    measured = distances.numeric_distances(
        edges,
        *counts,
        reference_range=(float(left.min()), float(left.max())),
        current_range=(float(right.min()), float(right.max())),
        reference_stddev=float(left.std()),
    )
    _fill(found.difference, measured)
    found.effect = _is_effect(measured)
    found.difference.delta_avg = float(right.mean() - left.mean())
    borders = distances.coarse_edges(edges, counts[0])
    found.difference.left = _shares(distances.coarsen(counts[0], borders))
    found.difference.right = _shares(distances.coarsen(counts[1], borders))
    if not masked:
        found.difference.labels = _bin_labels([float(edges[i]) for i in borders], shown)
        found.facts = _pair_words(name, left, right, names, shown) or _number_words(left, right, names, shown)
    else:
        found.facts = "The values differ."
    return measured.ks.pvalue if measured.ks is not None else None


def _bin_labels(edges: Sequence[float], shown: Callable[[float], str]) -> list[str]:
    if not edges:
        return ["all"]
    inner = [f"{shown(a)} – {shown(b)}" for a, b in pairwise(edges)]
    return [f"≤ {shown(edges[0])}", *inner, f"> {shown(edges[-1])}"]


def _pair_words(
    name: str, left: FloatArray, right: FloatArray, names: tuple[str, str], shown: Callable[[float], str]
) -> str | None:
    """Words of a column that has two values over both sides, as 0 and 1: the share of the larger one says all."""
    values = np.unique(np.concatenate([left, right]))
    if len(values) != 2:
        return None
    shares = [float(np.mean(side == values[1])) for side in (right, left)]
    return f"{name} = {shown(float(values[1]))} in {shares[0]:.1%} of {names[1]} against {shares[1]:.1%} of {names[0]}."


def _number_words(left: FloatArray, right: FloatArray, names: tuple[str, str], shown: Callable[[float], str]) -> str:
    quartiles = [np.quantile(side, (0.25, 0.5, 0.75), method="lower") for side in (left, right)]
    (a, m, b), (c, n, d) = ([float(value) for value in side] for side in quartiles)
    spread = max(b - a, d - c)
    if spread > 0 and abs(n - m) > 0.1 * spread:
        direction = "Higher" if n > m else "Lower"
        return f"{direction} in {names[1]}: the median is {shown(n)}, in {names[0]} {shown(m)}."
    if abs((d - c) - (b - a)) > 0.1 * spread > 0:
        direction = "Wider" if d - c > b - a else "Narrower"
        return f"{direction} in {names[1]}: half of the values lie from {shown(c)} to {shown(d)}, in {names[0]} from {shown(a)} to {shown(b)}."
    means = float(left.mean()), float(right.mean())
    return f"Of another shape in {names[1]}: the mean is {shown(means[1])}, in {names[0]} {shown(means[0])}; the middle half is alike."


def _number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


# -- levels ------------------------------------------------------------------------------------------------------------


def _levels(found: Measured, first: Scanned, second: Scanned, names: tuple[str, str], masked: bool) -> float | None:
    left, right = level_counts(first), level_counts(second)
    measured = distances.categorical_distances(left, right)  # type: ignore[arg-type]  # invariant keys
    _fill(found.difference, measured)
    # The left side's most frequent levels seem rarer on the right by chance alone: the verdict rests on those of both sides.
    together = {label: left.get(label, 0) + right.get(label, 0) for label in {**left, **right}}
    top = sorted(together, key=lambda label: (-together[label], label))[: distances.TOP_CATEGORIES]
    counts = _over(left, top), _over(right, top)
    fair = replace(measured, psi=distances.population_stability_index(*counts), js=distances.js_distance(*counts))
    found.effect = _is_effect(fair)
    rest = any(float(side[-1]) > 0 for side in counts)
    labels = [*top, "other"] if rest else list(top)
    size = len(labels)
    found.difference.left, found.difference.right = _shares(counts[0])[:size], _shares(counts[1])[:size]
    found.difference.labels = [] if masked else [_cut(label) for label in labels]
    found.facts = "The values differ." if masked else _level_words(labels, found.difference, left, right, names)
    test = distances.chi_squared_test(*counts)
    return test.pvalue if test is not None else None


def level_counts(scanned: Scanned) -> dict[str, int]:
    """Return how often each level occurs."""
    if scanned.codes is None or scanned.levels is None:
        return {}
    counts = np.bincount(scanned.codes[scanned.codes >= 0], minlength=len(scanned.levels))
    texts = level_texts(scanned)
    return {texts[i]: int(counts[i]) for i in np.flatnonzero(counts)}


def _over(counts: dict[str, int], top: Sequence[str]) -> FloatArray:
    kept = [float(counts.get(label, 0)) for label in top]
    return np.asarray([*kept, sum(counts.values()) - sum(kept)], dtype=np.float64)


def _level_words(
    labels: Sequence[str], item: ColumnDifference, left: dict[str, int], right: dict[str, int], names: tuple[str, str]
) -> str:
    moved = sorted(range(len(labels)), key=lambda i: -abs(item.right[i] - item.left[i]))[:2]
    if len(labels) == 2:  # the share of one is the other's: say it of true, 1, yes
        moved = [max(moved, key=lambda i: labels[i].casefold())]
    parts = []
    for i in moved:
        label = _cut(labels[i])
        if labels[i] not in left and labels[i] in right:
            parts.append(f"{label} is only in {names[1]} ({item.right[i]:.1%})")
        elif labels[i] not in right and labels[i] in left:
            parts.append(f"{label} is only in {names[0]} ({item.left[i]:.1%})")
        elif abs(item.right[i] - item.left[i]) >= 0.005:
            parts.append(f"{label} is {item.right[i]:.1%} in {names[1]} and {item.left[i]:.1%} in {names[0]}")
    return "; ".join(parts) + "." if parts else "Many levels differ a little."


def _cut(label: str) -> str:
    return label if len(label) <= LABEL_LENGTH else label[: LABEL_LENGTH - 1] + "…"


# -- both --------------------------------------------------------------------------------------------------------------


def _fill(item: ColumnDifference, measured: distances.Distances) -> None:
    item.psi, item.js, item.tv, item.wasserstein = measured.psi, measured.js, measured.tv, measured.wasserstein
    item.ks = measured.ks.statistic if measured.ks is not None else None
    item.chi2 = measured.chi2.statistic if measured.chi2 is not None else None


def _is_effect(measured: distances.Distances) -> bool:
    return (measured.psi or 0.0) >= PSI_EFFECT or (measured.js or 0.0) >= JS_EFFECT


def _shares(counts: FloatArray) -> list[float]:
    found = distances.shares(counts)
    return [] if found is None else [float(share) for share in found]


def _null_words(delta: float, names: tuple[str, str]) -> str:
    direction = "more" if delta > 0 else "fewer"
    return f"{abs(delta) * 100:.1f} points {direction} missing in {names[1]} than in {names[0]}."
