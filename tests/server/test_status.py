"""Status, journal, whoami, and a workspace that is not there, not readable or not ready."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest


async def test_status_describes_the_workspace(ask: Any, workspace_path: Path) -> None:
    status, body = await ask("GET", "api/1.0/status")
    assert status == 200
    assert body["api"] == 1
    assert body["workspace"]["state"] == "ready"
    assert body["workspace"]["path"] == str(workspace_path)
    assert len(body["workspace"]["id"]) == 16
    assert body["user"] == "ada"
    assert body["supervisor"] == {"running": False}
    assert body["counts"] == {"running": 0, "requests": 0, "alerts": 0}


async def test_the_journal_is_paged_and_tells_a_gap(ask: Any, ws: Any) -> None:
    for i in range(5):
        ws.journal.append("table.created", f"table:main.default.t{i}", {"secret": "x"})
    status, body = await ask("GET", "api/1.0/journal", params={"limit": 2})
    assert [event["id"] for event in body["events"]] == [4, 5]
    assert body["events"][0]["summary"] == "Table main.default.t3 created"
    assert "payload" not in body["events"][0]
    status, body = await ask("GET", "api/1.0/journal", params={"after": 1, "limit": 2})
    assert ([event["id"] for event in body["events"]], body["gap"], body["last_id"]) == ([2, 3], True, 5)
    status, body = await ask("GET", "api/1.0/journal", params={"after": 3})
    assert ([event["id"] for event in body["events"]], body["gap"]) == ([4, 5], False)
    status, body = await ask("GET", "api/1.0/journal", params={"after": 99})
    assert (body["events"], body["gap"]) == ([], True)
    status, body = await ask("GET", "api/1.0/journal", params={"limit": 501})
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


async def test_whoami_says_how_the_name_was_found(ask: Any) -> None:
    _status, body = await ask("GET", "api/1.0/whoami")
    assert body["principal"] == "ada"
    assert (body["how"], body["credential"], body["authorization"]) == ("setting", "token", "owner")


async def test_a_provider_that_knows_people_names_the_principal(ask: Any, jp_serverapp: Any, monkeypatch: Any) -> None:
    from jupyter_server.auth.identity import IdentityProvider, User

    class Hub(IdentityProvider):
        async def get_user(self, handler: Any) -> User:  # type: ignore[override]
            return User(username="grace")

    monkeypatch.setitem(jp_serverapp.web_app.settings, "identity_provider", Hub(parent=jp_serverapp, token="t"))
    jp_serverapp.web_app.settings["allow_unauthenticated_access"] = True
    _status, body = await ask("GET", "api/1.0/whoami")
    assert (body["principal"], body["how"]) == ("grace", "provider")


class TestWithoutWorkspace:
    @pytest.fixture
    def jp_server_config(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.setenv("MLNB_SERVER__SUPERVISOR", "false")
        monkeypatch.setenv("MLNB_WORKSPACE", str(tmp_path / "new" / ".mlnb"))
        return {"ServerApp": {"jpserver_extensions": {"mlnb": True}}}

    async def test_asking_for_the_status_creates_nothing(self, ask: Any, tmp_path: Path) -> None:
        status, body = await ask("GET", "api/1.0/status")
        assert (status, body["workspace"]["state"], body["workspace"]["id"]) == (200, "ready", "")
        assert not (tmp_path / "new").exists()

    async def test_the_first_use_creates_it(self, ask: Any, tmp_path: Path) -> None:
        assert (await ask("GET", "api/1.0/journal"))[0] == 200
        assert (tmp_path / "new" / ".mlnb" / "metastore.db").exists()
        assert (await ask("GET", "api/1.0/status"))[1]["workspace"]["id"] != ""


class TestWithBrokenSettings:
    @pytest.fixture
    def jp_server_config(self, workspace_path: Path) -> dict[str, Any]:
        (workspace_path / "mlnb.toml").write_text("user = [")
        return {"ServerApp": {"jpserver_extensions": {"mlnb": True}}}

    async def test_it_is_a_state_with_a_hint_and_mends_itself(self, ask: Any, workspace_path: Path) -> None:
        status, body = await ask("GET", "api/1.0/status")
        assert (status, body["workspace"]["state"]) == (200, "error")
        assert body["workspace"]["error_code"] == "INVALID_SETTINGS"
        assert body["workspace"]["hint"]
        status, body = await ask("GET", "api/1.0/journal")
        assert (status, body["error_code"]) == (400, "INVALID_SETTINGS")
        (workspace_path / "mlnb.toml").write_text('user = "grace"\n[server]\nsupervisor = false\n')
        assert (await ask("GET", "api/1.0/status"))[1]["workspace"]["state"] == "ready"


def test_the_workspace_is_the_variable_or_lies_in_the_servers_folder(tmp_path: Path, monkeypatch: Any) -> None:
    from types import SimpleNamespace

    from mlnb.server.extension import workspace_path as chosen

    app = SimpleNamespace(root_dir=str(tmp_path))
    monkeypatch.setenv("MLNB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert chosen(app) == tmp_path / "elsewhere"
    monkeypatch.delenv("MLNB_WORKSPACE")
    assert chosen(app) == tmp_path / ".mlnb"


class TestWithSupervisor:
    @pytest.fixture
    def jp_server_config(self, workspace_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.delenv("MLNB_SERVER__SUPERVISOR", raising=False)
        return {"ServerApp": {"jpserver_extensions": {"mlnb": True}}}

    async def test_it_starts_by_itself_on_a_workspace_that_exists(self, jp_serverapp: Any, ws: Any, ask: Any) -> None:
        for _ in range(1800):
            if ws.supervisor.status().running:
                break
            await asyncio.sleep(0.1)
        status, body = await ask("GET", "api/1.0/status")
        assert body["supervisor"]["running"] is True
        status, body = await ask("POST", "api/1.0/supervisor/stop", request_timeout=120)
        assert (status, body["running"]) == (200, False)
        assert not ws.supervisor.status().running
