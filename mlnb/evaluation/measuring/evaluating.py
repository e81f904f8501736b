"""One evaluation from question to record: what can fail comes first, then the look is counted, then the result is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..asking.question import Question, ask
from ..judging.validation import read_thresholds, validate
from .explaining import explain, said_of
from .making import measure
from .mlflow_eval import report

if TYPE_CHECKING:
    from mlnb.scope.holdout_records import HoldoutLook

    from ..asking.by_card import Explain
    from ..asking.question import Answer
    from ..comparing.comparing import Comparing
    from ..keeping.keeper import Keeper
    from ..records import EvaluationResult
    from ..stage import Stage


@dataclass(frozen=True)
class Options:
    """How an evaluation is made and kept; see :meth:`mlnb.evaluation.service.Evaluation.evaluate`."""

    bootstrap: int | None = None
    seed: int = 0
    run: Any = None
    reference: EvaluationResult | None = None
    baseline: Any = None
    thresholds: Mapping[str, Any] | None = None
    explain: Explain = None
    extra_metrics: Sequence[Any] | None = None
    evaluator_config: Mapping[str, Any] | None = None


class Evaluating:
    """Makes evaluations.

    Parameters
    ----------
    keeper
        Keeps what was found.
    comparing
        Sets a model beside a baseline.
    """

    def __init__(self, stage: Stage, keeper: Keeper, comparing: Comparing) -> None:
        self._stage, self._keeper, self._comparing = stage, keeper, comparing

    def evaluate(self, question: Question, options: Options) -> EvaluationResult:
        """Return the evaluation, kept."""
        limits = read_thresholds(options.thresholds)
        run_id = self._stage.runs.resolve(options.run) if options.run is not None else None
        answer = ask(self._stage, question, self._looked_at)
        champion = self._comparing.champion(options.baseline, answer) if options.baseline is not None else None
        if champion is not None:
            self._comparing.check(answer, champion)
        run_id = run_id or answer.own_run
        wanted = answer.asks.explanations(options.explain)
        importances, files = explain(answer, wanted, options.seed)
        reported = report(
            answer.predictions,
            answer.rows.inputs,
            answer.rows.target,
            extra_metrics=options.extra_metrics,
            config=options.evaluator_config,
            plots=self._stage.settings.plots and run_id is not None,
        )
        draws = self._stage.settings.bootstrap if options.bootstrap is None else options.bootstrap
        result = measure(answer, draws=draws, seed=options.seed, run_id=run_id)
        # Only now: what cannot be answered costs no look, and nothing of the answer has been shown.
        answer.take_look(run_id)
        own = {name: value for name, value in reported.metrics.items() if name not in result.metrics}
        result.metrics |= own if options.extra_metrics or options.evaluator_config else {}
        result.importances = importances
        result.notes += [*reported.notes, *said_of(wanted, result.n_rows)]
        if answer.look is not None and answer.asked is not None:
            result = answer.asked.noted(result, answer.look)
            result._predictions = answer.predictions
        self._beside(result, options, answer, champion)
        result.validation = validate(limits, result, self._before(champion, options.reference))
        return self._keeper.keep(result, answer, {**reported.files, **files})

    def _beside(self, result: EvaluationResult, options: Options, answer: Answer, champion: Any) -> None:
        """Add how the result differs from the baseline, or from an earlier evaluation."""
        if champion is not None:
            comparison = self._comparing.make(answer, champion, seed=options.seed, run_id=result.run_id)
            result.baseline_uri, result.comparison_id = champion.scorer.uri, comparison.id
        before = self._before(champion, options.reference)
        if before is not None:
            shared = [name for name in result.metrics if name in before]
            result.changes = {name: result.metrics[name] - before[name] for name in shared}

    @staticmethod
    def _before(champion: Any, reference: EvaluationResult | None) -> Mapping[str, float] | None:
        if champion is not None:
            metrics: Mapping[str, float] = champion.metrics
            return metrics
        return reference.metrics if reference is not None else None

    def _looked_at(self, look: HoldoutLook | None) -> int | None:
        return self._keeper.version_of_look(look.id if look is not None else None)
