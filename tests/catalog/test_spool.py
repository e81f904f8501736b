import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mlnb.catalog.care import Flusher
from mlnb.catalog.errors import TableSchemaError
from mlnb.core.clock import now_ms


@pytest.fixture
def spool(cat: Any) -> Any:
    cat.create_table("main.raw.t", schema=pa.schema([("id", pa.int64()), ("who", pa.string())]))
    return cat.spool("main.raw.t")


def ids(cat: Any) -> list[int]:
    return sorted(cat.read("main.raw.t")["id"])


def test_spooled_rows_reach_the_table_in_one_commit(cat: Any, spool: Any) -> None:
    for i in range(20):
        spool.put([{"id": i, "who": "a"}])
    assert spool.status().pending == 20
    assert cat.table("main.raw.t").version == 0
    report = spool.flush()
    assert (report.rows, report.rejected, report.version) == (20, 0, 1)
    assert ids(cat) == list(range(20))
    assert spool.status().pending == 0
    assert spool.flush().rows == 0
    assert cat.table("main.raw.t").version == 1


def test_a_put_takes_a_fraction_of_a_millisecond(spool: Any) -> None:
    table = pa.table({"id": [1], "who": ["a"]})
    spool.put(table)
    cpu = time.process_time()
    for _ in range(200):
        spool.put(table)
    assert (time.process_time() - cpu) / 200 < 0.002


def test_rows_that_do_not_fit_are_put_aside_and_counted(cat: Any, spool: Any) -> None:
    spool.put([{"id": 1, "who": "a"}])
    spool.put(pa.table({"id": ["x"], "who": ["b"]}))
    spool.put(pa.table({"id": [3], "what": ["no such column"]}))
    spool.put([{"id": 4, "who": None}])
    report = spool.flush()
    assert (report.rows, report.rejected) == (2, 2)
    assert ids(cat) == [1, 4]
    assert spool.status().rejected == 2
    with pytest.raises(TableSchemaError):
        spool.put([{"id": 1, "nope": 2}])
    with pytest.raises(TableSchemaError):
        spool.put([{"id": "x"}])


def test_a_flusher_that_died_after_its_commit_repeats_nothing(
    cat: Any, spool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.put([{"id": 1, "who": "a"}])
    append = type(cat.table("main.raw.t")).append

    def die(self: Any, *args: Any, **options: Any) -> Any:
        append(self, *args, **options)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("mlnb.catalog.table.Table.append", die)
        with pytest.raises(SystemExit):
            spool.flush()
    assert spool.status().pending == 1
    spool.put([{"id": 2, "who": "a"}])
    assert spool.flush().rows == 1
    assert ids(cat) == [1, 2]


def test_numbers_do_not_come_back_after_a_flush(cat: Any, spool: Any) -> None:
    first = spool.put([{"id": 1, "who": "a"}])
    spool.flush()
    spool.close()
    assert spool.put([{"id": 2, "who": "a"}]) == first + 1
    spool.flush()
    assert ids(cat) == [1, 2]


def test_many_rows_are_flushed_in_several_commits(cat: Any, spool: Any) -> None:
    cat.settings.spool_rows = 30
    for start in range(0, 100, 20):
        spool.put(pa.table({"id": range(start, start + 20), "who": ["a"] * 20}))
    assert spool.flush().rows == 100
    assert ids(cat) == list(range(100))
    assert cat.table("main.raw.t").version == 5


def test_the_supervisors_part_flushes_what_is_due(cat: Any, spool: Any) -> None:
    flusher = Flusher(cat)
    spool.put([{"id": 1, "who": "a"}])
    flusher.tick(now_ms())
    assert cat.table("main.raw.t").version == 0
    flusher.tick(now_ms() + 6_000)
    assert ids(cat) == [1]
    cat.settings.spool_rows = 2
    spool.put([{"id": 2, "who": "a"}, {"id": 3, "who": "a"}])
    flusher.tick(now_ms())
    assert ids(cat) == [1, 2, 3]


def test_rows_of_a_dropped_table_wait_until_it_comes_back(cat: Any, spool: Any) -> None:
    spool.put([{"id": 1, "who": "a"}])
    cat.drop("main.raw.t")
    Flusher(cat).tick(now_ms() + 6_000)
    cat.undrop("main.raw.t")
    Flusher(cat).tick(now_ms() + 6_000)
    assert ids(cat) == [1]


def test_threads_and_two_flushers_lose_and_double_nothing(cat: Any, spool: Any) -> None:
    stop = threading.Event()
    failures: list[BaseException] = []

    def flush() -> None:
        try:
            while not stop.is_set():
                spool.flush()
        except BaseException as error:
            failures.append(error)

    def put(who: int) -> None:
        try:
            for i in range(25):
                spool.put([{"id": who * 100 + i, "who": str(who)}])
        except BaseException as error:
            failures.append(error)

    flushers = [threading.Thread(target=flush) for _ in range(2)]
    writers = [threading.Thread(target=put, args=(who,)) for who in range(3)]
    for thread in flushers + writers:
        thread.start()
    for thread in writers:
        thread.join(60)
    stop.set()
    for thread in flushers:
        thread.join(60)
    spool.flush()
    assert failures == []
    assert ids(cat) == [who * 100 + i for who in range(3) for i in range(25)]


WRITER = """
    spool = ws.catalog.spool("main.raw.t", durable=True)
    import sys
    i = {start}
    while True:
        spool.put([{{"id": i, "who": "w"}}])
        print(i, flush=True)
        i += 1
        if i % 7 == 0:
            spool.flush()
"""


def test_killed_in_the_middle_nothing_acknowledged_is_lost_or_doubled(
    cat: Any, spool: Any, workspace_path: Path
) -> None:
    acknowledged: list[int] = []
    for kill in range(2):
        code = f"import mlnb\nws = mlnb.workspace({str(workspace_path)!r})\n" + textwrap.dedent(
            WRITER.format(start=1000 * kill)  # a row that was kept but not acknowledged any more is not written again
        )
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            for line in process.stdout:
                acknowledged.append(int(line))
                if int(line) >= 1000 * kill + 20:
                    break
        finally:
            os.kill(process.pid, signal.SIGKILL)
            acknowledged += map(int, process.stdout.read().split())
            process.wait()
    spool.flush()
    found = ids(cat)
    assert len(found) == len(set(found)), "a row is in the table twice"
    assert set(acknowledged) <= set(found), "an acknowledged row is lost"
    assert cat.ground.journal.verify().ok


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
def test_a_full_disk_is_told_and_keeps_what_was_acknowledged(cat: Any, spool: Any, child: Callable[..., Any]) -> None:
    spool.put([{"id": 0, "who": "before"}])
    done = child(
        """
        import resource, signal
        from mlnb.core.errors import MlnbError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        spool = ws.catalog.spool("main.raw.t")
        spool.put([{"id": 1, "who": "b"}])
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        kept = 1
        try:
            for i in range(2, 10_000):
                spool.put([{"id": i, "who": "x" * 2000}])
                kept = i
        except MlnbError as error:
            print(error.code, kept, bool(error.hint))
        """
    )
    code, kept, hint = done.stdout.split()
    assert (code, hint) == ("SPOOL_FULL", "True"), done.stderr
    assert spool.flush().rows == int(kept) + 1
    assert ids(cat) == list(range(int(kept) + 1))
