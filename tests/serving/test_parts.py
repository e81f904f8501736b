"""Small parts: traffic by minute, tokens, ports, configurations of the platform, names of tables, what a query sends."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError, NotProvidedError
from mlnb.serving import control, metrics, tokens
from mlnb.serving.client import Answer, error_of, request_body
from mlnb.serving.config import ServingSettings, check_name
from mlnb.serving.describe import seconds_of
from mlnb.serving.errors import BadRequestError, EndpointNotReadyError, PortInUseError
from mlnb.serving.listeners import Listeners, bind, bind_first, port_of
from mlnb.serving.platform import ConfigInput, deploy_arguments
from mlnb.serving.supervise import Crashes
from mlnb.serving.tables import payload_name


def test_traffic_adds_up_over_processes_and_steps(ws: Any) -> None:
    first, second = metrics.Recorder(), metrics.Recorder()
    for milliseconds in (1.2, 1.4, 900):
        first.record(200, milliseconds)
    second.record(400, 2)
    second.record(503, 3)
    first.store(ws.metastore, "e1", "flights-1", 100)
    second.store(ws.metastore, "e1", "flights-1", 100)
    first.store(ws.metastore, "e1", "flights-1", 100)  # nothing new: nothing is counted twice
    with ws.metastore.connect() as connection:
        assert metrics.totals(connection) == {"e1": (5, 2)}
        latency = metrics.latency(connection, "e1")
        series = metrics.traffic(connection, "e1", window_s=600, step_s=60)
    assert latency.p50 is not None
    assert 1 < latency.p50 <= 2
    assert latency.p99 is not None
    assert latency.p99 > 500
    (entity,) = series.entities
    assert (len(entity.t), sum(entity.requests), sum(entity.e4xx), sum(entity.e5xx)) == (10, 5, 1, 1)
    assert entity.p50[0] is None


def test_counts_survive_a_metastore_that_does_not_answer(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = metrics.Recorder()
    recorder.record(200, 1)
    with monkeypatch.context() as broken:
        broken.setattr(ws.metastore, "upsert", lambda *_: (_ for _ in ()).throw(OSError("gone")))
        with pytest.raises(OSError, match="gone"):
            recorder.store(ws.metastore, "e1", "m", 1)
    recorder.record(200, 1)
    recorder.store(ws.metastore, "e1", "m", 1)
    with ws.metastore.connect() as connection:
        assert metrics.totals(connection) == {"e1": (2, 0)}


def test_tokens_are_files_of_their_owner_and_hashes_in_the_metastore(ws: Any) -> None:
    files = tokens.TokenFiles(ws.files, ws.path / "serving" / "tokens")
    with ws.metastore.begin() as connection:
        files.issue(connection, "e1", "flights", "ada")
    value = files.read("flights")
    assert value
    assert oct(files.path("flights").stat().st_mode & 0o777) == "0o600"
    assert oct(files.path("flights").parent.stat().st_mode & 0o777) == "0o700"
    with ws.metastore.connect() as connection:
        known = tokens.holders(connection, "e1")
        stored = str(connection.execute(sa.text("SELECT * FROM serving_tokens")).all())
    assert value not in stored
    assert tokens.find(f"Bearer {value}", known) == tokens.Holder("ada", tokens.QUERY)
    manage = files.read("flights", tokens.MANAGE)
    assert tokens.find(f"bearer {manage}", known) == tokens.Holder("ada", tokens.MANAGE)
    for wrong in (None, "", value, f"Basic {value}", f"Bearer {value}x", "Bearer "):
        assert tokens.find(wrong, known) is None


def test_a_port_in_use_is_a_clear_error_and_is_skipped_in_a_range() -> None:
    taken = bind_first("127.0.0.1", range(21801, 21899))
    port = port_of(taken)
    with pytest.raises(PortInUseError, match=f"Port {port} is in use"):
        bind("127.0.0.1", port)
    other = bind_first("127.0.0.1", range(port, port + 20), reserved={port + 1})
    assert port_of(other) > port + 1
    with pytest.raises(PortInUseError, match="None of the 1 ports"):
        bind_first("127.0.0.1", range(port, port + 1))
    held = Listeners()
    held.keep("e1", taken)
    held.keep("e2", other)
    assert held.get("e1", port) is taken
    held.release("e1")
    assert held.get("e1") is None
    bind("127.0.0.1", port).close()
    held.release("e2")


def test_the_listening_socket_is_handed_over(tmp_path: Path) -> None:
    listener = bind_first("127.0.0.1", range(21801, 21899))
    server = control.ControlServer(
        tmp_path / "c", lambda command: {"state": "READY", "heard": command}, lambda: listener
    )
    server.start()
    assert control.ask(str(tmp_path / "c"), "status") == {"state": "READY", "heard": "status"}
    copy = control.fetch_socket(str(tmp_path / "c"))
    assert copy is not None
    port = port_of(listener)
    listener.close()
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass  # the copy alone keeps the port open
    copy.close()
    server.close()
    assert control.ask(str(tmp_path / "c"), "status") is None


def test_control_sockets_move_to_the_temporary_folder_when_the_path_is_too_long(tmp_path: Path) -> None:
    short = control.socket_folder(Path(tempfile.gettempdir()) / f"w{os.getpid()}")
    long = control.socket_folder(tmp_path / ("x" * 80) / ".mlnb")
    for folder in (short, long):
        assert len(str(folder)) < 90
        assert oct(folder.stat().st_mode & 0o777) == "0o700"
    long.rmdir()
    short.rmdir()
    short.parent.rmdir()
    short.parent.parent.rmdir()


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        (True, "main.ml.late_flights_payload"),
        (False, None),
        ("audit", "main.audit.late_flights_payload"),
        ("audit.calls", "main.audit.calls_payload"),
        ("ops.audit.calls", "ops.audit.calls_payload"),
        ("ops.audit.calls_payload", "ops.audit.calls_payload"),
    ],
)
def test_the_inference_table_is_beside_the_model_unless_said_otherwise(choice: bool | str, name: str | None) -> None:
    assert payload_name(choice, "late-flights", "main.ml.flights") == name


def test_a_table_name_with_too_many_parts_is_refused() -> None:
    with pytest.raises(InvalidParameterError):
        payload_name("a.b.c.d", "e", "main.ml.m")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "-a", "ä", "x" * 64, "a.b"])
def test_names_that_no_endpoint_can_have(name: str) -> None:
    with pytest.raises(InvalidParameterError):
        check_name(name)


def test_the_platforms_configuration_says_what_to_deploy() -> None:
    config = {
        "served_entities": [
            {"entity_name": "main.ml.m", "entity_version": "3", "workload_size": "Small", "scale_to_zero_enabled": True}
        ],
        "traffic_config": {"routes": [{"served_model_name": "m-3", "traffic_percentage": 100}]},
        "auto_capture_config": {"catalog_name": "main", "schema_name": "ops", "table_name_prefix": "calls"},
        "something_new": 1,
    }
    assert deploy_arguments(ConfigInput.model_validate(config)) == {
        "model": "main.ml.m",
        "version": "3",
        "inference_table": "main.ops.calls",
    }
    older = {
        "served_models": [{"model_name": "main.ml.m", "model_version": 3}],
        "auto_capture_config": {"enabled": False},
    }
    assert deploy_arguments(ConfigInput.model_validate(older)) == {
        "model": "main.ml.m",
        "version": 3,
        "inference_table": False,
    }


@pytest.mark.parametrize(
    ("config", "error", "says"),
    [
        ({"served_entities": [{"entity_name": "a"}, {"entity_name": "b"}]}, NotProvidedError, "2 served entities"),
        (
            {"served_entities": [{"entity_name": "a", "entity_version": "1", "external_model": {"x": 1}}]},
            NotProvidedError,
            "external_model",
        ),
        (
            {"served_entities": [{"entity_name": "a", "entity_version": "1", "workload_type": "GPU_SMALL"}]},
            NotProvidedError,
            "workload_type",
        ),
        (
            {"served_entities": [{"entity_name": "a", "entity_version": "1"}], "mlnb": {"shadow": [1]}},
            NotProvidedError,
            "shadow",
        ),
        ({"served_entities": [{"entity_name": "a"}]}, InvalidParameterError, "entity_version"),
        ({}, InvalidParameterError, "nothing to serve"),
        (
            {
                "served_entities": [{"entity_name": "a", "entity_version": "1"}],
                "traffic_config": {"routes": [{"traffic_percentage": 90}]},
            },
            InvalidParameterError,
            "90 %",
        ),
    ],
)
def test_what_is_not_served_is_refused_by_name(config: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        deploy_arguments(ConfigInput.model_validate(config))


def test_a_crash_loop_waits_longer_and_longer_and_a_long_life_ends_it() -> None:
    crashes = Crashes()
    waits = []
    for _ in range(6):
        crashes.note(0)
        waits.append(crashes.not_before)
    assert waits == [0, 0, 5_000, 10_000, 20_000, 40_000]
    crashes.note(100, lived_ms=90_000)
    assert crashes.not_before == 100


def test_a_query_sends_frames_as_a_table_and_nan_as_null() -> None:
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2], "b": [0.5, None], "at": pd.to_datetime(["2013-08-01T14:00Z", None])})
    body = json.loads(request_body(dataframe_records=frame, client_request_id="c"))
    assert body == {
        "dataframe_split": {
            "columns": ["a", "b", "at"],
            "data": [[1, 0.5, "2013-08-01T14:00:00+00:00"], [2, None, None]],
        },
        "client_request_id": "c",
    }
    assert json.loads(request_body(dataframe_records=[{"a": float("nan")}])) == {"dataframe_records": [{"a": None}]}
    with pytest.raises(InvalidParameterError, match="exactly one"):
        request_body()
    with pytest.raises(InvalidParameterError, match="exactly one"):
        request_body(inputs={}, instances=[])


def test_an_endpoints_error_arrives_with_its_fields() -> None:
    body = {
        "error_code": "BAD_REQUEST",
        "message": "1 field is wrong: rows[0].a: missing",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "field_violations": [{"field": "rows[0].a", "description": "missing"}],
            }
        ],
    }
    error = error_of(Answer(400, {"x-request-id": "r1"}, json.dumps(body).encode()))
    assert isinstance(error, BadRequestError)
    assert [(item.field, item.description) for item in error.fields] == [("rows[0].a", "missing")]
    assert error.details == {"request_id": "r1"}
    assert isinstance(error_of(Answer(503, {}, b'{"error_code": "X", "message": "m"}')), EndpointNotReadyError)
    assert "502" in error_of(Answer(502, {}, b"<html>")).message


def test_settings_are_checked() -> None:
    assert ServingSettings(port_range="9000-9001").ports == range(9000, 9002)
    for wrong in ("9000", "9001-9000", "0-10", "x-y", "1-70000"):
        with pytest.raises(ValueError, match="two ports"):
            ServingSettings(port_range=wrong)
    with pytest.raises(ValueError, match="this computer only"):
        ServingSettings(host="0.0.0.0")
    assert [seconds_of(text) for text in ("30m", "1h", "7d", 90, "45s")] == [1800, 3600, 604_800, 90, 45]
    for wrong in ("", "h", "-1h", "1.5h", 0):
        with pytest.raises(InvalidParameterError):
            seconds_of(wrong)
