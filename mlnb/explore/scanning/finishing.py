"""Figures of a scan written into a column's profile, with how sure each is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..records import ColumnProfile, Extreme, Item
from .binning import Binned
from .column import Scanned, category_or_text, scan_column
from .describing import (
    TOP_ITEMS,
    Distribution,
    as_time,
    describe,
    exact_number,
    frequent,
    item_text,
    percent,
    write_moments,
)
from .moments import moments_of_counts
from .numeric import EXTREMES, NumberPart, NumberPlan
from .strings import StringPart, StringPlan
from .weighted import Weighted, weighted

if TYPE_CHECKING:
    from ..reading.readers import Data
    from .chunks import Part, Plan

#: A column may be an identifier from here on, so its distinct values are counted exactly.
MAYBE_ID = 95.0
#: Extremes of fewer different values are no surprise.
EXTREMES_FROM = 20


def finished(sampled: Scanned, plan: Plan, part: Part) -> Scanned:
    """Return the column with the figures of all rows, and of the sample what only that tells."""
    known = sampled.profile
    rows, nulls = part.rows, part.nulls
    profile = ColumnProfile(
        column_name=known.column_name,
        data_type=known.data_type,
        kind=known.kind,
        count=rows - nulls,
        num_nulls=nulls,
        percent_null=percent(nulls, rows),
        semantic=known.semantic,
        association=known.association,
        masked=known.masked,
    )
    if profile.association is not None:
        profile.basis["association"] = "sample"
    if isinstance(part, NumberPart) and isinstance(plan, NumberPlan):
        _numbers(profile, plan, part, floating=known.num_nan is not None)
    elif isinstance(part, StringPart) and isinstance(plan, StringPlan):
        _strings(profile, plan, part)
    return replace(sampled, profile=profile)


# -- numbers and times -------------------------------------------------------------------------------------------------


def _numbers(profile: ColumnProfile, plan: NumberPlan, part: NumberPart, *, floating: bool) -> None:
    if floating:
        profile.num_nan, profile.num_inf = part.nan, part.infinite
    if not part.finite:
        return
    spread = distribution(plan, part)
    describe(profile, spread)
    shown = as_time if profile.kind == "datetime" else exact_number
    profile.min, profile.max = shown(part.low), shown(part.high)
    moments = part.moments
    if isinstance(spread, Weighted):
        moments = moments_of_counts(spread.values.astype(np.float64), spread.counts)
        profile.distinct_count = len(spread.values)
        frequent(profile, spread.top(TOP_ITEMS))
    else:
        _sketched(profile, plan, part)
    profile.percent_distinct = percent(profile.distinct_count or 0, part.finite)
    write_moments(profile, moments)
    if profile.kind == "numeric":
        profile.num_zeros, profile.num_negative = part.zeros, part.negative
        profile.percent_zeros = percent(part.zeros, part.finite)
    order_figures(profile, part)


def order_figures(profile: ColumnProfile, part: NumberPart) -> None:
    """Write what hangs on the order of the rows: rise and fall, the rows of the extremes."""
    shown = as_time if profile.kind == "datetime" else exact_number
    if part.run is not None and part.run.first != part.run.last:
        profile.monotonic = "increasing" if part.run.rising else "decreasing" if part.run.falling else None
    if (profile.distinct_count or 0) >= EXTREMES_FROM:
        far = part.extremes
        profile.extremes = [
            Extreme(value=shown(value), row=int(row), key=key)
            for value, row, key in zip(far.values[:EXTREMES], far.rows, far.keys, strict=False)
        ]


def distribution(plan: NumberPlan, part: NumberPart) -> Distribution:
    """Return the distribution of the finite values: exact where they were counted one by one."""
    if plan.edges is None or part.counts is None:
        return part.levels or weighted(np.array([]))
    if plan.edges.values:
        used = np.flatnonzero(part.counts)
        whole = plan.sample.dtype.kind in "iu"
        values = used + int(plan.edges.low) if whole else used + plan.edges.low
        found = Weighted(values, part.counts[used])
        beside = _joined(part.lower + part.upper)
        return found.merge(weighted(beside.astype(values.dtype))) if len(beside) else found
    return Binned(
        plan.edges,
        part.counts,
        np.sort(_joined(part.lower)),
        np.sort(_joined(part.upper)),
        float(part.low),
        float(part.high),
        plan.whole,
        plan.sample,
    )


def _sketched(profile: ColumnProfile, plan: NumberPlan, part: NumberPart) -> None:
    """Distinct values from the sketch, and the most frequent of the sample's candidates."""
    if part.run is not None and part.run.strict:
        profile.distinct_count = part.finite  # each value differs from the one before it, and they never turn back
    elif part.sketch is not None:
        _estimated(profile, part.sketch, part.finite)
    if part.tops is not None and len(part.tops):
        order = np.lexsort((plan.candidates, -part.tops))[:TOP_ITEMS]
        exact = plan.whole and float(np.abs(plan.candidates).max()) < 2**53
        values = plan.candidates.astype(np.int64) if exact else plan.candidates
        frequent(profile, [(values[i], int(part.tops[i])) for i in order])
        profile.basis["frequent_items"] = "sample"


def _estimated(profile: ColumnProfile, sketch: Any, most: int) -> None:
    profile.distinct_count = min(most, round(sketch.estimate))
    if not sketch.exact:
        profile.distinct_error = sketch.error
        profile.basis["distinct_count"] = profile.basis["percent_distinct"] = "bound"


def _joined(arrays: tuple[npt.NDArray[Any], ...]) -> npt.NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.array([])


# -- text --------------------------------------------------------------------------------------------------------------


def _strings(profile: ColumnProfile, plan: StringPlan, part: StringPart) -> None:
    if plan.how in ("length", "presence"):
        if part.shortest is not None:
            profile.min_length, profile.max_length = part.shortest, part.longest
            profile.avg_length = part.length / profile.count
        return
    if plan.how == "levels":
        levels = part.levels.total() if part.levels is not None else {}
        profile.distinct_count = len(levels)
        best = sorted(levels.items(), key=lambda item: (-item[1], item[0]))[:TOP_ITEMS]
        profile.frequent_items = [Item(item=item_text(level), count=number) for level, number in best]
        if levels and profile.kind != "boolean":
            lengths = {level: len(level) for level in levels}
            profile.min_length, profile.max_length = min(lengths.values()), max(lengths.values())
            profile.avg_length = sum(lengths[level] * number for level, number in levels.items()) / profile.count
    else:
        _many(profile, plan, part)
    profile.percent_distinct = percent(profile.distinct_count or 0, profile.count)
    if profile.kind != "boolean" and profile.count:
        profile.kind = category_or_text(profile)


def _many(profile: ColumnProfile, plan: StringPlan, part: StringPart) -> None:
    if part.sketch is not None:
        _estimated(profile, part.sketch, profile.count)
    if part.tops is not None:
        pairs = sorted(zip(plan.candidates, part.tops, strict=True), key=lambda pair: (-pair[1], pair[0]))
        profile.frequent_items = [Item(item=item_text(text), count=int(number)) for text, number in pairs[:TOP_ITEMS]]
        profile.basis["frequent_items"] = "sample"
    if part.shortest is not None:
        profile.min_length, profile.max_length = part.shortest, part.longest
        profile.avg_length = part.length / profile.count


# -- counted once more -------------------------------------------------------------------------------------------------


def hangs_on_distinct(profile: ColumnProfile, rows: int) -> bool:
    """Whether a finding rests on the number of distinct values, which so far is an estimate."""
    estimated = profile.basis.get("distinct_count") == "bound"
    whole = profile.kind == "numeric" and profile.num_nan is None
    text = profile.kind in ("text", "categorical") and (profile.avg_length or 0) <= 64
    return estimated and rows > 0 and (whole or text) and (profile.percent_distinct or 0) >= MAYBE_ID


def precise_column(found: Scanned, data: Data, *, everything: bool) -> Scanned:
    """Read one column whole: for its exact number of distinct values, or for every figure that is not exact yet."""
    profile = found.profile
    name = profile.column_name
    if not everything:
        profile.distinct_count = exact_distinct(data, name)
        profile.percent_distinct = percent(profile.distinct_count, profile.count)
        profile.distinct_error = None
        for figure in ("distinct_count", "percent_distinct"):
            profile.basis.pop(figure, None)
        return found
    unsure = [figure for figure, basis in profile.basis.items() if figure != "association" and basis != "exact"]
    if not unsure:
        return found
    exact = scan_column(name, data.to_arrow([name])[name]).profile
    for figure in unsure:
        setattr(profile, figure, getattr(exact, figure))
        del profile.basis[figure]
    profile.histogram, profile.bin_width, profile.distinct_error = exact.histogram, None, None
    return found


def exact_distinct(data: Data, name: str) -> int:
    """Count the distinct values of a column: whole numbers as they are, others by 64-bit hashes."""
    from .chunks import present_numbers
    from .sketch import mix
    from .strings import EngineHashes

    engine, found, number = EngineHashes(), np.empty(data.rows, dtype=np.uint64), 0
    for batch in data.batches([name]):
        array = batch.column(0).drop_null()
        if not len(array):
            continue
        if array.type.num_buffers == 2 and not hasattr(array.type, "value_type"):
            values = present_numbers(array)
            if values.dtype.kind == "f":
                values = mix(values, np.empty(len(values), np.uint64), np.empty(len(values), np.uint64))
        else:
            plain = array.dictionary_decode() if hasattr(array.type, "value_type") else array
            values = engine.of({name: plain})[name]
        found[number : number + len(values)] = values.view(np.uint64)
        number += len(values)
    ordered = found[:number]
    ordered.sort()
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1])) if number else 0
