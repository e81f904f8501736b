"""A run judged by a scope card: facts collected, the model to beat among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError
from mlnb.scope.gates import BaselineFact, Facts, GateReport
from mlnb.training.scoring.metrics import full_name, names_of

from .facts import Collector

if TYPE_CHECKING:
    from mlnb.scope.card import ScopeCard

    from ..keeping.compared import ComparisonKeeper
    from ..records import EvaluationResult
    from ..records_compare import Comparison
    from ..stage import Stage


class Gating:
    """Judges runs.

    Parameters
    ----------
    compared
        Knows which champions a run's model was compared with.
    """

    def __init__(self, stage: Stage, compared: ComparisonKeeper) -> None:
        self._stage, self._compared = stage, compared
        self.collector = Collector(stage.ground, stage.catalog, stage.runs)

    def facts(self, run: Any, counting: EvaluationResult | None, card: ScopeCard | None) -> Facts:
        """Return what is known of a run; with a card also what only it asks for."""
        record = self._stage.runs.get(run)
        found = self.collector.of(record, counting)
        if card is None:
            return found
        found = self.collector.asked(found, card, record.run_id)
        if card.baseline is None:
            return found
        return found.model_copy(update={"baseline": self._baseline(card, record.run_id)})

    def scope_of(self, run: Any, scope: str | None) -> str:
        """Return the card's name: as given, else the one the run was started with.

        Raises
        ------
        InvalidParameterError
            When there is none.
        """
        scope = scope or (self._stage.runs.get(run).session or {}).get("scope_name")
        if scope is None:
            raise InvalidParameterError(
                "The run was started without a scope card.", hint="Name one: ws.evaluation.gates(run, scope='NAME')."
            )
        return scope

    def judge(self, scope: str, facts: Facts) -> GateReport:
        """Return the verdicts."""
        return self._stage.scopes.check(scope, facts)

    def _baseline(self, card: ScopeCard, run_id: str) -> BaselineFact | None:
        """Return the newest comparison with the alias that the card names."""
        assert card.baseline is not None
        rule = card.baseline.rule.casefold()
        found = [item for item in self._compared.of(run_id, 50) if (item.champion_uri or "").casefold().endswith(rule)]
        chosen = next((item for item in found if item.look is not None), found[0] if found else None)
        return baseline_fact(chosen, card.primary.name) if chosen is not None else None


def baseline_fact(comparison: Comparison, metric: str, version: int | None = None) -> BaselineFact:
    """Return what a comparison says of the model to beat."""
    item = comparison.metric(full_name(metric))
    at = f"@{comparison.data_version}" if comparison.data_version is not None else ""
    where = "held-out rows of " if comparison.look is not None else ""
    return BaselineFact(
        version=version,
        value=item.champion if item is not None else None,
        same_data=True,
        verdict=item.verdict if item is not None else None,
        difference=item.difference if item is not None else None,
        lower=item.lower if item is not None else None,
        upper=item.upper if item is not None else None,
        rows_needed=item.rows_needed if item is not None else None,
        metrics={name: entry.champion for entry in comparison.metrics for name in names_of(entry.metric)},
        own={name: entry.challenger for entry in comparison.metrics for name in names_of(entry.metric)},
        evidence=f"comparison {comparison.id[:8]} on {where}{comparison.data}{at}, {comparison.n_rows:,} rows",
    )
