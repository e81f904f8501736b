"""The rules behind the gates: one pure function per kind of gate.

Each returns its verdicts, an empty list when the card does not ask. See ``gates.judge`` for how they are put together.
"""

from __future__ import annotations

import math

from .card import MetricGoal, ScopeCard
from .gates import BaselineFact, Facts, GateResult
from .thresholds import MetricLimits, failures

#: Slices with fewer rows are shown, never judged: their value is mostly noise.
MIN_SLICE_ROWS = 30


def metric(goal: MetricGoal, facts: Facts) -> GateResult:
    """``metric:<m>``: the value on the evaluation's data is within ``min`` and ``max``."""
    if goal.kind == "business":
        return _business(goal, facts)
    required = _limit(goal.min, goal.max)
    value = (facts.metrics or {}).get(goal.name)
    verdict = GateResult(
        gate=f"metric:{goal.name}", status="pass", required=required, evidence=facts.evidence, message=""
    )
    if value is None:
        known = ", ".join(sorted(facts.metrics)) if facts.metrics else "none"
        return change(
            verdict,
            status="unknown",
            required=required or "measured",
            message=f"{goal.name} was not measured (metrics of the evaluation: {known}).",
            hint=f"Evaluate the model on held-out data: ws.evaluation.evaluate(…) has to report {goal.name}.",
        )
    if not _within(value, goal.min, goal.max):
        return change(
            verdict,
            status="fail",
            observed=number(value),
            required=required or "a number",
            message=f"{goal.name} is {value:.4g}, required {required or 'a number'}.",
            hint=f"Improve the model, or agree on another limit for {goal.name} in the scope card.",
        )
    if goal.min_absolute_change is not None or goal.min_relative_change is not None:
        verdict = _changed(verdict, goal, value, facts)
        if verdict.blocks:
            return verdict
    message = f"{goal.name} is {value:.4g}" + (f", required {required}." if required else ".") + verdict.message
    interval = facts.intervals.get(goal.name)
    if interval and not all(_within(end, goal.min, goal.max) for end in interval):
        message += f" Its interval {interval[0]:.4g} to {interval[1]:.4g} crosses the limit."
    return change(verdict, observed=number(value), message=message)


def _changed(verdict: GateResult, goal: MetricGoal, value: float, facts: Facts) -> GateResult:
    """Judge the change from the baseline that a goal asks for, as MLflow's ``MetricThreshold`` does."""
    limits = MetricLimits(
        min_absolute_change=goal.min_absolute_change,
        min_relative_change=goal.min_relative_change,
        greater_is_better=not (goal.max is not None and goal.min is None),
    )
    known = facts.baseline
    required = " and ".join(filter(None, (_limit(goal.min, goal.max), str(limits))))
    verdict = change(verdict, required=required)
    if known is not None and not known.exists:
        return change(verdict, message=" There is no baseline yet to be better than.")
    before = known.metrics.get(goal.name) if known is not None else None
    value = known.own.get(goal.name, value) if known is not None else value
    why = failures(goal.name, limits, value, before)
    if before is None:
        return change(
            verdict,
            status="unknown",
            message=f"{goal.name} of the baseline on the same rows is not known.",
            hint="ws.evaluation.compare(model, champion, data, targets=…) measures both.",
        )
    if why:
        hint = "Improve the model, or agree on another change in the scope card."
        return change(verdict, status="fail", observed=number(value), message=" ".join(why), hint=hint)
    beside = f" beside {value:.4g}" if known is not None and known.own else ""
    return change(verdict, message=f" The baseline has {before:.4g}{beside}.")


def _business(goal: MetricGoal, facts: Facts) -> GateResult:
    """``metric:<m>`` of a business metric: the card's own query gives the number."""
    required = _limit(goal.min, goal.max)
    value = facts.business.get(goal.name)
    verdict = GateResult(
        gate=f"metric:{goal.name}",
        status="unknown",
        required=required or "a number",
        evidence="the card's SQL",
        message="",
    )
    if not isinstance(value, float):
        return change(
            verdict,
            message=f"{goal.name} could not be computed: {value or 'its query was not run'}",
            hint=f"Correct the sql of {goal.name}; its first column of its first row is the number.",
        )
    inside = _within(value, goal.min, goal.max)
    return change(
        verdict,
        status="pass" if inside else "fail",
        observed=number(value),
        message=f"{goal.name} is {value:,.6g}" + (f", required {required}." if required else "."),
        hint=None if inside else f"Improve the model, or agree on another limit for {goal.name} in the scope card.",
    )


def slices(card: ScopeCard, facts: Facts) -> list[GateResult]:
    """``slices``: the worst slice with enough rows is within ``slice_min`` and ``slice_max``; one line for all metrics."""
    verdicts = [_worst_slice(goal, column, facts) for goal in card.metrics for column in goal.by]
    if not verdicts:
        return []
    rank = {"fail": 0, "unknown": 1}
    worst = min(verdicts, key=lambda verdict: rank.get(verdict.status, 2))
    said = [verdict for verdict in verdicts if verdict.blocks] or verdicts
    return [change(worst, message=" ".join(verdict.message for verdict in said))]


def _worst_slice(goal: MetricGoal, column: str, facts: Facts) -> GateResult:
    required = _limit(goal.slice_min, goal.slice_max)
    verdict = GateResult(gate="slices", status="pass", required=required, evidence=facts.evidence, message="")
    rows = [item for item in facts.slices if item.metric == goal.name and item.slice_key == column]
    large = [item for item in rows if item.n >= MIN_SLICE_ROWS]
    if not large:
        why = f"all {len(rows)} slices are below {MIN_SLICE_ROWS} rows" if rows else "not measured"
        return change(
            verdict,
            status="unknown",
            message=f"{goal.name} by {column}: {why}.",
            hint=f"Evaluate with slices=[{column!r}] on enough rows: ws.evaluation.evaluate(…, slices=[{column!r}]).",
        )
    worst = min(large, key=lambda item: _margin(item.value, goal))
    small = len(rows) - len(large)
    message = f"{goal.name} by {column}: the worst of {len(large)} is {worst.slice_value} with {worst.value:.4g} ({worst.n:,} rows)"
    message += f", required {required}." + (f" {small} below {MIN_SLICE_ROWS} rows not judged." if small else "")
    verdict = change(verdict, observed=number(worst.value), message=message)
    if _within(worst.value, goal.slice_min, goal.slice_max):
        ends = [end for end in (worst.lower, worst.upper) if end is not None]
        if all(_within(end, goal.slice_min, goal.slice_max) for end in ends):
            return verdict
        return change(verdict, message=f"{message} Its interval {ends[0]:.4g} to {ends[-1]:.4g} crosses the limit.")
    hint = f"Look at {column} = {worst.slice_value}: it needs more data or other features, or the card another slice limit."
    return change(verdict, status="fail", hint=hint)


def _margin(value: float, goal: MetricGoal) -> float:
    """Return how far the value is inside its slice limits: the smallest is the worst slice, NaN before all."""
    if math.isnan(value):
        return -math.inf
    low = value - goal.slice_min if goal.slice_min is not None else math.inf
    high = goal.slice_max - value if goal.slice_max is not None else math.inf
    return min(low, high)


def baseline(card: ScopeCard, facts: Facts) -> list[GateResult]:
    """``beats:@alias``: better (or not worse) than the alias's version on the primary metric over the same data."""
    if card.baseline is None:
        return []
    name, rule, strict = card.primary.name, card.baseline.rule, card.baseline.require == "better"
    verdict = GateResult(
        gate=f"beats:{rule}",
        status="pass",
        required=f"better than {rule}" if strict else f"not worse than {rule}",
        evidence=facts.evidence,
        message=f"There is no {rule} yet, so there is nothing to beat.",
    )
    known, value = facts.baseline, (facts.metrics or {}).get(name)
    if known is not None and not known.exists:
        return [verdict]
    if known is None or known.value is None or value is None or not known.same_data:
        return [
            change(
                verdict,
                status="unknown",
                message=f"{name} of this model and of {rule} on the same data is not known.",
                hint=f"Evaluate both on the same version of the same table: this model and {rule}.",
            )
        ]
    less_is_better = card.primary.max is not None and card.primary.min is None
    gain = known.value - value if less_is_better else value - known.value
    sign = ("<" if less_is_better else ">") if strict else ("≤" if less_is_better else "≥")
    if known.verdict is not None:
        return [_compared(verdict, known, name, known.own.get(name, value), strict=strict)]
    verdict = change(
        verdict,
        observed=number(value),
        required=f"{sign} {known.value:.4g}",
        message=f"{name} is {value:.4g}; {rule} (version {known.version}) has {known.value:.4g} on the same data.",
    )
    if gain > 0 or (gain == 0 and not strict):
        return [verdict]
    return [change(verdict, status="fail", hint=f"Keep {rule}, or look for the slices where the new model loses.")]


def _compared(verdict: GateResult, known: BaselineFact, name: str, value: float, *, strict: bool) -> GateResult:
    """Judge by a comparison of both models on the same rows, which knows how sure its difference is."""
    rule = verdict.gate.removeprefix("beats:")
    bounds = (
        f" ({known.lower:+.4g} to {known.upper:+.4g})" if known.lower is not None and known.upper is not None else ""
    )
    words = {
        "BETTER": "better",
        "NOT_WORSE": "not worse",
        "WORSE": "worse",
        "INCONCLUSIVE": "neither better nor worse for sure",
    }
    said = f"{name} is {value:.4g}, {rule} has {known.value:.4g}: {words[known.verdict or 'INCONCLUSIVE']}, difference "
    verdict = change(
        verdict, observed=known.verdict, evidence=known.evidence, message=f"{said}{known.difference or 0:+.4g}{bounds}."
    )
    if known.verdict == "BETTER" or (known.verdict == "NOT_WORSE" and not strict):
        return verdict
    if known.verdict == "INCONCLUSIVE":
        rows = f"about {known.rows_needed:,} rows" if known.rows_needed else "more rows than can be had"
        hint = f"It would take {rows} to decide: compare on more data, or ask for not_worse with a margin."
        return change(verdict, status="unknown", hint=hint)
    return change(verdict, status="fail", hint=f"Keep {rule}, or look for the slices where the new model loses.")


def signature(facts: Facts) -> GateResult:
    """``signature``: the model states its inputs and outputs."""
    verdict = GateResult(
        gate="signature", status="pass", observed="present", required="present", message="The model has a signature."
    )
    if facts.signature:
        return verdict
    return change(
        verdict,
        status="unknown" if facts.signature is None else "fail",
        observed=None,
        message="The model's signature cannot be read." if facts.signature is None else "The model has no signature.",
        hint="Log the model with signature=infer_signature(X, model.predict(X)).",
    )


def artifact(facts: Facts) -> list[GateResult]:
    """``artifact``: the model's files are those that were registered."""
    if facts.artifact_digest is None:
        return []
    verdict = GateResult(
        gate="artifact",
        status="pass",
        observed=facts.artifact_found[:12] if facts.artifact_found else None,
        required=facts.artifact_digest[:12],
        message="The model's files are those that were registered.",
    )
    if facts.artifact_found == facts.artifact_digest:
        return [verdict]
    gone = facts.artifact_found is None
    return [
        change(
            verdict,
            status="unknown" if gone else "fail",
            message="The model's files cannot be read."
            if gone
            else "The model's files were changed after registration.",
            hint="Log the model again and register that as a new version.",
        )
    ]


def latency(card: ScopeCard, facts: Facts) -> list[GateResult]:
    """``latency``: the measured p95 is within the card's limit; not judged before the model was started once."""
    limit, value = card.serving.latency_p95_ms, facts.latency_p95_ms
    if limit is None or value is None:
        return []
    passed = _within(value, None, limit)
    return [
        GateResult(
            gate="latency",
            status="pass" if passed else "fail",
            observed=number(value),
            required=f"≤ {limit:g}",
            message=f"95 % of answers took up to {value:.3g} ms, allowed {limit:g} ms.",
            hint=None
            if passed
            else "Make the model smaller or its features cheaper, or agree on another limit in the scope card.",
        )
    ]


def approvals(card: ScopeCard, facts: Facts) -> list[GateResult]:
    """``approval:<role>``: somebody named for the role approved."""
    if facts.approvals is None:
        return []
    results = []
    for role in card.signoff.all_roles:
        by, who = facts.approvals.get(role.role), ", ".join(role.who)
        results.append(
            GateResult(
                gate=f"approval:{role.role}",
                status="pass" if by else "unknown",
                observed=by,
                required=who,
                message=f"{by} approved as {role.role}." if by else f"Nobody approved as {role.role} yet.",
                hint=None if by else f"Ask for it with %promote … --request; {who} can then %approve.",
            )
        )
    return results


def change(verdict: GateResult, **changes: object) -> GateResult:
    """Return a verdict with other fields."""
    return verdict.model_copy(update=changes)


def _limit(low: float | None, high: float | None) -> str | None:
    parts = [f"≥ {low:g}"] if low is not None else []
    parts += [f"≤ {high:g}"] if high is not None else []
    return " and ".join(parts) or None


def _within(value: float, low: float | None, high: float | None) -> bool:
    return not math.isnan(value) and (low is None or value >= low) and (high is None or value <= high)


def number(value: float) -> float | str:
    """Return the value, as text when JSON has no number for it."""
    return value if math.isfinite(value) else str(value)
