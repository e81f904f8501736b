"""What killed processes leave of a replay: it is judged all the same, and nothing of it stays."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from mlnb.core.clock import now_ms
from mlnb.training.background.plan import Plan, PlannedCell
from mlnb.training.replaying import inside
from mlnb.training.replaying.asked import Asked, folder, write
from mlnb.training.replaying.store import ReplayStore


@pytest.fixture
def plan(ws: Any, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A replay that nobody works on."""
    monkeypatch.setattr(ws.supervisor, "ensure", lambda: None)
    return Plan([PlannedCell("1", None, "run")], ws.tracking.experiment_id("e"), {"experiment": "e"}, purpose="replay")


def care(ws: Any) -> Any:
    (found,) = [one for one in ws.runs.reconcilers() if one.name == "replays"]
    return found


def original(ws: Any, name: str = "original") -> str:
    with ws.runs.start(name, experiment="e") as run:
        run.log(auc=0.5)
    return str(run.run_id)


def replay(ws: Any, plan: Plan, run_id: str, token: str) -> str:
    asked = Asked(run_id, token, schema=f"main.replay_{token}")
    write(ws, asked)
    return str(ws.runs.launch(plan, lambda made: ReplayStore(ws).add(made, asked)).run_id)


def test_a_replay_is_written_down_with_its_run_or_neither_is(ws: Any, plan: Plan) -> None:
    def fails(_: str) -> None:
        raise OSError("it broke")

    with pytest.raises(OSError, match="it broke"):
        ws.runs.launch(plan, fails)
    assert ws.runs.backgrounds() == []
    assert ws.runs.search().total == 0
    replay_run_id = replay(ws, plan, original(ws), "aaaaaaaaaaaa")
    assert ws.runs.replay_report(replay_run_id).state == "QUEUED"


def test_one_that_cannot_be_judged_now_keeps_no_other_from_it(
    ws: Any, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlnb.training.replaying.room import Replaying

    run_id = original(ws)
    bad, good = (replay(ws, plan, run_id, token) for token in ("aaaaaaaaaaaa", "bbbbbbbbbbbb"))
    ws.runs.stop(bad), ws.runs.stop(good)
    (background,) = [one for one in ws.runs.reconcilers() if one.name == "runs-background"]
    background.tick(now_ms())
    usual = Replaying._compared

    def compared(self: Any, head: Any, *rest: Any) -> Any:
        if head["replay_run_id"] == bad:
            raise OSError("the file server is away")
        return usual(self, head, *rest)

    monkeypatch.setattr(Replaying, "_compared", compared)
    care(ws).tick(now_ms())
    reports = {report.replay_run_id: report for report in ws.runs.replays(run_id)}
    assert (reports[good].verdict, reports[bad].verdict) == ("FAILED", None)
    assert reports[bad].warnings == ["It could not be judged yet: the file server is away"]
    monkeypatch.undo()
    care(ws).tick(now_ms())
    assert ws.runs.replay_report(bad).verdict == "FAILED"


def test_whoever_reads_a_verdict_finds_nothing_left_of_the_replay(
    ws: Any, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, left = ReplayStore.finish, []

    def finish(self: ReplayStore, report: Any) -> bool:
        left.append((folder(ws, "aaaaaaaaaaaa").exists(), [item.name for item in ws.catalog.schemas("main").items]))
        return usual(self, report)

    monkeypatch.setattr(ReplayStore, "finish", finish)
    run_id = replay(ws, plan, original(ws), "aaaaaaaaaaaa")
    ws.catalog.create_schema("main.replay_aaaaaaaaaaaa")
    ws.runs.stop(run_id)
    (background,) = [one for one in ws.runs.reconcilers() if one.name == "runs-background"]
    background.tick(now_ms())
    assert ws.runs.replay_report(run_id).verdict == "FAILED"
    assert left == [(False, ["default"])]


def test_what_was_left_by_replays_that_are_over_is_removed_and_nothing_else(ws: Any, plan: Plan) -> None:
    comment = "What a replay of run 12345678 writes"
    ws.catalog.create_schema("main.replay_cccccccccccc", comment=comment)
    ws.catalog.create_table("main.replay_cccccccccccc.t", [{"v": 1}])
    ws.catalog.create_schema("main.replay_notes", comment="My own")
    run_id = original(ws)
    ws.catalog.create_schema("main.replay_dddddddddddd", comment=comment)
    replay(ws, plan, run_id, "dddddddddddd")
    for token in ("cccccccccccc", "eeeeeeeeeeee"):
        write(ws, Asked(run_id, token))
    old = time.time() - 2 * inside._YOUNG_S
    os.utime(folder(ws, "cccccccccccc"), (old, old))
    care(ws).tick(now_ms())
    assert {item.name for item in ws.catalog.schemas("main").items} == {
        "default",
        "replay_notes",
        "replay_dddddddddddd",
    }
    kept = {path.name for path in Path(ws.path / "replays").iterdir()}
    assert kept == {"dddddddddddd", "eeeeeeeeeeee"}  # the last is so young that it may be about to begin
