"""Tables as other engines write them: partitions, deletion vectors, renamed columns; each is read as its writer meant it."""

import base64
import datetime as dt
import json
import struct
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import deltalake
import pandas as pd
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlnb.core.caller import Caller, calling
from mlnb.core.errors import PermissionDeniedError


def test_partition_values_come_back_whatever_they_are(cat: Any) -> None:
    data = pa.table(
        {
            "k": ["a/b c%20", "ü", None, "007", "a=b"],
            "d": [dt.date(2024, 1, 1), dt.date(2024, 1, 1), None, dt.date(1999, 12, 31), dt.date(2024, 1, 1)],
            "n": pa.array([1, 2, 3, None, 5], pa.int32()),
            "v": [1.5, 2.5, 3.5, 4.5, 5.5],
        }
    )
    t = cat.create_table("main.raw.p", data, partition_by=["k", "d", "n"])
    assert t.to_arrow().sort_by("v").to_pylist() == data.to_pylist()
    assert [c.partition_index for c in t.info.columns] == [0, 1, 2, None]
    for where, wanted in (
        ("k = 'a/b c%20'", [1.5]),
        ("k = '007'", [4.5]),
        ("k IS NULL", [3.5]),
        ("d = DATE '2024-01-01' AND n >= 2", [2.5, 5.5]),
        ("n < 3", [1.5, 2.5]),
    ):
        assert sorted(t.to_arrow(where=where)["v"].to_pylist()) == wanted, where
    assert cat.sql("SELECT k, count(*) AS n FROM main.raw.p GROUP BY k ORDER BY k NULLS FIRST").rows()[0] == {
        "k": None,
        "n": 1,
    }
    t.append(data.slice(1, 1))
    t.delete("k = 'a=b'")
    t.update({"v": "v * 2"}, "k = 'ü'")
    assert sorted(t.to_arrow(["v"])["v"].to_pylist()) == [1.5, 3.5, 4.5, 5.0, 5.0]
    t.optimize()
    assert t.count() == 5
    assert t.info.columns[0].partition_index == 0
    assert t.changes(1, 1).read_all()["k"].to_pylist() == ["ü"]
    assert t.vacuum(0, force=True).size_bytes > 0


def _foreign(cat: Any, name: str) -> tuple[Any, Path]:
    t = cat.create_table(f"main.raw.{name}", pd.DataFrame({"id": [0, 1, 2, 3, 4], "name": list("abcde")}))
    return t, Path(t.location)


def _commit(folder: Path, version: int, *actions: dict[str, Any]) -> None:
    lines = [json.dumps(action) for action in ({"commitInfo": {"operation": "FOREIGN"}}, *actions)]
    (folder / "_delta_log" / f"{version:020d}.json").write_text("\n".join(lines) + "\n")


def _bitmap(rows: list[int]) -> bytes:
    """Return a deletion vector of few rows: a portable roaring bitmap in an outer one of 64 bits."""
    inner = struct.pack("<II", 12346, 1) + struct.pack("<HH", 0, len(rows) - 1) + struct.pack("<I", 16)
    inner += b"".join(struct.pack("<H", row) for row in rows)
    return struct.pack("<I", 1681511377) + struct.pack("<Q", 1) + struct.pack("<I", 0) + inner


def test_rows_in_deletion_vectors_are_gone(cat: Any) -> None:
    t, folder = _foreign(cat, "dv")
    first = [json.loads(line) for line in (folder / "_delta_log" / f"{0:020d}.json").read_text().splitlines()]
    add = next(action["add"] for action in first if "add" in action)
    bits = _bitmap([1, 3])
    vector = {
        "storageType": "i",
        "pathOrInlineDv": base64.b85encode(bits).decode().translate(_Z85),
        "sizeInBytes": len(bits),
        "cardinality": 2,
    }
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors"],
    }
    remove = {"path": add["path"], "deletionTimestamp": 1, "dataChange": True}
    _commit(folder, 1, {"protocol": protocol}, {"remove": remove}, {"add": {**add, "deletionVector": vector}})
    assert sorted(t.to_arrow()["id"].to_pylist()) == [0, 2, 4]
    assert cat.sql("SELECT count(*) AS n FROM main.raw.dv WHERE id < 4").rows() == [{"n": 2}]
    assert sorted(cat.read("main.raw.dv", version=0)["id"]) == [0, 1, 2, 3, 4]
    assert [(r["id"], r["_change_type"]) for r in t.changes(1).read_all().sort_by("id").to_pylist()] == [
        (1, "delete"),
        (3, "delete"),
    ]
    assert t.version == 1


_B85 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
_Z = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_Z85 = str.maketrans(_B85, _Z)


def test_renamed_columns_are_read_by_their_names(cat: Any, tmp_path: Path) -> None:
    t, folder = _foreign(cat, "mapped")
    path = f"part-{uuid.uuid4()}.parquet"
    pq.write_table(pa.table({"col-1": pa.array([7, 8], pa.int64()), "col-2": ["x", None]}), folder / path)
    field = {"type": "long", "nullable": True}
    fields = [
        {
            "name": "key",
            **field,
            "metadata": {"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "col-1"},
        },
        {
            "name": "a name",
            "type": "string",
            "nullable": True,
            "metadata": {"delta.columnMapping.id": 2, "delta.columnMapping.physicalName": "col-2"},
        },
    ]
    first = [json.loads(line) for line in (folder / "_delta_log" / f"{0:020d}.json").read_text().splitlines()]
    add = next(action["add"] for action in first if "add" in action)
    meta = {
        **next(action["metaData"] for action in first if "metaData" in action),
        "schemaString": json.dumps({"type": "struct", "fields": fields}),
        "configuration": {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "2"},
    }
    new = {
        "path": path,
        "size": (folder / path).stat().st_size,
        "partitionValues": {},
        "modificationTime": 1,
        "dataChange": True,
    }
    _commit(
        folder,
        1,
        {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}},
        {"metaData": meta},
        {"remove": {"path": add["path"], "deletionTimestamp": 1, "dataChange": True}},
        {"add": new},
    )
    assert t.to_arrow().to_pylist() == [{"key": 7, "a name": "x"}, {"key": 8, "a name": None}]
    assert cat.sql("SELECT `a name` FROM main.raw.mapped WHERE key = 7").rows() == [{"a name": "x"}]


def test_polars_reads_what_we_write_and_we_what_it_writes(cat: Any) -> None:
    data = {"id": [1, 2], "price": [Decimal("1.50"), None], "at": [dt.datetime(2024, 5, 1, tzinfo=dt.UTC)] * 2}
    t = cat.create_table("main.raw.x", pa.table(data))
    assert t.lazy().filter(polars.col("id") == 2).collect().rows() == [(2, None, data["at"][0])]
    assert t.to_polars(["id"]).rows() == [(1,), (2,)]
    polars.DataFrame({"id": [3], "price": [Decimal("2.25")], "at": data["at"][:1]}).cast(
        {"price": polars.Decimal(3, 2), "at": polars.Datetime("us", "UTC")}
    ).write_delta(t.location, mode="append")
    assert t.count() == 3
    assert deltalake.DeltaTable(t.location).version() == t.info.version == 1


def test_polars_goes_in_and_comes_out_as_it_is(cat: Any) -> None:
    frame = polars.DataFrame(
        {
            "id": [1, 2, 3],
            "name": ["a", None, "c"],
            "day": [dt.date(2024, 5, 1)] * 3,
            "at": [dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)] * 3,
            "tags": [["x"], [], None],
            "place": [{"lat": 1.5}, {"lat": None}, {"lat": 2.0}],
        }
    )
    t = cat.create_table("main.raw.p", frame)
    assert t.to_polars().sort("id").to_dicts() == frame.to_dicts()
    t.append(
        frame.lazy().filter(polars.col("id") == 1).with_columns(id=polars.lit(4)).collect().select(frame.columns[::-1])
    )
    t.merge(frame.head(1).with_columns(name=polars.lit("z")), on=["id"])
    result = cat.sql("SELECT id, name FROM main.raw.p WHERE id <> :id ORDER BY id", {"id": 2}).to_polars()
    assert isinstance(result, polars.DataFrame)
    assert result.rows() == [(1, "z"), (3, "c"), (4, "a")]
    assert cat.sql("SELECT sum(id) AS n FROM f", frames={"f": frame}).to_polars().item() == 6
    lazy = cat.table("main.raw.p", version=0).lazy().select(polars.len())
    assert isinstance(lazy, polars.LazyFrame)
    assert lazy.collect().item() == 3


def test_a_plan_of_polars_needs_select_and_obeys_row_filters(cat: Any) -> None:
    cat.create_table("main.raw.p", polars.DataFrame({"id": [1, 2]}))
    with calling(Caller("bob", source="rest")), pytest.raises(PermissionDeniedError):
        cat.table("main.raw.p", version=0).lazy()
    cat.grant("main", "bob", "USE CATALOG", "USE SCHEMA", "MODIFY")
    with calling(Caller("bob", source="rest")), pytest.raises(PermissionDeniedError):
        cat.table("main.raw.p").lazy()
    cat.register_row_filter(lambda table, dialect: "id > 1" if table == "main.raw.p" else None)
    assert cat.table("main.raw.p", filtered=True).lazy().collect().rows() == [(2,)]
