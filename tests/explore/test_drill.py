"""Questions about the rows behind a picture: compared with pandas, over frames, tables and files."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlnb.core.errors import InvalidParameterError
from mlnb.explore.asking.drill import drill
from mlnb.explore.asking.kept import KEPT, FrameNotFoundError, Frames
from mlnb.explore.asking.rows import Rows, TooLongError
from mlnb.explore.questions import Drill, DrillFilter
from mlnb.explore.records import ColumnNotFoundError
from mlnb.server.errors import answer


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 5_000
    made = pd.DataFrame(
        {
            "delay": rng.normal(10, 30, n),
            "hour": rng.integers(0, 24, n),
            "carrier": rng.choice(["AA", "UA", 'it\'s "odd"'], n, p=[0.5, 0.3, 0.2]),
            "at": pd.Timestamp("2013-01-01") + pd.to_timedelta(rng.integers(0, 365 * 24 * 3600, n), unit="s"),
            "late": rng.random(n) < 0.2,
        }
    )
    made.loc[::7, "delay"] = np.nan
    made.loc[::11, "carrier"] = None
    return made


@pytest.fixture(scope="module")
def rows(frame: pd.DataFrame) -> Rows:
    return Rows(frame, name="flights")


def where(column: str, op: str, value: Any = None, values: list[Any] | None = None) -> DrillFilter:
    return DrillFilter(column=column, op=op, value=value, values=values or [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("condition", "same"),
    [
        (where("hour", ">=", 12), lambda f: f[f.hour >= 12]),
        (where("hour", "=", "12"), lambda f: f[f.hour == 12]),
        (where("delay", "between", values=[0, 20]), lambda f: f[(f.delay >= 0) & (f.delay < 20)]),
        (where("carrier", "in", values=["AA", 'it\'s "odd"']), lambda f: f[f.carrier.isin(["AA", 'it\'s "odd"'])]),
        (where("carrier", "<>", "AA"), lambda f: f[f.carrier != "AA"]),
        (where("carrier", "contains", 's "O'), lambda f: f[f.carrier == 'it\'s "odd"']),
        (where("carrier", "starts_with", "IT"), lambda f: f[f.carrier == 'it\'s "odd"']),
        (where("carrier", "is_null"), lambda f: f[f.carrier.isna()]),
        (where("delay", "is_not_null"), lambda f: f[f.delay.notna()]),
        (where("late", "=", "True"), lambda f: f[f.late]),
        (where("at", "<", "2013-02-01"), lambda f: f[f["at"] < "2013-02-01"]),
        (
            where("at", ">=", datetime.datetime(2013, 7, 1, tzinfo=datetime.UTC).timestamp() * 1e6),
            lambda f: f[f["at"] >= "2013-07-01"],
        ),
    ],
    ids=lambda value: value.op if isinstance(value, DrillFilter) else "",
)
def test_a_condition_keeps_the_rows_that_pandas_keeps(
    rows: Rows, frame: pd.DataFrame, condition: DrillFilter, same: Any
) -> None:
    assert drill(rows, Drill(kind="rows", filters=[condition])).total == len(same(frame))


def test_bars_of_a_part_lie_over_those_of_the_whole(rows: Rows, frame: pd.DataFrame) -> None:
    whole = drill(rows, Drill(kind="hist", x="delay", bins=20))
    part = drill(rows, Drill(kind="hist", x="delay", bins=20, filters=[where("late", "=", True)]))
    assert part.columns["lower"] == whole.columns["lower"]
    assert sum(whole.columns["count"]) == frame.delay.notna().sum()
    assert sum(part.columns["count"]) == frame[frame.late].delay.notna().sum()
    edges = [-50.0, 0.0, 3.5, 50.0]
    given = drill(rows, Drill(kind="hist", x="delay", edges=edges))
    assert given.columns["count"] == np.histogram(frame.delay.dropna(), edges)[0].tolist()


def test_few_whole_numbers_get_a_bar_each_and_times_are_microseconds(rows: Rows, frame: pd.DataFrame) -> None:
    hours = drill(rows, Drill(kind="hist", x="hour"))
    assert hours.columns["count"] == frame.hour.value_counts().sort_index().tolist()
    assert hours.columns["lower"][0] == -0.5
    times = drill(rows, Drill(kind="hist", x="at", bins=4))
    assert times.columns["lower"][0] == frame["at"].min().timestamp() * 1e6
    assert sum(times.columns["count"]) == len(frame)


def test_bars_count_levels_or_aggregate_another_column(rows: Rows, frame: pd.DataFrame) -> None:
    counted = drill(rows, Drill(kind="bars", x="carrier"))
    assert dict(zip(counted.columns["x"], counted.columns["rows"], strict=True)) == {
        None if pd.isna(name) else name: n for name, n in frame.carrier.value_counts(dropna=False).items()
    }
    means = drill(rows, Drill(kind="bars", x="carrier", y="delay", aggregate="median"))
    expected = frame.groupby("carrier").delay.median()
    found = dict(zip(means.columns["x"], means.columns["value"], strict=True))
    assert found["UA"] == pytest.approx(expected["UA"])
    split = drill(rows, Drill(kind="bars", x="carrier", by="late"))
    assert sum(split.columns["rows"]) == len(frame)
    assert set(split.columns["by"]) == {"true", "false"}


def test_a_level_shown_in_a_bar_can_be_asked_for(rows: Rows) -> None:
    bars = drill(rows, Drill(kind="bars", x="hour"))
    for level, n in zip(bars.columns["x"], bars.columns["rows"], strict=True):
        assert drill(rows, Drill(kind="rows", filters=[where("hour", "=", level)])).total == n


def test_boxes_have_the_quartiles_and_whiskers_of_their_group(rows: Rows, frame: pd.DataFrame) -> None:
    found = drill(rows, Drill(kind="box", x="delay", by="late")).columns
    at = found["by"].index("true")
    delays = frame[frame.late].delay.dropna()
    low, middle, high = delays.quantile([0.25, 0.5, 0.75])
    assert [found[name][at] for name in ("q1", "median", "q3")] == pytest.approx([low, middle, high])
    assert found["upper"][at] == delays[delays <= high + 1.5 * (high - low)].max()
    assert found["max"][at] == delays.max()


def test_points_are_few_the_same_each_time_and_said_to_be_drawn(rows: Rows, frame: pd.DataFrame) -> None:
    first = drill(rows, Drill(kind="scatter", x="delay", y="hour", by="carrier", limit=100))
    again = drill(rows, Drill(kind="scatter", x="delay", y="hour", by="carrier", limit=100))
    assert first.columns == again.columns
    assert len(first.columns["x"]) == 100
    assert first.sampled
    few = drill(rows, Drill(kind="scatter", x="delay", y="hour", filters=[where("delay", ">", 90)], limit=2000))
    assert len(few.columns["x"]) == (frame.delay > 90).sum()
    assert not few.sampled


def test_a_cross_table_bins_numbers_and_counts_every_row(rows: Rows, frame: pd.DataFrame) -> None:
    found = drill(rows, Drill(kind="cross", x="hour", y="carrier"))
    assert sum(found.columns["count"]) == len(frame)
    # Hours are in their order, not in that of their counts.
    assert list(dict.fromkeys(found.columns["x"])) == [str(hour) for hour in range(24)]
    binned = drill(rows, Drill(kind="cross", x="delay", y="late"))
    assert any("–" in str(label) for label in binned.columns["x"])
    assert sum(binned.columns["count"]) == len(frame)


def test_time_goes_in_round_steps(rows: Rows, frame: pd.DataFrame) -> None:
    months = drill(rows, Drill(kind="over_time", x="at", y="delay", aggregate="mean", bins=12))
    expected = frame.groupby(frame["at"].dt.to_period("M")).delay.mean()
    assert months.columns["x"][0] == "2013-01-01 00:00:00"
    assert months.columns["value"] == pytest.approx(expected.tolist())
    assert len(drill(rows, Drill(kind="over_time", x="at", bins=40)).columns["x"]) == 53  # weeks
    coloured = drill(rows, Drill(kind="over_time", x="at", by="carrier", bins=12))
    assert sum(coloured.columns["rows"]) == len(frame)


def test_rows_come_as_they_are_stored(rows: Rows, frame: pd.DataFrame) -> None:
    found = drill(rows, Drill(kind="rows", filters=[where("hour", "=", 3)], limit=5))
    assert found.columns["delay"] == [None if pd.isna(v) else v for v in frame[frame.hour == 3].delay.head()]
    assert found.columns["at"][0] == frame[frame.hour == 3]["at"].iloc[0].timestamp() * 1000
    assert found.types["hour"] == "bigint"


@pytest.mark.parametrize(
    ("question", "code", "says"),
    [
        (Drill(kind="hist", x="delya"), "UNRESOLVED_COLUMN", "delay"),
        (Drill(kind="hist"), "INVALID_PARAMETER_VALUE", "a column for x"),
        (Drill(kind="hist", x="carrier"), "INVALID_PARAMETER_VALUE", "no numbers"),
        (Drill(kind="hist", x="delay", edges=[1, 1]), "INVALID_PARAMETER_VALUE", "rise"),
        (Drill(kind="over_time", x="carrier"), "INVALID_PARAMETER_VALUE", "no times"),
        (Drill(kind="bars", x="hour", y="carrier", aggregate="sum"), "INVALID_PARAMETER_VALUE", "no numbers"),
        (Drill(kind="rows", filters=[where("hour", "=", "noon")]), "INVALID_PARAMETER_VALUE", "'noon' is no number"),
        (Drill(kind="rows", filters=[where("at", "=", "soon")]), "INVALID_PARAMETER_VALUE", "no time"),
        (Drill(kind="rows", filters=[where("hour", "between", values=[1])]), "INVALID_PARAMETER_VALUE", "two values"),
        (Drill(kind="rows", filters=[where('"; DROP', "is_null")]), "UNRESOLVED_COLUMN", "does not exist"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(rows: Rows, question: Drill, code: str, says: str) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        drill(rows, question)
    assert caught.value.code == code
    assert says in str(caught.value)


def test_text_of_a_request_is_never_sql() -> None:
    hostile = 'a" FROM x; --'
    made = Rows(pd.DataFrame({hostile: ["'; DROP TABLE mlnb_rows; --", "b", "b"], "v": [1.0, 2.0, 3.0]}))
    assert drill(made, Drill(kind="bars", x=hostile)).columns["x"][0] == "b"
    assert drill(made, Drill(kind="rows", filters=[where(hostile, "=", "'; DROP TABLE mlnb_rows; --")])).total == 1
    with pytest.raises(InvalidParameterError):
        made.ask("SELECT * FROM read_csv('/etc/passwd')")


def test_an_answer_has_a_limit_of_seconds() -> None:
    made = Rows(pd.DataFrame({"a": np.arange(20_000)}), seconds=0.05)
    with pytest.raises(TooLongError, match="drill_seconds") as caught:
        made.ask("SELECT count(*) FROM mlnb_rows a, mlnb_rows b, mlnb_rows c")
    # Not a fault of the server, which clients would repeat.
    assert answer(caught.value, path="", request_id="").status == 408
    # The next question is answered.
    made.seconds = 120
    assert drill(made, Drill(kind="hist", x="a")).total == 20_000


@pytest.mark.parametrize("frame", ["empty", "one row", "all missing"])
def test_little_data_gives_little_and_no_error(frame: str) -> None:
    data = {
        "empty": pd.DataFrame({"a": pd.Series([], dtype=float), "t": pd.Series([], dtype="datetime64[us]")}),
        "one row": pd.DataFrame({"a": [1.0], "t": [pd.Timestamp("2020-01-01")]}),
        "all missing": pd.DataFrame({"a": [np.nan, np.inf], "t": [pd.NaT, pd.NaT]}),
    }[frame]
    made = Rows(data)
    for kind in ("hist", "bars", "box", "rows"):
        assert drill(made, Drill(kind=kind, x="a")).total == len(data)  # type: ignore[arg-type]
    for kind in ("cross", "scatter", "over_time"):
        assert drill(made, Drill(kind=kind, x="t", y="a")).total == len(data)  # type: ignore[arg-type]


def test_all_kinds_of_frames_and_types_can_be_asked(frame: pd.DataFrame, tmp_path: Path) -> None:
    import duckdb
    import polars as pl
    from pyarrow import dataset

    frame.to_parquet(tmp_path / "a.parquet")
    connection = duckdb.connect()
    table = pa.Table.from_pandas(frame)
    for one in (
        pl.from_pandas(frame),
        pl.from_pandas(frame).lazy(),
        table,
        table.to_reader(),
        connection.from_arrow(table),
        dataset.dataset(tmp_path / "a.parquet"),
    ):
        made = Rows(one)
        assert drill(made, Drill(kind="rows", filters=[where("hour", "<", 6)])).total == (frame.hour < 6).sum()
        assert made.count == len(frame)
        found = drill(made, Drill(kind="rows", filters=[where("hour", "=", 3)], limit=1))
        assert found.columns["carrier"][0] == (frame[frame.hour == 3].carrier.iloc[0] or None)
    with pytest.raises(InvalidParameterError, match="no rows and columns"):
        drill(Rows(object()), Drill(kind="rows"))
    odd = pa.table(
        {
            "d": pa.array([None, 1.25], pa.float64()).cast(pa.decimal128(10, 2)),
            "l": pa.array([[1, 2], None]),
            "s": pa.array([{"a": 1}, None]),
            "b": pa.array([b"\x00\xff", None]),
            "e": pa.array(["x", "y"]).dictionary_encode(),
            "h": pa.array(np.array([1, 2], np.float16)),
            "day": pa.array([datetime.date(2020, 1, 1), None]),
            "A": [1, 2],
            "a": [3, 4],
        }
    )
    made = Rows(odd)
    assert made.names[-2:] == ["A", "a#2"]
    assert drill(made, Drill(kind="hist", x="d")).total == 2
    assert drill(made, Drill(kind="rows", filters=[where("day", "=", "2020-01-01")])).total == 1
    assert drill(made, Drill(kind="rows", filters=[where("e", "=", "y")])).total == 1
    assert drill(made, Drill(kind="bars", x="l")).columns["rows"] == [1, 1]
    assert drill(made, Drill(kind="rows", filters=[where("l", "contains", "2")])).total == 1
    assert drill(made, Drill(kind="hist", x="h")).total == 2


def test_a_frame_is_asked_as_it_was_when_it_was_shown(frame: pd.DataFrame) -> None:
    mine = frame.copy()
    made = Rows(mine)
    mine.loc[:, "hour"] = 99
    mine["more"] = 1
    assert "more" not in made.names
    assert drill(made, Drill(kind="rows", filters=[where("hour", "=", 99)])).total == 0


def test_the_last_few_frames_are_kept() -> None:
    kept = Frames()
    ids = [kept.keep(None, pd.DataFrame({"a": [at]})) for at in range(KEPT + 1)]
    assert not kept.has(ids[0])
    assert kept.get(ids[-1]).count == 1
    with pytest.raises(FrameNotFoundError) as caught:
        kept.get(ids[0])
    assert caught.value.hint == "Run the cell again."
    # What was just asked stays longer than what was not.
    kept.get(ids[1])
    kept.keep("profile", pd.DataFrame({"a": [1]}))
    assert kept.has(ids[1])
    assert not kept.has(ids[2])


def test_a_column_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(ColumnNotFoundError, match="carrier"):
        drill(Rows(pd.DataFrame({"carrier": ["a"]})), Drill(kind="bars", x="carier"))


def test_bins_span_the_greatest_numbers():
    frame = pd.DataFrame({"x": [-1.7e308, -1e308, 0.0, 1e308, 1.7e308]})
    histogram = drill(frame, Drill(kind="hist", x="x", bins=4)).columns
    assert sum(histogram["count"]) == 5
    assert (histogram["lower"][0], histogram["upper"][-1]) == (-1.7e308, 1.7e308)
    assert sum(drill(frame, Drill(kind="over_time", x="x", bins=4)).columns["rows"]) == 5
