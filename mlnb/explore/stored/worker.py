"""What the process of one profile does; the door starts it with ``--profile ID``."""

from __future__ import annotations

import logging
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import calling

from ..records_stored import ProfileNotFoundError, ProfileRequest
from .background import caller_of, end, said

if TYPE_CHECKING:
    import sqlalchemy as sa

    from .profiles import Stored

log = logging.getLogger("mlnb.explore")

#: Seconds between two looks at whether the profile is to end, and between two reports of how far it is.
_PERIOD_S = 0.4


def work(explore: Stored, profile_id: str) -> int:
    """Make the profile that a row asks for. Return 0 unless it failed."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    try:
        row = explore.store.row(profile_id)
    except ProfileNotFoundError:
        return 0
    if row.state not in ("RUNNING", "STOPPING"):
        return 0
    watch = _Watch(explore, profile_id)
    try:
        with calling(caller_of(row)), watch:
            _make(explore, row, watch)
    except Exception as error:
        log.exception("the profile failed")
        found = said(error)
        end(explore, profile_id, "FAILED", found["message"], error=found)
        return 1
    state = explore.store.row(profile_id).state
    explore._ground.progress.put(f"profile:{profile_id}", state.lower(), 1, 1, "done")
    return 0


def _make(explore: Stored, row: sa.Row[Any], watch: _Watch) -> None:
    request = row.request
    if "compare" in request:
        watch.report(None, "comparing")
        given: dict[str, Any] = dict(request["compare"])
        made = explore.compare(request["source"], request["right"], **given, comparison_id=row.id)
        assert made.id == row.id
        return
    from ..run import Run

    asked, forbidden = explore._with_card(ProfileRequest.model_validate(request["options"]))
    table = explore._named_table(request["source"])
    made_by = Run(explore, asked, forbidden, row.id)
    made_by.make(request["source"], table, on_progress=watch.report, stop=watch.stop)


class _Watch:
    """Writes down how far a profile is, and sees when somebody stops it."""

    def __init__(self, explore: Stored, profile_id: str) -> None:
        self._explore = explore
        self._id = profile_id
        self._reported = 0.0
        self.stop = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="profile-stop", daemon=True)

    def report(self, share: float | None, text: str) -> None:
        """Store how far the profile is, not more often than anybody looks."""
        now = time.monotonic()
        if now - self._reported >= _PERIOD_S:
            self._reported = now
            done, total = (share, 1.0) if share is not None else (0.0, 0.0)
            self._explore._ground.progress.put(f"profile:{self._id}", "running", done, total, text)

    def _look(self) -> None:
        while not self._over.wait(_PERIOD_S):
            try:
                if self._explore.store.row(self._id).state == "STOPPING":
                    self.stop.set()
                    return
            except ProfileNotFoundError:
                self.stop.set()
                return

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
