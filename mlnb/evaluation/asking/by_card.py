"""What a scope card asks of an evaluation: slices, the best k, protected groups, the positive class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import MlnbError, did_you_mean
from mlnb.scope.card import ScopeCard, ScopeCardError
from mlnb.scope.gates import GroupFact
from mlnb.training.scoring.fairness import at_k, group_gaps
from mlnb.training.scoring.metrics import Predictions
from mlnb.training.scoring.slices import Slice, make_slices

if TYPE_CHECKING:
    import pandas as pd

    from mlnb.catalog.service import Catalog


class ByCard:
    """A card as one evaluation reads it.

    Parameters
    ----------
    card
        None asks for nothing.
    """

    def __init__(self, card: ScopeCard | None, catalog: Catalog) -> None:
        self._card, self._catalog = card, catalog

    def slices(self, given: Sequence[str]) -> list[str]:
        """Return the slice columns: those given, and those of the card's metrics."""
        asked = [column for goal in self._card.metrics for column in goal.by] if self._card is not None else []
        return list(dict.fromkeys([*given, *asked]))

    def positive(self, given: Any) -> Any:
        """Return the positive class: as given, else the card's."""
        target = self._card.target if self._card is not None else None
        return target.positive if given is None and target is not None else given

    def metrics(self, predictions: Predictions) -> dict[str, float]:
        """Return the metrics that only the card knows how to take."""
        goals = [goal for goal in self._card.metrics if goal.k is not None] if self._card is not None else []
        return {goal.name: found[goal.name] for goal in goals if goal.name in (found := at_k(predictions, goal.k or 1))}

    def fairness(self, predictions: Predictions, inputs: pd.DataFrame) -> list[GroupFact]:
        """Return the metrics of the card's protected groups."""
        needs = self._card.fairness if self._card is not None else None
        if needs is None:
            return []
        groups = [piece for text in needs.protected for piece in self._groups(text, inputs)]
        gaps = group_gaps(predictions, groups)
        return [GroupFact(**asdict(gap)) for gap in gaps if gap.metric in needs.max_gap]

    def _groups(self, text: str, inputs: pd.DataFrame) -> list[Slice]:
        """Return the groups of a column, or the one that a condition names."""
        import numpy as np

        if text in inputs.columns:
            return list(make_slices(inputs[text], text))
        from mlnb.catalog.sql.front import parse_condition

        try:
            condition = parse_condition(text).sql("databricks")
            query = f"SELECT coalesce({condition}, false) AS inside FROM mlnb_rows"  # noqa: S608 (parsed as one condition)
            found = self._catalog.sql(query, frames={"mlnb_rows": inputs}).to_arrow()
        except MlnbError as error:
            raise ScopeCardError(
                f"The protected group {text!r} is neither a column of the data nor a condition: {error.message}",
                hint=did_you_mean(text, map(str, inputs.columns)) or "Write a column, or a condition such as age < 25.",
            ) from error
        inside = found.column("inside").to_numpy(zero_copy_only=False).astype(bool)
        return [Slice(text, "yes", np.flatnonzero(inside))]
