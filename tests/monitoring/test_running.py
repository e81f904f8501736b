"""Refreshes under the supervisor: in a worker, killed and taken up again, one at a time."""

from __future__ import annotations

import os
import signal

import pytest
from monitoring_data import make_log

from mlnb.core.processes import current_process
from mlnb.monitoring.service import Monitors
from mlnb.monitoring.store import MonitorStore
from tests.waiting import until

#: A worker that stops half-way the first time: one table is written, the other is not.
HALFWAY = """
import sys, time
from pathlib import Path
from mlnb.monitoring import output, worker

usual = output.OutputTables.write_drift

def write_drift(self, *rest):
    mark = Path("halfway")
    if not mark.exists():
        mark.touch()
        time.sleep(600)
    usual(self, *rest)

output.OutputTables.write_drift = write_drift
sys.exit(worker.main(sys.argv[1:]))
"""
#: What a supervisor does first to start such workers.
STARTS = """
from mlnb.monitoring import engine
spawn = engine.spawn
engine.spawn = lambda command, **more: spawn([command[0], {script!r}, *command[3:]], **more)
"""


def wait_for(monitors, table, states):
    return until(lambda: (found := monitors.refreshes(table)[0]).state in states and found, what=f"one of {states}")


@pytest.fixture
def elsewhere(supervised, catalog):
    return Monitors(supervised, catalog)


def test_the_supervisor_refreshes_in_a_worker(watched, elsewhere, catalog, ws):
    watched(make_log(2, 100))
    asked = elsewhere.refresh("log", wait=False)
    assert asked.state in ("PENDING", "RUNNING", "SUCCESS")
    assert elsewhere.refresh("log", wait=False).refresh_id >= asked.refresh_id
    done = wait_for(elsewhere, "log", ("SUCCESS", "FAILED"))
    assert (done.state, done.message) == ("SUCCESS", None) or "Nothing has changed" in (done.message or "")
    assert catalog.table("main.default.log_profile_metrics").count() > 0
    assert ws.progress.get("monitor:main.default.log").state == "success"
    assert ws.journal.tail(actions=["monitor.refreshed"])


def test_a_killed_refresh_is_taken_up_again_and_the_tables_are_whole(watched, elsewhere, monitors, ws, tmp_path):
    (tmp_path / "halfway.py").write_text(HALFWAY)
    supervisor = tmp_path / "supervisor.py"
    supervisor.write_text(STARTS.format(script=str(tmp_path / "halfway.py")) + supervisor.read_text())
    watched(make_log(6, 100), slicing_exprs=["carrier"])
    elsewhere.refresh("log", wait=False)
    store = MonitorStore(ws)
    until((ws.root / "halfway").exists)
    (row,) = store.open_refreshes()
    assert row.state == "RUNNING"
    os.kill(row.pid, signal.SIGKILL)
    done = wait_for(elsewhere, "log", ("SUCCESS", "FAILED"))
    assert done.state == "SUCCESS"
    assert store.refresh(done.refresh_id).attempt == 2
    assert len(monitors.profile("log", column_name=":table", model_id="*", slice_key=None, log_type="INPUT")) == 6


def test_a_refresh_left_by_a_dead_kernel_does_not_block_the_next(watched, monitors, ws):
    watched(make_log(1, 50))
    store = MonitorStore(ws)
    table_id = store.get("main.default.log").table_id
    gone = current_process().__class__("", "", 1, 0.0)
    left = store.request(table_id, full=False, worker_id="dead", process=gone)
    assert left.state == "RUNNING"
    done = monitors.refresh("log")
    assert (done.state, done.refresh_id) == ("SUCCESS", left.id)


def test_a_failing_refresh_changes_nothing_and_the_next_one_works(watched, monitors, catalog, ws):
    log = make_log(2, 50)
    watched(log)
    monitors.refresh("log")
    before = catalog.table("main.default.log_profile_metrics").version
    catalog.drop("main.default.base", force=True)
    catalog.append("main.default.log", make_log(1, 50, first_day=2).rows)
    with pytest.raises(Exception, match="base"):
        monitors.refresh("log")
    assert catalog.table("main.default.log_profile_metrics").version == before
    assert monitors.refreshes("log")[0].state == "FAILED"
    assert monitors.get("log").status == "MONITOR_STATUS_ERROR"
    assert ws.journal.tail(actions=["monitor.refresh_failed"])
    catalog.undrop("main.default.base")
    assert monitors.refresh("log").state == "SUCCESS"
    assert monitors.get("log").status == "MONITOR_STATUS_ACTIVE"


def test_an_interrupted_refresh_is_canceled_and_the_next_one_works(watched, monitors, monkeypatch):
    from mlnb.monitoring.refresh import Refresh

    watched(make_log(1, 50))

    def interrupted(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Refresh, "run", interrupted)
        monitors.refresh("log")
    assert monitors.refreshes("log")[0].state == "CANCELED"
    assert monitors.refresh("log").state == "SUCCESS"
