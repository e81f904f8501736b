"""Loads that are killed: repeated, they leave each row and each reject once, and events that say so."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlnb.catalog.ingest.care import tidy

Write = Callable[..., Path]

#: Where the process dies: the function that is left or entered last.
POINTS = {
    "before the commit": "mlnb.catalog.ingest.load.save",
    "after the Delta commit": "mlnb.catalog.commits.Commits._find",
    "after the commit is recorded": "mlnb.catalog.ingest.load.finish",
    "after the rejects are stored": "mlnb.catalog.ingest.outcome.discard",
}

DIE = """
import os, pydoc, sys
where = {where!r}
owner = pydoc.locate(where.rsplit(".", 1)[0])
def die(*_, **__):
    os._exit(9)
setattr(owner, where.rsplit(".", 1)[1], die)
ws.catalog.ingest({path!r}, "main.raw.t", mode={mode!r})
"""


def content(cat: Any) -> tuple[list[int], int]:
    rows = [row["a"] for row in cat.sql("SELECT a FROM main.raw.t ORDER BY a").rows()]
    rejects = cat.table("main.raw._rejected_t").count() if cat.exists("main.raw._rejected_t") else 0
    return rows, rejects


@pytest.mark.parametrize("mode", ["append", "replace"])
@pytest.mark.parametrize("point", POINTS)
def test_a_load_killed_at_any_step_is_whole_when_repeated(
    cat: Any, write: Write, child: Any, point: str, mode: str
) -> None:
    cat.ingest(write("first.csv", "a\n0\n"), "main.raw.t")
    path = write("a.csv", "a\n" + "".join(f"{i}\n" for i in range(1, 101)) + "x\n")
    died = child(DIE.format(where=POINTS[point], path=str(path), mode=mode))
    assert died.returncode == 9, died.stderr
    report = cat.ingest([path, write("b.csv", "a\n101\n")], "main.raw.t", mode=mode)
    assert report.rejected in (0, 1)
    expected = list(range(0 if mode == "append" else 1, 102))
    rows, rejects = content(cat)
    assert rows == expected
    # A replacing load is done twice, as it was asked for twice; its first rejects stay when it had committed.
    assert rejects == (1 if mode == "append" or point == "before the commit" else 2)
    assert cat.ingest(path, "main.raw.t").skipped_files == [str(path)]
    assert list((cat.ground.path / "ingest").glob("*.json")) == []
    tidy(cat, time.time_ns() // 1_000_000 + 2 * 24 * 3600 * 1000)
    assert list((cat.ground.path / "ingest").glob("*.arrow")) == []
    written = cat.ground.journal.tail(subjects=["table:main.raw.t"])
    versions = [event.payload["version"] for event in written if "version" in event.payload]
    assert sorted(versions) == list(range(cat.table("main.raw.t").version + 1))


def test_loads_killed_at_random_moments_lose_and_repeat_nothing(cat: Any, write: Write, workspace_path: Path) -> None:
    files = [write(f"{n}.csv", "a\n" + "".join(f"{n * 1000 + i}\n" for i in range(1000)) + "x\n") for n in range(4)]
    program = (
        f"import mlnb; c = mlnb.workspace({str(workspace_path)!r}).catalog\n"
        f"print('ready', flush=True)\nfor path in {[str(path) for path in files]!r}: c.ingest(path, 'main.raw.t')"
    )
    chance = random.Random(7)
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.05, 1.2))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    for path in files:
        cat.ingest(path, "main.raw.t")
    rows, rejects = content(cat)
    assert rows == list(range(4000))
    assert rejects == 4
    assert cat.ground.journal.verify().ok
