"""What another process commits arrives on Jupyter's event bus within a second, without payload."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from mlnb.server.events import JOURNAL, PROGRESS, Feed, summary


async def _listen(jp_ws_fetch: Any) -> Any:
    return await jp_ws_fetch("api", "events", "subscribe")


async def _next(socket: Any, schema: str, subject: str = "", seconds: float = 120) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while True:
        message = json.loads(await asyncio.wait_for(socket.read_message(), max(deadline - time.monotonic(), 0.01)))
        if message["schema_id"] == schema and message["subject"].startswith(subject):
            return message


async def _followed(socket: Any, ws: Any) -> None:
    """Wait until the workspace's news are followed: what happens before is nobody's news."""
    while True:
        await asyncio.to_thread(ws.journal.append, "table.created", "probe:x")
        try:
            await _next(socket, JOURNAL, "probe:", 0.5)
        except TimeoutError:
            continue
        return


async def test_a_change_of_another_connection_is_told(host: Any, jp_ws_fetch: Any, ws: Any, ask: Any) -> None:
    await ask("GET", "api/1.0/status")
    socket = await _listen(jp_ws_fetch)
    delays = []
    await _followed(socket, ws)
    for i in range(3):
        started = time.perf_counter()
        await asyncio.to_thread(ws.journal.append, "table.created", f"table:main.default.t{i}", {"secret": "planted"})
        message = await _next(socket, JOURNAL, "table:")  # the first request also makes the catalog "main"
        delays.append(time.perf_counter() - started)
        assert message["subject"] == f"table:main.default.t{i}"
        assert message["summary"] == f"Table main.default.t{i} created"
        assert message["actor"] == "ada"
        assert "planted" not in json.dumps(message)
    socket.close()
    assert min(delays) < 1.0  # a busy machine may hold up one of them


async def test_progress_is_told_as_it_stands(host: Any, jp_ws_fetch: Any, ws: Any, ask: Any) -> None:
    await ask("GET", "api/1.0/status")
    socket = await _listen(jp_ws_fetch)
    await _followed(socket, ws)
    await asyncio.to_thread(ws.progress.put, "job_run:1", "running", 1, 4, "cell 1")
    message = await _next(socket, PROGRESS)
    assert {key: message[key] for key in ("subject", "state", "done", "total", "message")} == {
        "subject": "job_run:1",
        "state": "running",
        "done": 1,
        "total": 4,
        "message": "cell 1",
    }
    socket.close()


async def test_a_run_of_plain_mlflow_is_told_while_it_is_made(host: Any, jp_ws_fetch: Any, ws: Any, ask: Any) -> None:
    client, experiment = ws.tracking.client(), ws.tracking.experiment_id("plain")
    await ask("GET", "api/1.0/status")
    socket = await _listen(jp_ws_fetch)
    await _followed(socket, ws)
    delays = []
    for _ in range(3):
        started = time.perf_counter()
        run = (await asyncio.to_thread(client.create_run, experiment)).info.run_id
        message = await _next(socket, JOURNAL, f"run:{run}")
        delays.append(time.perf_counter() - started)
    assert min(delays) < 2  # a busy machine may hold up one of them
    assert message["action"] == "run.observed"
    assert message["id"] == ws.journal.last_id()  # nothing is missed nor asked for again because of it
    await asyncio.to_thread(client.log_metric, run, "loss", 0.5)
    await _next(socket, JOURNAL, f"run:{run}")
    many = [client.create_run(experiment).info.run_id for _ in range(60)]
    await asyncio.to_thread(ws.runs._keeping.store.set_deleted, many, True)
    await _next(socket, JOURNAL, f"experiment:{experiment}")
    socket.close()


def test_a_feed_starts_at_now_and_tells_each_thing_once(ws: Any) -> None:
    ws.journal.append("table.created", "table:a.b.c")
    feed = Feed(ws)
    assert feed.take() == []
    ws.journal.append("table.dropped", "table:a.b.c")
    ws.progress.put("run:1", "running", 1, 2)
    told = feed.take()
    assert [schema for schema, _ in told] == [JOURNAL, PROGRESS]
    assert feed.take() == []
    ws.progress.put("run:1", "running", 2, 2)
    assert [data["done"] for _, data in feed.take()] == [2]
    assert feed.take() == []


def test_a_summary_is_a_few_words(ws: Any) -> None:
    event = ws.journal.append("model_version.stage_changed", "model_version:main.ml.m/3", {"to": "Production"})
    assert summary(event) == "Model version main.ml.m/3 stage changed"
    event = ws.journal.append("refresh.started", "monitor:main.ml.t")
    assert summary(event) == "Monitor main.ml.t: refresh started"


def test_changes_on_postgresql_are_noticed_too(postgres_url: str, tmp_path: Any, monkeypatch: Any) -> None:
    from mlnb.door import Workspace

    monkeypatch.setenv("MLNB_METASTORE_URL", postgres_url)
    here, there = Workspace(tmp_path / ".mlnb"), Workspace(tmp_path / ".mlnb")
    watch, feed = here.metastore.watch(), Feed(here)
    there.journal.append("table.created", "table:a.b.c")
    there.progress.put("run:1", "running", 1, 2)
    assert watch.wait(60)
    assert [schema for schema, _ in feed.take()] == [JOURNAL, PROGRESS]
    watch.close()
    here.close()
    there.close()
