"""Two tables, versions or splits laid side by side."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import numpy as np

from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError

from ..distances import benjamini_hochberg
from ..findings.making import finding
from ..findings.ranking import rank
from ..over_time.times import read_times
from ..records import Finding, HoldoutNote, Timing
from ..records_compare import ColumnDifference, Comparison, Overlap, SchemaDifference, Separability, Side
from ..suggest.attach import attach_comparison
from .column import judge, measure
from .following import followers, time_of
from .overlap import overlap
from .separability import separability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..look import Look

#: A classifier that tells the sides apart so well is worth a warning; below, it is said in words.
TOLD_APART, FAIRLY = 0.8, 0.65
#: Above a half by less than this, it does not.
NEARLY_ALIKE = 0.02
#: Identical rows are told from this share on, above what chance gives.
SHARED_ROWS = 0.001


class CannotCompareError(InvalidParameterError):
    """Two sides that have nothing in common."""


# Figures of the greatest numbers overflow and are absent then: no warning of it reaches a cell.
@np.errstate(all="ignore")
def compare(
    left: Look,
    right: Look,
    *,
    target: str | None = None,
    time_column: str | None = None,
    group: str | None = None,
    names: tuple[str, str] | None = None,
    holdouts: tuple[HoldoutNote | None, HoldoutNote | None] = (None, None),
    masked: Sequence[str] | None = None,
    without: Sequence[str] = (),
    related: bool = False,
) -> Comparison:
    """Compare two looks column by column and as a whole.

    Parameters
    ----------
    target, time_column, group
        As in a profile. The classifier does not see time and group: a split in time or by groups is told apart by them at once.
    names
        What the sides are called in words; by default ``left`` and ``right``, or the versions of one table.
    holdouts
        What became of held-out rows on each side.
    masked
        Columns of personal data, whose values are not shown; by default those recognised by their form.
    without
        Columns to leave out: the one by which the data was split.
    related
        One side is a table and the other another version of it, or some of its rows: what both share is no leak. Two versions of one
        table are known as such.

    Raises
    ------
    CannotCompareError
        When the sides have no column in common.
    """
    started = time.perf_counter(), time.process_time()
    sides = names or _names(left, right)
    shared = [name for name in left.columns if name in right.columns and name not in without]
    if not shared:
        raise CannotCompareError(
            f"{sides[0]} and {sides[1]} have no column in common.",
            hint=f"{sides[0]} has {_few(left)}; {sides[1]} has {_few(right)}.",
        )
    for name, what in ((target, "target"), (time_column, "time column"), (group, "group")):
        if name is not None:
            left.column(name, what)
            right.column(name, what)
    hidden = set(_personal(left, right) if masked is None else masked)
    columns = _columns(left, right, shared, sides, hidden, target, time_column)
    when = time_of(left, right, shared, time_column)
    clock = followers(left, right, shared, when) if when is not None else []
    _mark_clock(columns, clock, when)
    unseen = {time_column, group, *(clock if time_column is not None else ())}
    ranked = [item.column for item in columns]
    differing = [item.column for item in columns if item.verdict == "differs"]
    whole = [name for name in shared if left.columns[name].profile.kind != "other"]
    common, repeated = overlap(left, right, whole, time_column=time_column, group=group)
    asked = [name for name in shared if name not in unseen]
    apart = separability(left, right, asked, differing=differing, strongest=ranked)
    related = related or _same_table(left, right)
    found = rank(_findings(sides, columns, common, repeated, apart, target, group, related))
    attach_comparison(found, whole)
    return Comparison(
        id=uuid.uuid4().hex,
        left=_side(left, sides[0], holdouts[0]),
        right=_side(right, sides[1], holdouts[1]),
        target=target,
        words=_words(columns, apart, sides),
        columns=columns,
        schema_=schema_difference(left, right, without),
        overlap=common,
        separability=apart,
        findings=found,
        notes=[
            *_notes(left, right, common, time_column, sides, related),
            *_clock_note(clock if time_column is not None else []),
        ],
        created_at=now_ms(),
        timing=Timing(seconds=time.perf_counter() - started[0], cpu_seconds=time.process_time() - started[1]),
    )


def schema_difference(left: Look, right: Look, without: Sequence[str] = ()) -> SchemaDifference:
    """Return the columns that only one side has, and those of another type."""
    types = [{name: item.profile.data_type for name, item in side.columns.items()} for side in (left, right)]
    return SchemaDifference(
        added=[name for name in types[1] if name not in types[0] and name not in without],
        removed=[name for name in types[0] if name not in types[1] and name not in without],
        retyped=[(n, t, types[1][n]) for n, t in types[0].items() if n in types[1] and types[1][n] != t],
    )


# -- parts -------------------------------------------------------------------------------------------------------------


def _columns(
    left: Look,
    right: Look,
    shared: Sequence[str],
    sides: tuple[str, str],
    hidden: set[str],
    target: str | None,
    time_column: str | None,
) -> list[ColumnDifference]:
    measured = [
        measure(
            name,
            left,
            right,
            sides,
            masked=name in hidden,
            target=name == target,
            times=(read_times(left, name), read_times(right, name)) if name == time_column else None,
        )
        for name in shared
    ]
    adjusted = benjamini_hochberg([item.pvalue for item in measured])
    judged = [judge(item, p, sides) for item, p in zip(measured, adjusted, strict=True)]
    order = ("differs", "same", "unknown")
    return sorted(judged, key=lambda item: (order.index(item.verdict), -_size(item)))


def _mark_clock(columns: list[ColumnDifference], clock: Sequence[str], when: str | None) -> None:
    """Say of columns that differ because the sides are of different times that they do."""
    for item in columns:
        item.follows_time = item.column in clock
        if item.follows_time and item.verdict == "differs" and item.column != when:
            item.words = f"{item.words} It follows {when}.".strip()


def _clock_note(clock: Sequence[str]) -> list[str]:
    if not clock:
        return []
    verb = "says" if len(clock) == 1 else "say"
    return [f"The classifier does not see {', '.join(clock)}, which only {verb} when a row happened."]


def _size(item: ColumnDifference) -> float:
    """How much a column differs, 0 to 1, over all kinds."""
    return max(item.js or 0.0, abs(item.delta_null or 0.0))


def _side(look: Look, name: str, holdout: HoldoutNote | None) -> Side:
    return Side(name=name, source=look.source, rows=look.rows, sample_rows=look.size, holdout=holdout)


def _names(left: Look, right: Look) -> tuple[str, str]:
    if _same_table(left, right):
        return f"version {left.source.version}", f"version {right.source.version}"
    if left.source.kind != "frame" and right.source.kind != "frame" and left.source.name != right.source.name:
        return left.source.name, right.source.name
    return "left", "right"


def _same_table(left: Look, right: Look) -> bool:
    """Two versions of one table: that they share rows is what versions do."""
    first, second = left.source, right.source
    return first.kind == second.kind == "table" and first.name == second.name and first.version != second.version


def _few(look: Look) -> str:
    names = list(look.columns)
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "") if names else "none"


def _personal(left: Look, right: Look) -> list[str]:
    from ..findings.personal import recognise

    return [*recognise(left), *recognise(right)]


def _notes(
    left: Look, right: Look, common: Overlap, time_column: str | None, sides: tuple[str, str], related: bool
) -> list[str]:
    notes = []
    if related and common.rows:
        notes.append(f"{common.rows:,} rows are on both sides: both are rows of one table, so that is no leak.")
    if not (left.complete and right.complete):
        notes.append(
            f"Compared on samples of {left.size:,} and {right.size:,} rows; identical rows are estimated for all rows, shared groups are those seen."
        )
    if time_column is not None:
        if common.time_start is None:
            notes.append(f"{sides[0]} and {sides[1]} do not overlap in {time_column}.")
        else:
            notes.append(
                f"{sides[0]} and {sides[1]} overlap in {time_column} from {common.time_start} to {common.time_end}."
            )
    return notes


def _words(columns: list[ColumnDifference], apart: Separability | None, sides: tuple[str, str]) -> str:
    """The whole in one sentence."""
    differing = [item.column for item in columns if item.verdict == "differs"]
    unknown = sum(item.verdict == "unknown" for item in columns)
    known = len(columns) - unknown
    if not known:
        return f"Nothing can be said of {sides[0]} and {sides[1]}: no column has enough values to compare."
    if differing:
        # What only says when a row happened is named last.
        differing.sort(key=lambda name: next(item.follows_time for item in columns if item.column == name))
        named = ", ".join(differing[:3]) + (" …" if len(differing) > 3 else "")
        verb = "differs" if len(differing) == 1 else "differ"
        text = f"{len(differing)} of {known} columns {verb} between {sides[0]} and {sides[1]} ({named})"
    else:
        text = f"No column differs between {sides[0]} and {sides[1]}"
    if apart is None:
        return text + "."
    if apart.lower > TOLD_APART:
        return f"{text}; a classifier tells them apart (AUC {apart.auc:.2f})."
    if apart.lower > 0.5 + NEARLY_ALIKE:
        well = "fairly well" if apart.lower > FAIRLY else "a little"
        return f"{text}; a classifier tells them apart {well} (AUC {apart.auc:.2f})."
    return f"{text}; a classifier cannot tell them apart (AUC {apart.auc:.2f})."


def _findings(
    sides: tuple[str, str],
    columns: list[ColumnDifference],
    common: Overlap,
    repeated: float,
    apart: Separability | None,
    target: str | None,
    group: str | None,
    related: bool,
) -> list[Finding]:
    found: list[Finding] = []
    if not related and common.rows and (common.share or 0.0) > SHARED_ROWS + 1.5 * repeated:
        text = f"{common.rows:,} rows of {sides[1]} ({common.share:.1%}) are in {sides[0]} too."
        hint = f"A model that has seen them is not tested by them: leave them out of {sides[1]}."
        found.append(
            finding(
                "LEAK_OVERLAP", "WARNING", None, text, hint, rows=common.rows, share=common.share, by_chance=repeated
            )
        )
    if not related and group is not None and common.groups:
        text = (
            f"{common.groups:,} of the {common.groups_total:,} values of {group} in {sides[1]} are in {sides[0]} too."
        )
        hint = f"A model may know them again instead of the pattern: split by whole {group}."
        found.append(
            finding("LEAK_GROUP", "WARNING", group, text, hint, groups=common.groups, total=common.groups_total)
        )
    if apart is not None and apart.lower > TOLD_APART:
        by = f", by {' and '.join(name for name, _ in apart.top[:2])}" if apart.top else ""
        text = f"A classifier tells {sides[0]} from {sides[1]} (AUC {apart.auc:.3f}){by}."
        hint = f"What holds in {sides[0]} may not hold in {sides[1]}: look at these columns first, or weight or leave them out."
        top = apart.top[0][0] if apart.top else None
        found.append(
            finding("LEAK_SPLIT", "WARNING", top, text, hint, auc=apart.auc, top=[name for name, _ in apart.top])
        )
    outcome = next((item for item in columns if item.column == target and item.verdict == "differs"), None)
    if outcome is not None:
        text = f"The target {target} is not the same on both sides. {outcome.words}"
        hint = "Scores on the two sides cannot be compared directly; find out whether the sides were drawn in the same way."
        found.append(
            finding(
                "DRIFT", "WARNING", target, text, hint, psi=outcome.psi, js=outcome.js, p_adjusted=outcome.p_adjusted
            )
        )
    return found
