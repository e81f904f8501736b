"""Choosing a threshold by what wrong decisions cost, or by the precision or recall that is needed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, InvalidStateError
from mlnb.training.scoring.decisions import Decision, by_cost, by_precision, by_recall

from ..asking.predict import THRESHOLD_TAG, load_scorer
from ..records import CurveRow, EvaluationResult
from ..records_compare import Threshold

if TYPE_CHECKING:
    from mlnb.training.scoring.metrics import Predictions

    from ..keeping.keeper import Keeper
    from ..stage import Stage

_FILE = "mlnb/threshold.json"


class Deciding:
    """Chooses thresholds.

    Parameters
    ----------
    keeper
        Knows the predictions of evaluations.
    """

    def __init__(self, stage: Stage, keeper: Keeper) -> None:
        self._stage, self._keeper = stage, keeper

    def choose(
        self,
        evaluation: EvaluationResult | str,
        *,
        cost: Any = None,
        precision: float | None = None,
        recall: float | None = None,
        store: bool = False,
    ) -> Threshold:
        """Return the threshold; with ``store`` it is kept with the model."""
        given = [item for item in (cost, precision, recall) if item is not None]
        if len(given) != 1:
            raise InvalidParameterError(
                "Give one of cost, precision and recall.",
                hint="cost={'false_positive': 1, 'false_negative': 10}, precision=0.9 or recall=0.8.",
            )
        result = self._keeper.get(evaluation) if isinstance(evaluation, str) else evaluation
        predictions = self._scores(result)
        decision, rule = _decide(predictions, cost, precision, recall)
        lowest = "cost a row" if cost is not None else "precision" if precision is not None else "recall"
        found = Threshold(
            value=decision.value,
            rule=rule,
            precision=decision.precision,
            recall=decision.recall,
            positive_rate=decision.positive_rate,
            cost=decision.optimised if cost is not None else None,
            model_uri=result.model_uri,
            evaluation_id=result.id,
            curve=CurveRow(
                name="Threshold", x_label="threshold", y_label=lowest, x=list(decision.x), y=list(decision.y)
            ),
        )
        return self._store(found, result, predictions) if store else found

    def _scores(self, result: EvaluationResult) -> Predictions:
        """Return probabilities with their truth.

        Raises
        ------
        InvalidStateError
            For held-out rows: a threshold chosen on them is trained on them.
        """
        if result.look is not None:
            raise InvalidStateError(
                "A threshold chosen on held-out rows would be fitted to them, and they would test nothing any more.",
                hint="Choose it on other rows: ws.evaluation.evaluate(model, data, targets=…) without holdout.",
            )
        predictions = result._predictions or self._keeper.rows(result).predictions
        if not predictions.is_binary or predictions.score is None:
            why = "gives no probabilities" if predictions.is_binary else "does not decide between two classes"
            raise InvalidParameterError(
                f"A threshold needs the probability of one of two classes; this model {why}.",
                hint="Use a classifier with predict_proba.",
            )
        return predictions

    def _store(self, found: Threshold, result: EvaluationResult, predictions: Predictions) -> Threshold:
        tracking = self._stage.ground.tracking
        scorer = load_scorer(result.model_uri, tracking) if result.model_uri is not None else None
        if scorer is None or scorer.model_id is None:
            raise InvalidStateError(
                "The model was not logged, so nothing can be kept with it.",
                hint="Log it in a run and evaluate its address: run.log_model(model, 'model').uri.",
            )
        if scorer.classes and str(scorer.classes[-1]) != str(predictions.classes[-1]):
            raise InvalidStateError(
                f"The evaluation took {predictions.classes[-1]} as positive, the model {scorer.classes[-1]}.",
                hint="Evaluate without pos_label, and choose the threshold for the class the model gives the probability of.",
            )
        found = found.model_copy(update={"stored": True})
        tags = {THRESHOLD_TAG: repr(found.value), f"{THRESHOLD_TAG}.rule": found.rule}
        tracking.client().set_logged_model_tags(scorer.model_id, tags)
        run_id = scorer.run_id or result.run_id
        if run_id is not None:
            self._stage.runs.write_artifacts(run_id, {_FILE: json.dumps(found.to_dict(), indent=1)})
        ground = self._stage.ground
        payload = {
            "model_id": scorer.model_id,
            "threshold": found.value,
            "rule": found.rule,
            "evaluation_id": result.id,
        }
        with ground.metastore.begin():
            ground.journal.append("evaluation.threshold_stored", f"run:{run_id}", payload)
        return found


def _decide(p: Predictions, cost: Any, precision: float | None, recall: float | None) -> tuple[Decision, str]:
    assert p.score is not None
    if cost is not None:
        false_positive, false_negative = _costs(cost)
        rule = f"least cost, {false_positive:g} for a false yes and {false_negative:g} for a false no"
        return by_cost(p.truth, p.score, false_positive=false_positive, false_negative=false_negative), rule
    share, name = (precision, "precision") if precision is not None else (recall, "recall")
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share <= 1:
        raise InvalidParameterError(f"{name}={share!r} is no share.", hint="Use a number above 0 and up to 1.")
    if precision is not None:
        return by_precision(p.truth, p.score, precision), f"precision of at least {precision:g}"
    return by_recall(p.truth, p.score, share), f"recall of at least {share:g}"


def _costs(cost: Any) -> tuple[float, float]:
    """Return what a false yes and a false no cost."""
    if isinstance(cost, Mapping):
        pair: Sequence[Any] = [cost.get("false_positive"), cost.get("false_negative")]
        unknown = set(cost) - {"false_positive", "false_negative"}
    else:
        pair, unknown = (list(cost) if isinstance(cost, Sequence) and not isinstance(cost, str) else []), set()
    fine = len(pair) == 2 and not unknown and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in pair)
    if not fine or min(pair) < 0 or max(pair) == 0 or max(pair) == float("inf"):
        raise InvalidParameterError(
            f"cost={cost!r} is not understood.", hint="Write cost={'false_positive': 1, 'false_negative': 10}."
        )
    return float(pair[0]), float(pair[1])
