"""Runs whose process is gone are ended by the sweep; those that merely are silent are not."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.training.recording.heartbeat import ENDED_BY_TAG, Heart, Sweep
from mlnb.training.records import run_sessions
from mlnb.training.settings import TrainingSettings
from tests.waiting import until

CODE = """
import sys, time, mlnb
ws = mlnb.workspace()
with ws.runs.start("long", experiment="flights") as run:
    run.log(auc=0.6)
    print("half way", flush=True)
    sys.__stderr__.write(f"id={run.run_id}\\n")
    sys.__stderr__.flush()
    time.sleep(600)
"""


def sweep(ws: Any) -> Sweep:
    return Sweep(ws, TrainingSettings())


def state(ws: Any, run_id: str) -> str:
    with ws.metastore.connect() as connection:
        return str(connection.execute(sa.select(run_sessions.c.state).where(run_sessions.c.run_id == run_id)).scalar())


def change(ws: Any, run_id: str, **values: Any) -> None:
    with ws.metastore.begin() as connection:
        connection.execute(run_sessions.update().where(run_sessions.c.run_id == run_id).values(**values))


def test_a_run_whose_process_was_killed_is_killed_by_the_sweep(ws: Any) -> None:
    environment = {**os.environ, "MLNB_TRAINING__HEARTBEAT_SECONDS": "0.3"}
    process = subprocess.Popen(
        [sys.executable, "-c", CODE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    try:
        assert process.stderr is not None
        run_id = next(line.decode().strip()[3:] for line in process.stderr if line.startswith(b"id="))
        until(lambda: ws.runs.output(run_id), what="what a heartbeat flushes")
        sweep(ws).tick(now_ms() + 61_000)
        assert ws.runs.get("long").status == "RUNNING"  # silent, as the clock says, but there
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        sweep(ws).tick(now_ms())
        assert ws.runs.get("long").status == "RUNNING"  # gone, but not silent for long enough
        sweep(ws).tick(now_ms() + 61_000)
    finally:
        process.kill()
        process.communicate(timeout=60)
    record = ws.runs.get("long")
    assert record.run_id == run_id
    assert record.status == "KILLED"
    assert record.end_time is not None
    assert record.tags[ENDED_BY_TAG] == "stale"
    assert record.metrics == {"auc": 0.6}
    assert ws.runs.output("long") == "half way\n"
    assert state(ws, run_id) == "STALE"
    ended = ws.journal.tail(1, actions=["run.ended"])[0]
    assert (ended.subject, ended.payload["status"], ended.payload["by"]) == (f"run:{run_id}", "KILLED", "sweep")
    sweep(ws).tick(now_ms() + 120_000)
    assert len(ws.journal.tail(10, actions=["run.ended"])) == 1


def test_a_run_killed_while_it_closed_ends_as_it_wanted_to(ws: Any) -> None:
    with ws.runs.start("closing") as run:
        pass
    ws.tracking.client().update_run(run.run_id, status="RUNNING")
    change(ws, run.run_id, state="RUNNING", desired_state="FINISHED", pid=2**22, ended_at=None)
    sweep(ws).tick(now_ms() + 61_000)
    assert ws.runs.get("closing").status == "FINISHED"


def test_a_run_killed_between_the_two_stores_keeps_the_status_it_has(ws: Any) -> None:
    with pytest.raises(ValueError, match="x"), ws.runs.start("failed") as run:
        raise ValueError("x")
    change(ws, run.run_id, state="RUNNING", pid=2**22)
    sweep(ws).tick(now_ms() + 61_000)
    assert ws.runs.get("failed").status == "FAILED"
    assert state(ws, run.run_id) == "STALE"


def test_a_run_elsewhere_is_given_fifteen_minutes(ws: Any) -> None:
    with ws.runs.start("remote") as run:
        change(ws, run.run_id, host="another-computer")
        sweep(ws).tick(now_ms() + 10 * 60_000)
        assert state(ws, run.run_id) == "RUNNING"
        sweep(ws).tick(now_ms() + 16 * 60_000)
        assert state(ws, run.run_id) == "STALE"


def test_a_beat_that_returns_makes_the_run_running_again(ws: Any) -> None:
    with ws.runs.start("returning") as run:
        change(ws, run.run_id, pid=2**22)
        sweep(ws).tick(now_ms() + 61_000)
        assert ws.runs.get(run).status == "KILLED"
        Heart(ws, 10).beat(run.run_id)
        assert state(ws, run.run_id) == "RUNNING"
        assert ws.runs.get(run).status == "RUNNING"
        assert ENDED_BY_TAG not in ws.runs.get(run).tags
        assert ws.journal.tail(1, actions=["run.resumed"])[0].payload == {"by": "heartbeat"}
    assert ws.runs.get(run).status == "FINISHED"


def test_the_heart_beats_while_runs_are_open_and_its_thread_ends_with_them(ws: Any) -> None:
    heart, beats = Heart(ws, 0.02), []
    with ws.runs.start("beating") as run:
        change(ws, run.run_id, heartbeat_at=0)
        heart.add(run.run_id, lambda: beats.append(1))
        until(lambda: beats, what="a beat")
        with ws.metastore.connect() as connection:
            assert connection.execute(sa.select(run_sessions.c.heartbeat_at)).scalar() > 0
        thread = heart._thread
        heart.remove(run.run_id)
        assert thread is not None
        thread.join(60)
        assert not thread.is_alive()


def test_the_supervisor_is_handed_the_sweep(ws: Any) -> None:
    assert {"runs", "runs-background"} <= {reconciler.name for reconciler in ws.runs.reconcilers()}


def test_a_run_that_was_removed_for_good_keeps_no_other_open(ws: Any) -> None:
    with ws.runs.start("gone") as gone, ws.runs.start("dead", nested=True) as dead:
        pass
    for run in (gone, dead):
        ws.tracking.client().update_run(run.run_id, status="RUNNING")
        change(ws, run.run_id, state="RUNNING", desired_state=None, pid=2**22, ended_at=None)
    with sqlite3.connect(ws.path / "mlflow.db") as connection:
        connection.execute("DELETE FROM tags WHERE run_uuid = ?", (gone.run_id,))
        connection.execute("DELETE FROM runs WHERE run_uuid = ?", (gone.run_id,))
    sweep(ws).tick(now_ms() + 61_000)
    assert (state(ws, gone.run_id), state(ws, dead.run_id)) == ("STALE", "STALE")
    assert ws.runs.get(dead.run_id).status == "KILLED"


def test_whoever_looks_at_a_dead_run_sees_it_killed_without_a_supervisor(ws: Any) -> None:
    with ws.runs.start("dead") as run:
        pass
    ws.tracking.client().update_run(run.run_id, status="RUNNING")
    old = now_ms() - 80_000
    change(ws, run.run_id, state="RUNNING", desired_state=None, pid=2**22, ended_at=None, heartbeat_at=old)
    ws.runs._sweep._glanced = -1e9
    assert ws.runs.get(run.run_id).status == "KILLED"


HOLDS_THE_INTERPRETER = """
import ctypes, sys, mlnb
ws = mlnb.workspace()
with ws.runs.start("deaf", experiment="flights") as run:
    sys.__stderr__.write(f"id={run.run_id}\\n")
    sys.__stderr__.flush()
    ctypes.PyDLL(None).sleep(8)
    import time
    time.sleep(600)
"""


def test_a_call_that_holds_the_interpreter_is_never_taken_for_dead(ws: Any) -> None:
    environment = {**os.environ, "MLNB_TRAINING__HEARTBEAT_SECONDS": "0.2"}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_INTERPRETER],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
    )
    strict = Sweep(ws, TrainingSettings(stale_after_seconds=0.5))
    try:
        assert process.stderr is not None
        run_id = next(line.decode().strip()[3:] for line in process.stderr if line.startswith(b"id="))

        def is_silent() -> bool:
            silent = now_ms() - beat(ws, run_id)
            strict.tick(now_ms())
            assert state(ws, run_id) == "RUNNING"
            return silent > 2_000  # several times what is tolerated

        until(is_silent)
        last = beat(ws, run_id)
        until(lambda: beat(ws, run_id) != last)  # and beats again as soon as the call returns
    finally:
        process.kill()
        process.communicate(timeout=60)
    strict.tick(now_ms() + 1_000)
    assert ws.runs.get(run_id).status == "KILLED"


def beat(ws: Any, run_id: str) -> int:
    with ws.metastore.connect() as connection:
        query = sa.select(run_sessions.c.heartbeat_at).where(run_sessions.c.run_id == run_id)
        return int(connection.execute(query).scalar() or 0)
