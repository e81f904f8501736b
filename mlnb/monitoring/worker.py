"""The process that does one refresh: `python -m mlnb.monitoring.worker WORKSPACE REFRESH_ID WORKER_ID`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from mlnb.catalog.service import Catalog
from mlnb.core.caller import Caller, calling
from mlnb.core.clock import now_ms
from mlnb.core.ground import Ground
from mlnb.core.processes import current_process
from mlnb.monitoring.records import MonitoringSettings
from mlnb.monitoring.runner import run_refresh
from mlnb.monitoring.store import MonitorStore


def main(arguments: Sequence[str]) -> int:
    """Do the refresh that the arguments name. Returns 0 unless it failed."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    workspace, number, worker_id = arguments
    ground = Ground(Path(workspace))
    lease = ground.settings.section("monitoring", MonitoringSettings).lease_seconds
    refresh_id = int(number)
    until = now_ms() + int(lease * 1000)
    if not MonitorStore(ground).start(refresh_id, worker_id, current_process(), until):
        return 0
    with calling(Caller(principal=ground.user, source="job", trusted=True)):
        found = run_refresh(ground, Catalog(ground), refresh_id, worker_id)
    return 0 if found.state == "SUCCESS" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
