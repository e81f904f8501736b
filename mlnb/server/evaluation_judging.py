"""Routes that judge by evaluations: two models side by side, thresholds, model cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mlnb.core.records import Record
from mlnb.evaluation.records_compare import CardCheck, Comparison, ModelCard, Threshold
from mlnb.server.route import NATIVE, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace


class MakeComparison(Record):
    """Two models and a table, or two evaluations; see ``ws.evaluation.compare``."""

    challenger: str
    champion: str
    data: str | None = None
    targets: str | None = None
    metrics: list[str] | None = None
    holdout: bool = False
    margin: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    bootstrap: int = Field(default=2000, ge=0, le=10_000)
    seed: int = Field(default=0, ge=0)
    version: int | None = None
    model_type: Literal["classifier", "regressor"] | None = None
    pos_label: bool | int | float | str | None = None
    run: str | None = None
    scope: str | None = None


class GetComparison(Record):
    """Which comparison."""

    id: str


class ListComparisons(Record):
    """Of which run, and how many at most."""

    id: str
    limit: int = Field(default=20, ge=1, le=500)


class ComparisonList(Record):
    """Comparisons, newest first."""

    comparisons: list[Comparison]


class Costs(Record):
    """What a wrong yes and a wrong no cost."""

    false_positive: float = Field(ge=0, allow_inf_nan=False)
    false_negative: float = Field(ge=0, allow_inf_nan=False)


class ChooseThreshold(Record):
    """One of cost, precision and recall; ``store`` keeps the threshold with the model."""

    id: str
    cost: Costs | None = None
    precision: float | None = None
    recall: float | None = None
    store: bool = False


class GetCard(Record):
    """Which run, by which scope card; without one by the card it was started with."""

    id: str
    scope: str | None = None


class VerifyCard(Record):
    """Which run; without a card the one that was kept with it."""

    id: str
    card: ModelCard | None = None


def compare(ws: Workspace, q: MakeComparison) -> Comparison:
    """Compare two models on the same rows."""
    return ws.evaluation.compare(**{name: getattr(q, name) for name in MakeComparison.model_fields})


def get_comparison(ws: Workspace, q: GetComparison) -> Comparison:
    """Return a comparison."""
    return ws.evaluation.comparison(q.id)


def list_comparisons(ws: Workspace, q: ListComparisons) -> ComparisonList:
    """List the comparisons of a run's model."""
    return ComparisonList(comparisons=ws.evaluation.comparisons(ws.runs.resolve(q.id), limit=q.limit))


def choose_threshold(ws: Workspace, q: ChooseThreshold) -> Threshold:
    """Choose a threshold on the predictions of an evaluation."""
    cost = q.cost.model_dump() if q.cost is not None else None
    return ws.evaluation.choose_threshold(q.id, cost=cost, precision=q.precision, recall=q.recall, store=q.store)


def get_card(ws: Workspace, q: GetCard) -> ModelCard:
    """Return the model card of a run as of now."""
    return ws.evaluation.card(q.id, scope=q.scope)


def keep_card(ws: Workspace, q: GetCard) -> ModelCard:
    """Write the model card of a run into it."""
    return ws.evaluation.card(q.id, scope=q.scope, keep=True)


def verify_card(ws: Workspace, q: VerifyCard) -> CardCheck:
    """Say which facts of a card are no longer on record."""
    return ws.evaluation.verify_card(q.id, q.card)


ROUTES = [
    Route(
        "POST", f"{NATIVE}/evaluations/compare", compare, MakeComparison, Comparison,
        resource="evaluation", action="execute", pool="slow", tag="Evaluation", summary="Compare two models", row="EVA-5",
    ),
    Route(
        "GET", f"{NATIVE}/comparisons/{{id}}", get_comparison, GetComparison, Comparison,
        resource="evaluation", tag="Evaluation", summary="Return a comparison", row="EVA-5",
    ),
    Route(
        "GET", f"{NATIVE}/runs/{{id}}/comparisons", list_comparisons, ListComparisons, ComparisonList,
        resource="evaluation", tag="Evaluation", summary="List the comparisons of a run's model", row="EVA-5",
    ),
    Route(
        "POST", f"{NATIVE}/evaluations/{{id}}/threshold", choose_threshold, ChooseThreshold, Threshold,
        resource="evaluation", action="execute", pool="slow", tag="Evaluation", summary="Choose a threshold", row="EVA-7",
    ),
    Route(
        "GET", f"{NATIVE}/runs/{{id}}/card", get_card, GetCard, ModelCard,
        resource="evaluation", pool="slow", tag="Evaluation", summary="Return the model card of a run", row="EVA-6",
    ),
    Route(
        "POST", f"{NATIVE}/runs/{{id}}/card", keep_card, GetCard, ModelCard,
        resource="evaluation", pool="slow", tag="Evaluation", summary="Keep the model card with its run", row="EVA-6",
    ),
    Route(
        "POST", f"{NATIVE}/runs/{{id}}/card/verify", verify_card, VerifyCard, CardCheck,
        resource="evaluation", action="read", pool="slow", tag="Evaluation", summary="Check a model card", row="EVA-6",
    ),
]  # fmt: skip
