import bz2
import gzip
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlnb.catalog.errors import IngestError, TableSchemaError, TooManyRejectsError
from mlnb.catalog.ingest.sources import PathNotFoundError
from mlnb.core.errors import PermissionDeniedError

Write = Callable[..., Path]


def types(report: Any) -> dict[str, str]:
    return {column.name: column.type for column in report.columns}


def lines(*documents: Any) -> str:
    return "".join((doc if isinstance(doc, str) else json.dumps(doc)) + "\n" for doc in documents)


def test_json_lines_get_types_from_every_document(cat: Any, write: Write) -> None:
    first = {"id": 1, "x": 1, "when": "2024-01-01T10:00:00Z", "day": "2024-01-01", "ok": True, "code": "007"}
    second = {"id": 2, "x": 2.5, "tags": ["a", "b"], "who": {"name": "ada", "age": 3}, "late": None}
    report = cat.ingest(write("a.jsonl", lines(first, second)), "main.raw.t")
    assert types(report) == {
        "id": "bigint",
        "x": "double",
        "when": "timestamp",
        "day": "date",
        "ok": "boolean",
        "code": "string",
        "tags": "array<string>",
        "who": "struct<name:string,age:bigint>",
        "late": "string",
    }
    assert [c.type_text for c in cat.table("main.raw.t").info.columns][6:8] == [
        "array<string>",
        "struct<name:string,age:bigint>",
    ]
    rows = cat.sql("SELECT id, code, who.name AS n, tags[0] AS tag FROM main.raw.t ORDER BY id").rows()
    assert rows == [{"id": 1, "code": "007", "n": None, "tag": None}, {"id": 2, "code": None, "n": "ada", "tag": "a"}]


def test_a_broken_document_is_kept_with_its_line(cat: Any, write: Write) -> None:
    good = [{"id": i, "v": f"n{i}"} for i in range(100)]
    content = lines(*good[:50]).encode() + b'\xff\xfe{"id": 7}\n' + b'{"id": 1,\n' + b"\n[1, 2]\n"
    content += lines({"id": "many"}, *good[50:]).encode() + b'{"id": 2.5}'
    report = cat.ingest(write("a.jsonl", content), "main.raw.t")
    assert types(report) == {"id": "bigint", "v": "string"} or types(report)["id"] == "double"
    kept = cat.sql("SELECT line, column_name, error_type, raw FROM main.raw._rejected_t ORDER BY line").rows()
    assert [(row["line"], row["error_type"]) for row in kept][:4] == [
        (51, "INVALID ENCODING"),
        (52, "INVALID JSON"),
        (54, "INVALID JSON"),
        (55, "CAST"),
    ]
    assert kept[1]["raw"] == '{"id": 1,'
    assert (kept[3]["column_name"], kept[3]["raw"]) == ("id", '{"id": "many"}')
    assert report.rows + report.rejected == 105
    assert report.rejected == len({row["line"] for row in kept})


def test_arrays_and_documents_over_several_lines(cat: Any, write: Write) -> None:
    documents = [{"a": i, "b": {"c": i}} for i in range(3)]
    for name, content in (
        ("array.json", json.dumps(documents, indent=1)),
        ("flat.json", json.dumps(documents)),
        ("pretty.json", "\n".join(json.dumps(doc, indent=2) for doc in documents)),
        ("lines.json", lines(*documents)),
        ("one.json", json.dumps(documents[0])),
    ):
        report = cat.ingest(write(name, content), "main.raw.t", mode="replace")
        assert types(report) == {"a": "bigint", "b": "struct<c:bigint>"}, name
        assert report.rows == (1 if name == "one.json" else 3), name


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("[]", "is empty"),
        ("3\n", "holds no JSON objects"),
        ('[{"a": 1}, {"a":]', "cannot be read as JSON"),
        ("not json at all", "cannot be read as JSON: at byte 1"),
    ],
)
def test_what_is_no_json_is_explained(cat: Any, write: Write, content: str, says: str) -> None:
    with pytest.raises(IngestError) as refused:
        cat.ingest(write("a.json", content), "main.raw.t")
    assert says in refused.value.message
    assert refused.value.hint
    assert not cat.exists("main.raw.t")


def test_keys_a_table_cannot_have_and_mixed_values(cat: Any, write: Write) -> None:
    report = cat.ingest(
        write("a.jsonl", lines({"a b": 1, "A": 1, "a": "x", "m": 1}, {"m": "x", "n": {"x y": 1}}, {"m": [1]})),
        "main.raw.t",
    )
    assert types(report) == {"a_b": "bigint", "A": "bigint", "a_2": "string", "m": "string", "n": "string"}
    assert any("several types" in text for text in report.warnings)
    assert cat.sql("SELECT m, n FROM main.raw.t WHERE n IS NOT NULL").rows() == [{"m": "x", "n": '{"x y":1}'}]
    types_ = {"m": "bigint"}
    with pytest.raises(TooManyRejectsError):
        cat.ingest(write("a.jsonl", lines({"m": 1}, {"m": "x"})), "main.raw.u", types=types_)


def test_documents_are_added_to_a_table(cat: Any, write: Write) -> None:
    cat.ingest(write("a.jsonl", lines({"id": 1, "v": 1.5, "o": {"x": 1}})), "main.raw.t")
    cat.ingest(write("b.jsonl", lines({"id": 2, "v": 2, "o": {"x": None}}, {"id": "3", "o": None})), "main.raw.t")
    assert cat.sql("SELECT id, v, o.x AS x FROM main.raw.t ORDER BY id").rows() == [
        {"id": 1, "v": 1.5, "x": 1},
        {"id": 2, "v": 2.0, "x": None},
        {"id": 3, "v": None, "x": None},
    ]
    with pytest.raises(TableSchemaError):
        cat.ingest(write("c.jsonl", lines({"id": 4, "new": 1})), "main.raw.t")
    cat.ingest(write("c.jsonl", lines({"id": 4, "new": 1})), "main.raw.t", merge_schema=True)
    assert cat.table("main.raw.t").columns == ["id", "v", "o", "new"]


def test_packed_files_of_every_kind(cat: Any, write: Write, tmp_path: Path) -> None:
    text = b"a,b\n1,x\n2,y\n"
    zstd = pa.BufferOutputStream()
    with pa.CompressedOutputStream(zstd, "zstd") as stream:
        stream.write(text)
    for name, content in (
        ("a.csv.gz", gzip.compress(text)),
        ("a.csv.zst", zstd.getvalue().to_pybytes()),
        ("a.csv.bz2", bz2.compress(text)),
        ("a.csv.xz", lzma.compress(text)),
        ("b.json.gz", gzip.compress(lines({"a": 1, "b": "x"}, {"a": 2, "b": "y"}).encode())),
    ):
        report = cat.ingest(write(name, content), "main.raw.t", mode="replace")
        assert (report.rows, types(report)) == (2, {"a": "bigint", "b": "string"}), name
    for name, content in (
        ("bad.csv.gz", b"no gzip"),
        ("bad.csv.xz", b"no xz"),
        ("cut.csv.bz2", bz2.compress(text)[:-9]),
    ):
        with pytest.raises(IngestError):
            cat.ingest(write(name, content), "main.raw.u")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("in/one.jsonl", lines({"a": 1}))
        archive.writestr("two.csv", "a\n2\n")
    assert cat.ingest(tmp_path / "z.zip", "main.raw.z").rows == 2


def test_folders_patterns_and_chosen_files(cat: Any, write: Write, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        write(f"land/day={day}/part.csv", f"d,v\n{day},x\n")
    write("land/.hidden.csv", "d,v\n9,x\n")
    write("land/_SUCCESS", "")
    write("land/notes.md", "text")
    assert cat.ingest(tmp_path / "land", "main.raw.t").rows == 3
    assert cat.ingest(tmp_path / "land", "main.raw.t").rows == 0
    assert cat.ingest(tmp_path / "land", "main.raw.u", pattern="day=[12]/*.csv").rows == 2
    assert cat.ingest(tmp_path / "land", "main.raw.v", files=["day=3/part.csv"]).rows == 1
    assert cat.ingest(str(tmp_path / "land" / "**" / "*.csv"), "main.raw.w").rows == 3
    with pytest.raises(PathNotFoundError) as missing:
        cat.ingest(tmp_path / "land", "main.raw.x", pattern="*.parquet")
    assert "part.csv" in (missing.value.hint or "")
    with pytest.raises(PermissionDeniedError):
        cat.ingest(tmp_path / "land", "main.raw.x", files=["../other.csv"])


def test_files_whose_columns_differ_are_loaded_together_when_asked(cat: Any, write: Write) -> None:
    files = [write("1.csv", "a,b\n1,x\n"), write("2.csv", "a,c\n2.5,true\n"), write("3.jsonl", lines({"a": 3}))]
    with pytest.raises(IngestError) as refused:
        cat.ingest(files, "main.raw.t")
    assert "merge_schema" in (refused.value.hint or "")
    report = cat.ingest(files, "main.raw.t", merge_schema=True)
    assert types(report) == {"a": "double", "b": "string", "c": "boolean"}
    assert cat.sql("SELECT * FROM main.raw.t ORDER BY a").rows() == [
        {"a": 1.0, "b": "x", "c": None},
        {"a": 2.5, "b": None, "c": True},
        {"a": 3.0, "b": None, "c": None},
    ]
    assert any("has no b" in note for note in report.notes)
    report = cat.ingest(write("4.csv", "b\nz\n"), "main.raw.t")
    assert (report.rows, report.notes) == (
        1,
        ["a is not in the files and stays empty", "c is not in the files and stays empty"],
    )


def test_types_asked_for_of_a_parquet_file(cat: Any, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["1", "2", "x"], "b": [1, 2, 3]}), tmp_path / "a.parquet")
    report = cat.ingest(tmp_path / "a.parquet", "main.raw.t", types={"a": "int", "b": "string"}, max_rejects=0.5)
    assert (report.rows, report.rejected, types(report)) == (2, 1, {"a": "int", "b": "string"})
    kept = cat.sql("SELECT line, column_name, error_message, raw FROM main.raw._rejected_t").rows()
    assert kept == [
        {
            "line": 3,
            "column_name": "a",
            "error_message": "Could not convert x to int",
            "raw": '{"a":"x","b":3}',
        }
    ]


def test_a_file_is_the_same_by_whatever_path_it_is_called(cat: Any, ws: Any) -> None:
    (ws.root / "data").mkdir()
    path = ws.root / "data" / "a.csv"
    path.write_text("a\n1\n")
    assert cat.ingest("data/a.csv", "main.raw.t").files[0].path == "data/a.csv"
    assert cat.ingest(path, "main.raw.t").skipped_files == ["data/a.csv"]
    assert cat.ingest(str(ws.root / "data" / ".." / "data" / "*.csv"), "main.raw.t").rows == 0
