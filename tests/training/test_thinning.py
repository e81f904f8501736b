"""A thinned curve keeps what its picture shows."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnb.training.reading.sql_curves import curve
from mlnb.training.reading.thinning import edges, thin

VALUES = st.lists(st.floats(-1e6, 1e6) | st.just(math.nan) | st.integers(-3, 3).map(float), min_size=1, max_size=300)
GAPS = st.integers(1, 50)


@pytest.fixture(scope="module")
def table() -> Any:
    """MLflow's table of histories."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE metrics (key TEXT, value DOUBLE, timestamp BIGINT, run_uuid TEXT, step BIGINT, is_nan BOOLEAN)",
            "CREATE INDEX by_step ON metrics (run_uuid, key, step)",
        ):
            connection.exec_driver_sql(statement)
    return engine


@settings(max_examples=150, deadline=None)
@given(values=VALUES, gap=GAPS, max_points=st.integers(8, 60), axis=st.sampled_from(["step", "time", "relative_time"]))
def test_a_curve_out_of_the_database_keeps_ends_extremes_and_counts(
    table: Any, values: list[float], gap: int, max_points: int, axis: Any
) -> None:
    rows = [
        ("loss", 0.0 if math.isnan(value) else value, 1000 + 7 * place, "r", place * gap, math.isnan(value))
        for place, value in enumerate(values)
    ]
    with table.connect() as connection:
        connection.exec_driver_sql("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", rows)
        found = curve(connection, "r", "loss", max_points, axis)
        connection.rollback()
    assert found is not None
    real = [(place, value) for place, value in enumerate(values) if not math.isnan(value)]
    assert (found.total, found.nan) == (len(values), len(values) - len(real))
    assert found.thinned == (len(values) > max_points)
    assert len(found.x) <= max_points
    if not found.thinned:
        assert found.y == [value for _, value in real]
    if real:
        assert (found.y[0], found.y[-1]) == (real[0][1], real[-1][1])
        assert (min(found.y), max(found.y)) == (min(value for _, value in real), max(value for _, value in real))
        first = 1000 + 7 * real[0][0]
        where = {
            "step": lambda p: p * gap,
            "time": lambda p: 1000 + 7 * p,
            "relative_time": lambda p: 1000 + 7 * p - first,
        }
        every = {(float(where[axis](place)), value) for place, value in real}
        assert set(zip(found.x, found.y, strict=True)) <= every


@settings(max_examples=200, deadline=None)
@given(values=VALUES, max_points=st.integers(4, 60))
def test_every_stretch_keeps_its_least_and_greatest_value(values: list[float], max_points: int) -> None:
    points = list(enumerate(values))
    kept = thin(points, 0, len(values) - 1, max_points)
    assert len(kept) <= max_points
    assert kept == sorted(kept)
    count = max_points // 4
    scale = count / ((len(values) - 1) or 1)
    for stretch in range(count):
        inside = [
            value for place, value in points if min(count - 1, int(place * scale)) == stretch and not math.isnan(value)
        ]
        if inside:
            of_it = [value for place, value in kept if min(count - 1, int(place * scale)) == stretch]
            assert (min(of_it), max(of_it)) == (min(inside), max(inside))


@given(low=st.integers(-1000, 1000), width=st.integers(0, 10_000), count=st.integers(1, 300))
def test_stretches_cover_every_step_once(low: int, width: int, count: int) -> None:
    found = edges(low, low + width, count)
    assert found[0][0] == low
    assert found[-1][1] == low + width + 1
    assert all(one[1] == following[0] for one, following in itertools.pairwise(found))
    assert len(found) <= count
