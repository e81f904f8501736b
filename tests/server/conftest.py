"""A real Jupyter server in this process, with the extension loaded on a fresh workspace."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

Ask = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def jp_server_config(workspace_path: Path) -> dict[str, Any]:
    """Load the extension; no supervisor process, because no test here needs one.

    Said in the file and not by a variable: a thread of the server may open the workspace when the test's variables are gone already.
    """
    (workspace_path / "mlnb.toml").write_text("[server]\nsupervisor = false\n")
    return {"ServerApp": {"jpserver_extensions": {"mlnb": True}, "open_browser": False}}


@pytest.fixture
def host(jp_serverapp: Any) -> Any:
    """What the extension keeps for its handlers."""
    return jp_serverapp.web_app.settings["mlnb_host"]


@pytest.fixture
def ask(jp_fetch: Any) -> Ask:
    """Send a request with the token; return status and parsed body, whatever the status."""

    async def ask(verb: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        raw = body if isinstance(body, (str, bytes)) else None if body is None else json.dumps(body)
        if raw is None and verb in ("POST", "PUT", "PATCH"):
            raw = ""
        options.setdefault("request_timeout", 120)  # the first request imports what it needs
        options.setdefault("headers", {})["Content-Type"] = "application/json"
        try:
            answer = await jp_fetch("mlnb", *path.strip("/").split("/"), method=verb, body=raw, **options)
        except HTTPClientError as error:
            answer = error.response
        return answer.code, json.loads(answer.body) if answer.body else None

    return ask


@pytest.fixture
def server(jp_serverapp: Any, http_server: Any, http_server_port: Any) -> SimpleNamespace:
    """Where the server listens, for requests that are not `jp_fetch`'s: other headers, raw paths."""
    token = jp_serverapp.identity_provider.token
    url = f"http://127.0.0.1:{http_server_port[1]}{jp_serverapp.base_url}"
    return SimpleNamespace(
        port=http_server_port[1], base_url=jp_serverapp.base_url, url=url, token=token, app=jp_serverapp
    )
