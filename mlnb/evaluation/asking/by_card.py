"""What a scope card asks of an evaluation: target, slices, the best k, protected groups, the positive class, explanations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError, MlnbError, did_you_mean
from mlnb.scope.card import ScopeCard, ScopeCardError
from mlnb.scope.gates import GroupFact
from mlnb.training.scoring.fairness import group_gaps
from mlnb.training.scoring.metrics import Predictions, full_name
from mlnb.training.scoring.slices import Slice, make_slices

if TYPE_CHECKING:
    import pandas as pd

    from mlnb.catalog.service import Catalog

#: Which explanations are made; None leaves it to the card.
Explain: TypeAlias = Literal["none", "global", "per_prediction"] | None


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

    @property
    def best(self) -> dict[str, float]:
        """The metrics of the best share of rows, and the share."""
        goals = self._card.metrics if self._card is not None else []
        return {goal.name: goal.k for goal in goals if goal.k is not None}

    @property
    def first(self) -> str | None:
        """The metric by which the card decides."""
        return full_name(self._card.primary.name) if self._card is not None else None

    def target(self, data: Any, targets: Any) -> tuple[Any, Any]:
        """Return data and target: as given, else those of the card.

        Raises
        ------
        InvalidParameterError
            When nobody says what is predicted, or on which rows.
        """
        target = self._card.target if self._card is not None else None
        data = target.table if data is None and target is not None else data
        targets = target.column if targets is None and target is not None else targets
        if data is None or targets is None:
            missing, option = ("targets", "--target") if data is not None else ("data", "--data")
            raise InvalidParameterError(
                f"Nobody says {'what is predicted' if data is not None else 'which rows to evaluate on'}.",
                hint=f"Give {missing}=… ({option}), or a scope card that names them: scope='NAME' (--scope).",
            )
        return data, targets

    def fairness(
        self,
        predictions: Predictions,
        inputs: pd.DataFrame,
        given: Sequence[str] | str | None = None,
        *,
        confidence: float = 0.95,
    ) -> list[GroupFact]:
        """Return the rates of the protected groups, those given and the card's, beside everybody else's."""
        needs = self._card.fairness if self._card is not None else None
        named = [given] if isinstance(given, str) else list(given or ())
        texts = dict.fromkeys([*named, *(needs.protected if needs is not None else ())])
        groups = [piece for text in texts for piece in self._groups(text, inputs)]
        return [GroupFact(**asdict(gap)) for gap in group_gaps(predictions, groups, confidence=confidence)]

    def explanations(self, given: Explain) -> Explain:
        """Return which explanations are wanted: as given, else what the card asks for."""
        if given is not None or self._card is None or self._card.explainability == "none":
            return given
        return self._card.explainability

    def _groups(self, text: str, inputs: pd.DataFrame) -> list[Slice]:
        """Return the groups of a column, or the one that a condition names."""
        import numpy as np

        if text in inputs.columns:
            return list(make_slices(inputs[text], text))
        from mlnb.catalog.sql.conditions import parse_condition

        try:
            condition = parse_condition(text).sql("databricks")
            query = f"SELECT coalesce({condition}, false) AS inside FROM mlnb_rows"  # noqa: S608 (parsed as one condition)
            restricted = current_caller().source == "rest"
            found = self._catalog.sql(query, frames={"mlnb_rows": inputs}, restricted=restricted).to_arrow()
        except MlnbError as error:
            raise ScopeCardError(
                f"The protected group {text!r} is neither a column of the data nor a condition: {error.message}",
                hint=did_you_mean(text, map(str, inputs.columns)) or "Write a column, or a condition such as age < 25.",
            ) from error
        inside = found.column("inside").to_numpy(zero_copy_only=False).astype(bool)
        return [Slice(text, "yes", np.flatnonzero(inside))]
