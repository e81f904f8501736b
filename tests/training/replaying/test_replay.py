"""Runs made again in real processes: the verdict, its causes, and a workspace that is as it was before."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from mlnb.core.errors import InvalidParameterError, NotFoundError
from mlnb.training.background.folder import RunFolder
from mlnb.training.replaying.cells import NotReplayableError
from tests.waiting import until

Replayed = Callable[[str], Any]


def _causes(report: Any) -> list[str]:
    return [cause.kind for cause in report.causes]


def test_a_run_comes_out_exactly_the_same_on_the_data_of_then(made: Any, replayed: Replayed) -> None:
    report = replayed("exact")
    assert (report.verdict, report.state, report.causes, report.warnings) == ("IDENTICAL", "ENDED", [], [])
    assert [(item.key, item.difference) for item in report.metrics] == [("auc", 0.0)]
    assert [(item.key, item.change) for item in report.params] == [("C", "same")]
    assert [(item.key, item.change) for item in report.models] == [("model", "same")]
    replay = made.runs.get(report.replay_run_id)
    assert replay.tags["mlnb.replay_of"] == made.runs.resolve("exact")
    assert replay.experiment_name == made.runs.get("exact").experiment_name
    assert {(item.name, item.version) for item in replay.data if item.direction == "read"} == {
        ("main.ml.rows", 0),
        ("main.ml.out", None),  # what it wrote itself
    }


def test_newer_data_is_named_as_the_cause(replayed: Replayed) -> None:
    report = replayed("latest")
    assert report.verdict == "DIFFERENT"
    assert _causes(report) == ["data"]
    assert "main.ml.rows: version 0 then, 1 in the replay" in report.causes[0].details
    assert "main.ml.rows: version 0 then, 1 in the replay" in report.warnings


def test_the_whole_notebook_makes_the_same_run(replayed: Replayed) -> None:
    assert replayed("notebook").verdict == "IDENTICAL"


def test_a_missing_seed_is_named(replayed: Replayed) -> None:
    report = replayed("lucky")
    assert report.verdict == "DIFFERENT"
    assert _causes(report) == ["seeds"]


def test_a_seed_is_set_again_and_no_number_equals_no_number(made: Any, replayed: Replayed) -> None:
    report = replayed("seeded")
    assert report.verdict == "IDENTICAL"
    assert [item.key for item in made.runs.replay_report(report.replay_run_id).metrics] == ["luck", "nothing"]


def test_what_was_logged_after_the_runs_end_is_not_expected_of_its_cells(replayed: Replayed) -> None:
    assert replayed("seeded").warnings == [
        "Not compared, because they were logged after the run had ended: checked_later."
    ]


def test_cells_that_ran_out_of_order_are_the_cause(made: Any, replayed: Replayed) -> None:
    assert made.runs.source("disorder").reproducible == "out_of_order"
    report = replayed("disorder")
    # `factor = 1` is all the run follows from, and that it comes out as it did is the proof
    assert report.verdict == "IDENTICAL"


def test_a_replay_changes_nothing_outside(made: Any, replayed: Replayed) -> None:
    report = replayed("changing")
    assert report.verdict == "FAILED"
    assert _causes(report)[0] == "code"
    assert "ISOLATED" in report.error["message"] or "changes nothing outside" in report.error["message"]
    assert {schema.name for schema in made.catalog.schemas("main").items} == {"default", "ml"}


def test_what_replays_wrote_is_gone_and_the_tables_are_as_before(made: Any, replayed: Replayed) -> None:
    for name in ("exact", "latest", "notebook", "lucky", "seeded", "disorder", "changing"):
        replayed(name)
    assert made.catalog.table("main.ml.out").version == 0
    assert made.catalog.table("main.ml.rows").version == 1
    assert made.catalog.table("main.ml.new").version == 0  # made by a cell that the replays executed again
    assert not list((made.path / "replays").glob("*"))


def test_replays_of_a_run_are_listed_and_told(made: Any, replayed: Replayed) -> None:
    report = replayed("exact")
    listed = made.runs.replays("exact")
    assert report in listed
    assert [item.created_at for item in listed] == sorted((item.created_at for item in listed), reverse=True)
    events = made.journal.tail(200, actions=["replay.finished"])
    assert report.replay_run_id in {event.payload["replay_run_id"] for event in events}


def test_data_that_is_gone_fails_at_once_and_says_which(made: Any) -> None:
    report = made.runs.replay("lost")
    assert (report.verdict, report.state) == ("FAILED", "ENDED")
    assert _causes(report) == ["data"]
    assert "main.ml.gone version 0" in report.causes[0].details[0]
    assert made.runs.get(report.replay_run_id).status == "FAILED"


def test_a_replay_whose_kernel_is_killed_fails_and_leaves_nothing(made: Any) -> None:
    run_id = made.runs.replay("slow").replay_run_id
    until(lambda: made.runs.background_info(run_id).status == "RUNNING")
    os.kill(until(RunFolder(made, run_id).kernel).pid, signal.SIGKILL)
    report = made.runs.wait_for_replay(run_id, 150)
    assert (report.verdict, report.state) == ("FAILED", "ENDED")
    assert {schema.name for schema in made.catalog.schemas("main").items} <= {"default", "ml"}


def test_what_cannot_be_replayed_says_why(made: Any) -> None:
    with made.runs.start("script") as run:
        pass
    with pytest.raises(NotReplayableError, match="keeps no cells"):
        made.runs.replay(run.run_id)
    with pytest.raises(InvalidParameterError, match="mode='all'"):
        made.runs.replay("exact", mode="all")
    with pytest.raises(InvalidParameterError):
        made.runs.replay("exact", rtol=-1)
    with pytest.raises(NotFoundError, match="is no replay"):
        made.runs.replay_report("exact")
