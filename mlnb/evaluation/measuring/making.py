"""An answer measured: every metric overall and by slice, intervals, the worst regions, curves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.training.scoring import curves as curve
from mlnb.training.scoring.intervals import bootstrap_intervals
from mlnb.training.scoring.losses import row_losses
from mlnb.training.scoring.metrics import compute_metrics, greater_is_better
from mlnb.training.scoring.regions import FOUND, worst_regions
from mlnb.training.scoring.slices import SliceScore, score_slices, worst_slice

from ..records import CurveRow, EvaluationResult, SliceRow

if TYPE_CHECKING:
    from mlnb.training.scoring.metrics import Predictions

    from ..asking.question import Answer

#: The metric looked at first, when nobody names one: the first of these that could be computed.
PRIMARY = ("roc_auc", "f1_score", "accuracy_score", "root_mean_squared_error")


def measure(answer: Answer, *, draws: int, seed: int, run_id: str | None) -> EvaluationResult:
    """Return the evaluation of an answer, not kept yet."""
    settings, predictions, rows = answer.stage.settings, answer.predictions, answer.rows
    best = answer.asks.best
    metrics = compute_metrics(predictions, best)
    intervals = bootstrap_intervals(predictions, draws=draws, confidence=settings.confidence, seed=seed, best=best)
    every = scores = _slices(answer, draws, seed)
    if answer.wanted:
        kept = {*answer.wanted, *best}
        metrics = {name: value for name, value in metrics.items() if name in kept or name == "example_count"}
        scores = [score for score in scores if score.metric in kept]
    primary = first_metric(metrics, answer.first)
    result = EvaluationResult(
        id=uuid.uuid4().hex,
        run_id=run_id,
        model_uri=answer.scorer.uri,
        model_type=predictions.model_type,
        data=rows.name,
        data_version=rows.version,
        n_rows=len(rows.truth),
        dropped_rows=rows.dropped,
        targets=rows.target,
        metrics=metrics,
        intervals={name: bounds for name, bounds in intervals.items() if name in metrics},
        slices=[SliceRow.model_validate(score) for score in scores],
        fairness=answer.asks.fairness(
            predictions, rows.inputs, answer.question.protected, confidence=settings.confidence
        ),
        primary=primary,
        worst=worst_of([SliceRow.model_validate(score) for score in scores], primary, settings.min_slice_rows),
        threshold=answer.scorer.threshold if predictions.is_binary and predictions.score is not None else None,
        curves=_curves(predictions),
        notes=[
            *rows.notes,
            *answer.notes,
            *_said_of(every, primary if predictions.classes else None, settings.min_slice_rows),
        ],
        created_by=current_caller().principal,
        created_at=now_ms(),
    )
    result._predictions = predictions
    return result


def first_metric(metrics: Mapping[str, float], wanted: Sequence[str]) -> str | None:
    """Return the metric that is looked at first: of those named, else of the usual ones."""
    return next((name for name in (*wanted, *PRIMARY) if name in metrics), None)


def worst_of(slices: Sequence[SliceRow], primary: str | None, min_rows: int) -> SliceRow | None:
    """Return where the metric that counts is worst: among the slices asked for, else among those found."""
    if primary is None:
        return None
    better = greater_is_better(primary)
    asked = [item for item in slices if item.slice_key != FOUND]
    return worst_slice(asked or slices, primary, greater_is_better=better, min_rows=min_rows)


def _slices(answer: Answer, draws: int, seed: int) -> list[SliceScore]:
    settings, predictions = answer.stage.settings, answer.predictions
    pieces = answer.rows.slices(answer.stage.catalog, answer.columns)
    pieces += worst_regions(
        answer.rows.inputs, row_losses(predictions), seed=seed, min_rows=max(settings.min_slice_rows, 30)
    )
    return score_slices(
        predictions,
        pieces,
        draws=min(draws, settings.slice_bootstrap),
        confidence=settings.confidence,
        seed=seed,
        min_rows=settings.min_slice_rows,
        best=answer.asks.best,
    )


def _said_of(scores: Sequence[SliceScore], primary: str | None, min_rows: int) -> list[str]:
    """Return what is worth telling of the slices."""
    said = []
    large = {(score.slice_key, score.slice_value) for score in scores if score.n >= min_rows}
    thin = large - {(score.slice_key, score.slice_value) for score in scores if score.metric == primary}
    if primary is not None and thin:
        count = f"{len(thin)} slices" if len(thin) > 1 else "a slice"
        said.append(f"{primary} is left out of {count} with too few rows of a class.")
    if any(score.slice_key == FOUND for score in scores):
        said.append("The worst regions were found on one half of the rows and measured on the other.")
    return said


def _curves(predictions: Predictions) -> list[CurveRow]:
    truth, score = predictions.truth, predictions.score
    found: list[curve.Curve] = []
    if predictions.model_type == "regressor":
        found = [curve.residual_curve(truth, predictions.label.astype(float))]
    elif predictions.is_binary and score is not None:
        if 0 < truth.sum() < len(truth):
            found = [curve.roc_curve(truth, score), curve.precision_recall_curve(truth, score)]
        found.append(curve.calibration_curve(truth, score))
    return [CurveRow.model_validate(item) for item in found]
