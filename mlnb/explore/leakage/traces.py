"""What missing values give away: a column that is filled in only with, or only without, the outcome was filled in after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..records import Finding
from ..together.measures import pearson, phi
from ..together.missing import missing_rows
from .copies import QUESTION, Case

BoolArray = npt.NDArray[np.bool_]

#: AUC of "is missing" alone, and the share of a numeric target's variance that it explains.
MISSING_AUC, MISSING_R2 = 0.9, 0.8
#: Rows without a value that all share one class count when chance would do that once in e^20 cases.
PURE_SHARE, PURE_ROWS, PURE_PART, PURE_SURPRISE = 0.999, 20, 0.002, 20.0
#: Agreement (phi) of missing in a column with missing in the target.
TOGETHER = 0.8


def missing_finding(case: Case, name: str) -> Finding | None:
    """Return the finding that whether a column is filled in tells the target."""
    scanned = case.look.columns[name]
    missing = missing_rows(scanned)
    if missing is None or not missing.any() or missing.all():
        return None
    association = case.association(name)
    if association is not None and (association.missing or 0) > MISSING_AUC:
        text = f"Whether {name} is missing tells {case.target} (AUC {association.missing:.3f})."
        return _finding(case, name, text, association.missing or 0, auc=association.missing)
    return _with_target(case, name, missing) or _pure(case, name, missing) or _of_number(case, name, missing)


def _finding(case: Case, name: str, text: str, score: float, **evidence: Any) -> Finding:
    return Finding(
        code="LEAK_MISSING",
        severity="WARNING",
        column=name,
        other=case.target,
        score=score,
        message=text,
        hint=f"{name} may be filled in only after the outcome. {QUESTION}",
        evidence=evidence,
    )


def _with_target(case: Case, name: str, missing: BoolArray) -> Finding | None:
    """Missing in the rows in which the target is missing: recorded together with it."""
    without = missing_rows(case.aim)
    if without is None or without.sum() < PURE_ROWS:
        return None
    agreement = phi(missing, without)
    if agreement < TOGETHER:
        return None
    share = float((missing & without).sum() / without.sum())
    text = f"{name} is missing in {share:.0%} of the rows in which {case.target} is: they are recorded together."
    return _finding(case, name, text, 0.7 * agreement, agreement=agreement, share=share)


def _pure(case: Case, name: str, missing: BoolArray) -> Finding | None:
    """Rows without (or only those with) a value that are all of one class."""
    codes, labels = case.values.codes, case.values.labels
    if codes is None or labels is None:
        return None
    inside = missing[case.values.rows]
    base = np.bincount(codes, minlength=len(labels)) / len(codes)
    for part, state in ((inside, "missing"), (~inside, "filled in")):
        rows = int(part.sum())
        if rows < max(PURE_ROWS, PURE_PART * len(codes)):
            continue
        counts = np.bincount(codes[part], minlength=len(labels))
        best = int(counts.argmax())
        surprise = -rows * float(np.log(base[best])) if base[best] < 1 else 0.0
        if counts[best] < PURE_SHARE * rows or surprise < PURE_SURPRISE:
            continue
        text = f"Where {name} is {state}, {case.target} is always {labels[best]} ({rows:,} rows, against {base[best]:.0%} of all)."
        score = 0.5 + 0.4 * rows / len(codes)
        return _finding(case, name, text, score, state=state, label=labels[best], rows=rows, base=float(base[best]))
    return None


def _of_number(case: Case, name: str, missing: BoolArray) -> Finding | None:
    if case.values.numbers is None:
        return None
    explained = pearson(missing[case.values.rows].astype(np.float64), case.values.numbers) ** 2
    if explained <= MISSING_R2:
        return None
    return _finding(
        case, name, f"Whether {name} is missing tells {case.target} (R² {explained:.3f}).", explained, r2=explained
    )
