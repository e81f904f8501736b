"""Comparisons: made of a challenger's answer and a champion's, and kept."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError
from mlnb.training.scoring.metrics import FACTS, canonical_metric, compute_metrics
from mlnb.training.scoring.paired import compare_predictions

from ..asking.held_out import model_digest
from ..asking.predict import Scorer, load_scorer
from ..asking.question import model_of, predict
from ..measuring.making import first_metric
from ..records_compare import Comparison, MetricComparison
from .cache import PredictionCache

if TYPE_CHECKING:
    from mlnb.training.scoring.metrics import Predictions

    from ..asking.question import Answer
    from ..asking.rows import EvaluationData
    from ..keeping.compared import ComparisonKeeper
    from ..stage import Stage

#: ``models:/NAME/VERSION`` or ``models:/NAME@ALIAS``; a logged model's ``models:/m-…`` has no name.
_REGISTERED = re.compile(r"models:/(?P<name>[^/@]+)[/@].+")
_DRAWS = 2000


@dataclass(frozen=True)
class Champion:
    """The model to beat, and what it said of the challenger's rows."""

    scorer: Scorer
    predictions: Predictions
    notes: Sequence[str]

    @property
    def metrics(self) -> dict[str, float]:
        """Its metrics on these rows."""
        return compute_metrics(self.predictions)


@dataclass(frozen=True)
class Sides:
    """Two sets of predictions of the same rows, and where they come from."""

    challenger: Predictions
    champion: Predictions
    challenger_uri: str | None
    champion_uri: str | None
    champion_run_id: str | None
    data: str
    data_version: int | None
    notes: Sequence[str] = ()
    best: Mapping[str, float] = field(default_factory=dict)
    first: str | None = None


class Comparing:
    """Makes comparisons.

    Parameters
    ----------
    keeper
        Keeps them.
    """

    def __init__(self, stage: Stage, keeper: ComparisonKeeper) -> None:
        self._stage, self._keeper = stage, keeper
        ground = stage.ground
        self._cache = PredictionCache(ground.path / "cache" / "predictions", ground.files)

    def champion(self, model: Any, answer: Answer) -> Champion:
        """Ask the champion about the challenger's rows, unless it was asked before.

        Raises
        ------
        InvalidParameterError
            When ``@ALIAS`` is given and the challenger has no registered name.
        """
        model = model_of(self._stage, named(model, answer.scorer.uri))
        scorer = load_scorer(model, self._stage.ground.tracking)
        digest = model_digest(model, scorer.uri, self._stage.ground.tracking) if scorer.uri is not None else "object:"
        # The threshold kept with a model is part of what it says.
        digest += f"\n{scorer.threshold}" if scorer.threshold is not None else ""
        found = self._cache.read(digest, answer.rows, answer.predictions)
        if found is not None:
            return Champion(scorer, found, ["The champion's predictions of these rows were on record."])
        predictions, _ = self._asked(scorer, answer.rows, answer.predictions)
        self._cache.write(digest, answer.rows, predictions)
        return Champion(scorer, predictions, [])

    @staticmethod
    def _asked(scorer: Scorer, rows: EvaluationData, like: Predictions) -> tuple[Predictions, list[str]]:
        positive = like.classes[-1] if like.is_binary else None
        found, notes = predict(scorer, rows, like.model_type, positive)
        if found.classes != like.classes:
            words = " and ".join(", ".join(map(str, p.classes)) for p in (like, found))
            raise InvalidParameterError(
                f"The models know different classes: {words}.", hint="Compare models of the same target."
            )
        return found, notes

    def make(
        self,
        answer: Answer,
        champion: Champion,
        *,
        run_id: str | None,
        metrics: Sequence[str] | None = None,
        margin: float = 0.0,
        draws: int = _DRAWS,
        seed: int = 0,
    ) -> Comparison:
        """Compare a challenger's answer with the champion's, and keep it."""
        rows = answer.rows
        sides = Sides(
            answer.predictions,
            champion.predictions,
            answer.scorer.uri,
            champion.scorer.uri,
            champion.scorer.run_id,
            rows.name,
            rows.version,
            [*rows.notes, *champion.notes],
            answer.asks.best,
            answer.asks.first,
        )
        made = self.measure(sides, metrics=metrics, margin=margin, draws=draws, seed=seed)
        look = answer.look
        if look is not None:
            said = f"Look {look.number} of {look.allowed} at the held-out rows of {look.table_name}"
            notes = [*made.notes, f"{said}{', taken before' if look.repeated else ''}."]
            made = made.model_copy(
                update={"look": look.number, "looks_allowed": look.allowed, "look_id": look.id, "notes": notes}
            )
        return self._keeper.keep(made.model_copy(update={"run_id": run_id}))

    def between(self, sides: Sides, *, run_id: str | None, **options: Any) -> Comparison:
        """Compare two sets of predictions, with the options of :meth:`measure`, and keep it."""
        return self._keeper.keep(self.measure(sides, **options).model_copy(update={"run_id": run_id}))

    def measure(
        self, sides: Sides, *, metrics: Sequence[str] | None, margin: float, draws: int, seed: int
    ) -> Comparison:
        """Return the comparison of two sets of predictions.

        Raises
        ------
        UnknownMetricError
            For a metric that neither has.
        """
        wanted = _wanted(sides.challenger, sides.champion, metrics, margin=margin, draws=draws)
        found = compare_predictions(
            sides.challenger,
            sides.champion,
            metrics=[*wanted, *sides.best] if wanted else None,
            margin=margin,
            draws=draws,
            confidence=self._stage.settings.confidence,
            seed=seed,
            best=sides.best,
        )
        # A metric with an interval can be decided: it comes first, where nobody named one.
        bounded = {item.metric: item.difference for item in found if item.lower is not None}
        first = wanted or ([sides.first] if sides.first is not None else [])
        primary = first_metric(bounded or {item.metric: 0.0 for item in found}, first) or found[0].metric
        verdict = next(item.verdict for item in found if item.metric == primary)
        ordered = sorted(found, key=lambda item: item.metric != primary)
        return Comparison(
            id=uuid.uuid4().hex,
            challenger_uri=sides.challenger_uri,
            champion_uri=sides.champion_uri,
            champion_run_id=sides.champion_run_id,
            data=sides.data,
            data_version=sides.data_version,
            n_rows=len(sides.challenger),
            margin=margin,
            primary=primary,
            verdict=verdict,
            metrics=[MetricComparison(**asdict(item)) for item in ordered],
            notes=list(sides.notes),
            created_by=current_caller().principal,
            created_at=now_ms(),
        )

    @staticmethod
    def check(
        answer: Answer,
        champion: Champion,
        *,
        metrics: Sequence[str] | None = None,
        margin: float = 0.0,
        draws: int = _DRAWS,
    ) -> None:
        """Make sure that a comparison can be made, before anything is counted or kept.

        Raises
        ------
        InvalidParameterError
            For options out of range, and metrics that not both models have.
        """
        _wanted(answer.predictions, champion.predictions, metrics, margin=margin, draws=draws)


def _wanted(
    challenger: Predictions, champion: Predictions, metrics: Sequence[str] | None, *, margin: float, draws: int
) -> list[str]:
    """Return MLflow's names of the metrics asked for, once it is sure that both models have them."""
    if not margin >= 0:
        raise InvalidParameterError(f"The margin {margin:g} is negative.", hint="Use 0 or more.")
    if not 0 <= draws <= 100_000:
        raise InvalidParameterError(f"{draws} draws cannot be made.", hint="Use 0 to 100,000.")
    wanted = [canonical_metric(name, challenger.model_type) for name in metrics or ()]
    shared = (compute_metrics(challenger).keys() & compute_metrics(champion).keys()) - set(FACTS)
    missing = [name for name in wanted if name not in shared]
    if missing or not shared:
        raise InvalidParameterError(
            f"Not both models have {', '.join(missing) or 'a metric in common'}.",
            hint="Without probabilities there is no AUC and no log-loss: compare by accuracy_score or f1_score.",
        )
    return wanted


def named(model: Any, challenger: str | None) -> Any:
    """Return the model that ``@ALIAS`` means: the alias of the challenger's own registered name."""
    if not isinstance(model, str) or not model.startswith("@") or model == "@last" or model.startswith("@best:"):
        return model
    match = _REGISTERED.fullmatch(challenger or "")
    if match is None:
        raise InvalidParameterError(
            f"{model} is an alias, but the challenger {challenger or 'is no model of the registry'} has no name.",
            hint=f"Give the whole address: models:/NAME{model}.",
        )
    return f"models:/{match['name']}{model}"
