"""MLflow's tables are made once and whole, whoever comes at the same time and whatever was left by those that were killed."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlnb.core.tracking_store import ensure_store, is_whole

MAKE = """
import sys
from mlnb.core.tracking import Tracking
tracking = Tracking(f"sqlite:///{sys.argv[1]}", sys.argv[1] + "-artifacts")
print("ready", flush=True)
sys.stdin.readline()
print(tracking.experiment_id("flights"), flush=True)
"""
#: Is killed at the fifth table.
KILLED = """
import os, signal, sys
import sqlalchemy as sa
from mlnb.core.tracking import Tracking
made = []

def look(connection, cursor, statement, *_):
    made.extend([statement] if "CREATE TABLE" in statement else [])
    if len(made) == 5:
        os.kill(os.getpid(), signal.SIGKILL)

sa.event.listen(sa.Engine, "after_cursor_execute", look)
Tracking(f"sqlite:///{sys.argv[1]}", sys.argv[1] + "-artifacts").experiment_id("flights")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that two processes wanted at the same time."""
    path = tmp_path_factory.mktemp("together") / "mlflow.db"
    command = [sys.executable, "-c", MAKE, str(path)]
    with contextlib.ExitStack() as stack:
        both = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(2)
        ]
        for process in both:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        answers = [process.communicate("now\n", timeout=120)[0].strip() for process in both]
    assert len(set(answers)) == 1
    assert answers[0].isdigit()
    return path


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def copy(made: Path, folder: Path) -> Path:
    path = folder / "mlflow.db"
    path.write_bytes(made.read_bytes())
    return path


def test_two_processes_that_come_first_make_one_store(made: Path) -> None:
    assert is_whole(made)
    with opened(made) as connection:
        assert connection.execute("SELECT count(*) FROM experiments WHERE name = 'flights'").fetchone() == (1,)
    assert [path.name for path in made.parent.glob(".mlflow.db*")] == [".mlflow.db.lock"]


def test_what_was_given_up_half_made_is_put_aside(made: Path, tmp_path: Path) -> None:
    path = copy(made, tmp_path)
    with opened(path) as connection:  # as two that made it at once leave it
        connection.execute("DELETE FROM experiments")
        connection.execute("CREATE TABLE _alembic_tmp_runs (run_uuid TEXT)")
        connection.execute("UPDATE alembic_version SET version_num = 'c8d9e0f1a2b3'")
    os.utime(path, (time.time() - 60,) * 2)
    (tmp_path / ".mlflow.db.12345.new").write_text("of a process that was killed")
    ensure_store(f"sqlite:///{path}")
    assert is_whole(path)
    assert len(list(tmp_path.glob("mlflow.db.broken-*"))) == 1
    assert not list(tmp_path.glob(".*.new"))


def test_a_store_of_another_mlflow_that_was_used_is_left_alone(made: Path, tmp_path: Path) -> None:
    path = copy(made, tmp_path)
    with opened(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'c8d9e0f1a2b3'")
    os.utime(path, (time.time() - 60,) * 2)
    before = path.read_bytes()
    ensure_store(f"sqlite:///{path}")
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*broken*"))


def test_one_that_is_killed_while_it_makes_the_store_leaves_none(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    command = [sys.executable, "-c", KILLED, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert list(tmp_path.glob(".*.new"))
    assert not path.exists()


def test_other_stores_are_none_of_its_business(tmp_path: Path) -> None:
    for uri in ("http://tracking:5000", "postgresql://u@h/db", "sqlite://", f"{tmp_path}/mlruns"):
        ensure_store(uri)
    assert not list(tmp_path.iterdir())
