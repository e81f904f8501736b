"""One look at held-out rows for one model and its metrics."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlnb.scope.holdout_records import HoldoutLook
from mlnb.training.recording.capture import is_number

from ..records import EvaluationResult
from .held_out import look_notes, model_digest

if TYPE_CHECKING:
    from mlnb.core.ground import Ground
    from mlnb.scope.holdout import Holdouts


class Asked:
    """What somebody wants to know of held-out rows.

    Parameters
    ----------
    model, uri
        The model, and where it is when it was logged.
    metrics
        The ones asked for; all when empty.
    targets
        What is predicted.
    """

    def __init__(
        self, ground: Ground, holdouts: Holdouts, model: Any, uri: str | None, metrics: Sequence[str], targets: Any
    ) -> None:
        self._tracking, self._holdouts = ground.tracking, holdouts
        self._model, self._uri = model, uri
        target = targets if isinstance(targets, str) else "values"
        self._metrics = f"{target}: {', '.join(sorted(metrics)) or 'all'}"

    @cached_property
    def digest(self) -> str:
        """What names the model."""
        return model_digest(self._model, self._uri, self._tracking)

    def before(self, table: str) -> HoldoutLook | None:
        """Return the look taken at the same model and metrics before."""
        guards = [guard for guard in self._holdouts.guards(table) if not guard.mixed]
        name = guards[0].holdout.id if guards else table
        return self._holdouts.taken(name, self.digest, self._metrics)

    def take(self, holdout: str, run_id: str | None) -> HoldoutLook:
        """Take the look."""
        return self._holdouts.look(
            holdout, purpose="evaluate", model_digest=self.digest, metric_set=self._metrics, run_id=run_id
        )

    def noted(self, result: EvaluationResult, look: HoldoutLook) -> EvaluationResult:
        """Keep what was seen with the look, and say which one it was with the result."""
        notes, optimism = look_notes(look, result.primary, result.intervals.get(result.primary or ""))
        if not look.repeated:
            self._holdouts.seen(look, {name: value for name, value in result.metrics.items() if is_number(value)})
        return result.model_copy(
            update={
                "look": look.number,
                "looks_allowed": look.allowed,
                "look_id": look.id,
                "optimism": optimism,
                "model_digest": self.digest,
                "notes": [*result.notes, *notes],
            }
        )
