"""What is done to runs that are there: marks, trash, purge, and the room they take."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError
from mlnb.training.records import ExperimentNotFoundError, RunNotFoundError, run_data, run_sessions
from tests.waiting import until


@pytest.fixture
def make(ws: Any) -> Callable[..., str]:
    """Make a run with plain MLflow; returns its id."""
    ws.tracking.configure()
    client = ws.tracking.client()

    def make(name: str, experiment: str = "trees", *, parent: str | None = None, **about: Any) -> str:
        tags = {"mlflow.parentRunId": parent} if parent else {}
        run = client.create_run(ws.tracking.experiment_id(experiment), run_name=name, tags=tags, **about)
        client.log_metric(run.info.run_id, "auc", 0.5)
        folder = Path(run.info.artifact_uri)
        folder.mkdir(parents=True)
        (folder / "notes.txt").write_bytes(b"x" * 1000)
        client.set_terminated(run.info.run_id)
        return str(run.info.run_id)

    return make


def log_model(ws: Any, run_id: str, name: str = "model", size: int = 5000) -> Any:
    """Log files as a model of a run, as MLflow 3 stores them."""
    client = ws.tracking.client()
    run = client.get_run(run_id)
    model = client.create_logged_model(run.info.experiment_id, name=name, source_run_id=run_id)
    folder = Path(model.artifact_location)
    folder.mkdir(parents=True)
    (folder / "MLmodel").write_bytes(b"m" * size)
    return client.finalize_logged_model(model.model_id, "READY")


def events(ws: Any, *actions: str) -> list[tuple[str, str]]:
    return [(event.action, event.subject) for event in ws.journal.tail(500, actions=actions or ["run.*"])]


# -- marks -----------------------------------------------------------------------------------------------------------------


def test_runs_are_tagged_pinned_renamed_and_annotated_each_with_an_event(ws: Any, make: Any) -> None:
    first, second = make("a"), make("b")
    assert ws.runs.tag([first, "b"], "kind", "baseline").changed == [first, second]
    assert ws.runs.pin("a").changed == [first]
    ws.runs.rename(first[:8], "shallow tree")
    ws.runs.annotate(second, "too deep")
    found = ws.runs.get(first)
    assert (found.name, found.tags["kind"], found.tags["mlnb.pinned"]) == ("shallow tree", "baseline", "true")
    assert ws.runs.get(second).note == "too deep"
    assert events(ws) == [
        ("run.tagged", f"run:{first}"),
        ("run.tagged", f"run:{second}"),
        ("run.pinned", f"run:{first}"),
        ("run.renamed", f"run:{first}"),
        ("run.tagged", f"run:{second}"),
    ]


def test_what_changes_nothing_is_left_alone_with_the_reason(ws: Any, make: Any) -> None:
    run = make("a")
    ws.runs.pin(run)
    again = ws.runs.pin(run)
    assert (again.changed, again.refused[0].reason) == ([], "is pinned already")
    assert ws.runs.unpin(run).changed == [run]
    assert ws.runs.unpin(run).refused[0].reason == "is not pinned"
    assert ws.runs.untag(run, "kind").refused[0].reason == "has no tag kind"
    ws.runs.annotate(run, "x")
    ws.runs.annotate(run, "")
    assert ws.runs.get(run).note is None


@pytest.mark.parametrize(
    ("verb", "arguments", "says"),
    [
        ("tag", ("mlnb.pinned", "1"), "meaning of their own"),
        ("tag", ("a\nb", "1"), "no name for a tag"),
        ("tag", ("", "1"), "no name for a tag"),
        ("tag", ("../b", "1"), "no name for a tag"),
        ("tag", ("a//b", "1"), "no name for a tag"),
        ("tag", ("k", "x" * 8001), "8,000"),
        ("tag", ("k", "a\0"), "code zero"),
        ("rename", ("a\0",), "code zero"),
        ("rename", ("  ",), "needs a name"),
        ("rename", ("x" * 251,), "250"),
        ("annotate", ("x" * 8001,), "8,000"),
    ],
)
def test_what_mlflow_cannot_hold_is_refused_before_anything_changes(
    ws: Any, make: Any, verb: str, arguments: tuple[str, ...], says: str
) -> None:
    run = make("a")
    with pytest.raises(InvalidParameterError, match=says):
        getattr(ws.runs, verb)(run, *arguments)
    assert events(ws) == []


def test_an_unknown_run_among_several_changes_none_of_them(ws: Any, make: Any) -> None:
    run = make("shallow")
    with pytest.raises(RunNotFoundError) as caught:
        ws.runs.tag([run, "shalow"], "k", "v")
    assert "shallow" in (caught.value.hint or "")
    assert "k" not in ws.runs.get(run).tags
    with pytest.raises(InvalidParameterError, match="one name"):
        ws.runs.rename([run, make("b")], "c")
    with pytest.raises(InvalidParameterError, match="No run"):
        ws.runs.pin([])


def test_a_move_takes_nested_runs_and_models_along(ws: Any, make: Any) -> None:
    parent = make("search")
    child = make("trial", parent=parent)
    model = log_model(ws, child)
    ws.tracking.experiment_id("kept")
    report = ws.runs.move(parent, "kept")
    assert set(report.changed) == {parent, child}
    assert ws.runs.get(child).experiment_name == "kept"
    moved = ws.tracking.client().get_logged_model(model.model_id)
    assert moved.experiment_id == ws.tracking.experiment_id("kept")
    assert ws.runs.read_artifact(child, "notes.txt")
    assert ws.runs.move(parent, "kept").refused[0].reason == "is there already"
    with pytest.raises(ExperimentNotFoundError) as caught:
        ws.runs.move(parent, "kep")
    assert "kept" in (caught.value.hint or "")


# -- trash -----------------------------------------------------------------------------------------------------------------


def test_trash_and_restore_take_nested_runs_along_and_leave_those_trashed_before(ws: Any, make: Any) -> None:
    parent = make("search")
    before, child = make("t1", parent=parent), make("t2", parent=parent)
    grandchild = make("t2a", parent=child)
    ws.runs.trash(before)
    assert set(ws.runs.trash(parent).changed) == {parent, child, grandchild}
    assert ws.runs.search().total == 0
    assert ws.runs.get(parent).name == "search"
    assert set(ws.runs.restore("search").changed) == {parent, child, grandchild}
    assert ws.runs.get(child).tags == {}
    assert set(ws.runs.search().ids) == {parent, child, grandchild}
    assert ws.runs.restore(parent).refused[0].reason == "is not in the trash"
    assert ws.runs.trash(before).refused[0].reason == "is in the trash already"


def test_a_running_run_is_not_trashed_nor_what_it_is_nested_in(ws: Any, make: Any) -> None:
    parent = make("search")
    with ws.runs.start("live") as run:
        ws.tracking.client().set_tag(run.run_id, "mlflow.parentRunId", parent)
        assert ws.runs.trash(run.run_id).refused[0].reason == "is running; stop it first"
        assert "nested run that is running" in ws.runs.trash(parent).refused[0].reason
    assert len(ws.runs.trash(parent).changed) == 2


def test_a_run_that_plain_mlflow_never_ended_may_go(ws: Any) -> None:
    client = ws.tracking.client()
    run = client.create_run(ws.tracking.experiment_id("leaks")).info.run_id
    assert ws.runs.trash(run).changed == [run]


def test_a_run_in_the_trash_is_changed_only_after_it_came_back(ws: Any, make: Any) -> None:
    run = make("a")
    ws.runs.trash(run)
    assert "trash" in ws.runs.tag(run, "k", "v").refused[0].reason
    with pytest.raises(RunNotFoundError, match="in the trash"):
        ws.runs.tag("a", "k", "v")
    ws.runs.restore("a")
    assert ws.runs.tag("a", "k", "v").changed == [run]


def test_runs_go_and_come_back_by_time(ws: Any, make: Any) -> None:
    runs = [make(f"r{i}", start_time=1000 + i) for i in range(5)]
    experiment = ws.tracking.experiment_id("trees")
    assert ws.runs.delete_runs(experiment, 1003, max_runs=2) == 2
    assert set(ws.runs.search().ids) == set(runs[2:])  # the oldest went first
    assert ws.runs.delete_runs(experiment, 1003) == 2
    assert ws.runs.search().ids == [runs[4]]
    assert ws.runs.restore_runs(experiment, 2**53) == 0
    assert ws.runs.restore_runs(experiment, 0) == 4
    with pytest.raises(ExperimentNotFoundError):
        ws.runs.delete_runs("999", 1)
    with pytest.raises(InvalidParameterError):
        ws.runs.delete_runs(experiment, 1, max_runs=10_001)


def test_many_runs_make_one_event_for_their_experiment(ws: Any, make: Any) -> None:
    client, experiment = ws.tracking.client(), ws.tracking.experiment_id("many")
    for _ in range(101):
        client.create_run(experiment)
    assert ws.runs.delete_runs(experiment, 2**53) == 101
    assert events(ws) == [("run.trashed", f"experiment:{experiment}")]


def test_a_nested_run_without_its_parent_is_listed_by_itself_in_the_trash_and_out_of_it(ws: Any, make: Any) -> None:
    parent = make("search")
    child, other = make("t1", parent=parent), make("t2", parent=parent)
    ws.runs.trash(child)
    assert ws.runs.search(parent="", deleted=True).ids == [child]
    assert ws.runs.search(parent="").ids == [parent]
    ws.tracking.client().delete_run(parent)  # plain MLflow leaves what is nested behind
    assert ws.runs.search(parent="").ids == [other]


def test_a_purge_takes_the_nested_runs_that_went_into_the_trash_with_theirs(ws: Any, make: Any) -> None:
    parent = make("search")
    before, child = make("t1", parent=parent), make("t2", parent=parent)
    ws.runs.trash(before)
    ws.runs.trash(parent)
    assert {item.run_id for item in ws.runs.purge(parent).runs} == {parent, child}


# -- purge -----------------------------------------------------------------------------------------------------------------


def test_a_purge_says_what_it_frees_and_then_removes_it_with_all_that_belongs_to_it(
    ws: Any, make: Any, table: str
) -> None:
    with ws.runs.start("fit") as run:
        frame = ws.catalog.table(table).to_pandas()
        run.log(rows=float(len(frame)))
    gone, stays = run.run_id, make("stays")
    model = log_model(ws, gone)
    folder = Path(ws.runs.get(gone).artifact_uri)
    model_folder = Path(model.artifact_location)
    assert ws.catalog.pins(table)
    ws.runs.trash(gone)

    preview = ws.runs.purge(gone)
    assert (preview.state, [item.run_id for item in preview.runs]) == ("PREVIEW", [gone])
    assert preview.runs[0].model_bytes == 5000
    assert preview.bytes == preview.runs[0].artifact_bytes + 5000
    assert folder.is_dir()

    done = ws.runs.purge(gone, dry_run=False)
    assert (done.state, done.done, done.bytes) == ("DONE", 1, preview.bytes)
    assert not folder.exists()
    assert not folder.parent.exists()
    assert not model_folder.exists()
    with pytest.raises(RunNotFoundError):
        ws.runs.get(gone)
    assert ws.catalog.pins(table) == []
    assert ws.metastore.count(run_sessions, run_sessions.c.run_id == gone) == 0
    assert ws.metastore.count(run_data, run_data.c.run_id == gone) == 0
    assert events(ws, "run.purged") == [("run.purged", f"run:{gone}")]
    assert ws.runs.get(stays).artifacts


def test_pinned_registered_and_looked_at_runs_and_those_not_in_the_trash_are_refused(ws: Any, make: Any) -> None:
    from mlnb.scope.tables import holdout_looks, holdouts

    client = ws.tracking.client()
    names = ("pinned", "by_run", "by_model", "looked", "active", "free")
    runs = {name: make(name) for name in names}
    ws.runs.pin(runs["pinned"])
    client.create_registered_model("churn")
    source = client.get_run(runs["by_run"]).info.artifact_uri + "/model"
    client.create_model_version("churn", source, runs["by_run"])
    client.set_registered_model_alias("churn", "champion", "1")
    client.create_model_version("churn", f"models:/{log_model(ws, runs['by_model']).model_id}")
    with ws.metastore.begin() as connection:
        card = {"id": "h", "table_name": "main.ml.flights", "table_id": "t", "rule": {}, "looks_allowed": 5}
        card |= {"looks_used": 1, "may_look": [], "state": "ACTIVE", "created_by": "ada", "created_at": 1}
        connection.execute(holdouts.insert().values(card))
        look = {
            "id": "l",
            "holdout_id": "h",
            "number": 1,
            "model_digest": "d",
            "metric_set": "m",
            "purpose": "evaluate",
        }
        look |= {"run_id": runs["looked"], "actor": "ada", "actor_kind": "user", "at": 1}
        connection.execute(holdout_looks.insert().values(look))
    ws.runs.trash([run for name, run in runs.items() if name != "active"])

    plan = ws.runs.purge(list(runs.values()), dry_run=False)
    assert [item.name for item in plan.runs] == ["free"]
    reasons = {refusal.name: refusal.reason for refusal in plan.refused}
    assert reasons == {
        "pinned": "is pinned",
        "by_run": "is registered: churn version 1 @champion",
        "by_model": "is registered: churn version 2",
        "looked": "the held-out rows of main.ml.flights were looked at with it",
        "active": "is not in the trash; put it there first",
    }
    for name in names[:-1]:
        assert ws.runs.get(runs[name]).artifacts


def test_without_names_a_purge_takes_what_is_longer_in_the_trash_than_it_keeps(ws: Any, make: Any) -> None:
    old, young = make("old"), make("young")
    ws.runs.trash([old, young])
    engine = sa.create_engine(ws.tracking.uri)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET deleted_time = 1 WHERE run_uuid = :run"), {"run": old})
    engine.dispose()
    plan = ws.runs.purge()
    assert ([item.run_id for item in plan.runs], plan.trash_days) == ([old], 30)
    assert {item.run_id for item in ws.runs.purge(older_than="0d").runs} == {old, young}
    assert [refusal.reason for refusal in ws.runs.purge(young, older_than="1h").refused] == [
        "went into the trash later than that"
    ]
    for wrong in ("soon", "-1d", "nan"):
        with pytest.raises(InvalidParameterError, match="no length of time"):
            ws.runs.purge(older_than=wrong)


def test_a_purge_killed_at_any_step_is_carried_on_and_each_run_is_told_of_once(
    ws: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [make(f"r{i}") for i in range(6)]
    for run in runs:
        log_model(ws, run)
    ws.runs.trash(runs)
    purging = ws.runs._keeping.purging
    plan = purging.start(purging.plan(runs))

    class KilledError(BaseException):
        pass

    from mlnb.training.keeping import purge as module

    steps = [
        (module, "remove"),
        (type(ws.runs._keeping.store), "erase"),
        (type(purging), "_forget"),
    ]
    for owner, name in [(owner, name) for owner, name in steps for _ in range(2)]:
        original, when = getattr(owner, name), "after" if owner is module else "before"

        def killed(*args: Any, original: Any = original, when: str = when) -> None:
            if when == "after":
                original(*args)
            raise KilledError

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, killed)
            with pytest.raises(KilledError):
                purging.carry_out(plan.id)
    assert purging.unfinished() == [plan.id]
    left = list(ws.runs._keeping.store.heads(runs))
    back = ws.runs.restore(left)
    assert ({item.reason for item in back.refused}, back.changed) == ({"is being removed for good"}, [])

    reconciler = next(item for item in ws.runs.reconcilers() if item.name == "purges")
    reconciler.tick(0)
    assert purging.unfinished() == []
    assert ws.runs._keeping.store.heads(runs) == {}
    assert sorted(events(ws, "run.purged")) == sorted(("run.purged", f"run:{run}") for run in runs)


def test_a_run_is_in_one_purge_at_a_time(ws: Any, make: Any) -> None:
    runs = [make("a"), make("b")]
    ws.runs.trash(runs)
    purging = ws.runs._keeping.purging
    first = purging.start(purging.plan(runs[0]))
    second = ws.runs.purge(runs, dry_run=False)
    assert ([item.run_id for item in second.runs], second.refused[0].reason) == ([runs[1]], "is being removed already")
    assert ws.runs.purge(runs[0], dry_run=False).state == "DONE"
    purging.carry_out(first.id)
    assert sorted(events(ws, "run.purged")) == sorted(("run.purged", f"run:{run}") for run in runs)


def test_what_was_registered_or_restored_after_the_plan_is_left_alone(ws: Any, make: Any) -> None:
    runs = [make(name) for name in ("registered", "restored", "free")]
    ws.runs.trash(runs)
    purging = ws.runs._keeping.purging
    plan = purging.start(purging.plan(runs))
    client = ws.tracking.client()
    client.restore_run(runs[1])
    client.create_registered_model("churn")
    client.create_model_version("churn", f"{client.get_run(runs[0]).info.artifact_uri}/m", runs[0])
    purging.carry_out(plan.id)
    done = purging.get(plan.id)
    assert [item.name for item in done.runs] == ["free"]
    assert {item.name: item.reason.split(":")[0] for item in done.refused} == {
        "registered": "is registered",
        "restored": "was taken out of the trash",
    }
    assert ws.runs.get(runs[1]).artifacts


def test_files_at_an_address_that_does_not_name_their_run_are_not_removed(ws: Any, tmp_path: Path) -> None:
    from mlnb.training.keeping.sizes import remove

    (tmp_path / "precious.txt").write_text("x")
    remove(str(tmp_path), "f" * 32)
    remove("", "f" * 32)
    assert (tmp_path / "precious.txt").exists()


def test_the_trash_is_emptied_by_itself_only_where_the_settings_say_so(
    ws: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make("a")
    ws.runs.trash(run)
    ws.runs._settings.trash_days = 0
    purges = next(item for item in ws.runs.reconcilers() if item.name == "purges")
    purges.tick(10**13)
    assert ws.runs._keeping.store.heads([run])
    ws.runs._settings.empty_trash = True
    purges.tick(10**13)
    assert not ws.runs._keeping.store.heads([run])


def test_table_versions_are_held_while_a_run_may_come_back(ws: Any, table: str) -> None:
    with ws.runs.start("fit"):
        ws.catalog.table(table).to_pandas()
    ws.runs.trash("fit")
    release = next(item for item in ws.runs.reconcilers() if item.name == "run-pins")
    from mlnb.core.clock import now_ms

    release.tick(now_ms())
    assert ws.catalog.pins(table)
    release.tick(now_ms() + 31 * 86_400_000)
    assert not ws.catalog.pins(table)


# -- room ------------------------------------------------------------------------------------------------------------------


def test_usage_counts_files_and_models_and_names_the_largest_first(ws: Any, make: Any) -> None:
    small, large = make("small"), make("large")
    log_model(ws, large, size=7000)
    ws.runs.trash(small)
    found = ws.runs.usage("trees")
    assert (found.runs, found.deleted_runs) == (1, 1)
    assert (found.artifact_bytes, found.model_bytes, found.deleted_bytes) == (2000, 7000, 1000)
    assert [(item.name, item.deleted) for item in found.largest] == [("large", False), ("small", True)]
    assert "9.0 kB in 1 run and 1 in the trash" in str(found)
    with pytest.raises(ExperimentNotFoundError) as caught:
        ws.runs.usage("tress")
    assert "trees" in (caught.value.hint or "")


def test_what_mlflow_and_we_write_lies_in_one_folder_whatever_the_experiment_is_called(ws: Any, tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("x")
    client = ws.tracking.client()
    for name in ("my notebooks/first look.ipynb", "100% späte Flüge?", "..", "plain-1.0"):
        run = client.create_run(ws.tracking.experiment_id(name)).info
        client.log_artifact(run.run_id, str(tmp_path / "report.txt"))
        ws.runs.write_artifacts(run.run_id, {"mlnb/cell.py": "1"})
        assert {item.path for item in ws.runs.artifacts(run.run_id)} == {"mlnb/cell.py", "report.txt"}
        assert {item.path for item in client.list_artifacts(run.run_id)} == {"mlnb", "report.txt"}
        assert Path(run.artifact_uri).parent.parent.parent == ws.path / "artifacts"


#: ``mlnb runs purge`` that is killed at its fourth run.
KILLED = """
import os, signal, sys
from mlnb.cli.main import main
from mlnb.training.keeping import purge

usual, removed = purge.remove, []

def remove(*place):
    if len(removed) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    usual(*place)
    removed.append(place)

purge.remove = remove
main(["runs", "purge", *sys.argv[1:], "--yes"])
"""


def test_a_purge_whose_process_is_killed_is_finished_by_the_supervisor(ws: Any, make: Any) -> None:
    runs = [make(f"r{i}") for i in range(8)]
    ws.runs.trash(runs)
    done = subprocess.run([sys.executable, "-c", KILLED, *runs], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    assert len(events(ws, "run.purged")) == 3
    ws.supervisor.start()
    until(lambda: ws.runs._keeping.purging.unfinished() == [])
    assert ws.runs._keeping.store.heads(runs) == {}
    assert sorted(events(ws, "run.purged")) == sorted(("run.purged", f"run:{run}") for run in runs)
    assert not list((ws.path / "artifacts" / "trees").glob("*/artifacts"))
