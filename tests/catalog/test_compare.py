"""Two versions of a table side by side: columns, counts, rows by key; only the files that differ are read."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlnb.catalog.errors import UnresolvedColumnError, VersionNotFoundError
from mlnb.core.errors import InvalidParameterError


def rows(*pairs: tuple[int, str | None], **more: Any) -> pa.Table:
    return pa.table(
        {"id": pa.array([pair[0] for pair in pairs], pa.int64()), "name": pa.array([p[1] for p in pairs], pa.string())}
        | more
    )


@pytest.fixture
def table(cat: Any) -> Any:
    return cat.create_table("main.default.t", rows((1, "a"), (2, "b"), (3, "c")), primary_key="id")


def shown(comparison: Any) -> list[tuple[str, Any, Any]]:
    return [(row.change, row.before, row.after) for row in comparison.rows]


def test_rows_are_matched_by_the_primary_key(cat: Any, table: Any) -> None:
    table.merge(rows((2, "B"), (4, "d")))
    table.delete("id = 1")
    found = cat.compare("main.default.t", 0, 2)
    assert (found.by, found.key) == ("key", ["id"])
    assert (found.added, found.removed, found.changed) == (1, 1, 1)
    assert shown(found) == [
        ("changed", [2, "b"], [2, "B"]),
        ("removed", [1, "a"], None),
        ("added", None, [4, "d"]),
    ]
    assert [(column.name, column.key, column.changed_rows) for column in found.columns] == [
        ("id", True, 0),
        ("name", False, 1),
    ]
    assert not found.truncated
    assert found.note is None
    assert (found.before.version, found.before.rows, found.after.rows) == (0, 3, 3)


def test_the_direction_is_the_one_asked_for(cat: Any, table: Any) -> None:
    table.append(rows((4, "d")))
    assert cat.compare("main.default.t", 1, 0).removed == 1
    assert cat.compare("main.default.t", 0, 1).added == 1


def test_files_that_both_versions_have_are_not_read(cat: Any, table: Any) -> None:
    table.append(rows((4, "d")))
    found = cat.compare("main.default.t", 0, 1)
    assert (found.files_read, found.files_shared, found.added) == (1, 1, 1)


def test_a_version_equals_itself(cat: Any, table: Any) -> None:
    found = cat.compare("main.default.t", 0, 0)
    assert (found.added, found.removed, found.changed, found.rows) == (0, 0, 0, [])


def test_without_a_key_whole_rows_are_counted(cat: Any) -> None:
    table = cat.create_table("main.default.u", rows((1, "a"), (1, "a"), (2, None)))
    table.overwrite(rows((1, "a"), (2, None), (2, None), (3, "c")))
    found = cat.compare("main.default.u", 0, 1)
    assert found.by == "rows"
    assert (found.added, found.removed, found.changed) == (2, 1, 0)
    assert [(row.change, row.before or row.after, row.times) for row in found.rows] == [
        ("removed", [1, "a"], 1),
        ("added", [2, None], 1),
        ("added", [3, "c"], 1),
    ]


def test_a_key_can_be_chosen_and_one_that_repeats_is_said(cat: Any) -> None:
    table = cat.create_table("main.default.u", rows((1, "a"), (2, "b")))
    table.overwrite(rows((1, "A"), (2, "b")))
    assert cat.compare("main.default.u", 0, 1, key=["ID"]).changed == 1
    table.append(rows((1, "again")))
    found = cat.compare("main.default.u", 0, 2, key=["id"])
    assert found.by == "rows"
    assert "version 2 several rows have the same id" in (found.note or "")
    with pytest.raises(UnresolvedColumnError):
        cat.compare("main.default.u", 0, 1, key=["nope"])


def test_columns_that_come_go_and_change_their_type_are_listed(cat: Any, table: Any) -> None:
    table.overwrite(
        pa.table({"id": pa.array([1, 2, 3], pa.int64()), "size": [1.5, None, 2.0]}),
        schema="overwrite",
    )
    found = cat.compare("main.default.t", 0, 1)
    assert [(change.name, change.change, change.before, change.after) for change in found.schema_changes] == [
        ("size", "added", None, "double"),
        ("name", "removed", "string", None),
    ]
    assert found.changed == 3
    assert found.rows[0].before == [1, None, "a"]
    assert found.rows[0].after == [1, 1.5, None]
    table.overwrite(pa.table({"id": ["1", "2", "3"], "size": [1.5, None, 2.0]}), schema="overwrite")
    changed = cat.compare("main.default.t", 1, 2)
    assert changed.schema_changes[0].change == "type"
    assert (changed.added, changed.removed, changed.changed) == (0, 0, 0)


def test_awkward_values_and_names_are_compared(cat: Any) -> None:
    data = {
        "a'b": pa.array([1, 2], pa.int64()),
        "f": [float("nan"), 1.0],
        "l": [[1, None], None],
        "m": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        "s": [{"x": 1}, {"x": None}],
        "t": pa.array([0, None], pa.timestamp("us", "UTC")),
        "b": [b"\x00", None],
    }
    table = cat.create_table("main.default.`odd t`", pa.table(data), primary_key="a'b")
    table.overwrite(pa.table({**data, "l": [[1, 2], None]}))
    found = cat.compare("main.default.`odd t`", 0, 1)
    assert found.changed == 1
    assert found.rows[0].before[2] == [1, None]
    assert cat.compare("main.default.`odd t`", 0, 1, key=[]).added == 1


def test_a_sample_has_rows_of_each_kind(cat: Any) -> None:
    first = pa.table({"id": pa.array(range(1000), pa.int64()), "v": pa.array([0] * 1000)})
    second = pa.table({"id": pa.array(range(5, 1300), pa.int64()), "v": pa.array([1] * 1295)})
    table = cat.create_table("main.default.big", first, primary_key="id")
    table.overwrite(second)
    found = cat.compare("main.default.big", 0, 1)
    assert (found.added, found.removed, found.changed) == (300, 5, 995)
    assert Counter(row.change for row in found.rows) == {"removed": 5, "added": 47, "changed": 48}
    assert found.truncated


def test_bad_input_is_refused_with_what_there_is(cat: Any, table: Any) -> None:
    with pytest.raises(VersionNotFoundError, match="no version 9"):
        cat.compare("main.default.t", 0, 9)
    with pytest.raises(InvalidParameterError):
        cat.compare("main.default.t", 0, 0, limit=1000)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.integers(0, 12), st.sampled_from(["a", "b", None]), max_size=8),
    st.dictionaries(st.integers(0, 12), st.sampled_from(["a", "b", None]), max_size=8),
)
def test_counts_are_those_of_a_dictionary(cat: Any, before: dict[int, Any], after: dict[int, Any]) -> None:
    name = "main.default.p"
    cat.drop(name, if_exists=True)
    table = cat.create_table(name, rows(*before.items()), primary_key="id")
    table.overwrite(rows(*after.items()))
    found = cat.compare(name, 0, 1)
    assert found.added == len(after.keys() - before.keys())
    assert found.removed == len(before.keys() - after.keys())
    assert found.changed == sum(before[key] != after[key] for key in before.keys() & after.keys())
    whole = cat.compare(name, 0, 1, key=[])
    assert whole.added == found.added + found.changed
    assert whole.removed == found.removed + found.changed


def test_partitioned_tables_are_compared(cat: Any) -> None:
    data = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "day": ["a", "b", "01"]})
    table = cat.create_table("main.default.parts", data, primary_key="id", partition_by=["day"])
    table.append(pa.table({"id": pa.array([4], pa.int64()), "day": ["01"]}))
    found = cat.compare("main.default.parts", 0, 1)
    assert (found.added, found.removed, found.changed) == (1, 0, 0)
    assert found.rows[0].after == [4, "01"]


def test_comparisons_at_the_same_time_do_not_meet(cat: Any) -> None:
    tables = []
    for number in range(4):
        first = pa.table({"id": pa.array(range(1000), pa.int64())})
        table = cat.create_table(f"main.default.t{number}", first, primary_key="id")
        table.append(pa.table({"id": pa.array(range(1000, 1001 + number), pa.int64())}))
        tables.append(table.full_name)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda name: cat.compare(name, 0, 1).added, tables))
    assert found == [1, 2, 3, 4]


def test_a_view_has_no_versions_to_compare(cat: Any, table: Any) -> None:
    cat.create_view("main.default.v", "SELECT id FROM main.default.t")
    with pytest.raises(InvalidParameterError, match="is a view"):
        cat.compare("main.default.v", 0, 1)


def test_looking_at_a_page_is_no_use_of_the_table(ws: Any, cat: Any, table: Any) -> None:
    from mlnb.core.access import collecting

    table.append(rows((4, "d")))
    with collecting() as seen:
        cat.preview("main.default.t", sort="id")
        cat.compare("main.default.t", 0, 1)
        ws.explore.columns("main.default.t")
        assert seen == []
        table.to_arrow()
    assert [access.direction for access in seen] == ["read"]
