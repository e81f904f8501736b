"""Statements of callers over HTTP do not take each other's workers, and are not without end."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

from mlnb.catalog.sql import session, worker
from mlnb.catalog.sql.session import StatementRun, _Job
from mlnb.core.errors import UnavailableError
from tests.waiting import until

_SLOW = "SELECT count(*) FROM range(100000) a, range(100000) b, range(1000) c WHERE a.id + b.id + c.id < 0"


class _Pretended:
    """A worker that only counts what it is told."""

    alive = True

    def __init__(self) -> None:
        self.told: list[str] = []

    def interrupt(self) -> None:
        self.told.append("interrupt")

    def kill(self) -> None:
        self.told.append("kill")


def _job() -> _Job:
    return _Job(StatementRun(id="x" * 36, state="PENDING", principal="bob", submitted_at=0), {})


def test_a_late_cancel_leaves_the_worker_to_the_statement_it_went_on_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_GRACE_S", 0.01)
    job, one = _job(), _Pretended()
    assert job.start(one)  # type: ignore[arg-type]
    job.leave()
    job.cancel()
    assert one.told == []


def test_a_statement_that_was_cancelled_while_it_waited_is_not_started() -> None:
    job, one = _job(), _Pretended()
    job.cancel()
    assert not job.start(one)  # type: ignore[arg-type]


def test_two_calls_may_forget_the_same_statements(cat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, whole = cat.ground.path / "tmp" / "statements", shutil.rmtree
    for name in "ab":
        (folder / name).mkdir(parents=True)
        os.utime(folder / name, (0, 0))

    def remove(path: Any, **_: Any) -> None:
        for name in "ab":  # the other call is quicker
            whole(folder / name)

    monkeypatch.setattr(session.shutil, "rmtree", remove)
    cat.statements._forget_old()
    assert list(folder.iterdir()) == []


def test_workers_share_the_memory(cat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "memory_bytes", lambda: 10_000_000_000)
    worker.share_memory(cat)
    assert cat.settings.sql_memory_limit == "1500MB"
    monkeypatch.setattr(cat.settings, "sql_memory_limit", "2GB")
    worker.share_memory(cat)
    assert cat.settings.sql_memory_limit == "2GB"


def test_no_more_statements_than_the_limit_run_or_wait(cat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MAX_OPEN", 2)
    statements = cat.statements
    try:
        open_ = [statements.execute(_SLOW, wait_s=0) for _ in range(2)]
        with pytest.raises(UnavailableError, match="running or waiting") as error:
            statements.execute("SELECT 1", wait_s=0)
        assert error.value.code == "REQUEST_LIMIT_EXCEEDED"
        for run in open_:
            statements.cancel(run.id)
        until(lambda: all(statements.get(run.id).ended for run in open_))
        assert [statements.get(run.id).state for run in open_] == ["CANCELED", "CANCELED"]
        assert statements.execute("SELECT 1 AS one", wait_s=120).state == "SUCCEEDED"
    finally:
        statements.close()
