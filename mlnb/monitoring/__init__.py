"""Stage 8: what the data looks like from day to day, how it drifts, and whether the predictions are still right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .records import InferenceLog as InferenceLog
    from .records import LabelSource as LabelSource
    from .records import Snapshot as Snapshot
    from .records import TimeSeries as TimeSeries

__all__ = ["InferenceLog", "LabelSource", "Snapshot", "TimeSeries"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from . import records

        return getattr(records, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
