"""Notebooks are renamed and deleted through Jupyter, and their experiments follow."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from mlnb.core.caller import calling
from mlnb.training.recording.source import Cell


async def until(seen: Any, seconds: float = 120.0) -> Any:
    """Wait for something that a thread of the server does."""
    for _ in range(int(seconds / 0.05)):
        if (found := await asyncio.to_thread(seen)) is not None:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen")


async def test_experiments_follow_notebooks_that_are_moved_and_deleted_in_jupyter(
    ask: Any, host: Any, jp_fetch: Any, jp_serverapp: Any
) -> None:
    ws = await asyncio.to_thread(host.workspace)
    place = os.path.realpath(jp_serverapp.root_dir)
    empty = {"type": "notebook", "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}}
    await jp_fetch("api", "contents", "a.ipynb", method="PUT", body=json.dumps(empty))
    name = os.path.join(place, "a.ipynb")

    def run() -> str:
        with calling(notebook=name), ws.runs.start("first", cell=Cell("1", {})) as made:
            pass
        return str(made.run_id)

    run_id = await asyncio.to_thread(run)
    status, found = await ask("GET", "api/1.0/runs/notebook", params={"path": name})
    assert (status, [item["run_id"] for item in found["runs"]]) == (200, [run_id])
    assert found["experiment_id"] == ws.runs.get(run_id).experiment_id

    await jp_fetch("api", "contents", "a.ipynb", method="PATCH", body=json.dumps({"path": "b.ipynb"}))
    new = os.path.join(place, "b.ipynb")
    await until(lambda: True if ws.runs.get(run_id).experiment_name == new else None)
    status, found = await ask("GET", "api/1.0/runs/notebook", params={"path": new})
    assert [item["run_id"] for item in found["runs"]] == [run_id]

    await jp_fetch("api", "contents", "b.ipynb", method="DELETE")
    client = ws.tracking.client()
    experiment_id = ws.runs.get(run_id).experiment_id
    await until(lambda: client.get_experiment(experiment_id).tags.get("mlnb.notebook"))
    assert ws.runs.get(run_id).status == "FINISHED"
