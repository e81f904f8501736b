"""The handler inside a real Jupyter server: who may do what, what comes back, and that the loop stays free."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Record
from mlnb.server.operation_handler import Operations
from mlnb.server.route import Empty, RawResponse, Route
from mlnb.server.router import Router


class Name(Record):
    name: str = ""


class Said(Record):
    text: str
    none: str | None = None


def _routes(**calls: Any) -> Router:
    """A table with one route per action, and those given."""
    routes = [
        Route("GET", "/api/1.0/echo/{name}", lambda ws, q: Said(text=q.name), Name, Said, "reading"),
        Route("POST", "/api/1.0/echo/{name}", lambda ws, q: Said(text=q.name), Name, Said, "writing"),
        Route("POST", "/api/1.0/run/{name}", lambda ws, q: Said(text=q.name), Name, Said, "running", action="execute"),
    ]
    for name, call in calls.items():
        routes.append(Route("GET", f"/api/1.0/{name}", call, Empty, Said, "test", pool="slow"))
    return Router(routes)


async def _send(
    server: Any, verb: str, path: str, *, headers: dict[str, str] | None = None, body: str | None = None
) -> Any:
    """Send a request with exactly these headers: no token unless one is given."""
    url = f"{server.url}mlnb{path}"
    if body is None and verb in ("POST", "PUT", "PATCH"):
        body = ""
    request = HTTPRequest(url, method=verb, headers=headers or {}, body=body, follow_redirects=False)
    return await AsyncHTTPClient().fetch(request, raise_error=False)


async def _until(true: Callable[[], bool]) -> None:
    for _ in range(6000):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


async def test_a_names_slashes_and_percents_arrive_as_they_are(host: Any, server: Any) -> None:
    host._router = _routes()
    headers = {"Authorization": f"Bearer {server.token}"}
    answer = await _send(server, "GET", "/api/1.0/echo/a%2Fb%25c%20%C3%B6", headers=headers)
    assert json.loads(answer.body) == {"text": "a/b%c ö"}
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers["X-Request-Id"]) == 32


async def test_the_handler_answers_head_options_and_refuses_other_verbs(host: Any, server: Any, jp_fetch: Any) -> None:
    host._router = _routes()
    head = await jp_fetch("mlnb/api/1.0/echo/x", method="HEAD")
    assert (head.code, head.body) == (200, b"")
    options = await jp_fetch("mlnb/api/1.0/echo/x", method="OPTIONS")
    assert options.code in (200, 204)
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch("mlnb/api/1.0/echo/x", method="DELETE")
    assert caught.value.code == 405
    assert caught.value.response is not None
    assert caught.value.response.headers["Allow"] == "GET, POST"


OPERATIONS = [
    ("GET", "/api/1.0/echo/x", "read"),
    ("POST", "/api/1.0/echo/x", "write"),
    ("POST", "/api/1.0/run/x", "execute"),
]


@pytest.mark.parametrize(("verb", "path", "action"), OPERATIONS, ids=[action for _, _, action in OPERATIONS])
async def test_every_operation_needs_a_login(host: Any, server: Any, verb: str, path: str, action: str) -> None:
    host._router = _routes()
    token = server.token
    for headers, expected in [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "token wrong"}, 401),
        ({"Cookie": "username-127-0-0-1=forged"}, 401),
        ({"Authorization": f"Bearer {token}"}, 200),
        ({"Authorization": f"token {token}"}, 200),
        ({"Authorization": f"Bearer {token}", "Origin": "https://elsewhere.example"}, 200),
    ]:
        answer = await _send(server, verb, path, headers=headers)
        assert answer.code == expected, headers
        if expected == 401:
            assert json.loads(answer.body)["error_code"] == "UNAUTHENTICATED"


async def _log_in(server: Any) -> tuple[str, str]:
    """Log in with the token as a browser does; return the cookies and the XSRF value."""
    client = AsyncHTTPClient()
    page = await client.fetch(f"{server.url}login")
    xsrf = next(c.split(";")[0] for c in page.headers.get_list("Set-Cookie") if c.startswith("_xsrf"))
    url = f"{server.url}login?_xsrf={xsrf.split('=', 1)[1]}"
    body = f"password={server.token}"
    request = HTTPRequest(url, method="POST", headers={"Cookie": xsrf}, body=body, follow_redirects=False)
    answer = await client.fetch(request, raise_error=False)
    cookies = [c.split(";")[0] for c in answer.headers.get_list("Set-Cookie") if not c.startswith("_xsrf")]
    return "; ".join([*cookies, xsrf]), xsrf.split("=", 1)[1]


async def test_a_cookie_alone_may_read_but_change_only_with_the_xsrf_header(host: Any, server: Any) -> None:
    host._router = _routes()
    cookie, xsrf = await _log_in(server)
    read = await _send(server, "GET", "/api/1.0/echo/x", headers={"Cookie": cookie})
    assert read.code == 200
    refused = await _send(server, "POST", "/api/1.0/echo/x", headers={"Cookie": cookie})
    assert (refused.code, json.loads(refused.body)["error_code"]) == (403, "PERMISSION_DENIED")
    assert "X-XSRFToken" in refused.body.decode()
    allowed = await _send(server, "POST", "/api/1.0/echo/x", headers={"Cookie": cookie, "X-XSRFToken": xsrf})
    assert allowed.code == 200
    foreign = {"Cookie": cookie, "X-XSRFToken": xsrf, "Origin": "https://elsewhere.example"}
    for verb in ("GET", "POST"):
        assert (await _send(server, verb, "/api/1.0/echo/x", headers=foreign)).code == 404


async def test_the_authorizer_is_asked_about_each_operation_by_itself(host: Any, server: Any, ask: Any) -> None:
    host._router = _routes()
    asked: list[tuple[str, str]] = []

    class Picky:
        def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
            asked.append((action, resource))
            return resource != "mlnb:writing"

    server.app.web_app.settings["authorizer"] = Picky()
    # A read first: an authorizer that is asked by a decorator would keep its action for all that follow.
    assert (await ask("GET", "api/1.0/echo/x"))[0] == 200
    status, body = await ask("POST", "api/1.0/echo/x")
    assert (status, body["error_code"]) == (403, "PERMISSION_DENIED")
    assert (await ask("POST", "api/1.0/run/x"))[0] == 200
    assert asked == [("read", "mlnb:reading"), ("write", "mlnb:writing"), ("execute", "mlnb:running")]


async def test_the_two_public_answers_say_nothing_of_the_workspace(server: Any) -> None:
    health = await _send(server, "GET", "/health")
    assert (health.code, json.loads(health.body)) == (200, {"status": "ok"})
    known = await _send(server, "GET", "/.well-known/databricks-config")
    assert (known.code, json.loads(known.body)) == (200, {})
    assert (await _send(server, "HEAD", "/health")).code == 200


async def test_errors_carry_code_hint_and_fields_and_percent_signs_stay_single(host: Any, ask: Any) -> None:
    def fail(ws: Any, q: Any) -> Said:
        raise InvalidParameterError("The disk is 50% full.", hint="Free 5% %s.")

    host._router = _routes(fail=fail)
    status, body = await ask("GET", "api/1.0/fail")
    assert (status, body["message"]) == (400, "The disk is 50% full.")
    assert body["details"][0]["metadata"]["hint"] == "Free 5% %s."
    status, body = await ask("POST", "api/1.0/echo/x", {"nam": 1})
    assert body["details"][1]["field_violations"] == [{"field": "nam", "description": "unknown field"}]
    status, body = await ask("GET", "api/1.0/nothing")
    assert (status, body["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    status, body = await ask("GET", "api/2.0/clusters/list")
    assert (status, body["error_code"]) == (501, "NOT_IMPLEMENTED")


async def test_a_fault_of_ours_shows_a_request_id_and_nothing_else(host: Any, jp_fetch: Any, caplog: Any) -> None:
    def fail(ws: Any, q: Any) -> Said:
        raise RuntimeError("postgresql://user:hunter2@db")

    host._router = _routes(fail=fail)
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch("mlnb/api/1.0/fail")
    response = caught.value.response
    assert response is not None
    body = json.loads(response.body)
    assert (response.code, body["error_code"]) == (500, "INTERNAL_ERROR")
    assert b"hunter2" not in response.body
    assert response.headers["X-Request-Id"] in body["message"]


async def test_the_call_knows_its_caller(host: Any, ask: Any) -> None:
    def who(ws: Any, q: Any) -> Said:
        caller = current_caller()
        return Said(text=f"{caller.principal} {caller.source} {len(caller.request_id or '')}")

    host._router = _routes(who=who)
    assert (await ask("GET", "api/1.0/who"))[1] == {"text": "ada rest 32"}


async def test_slow_calls_leave_the_loop_and_quick_calls_free(host: Any, ask: Any) -> None:
    gate = threading.Event()

    def slow(ws: Any, q: Any) -> Said:
        gate.wait(120)
        return Said(text="slow")

    host._router = _routes(slow=slow)
    waiting = [asyncio.ensure_future(ask("GET", "api/1.0/slow", request_timeout=240)) for _ in range(8)]
    try:
        longest = 0.0
        for _ in range(20):
            started = time.perf_counter()
            await asyncio.sleep(0.01)
            longest = max(longest, time.perf_counter() - started - 0.01)
            assert (await ask("GET", "api/1.0/echo/x"))[0] == 200
        assert not any(future.done() for future in waiting)
        # Generous, because tests share the machine; a blocked loop would have stood still until the gate opened.
        assert longest < 20
    finally:
        gate.set()
    assert [status for status, _ in await asyncio.gather(*waiting)] == [200] * 8


async def test_work_that_waits_for_a_client_that_left_never_begins(
    host: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, begun = threading.Event(), []
    waiting: list[Future[Any]] = []
    whole = host.pool("slow").submit

    def submit(call: Any) -> Future[Any]:
        waiting.append(whole(call))
        return waiting[-1]

    monkeypatch.setattr(host.pool("slow"), "submit", submit)

    def slow(ws: Any, q: Any) -> Said:
        begun.append(1)
        gate.wait(120)
        return Said(text="slow")

    host._router = _routes(slow=slow)
    threads = host.settings.slow_threads
    token = server.token
    request = (
        f"GET {server.base_url}mlnb/api/1.0/slow HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {token}\r\n\r\n"
    ).encode()
    writers = []
    try:
        for _ in range(threads + 3):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(request)
            await writer.drain()
            writers.append(writer)
        await _until(lambda: len(begun) == threads and len(waiting) == threads + 3)
        for writer in writers:
            writer.close()
        await _until(lambda: sum(future.cancelled() for future in waiting) == 3)
    finally:
        gate.set()
    await _until(lambda: host.pool("slow")._outstanding == 0)
    assert len(begun) == threads


async def test_work_for_a_client_that_left_while_it_was_let_in_never_begins(
    host: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, let_in = [], asyncio.Event()

    async def may(handler: Operations, match: Any) -> bool:
        writer.close()
        await _until(lambda: handler._gone)
        let_in.set()
        return True

    def slow(ws: Any, q: Any) -> Said:
        begun.append(1)
        return Said(text="slow")

    host._router = _routes(slow=slow)
    monkeypatch.setattr("mlnb.server.handler.MlnbHandler.may", may)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = f"GET {server.base_url}mlnb/api/1.0/slow HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    writer.write(f"{head}Authorization: token {server.token}\r\n\r\n".encode())
    await asyncio.wait_for(let_in.wait(), 120)
    await _until(lambda: host.pool("slow")._outstanding == 0)
    assert begun == []


async def test_a_long_body_is_streamed(host: Any, jp_fetch: Any) -> None:
    closed = threading.Event()

    def chunks() -> Any:
        try:
            for i in range(50):
                yield bytes([i]) * 10_000
        finally:
            closed.set()

    host._router = _routes(file=lambda ws, q: RawResponse(chunks(), "application/x-thing", headers={"X-Extra": "1"}))
    answer = await jp_fetch("mlnb/api/1.0/file")
    assert answer.body == b"".join(bytes([i]) * 10_000 for i in range(50))
    assert answer.headers["Content-Type"] == "application/x-thing"
    assert answer.headers["X-Extra"] == "1"
    assert await asyncio.to_thread(closed.wait, 60)


async def test_credentials_never_reach_a_route(host: Any, server: Any) -> None:
    seen: dict[str, Any] = {}

    def look(ws: Any, q: Any) -> RawResponse:
        seen.update(headers=dict(q.headers), query=dict(q.query))
        return RawResponse(b"{}")

    host._router = Router([Route("POST", "/raw", look, None, None, "test", raw=True)])
    token = server.token
    headers = {"Authorization": f"token {token}", "Cookie": "a=b", "X-Mine": "1", "Content-Type": "application/json"}
    assert (await _send(server, "POST", f"/raw?token={token}&x=1", headers=headers)).code == 200
    assert token not in json.dumps(seen)
    assert seen["query"] == {"x": ["1"]}
    assert seen["headers"]["x-mine"] == "1"
    assert not {"authorization", "cookie"} & set(seen["headers"])


async def test_a_page_of_html_is_html_and_cannot_run_anything(host: Any, jp_fetch: Any) -> None:
    page = RawResponse(b"<style>p{color:red}</style><p>x</p><script>alert(1)</script>", "text/html; charset=utf-8")
    host._router = _routes(page=lambda ws, q: page)
    answer = await jp_fetch("mlnb/api/1.0/page")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'; style-src")


async def test_an_answer_without_a_body_is_empty(host: Any, ask: Any) -> None:
    host._router = Router([Route("DELETE", "/api/1.0/x", lambda ws, q: None, Empty, None, "test", status=204)])
    assert await ask("DELETE", "api/1.0/x") == (204, None)
