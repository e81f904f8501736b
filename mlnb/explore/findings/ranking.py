"""The order of findings: what each would do to a model."""

from __future__ import annotations

from typing import Any

from ..records import SEVERITIES, Finding, Profile

#: What a finding of this kind does to a model when nothing more is known, 0 to 1.
_BASE = {
    "LEAK_HOLDOUT": 1.0,
    "LEAK_COPY": 0.99,
    "LEAK_SUM": 0.98,
    "LEAK_FORBIDDEN": 0.97,
    "LEAK_SINGLE": 0.9,
    "LEAK_AFTER": 0.88,
    "LEAK_TEXT": 0.87,
    "LEAK_ORDER": 0.86,
    "LEAK_MISSING": 0.85,
    "LEAK_OVERLAP": 0.8,
    "LEAK_GROUP": 0.78,
    "LEAK_SPLIT": 0.75,
    "TARGET_CONSTANT": 1.0,
    "INFINITE": 0.7,
    "IMBALANCE": 0.65,
    "PERSONAL_DATA": 0.62,
    "MIXED_TYPES": 0.6,
    "TIME_FUTURE": 0.6,
    "NUMERIC_TEXT": 0.55,
    "DATE_TEXT": 0.5,
    "DRIFT": 0.5,
    "DUPLICATE_ROWS": 0.45,
    "ID_LIKE": 0.45,
    "WIDE": 0.45,
    "TIME_DUPLICATES": 0.4,
    "SMALL_DATA": 0.4,
    "HIGH_MISSING": 0.3,
    "HIGH_CARDINALITY": 0.35,
    "DUPLICATE_COLUMN": 0.3,
    "TARGET_MISSING": 0.3,
    "CONSTANT": 0.25,
    "ALL_MISSING": 0.25,
    "CORRELATED": 0.25,
    "OUTLIERS": 0.25,
    "TIME_GAPS": 0.25,
    "MISSING_TOGETHER": 0.2,
    "CODE_AS_FLOAT": 0.2,
    "RARE_LEVELS": 0.2,
    "SKEWED": 0.2,
    "ZERO_INFLATED": 0.2,
    "BOOL_TEXT": 0.15,
    "NEARLY_CONSTANT": 0.15,
}
#: How much a figure of the evidence adds: its name, the value at which it counts fully, and the weight.
_MORE: dict[str, tuple[str, float, float]] = {
    "DUPLICATE_ROWS": ("share", 1.0, 0.4),
    "HIGH_MISSING": ("percent", 100.0, 0.3),
    "TARGET_MISSING": ("percent", 100.0, 0.5),
    "DRIFT": ("psi", 1.0, 0.2),
    "LEAK_OVERLAP": ("share", 1.0, 0.15),
    "RARE_LEVELS": ("share", 0.5, 0.2),
    "TIME_DUPLICATES": ("share", 1.0, 0.3),
    "TIME_FUTURE": ("share", 1.0, 0.3),
    "CORRELATED": ("value", 1.0, 0.05),
    "OUTLIERS": ("share", 0.5, 0.1),
    "ZERO_INFLATED": ("percent", 100.0, 0.1),
}
#: A flaw of a column that predicts the target weighs so much more.
_POWER = 0.25


def rank(findings: list[Finding], profile: Profile | None = None) -> list[Finding]:
    """Return the findings in order, most serious first, each with its score."""
    power = power_of(profile) if profile is not None else {}
    target = profile.target.column if profile is not None and profile.target is not None else None
    for finding in findings:
        if not finding.score:
            finding.score = _score(finding, power, target)
    return sorted(
        findings, key=lambda item: (SEVERITIES.index(item.severity), -item.score, item.code, item.column or "")
    )


def _score(finding: Finding, power: dict[str, float], target: str | None) -> float:
    score = _BASE.get(finding.code, 0.3)
    name, full, weight = _MORE.get(finding.code, ("", 1.0, 0.0))
    value: Any = finding.evidence.get(name)
    if isinstance(value, int | float):
        score += weight * min(1.0, abs(float(value)) / full)
    if not finding.code.startswith("LEAK_"):
        score += _POWER * (
            0.5 if finding.column == target and target is not None else power.get(finding.column or "", 0.0)
        )
    return round(min(1.0, score), 4)


def power_of(profile: Profile) -> dict[str, float]:
    """What each column predicts of the target alone, 0 to 1."""
    found = {}
    for column in profile.columns:
        if column.association is not None:
            value = column.association.value
            found[column.column_name] = max(0.0, 2 * value - 1 if column.association.metric == "auc" else value)
    return found
