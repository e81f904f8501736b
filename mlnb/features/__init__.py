"""Feature store: features written once, the same in training, batch scoring and serving (stage 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import FeatureEngineeringClient as FeatureEngineeringClient
    from .lookup import FeatureLookup as FeatureLookup
    from .training_set import TrainingSet as TrainingSet

__all__ = ["FeatureEngineeringClient", "FeatureLookup", "TrainingSet"]

_MODULES = {"FeatureEngineeringClient": "client", "FeatureLookup": "lookup", "TrainingSet": "training_set"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
