"""The worker pools: bounded, cancellable, and growing only as needed."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from mlnb.server.errors import TooManyRequestsError
from mlnb.server.pools import Pool
from tests.waiting import until


def test_calls_run_at_once_up_to_the_number_of_threads_and_then_wait() -> None:
    pool, gate, running = Pool("t", threads=2, waiting=1), threading.Event(), threading.Semaphore(0)

    def call() -> str:
        running.release()
        gate.wait(120)
        return "done"

    futures = [pool.submit(call) for _ in range(3)]
    assert running.acquire(timeout=60)
    assert running.acquire(timeout=60)
    assert not running.acquire(timeout=0.05)
    with pytest.raises(TooManyRequestsError):
        pool.submit(call)
    gate.set()
    assert [future.result(60) for future in futures] == ["done"] * 3
    assert pool.submit(lambda: 1).result(60) == 1


def test_a_call_cancelled_while_it_waits_never_runs() -> None:
    pool, gate, ran = Pool("t", threads=1, waiting=5), threading.Event(), []
    first = pool.submit(lambda: gate.wait(120))
    second = pool.submit(lambda: ran.append(1))
    assert second.cancel()
    gate.set()
    first.result(60)
    pool.submit(lambda: None).result(60)
    assert ran == []


def test_exceptions_reach_the_waiter_and_the_thread_lives_on() -> None:
    pool = Pool("t", threads=1, waiting=5)
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result(60)
    assert pool.submit(lambda: 2).result(60) == 2


def test_a_call_sees_the_context_of_its_submitter() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="")
    variable.set("mine")
    assert Pool("t", 1, 1).submit(variable.get).result(60) == "mine"


def test_idle_threads_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pool, "IDLE_SECONDS", 0.05)
    pool = Pool("idle-test", 2, 2)
    pool.submit(lambda: None).result(60)
    until(lambda: "mlnb-idle-test" not in {thread.name for thread in threading.enumerate()}, what="the threads' end")
    assert pool.submit(lambda: 3).result(60) == 3
