"""A report in hand: how far it is, wait for it, stop it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .records import OPEN, ReportInfo

if TYPE_CHECKING:
    from .making import Reporting

#: Seconds between two looks at the row.
_LOOK_S = 0.25


class ReportHandle:
    """A full report that is being made, or is there.

    Attributes
    ----------
    id
        Of the report; ``ws.explore.get_report(id)`` finds it again after a restart.
    """

    def __init__(self, explore: Reporting, report_id: str) -> None:
        self._explore = explore
        self.id = report_id

    @property
    def info(self) -> ReportInfo:
        """Everything that is known of it now."""
        return self._explore.get_report(self.id)

    @property
    def state(self) -> str:
        """``RUNNING``, ``STOPPING``, ``STOPPED``, ``SUCCEEDED`` or ``FAILED``."""
        return self.info.state

    @property
    def progress(self) -> float:
        """Share that is done."""
        return self.info.progress

    @property
    def message(self) -> str:
        """What is being done, or why it failed."""
        found = self.info
        hint = (found.error or {}).get("hint")
        return f"{found.message} {hint}" if hint and found.state == "FAILED" else found.message

    @property
    def path(self) -> str | None:
        """The file, once it is there."""
        return self.info.path

    def wait(self, timeout: float | None = None) -> ReportInfo:
        """Wait until it ends, at most ``timeout`` seconds, and return how far it is."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            found = self.info
            if found.state not in OPEN or (deadline is not None and time.monotonic() >= deadline):
                return found
            left = _LOOK_S if deadline is None else max(0.01, min(_LOOK_S, deadline - time.monotonic()))
            time.sleep(left)

    def stop(self) -> None:
        """End it; nothing of it is kept."""
        self._explore.stop_report(self.id)

    def __repr__(self) -> str:
        found = self.info
        said = found.path or f"{found.progress:.0%} {found.message}".strip()
        return f"Report of {found.title}: {found.state.lower()}, {said}"
