"""The supervisor's part: starts a worker for a refresh that waits, and gives back the ones whose process is gone."""

from __future__ import annotations

import logging
import sys
import uuid
from typing import TYPE_CHECKING

from mlnb.core.processes import spawn
from mlnb.core.supervisor import Reconciler
from mlnb.monitoring.records import MonitoringSettings
from mlnb.monitoring.store import MonitorStore, Row, lives

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

log = logging.getLogger("mlnb.monitoring")


class MonitorEngine(Reconciler):
    """Makes the rows of refreshes true: one worker at a time, so that monitoring never takes the machine."""

    name = "monitors"

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._store = MonitorStore(ground)
        self._options = ground.settings.section("monitoring", MonitoringSettings)

    def tick(self, now_ms: int) -> None:
        """Give back what was lost, then start the oldest refresh that waits if nothing runs."""
        busy = False
        for row in self._store.open_refreshes():
            if row.worker_id is None:
                continue
            if lives(row):
                busy = True
            else:
                log.warning("the refresh %s lost its process %s", row.id, row.pid)
                self._store.give_back(row)
        if busy:
            return
        for row in self._store.open_refreshes():
            if row.state == "PENDING":
                self._start(row, now_ms)
                return

    def _start(self, row: Row, now_ms: int) -> None:
        worker_id = str(uuid.uuid4())
        if not self._store.reserve(row.id, worker_id, now_ms + int(self._options.lease_seconds * 1000)):
            return
        process = spawn(
            [sys.executable, "-m", "mlnb.monitoring.worker", str(self._ground.path), str(row.id), worker_id],
            log_path=self._ground.path / "logs" / "monitoring.log",
            cwd=self._ground.root,
        )
        self._store.set_process(row.id, worker_id, process)
