"""How findings are made: one function, so that all have the same form."""

from __future__ import annotations

from ..records import Finding, Severity


def finding(
    code: str,
    severity: Severity,
    column: str | None,
    message: str,
    hint: str,
    *,
    other: str | None = None,
    **evidence: object,
) -> Finding:
    """Return a finding; what is given by further names is its evidence."""
    return Finding(
        code=code, severity=severity, column=column, other=other, message=message, hint=hint, evidence=evidence
    )


def in_rows(share: float) -> str:
    """Say in which share of the rows something holds; rounding never makes it all of them."""
    if share >= 1:
        return "in every row"
    # Cut, not rounded: 99.997 % is not 100 %.
    return f"in {int(share * 10_000) / 100:.2f}% of the rows"
