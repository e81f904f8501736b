"""Runs in the background outlive whatever else dies, and end when their own process does."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from mlnb.training.recording.heartbeat import ENDED_BY_TAG
from tests.waiting import alive, until

SLEEPS = """
import time
print("begun", flush=True)
while True:
    time.sleep(0.2)
"""
#: Holds the interpreter and hears no interrupt: what a long call of a library does.
HOLDS = """
import ctypes
print("begun", flush=True)
while True:
    try:
        ctypes.PyDLL(None).sleep(600)
    except KeyboardInterrupt:
        pass
"""


@pytest.fixture(scope="module")
def started(shared: Any) -> dict[str, Any]:
    """Runs that all work at once, each past its first line."""
    codes = {"outlives": SLEEPS, "worker": SLEEPS, "kernel": SLEEPS, "stopped": SLEEPS}
    runs = {name: shared.runs.background(code, name=name, experiment="life") for name, code in codes.items()}
    runs["late"] = shared.runs.background(HOLDS, name="late", experiment="life", timeout=6)
    for run in runs.values():
        until(lambda run=run: "begun" in run.log() or run.state == "ENDED", 240)
    return runs


def worker_of(ws: Any, run: Any) -> int:
    return int(ws.runs._background.store.row(run.run_id).process["pid"])


def kernel_of(ws: Any, run: Any) -> int:
    return int(json.loads((ws.path / "background" / run.run_id / "kernel_process.json").read_text())["pid"])


def test_a_killed_worker_takes_its_kernel_along_and_the_run_is_killed(shared: Any, started: dict[str, Any]) -> None:
    run, kernel = started["worker"], kernel_of(shared, started["worker"])
    sockets = Path(json.loads((shared.path / "background" / run.run_id / "kernel.json").read_text())["ip"]).parent
    assert sockets.is_dir()
    os.kill(worker_of(shared, run), signal.SIGKILL)
    info = until(lambda: run.info if run.state == "ENDED" else None)
    assert info.status == "KILLED"
    assert "ended without a word" in info.error["message"]
    assert shared.runs.get(run.run_id).tags[ENDED_BY_TAG] == "process_died"
    assert shared.runs.output(run.run_id) == "begun\n"
    until(lambda: not alive(kernel))
    assert not sockets.exists()


def test_a_killed_kernel_ends_the_run_at_once(shared: Any, started: dict[str, Any]) -> None:
    run = started["kernel"]
    os.kill(kernel_of(shared, run), signal.SIGKILL)
    info = until(lambda: run.info if run.state == "ENDED" else None)
    assert info.status == "KILLED"
    assert "kernel died" in info.error["message"]
    record = shared.runs.get(run.run_id)
    assert record.tags[ENDED_BY_TAG] == "kernel_died"
    assert record.session["state"] == "ENDED"
    assert run.log() == "begun\n"


def test_a_run_whose_time_is_over_is_stopped_though_it_hears_no_interrupt(shared: Any, started: dict[str, Any]) -> None:
    kernel = kernel_of(shared, started["late"])
    info = started["late"].wait(120)
    assert (info.state, info.status) == ("ENDED", "KILLED")
    assert "its time was over" in info.error["message"]
    assert shared.runs.get(info.run_id).tags[ENDED_BY_TAG] == "timeout"
    until(lambda: not alive(kernel))


def test_a_run_that_would_never_end_is_stopped(shared: Any, started: dict[str, Any]) -> None:
    run = started["stopped"]
    assert run.stop().state == "STOPPING"
    info = run.wait(120)
    assert info.status == "KILLED"
    record = shared.runs.get(run.run_id)
    assert record.tags[ENDED_BY_TAG] == "stop"
    assert record.session["state"] == "ENDED"
    assert shared.runs.stop(run.run_id).state == "ENDED"  # once more changes nothing


def test_a_killed_supervisor_changes_nothing_and_the_next_one_stops_the_run(
    shared: Any, started: dict[str, Any]
) -> None:
    run = started["outlives"]
    supervisor, worker = shared.supervisor.status().pid, worker_of(shared, run)
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: not alive(supervisor))
    assert alive(worker)
    assert run.info.status == "RUNNING"
    assert [item.run_id for item in shared.runs.backgrounds("RUNNING")] == [run.run_id]
    run.stop()
    assert run.wait(120).status == "KILLED"
    assert worker_of(shared, run) == worker
    assert shared.journal.verify().ok


def test_a_run_that_waits_for_a_place_is_stopped_without_ever_beginning(shared: Any, started: dict[str, Any]) -> None:
    shared.supervisor.stop()
    from mlnb.training.background.launching import launch
    from mlnb.training.background.plan import Plan, PlannedCell

    plan = Plan([PlannedCell("1", kind="run")], shared.tracking.experiment_id("life"), name="waits")
    run_id = launch(shared, shared.runs._background.store, plan)
    assert shared.runs.get(run_id).status == "SCHEDULED"
    shared.runs.stop(run_id)
    info = shared.runs.background_run(run_id).wait(120)
    assert (info.status, info.started_at) == ("KILLED", None)
    assert shared.runs.log(run_id).to_dict() == {"text": "", "offset": 0, "next_offset": 0, "total": 0, "done": True}


def test_a_run_that_has_not_begun_and_cannot_is_given_up(shared: Any, started: dict[str, Any]) -> None:
    from mlnb.training.background.care import ATTEMPTS, BackgroundCare

    shared.supervisor.stop()
    from mlnb.training.background.launching import launch
    from mlnb.training.background.plan import Plan, PlannedCell

    plan = Plan([PlannedCell("1", kind="run")], shared.tracking.experiment_id("life"), name="never")
    run_id = launch(shared, shared.runs._background.store, plan)
    command, shared.command = shared.command, ("/bin/sh", "-c", "echo no space for it; exit 1")
    try:
        care = BackgroundCare(shared, shared.runs._settings)
        for _ in range(ATTEMPTS + 1):
            care.tick(0)
            until(lambda: (row := shared.runs._background.store.row(run_id)).process is None or not _lives(row))
    finally:
        shared.command = command
    record = shared.runs.get(run_id)
    assert record.status == "FAILED"
    assert f"ended {ATTEMPTS} times" in (record.error or "")
    assert "no space for it" in shared.runs.read_artifact(run_id, "mlnb/error.txt").decode()


def test_a_run_whose_process_cannot_be_started_holds_no_other_up(shared: Any, started: dict[str, Any]) -> None:
    from mlnb.training.background.care import BackgroundCare
    from mlnb.training.background.launching import launch
    from mlnb.training.background.plan import Plan, PlannedCell

    shared.supervisor.stop()
    store = shared.runs._background.store
    plan = Plan([PlannedCell("1", kind="run")], shared.tracking.experiment_id("life"))
    ids = [launch(shared, store, plan) for _ in range(2)]
    command, shared.command = shared.command, ("/nowhere/python",)
    try:
        BackgroundCare(shared, shared.runs._settings).tick(0)
    finally:
        shared.command = command
    assert [store.row(run_id).attempt for run_id in ids] == [1, 1]
    for run_id in ids:
        store.ask_to_stop(run_id)
    BackgroundCare(shared, shared.runs._settings).tick(0)
    assert [shared.runs.get(run_id).status for run_id in ids] == ["KILLED", "KILLED"]


def _lives(row: Any) -> bool:
    from mlnb.core.processes import is_alive
    from mlnb.training.background.store import process_of

    process = process_of(row)
    return process is not None and is_alive(process)
