"""A run in the background in hand: how far it is, what it printed, stop it, wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records_background import BackgroundInfo

if TYPE_CHECKING:
    from .room import Background


class BackgroundRun:
    """A run that goes on in a process of its own; ``ws.runs.background_info(run_id)`` finds it again after a restart.

    Attributes
    ----------
    run_id
        Of the run, as everywhere.
    """

    def __init__(self, background: Background, run_id: str) -> None:
        self._background = background
        self.run_id = run_id

    @property
    def info(self) -> BackgroundInfo:
        """Everything that is known of it now."""
        return self._background.info(self.run_id)

    @property
    def state(self) -> str:
        """``QUEUED``, ``RUNNING``, ``STOPPING`` or ``ENDED``."""
        return self.info.state

    @property
    def status(self) -> str:
        """Of the run: ``SCHEDULED``, ``RUNNING``, ``FINISHED``, ``FAILED`` or ``KILLED``."""
        return self.info.status

    def log(self, offset: int = 0, limit: int = 262_144) -> str:
        """Return what it has printed; a negative ``offset`` counts from the end, in bytes."""
        return self._background.log(self.run_id, offset, limit, bytes).text

    def wait(self, timeout: float | None = None) -> BackgroundInfo:
        """Wait until it is over, at most ``timeout`` seconds, and return how it is then."""
        return self._background.wait(self.run_id, timeout)

    def stop(self) -> BackgroundInfo:
        """Stop it: its cell is interrupted, and its kernel killed when that does not help."""
        self._background.stop(self.run_id)
        return self.info

    def __str__(self) -> str:
        found = self.info
        done = sum(cell.state == "done" for cell in found.cells)
        return f"{found.name} ({self.run_id[:8]}) {found.status} in the background: cell {done} of {len(found.cells)}"

    __repr__ = __str__
