"""One column against the target: a copy of it in any form, or an input that predicts it almost alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..findings.making import in_rows
from ..records import Association, Finding
from ..target.values import FloatArray, TargetValues, member_codes
from ..together.measures import spearman

if TYPE_CHECKING:
    from ..look import Look
    from ..scanning.column import Scanned

#: Out-of-fold AUC or R² of one column alone.
SUSPICIOUS, CERTAIN = 0.95, 0.999
#: Share of rows that must follow a rule for the column to be a copy of the target.
COPY_SHARE = 0.999
#: A rule must also get nearly all rows right that are not of the commonest class, or it says nothing about a rare outcome.
MISSED_SHARE = 0.02
#: Rows a rule must hold on: this many, and this share of all.
RULE_ROWS, RULE_SHARE = 20, 0.1
#: Rows per class below which every column with many values seems to stand for the classes.
CLASS_ROWS = 5
#: Rank correlation from which strong inputs are told as one, and the rows it rests on.
FAMILY, FAMILY_ROWS = 0.9, 5_000
#: An input stands out that does this well and is this far ahead of the next one.
OUTSTANDING, AHEAD = 0.85, 0.15

HOW = {
    "equal": "{name} equals {aim}",
    "one_to_one": "Each value of {name} stands for one of {aim}",
    "indicator": "{name} tells exactly which rows have {aim} = {label}",
    "threshold": "One threshold on {name} decides {aim}",
    "monotone": "{name} rises and falls with {aim}",
}
QUESTION = "Is it known before the outcome? If not, leave it out of training."


@dataclass
class Case:
    """What the rules look at: the sample, and the target on at most as many rows as a screen needs."""

    look: Look
    target: str
    values: TargetValues
    time_column: str | None = None
    group: str | None = None

    @cached_property
    def inputs(self) -> list[str]:
        """Every column but the target."""
        return [name for name in self.look.columns if name != self.target]

    @cached_property
    def texts(self) -> set[str]:
        """Columns that may hold words: prose, and categories that are long or many."""
        return {name for name in self.inputs if _is_text(self.look.columns[name])}

    @property
    def aim(self) -> Scanned:
        """The target's column."""
        return self.look.columns[self.target]

    def association(self, name: str) -> Association | None:
        """What the column predicts alone."""
        return self.look.columns[name].profile.association


def _is_text(scanned: Scanned) -> bool:
    profile = scanned.profile
    if scanned.codes is None or profile.kind not in ("text", "categorical"):
        return False
    distinct = profile.distinct_count or 0
    return profile.kind == "text" or distinct > 50 or (distinct > 20 and (profile.avg_length or 0) > 20)


def strength(association: Association) -> float:
    """The better of the bins and of the value itself: bins blur a copy, ranks a curve that turns."""
    return max(association.value, association.raw or 0.0)


def figure(association: Association) -> str:
    """Name of the figure."""
    return "R²" if association.metric == "r2" else "AUC"


def enough(valid: npt.NDArray[np.bool_]) -> bool:
    """Whether a rule can be judged on so few rows that have a value."""
    return int(valid.sum()) >= max(RULE_ROWS, RULE_SHARE * len(valid))


def share_right(wrong: float, rows: float, constant: float) -> float | None:
    """Share of rows that a rule gets right, unless always naming the commonest class does nearly as well."""
    return 1 - wrong / rows if wrong < MISSED_SHARE * (rows - constant) else None


# -- copies ------------------------------------------------------------------------------------------------------------


def copy_finding(case: Case, name: str) -> Finding | None:
    """Return the finding that a column is the target in another form."""
    found = _copy_of_number(case, name) if case.values.numbers is not None else _copy_of_class(case, name)
    if found is None:
        return None
    how, share, label = found
    text = HOW[how].format(name=name, aim=case.target, label=label)
    return Finding(
        code="LEAK_COPY",
        severity="BLOCKED",
        column=name,
        other=case.target,
        score=1.0,
        message=f"{text} {in_rows(share)}: it is the outcome in another form.",
        hint=f"Leave {name} out of training.",
        evidence={"how": how, "share": share} | ({"label": label} if label is not None else {}),
    )


def _copy_of_class(case: Case, name: str) -> tuple[str, float, str | None] | None:
    scanned, values = case.look.columns[name], case.values
    distinct = scanned.profile.distinct_count or 0
    if 2 <= distinct <= 2 * len(values.record.classes) + 2:
        share = _one_to_one(scanned, values)
        if share is not None and share > COPY_SHARE:
            return "one_to_one", share, None
    if distinct == 2 and not values.binary:
        indicator = _indicator(scanned, values)
        if indicator is not None and indicator[0] > COPY_SHARE:
            return "indicator", *indicator
    association = scanned.profile.association
    if values.binary and scanned.values is not None and association is not None and (association.raw or 0) > 0.99:
        cut = threshold(scanned.values[values.rows], values.positive)
        if cut is not None and cut.share > COPY_SHARE:
            return "threshold", cut.share, None
    return None


def _counts(scanned: Scanned, values: TargetValues) -> FloatArray | None:
    """Rows per value of the column and class of the target, where both are known."""
    left, right = member_codes(scanned)[values.rows], values.codes
    valid = left >= 0
    if right is None or not enough(valid):
        return None
    height, width = int(left.max()) + 1, int(right.max()) + 1
    table = np.bincount(left[valid] * width + right[valid], minlength=height * width)
    return table.reshape(height, width).astype(np.float64)


def _one_to_one(scanned: Scanned, values: TargetValues) -> float | None:
    """Share of rows on which each value stands for one class and each class for one value, missing ones left out."""
    table = _counts(scanned, values)
    if table is None or table.sum() < CLASS_ROWS * (table.sum(axis=0) > 0).sum():
        return None
    wrong = table.sum() - min(table.max(axis=1).sum(), table.max(axis=0).sum())
    return share_right(float(wrong), float(table.sum()), float(table.sum(axis=0).max()))


def _indicator(scanned: Scanned, values: TargetValues) -> tuple[float, str] | None:
    """Of two values, which class (of more than two) one of them stands for, and the share of rows on which it does."""
    table = _counts(scanned, values)
    if table is None or values.labels is None:
        return None
    used = table[table.sum(axis=1) > 0]
    if len(used) != 2:
        return None
    of_class, rows = used.sum(axis=0), float(used.sum())
    wrong = np.minimum(*((of_class - level) + (level.sum() - level) for level in used))
    smaller = np.minimum(of_class, rows - of_class)
    fits = np.flatnonzero((of_class >= RULE_ROWS) & (wrong < MISSED_SHARE * smaller))
    if len(fits) == 0:
        return None
    best = int(fits[np.argmin(wrong[fits])])
    return 1 - float(wrong[best]) / rows, values.labels[best]


@dataclass
class Cut:
    """A threshold on a number: above it the outcome is (or with ``rising`` False is not) the positive class."""

    share: float
    value: float
    rising: bool


def threshold(values: FloatArray, positive: npt.NDArray[np.bool_]) -> Cut | None:
    """The threshold that puts most rows on the right side; None when naming the commonest class does nearly as well."""
    valid = np.isfinite(values)
    if not enough(valid):
        return None
    order = np.argsort(values[valid])
    ordered, event = values[valid][order], positive[valid][order].astype(np.int64)
    last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    below, rows, total = np.cumsum(event)[last], last + 1, int(event.sum())
    right = (rows - below) + (total - below)  # negatives up to the threshold, positives above it
    best, worst = int(right.argmax()), int(right.argmin())
    rising = int(right[best]) >= len(ordered) - int(right[worst])
    place = best if rising else worst
    correct = int(right[best]) if rising else len(ordered) - int(right[worst])
    share = share_right(len(ordered) - correct, len(ordered), max(total, len(ordered) - total))
    if share is None:
        return None
    upper = ordered[min(last[place] + 1, len(ordered) - 1)]
    return Cut(share, float(ordered[last[place]] + upper) / 2, rising)


def _copy_of_number(case: Case, name: str) -> tuple[str, float, str | None] | None:
    scanned, numbers = case.look.columns[name], case.values.numbers
    if scanned.values is None or numbers is None:
        return None
    left = scanned.values[case.values.rows]
    valid = np.isfinite(left)
    if not enough(valid):
        return None
    left, right = left[valid], numbers[valid]
    equal = float(np.mean(left == right))
    if equal > COPY_SHARE and share_right(float((left != right).sum()), len(right), _commonest(right)) is not None:
        return "equal", equal, None
    association = scanned.profile.association
    if association is not None and (association.raw or 0) > CERTAIN:
        share = max(_rising(left, right), _rising(left, -right))
        if share > COPY_SHARE:
            return "monotone", share, None
    return None


def _commonest(values: FloatArray) -> float:
    return float(np.unique(values, return_counts=True)[1].max())


def _rising(left: FloatArray, right: FloatArray) -> float:
    """Share of steps along ``left`` on which ``right`` does not fall; rows of one ``left`` may be in any order."""
    order = np.lexsort((right, left))
    return float(np.mean(np.diff(right[order]) >= 0)) if len(order) > 1 else 0.0


# -- strong inputs -----------------------------------------------------------------------------------------------------


def single_finding(case: Case, name: str) -> Finding | None:
    """Return the finding that a column predicts the target almost alone; it asks, unless nothing is left to predict."""
    association = case.association(name)
    if association is None or strength(association) <= SUSPICIOUS:
        return None
    value = strength(association)
    certain = value > CERTAIN
    text = (
        f"{name} predicts {case.target} {'alone' if certain else 'almost alone'} ({figure(association)} {value:.3f})."
    )
    return Finding(
        code="LEAK_SINGLE",
        severity="BLOCKED" if certain else "WARNING",
        column=name,
        other=case.target,
        score=value,
        message=text,
        hint=QUESTION,
        evidence={association.metric: association.value} | ({"raw": association.raw} if association.raw else {}),
    )


def families(case: Case, found: list[Finding]) -> None:
    """Of strong inputs that go together closely one asks the question; the others are told as hints, in place."""
    asking = [f for f in found if f.code == "LEAK_SINGLE" and f.severity == "WARNING" and f.column is not None]
    asking.sort(key=lambda finding: -finding.score)
    first: list[tuple[str, FloatArray]] = []
    for finding in asking:
        name = finding.column or ""
        values = case.look.columns[name].values
        if values is None:
            continue
        values = values[case.values.rows[:FAMILY_ROWS]]
        near = next((other for other, known in first if _together(values, known) >= FAMILY), None)
        if near is None:
            first.append((name, values))
            continue
        finding.severity = "INFO"
        finding.message = f"{finding.message[:-1]}, as does {near}, with which it goes together."
        finding.evidence["with"] = near


def _together(left: FloatArray, right: FloatArray) -> float:
    both = np.isfinite(left) & np.isfinite(right)
    return abs(spearman(left[both], right[both])) if both.sum() >= RULE_ROWS else 0.0


def standing_out(case: Case, told: set[str | None]) -> list[Finding]:
    """Return the finding that one input does far better than all others that are not suspected of anything."""
    ranked = sorted(
        ((found.value, name) for name in case.inputs if name not in told and (found := case.association(name))),
        reverse=True,
    )
    if len(ranked) < 3 or ranked[0][0] <= OUTSTANDING or ranked[0][0] - ranked[1][0] < AHEAD:
        return []
    value, name = ranked[0]
    association = case.association(name)
    metric = figure(association) if association is not None else ""
    return [
        Finding(
            code="LEAK_SINGLE",
            severity="INFO",
            column=name,
            other=case.target,
            score=value,
            message=f"{name} predicts {case.target} far better than anything else ({metric} {value:.3f}, next {ranked[1][1]} {ranked[1][0]:.3f}).",
            hint=QUESTION,
            evidence={"value": value, "next": ranked[1][0], "next_column": ranked[1][1]},
        )
    ]
