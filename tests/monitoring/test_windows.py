"""Windows: integer arithmetic that agrees with the calendar, in Python and in SQL."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnb.core.errors import InvalidParameterError
from mlnb.monitoring.windows import GRANULARITIES, Granularity, parse_granularity, to_datetime


def us(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("text", "moment", "start", "end"),
    [
        ("1 month", (2024, 2, 29, 23, 59), (2024, 2, 1), (2024, 3, 1)),
        ("1 month", (2023, 12, 31), (2023, 12, 1), (2024, 1, 1)),
        ("1 year", (2024, 12, 31, 12), (2024, 1, 1), (2025, 1, 1)),
        ("1 week", (2013, 8, 4, 23), (2013, 7, 29), (2013, 8, 5)),
        ("1 week", (2013, 8, 5), (2013, 8, 5), (2013, 8, 12)),
        ("1 day", (2024, 2, 29, 1), (2024, 2, 29), (2024, 3, 1)),
        ("5 minutes", (2013, 8, 1, 0, 7), (2013, 8, 1, 0, 5), (2013, 8, 1, 0, 10)),
    ],
)
def test_a_time_falls_into_its_window(text, moment, start, end):
    granularity = Granularity(text)
    found = granularity.start(us(*moment))
    assert (to_datetime(found), to_datetime(granularity.end(found))) == (
        datetime(*start, tzinfo=UTC),
        datetime(*end, tzinfo=UTC),
    )


def test_the_platforms_spellings_are_read():
    assert [parse_granularity(t).text for t in ("AGGREGATION_GRANULARITY_1_DAY", "1 days", "2 Week", "1 month")] == [
        "1 day",
        "1 day",
        "2 weeks",
        "1 month",
    ]
    with pytest.raises(InvalidParameterError, match="7 days") as error:
        parse_granularity("7 days")
    assert "1 week" in error.value.hint


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4_000_000_000_000_000), st.sampled_from(GRANULARITIES))
def test_sql_and_python_agree_and_windows_tile_the_time(moment, text):
    granularity = Granularity(text)
    start = granularity.start(moment)
    assert start <= moment < granularity.end(start)
    assert granularity.end(granularity.previous(start)) == start
    expression = granularity.start_sql("t")
    assert duckdb.sql(f"SELECT {expression} FROM (SELECT {moment}::BIGINT AS t)").fetchall()[0][0] == start
