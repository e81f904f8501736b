"""One endpoint, really running: what it answers, what it refuses, what it records."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlnb.serving.errors import BadRequestError, EndpointNotFoundError, PortInUseError
from mlnb.serving.listeners import bind_first, port_of
from tests.waiting import until

from .conftest import MODEL, ROW, Client, logged, train

pytestmark = pytest.mark.usefixtures("served")


@pytest.fixture
def client(served: Any) -> Client:
    return Client(served)


def test_a_deployed_endpoint_says_where_it_is_and_what_it_takes(served: Any) -> None:
    endpoint = served.endpoints.get("delays")
    assert (endpoint.state, endpoint.model_name, endpoint.model_version) == ("READY", MODEL, 1)
    assert [(item.name, item.type, item.required) for item in endpoint.inputs] == [
        ("distance", "double", True),
        ("carrier", "string", True),
        ("seats", "long", True),
        ("wind", "double", False),
        ("requested_at", "datetime", True),
    ]
    assert endpoint.process.pid
    assert endpoint.inference_table == "main.ml.delays_payload"
    assert [event.action for event in endpoint.events][-2:] == ["endpoint.ready", "endpoint.created"]
    assert [item.name for item in served.endpoints.list()] == ["delays"]


def test_the_curl_line_works_as_it_is_shown(served: Any) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    line = served.endpoints.get("delays").curl
    answer = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(answer.stdout)["predictions"] in ([0], [1])
    assert Client(served).token not in line


def test_all_formats_give_what_the_model_says(served: Any, client: Client) -> None:
    import pandas as pd

    expected = train(0)[0].predict(pd.DataFrame([{**ROW, "requested_at": pd.Timestamp("2013-08-01 14:00")}])).tolist()
    names = list(ROW)
    bodies: list[dict[str, Any]] = [
        {"dataframe_records": [ROW]},
        {"dataframe_split": {"columns": names, "data": [list(ROW.values())]}},
        {"instances": [ROW]},
        {"instances": [list(ROW.values())]},
        {"inputs": {name: [value] for name, value in ROW.items()}},
    ]
    for body in bodies:
        status, headers, answer = client.send(body=body)
        assert (status, answer) == (200, {"predictions": expected}), body
        assert headers["served-model-name"] == "delays-1"
        assert headers["x-request-id"]
    assert client.send(path="/serving-endpoints/delays/invocations", body=bodies[0])[0] == 200
    assert client.send(body={"dataframe_records": []})[2] == {"predictions": []}


def test_a_data_frame_can_be_asked_about(served: Any) -> None:
    model, frame, _ = train(0)
    answer = served.endpoints.query("delays", dataframe_records=frame.head(40), client_request_id="frame")
    assert answer.predictions == model.predict(frame.head(40)).tolist()
    assert answer.served_model_name == "delays-1"
    assert served.endpoints.test("delays").predictions == model.predict(frame.head(2)).tolist()


def test_every_wrong_field_is_named_by_row_and_no_value_is_repeated(client: Client) -> None:
    rows = [
        ROW,
        {**ROW, "distance": "far", "seats": 3.5},
        {key: value for key, value in ROW.items() if key != "carrier"},
    ]
    status, _, answer = client.send(body={"dataframe_records": rows})
    assert status == 400
    assert answer["error_code"] == "BAD_REQUEST"
    violations = {item["field"]: item["description"] for item in answer["details"][0]["field_violations"]}
    assert violations == {
        "rows[1].distance": "expected double, got string",
        "rows[1].seats": "expected long, got a number with a fraction",
        "rows[2].carrier": "missing, string expected",
    }
    assert "3 fields are wrong" in answer["message"]
    assert "far" not in json.dumps(answer)


def test_wrong_fields_reach_python_as_an_error_with_fields(served: Any) -> None:
    with pytest.raises(BadRequestError) as caught:
        served.endpoints.query("delays", dataframe_records=[{**ROW, "carrier": 7}])
    assert [(item.field, item.description) for item in caught.value.fields] == [
        ("rows[0].carrier", "expected string, got integer")
    ]


def test_unknown_fields_are_ignored_and_named(client: Client) -> None:
    status, headers, _ = client.send(body={"dataframe_records": [{**ROW, "colour": "red", "größe": 1}]})
    assert status == 200
    assert headers["x-mlnb-ignored-fields"].startswith("colour,")


@pytest.mark.parametrize("token", [None, "", "nonsense"])
@pytest.mark.parametrize("path", ["/invocations", "/ping", "/nowhere"])
def test_nothing_is_reachable_without_the_token(client: Client, token: str | None, path: str) -> None:
    status, headers, answer = client.send("POST" if path == "/invocations" else "GET", path, token=token)
    assert (status, answer["error_code"], headers["www-authenticate"]) == (401, "UNAUTHENTICATED", "Bearer")


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "code"),
    [
        ("GET", "/invocations", None, {}, 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/ping", {}, {}, 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/elsewhere", {}, {}, 404, "ENDPOINT_NOT_FOUND"),
        ("POST", "/serving-endpoints/other/invocations", {}, {}, 404, "ENDPOINT_NOT_FOUND"),
        ("POST", "/invocations", "a,b\n1,2\n", {"Content-Type": "text/csv"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/invocations", "{", {}, 400, "BAD_REQUEST"),
        ("POST", "/invocations", "[" * 5000, {}, 400, "BAD_REQUEST"),
        ("POST", "/invocations", {"dataframe_records": [{}] * 100_001}, {}, 413, "REQUEST_TOO_LARGE"),
    ],
)
def test_requests_that_are_none_get_their_status_and_code(
    client: Client, method: str, path: str, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    found, received, answer = client.send(method, path, body, headers=headers)
    assert (found, answer["error_code"]) == (status, code)
    assert found != 405 or received["allow"] in ("GET", "POST")


def test_a_body_over_the_limit_is_refused_by_its_length_and_while_reading(client: Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=30)
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    connection.putrequest("POST", "/invocations")
    for name, value in {**headers, "Content-Length": str(17 << 20)}.items():
        connection.putheader(name, value)
    connection.endheaders()  # the length alone is enough, no byte of the body is needed
    assert connection.getresponse().status == 413
    connection.close()
    chunks = (b" " * (1 << 20) for _ in range(17))
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=30)
    try:
        connection.request("POST", "/invocations", chunks, headers, encode_chunked=True)
        assert connection.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before everything was sent
    connection.close()


@pytest.mark.parametrize("path", ["/ping", "/health", "/ready", "/version"])
def test_the_small_paths_answer(client: Client, path: str) -> None:
    status, _, answer = client.send("GET", path)
    assert status == 200
    assert answer.get("status", "ok") in ("ok", "ready")


def test_every_request_is_recorded_once_also_failed_ones(served: Any, client: Client) -> None:
    good = client.send(body={"dataframe_records": [ROW, {**ROW, "wind": None}], "client_request_id": "good"})
    bad = client.send(body={"dataframe_records": [{**ROW, "seats": "many"}], "client_request_id": "bad"})
    payload = logged(served)
    found = payload[payload["client_request_id"].isin(["good", "bad"])].set_index("client_request_id")
    assert len(found) == 2
    assert found.loc["good", "databricks_request_id"] == good[1]["x-request-id"]
    assert found.loc["bad", "databricks_request_id"] == bad[1]["x-request-id"]
    assert (found.loc["good", "status_code"], found.loc["bad", "status_code"]) == (200, 400)
    assert json.loads(found.loc["good", "response"]) == good[2]
    assert json.loads(found.loc["good", "request"])["dataframe_records"][0] == dict(ROW)
    assert found.loc["good", "requester"] == "ada"
    rows = logged(served, "main.ml.delays_payload_rows")
    mine = rows[rows["client_request_id"] == "good"].sort_values("row_index")
    assert mine["row_index"].tolist() == [0, 1]
    assert mine["distance"].tolist() == [1500.0, 1500.0]
    assert mine["wind"].isna().tolist() == [False, True]
    assert mine["requested_at"].iloc[0].to_pydatetime() == datetime(2013, 8, 1, 14, tzinfo=UTC)
    assert mine["prediction"].tolist() == good[2]["predictions"]
    assert [round(sum(item), 9) for item in mine["prediction_proba"]] == [1.0, 1.0]
    assert mine["model_id"].unique().tolist() == [f"{MODEL}/1"]
    assert not (rows["client_request_id"] == "bad").any()


def test_the_tables_name_their_endpoint_and_are_read_by_plain_deltalake(served: Any) -> None:
    from deltalake import DeltaTable

    for name in ("main.ml.delays_payload", "main.ml.delays_payload_rows"):
        info = served.catalog.table(name).info
        assert info.properties["mlnb.endpoint"] == "delays"
        assert DeltaTable(info.storage_location).to_pyarrow_table().num_rows > 0
    assert (
        DeltaTable(served.catalog.table("main.ml.delays_payload").info.storage_location)
        .metadata()
        .configuration["delta.enableChangeDataFeed"]
        == "true"
    )


def test_who_asks_is_recorded_and_cannot_be_made_up_with_the_query_token(served: Any, client: Client) -> None:
    from mlnb.core.caller import Caller, calling

    with calling(Caller("grace", source="rest")):
        through = served.endpoints.query("delays", dataframe_records=[ROW])
    made_up = client.send(body={"dataframe_records": [ROW]}, headers={"x-mlnb-requester": "mallory"})
    payload = logged(served).set_index("databricks_request_id")
    assert payload.loc[through.request_id, "requester"] == "grace"
    assert payload.loc[made_up[1]["x-request-id"], "requester"] == "ada"


def test_traffic_and_log_are_there(served: Any, client: Client) -> None:
    client.send(body={"dataframe_records": [ROW]})
    before = served.endpoints.get("delays").requests
    client.send(body={"dataframe_records": [{}]})

    def told_alike() -> Any:
        """What is asked twice is alike only when no requests were counted in between."""
        endpoint, series = served.endpoints.get("delays"), served.endpoints.series("delays", "1h", 60)
        counts = [(sum(entity.requests), sum(entity.e4xx)) for entity in series.entities]
        return endpoint.requests > before and counts == [(endpoint.requests, endpoint.errors)] and endpoint

    endpoint = until(told_alike)
    assert endpoint.errors
    assert endpoint.latency.p50 > 0
    assert any("ready on port" in line for line in served.endpoints.logs("delays"))


def test_the_token_file_is_private(served: Any) -> None:
    path = Path(served.endpoints.get("delays").token_file)
    assert oct(path.stat().st_mode & 0o777) == "0o600"


def test_an_unknown_endpoint_is_answered_with_the_nearest_name(served: Any) -> None:
    with pytest.raises(EndpointNotFoundError) as caught:
        served.endpoints.get("delay")
    assert caught.value.hint == "Did you mean delays?"


def test_a_port_that_was_asked_for_and_is_taken_is_a_clear_error_and_changes_nothing(served: Any) -> None:
    taken = bind_first("127.0.0.1", range(21801, 21899))
    before = [item.name for item in served.endpoints.list()]
    with pytest.raises(PortInUseError) as caught:
        served.endpoints.deploy(f"{MODEL}/1", endpoint="second", port=port_of(taken))
    taken.close()
    assert caught.value.code == "PORT_IN_USE"
    assert [item.name for item in served.endpoints.list()] == before
