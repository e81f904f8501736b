"""Signs that a column tells the outcome because it was made from it or comes after it.

A strong column is not always a leak, so most messages ask a question; a copy of the outcome is one, and is blocked. Everything is a
pure function of a look and rests on at most 50,000 of its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..records import SEVERITIES, Finding
from ..target.associations import associate_all
from ..target.availability import actual_columns, later_columns
from .copies import Case, copy_finding, families, single_finding, standing_out
from .gate import gate
from .order import order_findings
from .sums import sum_findings
from .text import text_finding
from .traces import missing_finding

if TYPE_CHECKING:
    from ..look import Look
    from ..target.values import TargetValues

__all__ = ["ROWS", "gate", "screen"]

#: Rows that the rules look at.
ROWS = 50_000
#: What a column named like something that happened must predict alone to be asked about.
TELLING = {"auc": 0.6, "r2": 0.05}
QUESTION = "Was it known at that time? If not, leave it out of training."


# Figures of the greatest numbers overflow and are absent then: no warning of it reaches a cell.
@np.errstate(all="ignore")
def screen(
    look: Look,
    target: str | None,
    *,
    time_column: str | None = None,
    group: str | None = None,
    forbidden: Sequence[tuple[str, str]] = (),
    holdout_rows: int = 0,
    values: TargetValues | None = None,
) -> list[Finding]:
    """Return every sign of leakage, most serious first.

    Parameters
    ----------
    target
        The column to predict; without it only forbidden columns and held-out rows are told.
    time_column, group
        When a row is known, and rows that belong together: what alone predicts is then tested forward in time or by whole groups.
    forbidden
        Columns that the scope card forbids, with the reason.
    holdout_rows
        Held-out rows inside data that is given for training.
    values
        The target as `associate_all` returned it for this look; left out, the associations are computed here.
    """
    found = _forbidden(look, forbidden)
    if holdout_rows > 0:
        found.append(_holdout(holdout_rows))
    if target is not None:
        if values is None:
            values = associate_all(look, target, time_column, group, forbidden)
        late = _late(look, target, time_column)
        found += (
            late if values is None else _about_target(Case(look, target, values.first(ROWS), time_column, group), late)
        )
    return sorted(found, key=lambda finding: (SEVERITIES.index(finding.severity), -finding.score))


def _about_target(case: Case, late: list[Finding]) -> list[Finding]:
    """What the columns tell of the target: each by itself, then in pairs, then the order of the rows."""
    found: list[Finding] = []
    plain: list[str] = []  # neither a copy nor close to one: what pairs may be made of
    for name in case.inputs:
        leak = copy_finding(case, name) or single_finding(case, name)
        if leak is not None:
            found.append(leak)
        if leak is None or leak.severity != "BLOCKED":
            plain.append(name)
            found += [finding for finding in (missing_finding(case, name), text_finding(case, name)) if finding]
    found = _once_each(found + [finding for finding in late if _predicts(case, finding)])
    ordered, better = order_findings(case)
    # An id that predicts is told as an order of the rows, and not a second time as a strong input.
    found = [f for f in found if not (f.code == "LEAK_SINGLE" and f.severity != "BLOCKED" and f.column in better)]
    families(case, found)
    found += ordered
    found += sum_findings(case, plain)
    return found + standing_out(case, {finding.column for finding in found})


def _predicts(case: Case, finding: Finding) -> bool:
    """Whether a suspicion that rests on names is worth a warning: the column must tell something of the target."""
    if "planned" not in finding.evidence or finding.column is None:
        return True
    association = case.association(finding.column)
    return association is not None and association.value > TELLING[association.metric]


def _once_each(found: list[Finding]) -> list[Finding]:
    """One column, one finding where two say the same: a copy is not also late, a late column's missing values are told with it."""
    by_code = {(finding.column, finding.code): finding for finding in found}
    kept = []
    for finding in found:
        sure = any(
            (other := by_code.get((finding.column, code))) is not None and other.severity == "BLOCKED"
            for code in ("LEAK_COPY", "LEAK_SINGLE")
        )
        if sure and finding.severity != "BLOCKED":
            continue
        if finding.code == "LEAK_TEXT" and (finding.column, "LEAK_SINGLE") in by_code:
            continue
        late = by_code.get((finding.column, "LEAK_AFTER"))
        if finding.code == "LEAK_MISSING" and late is not None:
            late.message += f" {finding.message}"
            late.evidence["missing"] = finding.evidence
            late.score = max(late.score, finding.score)
            continue
        kept.append(finding)
    return kept


def _forbidden(look: Look, forbidden: Sequence[tuple[str, str]]) -> list[Finding]:
    found = []
    folded = {name.casefold(): name for name in look.columns}
    for name, reason in forbidden:
        actual = name if name in look.columns else folded.get(name.casefold())
        if actual is None:
            continue
        found.append(
            Finding(
                code="LEAK_FORBIDDEN",
                severity="BLOCKED",
                column=actual,
                score=1.0,
                message=f"{actual} must not be used: {reason or 'the scope card forbids it'}.",
                hint=f"Leave {actual} out of training.",
                evidence={"reason": reason},
            )
        )
    return found


def _holdout(rows: int) -> Finding:
    return Finding(
        code="LEAK_HOLDOUT",
        severity="BLOCKED",
        score=1.0,
        message=f"{rows:,} held-out {'row is' if rows == 1 else 'rows are'} inside this data.",
        hint="Train on the rows that are not held out: read the table through the catalog, which leaves them out by itself.",
        evidence={"rows": rows},
    )


def _late(look: Look, target: str, time_column: str | None) -> list[Finding]:
    """Columns that are filled in after the time of their row."""
    found = []
    for name, later in later_columns(look, time_column, target).items():
        found.append(
            Finding(
                code="LEAK_AFTER",
                severity="WARNING",
                column=name,
                other=time_column,
                score=0.9 * later.share,
                message=f"{name} is later than {time_column} in {later.share:.0%} of the rows, typically by {_span(later.median_seconds)}.",
                hint=QUESTION,
                evidence={"share": later.share, "median_seconds": later.median_seconds, "rows": later.rows},
            )
        )
    for name, (planned, relation) in actual_columns(look, target).items():
        if any(finding.column == name for finding in found):
            continue
        found.append(
            Finding(
                code="LEAK_AFTER",
                severity="WARNING",
                column=name,
                other=planned,
                score=0.6,
                message=f"{name} {relation}: it is known only once that has happened.",
                hint="Is it known before the outcome is predicted? If not, leave it out of training.",
                evidence={"planned": planned},
            )
        )
    return found


def _span(seconds: float) -> str:
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if abs(seconds) >= size:
            count = seconds / size
            return f"{count:.3g} {name}{'' if count == 1 else 's'}"
    return f"{seconds:.3g} seconds"
