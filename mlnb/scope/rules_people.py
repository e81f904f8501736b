"""The rules about people: groups treated alike, decisions that can be explained."""

from __future__ import annotations

from .card import ScopeCard
from .gates import Facts, GateResult, GroupFact
from .rules import MIN_SLICE_ROWS, change, number

#: Where explanations are logged in a run.
EXPLANATIONS = "explanations/"


def fairness(card: ScopeCard, facts: Facts) -> list[GateResult]:
    """``fairness:<m>``: no protected group is further from everybody else than ``max_gap``."""
    if card.fairness is None:
        return []
    return [_gap(name, limit, card.fairness.protected, facts) for name, limit in card.fairness.max_gap.items()]


def _gap(name: str, limit: float, protected: list[str], facts: Facts) -> GateResult:
    verdict = GateResult(
        gate=f"fairness:{name}", status="unknown", required=f"gap ≤ {limit:g}", evidence=facts.evidence, message=""
    )
    words = name.replace("_", " ")
    known = [item for item in facts.fairness or [] if item.metric == name and item.group_key in protected]
    missing = [key for key in protected if key not in {item.group_key for item in known}]
    if missing:
        return change(
            verdict,
            message=f"{words} was not measured by {', '.join(missing)}.",
            hint="Evaluate with the card: ws.evaluation.evaluate(…, scope='NAME').",
        )
    large = [item for item in known if item.n >= MIN_SLICE_ROWS and item.rest >= MIN_SLICE_ROWS]
    if not large:
        return change(
            verdict,
            message=f"{words}: every group has less than {MIN_SLICE_ROWS} rows.",
            hint="Evaluate on more rows.",
        )
    over = [item for item in large if abs(item.difference) > limit]
    sure = [item for item in over if not _crosses(item, limit)]
    # A wide gap that few rows leave open does not hide a narrower one that is beyond doubt.
    worst = max(sure or large, key=lambda item: abs(item.difference))
    gap, rest = abs(worst.difference), worst.value - worst.difference
    who = _who(worst)
    verdict = change(verdict, status="pass", observed=number(gap))
    text = f"{words}: {who} has {worst.value:.3g}, everybody else {rest:.3g}."
    if not over:
        return change(verdict, message=text)
    if not sure:
        return change(verdict, message=f"{text} The interval of the gap crosses the limit.")
    hint = f"Look at the errors of {who}: more data, other features, or a threshold per group."
    return change(verdict, status="fail", message=text, hint=hint)


def _who(item: GroupFact) -> str:
    # Of a condition the group is who fulfils it.
    group = (
        item.group_key
        if item.group_value == "yes" and " " in item.group_key
        else f"{item.group_key} {item.group_value}"
    )
    return group + (f", class {item.positive}" if item.positive else "")


def _crosses(item: GroupFact, limit: float) -> bool:
    """Return whether the interval of a gap leaves open on which side of the limit it is."""
    return item.lower is not None and item.upper is not None and item.lower <= limit <= item.upper


def explainability(card: ScopeCard, facts: Facts) -> list[GateResult]:
    """``explainability``: the run holds explanations of the model, or of its single predictions."""
    wanted = card.explainability
    if wanted == "none":
        return []
    verdict = GateResult(gate="explainability", status="unknown", required=wanted.replace("_", " "), message="")
    prefix = f"{EXPLANATIONS}{wanted}"
    found = [path for path in facts.artifacts or [] if path.startswith(prefix)]
    if wanted == "global":
        found += [path for path in facts.artifacts or [] if path.startswith(EXPLANATIONS) and path not in found]
    if found:
        return [change(verdict, status="pass", observed=found[0], message=f"Explained in {found[0]}.")]
    return [
        change(
            verdict,
            message=f"The run holds no {wanted.replace('_', ' ')} explanation.",
            hint=f"Log one below {prefix}: mlflow.log_artifact(path, '{prefix}').",
        )
    ]
