"""Names of parameters and metrics: what a person wrote down comes before what a library says of its insides."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .records import is_system_metric

#: What a scikit-learn pipeline takes for itself, beside its parts.
_OF_PIPELINES = ("memory", "steps", "transform_input", "verbose")


def remoteness(names: Iterable[str]) -> Callable[[str], int]:
    """Return how far each name is from what a person chose.

    Parameters
    ----------
    names
        All names beside which one stands: with ``step__alpha`` among them, ``step`` is a part of a pipeline, too.

    Returns
    -------
    Callable
        Name → 0 (written down), 1 (a pipeline's part or inside of one), 2 (what autologging measures on the training rows) or 3 (the
        computer and our own files).
    """
    parts = {name.partition("__")[0] for name in names if "__" in name.lstrip("_")}
    if parts:
        parts.update(_OF_PIPELINES)

    def rank(name: str) -> int:
        if is_system_metric(name):
            return 3
        if name.startswith("training_"):
            return 2
        return 1 if name in parts or "__" in name.lstrip("_") else 0

    return rank


def written_first(names: Iterable[str]) -> list[str]:
    """Return the names by how far they are from what a person chose, else in their order."""
    every = list(names)
    return sorted(every, key=remoteness(every))
