"""The full report: made by the real library in an interpreter of its own, watched, stopped, killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError, MlnbError
from mlnb.explore.report.records import ReportNotFoundError
from mlnb.explore.tables import explore_reports
from tests.environments import environment
from tests.waiting import until


@pytest.fixture(scope="module")
def library() -> str:
    return str(environment("fg-data-profiling>=4.20", "pyarrow>=20"))


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({"a": np.arange(600) % 7, "b": rng.normal(size=600), "c": ["north", "south"] * 300})


@pytest.fixture
def explore(ws: Any, library: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    # The processes of a report read the settings for themselves.
    monkeypatch.setenv("MLNB_EXPLORE__REPORT_PYTHON", library)
    from mlnb.door import Workspace

    opened = Workspace(ws.path)
    yield opened.explore
    opened.close()


def process_of(explore: Any, report_id: str) -> int:
    with explore._ground.metastore.connect() as connection:
        row = connection.execute(sa.select(explore_reports).where(explore_reports.c.id == report_id)).one()
    return int(row.process["pid"])


def test_the_report_is_a_file_beside_the_notebook_and_says_what_it_shows(explore: Any, frame: pd.DataFrame) -> None:
    handle = explore.report(frame, title="Both coasts", path="coasts.html", minimal=True)
    found = handle.wait(800)
    assert found.state == "SUCCEEDED", found.error
    page = Path("coasts.html").read_text()
    assert "Both coasts" in page
    assert explore.report_html(handle.id).decode() == page
    assert found.path == "coasts.html"
    left = {item.name for item in explore._report_folder(handle.id).iterdir()}
    assert left == {"report.html", "report.log", "worker.log"}
    assert explore._ground.journal.tail(1)[0].action == "report.finished"


def test_a_stopped_report_leaves_nothing_behind(explore: Any, frame: pd.DataFrame) -> None:
    handle = explore.report(frame, path="never.html")
    handle.stop()
    assert handle.wait(400).state == "STOPPED"
    assert not Path("never.html").exists()
    assert not list(explore._report_folder(handle.id).glob("*.part"))
    with pytest.raises(ReportNotFoundError):
        explore.report_html(handle.id)


def test_a_killed_process_is_seen_and_the_report_has_failed(explore: Any, frame: pd.DataFrame) -> None:
    handle = explore.report(frame)
    os.killpg(process_of(explore, handle.id), signal.SIGKILL)
    found = handle.wait(400)
    assert found.state == "FAILED"
    assert found.error["message"] == "The process that made the report died."
    assert "minimal=True" in handle.message


def test_too_little_time_or_memory_is_said_with_what_would_help(
    explore: Any, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = explore.report(frame, minimal=True, seconds=0.2).wait(400)
    assert late.state == "FAILED"
    assert "0.2 seconds were not enough" in late.error["message"]
    assert "report_seconds" in late.error["hint"]
    monkeypatch.setenv("MLNB_EXPLORE__REPORT_MEMORY_MB", "256")
    monkeypatch.setenv("MLNB_EXPLORE__REPORT_SECONDS", "1000")
    large = explore.report(frame).wait(1200)
    assert large.state == "FAILED"
    assert "256 MB" in large.error["message"]


def test_large_data_is_sampled_and_held_out_rows_are_not_reported(ws: Any, explore: Any) -> None:
    rows = pd.DataFrame({"key": np.arange(20_000), "x": np.arange(20_000) % 11})
    ws.catalog.create_schema("main.r", if_not_exists=True)
    ws.catalog.create_table("main.r.t", rows)
    ws.scopes.holdouts.declare("main.r.t", key=["key"], fraction=0.3)
    hidden = ws.scopes.holdouts.get("main.r.t")
    handle = explore.report("main.r.t")
    try:
        data = pq.read_table(explore._report_folder(handle.id) / "data.parquet").to_pandas()
    finally:
        handle.stop()
    seen, _ = ws.scopes.holdouts.split(rows, "main.r.t")
    assert hidden is not None
    assert set(data.key) == set(rows[np.asarray(seen)].key if len(seen) == len(rows) else seen.key)
    assert handle.wait(400).total == len(data)


def test_wrong_requests_are_refused_before_anything_is_read(explore: Any, frame: pd.DataFrame) -> None:
    with pytest.raises(InvalidParameterError, match="no HTML file"):
        explore.report(frame, path="report.txt")
    with pytest.raises(MlnbError):
        explore.report(frame, path="../outside.html")
    with pytest.raises(InvalidParameterError, match="no time"):
        explore.report(frame, seconds=0)
    with explore._ground.metastore.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(explore_reports)).scalar() == 0


def test_an_interpreter_without_the_library_is_named(
    ws: Any, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    from mlnb.door import Workspace

    monkeypatch.setenv("MLNB_EXPLORE__REPORT_PYTHON", sys.executable)
    opened = Workspace(ws.path)
    with pytest.raises(MlnbError, match="has no fg-data-profiling"):
        opened.explore.report(frame)
    opened.close()


def test_half_done_pages_are_no_pages(explore: Any, frame: pd.DataFrame) -> None:
    handle = explore.report(frame, minimal=True)
    folder = explore._report_folder(handle.id)
    until(lambda: list(folder.glob("*.part")))
    os.killpg(process_of(explore, handle.id), signal.SIGKILL)
    assert handle.wait(400).state == "FAILED"
    assert not list(folder.glob("*.part"))
    assert not (folder / "data.parquet").exists()
