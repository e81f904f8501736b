"""What gives the outcome away in the data of a run that works towards a scope card."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import MlnbError

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.explore.records_parts import Leakage

TAG = "mlnb.leakage"
FILE = "mlnb/leakage.json"
#: Rows below which a column can give nothing away.
_FEWEST_ROWS = 30


@dataclass(frozen=True)
class Screened:
    """The verdict on a run's data, as it is stored and said."""

    verdict: Leakage

    @property
    def tag(self) -> str:
        """``passed``, ``warned`` or ``blocked``."""
        return "blocked" if self.verdict.blocked else "warned" if self.verdict.warnings else "passed"

    @property
    def note(self) -> str | None:
        """What to say about it, None when nothing was found."""
        if self.tag == "passed":
            return None
        worst = (self.verdict.blocked or self.verdict.warnings)[0]
        stops = " Its models do not pass the gate leakage." if self.verdict.blocked else ""
        return f"Leakage: {worst.message}{stops}"

    @property
    def file(self) -> str:
        """The findings as JSON."""
        return json.dumps(self.verdict.to_dict(), indent=1, default=str)


def screened(ground: Ground, catalog: Catalog, scope: str, values: Iterable[Any]) -> Screened | None:
    """Look for what gives the card's target away in the widest frame that has it; None where there is no such frame.

    Parameters
    ----------
    scope
        Name of the card.
    values
        What the code used and bound.
    """
    from mlnb.explore.service import Explore
    from mlnb.scope.service import Scopes

    scopes = Scopes(ground, catalog)
    card = scopes.get(scope).card
    if card.target is None or scopes.holdouts.settings.leakage_gate == "off":
        return None
    target = card.target.column
    frames = [value for value in values if target in _columns(value) and len(value) >= _FEWEST_ROWS]
    if not frames:
        return None
    widest = max(frames, key=lambda frame: (len(_columns(frame)), len(frame)))
    try:
        return Screened(Explore(ground, catalog, scopes).leakage(widest, target, scope=scope))
    except MlnbError:  # a frame of a kind that no profile is made of
        return None


def _columns(value: Any) -> list[str]:
    if type(value).__module__.partition(".")[0] not in ("pandas", "polars", "pyarrow"):
        return []
    names = getattr(value, "column_names", None)
    names = getattr(value, "columns", None) if names is None else names
    try:
        return [str(name) for name in names] if names is not None else []
    except TypeError:
        return []
