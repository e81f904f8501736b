"""Tables kept in order over REST."""

from typing import Any

from mlnb.door import open_workspace


async def test_a_table_is_restored_compacted_vacuumed_and_pinned(ask: Any, workspace_path: Any) -> None:
    ws = open_workspace(workspace_path)
    table = ws.catalog.create_table("main.default.t", [{"id": 1}], primary_key="id")
    table.append([{"id": 2}])
    base = "/api/1.0/tables/main.default.t"
    status, commit = await ask("POST", f"{base}/restore", {"version": 0})
    assert (status, commit["operation"], commit["version"]) == (200, "RESTORE", 2)
    status, body = await ask("POST", f"{base}/restore", {"version": 9})
    assert (status, body["error_code"]) == (404, "VERSION_NOT_FOUND")
    assert (await ask("POST", f"{base}/pins", {"version": 1, "owner": "run:a"}))[0] == 200
    status, body = await ask("GET", f"{base}/pins")
    assert [(pin["version"], pin["owner"]) for pin in body["pins"]] == [(1, "run:a")]
    assert (await ask("POST", f"{base}/vacuum", {"retain_hours": 0}))[0] == 400
    status, report = await ask("POST", f"{base}/vacuum", {"retain_hours": 0, "force": True})
    assert (status, report["files"], report["dry_run"]) == (200, 0, True)
    assert (await ask("DELETE", f"{base}/pins", params={"owner": "run:a"}))[0] == 204
    status, commit = await ask("POST", f"{base}/optimize", {})
    assert status == 200
    status, report = await ask("POST", f"{base}/verify-key")
    assert (status, report["duplicates"]) == (200, 0)
