"""The rows of a run's Parquet file over REST."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest

import mlnb
from mlnb.core.errors import InvalidParameterError, NotFoundError, PermissionDeniedError
from mlnb.server.runs_files import HeadOf, get_head


def parquet(columns: dict[str, list[Any]], row_group: int = 1000) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, row_group_size=row_group)
    return sink.getvalue()


@pytest.fixture
def run(ws: mlnb.Workspace) -> str:
    with ws.runs.start("rows", experiment="files") as run:
        run.log(auc=0.5)
    ws.runs.write_artifacts(
        run.run_id,
        {
            "eval/rows.parquet": parquet({"i": list(range(2500)), "name": ["ä" * 600, *["b"] * 2499]}),
            "kinds.parquet": parquet(
                {
                    "x": [float("nan"), None],
                    "big": [2**60, 1],
                    "at": [datetime(2026, 1, 2, tzinfo=UTC), None],
                    "day": [date(2026, 1, 2), None],
                    "list": [[1, 2], None],
                }
            ),
            "empty.parquet": parquet({"i": []}),
            "text.parquet": "no parquet",
        },
    )
    return run.run_id


def test_the_first_rows_come_with_the_number_of_all_and_as_json_can_hold_them(ws: mlnb.Workspace, run: str) -> None:
    head = get_head(ws, HeadOf(id=run, path="eval/rows.parquet", limit=3))
    assert (head.total, head.ids) == (2500, ["0", "1", "2"])
    numbers, names = head.columns
    assert (numbers.key, numbers.type, numbers.values) == ("i", "number", [0, 1, 2])
    assert names.values[0] == "ä" * 499 + "…"
    values = {c.key: (c.type, c.values) for c in get_head(ws, HeadOf(id=run, path="kinds.parquet")).columns}
    assert values["x"] == ("number", ["NaN", None])
    assert values["big"] == ("number", [str(2**60), 1])
    assert values["at"] == values["day"] == ("timestamp", [1767312000000, None])
    assert values["list"] == ("string", ["[1, 2]", None])
    empty = get_head(ws, HeadOf(id=run, path="empty.parquet"))
    assert (empty.total, empty.ids) == (0, [])


def test_values_that_python_has_no_type_for_are_shown_as_far_as_they_can_be(ws: mlnb.Workspace, run: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "far": pa.array([2**53, None, -1], pa.timestamp("ms")),
            "nowhere": pa.array([1_000_001, None, 0], pa.timestamp("us", tz="No/Where")),
            "day": pa.array([2**31 - 1, None, 1], pa.date32()),
            "long": pa.array([2**62, None, 1000], pa.duration("ms")),
            "bytes": pa.array([b"\xff", None, b"a"]),
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    ws.runs.write_artifacts(run, {"odd.parquet": sink.getvalue()})
    values = {c.key: c.values for c in get_head(ws, HeadOf(id=run, path="odd.parquet")).columns}
    assert values == {
        "far": [None, None, -1],
        "nowhere": [1000, None, 0],
        "day": [None, None, 86_400_000],
        "long": ["…", None, "0:00:01"],
        "bytes": ["b'\\xff'", None, "b'a'"],
    }


def test_only_parquet_files_of_the_run_are_read(ws: mlnb.Workspace, run: str) -> None:
    with pytest.raises(InvalidParameterError, match=r"text\.parquet cannot be read as Parquet"):
        get_head(ws, HeadOf(id=run, path="text.parquet"))
    for path in ("../../outside.parquet", "/etc/passwd", "missing.parquet"):
        with pytest.raises((PermissionDeniedError, InvalidParameterError, NotFoundError)):
            get_head(ws, HeadOf(id=run, path=path))
