"""What every room of evaluation works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.scope.card import ScopeCard
    from mlnb.scope.service import Scopes
    from mlnb.training.service import Runs

    from .records import EvaluationSettings


@dataclass(frozen=True)
class Stage:
    """The stores below, and the settings.

    Attributes
    ----------
    ground
        The workspace's stores.
    catalog
        Tables to evaluate on.
    scopes, runs
        Cards that name what counts, and runs that keep the results.
    """

    ground: Ground
    catalog: Catalog
    scopes: Scopes
    runs: Runs
    settings: EvaluationSettings

    def card(self, scope: str | None) -> ScopeCard | None:
        """Return the card of that name, None without one."""
        return self.scopes.get(scope).card if scope is not None else None
