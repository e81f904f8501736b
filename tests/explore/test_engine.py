"""A profile in two phases: the first page, the scan, what stops it, and odd data."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from mlnb.explore import engine
from mlnb.explore.engine import Options, run
from mlnb.explore.reading.sources import open_source
from mlnb.explore.records import ColumnProfile, Profile
from mlnb.explore.scanning import full as fullscan

N = 30_000
RNG = np.random.default_rng(6)
FRAME = pd.DataFrame(
    {
        "x": RNG.normal(size=N),
        "skewed": RNG.lognormal(size=N),
        "n": RNG.integers(0, 90, N),
        "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(N), "min"),
        "city": RNG.choice(["Lima", "Rome", "Oslo"], N),
        "name": [f"name {i % 9000}" for i in range(N)],
        "flag": RNG.random(N) < 0.3,
    }
)


def profile(data: Any, *, on_page: Any = None, stop: Any = None, on_progress: Any = None, **options: Any) -> Profile:
    opened = open_source(data, None)  # type: ignore[arg-type]  # frames need no catalog
    return run(opened, Options(**options), on_page=on_page, stop=stop, on_progress=on_progress)


def test_the_first_page_is_the_sample_and_the_last_one_all_rows() -> None:
    pages: list[Profile] = []
    told: list[tuple[float | None, str]] = []
    last = profile(
        FRAME,
        target="flag",
        sample=2000,
        on_page=pages.append,
        on_progress=lambda share, text: told.append((share, text)),
    )
    assert len(pages) == 1
    first = pages[0]
    assert (first.complete, first.sample_rows, first.rows) == (False, 2000, N)
    assert {basis for column in first.columns for basis in column.basis.values()} == {"sample"}
    assert first.column("x").count == 2000
    assert (last.complete, last.sample_rows, last.rows) == (True, 2000, N)
    assert last.column("x").count == N
    assert last.column("x").avg == pytest.approx(FRAME.x.mean(), rel=1e-12)
    assert last.duplicates is not None
    assert first.duplicates is None
    assert last.column("x").association == first.column("x").association
    shares = [share for share, _ in told if share is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_every_figure_has_a_basis_and_data_that_fits_in_the_sample_is_exact() -> None:
    known = set(ColumnProfile.model_fields)
    for column in profile(FRAME, sample=2000).columns:
        assert set(column.basis) <= known
        assert set(column.basis.values()) <= {"bound", "sample"}
        assert ("quantiles" in column.basis) == (column.bin_width is not None)
        assert ("distinct_count" in column.basis) == (column.distinct_error is not None)
    whole = profile(FRAME, sample=None)
    assert whole.complete
    assert whole.sample_rows == N
    for column in whole.columns:
        assert column.basis == {}
    assert len(whole.column("x").extremes) == 10
    assert whole.column("when").monotonic == "increasing"
    extreme = whole.column("skewed").extremes[0]
    assert FRAME.skewed[extreme.row] == extreme.value == FRAME.skewed.max()


def test_the_same_data_gives_the_same_page() -> None:
    first, again = (profile(FRAME.copy(), target="flag", sample=1000).to_dict() for _ in range(2))
    for page in (first, again):
        for name in ("id", "created_at", "timing"):
            del page[name]
    assert first == again


def test_without_a_scan_the_page_says_so() -> None:
    page = profile(FRAME, sample=1000, scan=False)
    assert not page.complete
    assert page.column("x").count == 1000


def test_stopping_or_interrupting_the_scan_leaves_the_first_page() -> None:
    stop = threading.Event()
    stop.set()
    stopped = profile(FRAME, sample=1000, stop=stop)

    def interrupt(share: float | None, _text: str) -> None:
        if share is not None:
            raise KeyboardInterrupt

    interrupted = profile(FRAME, sample=1000, on_progress=interrupt)
    for page in (stopped, interrupted):
        assert not page.complete
        assert page.column("x").count == 1000
        assert "stopped" in page.notes[-1]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("explore-scan")]


def test_a_failure_in_a_thread_is_told_and_not_swallowed() -> None:
    with (
        mock.patch.object(fullscan.Counter, "count", side_effect=MemoryError("no more")),
        pytest.raises(MemoryError, match="no more"),
    ):
        profile(FRAME, sample=1000)


def test_of_very_many_columns_the_most_promising_are_scanned() -> None:
    rng = np.random.default_rng(0)
    wide = pd.DataFrame(rng.normal(size=(300, 120)), columns=[f"c{i}" for i in range(120)])
    wide["y"] = wide.c7 + rng.normal(size=300) > 0
    page = profile(wide, target="y", sample=100, max_columns=20)
    counts = {column.column_name: column.count for column in page.columns}
    assert sum(count == 300 for count in counts.values()) == 20
    assert counts["c7"] == counts["y"] == 300
    assert "121 columns" in page.notes[0]
    assert page.duplicates is None


def test_five_thousand_columns_are_profiled_on_fewer_rows() -> None:
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 5000)))
    with mock.patch.object(engine, "SAMPLE_CELLS", 100_000):
        look = engine.draw_look(open_source(pd.concat([wide] * 30), None), Options())  # type: ignore[arg-type]
        noted = profile(pd.concat([wide.iloc[:, :900]] * 30), sample=1500, scan=False).notes
    assert look.size == 1000
    assert noted == ["The sample has 1,000 rows, because there are 900 columns."]
    page = profile(wide.iloc[:40])
    assert len(page.columns) == 5000
    assert all(column.count == 40 for column in page.columns)


@pytest.mark.parametrize("rows", [0, 1, 2])
@pytest.mark.parametrize("sample", [1, None])
def test_tiny_tables_get_a_page(rows: int, sample: int | None) -> None:
    page = profile(FRAME.iloc[:rows], sample=sample)
    assert page.rows == rows
    assert len(page.columns) == FRAME.shape[1]
    assert page.to_html()
    assert page.column("x").stddev is None or rows == 2


def test_odd_columns_get_a_page(tmp_path: Path) -> None:
    odd = pd.DataFrame(
        {
            "lists": [[1, 2], [], None] * 100,
            "dicts": [{"a": 1}, {"b": 2}, None] * 100,
            "bytes": [b"ab", b"", None] * 100,
            "mixed": [1, "a", None] * 100,
            "objects": [object(), None, object()] * 100,
            "huge": [2**70, -(2**70), None] * 100,
            "complex": [1j, 2.0, None] * 100,
        }
    )
    for sample in (50, None):
        page = profile(odd, sample=sample)
        assert {column.column_name: column.num_nulls for column in page.columns} == dict.fromkeys(odd, 100)
        assert page.column("objects").kind == "other"
        assert "mixed" in {finding.column for finding in page.findings if finding.code == "MIXED_TYPES"}
        assert page.to_html()
        assert page.to_text()


def test_huge_whole_numbers_are_shown_without_rounding() -> None:
    page = profile(pd.DataFrame({"n": [2**62 + 1, 5, 6] * 40}))
    assert page.column("n").max == str(2**62 + 1)
    assert page.column("n").min == 5.0
    assert page.to_html()
    assert page.to_text()


def test_repeated_rows_are_shown_with_examples() -> None:
    frame = pd.concat([FRAME, FRAME.iloc[[5, 5, 9]]], ignore_index=True)
    for sample in (1000, None):
        found = profile(frame, sample=sample).duplicates
        assert (found.rows, found.basis) == (3, "exact")
        assert [example.count for example in found.examples] == [3, 2]
        assert found.examples[0].values["name"] == "name 5"


@pytest.mark.parametrize("options", [{}, {"target": "y", "time_column": "t"}, {"target": "wide"}, {"sample": 500}])
def test_the_greatest_and_the_least_numbers_give_figures_without_a_warning(
    profile: Any, options: dict[str, Any]
) -> None:
    rng, n = np.random.default_rng(0), 3000
    plain = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "big": plain * 4e307,
            "ends": rng.choice([-1.7e308, 1.7e308], n),
            "wide": np.concatenate([[1.79e308, -1.79e308], plain[2:]]),
            "tiny": plain * 1e-310,
            "inf": np.where(rng.random(n) < 0.1, np.inf, plain),
            "whole": rng.choice([-(2**63), 2**63 - 1, 0], n),
            "t": pd.date_range("2020-01-01", periods=n, freq="h"),
            "y": rng.integers(0, 2, n),
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = profile(frame, **options)
        page.to_html()
    columns = {column.column_name: column for column in page.columns}
    for name in ("big", "ends", "wide", "tiny"):
        column, values = columns[name], frame[name]
        assert (column.min, column.max) == (values.min(), values.max())
        middle = np.sort(values)[n // 2 - 1 : n // 2 + 1]
        spread = float(np.quantile(plain, 0.51) - np.quantile(plain, 0.49))
        if name in ("big", "wide"):
            assert abs(column.median - middle[0]) <= spread * (4e307 if name == "big" else 1)
        histogram = column.histogram
        assert sum(histogram.counts) + histogram.below + histogram.above == n
        assert all(count >= 0 for count in histogram.counts)
        assert np.isfinite(histogram.edges).all()
