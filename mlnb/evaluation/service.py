"""Evaluations: make them, keep them with the run, find them again, judge and compare by them (``ws.evaluation``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.scope.gates import BaselineFact, Facts, GateReport

from .asking.question import Question
from .cards.making import Cards
from .comparing.comparing import Comparing
from .comparing.sides import by_models, by_results
from .deciding.threshold import Deciding
from .judging.gating import Gating, baseline_fact
from .keeping.compared import ComparisonKeeper, Comparisons
from .keeping.keeper import Keeper, Results
from .measuring.evaluating import Evaluating, Options
from .records import EvaluationResult, EvaluationSettings, evaluations
from .stage import Stage

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.scope.card import ScopeCard
    from mlnb.scope.service import Scopes
    from mlnb.training.scoring.metrics import ModelType
    from mlnb.training.service import Runs

    from .asking.by_card import Explain
    from .records_compare import CardCheck, Comparison, ModelCard, Threshold


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
        settings = ground.settings.section("evaluation", EvaluationSettings)
        stage = Stage(ground, catalog, scopes, runs, settings)
        self._runs, self._scopes, self._stage = runs, scopes, stage
        self._keeper = Keeper(stage)
        self._compared = ComparisonKeeper(stage)
        self._comparing = Comparing(stage, self._compared)
        self._evaluating = Evaluating(stage, self._keeper, self._comparing)
        self._gating = Gating(stage, self._compared)
        self._deciding = Deciding(stage, self._keeper)
        self._cards = Cards(stage, self._keeper, self._compared, self._gating)

    # -- measuring -------------------------------------------------------------------------------------------------------------------

    def evaluate(
        self,
        model: Any,
        data: Any = None,
        *,
        targets: Any = None,
        slices: Sequence[str] | str | None = None,
        protected: Sequence[str] | str | None = None,
        model_type: ModelType | None = None,
        metrics: Sequence[str] | None = None,
        pos_label: Any = None,
        version: int | None = None,
        baseline: Any = None,
        thresholds: Mapping[str, Any] | None = None,
        explain: Explain = None,
        extra_metrics: Sequence[Any] | None = None,
        evaluator_config: Mapping[str, Any] | None = None,
        bootstrap: int | None = None,
        seed: int = 0,
        run: Any = None,
        reference: EvaluationResult | str | None = None,
        holdout: bool = False,
        scope: str | None = None,
    ) -> EvaluationResult:
        """Score a model on rows whose truth is known, overall and by slice, and keep the result with the run.

        Rows that are held out for the final test are left out, unless ``holdout`` asks for them alone. Where the model is worst is looked
        for in any case.

        Parameters
        ----------
        model
            A model URI, a fitted model, or a function of a frame.
        data
            A table's name, or a data frame; by default the scope card's table.
        targets
            The target's column, or its values; by default the scope card's column.
        slices
            Columns and expressions by which every metric is repeated: values, quartiles of numbers, ``age < 25`` as true and false.
        protected
            Columns or conditions of groups that are set beside everybody else.
        model_type
            ``classifier`` or ``regressor``; found by default.
        metrics
            Keep only these; all by default.
        pos_label
            The positive class of two.
        version
            Of the table; the newest by default.
        baseline
            A model to beat on the same rows: an address, a model, or ``@ALIAS`` of the model's own registered name.
        thresholds
            Metric to ``mlflow.models.MetricThreshold``, a mapping of its fields, or a number; the verdicts are in ``result.validation``.
        explain
            ``global`` says which columns matter, ``per_prediction`` also for single rows; by default what the card asks for.
        extra_metrics, evaluator_config
            As for ``mlflow.models.evaluate``; plain functions ``f(predictions, targets)`` are metrics too.
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
        UnknownMetricError, ColumnNotFoundError, ModelNotFoundError, EvaluationDataError, ExtraMetricError
            Before anything is stored.
        """
        if pos_label is None:
            pos_label = (evaluator_config or {}).get("pos_label")
        question = Question(
            model, data, targets, slices, protected, model_type, metrics, pos_label, version, holdout, scope
        )
        earlier = self.get(reference) if isinstance(reference, str) else reference
        options = Options(bootstrap, seed, run, earlier, baseline, thresholds, explain, extra_metrics, evaluator_config)
        return self._evaluating.evaluate(question, options)

    def compare(
        self,
        challenger: Any,
        champion: Any,
        data: Any = None,
        *,
        targets: Any = None,
        metrics: Sequence[str] | None = None,
        holdout: bool = False,
        margin: float = 0.0,
        bootstrap: int = 2000,
        seed: int = 0,
        version: int | None = None,
        model_type: ModelType | None = None,
        pos_label: Any = None,
        run: Any = None,
        scope: str | None = None,
    ) -> Comparison:
        """Set a challenger beside a champion on the same rows: for each metric the difference with its interval, and a verdict.

        Parameters
        ----------
        challenger, champion
            Models as in :meth:`evaluate` (``@ALIAS`` for the champion), or two evaluations whose single predictions are on record.
        data, targets
            As in :meth:`evaluate`; not needed for evaluations.
        metrics
            Only these; the first decides.
        holdout
            On the held-out rows: one counted look for the challenger, free when it was looked at before.
        margin
            BETTER needs more than this, NOT_WORSE may lose up to this.
        bootstrap
            Draws of the paired bootstrap.
        run
            Where the comparison is kept; as in :meth:`evaluate`.

        Raises
        ------
        RowsMismatchError
            When two evaluations are of different rows.
        """
        options = {"metrics": metrics, "margin": margin, "draws": bootstrap, "seed": seed}
        found = by_results(self._keeper, self._comparing, challenger, champion, options)
        if found is not None:
            return found
        question = Question(
            challenger, data, targets, None, None, model_type, metrics, pos_label, version, holdout, scope
        )
        run_id = self._runs.resolve(run) if run is not None else None
        return by_models(self._stage, self._keeper, self._comparing, question, champion, run_id, options)

    def choose_threshold(
        self,
        evaluation: EvaluationResult | str,
        *,
        cost: Any = None,
        precision: float | None = None,
        recall: float | None = None,
        store: bool = False,
    ) -> Threshold:
        """Choose from which probability on the model says yes.

        Parameters
        ----------
        evaluation
            On rows that are not held out; a stored one belongs to a run.
        cost
            What wrong decisions cost: ``{"false_positive": 1, "false_negative": 10}``.
        precision, recall
            What has to be reached, instead of a cost; the other one is then as high as it can be.
        store
            Keep it with the logged model: later evaluations of it decide there.

        Raises
        ------
        ThresholdError
            When no threshold reaches it.
        """
        return self._deciding.choose(evaluation, cost=cost, precision=precision, recall=recall, store=store)

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def get(self, evaluation_id: str, *, curves: bool = False) -> EvaluationResult:
        """Return an evaluation; with ``curves`` they are read from its run.

        Raises
        ------
        EvaluationNotFoundError
            When there is none.
        """
        found = self._keeper.get(evaluation_id)
        return self._keeper.with_curves(found) if curves else found

    def latest(self, run: Any) -> EvaluationResult | None:
        """Return the newest evaluation of a run, None when it was never evaluated."""
        found = self._keeper.read(evaluations.c.run_id == self._id(run), 1)
        return found[0] if found else None

    def list(self, run: Any = None, *, limit: int = 100, curves: int = 0) -> Results:
        """Return evaluations, newest first: of a run, or of all; the first ``curves`` of them with their curves."""
        found = self._keeper.read(sa.true() if run is None else evaluations.c.run_id == self._id(run), limit)
        return [*map(self._keeper.with_curves, found[:curves]), *found[curves:]]

    def comparisons(self, run: Any = None, *, limit: int = 100) -> Comparisons:
        """Return comparisons, newest first: those with a run's model as challenger, or all."""
        return self._compared.of(None if run is None else self._id(run), limit)

    def comparison(self, comparison_id: str) -> Comparison:
        """Return a comparison.

        Raises
        ------
        ComparisonNotFoundError
            When there is none.
        """
        return self._compared.get(comparison_id)

    def _id(self, run: Any) -> str:
        text = str(run)
        return text if re.fullmatch(r"[0-9a-f]{32}", text) else self._runs.resolve(run)

    # -- gates -----------------------------------------------------------------------------------------------------------------------

    def counting(self, run: Any) -> EvaluationResult | None:
        """Return the evaluation that counts: the newest on held-out rows, else the newest."""
        held = sa.and_(evaluations.c.run_id == self._id(run), evaluations.c.look_id.is_not(None))
        found = self._keeper.read(held, 1)
        return found[0] if found else self.latest(run)

    def baseline(self, run: Any, champion_run: str, metric: str, version: int | None = None) -> BaselineFact | None:
        """Return what a run's comparison with a champion's run says in a metric, None when they were never compared."""
        found = self._compared.with_champion(self._id(run), champion_run)
        return baseline_fact(found, metric, version) if found is not None else None

    def facts(self, run: Any, card: ScopeCard | None = None) -> Facts:
        """Return what is known of a run for the gates of a scope card; with a card also what only it asks for."""
        return self._gating.facts(run, self.counting(run), card)

    def asked(self, facts: Facts, card: ScopeCard, run_id: str | None) -> Facts:
        """Add to facts what only this card asks for: rows and age of the data, leaks, its own queries."""
        return self._gating.collector.asked(facts, card, run_id)

    def gates(self, run: Any, *, scope: str | None = None) -> GateReport:
        """Judge a run by a scope card: the one named, else the one it was started with.

        Raises
        ------
        InvalidParameterError
            When no card is named and the run has none.
        ScopeNotFoundError
            When there is no such card.
        """
        scope = self._gating.scope_of(run, scope)
        return self._gating.judge(scope, self.facts(run, self._scopes.get(scope).card))

    # -- model cards -----------------------------------------------------------------------------------------------------------------

    def card(self, run: Any, *, scope: str | None = None, keep: bool = False) -> ModelCard:
        """Return the model card of a run: what is on record of it, each fact with its hash.

        Parameters
        ----------
        scope
            The scope card it is judged by; by default the one the run was started with.
        keep
            Write it into the run, where :meth:`verify_card` finds it.
        """
        record = self._runs.get(run)
        made = self._cards.make(record, self.counting(record.run_id), scope)
        return self._cards.keep(made) if keep else made

    def verify_card(self, run: Any, card: ModelCard | None = None) -> CardCheck:
        """Say which facts of a run's card, the kept one by default, are no longer what is on record.

        Raises
        ------
        NoCardError
            When no card was kept.
        """
        return self._cards.verify(self._runs.get(run), card)
