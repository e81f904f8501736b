"""Fixtures of the tests of jobs: notebooks, and a supervisor that runs jobs only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlnb.core.ground import Ground

sys.path.insert(0, str(Path(__file__).parent))  # for jobs_helpers
from jobs_helpers import make_notebook


@pytest.fixture
def notebook(ws: Any) -> Callable[..., Path]:
    """Writes a notebook into the notebook root."""

    def make(name: str, *cells: str, **options: Any) -> Path:
        return make_notebook(ws.root / name, *cells, **options)

    return make


SUPERVISOR = """
import sys
from pathlib import Path
from mlnb.core.ground import Ground
from mlnb.core.supervisor import run_supervisor
from mlnb.jobs.service import Jobs
ground = Ground(Path(sys.argv[1]))
sys.exit(run_supervisor(ground.metastore, ground.journal, Jobs(ground).reconcilers))
"""


@pytest.fixture
def jobs(ws: Any, tmp_path: Path) -> Any:
    """The service with a supervisor that runs jobs only, so that other stages' work does not disturb the timing."""
    from mlnb.jobs.service import Jobs

    script = tmp_path / "supervisor.py"
    script.write_text(SUPERVISOR)
    ground = Ground(ws.path, supervisor_command=(sys.executable, str(script), str(ws.path)))
    service = Jobs(ground)
    yield service
    for run in service.runs(active=True).items:
        service.cancel(run.run_id)
        service.wait(run.run_id, 60)
    if ground.supervisor.status().running:
        ground.supervisor.stop()
    ground.close()
