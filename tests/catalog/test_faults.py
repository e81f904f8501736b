"""Faults: killed processes, full disks, folders that may not be written, files that are gone. State is as before or as after."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deltalake
import pandas as pd
import pyarrow as pa
import pytest

from mlnb.catalog.care import Care, reconcile_all
from mlnb.catalog.errors import ConcurrentWriteError, TableCorruptError
from mlnb.core.clock import now_ms

Child = Callable[..., "subprocess.CompletedProcess[str]"]

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")


def frame(*ids: int) -> pd.DataFrame:
    return pd.DataFrame({"id": list(ids)})


def events(ws: Any) -> list[tuple[str, int, str]]:
    found = ws.journal.tail(1000, subjects=["table:main.raw.t"])
    return [(event.action, event.payload.get("version", -1), event.actor) for event in found]


def test_a_commit_the_metastore_never_heard_of_is_recorded_when_it_is_met(cat: Any, ws: Any) -> None:
    cat.write("main.raw.t", frame(1))
    location = cat.table("main.raw.t").location
    for user in ("grace", None):
        metadata = {"userName": user} if user else {}
        deltalake.write_deltalake(
            location,
            pa.table({"id": [2]}),
            mode="append",
            commit_properties=deltalake.CommitProperties(custom_metadata=metadata),
        )
    assert cat.read("main.raw.t")["id"].tolist() != [1]
    assert events(ws) == [
        ("table.created", 0, "ada"),
        ("table.committed", 1, "grace"),
        ("table.committed", 2, "unknown"),
    ]
    assert cat.table("main.raw.t").info.num_rows == 3
    assert ws.journal.verify().ok


def test_the_supervisor_records_lost_commits_once(cat: Any, ws: Any) -> None:
    cat.write("main.raw.t", frame(1))
    cat.write("main.raw.other", frame(1))
    deltalake.write_deltalake(cat.table("main.raw.t").location, pa.table({"id": [2]}), mode="append")
    care = Care(cat)
    care.tick(now_ms())
    care.tick(now_ms() + 31_000)
    assert [version for _, version, _ in events(ws)] == [0, 1]
    assert reconcile_all(cat) == 0


KILLED = """
    i = {start}
    while True:
        ws.catalog.append("main.raw.t", [{{"id": i}}], txn=("writer", i))
        print(i, flush=True)
        i += 1
"""


def test_killed_in_the_middle_of_appends_the_table_is_before_or_after(cat: Any, ws: Any, workspace_path: Path) -> None:
    cat.write("main.raw.t", frame(0))
    acknowledged = 0
    for kill in range(2):
        code = f"import mlnb\nws = mlnb.workspace({str(workspace_path)!r})\n" + textwrap.dedent(
            KILLED.format(start=acknowledged + 1)
        )
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if int(line) >= 4 * (kill + 1):
                    time.sleep(0.013 * (kill + 1))  # somewhere within the next append
                    break
        finally:
            os.kill(process.pid, signal.SIGKILL)
            rest = process.stdout.read().split()  # also the lines that came together with the last one looked at
            process.wait()
        acknowledged = max([int(line), *map(int, rest)])
        cat.append("main.raw.t", frame(acknowledged + 1), txn=("writer", acknowledged + 1))
        acknowledged += 1
    found = sorted(cat.read("main.raw.t")["id"])
    assert found == list(range(acknowledged + 1))
    versions = [version for _, version, _ in events(ws)]
    assert versions == list(range(cat.table("main.raw.t").version + 1)), "one event for every version"
    assert ws.journal.verify().ok


@linux
def test_a_full_disk_while_writing_changes_nothing(cat: Any, ws: Any, child: Child) -> None:
    cat.write("main.raw.t", frame(1))
    done = child(
        """
        import resource, signal
        import numpy as np
        from mlnb.core.errors import MlnbError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        ws.catalog.table("main.raw.t").to_arrow()
        big = {"id": np.random.default_rng(0).integers(0, 2**62, 400_000)}
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        for work in (
            lambda: ws.catalog.append("main.raw.t", big),
            lambda: ws.catalog.write("main.raw.new", big),
            lambda: ws.sql("CREATE TABLE main.raw.made AS SELECT hash(range) AS id FROM range(1000000)"),
        ):
            try:
                work()
            except MlnbError as error:
                print(error.code, bool(error.hint))
        """
    )
    assert done.stdout.split() == ["DISK_FULL", "True"] * 3, done.stdout + done.stderr[-2000:]
    assert cat.table("main.raw.t").version == 0
    assert cat.read("main.raw.t")["id"].tolist() == [1]
    assert not cat.exists("main.raw.new")
    assert not cat.exists("main.raw.made")
    assert [folder.name[:2] for folder in Path(ws.settings.storage_root, "main", "raw").iterdir()] == ["t-"]


def test_a_folder_that_may_not_be_written_is_told(cat: Any, ws: Any, workspace_path: Path) -> None:
    cat.write("main.raw.t", frame(1))
    lake = Path(ws.settings.storage_root)
    code = """
        import os, sys
        ws.catalog.front  # loaded while Python's own folder can be read: it may belong to somebody else
        if os.getuid() == 0:
            os.setgid(65534); os.setuid(65534)
        from mlnb.core.errors import MlnbError
        for work in (
            lambda: ws.catalog.append("main.raw.t", [{"id": 2}]),
            lambda: ws.catalog.write("main.raw.new", [{"id": 2}]),
            lambda: ws.catalog.create_schema("main.more"),
        ):
            try:
                work()
                print("written", True)
            except MlnbError as error:
                print(error.code, bool(error.hint))
    """
    opened = f"import mlnb\nws = mlnb.workspace({str(workspace_path)!r})\nws.catalog.exists('t')\n"
    program = opened + textwrap.dedent(code)
    everything = [workspace_path, *workspace_path.rglob("*")]
    above = [p for p in workspace_path.parents if p not in (Path("/"), Path(tempfile.gettempdir()))]
    modes = {path: path.stat().st_mode for path in everything + above}
    try:
        for path in everything:
            path.chmod(0o555 if path.is_dir() else 0o444)
        for path in above:
            path.chmod(modes[path] | 0o055)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert done.stdout.split() == ["READ_ONLY", "True"] * 3, done.stdout + done.stderr[-2000:]
    assert lake.exists()
    assert cat.table("main.raw.t").version == 0
    assert not cat.exists("main.raw.new")


def test_files_that_are_gone_name_the_table_and_spare_the_others(cat: Any) -> None:
    cat.write("main.raw.t", frame(1))
    cat.write("main.raw.other", frame(7))
    location = Path(cat.table("main.raw.t").location)
    for file in location.glob("*.parquet"):
        file.unlink()
    with pytest.raises(TableCorruptError) as error:
        cat.read("main.raw.t")
    assert error.value.code == "DELTA_TABLE_CORRUPT"
    for file in (location / "_delta_log").iterdir():
        file.unlink()
    (location / "_delta_log").rmdir()
    cat.handles.forget(str(location))
    with pytest.raises(TableCorruptError):
        cat.read("main.raw.t")
    assert cat.read("main.raw.other")["id"].tolist() == [7]


def test_an_overwrite_that_lost_the_race_says_so(cat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlnb.catalog.delta.write.MAX_COMMIT_RETRIES", 0)
    cat.write("main.raw.t", frame(1))
    location = cat.table("main.raw.t").location

    def slow() -> Any:
        yield pa.record_batch({"id": [5]})
        other = threading.Thread(
            target=deltalake.write_deltalake, args=(location, pa.table({"id": [2]})), kwargs={"mode": "overwrite"}
        )
        other.start()
        other.join(120)
        yield pa.record_batch({"id": [6]})

    with pytest.raises(ConcurrentWriteError) as error:
        cat.table("main.raw.t").overwrite(pa.RecordBatchReader.from_batches(pa.schema([("id", pa.int64())]), slow()))
    assert error.value.code == "DELTA_CONCURRENT_WRITE"
    assert cat.read("main.raw.t")["id"].tolist() == [2]


def test_a_lake_whose_path_cannot_be_stored_is_refused_clearly(workspace_template: Path, tmp_path: Path) -> None:
    import shutil

    from mlnb.core.errors import InvalidStateError
    from mlnb.door import Workspace

    folder = tmp_path / "100%25 data" / ".mlnb"
    shutil.copytree(workspace_template, folder)
    workspace = Workspace(folder)
    with pytest.raises(InvalidStateError):
        workspace.catalog.write("t", frame(1))
    workspace.close()
    spaced = tmp_path / "with space #1 \u00fc" / ".mlnb"
    shutil.copytree(workspace_template, spaced)
    workspace = Workspace(spaced)
    workspace.catalog.create_table("t", frame(1), primary_key="id")
    workspace.catalog.append("t", frame(2))
    workspace.catalog.table("t").merge(frame(2, 3))
    assert workspace.sql("SELECT id FROM t ORDER BY id").rows() == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert [commit.operation for commit in workspace.catalog.history("t")] == ["MERGE", "WRITE", "WRITE"]
    workspace.catalog.close()
    workspace.close()
