"""Refreshes under the supervisor: in a worker, killed and taken up again, one at a time."""

from __future__ import annotations

import os
import signal
import time

import pytest
from monitoring_data import make_log

from mlnb.core.processes import current_process
from mlnb.monitoring.service import Monitors
from mlnb.monitoring.store import MonitorStore


def wait_for(monitors, table, states, seconds=60.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = monitors.refreshes(table)[0]
        if found.state in states:
            return found
        time.sleep(0.1)
    raise AssertionError(f"still {monitors.refreshes(table)[0]}")


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


def test_a_killed_refresh_is_taken_up_again_and_the_tables_are_whole(watched, elsewhere, monitors, ws):
    watched(make_log(6, 100), slicing_exprs=["carrier"])
    elsewhere.refresh("log", wait=False)
    store, killed = MonitorStore(ws), 0
    deadline = time.monotonic() + 60
    while killed == 0 and time.monotonic() < deadline:
        for row in store.open_refreshes():
            if row.state == "RUNNING" and row.pid != os.getpid():
                os.kill(row.pid, signal.SIGKILL)
                killed += 1
        time.sleep(0.02)
    assert killed == 1
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
