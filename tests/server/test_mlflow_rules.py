"""What MLflow's own API lets nobody do here, however it is asked."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient

from mlnb.server.mlflow_rules import operation

MLFLOW = "api/2.0/mlflow"
Send = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def send(server: Any) -> Send:
    """Send a request whose path is written exactly so; return status and parsed body."""

    async def send(verb: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"token {server.token}", "Content-Type": "application/json"}
        raw = body if isinstance(body, (str, bytes)) or body is None else json.dumps(body)
        answer = await AsyncHTTPClient().fetch(
            f"{server.url}mlnb/{path}",
            method=verb,
            body=raw,
            headers=headers,
            raise_error=False,
            allow_nonstandard_methods=True,
        )
        return answer.code, json.loads(answer.body) if answer.body else None

    return send


@pytest.mark.parametrize(
    "path",
    [
        "/api/2.0/mlflow/experiments/create",
        "/api/2.0/mlflow/experiments/creat%65",
        "/ajax-api/3.0/mlflow/experiments%2Fcreate",
        "/api/2.0/mlflow//experiments/./x/../create/",
        "/api/2.0/mlflow/experiments/creat%2565",
    ],
)
def test_an_operation_is_known_however_its_path_is_written(path: str) -> None:
    assert operation(path) == "experiments/create"


async def test_no_way_of_writing_a_path_or_a_body_chooses_a_folder_of_this_computer(send: Send, tmp_path: Path) -> None:
    outside = {"name": "e", "artifact_location": str(tmp_path)}
    for path in ("experiments/creat%65", "%65xperiments/create", "experiments%2Fcreate"):
        status, body = await send("POST", f"{MLFLOW}/{path}", outside)
        assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), path
    for text in (
        json.dumps(json.dumps(outside)),
        json.dumps({"name": "e", "artifact_location": "%252e%252e/" * 12 + "etc"}),
        json.dumps({"name": "e", "artifact_location": "file:///%2e%2e/etc"}),
        '{"name": "e", "artifact_locati\\u006fn": "mlflow-artifacts:/../../etc"}',
        '{"name": "e", "artifact\\u004cocation": "/etc"}',
    ):
        status, body = await send("POST", f"{MLFLOW}/experiments/create", text)
        assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), text
    assert (await send("POST", f"{MLFLOW}/experiments/create", json.dumps('{"name": "fine"}')))[0] == 200


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", "ajax-api/2.0/mlflow/gateway-prox%79"),
        ("GET", "ajax-api/3.0/mlflow/gateway%2Fsecrets%2Flist"),
        ("POST", "api/3.0/mlflow/gateway/secrets/create"),
        ("POST", "ajax-api/3.0/mlflow/demo/generate"),
        ("POST", "ajax-api/3.0/mlflow/scorer/invoke"),
        ("POST", "ajax-api/3.0/mlflow/genai/evaluate/invoke"),
        ("POST", "api/3.0/mlflow/prompt-optimization/jobs"),
        ("POST", "ajax-api/2.0/mlflow/runs/create-promptlab-run"),
    ],
)
async def test_what_calls_other_hosts_or_starts_processes_is_closed(send: Send, verb: str, path: str) -> None:
    status, body = await send(verb, path, {} if verb == "POST" else None)
    assert (status, body["error_code"]) == (501, "NOT_IMPLEMENTED")


async def test_a_model_is_registered_from_the_workspace_only(send: Send, host: Any) -> None:
    client = host.workspace().tracking.client()
    run = client.create_run(host.workspace().tracking.experiment_id("e")).info
    assert (await send("POST", f"{MLFLOW}/registered-models/create", {"name": "m"}))[0] == 200
    make = f"{MLFLOW}/model-versions/create"
    for source in (
        "s3://bucket/m",
        "dbfs:/m",
        "gs://b/m",
        "https://host/m",
        "/etc",
        "file:///etc",
        f"{run.artifact_uri}/../../..",
    ):
        status, body = await send("POST", make, {"name": "m", "source": source, "run_id": run.run_id})
        assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), source
    told = run.artifact_uri.replace(str(host.path / "artifacts"), "mlflow-artifacts:") + "/model"
    for source in (f"runs:/{run.run_id}/model", told):
        assert (await send("POST", make, {"name": "m", "source": source, "run_id": run.run_id}))[0] == 200, source


async def test_a_trace_names_no_folder(send: Send, host: Any, tmp_path: Path) -> None:
    def trace(name: str, **tags: str) -> dict[str, Any]:
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}
        info = {"trace_id": name, "trace_location": place, "request_time": "2026-01-01T00:00:00Z", "state": "OK"}
        return {"trace": {"trace_info": {**info, "tags": tags}}}

    (tmp_path / "traces.json").write_text('{"hidden": 1}')
    traces = "api/3.0/mlflow/traces"
    for refused in (trace("../../x"), trace("tr-1", **{"mlflow.trace.archiveLocation": str(tmp_path)})):
        status, body = await send("POST", traces, refused)
        assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), refused
    assert (await send("POST", traces, trace("tr-2", topic="a")))[0] == 200
    for key in ("mlflow.artifactLocation", "mlflow.trace.archiveLocation"):
        for version in ("2.0", "3.0"):
            path = f"api/{version}/mlflow/traces/tr-2/tags"
            status, body = await send("PATCH", path, {"key": key, "value": str(tmp_path)})
            assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert (await send("PATCH", f"{traces}/tr-2/tags", {"key": "topic", "value": "b"}))[0] == 200
    status, body = await send("GET", "ajax-api/2.0/mlflow/get-trace-artifact?request_id=tr-2")
    assert "hidden" not in (body or {})


async def test_what_protects_an_alias_is_not_changed_around_its_approvals(send: Send, host: Any) -> None:
    ws = host.workspace()
    roles = {"roles": [{"role": "risk", "who": ["user:eve"]}]}
    metrics = [{"name": "roc_auc", "primary": True}]
    target = {"table": "main.ml.t", "column": "y"}
    ws.scopes.put("churn", {"problem": "classification", "target": target, "metrics": metrics, "signoff": roles})
    client = ws.tracking.client()
    experiment = ws.tracking.experiment_id("e")
    judged = client.create_run(experiment, tags={"mlnb.scope": "churn"}).info
    free = client.create_run(experiment).info
    for name in ("tagged", "by_run"):
        client.create_registered_model(name, tags={"mlnb.scope": "churn"} if name == "tagged" else None)
        client.create_model_version(name, f"{judged.artifact_uri}/model", judged.run_id)
    digest = {"mlnb.artifact_digest": "0" * 64}
    client.create_model_version("by_run", f"{free.artifact_uri}/model", free.run_id, tags=digest)
    other = {"run_id": judged.run_id, "tags": [{"key": "mlnb.scope", "value": "other"}]}
    escaped = json.dumps(other).replace("scope", "\\u0073cope")  # the same to whoever reads JSON
    refused = [
        ("POST", "registered-models/alias", {"name": "by_run", "alias": "champion", "version": "1"}),
        ("POST", "registered-models/alia%73", {"name": "tagged", "alias": "champion", "version": "1"}),
        ("POST", "registered-models/alias", json.dumps(json.dumps({"name": "tagged", "alias": "champion", "version": "1"}))),
        ("DELETE", "registered-models/delete-tag", {"name": "tagged", "key": "mlnb.scope"}),
        ("POST", "registered-models/set-tag", {"name": "tagged", "key": "mlnb.scope", "value": "other"}),
        ("POST", "runs/delete-tag", {"run_id": judged.run_id, "key": "mlnb.scope"}),
        ("POST", "runs/set-tag", {"run_id": judged.run_id, "key": "mlnb.scope", "value": "other"}),
        ("POST", "runs/log-batch", other),
        ("POST", "runs/log-batch", escaped),
        ("POST", "model-versions/set-tag", {"name": "by_run", "version": "2", "key": "mlnb.artifact_digest", "value": "1"}),
        ("DELETE", "model-versions/delete-tag", {"name": "by_run", "version": "2", "key": "mlnb.artifact_digest"}),
    ]  # fmt: skip
    for verb, path, body in refused:
        status, answer = await send(verb, f"{MLFLOW}/{path}", body)
        assert (status, answer["error_code"]) == (403, "PERMISSION_DENIED"), path
    assert client.get_registered_model("tagged").aliases == {} == client.get_registered_model("by_run").aliases
    allowed = {"run_id": judged.run_id, "tags": [{"key": "mlnb.scope", "value": "churn"}, {"key": "a", "value": "b"}]}
    assert (await send("POST", f"{MLFLOW}/runs/log-batch", allowed))[0] == 200
    assert (await send("POST", f"{MLFLOW}/registered-models/set-tag", {"name": "tagged", "key": "a", "value": "b"}))[
        0
    ] == 200


async def test_a_body_that_nobody_needs_is_not_read(send: Send, host: Any) -> None:
    body = b'{"name": "' + b"x" * host.settings.max_json_bytes + b'"}'
    status, answer = await send("POST", f"{MLFLOW}/experiments/create", body)
    assert (status, answer["error_code"]) == (413, "PAYLOAD_TOO_LARGE")
