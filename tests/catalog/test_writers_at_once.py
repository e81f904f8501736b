"""Writers at the same moment: appends never fail or get lost, and nothing is doubled by a compaction or an overwrite in between."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deltalake
import pyarrow as pa
import pytest

from mlnb.catalog.delta.locks import Locks
from mlnb.catalog.errors import ConcurrentWriteError
from mlnb.door import Workspace
from tests.waiting import until


def at_once(*works: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    if failures:
        raise failures[0]


def test_appends_compactions_updates_and_deletes_meet(cat: Any, workspace_path: Path) -> None:
    cat.create_table("main.raw.t", [{"id": -1, "n": 0}], primary_key="id")
    others = [Workspace(workspace_path) for _ in range(4)]
    tables = [workspace.catalog.table("main.raw.t") for workspace in others]

    def appends(table: Any, start: int) -> None:
        for i in range(start, start + 8):
            table.append([{"id": i, "n": 0}])

    def compacts() -> None:
        for _ in range(6):
            tables[2].optimize()

    def counts() -> None:
        for _ in range(4):
            tables[3].update({"n": "n + 1"}, "id = -1")
        tables[3].delete("id = 9999")

    at_once(lambda: appends(tables[0], 0), lambda: appends(tables[1], 100), compacts, counts)
    rows = cat.table("main.raw.t").to_arrow().to_pylist()
    assert sorted(row["id"] for row in rows) == [-1, *range(8), *range(100, 108)]
    assert {row["id"]: row["n"] for row in rows}[-1] == 4
    assert cat.table("main.raw.t").info.num_rows == 17
    for workspace in others:
        workspace.close()


def test_another_engine_in_between_makes_an_overwrite_fail(cat: Any) -> None:
    t = cat.create_table("main.raw.t", [{"id": 1}])
    t.append([{"id": 2}])

    def slow() -> Any:
        yield pa.record_batch({"id": pa.array([7], pa.int64())})
        other = threading.Thread(target=lambda: deltalake.DeltaTable(t.location).optimize.compact())
        other.start()  # another engine does not know our locks
        other.join()

    with pytest.raises(ConcurrentWriteError):
        t.overwrite(pa.RecordBatchReader.from_batches(pa.schema([("id", pa.int64())]), slow()))
    assert sorted(t.to_arrow()["id"].to_pylist()) == [1, 2]


def test_one_that_waits_to_be_alone_is_not_starved(tmp_path: Path) -> None:
    locks, done = Locks(tmp_path), threading.Event()
    turns = 0

    def shares() -> None:
        nonlocal turns
        end = time.monotonic() + 120
        while not done.is_set() and time.monotonic() < end:
            with locks.shared("here"):
                turns += 1
                time.sleep(0.02)

    def alone() -> None:
        until(lambda: turns, what="a first turn of the others")
        with locks.exclusive("here") as mine:
            assert mine
            before = turns
            time.sleep(0.05)
            assert turns == before, "nobody else is in while one is alone"
        done.set()

    at_once(shares, shares, shares, alone)
    assert done.is_set()
    assert turns > 0


def test_who_holds_a_table_may_come_in_again_and_others_are_told(tmp_path: Path) -> None:
    locks = Locks(tmp_path)
    with locks.exclusive("here"), locks.exclusive("here"), locks.shared("here"):
        seen = []
        thread = threading.Thread(target=lambda: seen.append(locks.busy("here")))
        thread.start()
        thread.join()
        assert seen == [True]
    assert not locks.busy("here")
    with locks.shared("here"), locks.exclusive("here", wait=False) as mine:
        assert not mine
    assert not locks.busy("there")
    locks.forget("here")
    assert sorted(path.name for path in tmp_path.iterdir() if "lock" in path.name) != []
