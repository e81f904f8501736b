"""The change feed, recorded by the writers or computed from versions: both say the same."""

from typing import Any

import pandas as pd
import pytest

from mlnb.catalog.errors import VersionNotFoundError
from mlnb.core.errors import InvalidParameterError


def changed(t: Any, start: int, end: int | None = None) -> list[tuple[Any, ...]]:
    rows = t.changes(start, end).read_all().to_pylist()
    return sorted((r["_commit_version"], r["_change_type"], r["id"], r["name"]) for r in rows)


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


@pytest.mark.parametrize("feed", [True, False])
def test_every_kind_of_change_is_told(cat: Any, feed: bool) -> None:
    properties = {"delta.enableChangeDataFeed": "true"} if feed else {}
    t = cat.create_table(
        "main.raw.t", frame(id=[1, 2, 3], name=["a", "b", "c"]), primary_key="id", properties=properties
    )
    t.append(frame(id=[4], name=["d"]))
    t.update({"name": "'z'"}, "id = 1")
    t.delete("id = 2")
    t.merge(frame(id=[3, 9], name=["q", "r"]))
    t.optimize()
    t.delete("length(name) > 5")
    assert changed(t, 0, 0) == [(0, "insert", 1, "a"), (0, "insert", 2, "b"), (0, "insert", 3, "c")]
    assert changed(t, 1) == [
        (1, "insert", 4, "d"),
        (2, "update_postimage", 1, "z"),
        (2, "update_preimage", 1, "a"),
        (3, "delete", 2, "b"),
        (4, "insert", 9, "r"),
        (4, "update_postimage", 3, "q"),
        (4, "update_preimage", 3, "c"),
    ]
    assert changed(t, 3, 3) == [(3, "delete", 2, "b")]


def test_equal_rows_are_counted(cat: Any) -> None:
    t = cat.create_table("main.raw.t", frame(id=[1, 1, 1], name=["a", "a", None]))
    t.overwrite(frame(id=[1, 1, 1], name=["a", None, None]))
    assert t.changes(1).read_all().num_rows == 2
    found = [(r["_change_type"], r["name"]) for r in t.changes(1).read_all().to_pylist()]
    assert sorted(found, key=str) == [("delete", "a"), ("insert", None)]


def test_restores_and_new_columns_are_told(cat: Any) -> None:
    t = cat.create_table("main.raw.t", frame(id=[1, 2], name=["a", "b"]))
    t.append(frame(id=[3], name=["c"], extra=[1.5]), schema="merge")
    t.restore(0)
    rows = t.changes(1, 1).read_all().to_pylist()
    assert [(r["id"], r["extra"], r["_change_type"]) for r in rows] == [(3, 1.5, "insert")]
    assert changed(t, 1) == [(1, "insert", 3, "c"), (2, "delete", 3, "c")]


def test_ranges_are_checked(cat: Any) -> None:
    t = cat.create_table("main.raw.t", frame(id=[1], name=["a"]))
    with pytest.raises(VersionNotFoundError):
        t.changes(3)
    with pytest.raises(InvalidParameterError):
        t.changes(0, -1)
    assert changed(t, 0, 99) == [(0, "insert", 1, "a")]
