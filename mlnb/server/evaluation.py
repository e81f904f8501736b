"""Routes of evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.core.records import Record
from mlnb.evaluation.records import EvaluationResult
from mlnb.scope.gates import GateReport
from mlnb.server.route import NATIVE, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace

#: Evaluations of a list that bring their curves: the newest.
_MOST_CURVES = 20


class ThresholdOf(Record):
    """What a metric has to reach, as MLflow's ``MetricThreshold``."""

    threshold: float | None = None
    min_absolute_change: float | None = None
    min_relative_change: float | None = None
    greater_is_better: bool | None = None


class MakeEvaluation(Record):
    """A model, a table and its target; see ``ws.evaluation.evaluate``."""

    model: str
    data: str | None = None
    targets: str | None = None
    slices: list[str] = Field(default_factory=list, max_length=20)
    protected: list[str] = Field(default_factory=list, max_length=10)
    model_type: Literal["classifier", "regressor"] | None = None
    metrics: list[str] | None = None
    pos_label: bool | int | float | str | None = None
    version: int | None = None
    baseline: str | None = None
    thresholds: dict[str, float | ThresholdOf] | None = None
    explain: Literal["none", "global", "per_prediction"] | None = None
    bootstrap: int | None = Field(default=None, ge=0, le=10_000)
    seed: int = Field(default=0, ge=0)
    holdout: bool = False
    scope: str | None = None
    run: str | None = None


class GetEvaluation(Record):
    """Which evaluation."""

    id: str


class ListEvaluations(Record):
    """Of which run, and how many at most."""

    id: str
    limit: int = Field(default=100, ge=1, le=500)


class EvaluationList(Record):
    """Evaluations, newest first."""

    evaluations: list[EvaluationResult]


class CheckRun(Record):
    """Which run, by which scope card; without one by the card it was started with."""

    id: str
    scope: str | None = None


def make_evaluation(ws: Workspace, q: MakeEvaluation) -> EvaluationResult:
    """Evaluate a model on a table."""
    return ws.evaluation.evaluate(
        q.model,
        q.data,
        targets=q.targets,
        slices=q.slices,
        protected=q.protected,
        model_type=q.model_type,
        metrics=q.metrics,
        pos_label=q.pos_label,
        version=q.version,
        baseline=q.baseline,
        thresholds={name: _limits(item) for name, item in (q.thresholds or {}).items()},
        explain=q.explain,
        bootstrap=q.bootstrap,
        seed=q.seed,
        holdout=q.holdout,
        scope=q.scope,
        run=q.run,
    )


def _limits(given: float | ThresholdOf) -> Any:
    return given.to_dict() if isinstance(given, ThresholdOf) else given


def get_evaluation(ws: Workspace, q: GetEvaluation) -> EvaluationResult:
    """Return an evaluation."""
    return ws.evaluation.get(q.id, curves=True)


def list_evaluations(ws: Workspace, q: ListEvaluations) -> EvaluationList:
    """List the evaluations of a run."""
    return EvaluationList(evaluations=ws.evaluation.list(ws.runs.resolve(q.id), limit=q.limit, curves=_MOST_CURVES))


def check_run(ws: Workspace, q: CheckRun) -> GateReport:
    """Judge a run by a scope card."""
    return ws.evaluation.gates(q.id, scope=q.scope)


ROUTES = [
    Route(
        "POST", f"{NATIVE}/evaluations", make_evaluation, MakeEvaluation, EvaluationResult,
        resource="evaluation", action="execute", pool="slow", tag="Evaluation", summary="Evaluate a model on a table", row="EVA-1",
    ),
    Route(
        "GET", f"{NATIVE}/evaluations/{{id}}", get_evaluation, GetEvaluation, EvaluationResult,
        resource="evaluation", tag="Evaluation", summary="Return an evaluation", row="EVA-1",
    ),
    Route(
        "GET", f"{NATIVE}/runs/{{id}}/evaluations", list_evaluations, ListEvaluations, EvaluationList,
        resource="evaluation", tag="Evaluation", summary="List the evaluations of a run", row="EVA-1",
    ),
    Route(
        "GET", f"{NATIVE}/runs/{{id}}/gates", check_run, CheckRun, GateReport,
        resource="evaluation", tag="Evaluation", summary="Judge a run by a scope card", row="EVA-4",
    ),
]  # fmt: skip
