"""The endpoint's application by itself: what it does when the model, the log or time fails it."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from mlnb.core.errors import InvalidParameterError, UnavailableError
from mlnb.serving.config import ServingSettings
from mlnb.serving.inference_log import InferenceLog
from mlnb.serving.metrics import Recorder
from mlnb.serving.payload import Served
from mlnb.serving.router import EndpointApp
from mlnb.serving.scorer import Scored
from mlnb.serving.tokens import QUERY, Holder, digest
from mlnb.serving.worker import ModelError, Prediction


class Spool:
    """Keeps rows in memory, or has no room for them."""

    def __init__(self, *, full: bool = False) -> None:
        self.full = full
        self.rows: list[dict[str, Any]] = []

    def put(self, batch: Any) -> None:
        if self.full:
            raise OSError("no space left on device")
        self.rows += batch.to_pylist()


class Scoring:
    """Answers as it is told."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self._answer = answer

    def score(self, body: bytes) -> Any:
        return self._answer()


def scored() -> Scored:
    return Scored(1, Prediction([1]), {"x": [2.0]}, [], "c1")


def make(
    answer: Callable[[], Any] = scored, *, spool: Spool | None = None, durable: bool = True, **settings: Any
) -> tuple[EndpointApp, Spool]:
    spool = spool or Spool()
    app = EndpointApp(
        name="flights",
        entity_name="flights-1",
        model_version="1",
        scorer=Scoring(answer),  # type: ignore[arg-type]
        holders={digest("t"): Holder("ada", QUERY)},
        recorder=Recorder(),
        settings=ServingSettings(**settings),
        inference_log=InferenceLog(spool, Spool(), Served("e", "m", "1", [], "long"), durable=durable, flush_ms=1),
        durable=durable,
    )
    return app, spool


def ask(app: EndpointApp, chunks: list[bytes | float] | None = None) -> tuple[int, dict[str, str], Any]:
    """Send one request; a number among the chunks is a pause in seconds."""
    parts = list(chunks if chunks is not None else [b"{}"])
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        while parts and isinstance(parts[0], float):
            await asyncio.sleep(parts.pop(0))  # type: ignore[arg-type]
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer t"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": headers}
    asyncio.run(app(scope, receive, send))
    received = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], received, json.loads(sent[1]["body"])


def test_an_answer_is_given_after_it_is_recorded() -> None:
    app, spool = make()
    status, headers, body = ask(app)
    assert (status, body) == (200, {"predictions": [1]})
    assert headers["served-model-name"] == "flights-1"
    assert [(row["databricks_request_id"], row["client_request_id"], row["status_code"]) for row in spool.rows] == [
        (headers["x-request-id"], "c1", 200)
    ]


def test_what_cannot_be_recorded_is_not_answered() -> None:
    app, _ = make(spool=Spool(full=True))
    status, headers, body = ask(app)
    assert (status, body["error_code"], headers["retry-after"]) == (503, "TEMPORARILY_UNAVAILABLE", "2")
    assert "predictions" not in body
    assert "served-model-name" not in headers


def test_without_durability_the_answer_does_not_wait_for_a_full_disk() -> None:
    app, _ = make(spool=Spool(full=True), durable=False)
    assert ask(app)[0] == 200


def raising(error: Exception) -> Callable[[], Any]:
    def answer() -> Any:
        raise error

    return answer


@pytest.mark.parametrize("error", [ModelError("ValueError: row 3 holds 'secret'"), RuntimeError("'secret'")])
def test_a_failing_model_is_a_500_that_says_where_to_look_and_repeats_nothing(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    app, spool = make(raising(error))
    with caplog.at_level(logging.ERROR):
        status, headers, body = ask(app)
    assert (status, body["error_code"]) == (500, "INTERNAL_ERROR")
    assert "secret" not in json.dumps(body)
    assert headers["x-request-id"] in json.dumps(body)
    assert headers["x-request-id"] in caplog.text
    assert spool.rows[0]["status_code"] == 500


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidParameterError("tailnum is not text"), 400, "BAD_REQUEST"),
        (UnavailableError("the online store does not answer"), 503, "TEMPORARILY_UNAVAILABLE"),
    ],
)
def test_a_failed_look_up_is_the_callers_mistake_or_the_stores(error: Exception, status: int, code: str) -> None:
    found, _, body = ask(make(raising(error))[0])
    assert (found, body["error_code"]) == (status, code)


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    given_up = threading.Event()

    class Noticing(Spool):
        def put(self, batch: Any) -> None:
            super().put(batch)
            given_up.set()

    app, spool = make(lambda: given_up.wait(60) and scored(), spool=Noticing(), request_timeout_s=0.05)
    assert ask(app)[0] == 504
    assert [row["status_code"] for row in spool.rows] == [504]


def test_a_body_that_stops_arriving_is_given_up() -> None:
    status, headers, _ = ask(make(body_idle_s=0.05)[0], [b"{", 0.5, b"}"])
    assert (status, headers["connection"]) == (408, "close")


def test_more_requests_than_allowed_at_a_time_are_told_to_come_back() -> None:
    app, _ = make(max_connections=2)
    app.in_flight = 2
    status, headers, _ = ask(app)
    assert (status, headers["retry-after"]) == (429, "1")


def test_a_body_too_large_to_keep_is_left_out_and_the_row_says_so() -> None:
    app, spool = make(log_body_max_mb=1)
    assert ask(app, [b" " * (1 << 20), b"  "])[0] == 200
    assert spool.rows[0]["request"] is None
    assert spool.rows[0]["logging_error_codes"] == ["MAX_REQUEST_SIZE_EXCEEDED"]
    big, rows = make(max_body_mb=1)
    assert ask(big, [b" " * (1 << 20), b"  "])[0] == 413
    assert rows.rows[0]["logging_error_codes"] == ["MAX_REQUEST_SIZE_EXCEEDED"]


def test_a_draining_process_closes_its_connections() -> None:
    app, _ = make()
    app.draining = True
    assert ask(app)[1]["connection"] == "close"
