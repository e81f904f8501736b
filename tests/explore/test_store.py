"""Stored profiles: answered from the store, decided upon, recovered, kept in number, logged to MLflow."""

from __future__ import annotations

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from mlnb.core.caller import Caller, calling
from mlnb.core.errors import InvalidParameterError, PermissionDeniedError
from mlnb.explore.questions import Drill, GridQuery
from mlnb.explore.records_stored import FindingNotFoundError, ProfileNotFoundError
from mlnb.explore.tables import explore_profiles

TABLE = "main.default.flights"


@pytest.fixture
def flights(ws: Any) -> pd.DataFrame:
    """A table with a column that gives its target away."""
    rng = np.random.default_rng(0)
    delay = rng.normal(0, 20, 600).round()
    frame = pd.DataFrame({"carrier": rng.choice(["UA", "DL"], 600), "delay": delay, "late": delay > 15, "one": 1})
    ws.catalog.create_table(TABLE, frame)
    return frame


def _codes(findings: Any) -> set[str]:
    return {finding.code for finding in findings}


def test_the_same_question_of_the_same_version_is_answered_from_the_store(ws: Any, flights: Any) -> None:
    pages: list[Any] = []
    first = ws.explore.profile(TABLE, target="late")
    again = ws.explore.profile("flights@v0", target="late", on_page=pages.append)
    assert (again.id, again.to_dict(), pages) == (first.id, first.to_dict(), [])
    assert ws.explore.profile(TABLE, target="late", precise=True).id != first.id
    assert ws.explore.profile(TABLE).id != first.id
    ws.catalog.append(TABLE, flights)
    assert ws.explore.profile(TABLE, target="late").rows == 1200
    events = ws.journal.tail(actions=["profile.created"])
    assert {event.subject for event in events} == {f"table:{TABLE}"}
    assert len(events) == 4


def test_what_is_held_out_later_makes_another_question(ws: Any, flights: Any) -> None:
    first = ws.explore.profile(TABLE)
    ws.catalog.register_row_filter(lambda table, _: "delay > 0" if table == TABLE else None)
    second = ws.explore.profile(TABLE)
    assert second.id != first.id
    assert second.rows == int((flights["delay"] > 0).sum())


def test_a_dismissed_finding_stays_dismissed_on_the_next_profile_until_it_is_reopened(ws: Any, flights: Any) -> None:
    profile = ws.explore.profile(TABLE, target="late")
    leak = next(finding for finding in profile.findings if finding.code == "LEAK_COPY")
    with pytest.raises(InvalidParameterError, match="reason"):
        ws.explore.dismiss(leak.id, "  ")
    assert leak.id in {finding.id for finding in ws.explore.findings(TABLE)}
    dismissed = ws.explore.dismiss(leak.id, "known when we ask")
    assert (dismissed.state, dismissed.decided_by) == ("dismissed", "ada")
    ws.explore.dismiss(leak.id, "known when we ask")
    ws.catalog.append(TABLE, flights)
    next_one = ws.explore.profile(TABLE, target="late")
    carried = next(finding for finding in next_one.findings if finding.code == "LEAK_COPY")
    assert (carried.id, carried.state, carried.reason) == (leak.id, "dismissed", "known when we ask")
    assert leak.id not in {finding.id for finding in ws.explore.findings(TABLE)}
    assert leak.id in {finding.id for finding in ws.explore.findings("flights", open_only=False)}
    ws.explore.reopen(leak.id)
    states = [finding.state for finding in ws.explore.get(profile.id).findings if finding.id == leak.id]
    assert states == ["open"]
    events = ws.journal.tail(actions=["finding.*"])
    assert [event.action for event in events] == ["finding.dismissed", "finding.reopened"]
    assert ws.journal.verify().ok
    with pytest.raises(FindingNotFoundError):
        ws.explore.dismiss("nope", "x")


def test_findings_that_are_no_longer_true_are_forgotten_and_others_kept(ws: Any, flights: Any) -> None:
    ws.explore.profile(TABLE, target="late")
    assert {"LEAK_COPY", "CONSTANT"} <= _codes(ws.explore.findings(TABLE))
    ws.explore.profile(TABLE, columns=["carrier"])  # says nothing about the columns it leaves out
    assert {"LEAK_COPY", "CONSTANT"} <= _codes(ws.explore.findings(TABLE))
    ws.catalog.append(TABLE, flights.assign(one=range(600)))
    ws.explore.profile(TABLE)  # says nothing about a target
    assert "CONSTANT" not in _codes(ws.explore.findings(TABLE))
    assert "LEAK_COPY" in _codes(ws.explore.findings(TABLE))


def test_the_verdict_on_leakage_takes_decisions_into_account(ws: Any, flights: Any) -> None:
    verdict = ws.explore.leakage(flights, "late", name="flights")
    assert (verdict.passed, verdict.blocked[0].column) == (False, "delay")
    assert verdict.blocked[0].code_pandas == "df = df.drop(columns=['delay'])"
    profiled = ws.explore.profile(flights, target="late", name="flights").findings
    same = next(finding for finding in profiled if finding.id == verdict.blocked[0].id)
    assert (same.code_pandas, same.code_pipeline) == (verdict.blocked[0].code_pandas, verdict.blocked[0].code_pipeline)
    first, second, *_ = repr(verdict).split("\n")
    assert first == "Blocked by delay."
    assert second.startswith("✗ LEAK_COPY  ")
    assert verdict.blocked[0].message in second
    ws.explore.dismiss(verdict.blocked[0].id, "a rule, not a model")
    again = ws.explore.leakage(flights, "late", name="flights")
    assert (again.passed, [finding.column for finding in again.overridden]) == (True, ["delay"])
    with pytest.raises(InvalidParameterError, match="target"):
        ws.explore.leakage(flights)


def test_profiles_are_listed_page_by_page(ws: Any, flights: Any) -> None:
    ids = [ws.explore.profile(TABLE, sample=n).id for n in (100, 200, 300)]
    seen, token = [], None
    while True:
        page = ws.explore.list(TABLE, limit=2, page_token=token)
        seen += [info.id for info in page.items]
        token = page.next_page_token
        if token is None:
            break
    assert seen == ids[::-1]
    assert ws.explore.list("flights", version=7).items == []
    with pytest.raises(InvalidParameterError):
        ws.explore.list(limit=0)


def test_a_comparison_is_stored_logged_and_read_with_the_rights_to_both_sides(ws: Any, flights: Any) -> None:
    ws.catalog.create_table("main.default.later", flights.assign(delay=flights["delay"] + 40))
    made = ws.explore.compare(TABLE, "main.default.later", target="late")
    assert made.columns[0].column == "delay"
    again = ws.explore.comparison(made.id)
    assert again.to_dict() == made.to_dict()
    with pytest.raises(ProfileNotFoundError, match="comparison"):
        ws.explore.get(made.id)
    assert ws.explore.list().items == []
    run = ws.tracking.client().get_run(ws.explore.log(made))
    assert {item.dataset.name for item in run.inputs.dataset_inputs} == {TABLE, "main.default.later"}
    ws.settings.authorization = "enforce"
    for name in ("main", "main.default", TABLE):
        ws.catalog.grant(name, "eve", {"main": "USE CATALOG", "main.default": "USE SCHEMA"}.get(name, "SELECT"))
    with calling(Caller("eve", source="rest")), pytest.raises(PermissionDeniedError):
        ws.explore.comparison(made.id)


def test_processes_that_profile_at_once_keep_one_complete_profile(ws: Any, flights: Any) -> None:
    barrier = threading.Barrier(3)

    def look(_: int) -> str:
        barrier.wait(120)
        return str(ws.explore.profile(TABLE, target="late", reuse=False).id)

    with ThreadPoolExecutor(3) as pool:
        ids = set(pool.map(look, range(3)))
    assert len(ids) == 1
    assert [info.id for info in ws.explore.list(TABLE).items] == list(ids)
    assert {path.name for path in (ws.path / "explore").iterdir()} == ids


def test_half_written_profiles_are_made_again_and_swept_away(ws: Any, flights: Any) -> None:
    first = ws.explore.profile(TABLE)
    (ws.explore.store.folder(first.id) / "profile.json").write_text('{"id": "')
    second = ws.explore.profile(TABLE)
    assert (second.id != first.id, second.rows) == (True, 600)
    with pytest.raises(ProfileNotFoundError):
        ws.explore.get(first.id)
    left = ws.explore.store.folder("0" * 32)
    left.mkdir()
    (left / "profile.json").write_text("{}")
    assert ws.explore.store.sweep() == 0  # it may be on its way
    os.utime(left, (time.time() - 7200,) * 2)
    (ws.path / "explore" / "notes").mkdir()
    assert ws.explore.store.sweep() == 1
    assert not left.exists()
    assert ws.explore.get(second.id).rows == 600


def test_a_stopped_scan_is_kept_as_such_and_never_reused(ws: Any, flights: Any) -> None:
    big = pd.concat([flights] * 50, ignore_index=True)
    ws.catalog.create_table("main.default.big", big)
    stop = threading.Event()
    found = ws.explore.profile("main.default.big", sample=1000, on_page=lambda _: stop.set(), stop=stop)
    assert not found.complete
    assert ws.explore.info(found.id).state == "STOPPED"
    assert ws.explore.get(found.id).notes
    whole = ws.explore.profile("main.default.big", sample=1000)
    assert (whole.complete, whole.id != found.id) == (True, True)


def test_the_newest_profiles_of_a_source_are_kept(ws: Any, flights: Any) -> None:
    ws.explore.store._keep = 2
    made = [ws.explore.profile(TABLE, sample=n) for n in (100, 200)]
    run = ws.explore.log(made[0])
    made += [ws.explore.profile(TABLE, sample=n) for n in (300, 400)]
    kept = [info.id for info in ws.explore.list(TABLE).items]
    assert kept == [made[3].id, made[2].id, made[0].id]
    assert not ws.explore.store.folder(made[0].id).exists()
    assert ws.explore.get(made[0].id).to_dict() == made[0].to_dict()  # from the run's artifact
    assert run


def test_a_profile_is_logged_to_a_run_of_its_own_or_the_active_one(ws: Any, flights: Any) -> None:
    import mlflow

    profile = ws.explore.profile(TABLE, target="late")
    with calling(Caller("ada", notebook="notes/flights.ipynb")):
        run_id = ws.explore.log(profile)
    client = ws.tracking.client()
    run = client.get_run(run_id)
    assert (run.info.run_name, run.info.status) == (f"eda-{TABLE}", "FINISHED")
    assert client.get_experiment(run.info.experiment_id).name == "notes/flights.ipynb"
    assert run.data.tags["mlnb.kind"] == "eda"
    assert run.data.tags["mlnb.profile_id"] == profile.id
    assert '"BLOCKED": 1' in run.data.tags["mlnb.findings"]
    dataset = run.inputs.dataset_inputs[0]
    assert (dataset.dataset.name, dataset.tags[0].value) == (TABLE, "eda")
    assert '"delta_table_version": 0' in dataset.dataset.source
    assert {item.path for item in client.list_artifacts(run_id, "eda")} == {"eda/profile.json", "eda/profile.html"}
    shutil.rmtree(ws.explore.store.folder(profile.id))
    assert ws.explore.get(profile.id).to_dict() == profile.to_dict()
    ws.tracking.configure()
    with mlflow.start_run() as active:
        assert ws.explore.log(profile) == active.info.run_id
        assert client.get_run(active.info.run_id).info.status == "RUNNING"
    with pytest.raises(Exception, match="no run"):
        ws.explore.log(profile, "0" * 32)


def test_questions_are_answered_from_the_rows_or_from_the_tables_version(ws: Any, flights: Any) -> None:
    profile = ws.explore.profile(TABLE)
    assert ws.explore.drill(profile.id, Drill(kind="bars", x="carrier")).total == 600
    ws.catalog.append(TABLE, flights)
    ws.explore.grids._frames.drop(profile.id)  # as after a restart
    assert ws.explore.drill(profile.id, Drill(kind="bars", x="carrier")).total == 600
    assert ws.explore.grid(profile.id, GridQuery(limit=5)).total == 600
    framed = ws.explore.profile(flights, name="flights")
    ws.explore.grids._frames.drop(framed.id)
    with pytest.raises(Exception, match="not kept") as error:
        ws.explore.drill(framed.id, Drill(kind="bars", x="carrier"))
    assert "again" in error.value.hint


def test_a_frames_profile_is_its_makers(ws: Any, flights: Any) -> None:
    profile = ws.explore.profile(flights, name="flights")
    assert ws.explore.get(profile.id).source.name == "flights"
    ws.settings.authorization = "enforce"
    with calling(Caller("eve", source="rest")):
        with pytest.raises(PermissionDeniedError):
            ws.explore.get(profile.id)
        assert ws.explore.list().items == []


def test_the_settings_decide_whether_profiles_are_kept(ws: Any, flights: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLNB_EXPLORE__STORE_PROFILES", "false")
    ws.explore.profile(TABLE)
    with ws.metastore.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(explore_profiles)).scalar() == 0
