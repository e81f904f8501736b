"""The facts of a model card, each with the place it comes from and the hash of its value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import MlnbError, NotFoundError
from mlnb.training.scoring.metrics import FACTS
from mlnb.training.scoring.regions import FOUND

from ..asking.held_out import model_digest
from ..records_compare import CardFact, Comparison

if TYPE_CHECKING:
    from mlnb.scope.gates import GateReport
    from mlnb.scope.records import Scope
    from mlnb.training.records import RunRecord

    from ..records import EvaluationResult
    from ..stage import Stage

#: The best and worst of many; a card is read by people.
_MOST_SLICES = 10


@dataclass(frozen=True)
class Known:
    """What a card is made from; the ids of evaluation, comparison and scope card are facts themselves, so that a check finds the same."""

    run: RunRecord
    evaluation: EvaluationResult | None
    comparison: Comparison | None
    scope: Scope | None
    gates: GateReport | None


def sha256_of(value: Any) -> str:
    """Return the hash of a value as canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_of_all(facts: list[CardFact]) -> str:
    """Return the hash of facts in their order."""
    return hashlib.sha256("\n".join(f"{fact.id}:{fact.sha256}" for fact in facts).encode()).hexdigest()


def collect(stage: Stage, known: Known) -> list[CardFact]:
    """Return the facts, section by section; what is not on record is left out."""
    rows = [
        *_purpose(known.scope),
        *_model(stage, known),
        *_run(known.run),
        *_data(known.run),
        *_evaluation(known.evaluation),
        *_slices(known.evaluation),
        *_fairness(known.evaluation),
        *_comparison(known.comparison),
        *_gates(known.gates),
        *_environment(stage, known.run),
        *_limits(known),
    ]
    return [
        CardFact(id=key, section=section, label=label, value=value, source=source, sha256=sha256_of(value))
        for section, key, label, value, source in rows
        if value is not None and value != ""
    ]


_Row = tuple[str, str, str, Any, str]


def _purpose(scope: Scope | None) -> Iterator[_Row]:
    if scope is None:
        return
    card, source = scope.card, f"scope card {scope.name}, version {scope.version}"
    section = "Purpose"
    yield section, "scope", "scope card", f"{scope.name}@{scope.version}", source
    yield section, "scope.state", "agreed", "yes" if scope.state == "AGREED" else "no", source
    yield section, "problem", "problem", card.problem, source
    if card.target is not None:
        target = card.target
        positive = f" = {target.positive}" if target.positive is not None else ""
        yield section, "target", "predicts", f"{target.column}{positive} of {target.table}", source
        yield section, "horizon", "known after", target.horizon, source
    yield section, "owner", "owner", card.owner, source
    yield section, "review_by", "review by", str(card.review_by) if card.review_by else None, source


def _model(stage: Stage, known: Known) -> Iterator[_Row]:
    section, run = "Model", known.run
    uri = known.evaluation.model_uri if known.evaluation is not None else None
    uri = uri or (run.models[-1].uri if run.models else None)
    if uri is None:
        return
    yield section, "model", "address", uri, f"run {run.run_id[:8]}"
    digest = model_digest(None, uri, stage.ground.tracking)
    yield section, "model.sha256", "files", None if digest.startswith("uri:") else digest, "the model's files"
    if known.evaluation is not None and known.evaluation.threshold is not None:
        yield section, "threshold", "says yes from", _number(known.evaluation.threshold), "kept with the model"


def _run(run: RunRecord) -> Iterator[_Row]:
    section, source = "Run", f"run {run.run_id[:8]}"
    yield section, "run", "run", run.run_id, source
    yield section, "run.status", "ended", run.status, source
    yield section, "run.at", "trained", _time(run.start_time), source
    yield section, "run.user", "by", run.user, source
    yield section, "notebook", "notebook", run.source.notebook, source
    yield section, "code.sha256", "code", run.source.code_sha256, "the executed cell"
    if run.git.commit:
        yield section, "commit", "commit", run.git.commit + (" with changes" if run.git.dirty else ""), "git"
    yield section, "reproducible", "reproducible", run.tags.get("mlnb.reproducible") or _session(run), source
    for name, value in sorted(run.params.items())[:30]:
        yield "Parameters", f"param:{name}", name, value, source


def _session(run: RunRecord) -> str | None:
    found = (run.session or {}).get("reproducible")
    return str(found) if found is not None else None


def _data(run: RunRecord) -> Iterator[_Row]:
    for item in run.data:
        if item.direction == "read":
            at = f"@{item.version}" if item.version is not None else ""
            rows = f", {item.n_rows:,} rows" if item.n_rows is not None else ""
            held = f", held-out rows {item.holdout}" if item.holdout != "none" else ""
            yield "Data", f"data:{item.name}", item.kind, f"{item.name}{at}{rows}{held}", f"run {run.run_id[:8]}"


def _evaluation(evaluation: EvaluationResult | None) -> Iterator[_Row]:
    if evaluation is None:
        return
    section, source = "Evaluation", f"evaluation {evaluation.id[:8]}"
    at = f"@{evaluation.data_version}" if evaluation.data_version is not None else ""
    yield section, "evaluation", "evaluation", evaluation.id, source
    yield section, "evaluation.data", "on", f"{evaluation.data}{at}, {evaluation.n_rows:,} rows", source
    if evaluation.look is not None:
        said = f"look {evaluation.look} of {evaluation.looks_allowed}"
        if evaluation.optimism is not None:
            said += f", too good by about {evaluation.optimism:.2g} in {evaluation.primary}"
        yield section, "look", "held-out rows", said, source
    first = [evaluation.primary] if evaluation.primary in evaluation.metrics else []
    for name in dict.fromkeys([*first, *evaluation.metrics]):
        if name not in FACTS:
            value = evaluation.metrics[name]
            bounds = evaluation.intervals.get(name)
            text = f"{value:.4g}" + (f" ({bounds[0]:.4g} to {bounds[1]:.4g})" if bounds else "")
            yield section, f"metric:{name}", name, text, source


def _slices(evaluation: EvaluationResult | None) -> Iterator[_Row]:
    if evaluation is None:
        return
    section, source = "Where it is worst", f"evaluation {evaluation.id[:8]}"
    worst = evaluation.worst
    if worst is not None and worst.slice_key != FOUND:
        yield section, "worst", f"{worst.slice_key} = {worst.slice_value}", _slice_text(worst), source
    found = [row for row in evaluation.slices if row.slice_key == FOUND and row.metric == evaluation.primary]
    for place, row in enumerate(found[:_MOST_SLICES]):
        yield section, f"found:{place + 1}", row.slice_value, _slice_text(row), source


def _slice_text(row: Any) -> str:
    bounds = f" ({row.lower:.4g} to {row.upper:.4g})" if row.lower is not None and row.upper is not None else ""
    return f"{row.metric} {row.value:.4g}{bounds}, {row.n:,} rows"


def _fairness(evaluation: EvaluationResult | None) -> Iterator[_Row]:
    """Return the widest gap of each metric."""
    if evaluation is None:
        return
    for metric in dict.fromkeys(item.metric for item in evaluation.fairness):
        item = max((gap for gap in evaluation.fairness if gap.metric == metric), key=lambda gap: abs(gap.difference))
        who = f"{item.group_key} {item.group_value}" + (f", class {item.positive}" if item.positive else "")
        text = f"{item.value:.3g} for {who}, {item.value - item.difference:.3g} for everybody else ({item.n:,} rows)"
        yield "Fairness", f"fairness:{metric}", metric.replace("_", " "), text, f"evaluation {evaluation.id[:8]}"


def _comparison(comparison: Comparison | None) -> Iterator[_Row]:
    item = comparison.metric(comparison.primary) if comparison is not None else None
    if comparison is None or item is None:
        return
    section, source = "Beside the champion", f"comparison {comparison.id[:8]}"
    bounds = f" ({item.lower:+.4g} to {item.upper:+.4g})" if item.lower is not None and item.upper is not None else ""
    yield section, "comparison", "comparison", comparison.id, source
    yield section, "champion", "champion", comparison.champion_uri or "a model in memory", source
    yield section, "verdict", item.metric, f"{item.verdict}, difference {item.difference:+.4g}{bounds}", source


def _gates(gates: GateReport | None) -> Iterator[_Row]:
    if gates is None:
        return
    source = f"scope card {gates.scope_name}, version {gates.scope_version}"
    for result in gates.results:
        yield "Gates", f"gate:{result.gate}", result.gate, result.status, result.evidence or source


def _environment(stage: Stage, run: RunRecord) -> Iterator[_Row]:
    section = "Environment"
    for key, label in (("python", "Python"), ("platform", "platform")):
        yield section, f"environment.{key}", label, run.environment.get(key), "environment lock"
    try:
        content = stage.runs.read_artifact(run.run_id, "mlnb/environment.lock")
    except (NotFoundError, MlnbError):
        return
    yield section, "environment.sha256", "lock file", hashlib.sha256(content).hexdigest(), "environment lock"


def _limits(known: Known) -> Iterator[_Row]:
    """Return what the card cannot say, so that its silence is not taken for an answer."""
    section, source = "Limits", "what is not on record"
    evaluation = known.evaluation
    missing = []
    if evaluation is None:
        missing.append("the model was not evaluated")
    elif evaluation.look is None:
        missing.append("it was not scored on held-out rows")
    if evaluation is not None and not evaluation.fairness:
        missing.append("no protected group was looked at")
    if known.comparison is None:
        missing.append("it was not compared with another model")
    if known.scope is None:
        missing.append("no scope card says what it is for")
    if not any(item.version is not None for item in known.run.data):
        missing.append("the data it was trained on has no version on record")
    yield section, "limits", "not on record", "; ".join(missing) or None, source


def _number(value: float) -> str:
    return f"{value:.6g}"


def _time(at: int | None) -> str | None:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC") if at is not None else None
