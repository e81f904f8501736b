"""An interrupt, or a store that fails, at the worst moment: no run stays open, and the next one can begin."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import mlflow
import pytest
import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.training.recording import session
from mlnb.training.recording.heartbeat import Heart, Sweep
from mlnb.training.recording.interrupts import held_back
from mlnb.training.records import run_sessions
from mlnb.training.settings import TrainingSettings
from tests.waiting import until


def interrupt() -> None:
    """Press the button, and give Python the moment it takes to notice."""
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)


def state(ws: Any) -> str:
    with ws.metastore.connect() as connection:
        return str(connection.execute(sa.select(run_sessions.c.state)).scalar_one())


def goes_on(ws: Any) -> bool:
    """Whether nothing of the run before is left in the way of the next."""
    assert mlflow.active_run() is None
    with ws.runs.start("next") as run:
        pass
    return bool(ws.runs.get(run).status == "FINISHED")


@pytest.mark.parametrize("step", ["open_session", "ActiveRunGuard"])
def test_an_interrupt_while_a_run_is_made_ends_it(ws: Any, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    usual, ran = getattr(session, step), []

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        interrupt()
        return usual(*args, **kwargs)

    monkeypatch.setattr(session, step, interrupted)
    with pytest.raises(KeyboardInterrupt), ws.runs.start("cut short"):
        ran.append("the code")
    assert not ran
    assert (ws.runs.get("cut short").status, state(ws)) == ("KILLED", "ENDED")
    monkeypatch.undo()
    assert goes_on(ws)


@pytest.mark.parametrize("clause", ["from error", ""])
def test_an_interrupt_of_which_a_library_makes_its_own_error_is_one(ws: Any, clause: str) -> None:
    code = f"""
try:
    raise KeyboardInterrupt
except KeyboardInterrupt as error:
    raise RuntimeError("the solver was aborted") {clause}
"""
    with pytest.raises(RuntimeError), ws.runs.start("aborted"):
        exec(code)
    assert ws.runs.get("aborted").status == "KILLED"
    with pytest.raises(ValueError, match="own"), ws.runs.start("failed"):
        try:
            raise KeyError
        except KeyError as error:
            raise ValueError("own") from error
    assert ws.runs.get("failed").status == "FAILED"


def test_an_interrupt_while_a_run_is_recorded_ends_it_and_says_so(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.RunContext, "_record", lambda *_: interrupt())
    with pytest.raises(KeyboardInterrupt), ws.runs.start("slow to record") as run:
        run.log(auc=0.7)
    assert run.summary.notes == ["Not everything was recorded: that was interrupted."]
    assert (ws.runs.get(run).status, ws.runs.get(run).metrics, state(ws)) == ("KILLED", {"auc": 0.7}, "ENDED")
    monkeypatch.undo()
    assert goes_on(ws)


def test_an_interrupt_while_the_end_is_written_waits_for_it(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = session.end_session

    def interrupted(*args: Any) -> None:
        interrupt()
        usual(*args)

    monkeypatch.setattr(session, "end_session", interrupted)
    with pytest.raises(KeyboardInterrupt), ws.runs.start("ending") as run:
        pass
    assert (ws.runs.get(run).status, state(ws)) == ("FINISHED", "ENDED")


def test_somebody_who_insists_gets_through() -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), held_back():
        interrupt()
        reached.append("once")
        interrupt()
        reached.append("twice")
    assert reached == ["once"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_run_that_could_not_be_closed_is_closed_by_the_sweep_though_its_process_lives(
    ws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise OSError("the disk went away")

    monkeypatch.setattr(session, "end_session", fails)
    with pytest.raises(OSError, match="went away"), ws.runs.start("half closed") as run:
        pass
    assert state(ws) == "RUNNING"
    sweep = Sweep(ws, TrainingSettings())
    sweep.tick(now_ms() + 61_000)
    assert (ws.runs.get(run).status, state(ws)) == ("FINISHED", "STALE")


def test_what_is_printed_is_looked_at_more_often_than_signs_of_life_are_given(
    ws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlnb.training.recording.heartbeat._OUTPUT_S", 0.02)
    heart, looks, beats = Heart(ws, 600), [], []
    heart.add("some-run", lambda: beats.append(1), lambda: looks.append(1))
    until(lambda: len(looks) >= 3)
    heart.remove("some-run")
    assert not beats


def test_what_a_killed_process_leaves_is_what_was_printed_last(ws: Any) -> None:
    with ws.runs.start("printing") as run:
        print("one")
        run._flush_output()
        assert ws.runs.output(run) == "one\n"
        print("two")
        run._flush_output()
        assert ws.runs.output(run) == "one\ntwo\n"
