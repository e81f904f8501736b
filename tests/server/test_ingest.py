"""Loading files over REST: preview, start, progress, cancel, upload."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any


async def _ended(ask: Any, ingest_id: str) -> Any:
    for _ in range(3000):
        _, run = await ask("GET", f"/api/1.0/ingest/{ingest_id}")
        if run["state"] != "RUNNING":
            return run
        await asyncio.sleep(0.1)
    raise AssertionError(run)


async def test_a_file_is_sent_looked_at_and_loaded(ask: Any, host: Any) -> None:
    body = "id,zip\n" + "".join(f"{i},0{i:04d}\n" for i in range(50)) + "x,00001\n"
    status, sent = await ask("POST", "/api/1.0/ingest/upload", body.encode(), params={"name": "orders.csv"})
    assert (status, sent["size"]) == (200, len(body))
    request = {"source": sent["path"], "name": "main.default.orders", "options": {"max_rejects": 0.2}}
    status, plan = await ask("POST", "/api/1.0/ingest/preview", request)
    assert (status, plan["num_rows"], plan["rejected"]) == (200, 50, 1)
    assert [(c["name"], c["type"]) for c in plan["columns"]] == [("id", "bigint"), ("zip", "string")]
    assert plan["rejects"][0]["line"] == 52
    assert "refused" not in plan
    status, started = await ask("POST", "/api/1.0/ingest", {"source": sent["path"], "name": "main.default.orders"})
    assert status == 202
    run = await _ended(ask, started["id"])
    assert (run["state"], run["report"]["rows"], run["report"]["rejected"]) == ("SUCCEEDED", 50, 1)
    status, listed = await ask("GET", "/api/1.0/ingest")
    assert [one["id"] for one in listed["runs"]] == [started["id"]]
    status, run = await ask("POST", f"/api/1.0/ingest/{started['id']}/cancel", {})
    assert (status, run["state"]) == (200, "SUCCEEDED")


async def test_what_cannot_be_loaded_is_refused_at_once(ask: Any, host: Any, workspace_path: Path) -> None:
    outside = workspace_path.parent.parent / "secret.csv"
    outside.write_text("a\n1\n")
    (workspace_path.parent / "data.csv").write_text("a\n1\n")
    for request, status, code in (
        ({"source": "nope.csv", "name": "t"}, 404, "PATH_NOT_FOUND"),
        ({"source": str(outside), "name": "t"}, 403, "PERMISSION_DENIED"),
        ({"source": "../secret.csv", "name": "t"}, 403, "PERMISSION_DENIED"),
        ({"source": "data.csv", "name": "main.nope.t"}, 404, "SCHEMA_NOT_FOUND"),
        ({"source": "data.csv", "name": "t", "mode": "upsert"}, 400, "INVALID_PARAMETER_VALUE"),
        ({"source": "data.csv", "name": "t", "unknown": 1}, 400, "INVALID_PARAMETER_VALUE"),
        ({"source": "data.csv", "name": "t", "types": {"a": "nosuch"}}, 400, "INVALID_PARAMETER_VALUE"),
    ):
        found, answer = await ask("POST", "/api/1.0/ingest", request)
        assert (found, answer["error_code"]) == (status, code), request
    assert (await ask("GET", "/api/1.0/ingest"))[1] == {"runs": []}
    assert (await ask("GET", "/api/1.0/ingest/nope"))[0] == 404
    assert (await ask("POST", "/api/1.0/ingest/upload", b"x", params={"name": "a.csv", "offset": "x"}))[0] == 400
    status, answer = await ask("POST", "/api/1.0/ingest/preview", {"source": "data.csv", "name": "main.nope.t"})
    assert (status, answer["refused"]["error_code"]) == (200, "SCHEMA_NOT_FOUND")
