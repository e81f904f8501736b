"""Runs that plain MLflow code opens give signs of life while they are open, and end when their process does."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

import pytest

from mlnb.core.clock import now_ms
from mlnb.core.processes import current_process
from mlnb.training.recording.heartbeat import ENDED_BY_TAG
from mlnb.training.recording.whereabouts import PROCESS_TAG, process_in, process_text
from mlnb.training.records import RunNotFoundError
from tests.kernels import started
from tests.waiting import until

KERNEL = "2b1c9c0e-4c58-4be1-9a52-0f5a6a6f1c11"
#: A server names the connection file by the kernel's id, as jupyter_client alone does not.
NAMED = f"from ipykernel.kernelapp import IPKernelApp as A\nA.instance().connection_file = '/x/kernel-{KERNEL}.json'"
#: A cell waits for a file, as long as the test wants its run open.
SHORT = """import os, time, mlflow
def wait_for(name):
    while not os.path.exists(name):
        time.sleep(0.05)
with mlflow.start_run(run_name='done'):
    wait_for('taken')"""
KILLED = """from mlnb.training.recording import plain
with mlflow.start_run(run_name='open'):
    wait_for('taken too')
    plain.PlainRuns._look_for_expected = lambda _: None  # killed before the next look, however soon that is
    mlflow.start_run(run_name='late', nested=True)
    os.kill(os.getpid(), 9)"""


def sweep(ws: Any, later_ms: int = 0) -> None:
    (found,) = [one for one in ws.runs.reconcilers() if one.name == "runs"]
    found.tick(now_ms() + later_ms)


def is_open(ws: Any, name: str) -> bool:
    """Whether a run was opened and taken in."""
    with suppress(RunNotFoundError):
        return ws.runs.get(name).session is not None
    return False


def test_a_run_is_taken_in_while_its_cell_runs_and_ends_with_its_process(ws: Any) -> None:
    ws.tracking.experiment_id("warm")  # a new store tells of its tables
    with started(ws.root, "plain.ipynb") as kernel:
        assert kernel.run(NAMED)[0]["status"] == "ok"
        sent = kernel.send(SHORT)
        until(lambda: is_open(ws, "done"))
        (ws.root / "taken").touch()
        assert kernel.reply(sent)["status"] == "ok"
        done = until(lambda: (found := ws.runs.get("done")).session["state"] == "ENDED" and found)
        assert (done.status, done.session["mode"]) == ("FINISHED", "plain")
        assert done.session["kernel_id"] == KERNEL
        assert PROCESS_TAG not in done.tags
        kernel.send(KILLED)
        until(lambda: is_open(ws, "open"))
        (ws.root / "taken too").touch()
        until(lambda: not kernel.manager.provisioner.process or kernel.manager.provisioner.process.poll() is not None)
    assert [ws.runs.get(name).status for name in ("open", "late")] == ["RUNNING", "RUNNING"]
    sweep(ws)
    # nobody wrote down that it lived, so nobody has to wait whether it goes on
    assert [ws.runs.get(name).status for name in ("open", "late")] == ["RUNNING", "KILLED"]
    assert ws.runs.get("late").session is None
    sweep(ws, 61_000)
    assert (ws.runs.get("open").status, ws.runs.get("open").session["state"]) == ("KILLED", "STALE")
    assert ws.runs.get("late").tags[ENDED_BY_TAG] == "stale"
    assert [event.payload["by"] for event in ws.journal.tail(2, actions=["run.ended"])] == ["sweep", "sweep"]


def test_a_run_that_a_busy_store_lets_wait_is_taken_in_when_it_is_open(
    ws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setattr("mlnb.training.recording.plain._LOOK_S", 0.05)
    ws.tracking.configure()
    ws.runs.run_opening()
    time.sleep(0.5)  # many looks
    with mlflow.start_run(experiment_id=ws.tracking.experiment_id("e"), tags={"mlnb.mode": "plain"}) as run:
        until(lambda: ws.runs.get(run.info.run_id).session)
    until(lambda: ws.runs.get(run.info.run_id).session["state"] == "ENDED")
    assert ws.runs.count_running() == 0


def test_only_a_run_whose_process_of_this_computer_is_gone_is_ended(ws: Any) -> None:
    here = current_process()
    processes = {
        "alive": here,
        "gone": replace(here, pid=2**22),
        "another": replace(here, pid=2**22, host="another-computer"),
    }
    client = ws.tracking.client()
    home = ws.tracking.experiment_id("strays")
    for name, process in processes.items():
        client.create_run(home, tags={PROCESS_TAG: json.dumps(asdict(process))}, run_name=name)
    client.create_run(home, tags={PROCESS_TAG: "no process"}, run_name="nonsense")
    client.create_run(home, run_name="unknown")
    with ws.runs.start("unsent", experiment="strays") as unsent:
        pass
    client.update_run(unsent.run_id, status="RUNNING")  # its end waits to be sent
    client.set_tag(unsent.run_id, PROCESS_TAG, json.dumps(asdict(processes["gone"])))
    sweep(ws)
    ended = [run.info.run_name for run in client.search_runs([home]) if run.info.status != "RUNNING"]
    assert ended == ["gone"]
    assert process_in(process_text()) == here
