"""Hold-outs on real tables: which rows are out, where they stay out, and who may look."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from mlnb.core.caller import calling
from mlnb.core.errors import InvalidParameterError, MlnbError, PermissionDeniedError
from mlnb.scope.holdout_records import (
    HoldoutExistsError,
    HoldoutKeyMissingError,
    HoldoutKeyUnsupportedError,
    HoldoutNotFoundError,
    HoldoutSpentError,
)

ROWS = 400


@pytest.fixture
def people(ws: Any) -> str:
    """A table of customers, two rows each; the value of every row tells its customer."""
    frame = pd.DataFrame(
        {"customer": [i // 2 for i in range(ROWS)], "amount": [i // 2 + 1_000_000 for i in range(ROWS)]}
    )
    frame["name"] = [f"c{i}" for i in frame["customer"]]
    frame["day"] = [date(2024, 1, 1 + i % 28) for i in range(ROWS)]
    frame["score"] = frame["amount"] / 3
    ws.catalog.write("main.default.people", frame)
    return "main.default.people"


@pytest.fixture
def guarded(ws: Any, people: str) -> str:
    ws.scopes.holdouts.declare(people, key="customer", fraction=0.3, looks=2)
    return people


def held_customers(ws: Any, table: str) -> set[int]:
    condition = ws.scopes.holdouts.held(table)
    return set(ws.catalog.read(table, where=condition, filtered=False)["customer"])


def test_a_read_and_a_query_leave_out_whole_customers(ws: Any, guarded: str) -> None:
    out = held_customers(ws, guarded)
    assert 30 < len(out) < 90
    frame = ws.catalog.read(guarded)
    assert not out & set(frame["customer"])
    assert len(frame) == ROWS - 2 * len(out)
    assert frame.attrs["mlnb.source"]["filtered"] is True
    assert ws.sql(f"SELECT count(*) AS n FROM {guarded}").rows() == [{"n": len(frame)}]


def test_views_joins_and_aggregates_do_not_see_them_either(ws: Any, guarded: str) -> None:
    out = held_customers(ws, guarded)
    ws.sql(f"CREATE VIEW main.default.v AS SELECT customer AS c, amount FROM {guarded}")
    assert not out & set(ws.catalog.read("main.default.v")["c"])
    assert ws.sql("SELECT max(amount) AS m FROM main.default.v").rows()[0]["m"] - 1_000_000 not in out
    joined = ws.sql(f"SELECT a.customer FROM {guarded} a JOIN {guarded} b ON a.amount = b.amount").to_pandas()
    assert not out & set(joined["customer"])
    assert ws.sql(f"SELECT count(DISTINCT customer) AS n FROM (SELECT * FROM {guarded})").rows() == [
        {"n": ROWS // 2 - len(out)}
    ]


def test_a_query_whose_only_table_stands_in_a_subquery_is_answered_without_them(ws: Any, guarded: str) -> None:
    with calling(source="kernel"):
        seen = ws.catalog.sql(f"SELECT count(*) AS n FROM {guarded}").to_pandas()["n"][0]
        assert ws.catalog.sql(f"SELECT (SELECT count(*) FROM {guarded}) AS n").to_pandas()["n"][0] == seen
        ws.catalog.sql(f"CREATE FUNCTION main.default.many() RETURNS BIGINT RETURN (SELECT count(*) FROM {guarded})")
        assert ws.catalog.sql("SELECT main.default.many() AS n").to_pandas()["n"][0] == seen


def test_jobs_see_all_rows_and_so_does_what_is_written(ws: Any, guarded: str) -> None:
    with calling(source="job"):
        assert len(ws.catalog.read(guarded)) == ROWS
    with calling(job_run_id="7"):
        assert len(ws.catalog.read(guarded)) == ROWS
    ws.sql(f"CREATE TABLE main.default.copy AS SELECT * FROM {guarded}")
    assert len(ws.catalog.read("main.default.copy", filtered=False)) == ROWS


def test_the_same_key_is_held_out_in_every_table_of_the_workspace(ws: Any, guarded: str) -> None:
    ws.catalog.write("main.default.calls", pd.DataFrame({"who": range(200)}))
    ws.scopes.holdouts.declare("main.default.calls", key="who", fraction=0.3)
    condition = ws.scopes.holdouts.held("main.default.calls")
    assert set(ws.catalog.read("main.default.calls", where=condition, filtered=False)["who"]) == held_customers(
        ws, guarded
    )


def test_the_rule_follows_a_table_to_its_new_name_and_stays_when_it_is_made_anew(ws: Any, guarded: str) -> None:
    ws.sql(f"ALTER TABLE {guarded} RENAME TO main.default.clients")
    assert len(ws.catalog.read("main.default.clients")) < ROWS
    assert ws.scopes.holdouts.get("main.default.clients").table_name == "main.default.clients"
    ws.catalog.write(guarded, pd.DataFrame({"other": range(50)}))
    assert len(ws.catalog.read(guarded)) == 50, "another table under the old name is not the guarded one"


def test_dropping_and_making_a_table_again_does_not_lift_its_holdout(ws: Any, guarded: str) -> None:
    everything = ws.catalog.read(guarded, filtered=False)
    ws.sql(f"DROP TABLE {guarded}")
    ws.catalog.write(guarded, everything)
    assert len(ws.catalog.read(guarded)) < ROWS


def test_a_copy_inherits_the_rule_under_the_key_s_new_name(ws: Any, guarded: str) -> None:
    out = held_customers(ws, guarded)
    ws.sql(f"CREATE TABLE main.default.copy AS SELECT customer AS id, amount FROM {guarded}")
    assert not out & set(ws.catalog.read("main.default.copy")["id"])
    (guard,) = ws.scopes.holdouts.guards("main.default.copy")
    assert guard.inherited
    assert not guard.mixed
    assert guard.rule.key == ["id"]
    ws.sql("CREATE TABLE main.default.second AS SELECT id AS key2, sum(amount) AS s FROM main.default.copy GROUP BY id")
    assert not out & set(ws.catalog.read("main.default.second")["key2"])


def test_a_table_without_the_key_is_mixed(ws: Any, guarded: str) -> None:
    ws.sql(f"CREATE TABLE main.default.sums AS SELECT day, sum(amount) AS s FROM {guarded} GROUP BY day")
    (guard,) = ws.scopes.holdouts.guards("main.default.sums")
    assert guard.mixed
    assert "held-out rows may be in it" in ws.scopes.holdouts.note("main.default.sums").note


def test_what_python_writes_from_filtered_rows_is_not_mixed(ws: Any, guarded: str) -> None:
    frame = ws.catalog.read(guarded)
    ws.catalog.write("main.default.means", frame.groupby("day", as_index=False)["amount"].mean())
    assert ws.scopes.holdouts.guards("main.default.means") == []


def test_frames_are_split_by_the_key(ws: Any, guarded: str) -> None:
    out = held_customers(ws, guarded)
    everything = ws.catalog.read(guarded, filtered=False)
    mask, note = ws.scopes.holdouts.split(everything)
    assert set(everything["customer"][~mask]) == out
    assert note.note == f"{2 * len(out)} of {ROWS} rows held out."
    for other in (
        pa.Table.from_pandas(everything),
        everything.astype({"customer": "float64"}),
        everything.astype({"customer": str}),
    ):
        again, _ = ws.scopes.holdouts.split(other, guarded)
        assert (again == mask).all()
    filtered = ws.scopes.holdouts.split(ws.catalog.read(guarded))
    assert filtered.mask is None
    assert filtered.note.excluded == 2 * len(out)


def test_a_frame_that_cannot_be_told_says_so(ws: Any, guarded: str) -> None:
    frame = ws.catalog.read(guarded, filtered=False)
    without = ws.scopes.holdouts.split(frame.drop(columns="customer"))
    assert without.mask is None
    assert without.note.known is False
    stranger = ws.scopes.holdouts.split(pd.DataFrame({"customer": [1, 2]}))
    assert stranger.note.known is False
    assert "where these rows come from is not known" in stranger.note.note
    assert ws.scopes.holdouts.split(pd.DataFrame({"x": [1]})) == (None, None)


def test_rows_without_a_key_stay_and_are_counted(ws: Any) -> None:
    ws.catalog.write("main.default.gaps", pa.table({"k": pa.array([1, None, 2, None], pa.int64())}))
    ws.scopes.holdouts.declare("main.default.gaps", key="k", fraction=0.9)
    assert int(ws.catalog.read("main.default.gaps")["k"].isna().sum()) == 2
    note = ws.scopes.holdouts.split(ws.catalog.read("main.default.gaps", filtered=False)).note
    assert "2 rows without k are not held out" in note.note


def test_rows_from_a_time_on(ws: Any, people: str) -> None:
    ws.scopes.holdouts.declare(people, time="day", since="2024-01-20")
    assert ws.catalog.read(people)["day"].max() == date(2024, 1, 19)
    mask, _ = ws.scopes.holdouts.split(ws.catalog.read(people, filtered=False))
    assert mask.sum() == len(ws.catalog.read(people))


def test_rows_marked_in_a_column(ws: Any, people: str) -> None:
    ws.scopes.holdouts.declare(people, column="name", value="c7")
    assert len(ws.catalog.read(people)) == ROWS - 2
    assert "c7" not in set(ws.catalog.read(people)["name"])


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"key": "score"}, HoldoutKeyUnsupportedError),
        ({"key": "custmer"}, InvalidParameterError),
        ({"key": "customer", "fraction": 1.5}, InvalidParameterError),
        ({"key": "customer", "looks": 0}, InvalidParameterError),
        ({"key": "customer", "time": "day", "since": "2024-01-01"}, InvalidParameterError),
        ({"time": "day"}, InvalidParameterError),
        ({"time": "day", "since": "soon"}, InvalidParameterError),
        ({"time": "score", "since": 1}, HoldoutKeyUnsupportedError),
        ({"column": "customer", "value": "x"}, InvalidParameterError),
        ({}, InvalidParameterError),
    ],
)
def test_what_is_no_rule_is_refused_and_nothing_is_held_out(
    ws: Any, people: str, options: dict[str, Any], error: type[MlnbError]
) -> None:
    with pytest.raises(error) as raised:
        ws.scopes.holdouts.declare(people, **options)
    assert raised.value.hint
    assert ws.scopes.holdouts.list() == []


def test_the_same_rule_again_is_the_same_holdout_and_another_is_refused(ws: Any, guarded: str) -> None:
    first = ws.scopes.holdouts.get(guarded)
    assert ws.scopes.holdouts.declare(guarded, key=["customer"], fraction=0.3).id == first.id
    with pytest.raises(HoldoutExistsError):
        ws.scopes.holdouts.declare(guarded, key="customer", fraction=0.2)


def test_a_key_that_is_gone_blocks_reading(ws: Any, guarded: str) -> None:
    frame = ws.catalog.read(guarded, filtered=False).rename(columns={"customer": "client"})
    ws.catalog.write(guarded, frame, mode="overwrite")
    with pytest.raises(HoldoutKeyMissingError):
        ws.catalog.read(guarded)
    with pytest.raises(HoldoutKeyMissingError):
        ws.sql(f"SELECT count(*) FROM {guarded}").rows()
    ws.scopes.holdouts.retire(guarded)
    assert len(ws.catalog.read(guarded)) == ROWS


# -- looks ---------------------------------------------------------------------------------------------------------------------------------


def test_a_look_is_counted_and_the_last_one_spends_the_holdout(ws: Any, guarded: str) -> None:
    holdouts = ws.scopes.holdouts
    assert str(holdouts.open(guarded, "final numbers")) == f"look 1 of 2 at the held-out rows of {guarded}"
    frame = holdouts.rows(guarded, "once more")
    assert set(frame["customer"]) == held_customers(ws, guarded)
    with pytest.raises(HoldoutSpentError) as raised:
        holdouts.open(guarded, "again")
    assert "renew" in (raised.value.hint or "")
    assert holdouts.get(guarded).state == "SPENT"
    assert len(ws.catalog.read(guarded)) < ROWS, "a spent hold-out stays hidden"
    assert [(look.number, look.reason, look.actor, look.actor_kind) for look in holdouts.looks(guarded)] == [
        (1, "final numbers", "ada", "user"),
        (2, "once more", "ada", "user"),
    ]
    holdouts.renew(guarded, 3, "a new season of data")
    assert (holdouts.get(guarded).state, holdouts.get(guarded).looks_left) == ("ACTIVE", 3)
    actions = [event.action for event in ws.journal.tail(after=0, limit=1000) if event.action.startswith("holdout.")]
    assert actions == ["holdout.declared", "holdout.looked", "holdout.looked", "holdout.spent", "holdout.renewed"]


def test_the_same_model_is_one_look_whoever_asks(ws: Any, guarded: str) -> None:
    holdouts = ws.scopes.holdouts
    look = holdouts.look(guarded, purpose="evaluate", model_digest="abc", metric_set="all")
    holdouts.seen(look, {"roc_auc": 0.8})
    for right in ("USE CATALOG ON CATALOG main", "USE SCHEMA ON SCHEMA main.default", f"SELECT ON TABLE {guarded}"):
        ws.sql(f"GRANT {right} TO bob")
    with calling(principal="bob"):
        again = holdouts.look(guarded, purpose="evaluate", model_digest="abc", metric_set="all")
    assert (again.number, again.repeated, again.metrics) == (1, True, {"roc_auc": 0.8})
    assert holdouts.get(guarded).looks_used == 1


def test_who_is_not_named_may_not_look_and_no_look_is_counted(ws: Any, people: str) -> None:
    holdouts = ws.scopes.holdouts
    holdouts.declare(people, key="customer", may_look=["group:reviewers", "agent:helper"])
    with pytest.raises(PermissionDeniedError):
        holdouts.open(people, "curious")
    with calling(groups=("reviewers",)):
        assert holdouts.open(people, "review").number == 1
    with calling(agent="helper"):
        assert holdouts.open(people, "named").actor_kind == "agent"
    with calling(agent="other", groups=("reviewers",)), pytest.raises(PermissionDeniedError):
        holdouts.open(people, "not named")
    assert holdouts.get(people).looks_used == 2


def test_an_assistant_may_neither_look_nor_renew_nor_retire_by_default(ws: Any, guarded: str) -> None:
    with calling(agent="helper"):
        for forbidden in (
            lambda: ws.scopes.holdouts.open(guarded, "why not"),
            lambda: ws.scopes.holdouts.renew(guarded, 1, "why not"),
            lambda: ws.scopes.holdouts.retire(guarded),
        ):
            with pytest.raises(PermissionDeniedError):
                forbidden()
    assert ws.scopes.holdouts.get(guarded).looks_used == 0


def test_a_look_needs_a_reason_and_a_holdout(ws: Any, guarded: str) -> None:
    with pytest.raises(InvalidParameterError):
        ws.scopes.holdouts.open(guarded, "  ")
    with pytest.raises(HoldoutNotFoundError) as raised:
        ws.scopes.holdouts.open("main.default.peopel", "x")
    assert guarded in (raised.value.hint or "")


# -- what an output says -------------------------------------------------------------------------------------------------------------------


def test_rows_of_a_query_say_how_many_are_held_out(ws: Any, guarded: str) -> None:
    from mlnb.display import html_of

    held = 2 * len(held_customers(ws, guarded))
    line = f"{guarded}: {held} of {ROWS} rows held out."
    for query in (f"SELECT * FROM {guarded}", f"SELECT avg(amount) AS a FROM {guarded}"):
        result = ws.sql(query)
        assert result.notes == [line]
        assert repr(result).endswith(line)
        assert line in (html_of(result) or "")
    assert ws.sql(f"SELECT * FROM {guarded}", filtered=False).notes == []
    assert ws.catalog.table(guarded).scan().notes == [line]


def test_rows_of_a_table_without_a_holdout_say_nothing(ws: Any, people: str) -> None:
    assert ws.sql(f"SELECT * FROM {people}").notes == []


def test_mixed_rows_say_that_nobody_can_tell(ws: Any, guarded: str) -> None:
    ws.sql(f"CREATE TABLE main.default.sums AS SELECT day, sum(amount) AS s FROM {guarded} GROUP BY day")
    (note,) = ws.sql("SELECT * FROM main.default.sums").notes
    assert note.startswith("main.default.sums: Mixed: made from")


def test_the_past_of_held_out_rows_is_hidden_too(ws: Any, guarded: str) -> None:
    out = held_customers(ws, guarded)
    for query in (f"SELECT * FROM {guarded} VERSION AS OF 0", f"SELECT * FROM table_changes('{guarded}', 0)"):
        seen = set(ws.sql(query).to_pandas()["customer"])
        assert seen
        assert not out & seen
    changed = ws.catalog.table(guarded).changes(0).read_all()
    assert not out & set(changed.column("customer").to_pylist())
    assert len(ws.catalog.table(guarded, filtered=False).changes(0).read_all()) == ROWS


def test_a_table_with_a_new_name_is_found_by_the_id_of_its_holdout(ws: Any, guarded: str) -> None:
    id_ = ws.scopes.holdouts.get(guarded).id
    ws.sql(f"ALTER TABLE {guarded} RENAME TO main.default.clients")
    found = ws.scopes.holdouts.get(id_)
    assert (found.table_name, found.total) == ("main.default.clients", ROWS)
    assert [one.table_name for one in ws.scopes.holdouts.list()] == ["main.default.clients"]
    assert ws.scopes.holdouts.open(id_, "after the rename").table_name == "main.default.clients"


def test_rows_of_a_query_know_that_held_out_ones_are_not_among_them(ws: Any, guarded: str) -> None:
    out = held_customers(ws, guarded)
    result = ws.sql(f"SELECT * FROM {guarded} WHERE amount >= 0")
    for frame in (
        result.to_pandas(),
        result.to_arrow(),
        result.to_polars(),
        ws.sql(f"SELECT day FROM {guarded}").to_pandas(),
    ):
        mask, note = ws.scopes.holdouts.split(frame)
        assert mask is None
        assert (note.known, note.excluded) == (True, 2 * len(out))
    with calling(source="job"):
        everything = ws.sql(f"SELECT * FROM {guarded}").to_pandas()
    assert set(everything["customer"][~ws.scopes.holdouts.split(everything).mask]) == out


def test_what_a_query_makes_of_several_rows_claims_to_be_neither_the_table_nor_unknown(ws: Any, guarded: str) -> None:
    ws.catalog.write("main.default.names", pd.DataFrame({"customer": range(5), "name": list("abcde")}))
    for text in (
        f"SELECT n.name, p.* FROM {guarded} p JOIN main.default.names n USING (customer)",
        f"SELECT customer, sum(amount) AS amount FROM {guarded} GROUP BY customer",
        f"SELECT count(*) AS customer FROM {guarded}",
        f"SELECT customer + 1 AS customer FROM {guarded}",
        f"SELECT * FROM {guarded} UNION ALL SELECT * FROM {guarded}",
        f"SELECT * FROM (SELECT day AS customer FROM {guarded})",
    ):
        frame = ws.sql(text).to_pandas()
        assert "table" not in frame.attrs["mlnb.source"], text
        mask, note = ws.scopes.holdouts.split(frame)
        assert (mask, note.known, note.table) == (None, True, guarded), text
    stranger = pd.DataFrame({"customer": [1, 2]})
    mixed = ws.sql("SELECT s.customer FROM stranger s, main.default.names", frames={"stranger": stranger}).to_pandas()
    assert mixed.attrs == {}
    assert ws.scopes.holdouts.split(mixed).note.known is False


def test_rows_read_before_they_were_held_out_are_not_taken_for_filtered(ws: Any, people: str) -> None:
    rows = ws.sql(f"SELECT * FROM {people}").to_pandas()
    sums = ws.sql(f"SELECT customer, sum(amount) AS amount FROM {people} GROUP BY customer").to_pandas()
    ws.scopes.holdouts.declare(people, key="customer", fraction=0.25)
    assert ws.scopes.holdouts.split(rows).mask is not None
    assert "was read before" in ws.scopes.holdouts.split(sums).note.note


def test_writing_oneself_into_the_card_gives_nobody_the_decision(ws: Any, people: str) -> None:
    card = "problem: classification\nmetrics: [{name: auc, min: 0.7}]\nsignoff: {roles: [{role: risk, who: [%s]}]}\n"
    ws.scopes.put("churn", card % "zoe")
    ws.scopes.holdouts.declare(people, key="customer", looks=1, scope="churn")
    for on, right in (("main", "USE CATALOG"), ("main.default", "USE SCHEMA"), (people, "SELECT")):
        for who in ("eve", "zoe"):
            ws.catalog.grant(on, who, right)
    ws.settings.authorization = "enforce"
    with calling(principal="eve", source="rest"):
        ws.scopes.put("churn", card % "eve, zoe")
        ws.scopes.sign("churn", "risk")
        for change in (lambda: ws.scopes.holdouts.renew(people, 5, "more"), lambda: ws.scopes.holdouts.retire(people)):
            with pytest.raises(PermissionDeniedError):
                change()
    with calling(principal="zoe", source="rest"):
        assert ws.scopes.holdouts.renew(people, 5, "the first one was a mistake").looks_allowed == 6
