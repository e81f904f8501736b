"""Rows changed in place: update, delete, merge; by the library where it may, by DuckDB where it must."""

from typing import Any

import pandas as pd
import pytest

from mlnb.catalog.errors import (
    SqlError,
    SqlSyntaxError,
    TableSchemaError,
    UnboundParameterError,
    UnresolvedColumnError,
)
from mlnb.catalog.merging import When
from mlnb.core.errors import InvalidParameterError, InvalidStateError


@pytest.fixture
def t(cat: Any) -> Any:
    data = pd.DataFrame({"id": [1, 2, 3, 4], "name": ["a", "b", "c", None], "x": [1.0, 2.0, 3.0, None]})
    return cat.create_table("main.raw.t", data, primary_key="id")


def content(t: Any) -> list[tuple[Any, ...]]:
    rows = t.to_arrow().to_pylist()
    return sorted(tuple(row.values()) for row in rows)


def test_delete_takes_away_what_a_condition_selects(t: Any) -> None:
    commit = t.delete("id = 2 OR name = 'c'")
    assert (commit.operation, commit.num_affected_rows, commit.version) == ("DELETE", 2, 1)
    assert [row[0] for row in content(t)] == [1, 4]


def test_rows_for_which_a_condition_is_null_stay(t: Any) -> None:
    assert t.delete("NOT (name = 'a')").num_affected_rows == 2
    assert [row[0] for row in content(t)] == [1, 4]
    assert t.delete("length(name) < 5").num_affected_rows == 1
    assert [row[0] for row in content(t)] == [4]


def test_delete_understands_functions_subqueries_and_parameters(t: Any, cat: Any) -> None:
    commit = t.delete("upper(name) = :n", params={"n": "B"})
    assert (commit.operation, commit.num_affected_rows, commit.operation_parameters) == (
        "DELETE",
        1,
        {"predicate": "upper(name) = :n"},
    )
    cat.write("main.raw.gone", pd.DataFrame({"key": [1, 3]}))
    assert t.delete("id IN (SELECT key FROM main.raw.gone)").num_affected_rows == 2
    assert [row[0] for row in content(t)] == [4]
    assert t.delete("id % 2 = 1").num_affected_rows == 0
    assert t.version == 2


def test_delete_without_a_condition_empties_the_table(t: Any) -> None:
    t.delete()
    assert t.count() == 0
    assert t.columns == ["id", "name", "x"]


def test_update_sets_values_columns_and_expressions(t: Any) -> None:
    assert t.update({"name": "'new'", "x": 7}, "id = 1").num_affected_rows == 1
    assert t.update({"x": "x * 2 + id"}, "x IS NOT NULL").num_affected_rows == 3
    assert t.update({"name": "NULL"}, "id >= 3").num_affected_rows == 2
    assert t.update({"x": "-2.5", "name": r"'it\'s'"}, "id = 4").num_affected_rows == 1
    assert content(t)[3] == (4, "it's", -2.5)
    t.update({"x": None, "name": None}, "id = 4")
    assert content(t) == [(1, "new", 15.0), (2, "b", 6.0), (3, None, 9.0), (4, None, None)]
    assert t.history(1)[0].operation == "UPDATE"


def test_update_values_are_bound_not_pasted(t: Any) -> None:
    t.update({"name": ":n"}, "id = :i", params={"n": "it's; DROP", "i": 2})
    assert {r[0]: r[1] for r in content(t)}[2] == "it's; DROP"
    with pytest.raises(UnboundParameterError):
        t.update({"name": ":other"}, "id = 1", params={"n": 1})


def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(t: Any) -> None:
    for value in ("'abc'", "9223372036854775807 + id", "id * 99999999999999999999"):
        with pytest.raises(SqlError):
            t.update({"id": value}, "id = 1")
    with pytest.raises((SqlError, TableSchemaError)):
        t.delete("id > 'abc' AND lower(name) = 'a'")
    assert t.version == 0


def test_what_is_no_expression_is_refused(t: Any) -> None:
    for wrong in ("1, 2", "*", "1 AS a", "1; DROP TABLE t", "1 FROM t", ""):
        with pytest.raises((SqlSyntaxError, SqlError, InvalidParameterError)):
            t.update({"name": wrong})
    with pytest.raises(UnresolvedColumnError) as error:
        t.update({"nme": "1"})
    assert error.value.hint == "Did you mean name?"
    with pytest.raises(UnresolvedColumnError):
        t.update({"name": "nme"}, "id = 1")
    with pytest.raises(UnresolvedColumnError):
        t.delete("idd = 1")
    with pytest.raises(InvalidParameterError):
        t.update({})
    assert t.version == 0


def test_the_past_is_not_changed(t: Any, cat: Any) -> None:
    t.delete("id = 1")
    past = cat.table("main.raw.t", version=0)
    for change in (past.delete, past.optimize, lambda: past.update({"x": 1}), lambda: past.vacuum(0, force=True)):
        with pytest.raises(InvalidStateError):
            change()


def test_merge_takes_conditions_and_expressions(t: Any) -> None:
    data = pd.DataFrame({"id": [1, 2, 9], "name": ["A", "B", "I"], "x": [10.0, 20.0, 90.0]})
    commit = t.merge(data, "source.id = target.id AND target.x < 2", update={"x": "source.x + target.x"}, insert=None)
    assert (commit.operation, commit.num_affected_rows) == ("MERGE", 1)
    assert content(t)[0] == (1, "a", 11.0)
    t.merge(data, insert={"id": "source.id", "name": "lower(source.name)"}, update=None)
    assert content(t)[-1] == (9, "i", None)
    assert t.merge(data, update=None, insert=None, delete_when="x > 15").metrics["num_target_rows_deleted"] == 2
    assert [row[0] for row in content(t)] == [1, 3, 4]


def test_merge_grows_the_schema_when_asked(t: Any) -> None:
    data = pd.DataFrame({"id": [1, 8], "extra": ["e", "f"]})
    with pytest.raises(UnresolvedColumnError) as error:
        t.merge(data)
    assert 'schema="merge"' in (error.value.hint or "")
    t.merge(data, schema="merge")
    assert t.columns == ["id", "name", "x", "extra"]
    found = {row["id"]: row for row in t.to_arrow().to_pylist()}
    assert (found[1]["extra"], found[1]["name"], found[8]["name"], found[2]["extra"]) == ("e", "a", None, None)


@pytest.mark.parametrize("function", ["", "abs"])
def test_clauses_are_tried_in_order_on_both_engines(t: Any, function: str) -> None:
    data = pd.DataFrame({"id": [1, 2, 5, 6], "flag": ["del", "up", "in", "skip"]})
    clauses = [
        When("matched", "delete", "s.flag = 'del'"),
        When("matched", "update", None, {"name": "s.flag"}),
        When("not_matched", "insert", "s.flag <> 'skip'", {"id": "s.id", "name": "s.flag"}),
        When("not_matched_by_source", "update", "d.x IS NULL", {"name": "d.name"}),
        When("not_matched_by_source", "delete"),
    ]
    commit = t.merge_into(
        data, f"{function}(d.id) = s.id" if function else "d.id = s.id", clauses, source="s", target="d"
    )
    assert content(t) == [(2, "up", 2.0), (4, None, None), (5, "in", None)]
    counted = {key: commit.metrics[f"num_target_rows_{key}"] for key in ("inserted", "updated", "deleted")}
    assert counted == {"inserted": 1, "updated": 2, "deleted": 2}


@pytest.mark.parametrize("function", ["", "abs"])
def test_several_rows_for_one_are_refused_on_both_engines(t: Any, function: str) -> None:
    data = pd.DataFrame({"id": [1, 1], "name": ["a", "b"]})
    with pytest.raises(TableSchemaError) as error:
        t.merge_into(
            data, f"{function}(target.id) = source.id", [When("matched", "update", None, {"name": "source.name"})]
        )
    assert error.value.code == "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE"
    assert t.version == 0


def test_merge_refuses_names_it_does_not_know(t: Any) -> None:
    data = pd.DataFrame({"id": [1], "y": [1]})
    with pytest.raises(UnresolvedColumnError):
        t.merge_into(data, "source.idd = target.id", [When("matched", "delete")])
    with pytest.raises(SqlError) as error:
        t.merge_into(data, "id = 1", [When("matched", "delete")])
    assert error.value.code == "AMBIGUOUS_REFERENCE"
    with pytest.raises(UnresolvedColumnError):
        t.merge_into(
            data, "source.id = target.id", [When("not_matched", "insert", "target.x > 1", {"id": "source.id"})]
        )
    with pytest.raises(InvalidParameterError):
        When("matched", "insert")
    assert t.version == 0


def test_a_transaction_is_applied_once_whoever_computes(t: Any) -> None:
    assert not t.update({"x": "x + 1"}, "id = 1", txn=("job", 1)).replayed
    assert t.update({"x": "x + 1"}, "id = 1", txn=("job", 1)).replayed
    assert content(t)[0] == (1, "a", 2.0)


def test_overwrite_takes_any_condition(t: Any) -> None:
    new = pd.DataFrame({"id": [1, 3], "name": ["A", "C"], "x": [0.0, 0.0]})
    commit = t.overwrite(new, where="id % 2 = :odd", params={"odd": 1})
    assert (commit.metrics["num_added_rows"], commit.metrics["num_deleted_rows"]) == (2, 2)
    assert [row[1] for row in content(t)] == ["A", "b", "C", None]
    with pytest.raises(TableSchemaError) as error:
        t.overwrite(new, where="upper(name) = 'A'")
    assert (error.value.code, error.value.details["row"]["id"]) == ("DELTA_VIOLATE_CONSTRAINT_WITH_VALUES", "3")
    assert t.version == 1


def test_times_without_a_zone_are_utc_unless_they_are_to_stay(cat: Any) -> None:
    data = pd.DataFrame({"at": pd.to_datetime(["2024-05-01 12:00:00", None])})
    assert cat.create_table("main.raw.u", data).info.columns[0].type_text == "timestamp"
    cat.settings.naive_timestamps = "ntz"
    kept = cat.create_table("main.raw.n", data)
    assert kept.info.columns[0].type_text == "timestamp_ntz"
    kept.append(data)
    assert kept.to_pandas()["at"].dt.tz is None
    assert kept.to_arrow(where="at = TIMESTAMP_NTZ '2024-05-01 12:00:00'").num_rows == 2
    assert cat.read("main.raw.u")["at"].dt.tz is not None
