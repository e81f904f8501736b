"""Frames that outputs on the screen still ask about: the last few, by the id of their profile or grid."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import Any

from mlnb.core.caller import current_caller
from mlnb.core.errors import NotFoundError

from .rows import SECONDS, Rows

#: Frames that are kept, and bytes beyond which older ones go earlier.
KEPT = 8
KEPT_BYTES = 4 << 30


class FrameNotFoundError(NotFoundError):
    """Nothing is kept under this id any more: the process that had the rows has ended, or other frames took their place."""

    code = "FRAME_NOT_FOUND"
    default_hint = "Run the cell again."


class Frames:
    """Keeps the rows behind outputs; the oldest go first. In a process that answers several people each has their own.

    Parameters
    ----------
    seconds
        Limit of one question about any of them.
    """

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._rows: OrderedDict[tuple[str, str], Rows] = OrderedDict()

    def keep(self, id: str | None, frame: Any, *, name: str | None = None) -> str:
        """Keep a frame under an id, by default a new one, and return the id."""
        key = id or f"grid-{secrets.token_hex(6)}"
        rows = frame if isinstance(frame, Rows) else Rows(frame, name=name, seconds=self.seconds)
        with self._lock:
            # Whoever is asking the rows that go now gets an answer: they are let go when nobody holds them.
            self._rows.pop(_own(key), None)
            self._rows[_own(key)] = rows
            self._fit()
        return key

    def has(self, id: str) -> bool:
        """Say whether anything is kept under an id."""
        with self._lock:
            return _own(id) in self._rows

    def get(self, id: str) -> Rows:
        """Return the rows kept under an id.

        Raises
        ------
        FrameNotFoundError
            When there are none any more.
        """
        with self._lock:
            if _own(id) not in self._rows:
                raise FrameNotFoundError(f"The rows behind {id} are not kept any more.")
            self._rows.move_to_end(_own(id))
            return self._rows[_own(id)]

    def drop(self, id: str) -> None:
        """Let the rows under an id go."""
        with self._lock:
            self._rows.pop(_own(id), None)

    def _fit(self) -> None:
        """Let the oldest go until number and bytes fit; the newest always stays."""
        while len(self._rows) > KEPT:
            self._rows.popitem(last=False)
        while len(self._rows) > 1 and sum(rows.nbytes for rows in self._rows.values()) > KEPT_BYTES:
            self._rows.popitem(last=False)


def _own(id: str) -> tuple[str, str]:
    """The key of the caller's rows: what somebody may read says nothing of what others may."""
    return current_caller().principal, id
