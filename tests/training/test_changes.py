"""Answers kept until somebody commits: made once, by one of those who ask."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlnb.training.reading.changes import UntilChanged


@pytest.fixture
def store(tmp_path: Path) -> Path:
    file = tmp_path / "store.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    return file


def write(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
    connection.close()


class Slow:
    """Makes an answer when it is let; counts how often."""

    def __init__(self) -> None:
        self.calls = 0
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self) -> int:
        self.calls += 1
        self.begun.set()
        assert self.go.wait(10)
        return self.calls


def asked(kept: UntilChanged, pool: ThreadPoolExecutor, make: Callable[[], int]) -> Callable[[], int]:
    return pool.submit(kept.get, "key", make).result


def test_of_several_who_ask_at_the_same_time_one_makes_the_answer(store: Path) -> None:
    kept, make = UntilChanged(store), Slow()
    with ThreadPoolExecutor(4) as pool:
        first = asked(kept, pool, make)
        assert make.begun.wait(10)
        others = [asked(kept, pool, make) for _ in range(3)]
        time.sleep(0.2)  # time enough to begin one of their own
        make.go.set()
        assert [first(), *(other() for other in others)] == [1, 1, 1, 1]


def test_who_waited_for_one_that_failed_makes_the_answer_itself(store: Path) -> None:
    kept, go, begun = UntilChanged(store), threading.Event(), threading.Event()

    def fails() -> int:
        begun.set()
        assert go.wait(10)
        raise ValueError("no")

    with ThreadPoolExecutor(2) as pool:
        first = asked(kept, pool, fails)
        assert begun.wait(10)
        second = asked(kept, pool, lambda: 7)
        go.set()
        with pytest.raises(ValueError, match="no"):
            first()
        assert second() == 7


def test_a_commit_while_an_answer_is_made_leads_to_another(store: Path) -> None:
    kept, make = UntilChanged(store), Slow()
    with ThreadPoolExecutor(2) as pool:
        first = asked(kept, pool, make)
        assert make.begun.wait(10)
        write(store)
        make.go.set()
        assert first() == 1
        assert kept.get("key", make) == 2, "what was made of the old content is no answer"
        assert kept.get("key", make) == 2
