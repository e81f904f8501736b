"""Where the rows of a frame came from, as far as the frame says so.

A pandas frame carries it in ``attrs``, which follows the frame through most of what is done to it. Frames of other libraries have no
such place: of those it is remembered while the very object lives, and what is made from them says nothing.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

#: The attribute of a pandas frame. Rows of one table have ``table``, ``version``, ``columns`` and ``filtered``; what a query made of
#: tables that were read without their held-out rows has ``tables`` (names and versions) and ``guarded`` (the tables that have any).
SOURCE = "mlnb.source"

_known: dict[int, Mapping[str, Any]] = {}


def origin_of(frame: Any) -> Mapping[str, Any]:
    """Return what a frame says of its origin; empty when it says nothing."""
    attributes = getattr(frame, "attrs", None)
    found = attributes.get(SOURCE) if isinstance(attributes, dict) else _known.get(id(frame))
    return found if isinstance(found, Mapping) else {}


def note_origin_of(frame: Any, origin: Mapping[str, Any] | None) -> None:
    """Let a frame say where its rows came from."""
    if not origin:
        return
    if isinstance(getattr(frame, "attrs", None), dict):
        frame.attrs[SOURCE] = dict(origin)
    elif id(frame) not in _known:
        _known[id(frame)] = dict(origin)
        weakref.finalize(frame, _known.pop, id(frame), None).atexit = False
