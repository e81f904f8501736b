"""What stands around a run's code: the repository, the notebook, files and frames."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlnb.core.caller import calling
from mlnb.core.errors import MlnbError
from mlnb.training.recording.frames import fingerprint, frame_data
from mlnb.training.recording.machine import CPU, MEMORY, Machine
from mlnb.training.recording.notebook_copy import copy_of, without_outputs
from mlnb.training.recording.opened import collecting_files, file_data, file_fingerprint, without_secrets
from mlnb.training.recording.repository import GitProbe, masked, shortened, without_credentials
from mlnb.training.recording.source import Cell

GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]


@pytest.fixture
def repository(ws: Any) -> Path:
    """A repository with a commit, a changed file, a secret and a file that git does not know."""
    subprocess.run([*GIT, "init", "-q", "-b", "trunk"], check=True)
    subprocess.run([*GIT, "remote", "add", "origin", "https://ada:t0ken@example.org/team/work.git"], check=True)
    Path("code.py").write_text("x = 1\n")
    Path("settings.env").write_text("KEY=1\n")
    subprocess.run([*GIT, "add", "."], check=True)
    subprocess.run([*GIT, "commit", "-q", "-m", "one"], check=True)
    Path("code.py").write_text("x = 2\n")
    Path("settings.env").write_text("KEY=hunter2hunter2\n")
    Path("new.csv").write_text("a,b\n")
    return Path.cwd()


def test_a_run_keeps_what_is_not_committed_so_that_the_commit_and_it_are_the_code(ws: Any, repository: Path) -> None:
    with ws.runs.start("dirty", cell=Cell("1", {})) as run:
        pass
    git = ws.runs.get(run).git
    assert (git.branch, git.dirty, git.repository) == ("trunk", True, "https://example.org/team/work.git")
    diff = ws.runs.read_artifact(run, "mlnb/git.diff").decode()
    assert f"new.csv (4 bytes, sha256 {file_fingerprint(Path('new.csv')).removeprefix('sha256:')})" in diff
    assert "hunter2" not in diff
    assert "t0ken" not in str(ws.tracking.client().get_run(run.run_id).data.tags)
    # the difference makes the file from the commit
    subprocess.run([*GIT, "checkout", "-q", "--", "."], check=True)
    Path("patch").write_text(diff)
    subprocess.run([*GIT, "apply", "patch"], check=True)
    assert Path("code.py").read_text() == "x = 2\n"


def test_a_clean_repository_and_none_at_all_say_so(ws: Any, repository: Path, tmp_path_factory: Any) -> None:
    subprocess.run([*GIT, "stash", "-q", "-u"], check=True)
    clean = GitProbe(repository)
    assert (clean.result().dirty, clean.diff, clean.reason) == (False, "", None)
    none = GitProbe(tmp_path_factory.mktemp("plain"))
    assert (none.result().commit, none.reason) == (None, "not in a git repository")
    gone = GitProbe(repository / "gone")
    assert gone.reason == "git is not installed, or the folder is gone"


def test_a_repository_without_a_commit_and_one_that_takes_too_long_hold_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([*GIT, "init", "-q", "-b", "trunk"], cwd=tmp_path, check=True)
    fresh = GitProbe(tmp_path)
    assert (fresh.result().commit, fresh.result().branch) == (None, "trunk")
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text("#!/bin/sh\nexec sleep 30\n")
    (slow / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow}:/usr/bin:/bin")
    monkeypatch.setattr("mlnb.training.recording.repository.LIMIT_S", 0.2)
    waiting = GitProbe(tmp_path)
    assert (waiting.result().commit, waiting.reason) == (None, "git took too long")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://u:p@host/a.git", "https://host/a.git"),
        ("https://token@host:8443/a.git?x=1", "https://host:8443/a.git?x=1"),
        ("git@host:a/b.git", "git@host:a/b.git"),
        ("/srv/git/a.git", "/srv/git/a.git"),
    ],
)
def test_addresses_of_repositories_lose_their_credentials(url: str, kept: str) -> None:
    assert without_credentials(url) == kept


def test_secrets_in_a_difference_are_masked_and_its_end_is_cut() -> None:
    text = '+password = "hunter22"\n-API_KEY=abcd1234\n+url = "https://u:pw@host/x"\n+token_count = 7\n'
    assert masked(text) == '+password = "…"\n-API_KEY=…\n+url = "https://host/x"\n+token_count = 7\n'
    key = "ghp_" + "a1" * 18
    for line, shown in (
        (f'url = "https://{key}@host/x"', 'url = "https://host/x"'),
        (f'call("{key}", "Bearer abcdefghij.k")', 'call("…", "Bearer …")'),
        ('token = "abcd"; secret = "two words"', 'token = "…"; secret = "…"'),
        ("-----BEGIN RSA PRIVATE KEY-----\n+MIIE\n+-----END RSA PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----…-----END RSA PRIVATE KEY-----"),
        ('password = os.environ["P"]  # ssh://git@host/a', 'password = os.environ["P"]  # ssh://git@host/a'),
        ("fit(max_tokens=512, token_rate=0.25)", "fit(max_tokens=512, token_rate=0.25)"),
    ):  # fmt: skip
        assert masked(f"+{line}\n") == f"+{shown}\n"
    *lines, end = shortened(("x" * 98 + "\n") * 12_000).splitlines()
    assert set(lines) == {"x" * 98}
    assert (len(lines), end) == (10_101, "# … 188,002 bytes left out …")


def book(*sources: str, output: str = "") -> dict[str, Any]:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "metadata": {},
            "source": source,
            "execution_count": 3,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": output}],
        }
        for index, source in enumerate(sources)
    ]
    return {"cells": cells, "metadata": {"widgets": {"x": 1}}, "nbformat": 4, "nbformat_minor": 5}


def test_a_run_keeps_its_notebook_without_outputs_and_knows_whether_it_was_saved(ws: Any) -> None:
    path = ws.root / "a.ipynb"
    path.write_text(json.dumps(book("%%mlrun\nx = 1", output="secret output")))
    with calling(notebook="a.ipynb"):
        with ws.runs.start("saved", cell=Cell("x = 1", {}, "c0")) as saved:
            pass
        with ws.runs.start("changed", cell=Cell("x = 2", {}, "c0")) as changed:
            pass
    kept = ws.runs.read_artifact(saved, "mlnb/notebook.ipynb").decode()
    assert json.loads(kept)["cells"][0]["source"] == "%%mlrun\nx = 1"
    assert "secret output" not in kept
    assert (ws.runs.get(saved).source.stale, ws.runs.get(changed).source.stale) == (False, True)
    assert [any("not saved" in note for note in run.summary.notes) for run in (saved, changed)] == [False, True]
    assert ws.runs.get(saved).source.revision == ws.runs.get(changed).source.revision
    # outputs do not make a revision, code does
    path.write_text(json.dumps(book("%%mlrun\nx = 1", output="other")))
    assert copy_of(path, "x = 1", None).revision == ws.runs.get(saved).source.revision  # type: ignore[union-attr]
    path.write_text(json.dumps(book("%%mlrun\nx = 3")))
    assert copy_of(path, "x = 1", None).revision != ws.runs.get(saved).source.revision  # type: ignore[union-attr]


def test_a_notebook_that_is_saved_while_its_cell_runs_is_the_one_that_is_kept(ws: Any) -> None:
    path = ws.root / "a.ipynb"
    path.write_text(json.dumps(book("%%mlrun\nx = 1")))
    with calling(notebook="a.ipynb"), ws.runs.start("late", cell=Cell("x = 2", {}, "c0")) as run:
        assert ws.runs.get(run).source.stale is True
        path.write_text(json.dumps(book("%%mlrun\nx = 2")))
    assert ws.runs.get(run).source.stale is False
    assert b"x = 2" in ws.runs.read_artifact(run, "mlnb/notebook.ipynb")
    (ws.root / "new.ipynb").unlink(missing_ok=True)
    with calling(notebook="new.ipynb"), ws.runs.start("first save", cell=Cell("x = 3", {}, "c0")) as run:
        (ws.root / "new.ipynb").write_text(json.dumps(book("%%mlrun\nx = 3")))
    assert ws.runs.get(run).source.stale is False
    assert "notebook" not in ws.runs.get(run).tags.get("mlnb.missing", "")


def test_what_is_missing_is_said_with_its_reason_and_the_run_goes_on(ws: Any) -> None:
    (ws.root / "broken.ipynb").write_text("{")
    reasons = {}
    for name in ("unsaved.ipynb", "broken.ipynb"):
        with calling(notebook=name), ws.runs.start(name, cell=Cell("1", {})):
            pass
        assert ws.runs.get(name).status == "FINISHED"
        reasons[name] = ws.runs.get(name).tags["mlnb.missing"]
    assert "the notebook is not saved" in reasons["unsaved.ipynb"]
    assert "the notebook cannot be read" in reasons["broken.ipynb"]
    assert "not in a git repository" in reasons["broken.ipynb"]
    with pytest.raises(ValueError, match="no notebook"):
        without_outputs("[]")


def test_files_that_python_reads_are_recorded_by_content_and_code_is_not(ws: Any, tmp_path: Path) -> None:
    data, late = tmp_path / "in.csv", tmp_path / "late.csv"
    data.write_text("a,b\n1,2\n")
    late.write_text("a\n1\n")
    namespace: dict[str, Any] = {}
    with ws.runs.start("files", cell=Cell("pd.read_csv(path)", namespace)) as run:
        pd.read_csv(data)
        (tmp_path / "out.csv").write_text("x")
        import colorsys  # noqa: F401

        thread = threading.Thread(target=lambda: late.read_text())
        thread.start()
        thread.join()
    pd.read_csv(late)
    found = {item.name: item for item in ws.runs.get(run).data}
    assert set(found) == {str(data), str(late)}
    assert (found[str(data)].kind, found[str(data)].direction) == ("file", "read")
    assert found[str(data)].fingerprint == file_fingerprint(data)
    data.write_text("a,b\n1,3\n")
    assert found[str(data)].fingerprint != file_fingerprint(data)


def test_addresses_are_recorded_without_what_opens_them(tmp_path: Path) -> None:
    import urllib.error
    import urllib.request

    with collecting_files() as found:
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen("http://u:p@127.0.0.1:9/data.csv?sig=abc", timeout=1)
        with collecting_files() as inner:
            pass
    assert [(item.kind, item.name) for item in file_data(list(found), leave_out=[])] == [
        ("url", "http://127.0.0.1:9/data.csv")
    ]
    assert inner == {}
    assert without_secrets("https://bucket/x.parquet?X-Signature=1#y") == "https://bucket/x.parquet"


def test_what_mlflow_asks_jupyter_about_the_notebook_is_no_data(tmp_path: Path) -> None:
    from mlflow.tracking.context import jupyter_notebook_context as context

    own = compile(
        "import sys\nsys.audit('urllib.Request', 'http://localhost:8888/api/sessions', None, {}, 'GET')", "x", "exec"
    )
    with collecting_files() as found:
        exec(own, {"__name__": context.__name__})
        exec(own, {"__name__": "__main__"})
    assert list(found) == ["http://localhost:8888/api/sessions"]
    with collecting_files() as found:
        exec(own, {"__name__": context.__name__})
    assert not found


def test_large_files_are_told_by_both_ends_and_their_size(tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(b"a" * 9_000_000)
    first = file_fingerprint(large)
    assert first is not None
    assert first.startswith("ends:9000000:")
    large.write_bytes(b"a" * 8_999_999 + b"b")
    assert file_fingerprint(large) != first
    assert file_fingerprint(tmp_path / "gone") is None


def frames() -> dict[str, Any]:
    import polars as pl
    import pyarrow as pa

    rng = np.random.default_rng(0)
    base = pd.DataFrame(rng.normal(size=(100, 3)), columns=list("abc"))
    return {
        "pandas": base,
        "series": base["a"],
        "numpy": base.to_numpy(copy=True),
        "polars": pl.DataFrame(base.to_dict("list")),
        "arrow": pa.Table.from_pandas(base),
    }


@pytest.mark.parametrize("kind", ["pandas", "series", "numpy", "polars", "arrow"])
def test_a_frame_has_the_same_fingerprint_while_its_values_do(kind: str) -> None:
    one, same = frames()[kind], frames()[kind]
    assert fingerprint(one) == fingerprint(same)
    assert fingerprint(one).startswith("sha256:")  # type: ignore[union-attr]
    if kind in ("pandas", "series"):
        changed = one.copy()
        changed.iloc[-1] = 7
        assert fingerprint(changed) != fingerprint(one)
    if kind == "numpy":
        one[0, 0] += 1e-9
        assert fingerprint(one) != fingerprint(same)


def test_frames_from_nowhere_are_recorded_and_those_of_a_table_are_not(ws: Any, table: str) -> None:
    space: dict[str, Any] = {**frames(), "rows": ws.catalog.read(table), "n": 3, "small": np.arange(3)}
    space["again"] = space["pandas"]
    found = frame_data(space, space, ["arrow"])
    assert [item.name for item in found] == ["again", "numpy", "polars", "series"]
    assert [(item.n_rows, item.observed) for item in found] == [(100, False)] * 4
    assert fingerprint(pd.DataFrame({"a": [[1], [2]]})) is None
    many = pd.DataFrame(np.zeros((3_000_000, 1)))
    assert fingerprint(many).startswith("every 3 rows:")  # type: ignore[union-attr]


def test_a_frame_can_be_said_to_come_from_a_table(ws: Any, table: str) -> None:
    rows = pd.DataFrame(ws.catalog.read(table).to_dict("list"))
    ws.catalog.append(table, rows.head(2))
    cell = Cell("rows.mean()", {"rows": rows})
    with ws.runs.start("said", cell=cell, data={"rows": f"{table}@0"}) as run:
        pass
    with ws.runs.start("newest", cell=cell, data={"rows": table}) as newest:
        pass
    assert [(item.kind, item.name, item.version, item.n_rows) for item in ws.runs.get(run).data] == [
        ("table", table, 0, 400)
    ]
    assert [item.version for item in ws.runs.get(newest).data] == [1]
    for wrong in ({"rows": "main.ml.flihgts"}, {"rows": f"{table}@9"}, {"a b": table}):
        with pytest.raises(MlnbError) as caught:
            ws.runs.start("never", data=wrong)
        assert caught.value.hint
    assert ws.runs.search().total == 2


def test_a_run_is_measured_under_the_names_of_mlflow(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlnb.training.recording.machine._SHORTEST_S", 0.0)
    threads = set(threading.enumerate())
    machine = Machine(sampling=True)
    block = bytearray(50_000_000)
    first, step = machine.sample()
    second, next_step = machine.sample()
    assert set(threading.enumerate()) <= threads  # MLflow's own monitor would be one more; others may end meanwhile
    names = {
        "system/cpu_utilization_percentage",
        "system/system_memory_usage_percentage",
        "system/disk_usage_percentage",
    }
    assert names <= set(first)
    assert set(first) == set(second)
    assert (step, next_step) == (0, 1)
    totals = machine.totals()
    assert totals[CPU] >= 0
    assert totals[MEMORY] > len(block) / 1e6
    with ws.runs.start("off", system_metrics=False) as run:
        pass
    assert set(ws.runs.get(run).system_metrics) == {CPU, MEMORY}
    with ws.runs.start("on") as run:
        pass
    assert names <= set(ws.runs.get(run).system_metrics)
    assert ws.runs.get(run).metrics == {}
