"""Fixtures of the tests of monitoring: a service over real tables, and a supervisor that runs monitors only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlnb.core.ground import Ground

sys.path.insert(0, str(Path(__file__).parent))  # for monitoring_data
from monitoring_data import Log, make_baseline


@pytest.fixture
def monitors(ws: Any) -> Any:
    """The service over the fixture's workspace, without the stages between catalog and monitoring."""
    from mlnb.monitoring.service import Monitors

    return Monitors(ws, ws.catalog)


@pytest.fixture
def catalog(ws: Any) -> Any:
    return ws.catalog


@pytest.fixture
def watched(monitors: Any, catalog: Any) -> Callable[..., Any]:
    """Makes a monitored log `main.default.log` with labels in `truth` and a baseline `base`."""
    from mlnb.monitoring.records import InferenceLog, LabelSource

    def make(log: Log, *, granularities: list[str] | None = None, labels: int | None = None, **options: Any) -> Any:
        catalog.create_table("main.default.log", log.rows)
        catalog.create_table(
            "main.default.truth", log.labels.slice(0, labels if labels is not None else len(log.labels))
        )
        if options.setdefault("baseline_table_name", "main.default.base"):
            catalog.create_table("main.default.base", make_baseline())
        profile = InferenceLog(
            timestamp_col="at_time",
            granularities=granularities or ["1 day"],
            problem_type="classification",
            prediction_col="prediction",
            model_id_col="model_id",
        )
        source = LabelSource(table="main.default.truth", request_id_col="databricks_request_id", label_col="late")
        return monitors.create("main.default.log", profile=profile, labels=source, **options)

    return make


SUPERVISOR = """
import sys
from pathlib import Path
from mlnb.catalog.service import Catalog
from mlnb.core.ground import Ground
from mlnb.core.supervisor import run_supervisor
from mlnb.monitoring.service import Monitors
ground = Ground(Path(sys.argv[1]))
sys.exit(run_supervisor(ground.metastore, ground.journal, Monitors(ground, Catalog(ground)).reconcilers))
"""


@pytest.fixture
def supervised(ws: Any, tmp_path: Path) -> Any:
    """A ground whose supervisor runs monitors only, so that other stages' work does not disturb the timing."""
    script = tmp_path / "supervisor.py"
    script.write_text(SUPERVISOR)
    ground = Ground(ws.path, supervisor_command=(sys.executable, str(script), str(ws.path)))
    yield ground
    if ground.supervisor.status().running:
        ground.supervisor.stop()
    ground.close()
