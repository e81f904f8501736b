"""The supervisor's part: replays whose kernel was killed get their verdict too, and leave no tables behind."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlnb.core.supervisor import Reconciler

if TYPE_CHECKING:
    from .room import Replaying

log = logging.getLogger("mlnb.training")

#: Milliseconds between two looks for what replays have left behind.
_CLEAR_MS = 3_600_000


class ReplayCare(Reconciler):
    """Judges what nobody else did.

    Parameters
    ----------
    replaying
        Returns the room; made when there is something to do.
    """

    name = "replays"
    period_ms = 10_000

    def __init__(self, replaying: Callable[[], Replaying]) -> None:
        self._replaying = replaying
        self._last = self._cleared = 0

    def tick(self, now_ms: int) -> None:
        """Look every ten seconds."""
        if now_ms - self._last < self.period_ms:
            return
        self._last = now_ms
        if count := self._replaying().finish_lost():
            log.info("%s replays judged", count)
        if now_ms - self._cleared >= _CLEAR_MS:
            self._cleared = now_ms
            self._replaying().clear_away()
