"""Transactions, files, processes, leases and the supervisor process."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading

import pytest

from mlnb.core.errors import InvalidParameterError, MlnbError, PermissionDeniedError, did_you_mean
from mlnb.core.files import Files
from mlnb.core.journal import Journal
from mlnb.core.leases import Leases
from mlnb.core.metastore import Metastore, MetastoreUnavailableError
from mlnb.core.processes import ProcessIdentity, current_process, is_alive, spawn, terminate
from mlnb.core.progress import Progress
from tests.waiting import until


@pytest.fixture
def metastore(tmp_path):
    store = Metastore(f"sqlite:///{tmp_path / 'm.db'}")
    store.migrate()
    return store


def test_a_nested_transaction_ends_with_the_outer_one(metastore):
    progress = Progress(metastore)
    with pytest.raises(RuntimeError), metastore.begin():
        progress.put("a", "RUNNING")
        assert progress.get("a") is not None
        raise RuntimeError
    assert progress.get("a") is None


def test_another_thread_does_not_join_my_transaction(metastore):
    seen = []
    with metastore.begin():
        Progress(metastore).put("a", "RUNNING")
        thread = threading.Thread(target=lambda: seen.append(Progress(metastore).get("a")))
        thread.start()
        thread.join(60)
    assert seen == [None]


def test_a_watch_notices_commits_of_others_only(metastore):
    watch = metastore.watch()
    assert not watch.changed()
    Journal(metastore).append("a.b", "s:1")
    assert watch.wait(5)
    assert not watch.changed()
    watch.close()


def test_looking_at_a_metastore_that_was_removed_does_not_make_it_again(metastore, tmp_path):
    watch = metastore.watch()
    watch.close()
    for path in tmp_path.iterdir():
        path.unlink()
    assert not metastore.exists()
    with pytest.raises(MetastoreUnavailableError):
        Progress(metastore).get("a")
    with pytest.raises(MetastoreUnavailableError):
        Progress(metastore).put("a", "RUNNING")
    with pytest.raises(sqlite3.OperationalError):
        metastore.watch()
    assert list(tmp_path.iterdir()) == []
    metastore.migrate()
    assert Progress(metastore).get("a") is None


def test_a_file_is_replaced_whole_and_never_outside_its_folder(tmp_path):
    files = Files(tmp_path)
    files.write_atomic(tmp_path / "a" / "b.txt", "one")
    files.write_atomic(tmp_path / "a" / "b.txt", b"two", mode=0o600)
    assert (tmp_path / "a" / "b.txt").read_text() == "two"
    assert oct((tmp_path / "a" / "b.txt").stat().st_mode)[-3:] == "600"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]
    (tmp_path / "link").symlink_to("/")
    for path in ("../x", "/etc/passwd", "link/etc"):
        with pytest.raises(PermissionDeniedError):
            files.inside(tmp_path, path)
    assert files.inside(tmp_path, "a/b.txt") == tmp_path / "a" / "b.txt"


def test_a_process_is_known_by_more_than_its_number(tmp_path):
    identity = spawn(
        [sys.executable, "-c", "import time; print('hi', flush=True); time.sleep(600)"], log_path=tmp_path / "log"
    )
    assert is_alive(identity)
    assert not is_alive(ProcessIdentity(identity.host, identity.boot_id, identity.pid, identity.created + 10))
    assert not is_alive(ProcessIdentity(identity.host, "another boot", identity.pid, identity.created))
    until(lambda: "hi" in (tmp_path / "log").read_text())
    assert terminate(identity, grace_s=5)
    assert not is_alive(identity)


def test_a_lease_has_one_holder_and_is_free_when_that_process_is_gone(metastore, tmp_path):
    leases, other = (
        Leases(metastore),
        spawn([sys.executable, "-c", "import time; time.sleep(600)"], log_path=tmp_path / "log"),
    )
    assert leases.acquire("x", "other", other, seconds=60)
    assert leases.acquire("x", "me", current_process(), seconds=60) is None
    os.kill(other.pid, signal.SIGKILL)
    until(lambda: not is_alive(other))
    assert leases.acquire("x", "me", current_process(), seconds=60)
    assert leases.renew("x", "other", seconds=60) is None


def test_the_supervisor_is_single_survives_kill_9_and_stops_on_request(ws):
    first = ws.supervisor.start()
    assert first.running
    assert ws.supervisor.start().pid == first.pid
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: not ws.supervisor.status().running)
    second = ws.supervisor.start()
    assert second.running
    assert second.pid != first.pid
    assert not ws.supervisor.stop().running
    assert ws.journal.verify().ok


def test_an_error_reads_the_same_after_a_process_border():
    import pickle

    error = pickle.loads(pickle.dumps(InvalidParameterError("bad", hint="do this", details={"a": 1})))
    assert (error.code, error.message, error.hint, error.details) == (
        "INVALID_PARAMETER_VALUE",
        "bad",
        "do this",
        {"a": 1},
    )
    lines = MlnbError("went wrong", hint="mend it", code="X")._render_traceback_()
    assert "X: went wrong" in lines[0]
    assert "Hint: mend it" in lines[1]


def test_near_names_are_offered():
    assert did_you_mean("fligths", ["flights", "planes"]) == "Did you mean flights?"
    assert did_you_mean("flights", ["main.raw.flights"]) == "Did you mean main.raw.flights?"
    assert did_you_mean("zzz", ["flights"]) is None


def test_a_supervisor_whose_workspace_is_removed_ends(tmp_path):
    import shutil

    from mlnb.core.processes import wait_until_gone
    from mlnb.door import Workspace

    folder = tmp_path / ".mlnb"
    workspace = Workspace(folder)
    workspace.supervisor.start()
    process = Leases(workspace.metastore).get("supervisor").process
    workspace.close()

    def removed() -> bool:
        shutil.rmtree(folder, ignore_errors=True)  # what the supervisor removes at the same moment is no fault
        return not folder.exists()

    until(removed, what="the workspace's removal")
    assert wait_until_gone(process, timeout_s=120)
    assert not folder.exists()
