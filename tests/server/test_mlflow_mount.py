"""MLflow's own API through our handler: its answers, its errors in our shape, and the differences of the platform's client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlnb.server.mlflow_mount import environ, run_wsgi
from mlnb.server.route import RawRequest

MLFLOW = "api/2.0/mlflow"


async def test_runs_are_written_and_found(ask: Any, host: Any, workspace_path: Path) -> None:
    root = str(workspace_path / "artifacts" / "e")
    status, body = await ask("POST", f"{MLFLOW}/experiments/create", {"name": "e", "artifact_location": root})
    assert status == 200
    experiment = body["experiment_id"]
    status, body = await ask("POST", f"{MLFLOW}/runs/create", {"experiment_id": experiment, "start_time": 1})
    run = body["run"]["info"]["run_id"]
    metric = {"run_id": run, "key": "auc", "value": 0.75, "timestamp": 1, "step": 0}
    assert (await ask("POST", f"{MLFLOW}/runs/log-metric", metric))[0] == 200
    status, body = await ask("POST", f"{MLFLOW}/runs/search", {"experiment_ids": [experiment]})
    assert body["runs"][0]["data"]["metrics"][0]["value"] == 0.75
    status, body = await ask("GET", f"{MLFLOW}/runs/get", params={"run_id": run})
    assert body["run"]["info"]["artifact_uri"] == f"mlflow-artifacts:/e/{run}/artifacts"
    assert host.workspace().tracking.client().get_run(run).info.artifact_uri == f"{root}/{run}/artifacts"


async def test_new_experiments_keep_their_artifacts_in_the_workspace(ask: Any, host: Any, workspace_path: Path) -> None:
    _, body = await ask("POST", f"{MLFLOW}/experiments/create", {"name": "mine"})
    experiment = body["experiment_id"]
    _, body = await ask("GET", f"{MLFLOW}/experiments/get", params={"experiment_id": experiment})
    assert body["experiment"]["artifact_location"] == f"mlflow-artifacts:/{experiment}"
    kept = host.workspace().tracking.client().get_experiment(experiment).artifact_location
    assert kept == str(workspace_path / "artifacts" / experiment)


async def test_who_asks_over_http_does_not_choose_folders_of_this_computer(ask: Any, tmp_path: Path) -> None:
    for place in (str(tmp_path), f"file://{tmp_path}", "/etc", "mlflow-artifacts:/../../../x"):
        for field in ("artifact_location", "artifactLocation"):  # MLflow reads both
            status, body = await ask("POST", f"{MLFLOW}/experiments/create", {"name": "e", field: place})
            assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), place
    status, _ = await ask("POST", f"{MLFLOW}/experiments/create", {"name": "e", "artifact_location": "s3://bucket/e"})
    assert status == 200


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("/w/a/1/r/artifacts", "mlflow-artifacts:/1/r/artifacts"),
        ("file:///w/a/1", "mlflow-artifacts:/1"),
        ("/w/a", "/w/a"),
        ("/w/ab/1", "/w/ab/1"),
        ("/w/a/my folder/1", "/w/a/my folder/1"),
        ("s3://b/1", "s3://b/1"),
    ],
)
def test_addresses_below_the_root_are_told_as_served_and_others_as_they_are(kept: str, told: str) -> None:
    from mlnb.server.mlflow_artifacts import Addresses

    addresses = Addresses("/w/a")
    message = json.dumps({"artifact_uri": kept, "value": kept}).encode()
    assert json.loads(addresses.outgoing(message)) == {"artifact_uri": told, "value": kept}
    back = json.loads(addresses.incoming(addresses.outgoing(message)))
    assert back["artifact_uri"] == kept.removeprefix("file://")


async def test_errors_have_codes_and_unknown_paths_our_shape(ask: Any) -> None:
    status, body = await ask("GET", f"{MLFLOW}/runs/get", params={"run_id": "0" * 32})
    assert (status, body["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    status, body = await ask("GET", f"{MLFLOW}/no/such/thing")
    assert (status, body["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    status, body = await ask("POST", "ajax-api/2.0/mlflow/gateway-proxy", {"gateway_path": "x"})
    assert (status, body["error_code"]) == (501, "NOT_IMPLEMENTED")


async def test_a_delete_may_say_what_in_its_query(ask: Any) -> None:
    assert (await ask("POST", f"{MLFLOW}/registered-models/create", {"name": "m"}))[0] == 200
    assert (await ask("DELETE", f"{MLFLOW}/registered-models/delete", params={"name": "m"}))[0] == 200
    status, _ = await ask("GET", f"{MLFLOW}/registered-models/get", params={"name": "m"})
    assert status == 404


async def test_searching_is_reading_although_it_is_a_post(jp_serverapp: Any, ask: Any) -> None:
    class ReadOnly:
        def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
            return action == "read" and resource == "mlnb:mlflow"

    jp_serverapp.web_app.settings["authorizer"] = ReadOnly()
    assert (await ask("POST", f"{MLFLOW}/experiments/search", {"max_results": 1}))[0] == 200
    assert (await ask("POST", f"{MLFLOW}/experiments/create", {"name": "x"}))[0] == 403


async def test_it_can_be_switched_off(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLNB_SERVER__MLFLOW", "off")
    status, body = await ask("GET", f"{MLFLOW}/experiments/get", params={"experiment_id": "0"})
    assert (status, body["error_code"]) == (501, "NOT_IMPLEMENTED")


def test_a_page_of_html_about_a_fault_becomes_json() -> None:
    def broken(environment: Any, start_response: Any) -> list[bytes]:
        start_response("500 INTERNAL SERVER ERROR", [("Content-Type", "text/html")])
        return [b"<h1>Traceback: hunter2</h1>"]

    q = RawRequest("GET", "/api/2.0/mlflow/x")
    answer = run_wsgi(broken, environ(q), q)
    assert isinstance(answer.body, bytes)
    assert (answer.status, json.loads(answer.body)["error_code"]) == (500, "INTERNAL_ERROR")
    assert b"hunter2" not in answer.body


def test_names_in_paths_and_queries_reach_the_application_whole() -> None:
    q = RawRequest("GET", "/api/2.0/mlflow/x%20y/%C3%B6", query={"a": ["1", "2"], "ö": ["&"]})
    environment = environ(q)
    assert environment["PATH_INFO"].encode("latin-1").decode() == "/api/2.0/mlflow/x y/ö"
    assert environment["QUERY_STRING"] == "a=1&a=2&%C3%B6=%26"


async def test_what_a_client_does_to_runs_stands_in_the_journal_under_its_name(ask: Any, host: Any) -> None:
    _, body = await ask("POST", f"{MLFLOW}/experiments/create", {"name": "e"})
    _, body = await ask("POST", f"{MLFLOW}/runs/create", {"experiment_id": body["experiment_id"], "run_name": "far"})
    run = body["run"]["info"]["run_id"]
    await ask("POST", f"{MLFLOW}/runs/update", {"run_id": run, "run_name": "other"})
    await ask("POST", f"{MLFLOW}/runs/update", {"run_id": run, "status": "FINISHED", "end_time": 5})
    await ask("POST", f"{MLFLOW}/runs/delete", {"run_id": run})
    await ask("POST", f"{MLFLOW}/runs/delete", {"run_id": "0" * 32})
    await ask("POST", f"{MLFLOW}/runs/restore", {"run_id": run})
    events = host.workspace().journal.tail(20, subjects=["run:*"])
    assert [(event.action, event.subject, event.actor) for event in events] == [
        (f"run.{what}", f"run:{run}", "ada") for what in ("started", "ended", "trashed", "restored")
    ]
    assert events[1].payload["status"] == "FINISHED"


async def test_a_call_that_went_well_is_answered_so_when_it_cannot_be_written_down(
    ask: Any, host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlnb.core.metastore import MetastoreUnavailableError

    def locked(*_: Any) -> None:
        raise MetastoreUnavailableError("locked")

    _, body = await ask("POST", f"{MLFLOW}/experiments/create", {"name": "e"})
    monkeypatch.setattr(type(host.workspace().runs), "note_plain", locked)
    status, body = await ask("POST", f"{MLFLOW}/runs/create", {"experiment_id": body["experiment_id"]})
    assert (status, body["run"]["info"]["status"]) == (200, "RUNNING")


async def test_a_protected_alias_is_not_moved_around_its_approvals(ask: Any, host: Any) -> None:
    ws = host.workspace()
    ws.scopes.put(
        "churn",
        {
            "problem": "classification",
            "target": {"table": "main.ml.t", "column": "y"},
            "metrics": [{"name": "roc_auc", "primary": True}],
            "signoff": {"roles": [{"role": "risk", "who": ["user:eve"]}]},
        },
    )
    client = ws.tracking.client()
    run = client.create_run(ws.tracking.experiment_id("e"), tags={"mlnb.scope": "churn"}).info
    client.create_registered_model("m", tags={"mlnb.scope": "churn"})
    client.create_model_version("m", f"{run.artifact_uri}/model", run.run_id)
    move = {"name": "m", "alias": "champion", "version": "1"}
    status, body = await ask("POST", f"{MLFLOW}/registered-models/alias", move)
    assert (status, body["error_code"]) == (403, "PERMISSION_DENIED")
    assert "--request" in body["details"][0]["metadata"]["hint"]
    assert client.get_registered_model("m").aliases == {}
    status, _ = await ask("DELETE", f"{MLFLOW}/registered-models/alias", params={"name": "m", "alias": "champion"})
    assert status == 403
    status, _ = await ask("POST", f"{MLFLOW}/registered-models/alias", {**move, "alias": "challenger"})
    assert status == 200
    assert [e.action for e in ws.journal.tail(5, actions=["registered_model.alias_set"])] == [
        "registered_model.alias_set"
    ]


async def test_the_link_that_a_client_prints_leads_to_lab_and_its_page_runs_nothing_else(server: Any) -> None:
    import base64
    import hashlib
    import re

    from tornado.httpclient import AsyncHTTPClient

    headers = {"Authorization": f"token {server.token}"}
    answer = await AsyncHTTPClient().fetch(f"{server.url}mlnb/", headers=headers)
    page, policy = answer.body.decode(), answer.headers["Content-Security-Policy"]
    script = re.search(r"<script>(.*)</script>", page, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}';")
    assert "../lab" in script[1]
