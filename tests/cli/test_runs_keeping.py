"""``mlnb runs tag|pin|trash|restore|purge|usage``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def files(ws: Any) -> Path:
    """The folder of a run named ``deep``."""
    client = ws.tracking.client()
    made = client.create_run(ws.tracking.experiment_id("trees"), run_name="deep")
    folder = Path(made.info.artifact_uri)
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"x" * 2_000_000)
    client.set_terminated(made.info.run_id)
    return folder


def test_a_run_is_marked_trashed_brought_back_and_removed(ws: Any, run: Any, files: Path) -> None:
    assert run("runs", "tag", "deep", "--set", "kind=final").out == "tag: 1 run\n"
    assert run("runs", "pin", "deep").out == "pin: 1 run\n"
    assert "2.0 MB in 1 run and" in run("runs", "usage", "trees").out
    run("runs", "trash", "deep")
    assert "is pinned" in run("runs", "purge", "deep", "--yes").out
    assert json.loads(run("runs", "restore", "deep", "--json").out)["action"] == "restore"
    run("runs", "unpin", "deep")
    run("runs", "trash", "deep")
    assert "Add --yes" in run("runs", "purge", "--older-than", "0d").out
    assert files.exists()
    assert "1 run removed, 2.0 MB" in run("runs", "purge", "deep", "--yes").out
    assert not files.exists()


def test_what_cannot_be_done_is_said_with_a_hint(ws: Any, run: Any, files: Path) -> None:
    failed = run("runs", "trash", "deap")
    assert "There is no run deap" in failed.err
    assert "deep" in failed.err
    assert "--set" in run("runs", "tag", "deep").err
    assert "name=value" in run("runs", "tag", "deep", "--set", "kind").err
