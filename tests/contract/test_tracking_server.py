"""A workspace whose store is MLflow's own tracking server, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlnb.core.errors import NotProvidedError
from tests.ports import free_port


@pytest.fixture(scope="module")
def tracking_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an ``mlflow server`` that serves artifacts."""
    folder = tmp_path_factory.mktemp("tracking")
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/m.db", "--artifacts-destination", str(folder / "files")]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_TRACKING", "_MLFLOW"))}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 300
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=30).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "log").read_text()[-2000:]) from None
                time.sleep(0.3)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture
def ws(tracking_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A workspace on that server."""
    import mlflow

    from mlnb.door import Workspace

    monkeypatch.setenv("MLNB_TRACKING_URI", tracking_server)
    monkeypatch.setenv("MLNB_USER", "ada")
    monkeypatch.delenv("_MLFLOW_SERVER_ARTIFACT_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    before = mlflow.get_tracking_uri()
    workspace = Workspace(tmp_path / ".mlnb")
    yield workspace
    workspace.close()
    mlflow.set_tracking_uri(before)


def test_a_run_is_recorded_found_read_kept_and_refused_what_only_the_server_can(ws: Any) -> None:
    with ws.runs.start("first", experiment="team/late flights", params={"depth": 5}) as run:
        run.log(auc=0.75)
    found = ws.runs.search("metrics.auc > 0.7 AND params.depth = '5'", experiments=["team/late flights"])
    assert found.ids == [run.run_id]
    record = ws.runs.get("first")
    assert (record.status, record.metrics["auc"]) == ("FINISHED", 0.75)
    assert record.artifact_uri.startswith("mlflow-artifacts:/")
    paths = {item.path for item in ws.runs.artifacts(run.run_id)}
    assert "mlnb/environment.lock" in paths
    stream, size, _ = ws.runs.open_artifact(run.run_id, "mlnb/environment.lock")
    with stream:
        assert len(stream.read()) == size > 100

    assert ws.runs.tag("first", "kind", "baseline").changed == [run.run_id]
    assert ws.runs.pin("first").changed == [run.run_id]
    ws.runs.rename("first", "second")
    assert ws.runs.unpin("second").changed == [run.run_id]
    usage = ws.runs.usage("team/late flights")
    assert (usage.runs, usage.largest[0].name) == (1, "second")
    assert usage.artifact_bytes > 100
    assert ws.runs.trash("second").changed == [run.run_id]
    assert ws.runs.search(experiments=["team/late flights"]).ids == []
    plan = ws.runs.purge("second")
    assert [item.run_id for item in plan.runs] == [run.run_id], plan
    with pytest.raises(NotProvidedError) as caught:
        ws.runs.purge("second", dry_run=False)
    assert "mlflow gc" in (caught.value.hint or "")
    assert ws.runs._keeping.purging.unfinished() == []
    assert ws.runs.restore("second").changed == [run.run_id]
    with pytest.raises(NotProvidedError, match="moved"):
        ws.runs.move("second", "Default")


def test_its_calls_go_on_to_the_server_and_are_written_down(ws: Any) -> None:
    from mlnb.server import mlflow_artifacts, mlflow_mount
    from mlnb.server.route import RawRequest

    def send(verb: str, path: str, body: Any = None, **query: str) -> Any:
        headers = {"content-type": "application/json"} if body is not None else {}
        data = b"" if body is None else json.dumps(body).encode()
        q = RawRequest(verb, path, query={key: [value] for key, value in query.items()}, headers=headers, body=data)  # type: ignore[arg-type]
        answer = mlflow_mount.call(ws, q)
        text = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
        return answer.status, json.loads(text)

    base = "/api/2.0/mlflow"
    status, made = send("POST", f"{base}/experiments/create", {"name": "forwarded"})
    assert status == 200
    status, run = send("POST", f"{base}/runs/create", {"experiment_id": made["experiment_id"], "run_name": "far"})
    run_id = run["run"]["info"]["run_id"]
    assert send("GET", f"{base}/runs/get", run_id=run_id)[1]["run"]["info"]["run_name"] == "far"
    assert send("GET", f"{base}/runs/get", run_id="0" * 32)[0] == 404
    assert ws.runs.get(run_id).experiment_name == "forwarded"
    assert [event.action for event in ws.journal.tail(5, subjects=[f"run:{run_id}"])] == ["run.started"]

    path = run["run"]["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/") + "/notes.txt"
    place = f"/api/2.0/mlflow-artifacts/artifacts/{path}"
    assert mlflow_artifacts.receive(ws, RawRequest("PUT", place, {"path": path}, body=b"late")).status == 200
    sent = mlflow_artifacts.send(ws, RawRequest("GET", place, {"path": path}))
    assert b"".join(sent.body) == b"late"
    assert ws.runs.read_artifact(run_id, "notes.txt") == b"late"


def test_a_server_that_does_not_answer_is_said_so(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlnb.core.errors import UnavailableError
    from mlnb.server.mlflow_forward import forward
    from mlnb.server.route import RawRequest

    with pytest.raises(UnavailableError, match="does not answer"):
        forward("http://127.0.0.1:9", RawRequest("GET", "/api/2.0/mlflow/runs/get"))
