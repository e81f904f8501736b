"""Who may ask about stored profiles and the rows behind them: with the rights of now, and without rows that are held out by now."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlnb.core.caller import Caller, calling
from mlnb.core.errors import MlnbError, PermissionDeniedError
from mlnb.explore.asking.kept import FrameNotFoundError
from mlnb.explore.questions import Drill, GridQuery
from mlnb.explore.records_stored import ProfileOutdatedError

TABLE = "main.default.people"
SECRET = "only-in-the-test-set"
ROWS = Drill(kind="rows")


@pytest.fixture
def people(ws: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"id": range(300), "x": [i * 7 % 31 for i in range(300)], "y": [i % 2 for i in range(300)]})
    frame["marked"] = frame["id"] >= 270
    frame["note"] = [SECRET if marked else "fine" for marked in frame["marked"]]
    frame["empty"] = None
    ws.catalog.create_table(TABLE, frame)
    return frame


def grant_select(ws: Any, name: str) -> None:
    for on, right in (("main", "USE CATALOG"), ("main.default", "USE SCHEMA"), (TABLE, "SELECT")):
        ws.catalog.grant(on, name, right)


def test_rows_that_one_user_asked_for_are_not_answered_to_another(ws: Any, people: Any) -> None:
    profile = ws.explore.profile(TABLE)
    assert ws.explore.drill(profile.id, ROWS).total == 300
    ws.settings.authorization = "enforce"
    eve = Caller("eve", source="rest")
    with calling(eve):
        for ask in (ws.explore.drill, ws.explore.grid):
            with pytest.raises(PermissionDeniedError):
                ask(profile.id, ROWS if ask == ws.explore.drill else GridQuery())
        with pytest.raises(FrameNotFoundError):
            ws.explore.grids.rows(profile.id)
    grant_select(ws, "eve")
    with calling(eve):
        assert ws.explore.drill(profile.id, ROWS).total == 300
    ws.catalog.revoke(TABLE, "eve", "SELECT")
    with calling(eve), pytest.raises(PermissionDeniedError):
        ws.explore.drill(profile.id, ROWS)
    grid = ws.explore.grids.keep(people, "people")
    with calling(eve), pytest.raises(FrameNotFoundError):
        ws.explore.grids.get(grid)


def test_findings_need_the_rights_of_their_source_however_it_is_named(ws: Any, people: Any) -> None:
    ws.explore.profile(TABLE, where="x > 3")
    ws.explore.profile(people, name="mine")
    key = f"{TABLE} WHERE x > 3"
    frame = "mine (session)"
    assert ws.explore.findings(key)
    assert ws.explore.findings(frame)
    ws.settings.authorization = "enforce"
    with calling(Caller("eve", source="rest")):
        with pytest.raises(PermissionDeniedError):
            ws.explore.findings(key)
        assert ws.explore.findings(frame) == []
    assert ws.explore.findings(frame)


def test_what_was_made_before_rows_were_held_out_is_not_shown_any_more(ws: Any, people: Any) -> None:
    ws.sql("CREATE VIEW main.default.seen AS SELECT note, x FROM main.default.people")
    old = [ws.explore.profile(TABLE), ws.explore.profile("main.default.seen")]
    compared = ws.explore.compare(TABLE, split="y")
    assert SECRET in ws.explore.drill(old[0].id, Drill(kind="bars", x="note")).columns["x"]
    ws.scopes.holdouts.declare(TABLE, column="marked", value=True)
    for profile in old:
        assert ws.explore.drill(profile.id, Drill(kind="bars", x="note")).columns["x"] == ["fine"]
        for read in (ws.explore.get, ws.explore.html):
            with pytest.raises(ProfileOutdatedError, match="held out since"):
                read(profile.id)
    with pytest.raises(ProfileOutdatedError):
        ws.explore.comparison(compared.id)
    fresh = ws.explore.profile(TABLE)
    assert fresh.id != old[0].id
    assert SECRET not in ws.explore.get(fresh.id).model_dump_json()
    ws.explore.delete(old[0].id)


def test_a_profile_with_held_out_rows_is_for_those_who_may_look(ws: Any, people: Any) -> None:
    ws.scopes.holdouts.declare(TABLE, column="marked", value=True, may_look=["user:ada"])
    profile = ws.explore.profile(TABLE, include_holdout="final check")
    compared = ws.explore.compare(TABLE, split="y", include_holdout="final check")
    assert SECRET in ws.explore.get(profile.id).model_dump_json()
    ws.settings.authorization = "enforce"
    grant_select(ws, "eve")
    for other in (Caller("eve", source="rest"), Caller("ada", source="rest", agent="helper")):
        with calling(other):
            for read, id in ((ws.explore.get, profile.id), (ws.explore.comparison, compared.id)):
                with pytest.raises(PermissionDeniedError):
                    read(id)
            assert ws.explore.list(TABLE).items == []


def test_a_clone_inherits_what_is_held_out(ws: Any, people: Any) -> None:
    ws.scopes.holdouts.declare(TABLE, column="marked", value=True)
    ws.sql("CREATE TABLE main.default.copy CLONE main.default.people")
    with calling(source="kernel"):
        assert SECRET not in set(ws.sql("SELECT note FROM main.default.copy").to_pandas()["note"])


def test_on_a_server_one_rule_is_declared_and_each_finding_stored_once(tmp_path: Path, postgres_url: str) -> None:
    from mlnb.door import Workspace

    folder = tmp_path / "root" / ".mlnb"
    folder.mkdir(parents=True)
    (folder / "mlnb.toml").write_text(f'metastore_url = "{postgres_url}"\n')
    ws = Workspace(folder)
    try:
        frame = pd.DataFrame({"k": range(200), "gone": [None] * 200, "same": [1] * 200})
        ws.catalog.create_table(TABLE, frame)
        barrier = threading.Barrier(4)

        def declare(at: int) -> str:
            barrier.wait(120)
            try:
                return str(ws.scopes.holdouts.declare(TABLE, key="k", fraction=0.1 + at / 10).id)
            except MlnbError as error:
                return error.code

        def look(at: int) -> int:
            barrier.wait(120)
            return len(ws.explore.profile(TABLE, sample=100 + at).findings)

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(declare, range(4)))
            assert sorted(map(len, set(found)))[-1] == 32
            assert found.count("HOLDOUT_EXISTS") == 3
            assert len(ws.scopes.holdouts.list()) == 1
            assert min(pool.map(look, range(4))) > 0
        assert len({one.id for one in ws.explore.findings(TABLE)}) == len(ws.explore.findings(TABLE))
    finally:
        ws.close()


def test_answers_about_the_rows_hide_what_the_profile_hides(ws: Any, people: Any) -> None:
    people["mail"] = [f"user{i % 90}@example.org" for i in people["id"]]
    people.loc[7, "mail"] = None
    ws.catalog.create_table("main.default.mailed", people)
    profile = ws.explore.profile("main.default.mailed")
    for _ in range(2):
        shown = ws.explore.drill(profile.id, ROWS).columns
        assert (shown["mail"][:2], shown["mail"][7], shown["x"][1]) == (["‹email›"] * 2, None, 7)
        bars = ws.explore.drill(profile.id, Drill(kind="bars", x="mail", limit=50)).columns
        assert len(set(bars["x"])) == 50
        assert "@" not in str(bars) + ws.explore.grid(profile.id, GridQuery()).model_dump_json()
        ws.explore.grids._frames.drop(profile.id)  # as after a restart
    own = ws.explore.grids.keep(people)
    assert "user1@example.org" in ws.explore.grids.block(own, GridQuery()).model_dump_json()
