"""What is written down of a run in the background, and what the supervisor makes of it; no process is started."""

from __future__ import annotations

from typing import Any

import pytest

from mlnb.core.caller import calling, current_caller
from mlnb.core.clock import now_ms
from mlnb.core.processes import ProcessIdentity
from mlnb.training.background import launching
from mlnb.training.background.care import BackgroundCare
from mlnb.training.background.ending import Ending, end_run
from mlnb.training.background.plan import Plan, PlannedCell
from mlnb.training.background.store import BackgroundStore, caller_of
from mlnb.training.records import run_sessions

ELSEWHERE = ProcessIdentity("another-computer", "boot", 1, 0.0)


@pytest.fixture
def store(ws: Any) -> BackgroundStore:
    return BackgroundStore(ws)


def launch(ws: Any, store: BackgroundStore) -> str:
    plan = Plan([PlannedCell("1", kind="run")], ws.tracking.experiment_id("e"), name="n")
    return launching.launch(ws, store, plan)


def test_whoever_asks_for_a_run_has_no_more_rights_in_it_than_before(ws: Any, store: BackgroundStore) -> None:
    asker = {"principal": "grace", "groups": ("readers",), "agent": "assistant", "job_run_id": "7", "source": "rest"}
    with calling(**asker):
        caller = current_caller()
        row = store.row(launch(ws, store))
    assert row is not None
    assert caller_of(row) == caller
    env = row.options["env"]
    assert (env["MLNB_USER"], env["MLNB_AGENT"], env["MLNB_JOB_RUN_ID"]) == ("grace", "assistant", "7")


def test_a_run_that_cannot_be_written_down_is_not_left_behind(
    ws: Any, store: BackgroundStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(launching, "_lay_out", full)
    with pytest.raises(OSError, match="no space"):
        launch(ws, store)
    assert store.rows() == []
    assert ws.runs.search("").total == 0


def test_a_run_that_closed_itself_has_the_status_it_wanted_though_its_process_was_killed(
    ws: Any, store: BackgroundStore
) -> None:
    run_id = launch(ws, store)
    store.take(run_id, ELSEWHERE)
    with ws.runs.start(resume=run_id, experiment="e"):
        pass
    ws.tracking.client().update_run(run_id, status="RUNNING")  # MLflow's store had not heard of it
    with ws.metastore.begin() as connection:
        connection.execute(run_sessions.update().values(state="RUNNING", desired_state="FINISHED"))
    assert end_run(ws, store, run_id, Ending("KILLED", "process_died", "It was killed.")) == "FINISHED"
    record = ws.runs.get(run_id)
    assert (record.status, record.error, record.session["state"]) == ("FINISHED", None, "ENDED")
    assert end_run(ws, store, run_id, Ending("FAILED", None, "once more")) == "FINISHED"


def test_a_run_of_another_computer_is_given_up_after_a_long_silence(ws: Any, store: BackgroundStore) -> None:
    run_id, care = launch(ws, store), BackgroundCare(ws, ws.runs._settings)
    store.take(run_id, ELSEWHERE)
    minute = 60_000
    care.tick(now_ms() + 10 * minute)
    assert ws.runs.background_info(run_id).state == "RUNNING"
    ws.progress.put(f"run:{run_id}", "running", 0, 1, "working")
    care.tick(now_ms() + 14 * minute)
    assert ws.runs.background_info(run_id).state == "RUNNING"
    care.tick(now_ms() + 16 * minute)
    info = ws.runs.background_info(run_id)
    assert (info.state, info.status) == ("ENDED", "KILLED")
    assert "Nothing was heard" in info.error["message"]
