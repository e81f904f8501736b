"""The columns of a table at a glance."""

from typing import Any

import pyarrow as pa
import pytest

from mlnb.explore import columns as summary
from mlnb.explore.records import ColumnNotFoundError


@pytest.fixture
def table(ws: Any) -> Any:
    data = pa.table(
        {
            "id": pa.array(range(100), pa.int64()),
            "city": ["Lima", "Berlin", None, "Lima"] * 25,
            "when": pa.array([i * 10**6 for i in range(100)], pa.timestamp("us", "UTC")),
            "tags": [["x"]] * 100,
        }
    )
    return ws.catalog.create_table("main.default.t", data)


def test_each_column_says_what_is_missing_and_how_it_is_spread(ws: Any, table: Any) -> None:
    found = ws.explore.columns("main.default.t")
    assert (found.rows, found.profiled_rows, found.sampled, found.version) == (100, 100, False, 0)
    number, city, when, tags = found.columns
    assert (number.distinct_count, number.min, number.max) == (100, 0, 99)
    assert sum(number.histogram.counts) == 100
    assert (city.percent_null, city.distinct_count) == (25.0, 2)
    assert [(item.item, item.count) for item in city.frequent_items] == [("Lima", 50), ("Berlin", 25)]
    assert when.min == "1970-01-01 00:00:00"
    assert (tags.kind, tags.histogram) == ("other", None)


def test_an_earlier_version_is_looked_at_as_it_was(ws: Any, table: Any) -> None:
    table.append(table.to_arrow())
    assert ws.explore.columns("main.default.t", version=0).rows == 100
    assert ws.explore.columns("main.default.t").rows == 200


def test_a_large_table_is_sampled_and_says_so(ws: Any, table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "SUMMARY_ROWS", 50)
    found = ws.explore.columns("main.default.t")
    assert found.sampled
    assert 0 < found.profiled_rows < 100
    assert found.rows == 100


def test_columns_can_be_chosen_in_any_case(ws: Any, table: Any) -> None:
    assert [column.name for column in ws.explore.columns("main.default.t", columns=["CITY"]).columns] == ["city"]
    with pytest.raises(ColumnNotFoundError) as caught:
        ws.explore.columns("main.default.t", columns=["ctiy"])
    assert "city" in (caught.value.hint or "")
