"""The verdict on leakage: what stops a training, what only asks, what somebody has answered for."""

from __future__ import annotations

from collections.abc import Iterable

from ..records_parts import Finding, Leakage

#: Findings with this beginning are about leakage.
PREFIX = "LEAK_"


def gate(findings: Iterable[Finding], dismissed: Iterable[Finding | str] = ()) -> Leakage:
    """Return the verdict on findings.

    Parameters
    ----------
    findings
        Of a profile or a screen; those of other codes are passed over.
    dismissed
        What was dismissed with a reason: findings, or their ids. A finding also counts when its own ``state`` says so.
    """
    answered = list(dismissed)
    ids = {item for item in answered if isinstance(item, str)} | {f.id for f in answered if isinstance(f, Finding)}
    ids.discard("")
    known = {_key(finding) for finding in answered if isinstance(finding, Finding)}
    leaks = [finding for finding in findings if finding.code.startswith(PREFIX)]
    overridden = [f for f in leaks if f.state == "dismissed" or f.id in ids or _key(f) in known]
    still = [f for f in leaks if not any(f is other for other in overridden)]
    blocked = [finding for finding in still if finding.severity == "BLOCKED"]
    warnings = [finding for finding in still if finding.severity == "WARNING"]
    verdict = Leakage(passed=not blocked, blocked=blocked, warnings=warnings, overridden=overridden)
    verdict.summary = _summary(verdict)
    return verdict


def _key(finding: Finding) -> tuple[str, str | None, str | None]:
    return finding.code, finding.column, finding.other


def _summary(verdict: Leakage) -> str:
    if verdict.blocked:
        text = f"Blocked by {_names(verdict.blocked)}."
    elif verdict.warnings:
        text = f"Nothing blocks; {_names(verdict.warnings)} should be looked at."
    else:
        text = "No leak was found."
    if verdict.overridden:
        text += f" {_names(verdict.overridden)}: dismissed with a reason."
    return text


def _names(findings: list[Finding]) -> str:
    """The columns (or codes) that findings are about, each once."""
    names = list(dict.fromkeys(finding.column or finding.code for finding in findings))
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
