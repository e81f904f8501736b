"""Samples of files see all of them: a table that is sorted in time tells the same as a frame of its rows."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlnb.explore.compare.comparing import compare
from mlnb.explore.engine import STRETCHES_NOTE, Options, draw_look, run
from mlnb.explore.reading import parquet, readers
from mlnb.explore.reading.parquet import ParquetReader, stretches
from mlnb.explore.reading.readers import Data
from mlnb.explore.reading.sources import open_source
from mlnb.explore.records import Profile, Source

ROWS, SAMPLE = 60_000, 4_000
CHANGE = int(0.6 * ROWS)


def changing() -> pd.DataFrame:
    """Rows in the order of time; after 60 % of them the target is nearly always true and a column has moved."""
    rng = np.random.default_rng(7)
    late = np.arange(ROWS) >= CHANGE
    return pd.DataFrame(
        {
            "t": pd.Timestamp("2022-01-01") + pd.to_timedelta(np.arange(ROWS) * 1500, unit="s"),
            "x": rng.normal(np.where(late, 2.0, 0.0), 1.0),
            "kind": rng.choice(["a", "b", "c"], ROWS),
            "y": rng.random(ROWS) < np.where(late, 0.97, 0.1),
        }
    )


FRAME = changing()
OPTIONS = Options(target="y", time_column="t", sample=SAMPLE)


@pytest.fixture(autouse=True)
def large() -> Any:
    """A few rows count as many."""
    with mock.patch.object(parquet, "SMALL", 1_000), mock.patch.object(parquet, "VECTOR", 64):
        yield


def written(folder: Path, rows: slice, group: int) -> str:
    path = folder / f"part-{rows.start or 0}.parquet"
    table = pa.Table.from_pandas(FRAME.iloc[rows].astype({"t": "datetime64[us]"}), preserve_index=False)
    pq.write_table(table, path, row_group_size=group)
    return str(path)


@pytest.fixture(params=["one row group", "many row groups", "several files"])
def data(request: Any, tmp_path: Path) -> Data:
    """The same rows in files of different make."""
    if request.param == "several files":
        cuts = [0, 5_000, 31_000, 58_000, ROWS]
        files = [written(tmp_path, slice(a, b), 7_000) for a, b in pairwise(cuts)]
    else:
        files = [written(tmp_path, slice(0, ROWS), ROWS if request.param == "one row group" else 2_500)]
    return Data(Source(kind="file", name="x"), ParquetReader(files, pq.read_schema(files[0])))


def told(profile: Profile) -> set[tuple[str, str | None]]:
    """What is worth a warning: of what is only mentioned, chance has its part in so small a sample."""
    return {(finding.code, finding.column) for finding in profile.findings if finding.severity != "INFO"}


def last_period(profile: Profile) -> str:
    assert profile.timeline is not None
    return profile.timeline.periods[-1].start


def base(profile: Profile) -> float:
    assert profile.target is not None
    assert profile.target.base is not None
    return profile.target.base


def test_a_sorted_file_tells_the_same_as_the_frame_of_its_rows(data: Data) -> None:
    frame, pages = run(open_source(FRAME, None), OPTIONS), []  # type: ignore[arg-type]
    page = run(data, OPTIONS, on_page=pages.append)
    assert {"DRIFT", "LEAK_ORDER"} <= {code for code, _ in told(frame)}
    assert told(page) == told(frame)
    assert last_period(page) == last_period(frame)
    assert page.complete
    assert STRETCHES_NOTE not in page.notes
    first = pages[0]
    assert {"DRIFT", "LEAK_ORDER"} <= {code for code, _ in told(first)}
    assert last_period(first) == last_period(frame)
    assert abs(base(first) - FRAME.y.mean()) < 0.02
    assert STRETCHES_NOTE in first.notes
    assert first.timeline is not None
    assert not first.timeline.gaps
    assert "TIME_GAPS" not in [finding.code for finding in first.findings]
    assert not first.complete


def test_the_target_is_counted_over_all_rows(data: Data) -> None:
    classes = run(data, OPTIONS).target
    assert classes is not None
    assert classes.base == FRAME.y.mean()
    assert {item.item: item.count for item in classes.classes} == {
        "true": int(FRAME.y.sum()),
        "false": int((~FRAME.y).sum()),
    }
    assert classes.rows == ROWS
    assert classes.basis == {}
    numbers = run(data, Options(target="x", sample=SAMPLE)).target
    assert numbers is not None
    assert numbers.base == pytest.approx(FRAME.x.mean(), rel=1e-9)
    assert numbers.rows == ROWS
    assert numbers.basis == {}


def test_a_class_that_the_sample_missed_is_counted(tmp_path: Path) -> None:
    frame = FRAME.assign(y=np.where(np.arange(ROWS) == 12_345, "rare", np.where(FRAME.y, "yes", "no")))
    target = run(open_source(frame, None), Options(target="y", sample=500)).target  # type: ignore[arg-type]
    assert target is not None
    assert [item.count for item in target.classes if item.item == "rare"] == [1]
    assert target.base == (frame.y == target.positive).mean()


def test_a_target_whose_classes_are_too_many_to_count_is_marked() -> None:
    frame = pd.DataFrame({"y": [f"c{i % 40}" for i in range(3_000)], "x": np.arange(3_000.0)})
    page = run(open_source(frame, None), Options(target="y", sample=500))  # type: ignore[arg-type]
    target = page.target
    assert target is not None
    assert target.basis["base"] == "sample"
    assert target.rows == 500
    assert '%<abbr title="sample of 500 rows">†</abbr>' in page.to_html()


def test_without_a_scan_single_rows_are_drawn_from_all(data: Data) -> None:
    page = run(data, Options(target="y", time_column="t", sample=SAMPLE, scan=False))
    assert abs(base(page) - FRAME.y.mean()) < 0.04
    assert last_period(page) == last_period(run(open_source(FRAME, None), OPTIONS))  # type: ignore[arg-type]
    assert STRETCHES_NOTE not in page.notes
    assert page.target is not None
    assert page.target.basis["base"] == "sample"


def test_without_a_scan_a_very_large_file_gives_stretches_and_says_so(data: Data) -> None:
    with mock.patch.object(readers.Data.sample, "__kwdefaults__", {"cells": ROWS, "parts": 100}):
        page = run(data, Options(target="y", time_column="t", sample=SAMPLE, scan=False))
    assert STRETCHES_NOTE in page.notes
    assert abs(base(page) - FRAME.y.mean()) < 0.02


def test_the_sample_of_the_last_page_is_the_one_without_a_scan(data: Data) -> None:
    """Picked from passing chunks, or decoded for itself: the same rows, whatever the number of threads."""
    seen = [
        run(data, Options(target="y", sample=SAMPLE, scan=scan, threads=threads)).correlations
        for scan, threads in ((False, 1), (True, 1), (True, 3))
    ]
    assert seen[0] == seen[1] == seen[2]


def test_the_same_file_gives_the_same_pages(data: Data) -> None:
    def page() -> list[dict[str, Any]]:
        pages: list[Profile] = []
        pages.append(run(data, OPTIONS, on_page=pages.append))
        return [one.model_dump(exclude={"id", "created_at", "timing"}) for one in pages]

    assert page() == page()


def test_columns_that_are_not_scanned_have_the_sample_of_all_rows(data: Data) -> None:
    page = run(data, Options(target="y", sample=SAMPLE, max_columns=2))
    sampled = [column for column in page.columns if column.count == SAMPLE]
    assert sampled
    frame = FRAME.astype({"t": "datetime64[us]"})
    for column in sampled:
        if column.kind == "numeric":
            assert float(column.avg or 0) == pytest.approx(frame[column.column_name].mean(), abs=0.1)


def test_two_periods_in_one_file_are_compared_with_the_rows_of_both(data: Data) -> None:
    look = draw_look(data, OPTIONS)
    assert look.uniform
    other = draw_look(open_source(FRAME, None), OPTIONS)  # type: ignore[arg-type]
    assert not [column for column in compare(look, other, target="y").findings if column.code == "DRIFT"]


def test_a_comparison_of_very_large_files_says_what_its_samples_are(ws: Any, tmp_path: Path) -> None:
    path = Path(written(tmp_path, slice(0, ROWS), ROWS))
    with mock.patch.object(readers.Data.sample, "__kwdefaults__", {"cells": ROWS, "parts": 100}):
        told = [ws.explore.compare(path, FRAME, sample=SAMPLE), ws.explore.compare(path, split="y", sample=SAMPLE)]
    assert all(STRETCHES_NOTE in comparison.notes for comparison in told)
    assert STRETCHES_NOTE not in ws.explore.compare(path, FRAME, sample=SAMPLE).notes


def test_stretches_lie_in_all_parts_and_each_row_is_drawn_about_as_often() -> None:
    drawn = np.zeros(2_000, dtype=np.int64)
    for seed in range(1_000):
        rows = stretches(2_000, 500, 64, np.random.default_rng(seed))
        assert len(np.unique(rows)) == 500
        assert (np.diff(rows) > 0).all()
        assert np.histogram(rows, bins=8, range=(0, 2_000))[0].min() >= 55
        drawn[rows] += 1
    assert drawn.reshape(20, 100).sum(axis=1) == pytest.approx(np.full(20, 25_000), rel=0.03)


def test_rows_of_stretches_are_the_same_by_either_way_of_reading(tmp_path: Path) -> None:
    n, rng = 30_000, np.random.default_rng(0)
    table = pa.table(
        {
            "i": pa.array(rng.integers(-100, 100, n), pa.int8()),
            "u": pa.array(rng.integers(0, 2**63, n, dtype=np.uint64) * 2, pa.uint64()),
            "f": pa.array(np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)), pa.float32()),
            "d": pa.array(rng.integers(0, 10**6, n)).cast(pa.decimal128(21, 2)),
            "s": pa.array([None if k % 7 == 0 else f"é{k}" for k in range(n)], pa.large_string()),
            "b": pa.array([bytes([k % 256]) for k in range(n)], pa.binary()),
            "day": pa.array(rng.integers(0, 20_000, n), pa.int32()).cast(pa.date32()),
            "at": pa.array(rng.integers(-(10**15), 10**15, n)).cast(pa.timestamp("us", "Europe/Vienna")),
            "ns": pa.array(rng.integers(0, 10**15, n)).cast(pa.timestamp("ns")),
            "list": pa.array([[k] for k in range(n)]),
            'odd "name"': pa.array(rng.random(n) < 0.5),
        }
    )
    path = tmp_path / "any.parquet"
    pq.write_table(table, path, row_group_size=9_000)
    rows = stretches(n, 700, 20, np.random.default_rng(3))
    for names in (table.column_names, [name for name in table.column_names if name not in ("ns", "list")]):
        reader = ParquetReader([str(path)], table.schema)
        with mock.patch.object(parquet, "few_pages", return_value=False):
            expected = reader.take(rows, names)
        quick = reader.take(rows, names)
        assert quick.schema.equals(expected.schema)
        assert (
            quick.replace_schema_metadata(None).to_pandas().equals(expected.replace_schema_metadata(None).to_pandas())
        )
        read = reader._take_stretches(str(path), rows, names)
        assert (read is None) == ("list" in names)


def test_rows_are_read_by_arrow_where_the_other_reader_cannot(tmp_path: Path) -> None:
    table = pa.table({"a": np.arange(30_000), "A": np.arange(30_000) * 2})
    folder = tmp_path / "k=[1]"
    folder.mkdir()
    for path, names in ((tmp_path / "case.parquet", ["a", "A"]), (folder / "x.parquet", ["a"])):
        pq.write_table(table.select(names), path)
        rows = stretches(30_000, 300, 20, np.random.default_rng(0))
        found = ParquetReader([str(path)], table.select(names).schema).take(rows)
        assert found["a"].to_pylist() == rows.tolist()


# -- tables ------------------------------------------------------------------------------------------------------------


def test_a_sorted_table_is_seen_whole_everywhere(ws: Any) -> None:
    name = "main.default.sorted"
    frame = FRAME.assign(key=np.arange(ROWS)).astype({"t": "datetime64[us]"})
    ws.catalog.create_table(name, frame.iloc[:40_000])
    ws.catalog.table(name).append(frame.iloc[40_000:])
    whole = ws.explore.profile(frame, target="y", time_column="t", sample=SAMPLE)
    page = ws.explore.profile(name, target="y", time_column="t", sample=SAMPLE)
    assert {"DRIFT", "LEAK_ORDER"} <= {code for code, _ in told(page)}
    assert told(page) == told(whole)
    assert base(page) == FRAME.y.mean()
    leaks = ws.explore.leakage(name, "y", time_column="t")
    assert "LEAK_ORDER" in [finding.code for finding in [*leaks.blocked, *leaks.warnings]]
    summary = {column.name: column for column in ws.explore.columns(name).columns}
    assert summary["key"].max == ROWS - 1
    split = ws.explore.compare(name, frame, sample=SAMPLE)
    assert not [finding for finding in split.findings if finding.code == "DRIFT"]


def test_a_sorted_table_with_held_out_rows_is_seen_whole(ws: Any) -> None:
    name = "main.default.sorted"
    frame = FRAME.assign(key=np.arange(ROWS)).astype({"t": "datetime64[us]"})
    ws.catalog.create_table(name, frame)
    ws.scopes.holdouts.declare(name, key="key", fraction=0.3, looks=2)
    kept = ws.catalog.table(name, filtered=True).to_pandas()
    page = ws.explore.profile(name, target="y", time_column="t", sample=SAMPLE)
    assert page.rows == len(kept) < ROWS
    assert base(page) == kept.y.mean()
    assert {"DRIFT", "LEAK_ORDER"} <= {code for code, _ in told(page)}
    assert page.timeline is not None
    assert page.timeline.periods[-1].start == last_period(run(open_source(FRAME, None), OPTIONS))  # type: ignore[arg-type]
