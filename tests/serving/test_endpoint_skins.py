"""The same endpoint over REST, the magic, the command line and in a cell's output."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlnb.server.operations import Incoming, perform
from mlnb.server.route import RawResponse
from mlnb.server.router import Router
from mlnb.server.serving import ROUTES
from tests.waiting import until

from .conftest import MODEL, ROW

pytestmark = pytest.mark.usefixtures("served")


@pytest.fixture
def ask(served: Any) -> Any:
    """Answer an operation as the server would."""
    router = Router(ROUTES)

    def ask(verb: str, path: str, body: Any = None) -> tuple[RawResponse, Any]:
        match = router.find(verb, path.partition("?")[0])
        query = {
            key: [value]
            for key, _, value in (part.partition("=") for part in path.partition("?")[2].split("&") if part)
        }
        raw = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        response = perform(
            match.route, served, Incoming(verb, path, match.params, query, headers, raw), max_json_bytes=1 << 24
        )
        return response, json.loads(response.body) if response.body else None

    return ask


def test_the_screens_get_what_they_show(ask: Any, served: Any) -> None:
    served.endpoints.query("delays", dataframe_records=[ROW])
    (line,) = ask("GET", "/api/1.0/endpoints")[1]["endpoints"]
    assert set(line) >= {"name", "state", "url", "model_name", "model_version", "requests", "errors", "updated_at"}
    page = ask("GET", "/api/1.0/endpoints/delays")[1]
    assert page["inputs"][0] == {"name": "distance", "type": "double", "required": True, "nullable": False}
    assert page["example"]["dataframe_split"]["columns"] == list(ROW)
    assert set(page) >= {"curl", "python", "latency", "inference_table", "created_at", "process", "events"}
    assert "Bearer $(cat " in page["curl"]
    address = "/api/1.0/endpoints/delays/traffic?window=10m&step=60"
    traffic = until(lambda: (found := ask("GET", address)[1])["entities"] and found)
    assert traffic["step_s"] == 60
    assert set(traffic["entities"][0]) == {"name", "t", "requests", "e4xx", "e5xx", "p50", "p95", "p99"}
    assert ask("GET", "/api/1.0/endpoints/delays/logs?tail=3")[1]["lines"]


def test_the_platforms_shapes(ask: Any) -> None:
    (listed,) = ask("GET", "/api/2.0/serving-endpoints")[1]["endpoints"]
    found = ask("GET", "/api/2.0/serving-endpoints/delays")[1]
    assert listed["name"] == found["name"] == "delays"
    assert found["state"] == {"ready": "READY", "config_update": "NOT_UPDATING"}
    (entity,) = found["config"]["served_entities"]
    assert (entity["entity_name"], entity["entity_version"], entity["state"]["deployment"]) == (
        MODEL,
        "1",
        "DEPLOYMENT_READY",
    )
    assert found["config"]["traffic_config"]["routes"] == [{"served_model_name": "delays-1", "traffic_percentage": 100}]
    assert found["config"]["auto_capture_config"]["table_name_prefix"] == "delays"


def test_a_request_below_the_lab_url_is_forwarded_as_the_caller(ask: Any, served: Any) -> None:
    from mlnb.core.caller import Caller, calling

    from .conftest import logged

    with calling(Caller("grace", source="rest")):
        response, answer = ask("POST", "/serving-endpoints/delays/invocations", {"dataframe_records": [ROW]})
    assert (response.status, len(answer["predictions"])) == (200, 1)
    assert response.headers["served-model-name"] == "delays-1"
    payload = logged(served).set_index("databricks_request_id")
    assert payload.loc[response.headers["x-request-id"], "requester"] == "grace"
    bad, refused = ask("POST", "/serving-endpoints/delays/invocations", {"dataframe_records": [{}]})
    assert (bad.status, refused["error_code"]) == (400, "BAD_REQUEST")


def test_the_magic_lists_shows_tests_and_refuses(served: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from mlnb.magics.base import MagicCall, UsageError
    from mlnb.magics.deploy import MAGICS
    from mlnb.magics.run import parse

    def run(line: str) -> Any:
        return MAGICS[0].run(MagicCall(ws=served, args=parse(MAGICS[0], line), cell=None, shell=None))  # type: ignore[arg-type]

    assert [item.name for item in run("")] == ["delays"]
    assert run("status delays").state == "READY"
    assert len(run("test delays").predictions) == 2
    assert run("logs delays --tail 2") is None
    assert capsys.readouterr().out.count("\n") == 2
    for wrong in ("status-of delays", "stop", f"{MODEL}@champion delays"):
        with pytest.raises(UsageError):
            run(wrong)
    assert set(MAGICS[0].complete["model"](served, "main.ml.del")) == {MODEL}  # type: ignore[index]
    assert set(MAGICS[0].complete["endpoint"](served, "")) == {"delays"}  # type: ignore[index]


def test_the_command_line_speaks_json(served: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from click.testing import CliRunner

    from mlnb.cli.endpoints import endpoints

    monkeypatch.setenv("MLNB_WORKSPACE", str(served.path))

    def run(*arguments: str) -> Any:
        result = CliRunner().invoke(endpoints, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    assert json.loads(run("list", "--json"))[0]["name"] == "delays"
    assert "READY" in run("list")
    assert json.loads(run("show", "delays", "--json"))["model_version"] == 1
    assert "curl -s" in run("show", "delays")
    (tmp_path / "rows.json").write_text(json.dumps([ROW, ROW]))
    assert len(json.loads(run("query", "delays", str(tmp_path / "rows.json"), "--json"))["predictions"]) == 2
    assert len(json.loads(run("logs", "delays", "--tail", "2", "--json"))) == 2


def test_a_card_shows_address_and_inputs_and_escapes_what_comes_from_data(served: Any) -> None:
    from mlnb.display.serving import FORMATTERS

    endpoint = served.endpoints.get("delays")
    html = FORMATTERS["Endpoint"](endpoint.model_copy(update={"message": "<script>alert(1)</script>"}))
    assert "<script>" not in html
    assert endpoint.url in html
    assert "distance" in html
    assert FORMATTERS["QueryResponse"](served.endpoints.test("delays")).count("<tr>") >= 3
    assert "delays" in FORMATTERS["EndpointSummary"](served.endpoints.list()[0])
