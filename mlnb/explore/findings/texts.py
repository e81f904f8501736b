"""The different values of a text column, as they are and not as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..scanning.column import Scanned

#: Longer values are cut: no form is told from what comes later.
LONGEST = 2000


def level_text(scanned: Scanned, index: int) -> str:
    """Return one different value; the levels of a column are cut for showing."""
    whole = getattr(scanned.levels, "whole", None)
    if whole is not None:
        return str(whole(int(index)))[:LONGEST]
    return str(scanned.levels[int(index)]) if scanned.levels is not None else ""


def level_texts(scanned: Scanned) -> list[str]:
    """Return all levels, by their codes: for many of them this is far cheaper than one by one."""
    whole = getattr(scanned.levels, "texts", None)
    if whole is not None:
        return [text[:LONGEST] for text in whole()]
    return list(scanned.levels or ())


def texts_of(scanned: Scanned, most: int) -> list[str]:
    """Return different values of a text column, at most ``most``, evenly drawn."""
    if scanned.codes is None or scanned.levels is None:
        return []
    used = np.flatnonzero(np.bincount(scanned.codes + 1, minlength=2)[1:])
    return [level_text(scanned, i) for i in used[:: max(1, -(-len(used) // most))]]
