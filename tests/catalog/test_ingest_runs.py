import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlnb.catalog.ingest import runs, uploads
from mlnb.catalog.ingest import state as rows
from mlnb.catalog.ingest.care import Loads, tidy
from mlnb.core.errors import ConflictError, MlnbError, NotFoundError, PermissionDeniedError
from tests.waiting import until

Write = Callable[..., Path]


def ended(cat: Any, ingest_id: str, seconds: float = 240) -> Any:
    return until(
        lambda: (run := cat.ingest_run(ingest_id)).state != "RUNNING" and run, seconds, f"the end of {ingest_id}"
    )


def process_of(cat: Any, ingest_id: str) -> int:
    with cat.ground.metastore.connect() as connection:
        return int(rows.get_run(connection, ingest_id).process["pid"])


def events(cat: Any, ingest_id: str) -> list[str]:
    return [event.action for event in cat.ground.journal.tail(subjects=[f"ingest:{ingest_id}"])]


def test_a_load_runs_in_a_process_of_its_own_and_reports(cat: Any, write: Write) -> None:
    path = write("a.csv", "a,b\n" + "".join(f"{i},x\n" for i in range(50)) + "y,x\n")
    run = cat.start_ingest(path, "main.raw.t", comment="a comment")
    assert (run.state, run.table, run.source) == ("RUNNING", "main.raw.t", [str(path)])
    assert process_of(cat, run.id) != os.getpid()
    done = ended(cat, run.id)
    assert (done.state, done.error) == ("SUCCEEDED", None)
    assert (done.report.rows, done.report.rejected, done.report.version) == (50, 1, 0)
    assert done.report.ingest_id == run.id
    assert cat.table("main.raw.t").count() == 50
    assert cat.info("main.raw.t").comment == "a comment"
    kept = cat.sql("SELECT line FROM main.raw._rejected_t WHERE ingest_id = :id", {"id": run.id}).rows()
    assert kept == [{"line": 52}]
    assert [one.id for one in cat.ingest_runs()] == [run.id]
    assert list((cat.ground.path / "ingest").glob("*.json")) == []
    assert sorted(events(cat, run.id)) == ["ingest.finished", "ingest.started"]


def test_what_cannot_work_starts_nothing(cat: Any, write: Write) -> None:
    path = write("a.csv", "a\n1\n")
    cat.ingest(path, "main.raw.t")
    for source, name, options in (
        ("nope.csv", "main.raw.u", {}),
        (path, "main.nope.u", {}),
        (path, "main.raw.t", {"mode": "create"}),
        (path, "main.raw.u", {"types": {"a": "nosuchtype"}}),
        (path, "main.raw.u", {"nonsense": 1}),
    ):
        with pytest.raises(MlnbError):
            cat.start_ingest(source, name, **options)
    assert cat.ingest_runs() == []
    with pytest.raises(NotFoundError):
        cat.ingest_run("nope")


def test_a_load_that_fails_says_why(cat: Any, write: Write) -> None:
    path = write("a.csv", "a\n" + "1\n" * 20 + "x\n" * 20)
    run = cat.start_ingest(path, "main.raw.t", types={"a": "bigint"})
    done = ended(cat, run.id)
    assert (done.state, done.report) == ("FAILED", None)
    assert done.error["error_code"] == "INGEST_TOO_MANY_REJECTS"
    assert done.error["details"] == {"rejected": 20, "rows": 40}
    assert done.error["hint"]
    assert not cat.exists("main.raw.t")


def test_a_canceled_load_leaves_nothing(cat: Any, write: Write) -> None:
    path = write("a.csv", "a,b,c\n" + "".join(f"{i},{i}.5,text number {i}\n" for i in range(1_500_000)))
    run = cat.start_ingest(path, "main.raw.t")
    cat.cancel_ingest(run.id)
    done = ended(cat, run.id)
    assert (done.state, done.report) == ("CANCELED", None)
    assert not cat.exists("main.raw.t")
    assert cat.cancel_ingest(run.id).state == "CANCELED"


def test_a_load_whose_process_died_is_begun_anew(cat: Any, write: Write) -> None:
    path = write("a.csv", "a,b\n" + "".join(f"{i},x\n" for i in range(1000)) + "y,x\n")
    run = cat.start_ingest(path, "main.raw.t", mode="create")
    first = process_of(cat, run.id)
    os.kill(first, signal.SIGKILL)
    done = ended(cat, run.id)
    assert process_of(cat, run.id) != first
    assert (done.state, done.report.rows, done.report.rejected) == ("SUCCEEDED", 1000, 1)
    assert cat.table("main.raw.t").count() == 1000
    assert cat.table("main.raw._rejected_t").count() == 1


def test_a_load_that_dies_again_and_again_has_failed(cat: Any, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("a.csv", "a\n1\n")
    monkeypatch.setattr(runs.sys, "executable", "/bin/false")
    run = cat.start_ingest(path, "main.raw.t")
    done = ended(cat, run.id)
    assert (done.state, done.error["error_code"]) == ("FAILED", "INGEST_FAILED")
    assert "3 times" in done.error["message"]
    monkeypatch.undo()


def test_a_file_is_sent_in_pieces(cat: Any, ws: Any) -> None:
    first = cat.upload(b"a,b\n1,", name="my orders.csv")
    assert (first.size, first.path.startswith(".mlnb/uploads/")) == (6, True)
    with pytest.raises(ConflictError) as wrong:
        cat.upload(b"2\n", path=first.path, offset=4)
    assert wrong.value.details == {"size": 6}
    assert cat.upload(b"2\n", path=first.path, offset=6).size == 8
    assert cat.preview_ingest(first.path).suggested_name == "my_orders"
    assert cat.ingest(first.path, "main.raw.t").rows == 1
    for path in ("../outside.csv", ".mlnb/mlnb.toml", "/etc/passwd"):
        with pytest.raises((PermissionDeniedError, NotFoundError)):
            cat.upload(b"x", path=path, offset=0)
    assert Path(cat.upload(b"x", name="../../evil.csv").path).name == "evil.csv"
    cat.settings.max_upload_bytes = 10
    with pytest.raises(uploads.UploadTooLargeError):
        cat.upload(b"x" * 5, path=first.path, offset=8)
    assert uploads.clean(cat, time.time_ns() // 1_000_000) == 0
    assert uploads.clean(cat, time.time_ns() // 1_000_000 + uploads.KEPT_MS + 1000) == 2
    assert not (ws.root / first.path).exists()


def test_the_supervisor_goes_on_with_a_load_and_settles_what_is_left(cat: Any, write: Write) -> None:
    path = write("a.csv", "a\n1\n")
    run = cat.start_ingest(path, "main.raw.t")
    os.kill(process_of(cat, run.id), signal.SIGKILL)
    scratch = cat.ground.path / "tmp" / "ingest-999999999-ab"
    scratch.mkdir(parents=True)
    loads = Loads(cat)

    def is_loaded() -> bool:
        loads.tick(time.time_ns() // 1_000_000)
        return bool(cat.exists("main.raw.t"))

    until(is_loaded, 240)
    assert ended(cat, run.id).state == "SUCCEEDED"
    assert not scratch.exists()
    assert any(isinstance(item, Loads) for item in cat.reconcilers())
    tidy(cat, time.time_ns() // 1_000_000 + 91 * 24 * 3600 * 1000)
    assert cat.ingest_runs() == []
