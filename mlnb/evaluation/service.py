"""Evaluations: make them, keep them with the run, find them again (``ws.evaluation``)."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError
from mlnb.scope.gates import Facts, GateReport
from mlnb.training.records import RunData
from mlnb.training.scoring import curves as curve
from mlnb.training.scoring.intervals import bootstrap_intervals
from mlnb.training.scoring.metrics import ModelType, Predictions, canonical_metric, compute_metrics, greater_is_better
from mlnb.training.scoring.slices import score_slices, worst_slice

from .asking.by_card import ByCard
from .asking.looks import Asked as _Asked
from .asking.predict import Scorer, load_scorer, make_predictions
from .asking.rows import EvaluationData, load_data
from .judging.facts import Collector
from .keeping.charts import curve_svg
from .keeping.store import insert, select
from .records import (
    CurveRow,
    EvaluationDataError,
    EvaluationNotFoundError,
    EvaluationResult,
    EvaluationSettings,
    SliceRow,
    evaluations,
)

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.scope.card import ScopeCard
    from mlnb.scope.holdout_records import HoldoutLook
    from mlnb.scope.service import Scopes
    from mlnb.training.service import Runs

#: Named here because `Evaluation.list` hides the built-in inside the class.
Results: TypeAlias = list[EvaluationResult]

#: The metric looked at first, when nobody names one: the first of these that could be computed.
_PRIMARY = ("roc_auc", "f1_score", "accuracy_score", "root_mean_squared_error")
_MOST_SLICE_COLUMNS = 20


class Evaluation:
    """The workspace's evaluations.

    Parameters
    ----------
    ground
        The workspace's stores.
    catalog
        Tables to evaluate on.
    scopes, runs
        Cards that name what counts, and runs that keep the results.
    """

    def __init__(self, ground: Ground, catalog: Catalog, scopes: Scopes, runs: Runs) -> None:
        self._ground, self._catalog, self._scopes, self._runs = ground, catalog, scopes, runs
        self._settings = ground.settings.section("evaluation", EvaluationSettings)
        self._collector = Collector(ground, catalog)

    def evaluate(
        self,
        model: Any,
        data: Any,
        *,
        targets: Any,
        slices: Sequence[str] | str | None = None,
        model_type: ModelType | None = None,
        metrics: Sequence[str] | None = None,
        pos_label: Any = None,
        version: int | None = None,
        bootstrap: int | None = None,
        seed: int = 0,
        run: Any = None,
        reference: EvaluationResult | str | None = None,
        holdout: bool = False,
        scope: str | None = None,
    ) -> EvaluationResult:
        """Score a model on rows whose truth is known, overall and by slice, and keep the result with the run.

        Rows that are held out for the final test are left out, unless ``holdout`` asks for them alone.

        Parameters
        ----------
        model
            A model URI, a fitted model, or a function of a frame.
        data
            A table's name, or a data frame.
        targets
            The target's column, or its values.
        slices
            Columns by which every metric is repeated: values, or quartiles of numbers.
        model_type
            ``classifier`` or ``regressor``; found by default.
        metrics
            Keep only these; all by default.
        pos_label
            The positive class of two.
        version
            Of the table; the newest by default.
        bootstrap
            Draws for the intervals; 0 leaves them out.
        run
            Where the result is kept: by default the open run, else the one that logged the model.
        reference
            An earlier evaluation (or its id) to take differences from.
        holdout
            Score the held-out rows: one counted look, free for a model that was looked at before.
        scope
            A scope card: its slices, protected groups, best k and positive class are evaluated too.

        Raises
        ------
        HoldoutSpentError
            When no look is left.
        UnknownMetricError, ColumnNotFoundError, ModelNotFoundError, EvaluationDataError
            Before anything is stored.
        """
        asks = ByCard(self._scopes.get(scope).card if scope is not None else None, self._catalog)
        columns = asks.slices([slices] if isinstance(slices, str) else list(slices or ()))
        if len(columns) > _MOST_SLICE_COLUMNS:
            raise InvalidParameterError(f"{len(columns)} slice columns are too many.", hint="Name at most 20.")
        if model_type not in (None, "classifier", "regressor"):
            raise InvalidParameterError(f"model_type {model_type!r} is not known.", hint="Use classifier or regressor.")
        wanted = [canonical_metric(name, model_type) for name in metrics or ()]
        earlier = self.get(reference) if isinstance(reference, str) else reference
        run_id = self._runs.resolve(run) if run is not None else None
        scorer = load_scorer(model, self._ground.tracking)
        asked = _Asked(self._ground, self._scopes.holdouts, model, scorer.uri, wanted, targets) if holdout else None
        if asked is not None and version is None and isinstance(data, str):
            version = self._looked_at(asked.before(data))
        rows = load_data(self._catalog, self._scopes.holdouts, data, targets, columns, version=version, held=holdout)
        predictions, notes = self._predict(scorer, rows, model_type, asks.positive(pos_label))
        fairness = asks.fairness(predictions, rows.inputs)
        # Only now: a model that cannot be asked costs no look, and nothing of the answer has been shown.
        look = asked.take(rows.holdout, run_id or self._own_run(scorer)) if asked and rows.holdout else None
        draws = self._settings.bootstrap if bootstrap is None else bootstrap
        run_id = run_id or self._own_run(scorer)
        result = self._score(predictions, rows, columns, wanted, draws, seed).model_copy(
            update={"run_id": run_id, "model_uri": scorer.uri, "notes": [*rows.notes, *notes], "fairness": fairness}
        )
        result.metrics |= asks.metrics(predictions)
        if look is not None and asked is not None:
            result = asked.noted(result, look)
        if earlier is not None:
            shared = [name for name in result.metrics if name in earlier.metrics]
            result.changes = {name: result.metrics[name] - earlier.metrics[name] for name in shared}
        return self._store(result, scorer)

    def _looked_at(self, look: HoldoutLook | None) -> int | None:
        """Return the table's version that a look was taken at: a free repetition shows nothing new."""
        found = self._read(evaluations.c.look_id == look.id, 1) if look is not None else []
        return found[0].data_version if found else None

    def _predict(
        self, scorer: Scorer, rows: EvaluationData, model_type: ModelType | None, pos_label: Any
    ) -> tuple[Predictions, list[str]]:
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

    def _own_run(self, scorer: Scorer) -> str | None:
        from mlnb.training.recording.active import active_run_ids

        active = active_run_ids()
        return active[-1] if active else scorer.run_id

    def _score(
        self,
        predictions: Predictions,
        rows: EvaluationData,
        columns: Sequence[str],
        wanted: Sequence[str],
        draws: int,
        seed: int,
    ) -> EvaluationResult:
        settings = self._settings
        for name in wanted:
            canonical_metric(name, predictions.model_type)
        metrics = compute_metrics(predictions)
        intervals = bootstrap_intervals(predictions, draws=draws, confidence=settings.confidence, seed=seed)
        scores = score_slices(
            predictions,
            rows.slices(columns),
            draws=min(draws, settings.slice_bootstrap),
            confidence=settings.confidence,
            seed=seed,
            min_rows=settings.min_slice_rows,
        )
        if wanted:
            metrics = {name: value for name, value in metrics.items() if name in wanted or name == "example_count"}
            scores = [score for score in scores if score.metric in wanted]
        primary = next((name for name in (*wanted, *_PRIMARY) if name in metrics), None)
        worst = None
        if primary is not None:
            better = greater_is_better(primary)
            worst = worst_slice(scores, primary, greater_is_better=better, min_rows=settings.min_slice_rows)
        return EvaluationResult(
            id=uuid.uuid4().hex,
            model_type=predictions.model_type,
            data=rows.name,
            data_version=rows.version,
            n_rows=len(rows.truth),
            dropped_rows=rows.dropped,
            targets=rows.target,
            metrics=metrics,
            intervals={name: bounds for name, bounds in intervals.items() if name in metrics},
            slices=[SliceRow.model_validate(score) for score in scores],
            primary=primary,
            worst=SliceRow.model_validate(worst) if worst is not None else None,
            curves=_curves(predictions),
            created_by=current_caller().principal,
            created_at=now_ms(),
        )

    # -- keeping ---------------------------------------------------------------------------------------------------------------------

    def _store(self, result: EvaluationResult, scorer: Scorer) -> EvaluationResult:
        """Log the result on the run in MLflow, then keep it in the metastore and say so in the journal."""
        if result.run_id is not None:
            result = self._log_on_run(result, scorer)
        subject = f"run:{result.run_id}" if result.run_id else f"evaluation:{result.id}"
        payload = {
            "evaluation_id": result.id,
            "data": result.data,
            "version": result.data_version,
            "primary": result.primary,
            "value": result.metrics.get(result.primary or ""),
        }
        with self._ground.metastore.begin() as connection:
            insert(connection, result)
            self._ground.journal.append("evaluation.created", subject, payload)
        return result

    def _log_on_run(self, result: EvaluationResult, scorer: Scorer) -> EvaluationResult:
        data = RunData(direction="read", name=result.data, version=result.data_version, n_rows=result.n_rows)
        stem = re.sub(r"\W+", "_", result.data.rsplit(".", 1)[-1]) + f"_{result.id[:6]}"
        pictures = {f"mlnb/figures/{stem}_{_file_name(item.name)}.svg": curve_svg(item) for item in result.curves}
        result = result.model_copy(update={"figures": list(pictures)})
        text = json.dumps(result.to_dict(), indent=1)
        self._runs.write_artifacts(result.run_id, {**pictures, f"mlnb/evaluations/{result.id}.json": text})
        self._runs.log_values(result.run_id, metrics=result.metrics, dataset=data, model_id=scorer.model_id)
        return result

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def get(self, evaluation_id: str) -> EvaluationResult:
        """Return an evaluation.

        Raises
        ------
        EvaluationNotFoundError
            When there is none.
        """
        found = self._read(evaluations.c.id == str(evaluation_id), 1)
        if not found:
            raise EvaluationNotFoundError(
                f"There is no evaluation {evaluation_id}.", hint="ws.evaluation.list(run) names those of a run."
            )
        return found[0]

    def latest(self, run: Any) -> EvaluationResult | None:
        """Return the newest evaluation of a run, None when it was never evaluated."""
        found = self._read(evaluations.c.run_id == self._id(run), 1)
        return found[0] if found else None

    def list(self, run: Any = None, *, limit: int = 100) -> Results:
        """Return evaluations, newest first: of a run, or of all."""
        return self._read(sa.true() if run is None else evaluations.c.run_id == self._id(run), limit)

    def _id(self, run: Any) -> str:
        text = str(run)
        return text if re.fullmatch(r"[0-9a-f]{32}", text) else self._runs.resolve(run)

    def _read(self, where: sa.ColumnElement[bool], limit: int) -> Results:
        with self._ground.metastore.connect() as connection:
            return select(connection, where, limit, min_rows=self._settings.min_slice_rows)

    # -- gates -----------------------------------------------------------------------------------------------------------------------

    def counting(self, run: Any) -> EvaluationResult | None:
        """Return the evaluation that counts: the newest on held-out rows, else the newest."""
        held = self._read(sa.and_(evaluations.c.run_id == self._id(run), evaluations.c.look_id.is_not(None)), 1)
        return held[0] if held else self.latest(run)

    def facts(self, run: Any, card: ScopeCard | None = None) -> Facts:
        """Return what is known of a run for the gates of a scope card; with a card also what only it asks for."""
        record = self._runs.get(run)
        found = self._collector.of(record, self.counting(record.run_id))
        return found if card is None else self._collector.asked(found, card, record.run_id)

    def asked(self, facts: Facts, card: ScopeCard, run_id: str | None) -> Facts:
        """Add to facts what only this card asks for: rows and age of the data, leaks, its own queries."""
        return self._collector.asked(facts, card, run_id)

    def gates(self, run: Any, *, scope: str | None = None) -> GateReport:
        """Judge a run by a scope card: the one named, else the one it was started with.

        Raises
        ------
        InvalidParameterError
            When no card is named and the run has none.
        ScopeNotFoundError
            When there is no such card.
        """
        scope = scope or (self._runs.get(run).session or {}).get("scope_name")
        if scope is None:
            raise InvalidParameterError(
                "The run was started without a scope card.", hint="Name one: ws.evaluation.gates(run, scope='NAME')."
            )
        return self._scopes.check(scope, self.facts(run, self._scopes.get(scope).card))


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


def _file_name(text: str) -> str:
    return text.lower().replace(" ", "_")
