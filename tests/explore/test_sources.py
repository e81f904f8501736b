"""What can be opened, and that held-out rows stay out of all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlnb.core.errors import InvalidParameterError, MlnbError
from mlnb.explore.reading import spill
from mlnb.explore.reading.readers import Data
from mlnb.explore.reading.sources import open_source
from mlnb.explore.records import ColumnNotFoundError

FRAME = pd.DataFrame({"key": np.arange(1000), "city": ["Lima", "Rome"] * 500, "x": np.arange(1000) / 7})


@pytest.fixture
def table(ws: Any) -> Any:
    return ws.catalog.create_table("main.default.people", FRAME, primary_key=["key"])


@pytest.fixture
def opened(ws: Any) -> Any:
    def run(data: Any, **options: Any) -> Data:
        return open_source(data, ws.catalog, ws.scopes, root=Path(), **options)

    return run


def rows(data: Data, name: str = "key") -> list[Any]:
    return data.to_arrow([name])[name].to_pylist()


def test_every_container_holds_the_same_rows(opened: Any, table: Any, ws: Any, tmp_path: Path) -> None:
    import duckdb

    FRAME.to_parquet(tmp_path / "p.parquet")
    FRAME.to_csv(tmp_path / "c.csv", index=False)
    ws.sql("CREATE VIEW main.default.seen AS SELECT * FROM main.default.people")
    found = {
        "pandas": FRAME,
        "polars": pl.from_pandas(FRAME),
        "lazy": pl.from_pandas(FRAME).lazy(),
        "arrow": pa.Table.from_pandas(FRAME),
        "stream": pa.Table.from_pandas(FRAME).to_reader(),
        "relation": duckdb.from_arrow(pa.Table.from_pandas(FRAME)),
        "result": ws.sql("SELECT * FROM main.default.people"),
        "query": "SELECT * FROM main.default.people",
        "table": "main.default.people",
        "version": "main.default.people@v0",
        "view": "main.default.seen",
        "parquet": tmp_path / "p.parquet",
        "csv": str(tmp_path / "c.csv"),
    }
    for what, data in found.items():
        once = opened(data)
        assert once.rows == 1000, what
        assert once.schema.names == ["key", "city", "x"], what
        assert sorted(rows(once)) == list(range(1000)), what
        assert rows(once) == rows(once), what
        sample = once.sample(100, 7)
        assert sample.table.num_rows == len(set(sample.positions)) == 100, what
        whole = once.to_arrow()
        assert sample.table["x"].to_pylist() == whole["x"].take(pa.array(sample.positions)).to_pylist(), what
        assert opened(data if what != "stream" else pa.Table.from_pandas(FRAME).to_reader()).digest == once.digest, what
    assert opened("main.default.people").source.version == 0
    assert opened("main.default.people").key == ["key"]
    assert opened("main.default.seen").source.kind == "view"


def test_an_array_gets_names_for_its_columns(opened: Any) -> None:
    assert opened(np.ones((5, 2))).schema.names == ["x0", "x1"]
    assert opened(np.arange(4)).rows == 4


def test_what_is_chosen_excluded_or_filtered_is_all_that_is_read(opened: Any, table: Any) -> None:
    for data in (FRAME, "main.default.people", pl.from_pandas(FRAME)):
        few = opened(data, columns=["x", "key"], where="city = 'Rome' AND key < 10")
        assert few.schema.names == ["x", "key"]
        assert rows(few) == [1, 3, 5, 7, 9]
        assert opened(data, exclude=["city"]).schema.names == ["key", "x"]
        with pytest.raises(ColumnNotFoundError) as wrong:
            opened(data, exclude=["ctiy"])
        assert "city" in (wrong.value.hint or "")


@pytest.mark.parametrize("where", ["ciy = 'Rome'", "city =", "1; DROP TABLE x", "key IN (SELECT key FROM other)"])
def test_a_condition_that_is_none_is_refused(opened: Any, table: Any, where: str) -> None:
    with pytest.raises(MlnbError) as wrong:
        opened(FRAME, where=where)
    assert "\n" not in wrong.value.message


def test_a_statement_that_is_no_query_is_refused_and_changes_nothing(opened: Any, table: Any, ws: Any) -> None:
    with pytest.raises(MlnbError):
        opened("WITH a AS (SELECT 1) DELETE FROM main.default.people")
    with pytest.raises(InvalidParameterError):
        opened(object())
    assert ws.catalog.table("main.default.people").count() == 1000


def test_a_commit_in_the_meantime_changes_nothing_of_what_was_opened(opened: Any, table: Any) -> None:
    before = opened("main.default.people")
    table.append(FRAME)
    assert before.rows == len(rows(before)) == 1000
    assert opened("main.default.people").rows == 2000


def test_a_table_with_deletion_vectors_or_partitions_is_read_through_the_catalog(opened: Any, ws: Any) -> None:
    ws.catalog.create_table("main.default.parts", FRAME, partition_by=["city"])
    assert set(rows(opened("main.default.parts"), "city")) == {"Lima", "Rome"}
    ws.sql("DELETE FROM main.default.parts WHERE key < 10")
    assert opened("main.default.parts").rows == 990


def test_a_column_that_came_later_is_empty_in_older_files(opened: Any, table: Any, ws: Any) -> None:
    ws.sql("ALTER TABLE main.default.people ADD COLUMN late DOUBLE")
    table.append(FRAME.assign(late=1.5))
    late = opened("main.default.people").to_arrow(["late"])["late"]
    assert late.null_count == 1000
    assert len(late) == 2000


def test_a_stream_larger_than_memory_allows_is_kept_in_a_file_that_nobody_must_delete(
    opened: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(spill, "MEMORY_BYTES", 1000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = pa.total_allocated_bytes()
    data = opened(pa.Table.from_pandas(FRAME).to_reader(max_chunksize=100))
    assert pa.total_allocated_bytes() - before < 20_000
    assert rows(data) == list(range(1000))
    assert not list(tmp_path.glob("mlnb-explore-*"))

    def broken() -> Any:
        yield from pa.Table.from_pandas(FRAME).to_batches(100)
        raise ValueError("gone")

    with pytest.raises((ValueError, pa.ArrowException), match="gone"):
        opened(pa.RecordBatchReader.from_batches(pa.Table.from_pandas(FRAME).schema, broken()))
    assert not list(tmp_path.glob("mlnb-explore-*"))


# -- held-out rows -----------------------------------------------------------------------------------------------------


@pytest.fixture
def held(ws: Any, table: Any) -> Any:
    return ws.scopes.holdouts.declare("main.default.people", key="key", fraction=0.3, looks=2)


def test_held_out_rows_are_in_nothing_that_is_read(opened: Any, held: Any, ws: Any) -> None:
    ws.sql("CREATE VIEW main.default.seen AS SELECT key, x FROM main.default.people")
    frame = ws.catalog.table("main.default.people", filtered=False).to_pandas()
    allowed = set(ws.catalog.table("main.default.people", filtered=True).to_pandas().key)
    assert 0 < len(allowed) < 1000
    for data in (
        "main.default.people",
        "main.default.people@v0",
        "SELECT key FROM main.default.people",
        "main.default.seen",
        frame,
        ws.sql("SELECT key, x FROM main.default.people", filtered=False),
        ws.sql("SELECT key, x FROM main.default.people", filtered=True),
    ):
        once = opened(data)
        assert set(rows(once)) == allowed, data
        assert once.rows == len(allowed)
        assert set(once.sample(50, 1).table["key"].to_pylist()) <= allowed
        assert once.holdout is not None
        assert once.holdout.excluded == 1000 - len(allowed)
        import duckdb

        seen = once.frame()
        keys = duckdb.sql("SELECT key FROM seen").fetchall()
        assert {key for (key,) in keys} == allowed
        assert seen is not None
    page = ws.explore.profile("main.default.people", target="city")
    assert page.rows == len(allowed)
    assert page.holdout.note == f"{1000 - len(allowed):,} of 1,000 rows held out."
    assert ws.scopes.holdouts.get("main.default.people").looks_used == 0


def test_a_look_at_held_out_rows_is_counted_once_and_said(opened: Any, held: Any, ws: Any) -> None:
    data = opened("main.default.people", include_holdout="is the key spread?")
    assert data.rows == 1000
    assert (data.holdout.look, data.holdout.included) == (1, "is the key spread?")
    frame = ws.catalog.table("main.default.people", filtered=False).to_pandas()
    assert opened(frame, include_holdout="again").rows == 1000
    assert ws.scopes.holdouts.get("main.default.people").looks_used == 2
    with pytest.raises(MlnbError) as spent:
        opened("main.default.people", include_holdout="once more")
    assert spent.value.code == "HOLDOUT_SPENT"


def test_a_frame_of_unknown_origin_with_the_key_says_that_it_cannot_tell(opened: Any, held: Any) -> None:
    data = opened(FRAME)
    assert data.rows == 1000
    assert data.holdout.known is False
    assert "Cannot tell" in data.holdout.note
    assert opened(FRAME[["x"]]).holdout is None
