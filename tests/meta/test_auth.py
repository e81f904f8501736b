"""Every endpoint of the extension demands a login, but for the two that say nothing."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tornado import web


@pytest.fixture
def jp_server_config(workspace_path: Path) -> dict[str, Any]:
    (workspace_path / "mlnb.toml").write_text("[server]\nsupervisor = false\n")
    return {"ServerApp": {"jpserver_extensions": {"mlnb": True}, "allow_unauthenticated_access": False}}


def _handlers(app: Any) -> list[tuple[str, Any]]:
    found = []
    for rule in app.web_app.default_router.rules:
        for inner in getattr(rule.target, "rules", []):
            pattern = getattr(getattr(inner.matcher, "regex", None), "pattern", "")
            if "/mlnb" in pattern:
                found.append((pattern, inner.target))
    return found


def test_every_verb_is_authenticated_or_stated_to_be_public(jp_serverapp: Any) -> None:
    handlers = _handlers(jp_serverapp)
    assert len(handlers) == 8, "four, for the address as given and decoded"
    public = []
    for pattern, handler in handlers:
        for verb in handler.SUPPORTED_METHODS:
            method = getattr(handler, verb.lower())
            if method is web.RequestHandler._unimplemented_method:
                continue
            stated = getattr(method, "__allow_unauthenticated", False)
            assert stated or method.__code__.co_qualname.startswith("authenticated"), (pattern, verb)
            if stated and verb != "OPTIONS":
                public.append((pattern.rsplit("/", 1)[-1].rstrip("$"), verb))
    assert sorted(set(public)) == [
        ("databricks-config", "GET"),
        ("databricks-config", "HEAD"),
        ("health", "GET"),
        ("health", "HEAD"),
    ]


def test_jupyter_itself_finds_nothing_to_warn_about(jp_serverapp: Any) -> None:
    from mlnb.server.extension import load

    quiet = SimpleNamespace(
        web_app=jp_serverapp.web_app,
        event_logger=jp_serverapp.event_logger,
        io_loop=SimpleNamespace(add_callback=lambda *arguments: None),
        log=jp_serverapp.log,
        root_dir=jp_serverapp.root_dir,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(quiet)


def test_no_route_is_public_by_itself() -> None:
    from mlnb.server.router import load_routes

    assert [route.path for route in load_routes() if route.public] == []
