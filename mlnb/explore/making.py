"""How findings are made: one function, so that all have the same form."""

from __future__ import annotations

from .records import Finding, Severity


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
