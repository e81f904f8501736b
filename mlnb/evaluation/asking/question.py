"""A question about a model: checked, its rows read, the model asked about every one of them once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError
from mlnb.training.scoring.metrics import ModelType, Predictions, canonical_metric

from ..records import EvaluationDataError, ModelNotFoundError
from .by_card import ByCard
from .doubts import check_classes, too_few, trained_on
from .looks import Asked
from .predict import Scorer, load_scorer, make_predictions
from .rows import EvaluationData, load_data

if TYPE_CHECKING:
    from mlnb.scope.holdout_records import HoldoutLook

    from ..stage import Stage

_MOST_SLICE_COLUMNS = 20


@dataclass
class Question:
    """What somebody wants to know of a model; see :meth:`mlnb.evaluation.service.Evaluation.evaluate`."""

    model: Any
    data: Any
    targets: Any
    slices: Sequence[str] | str | None = None
    protected: Sequence[str] | str | None = None
    model_type: ModelType | None = None
    metrics: Sequence[str] | None = None
    pos_label: Any = None
    version: int | None = None
    holdout: bool = False
    scope: str | None = None


@dataclass
class Answer:
    """A model's predictions on the rows of a question.

    Attributes
    ----------
    wanted
        Metrics to keep; all when empty.
    columns
        Slices: columns and expressions.
    """

    stage: Stage
    question: Question
    asks: ByCard
    scorer: Scorer
    rows: EvaluationData
    predictions: Predictions
    wanted: list[str]
    columns: list[str]
    notes: list[str]
    asked: Asked | None = None
    look: HoldoutLook | None = field(default=None, init=False)

    def take_look(self, run_id: str | None) -> None:
        """Count the look at held-out rows, now that everything that could fail has not."""
        if self.asked is not None and self.rows.holdout is not None:
            self.look = self.asked.take(self.rows.holdout, run_id)

    @property
    def first(self) -> list[str]:
        """Names of the metric to look at first: those asked for in their order, else the card's."""
        return self.wanted or ([self.asks.first] if self.asks.first is not None else [])

    @cached_property
    def own_run(self) -> str | None:
        """The run that keeps the answer when none is named: the open one, else the one that logged the model."""
        from mlnb.training.recording.active import active_run_ids

        active = active_run_ids()
        return active[-1] if active else self.scorer.run_id


def ask(stage: Stage, question: Question, looked_at: Any) -> Answer:
    """Read the rows and ask the model.

    Parameters
    ----------
    looked_at
        Returns the table's version that a look was taken at.

    Raises
    ------
    MlnbError
        Before anything is stored or a look is counted.
    """
    q = question
    card = stage.card(q.scope)
    asks = ByCard(card, stage.catalog)
    data, targets = asks.target(q.data, q.targets)
    columns = asks.slices([q.slices] if isinstance(q.slices, str) else list(q.slices or ()))
    if len(columns) > _MOST_SLICE_COLUMNS:
        raise InvalidParameterError(f"{len(columns)} slice columns are too many.", hint="Name at most 20.")
    if q.model_type not in (None, "classifier", "regressor"):
        raise InvalidParameterError(f"model_type {q.model_type!r} is not known.", hint="Use classifier or regressor.")
    wanted = [canonical_metric(name, q.model_type) for name in q.metrics or ()]
    model = model_of(stage, q.model)
    if isinstance(data, str) and not stage.catalog.exists(data):
        stage.catalog.read(data)  # says what is there, before a model has been loaded for nothing
    scorer = load_scorer(model, stage.ground.tracking)
    holdouts, version = stage.scopes.holdouts, q.version
    asked = Asked(stage.ground, holdouts, model, scorer.uri, wanted, targets) if q.holdout else None
    if asked is not None and version is None and isinstance(data, str):
        version = looked_at(asked.before(data))
    rows = load_data(stage.catalog, holdouts, data, targets, columns, version=version, held=q.holdout)
    predictions, notes = predict(scorer, rows, q.model_type, asks.positive(q.pos_label))
    check_classes(predictions, scorer, rows.target)
    notes += too_few(predictions, stage.settings.min_slice_rows)
    if isinstance(data, str):  # a frame may well be the part that was kept for testing
        notes += trained_on(stage, scorer, rows)
    for name in wanted:
        canonical_metric(name, predictions.model_type)
    return Answer(stage, q, asks, scorer, rows, predictions, wanted, columns, notes, asked)


def model_of(stage: Stage, given: Any) -> Any:
    """Return the address of the model that a run's name, id, ``@last`` or ``@best:METRIC`` means; everything else as it is.

    Raises
    ------
    RunNotFoundError
        With the nearest names.
    ModelNotFoundError
        When the run logged no model.
    """
    if not isinstance(given, str) or re.match(r"[\w+-]+:/", given) or _is_file(given):
        return given
    record = stage.runs.get(given)
    if not record.models:
        raise ModelNotFoundError(
            f"Run {record.name} logged no model.",
            hint="Log one in it: run.log_model(model, 'model'), or %%mlrun --log-models.",
        )
    return record.models[-1].uri


def _is_file(given: str) -> bool:
    """Return whether a text is the path of a model; who asks from afar is told nothing about files."""
    return current_caller().source != "rest" and Path(given).exists()


def predict(
    scorer: Scorer, rows: EvaluationData, model_type: ModelType | None, pos_label: Any
) -> tuple[Predictions, list[str]]:
    """Ask a model about rows, and return what is worth telling with its answers.

    Raises
    ------
    EvaluationDataError
        When it cannot answer, with its own error.
    """
    try:
        return make_predictions(scorer, rows.inputs, rows.truth, model_type=model_type, pos_label=pos_label)
    except EvaluationDataError:
        raise
    except Exception as error:
        text = " ".join(str(getattr(error, "message", error)).split())[:500]
        raise EvaluationDataError(
            f"The model could not be asked about {rows.name}: {type(error).__name__}: {text}",
            hint="Does the table have the columns and types that the model was trained on?",
        ) from error
