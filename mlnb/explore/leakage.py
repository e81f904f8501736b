"""Signs that a column tells the outcome because it was made from it.

A strong column is not always a leak, so the messages ask a question; a copy of the target is one, and is blocked.
"""

from __future__ import annotations

import numpy as np

from .associations import TargetValues, class_codes
from .leakage_gate import gate
from .records import Finding
from .scan import Scanned

__all__ = ["gate", "leakage_findings"]

#: Out-of-fold AUC or R² of one column alone.
SUSPICIOUS, CERTAIN = 0.95, 0.999
#: Share of rows that must follow a rule for the column to be a copy of the target.
COPY_SHARE = 0.999
#: AUC of "is missing" alone.
MISSING_AUC = 0.9

_HOW = {
    "equal": "{name} equals {aim}",
    "one_to_one": "Each value of {name} stands for one of {aim}",
    "threshold": "One threshold on {name} decides {aim}",
    "monotone": "{name} rises and falls with {aim}",
}
QUESTION = "Is it known before the outcome? If not, leave it out of training."


def leakage_findings(scanned: Scanned, target_column: Scanned, target: TargetValues) -> list[Finding]:
    """Return the leakage findings of one column: ``LEAK_COPY`` or else ``LEAK_SINGLE``, and ``LEAK_MISSING``."""
    association = scanned.profile.association
    if association is None:
        return []
    name, aim = scanned.profile.column_name, target.record.column
    found = []
    copy = _copy(scanned, target_column, target)
    if copy is not None:
        found.append(
            Finding(
                code="LEAK_COPY",
                severity="BLOCKED",
                column=name,
                other=aim,
                message=f"{_HOW[copy[0]].format(name=name, aim=aim)} in {copy[1]:.2%} of the rows: it is the outcome in another form.",
                hint=f"Leave {name} out of training.",
                evidence={"how": copy[0], "share": copy[1]},
            )
        )
    elif association.value > SUSPICIOUS:
        figure = "R²" if association.metric == "r2" else "AUC"
        found.append(
            Finding(
                code="LEAK_SINGLE",
                severity="BLOCKED" if association.value > CERTAIN else "WARNING",
                column=name,
                other=aim,
                message=f"{name} predicts {aim} almost alone ({figure} {association.value:.3f}).",
                hint=QUESTION,
                evidence={association.metric: association.value},
            )
        )
    if association.missing is not None and association.missing > MISSING_AUC:
        found.append(
            Finding(
                code="LEAK_MISSING",
                severity="WARNING",
                column=name,
                other=aim,
                message=f"Whether {name} is missing tells {aim} (AUC {association.missing:.3f}).",
                hint=f"{name} may be filled in only after the outcome. {QUESTION}",
                evidence={"auc": association.missing},
            )
        )
    return found


def _copy(scanned: Scanned, target_column: Scanned, target: TargetValues) -> tuple[str, float] | None:
    """How the column repeats the target (a key of ``_HOW``), and the share of rows."""
    rows = target.rows
    if target.record.task == "regression":
        return _copy_of_number(scanned, target_column, rows)
    share = _one_to_one(scanned, target)
    if share is not None and share > COPY_SHARE:
        return "one_to_one", share
    share = _threshold(scanned, target)
    if share is not None and share > COPY_SHARE:
        return "threshold", share
    return None


def _copy_of_number(scanned: Scanned, target_column: Scanned, rows: np.ndarray) -> tuple[str, float] | None:
    if scanned.values is None or target_column.values is None:
        return None
    left, right = scanned.values[rows], target_column.values[rows]
    valid = np.isfinite(left)
    if valid.sum() < max(20, len(rows) // 2):
        return None
    left, right = left[valid], right[valid]
    equal = float(np.mean(left == right))
    if equal > COPY_SHARE:
        return "equal", equal
    association = scanned.profile.association
    if association is not None and association.raw is not None and association.raw > CERTAIN:
        order = np.argsort(left, kind="stable")
        steps = np.diff(right[order])
        share = max(float(np.mean(steps >= 0)), float(np.mean(steps <= 0)))
        if share > COPY_SHARE:
            return "monotone", share
    return None


def _one_to_one(scanned: Scanned, target: TargetValues) -> float | None:
    """Share of rows on which each value stands for one class and each class for one value, missing ones left out."""
    distinct = scanned.profile.distinct_count or 0
    if target.codes is None or not 2 <= distinct <= 2 * len(target.record.classes) + 2:
        return None
    left, right = class_codes(scanned)[0][target.rows], target.codes
    valid = left >= 0
    if valid.sum() < max(20, len(left) // 2):
        return None
    width = int(right.max()) + 1
    table = np.bincount(left[valid] * width + right[valid], minlength=(int(left.max()) + 1) * width).reshape(-1, width)
    wrong = table.sum() - min(table.max(axis=1).sum(), table.max(axis=0).sum())
    return _share_right(float(wrong), float(table.sum()), float(table.sum(axis=0).max()))


def _share_right(wrong: float, rows: float, constant: float) -> float | None:
    """Share of rows a rule gets right, unless always naming the commonest class does nearly as well."""
    return 1 - wrong / rows if wrong < 0.02 * (rows - constant) else None


def _threshold(scanned: Scanned, target: TargetValues) -> float | None:
    """Best share of rows that one threshold on the number puts on the right side (two classes)."""
    association = scanned.profile.association
    if scanned.values is None or not target.binary or association is None or (association.raw or 0) < 0.99:
        return None
    values = scanned.values[target.rows]
    valid = np.isfinite(values)
    if valid.sum() < max(20, len(values) // 2):
        return None
    order = np.argsort(values[valid], kind="stable")
    ordered, positive = values[valid][order], target.positive[valid][order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    below = np.cumsum(positive)[last]
    total, rows = positive.sum(), last + 1
    right = (rows - below) + (total - below)  # negatives below the threshold, positives above it
    best = max(float(right.max()), float(len(ordered) - right.min()))
    return _share_right(len(ordered) - best, len(ordered), float(max(total, len(ordered) - total)))
