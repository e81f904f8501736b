"""Label rows without those that are held out for the final test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.scope.service import Scopes

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.scope.holdout_records import HoldoutNote

    from .frames import Frame


def without_held_out(ground: Ground, catalog: Catalog, data: Any, frame: Frame) -> tuple[Frame, HoldoutNote | None]:
    """Return the rows of a frame that may be trained on, and how many were left out; None where nothing is held out.

    Parameters
    ----------
    data
        What the frame was read from: a table's name was read without its held-out rows already.
    """
    holdouts = Scopes(ground, catalog).holdouts
    if isinstance(data, str):
        return frame, holdouts.note(data)
    split = holdouts.split(data)
    return (frame if split.mask is None else frame.keep(split.mask)), split.note
