import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlnb.catalog.ingest.sources import PathNotFoundError
from mlnb.core.caller import calling
from mlnb.core.errors import InvalidParameterError, PermissionDeniedError

Write = Callable[..., Path]


def by_name(plan: Any) -> dict[str, Any]:
    return {column.name: column for column in plan.columns}


@pytest.fixture
def messy(write: Write) -> Path:
    lines = [f"{i},0{i:04d},{i}.5,{i % 28 + 1:02d}/03/2024,2024-01-{i % 28 + 1:02d},n{i}" for i in range(200)]
    broken = ["x7,00001,3.5,01/02/2024,2024-01-01,bad", "7,few", "201,00002,oops,31/02/2024,2024-01-01,z"]
    return write("Orders 2024.csv", "\n".join(["id,zip,amount,day,iso,note", *lines, *broken]) + "\n")


def test_a_preview_says_types_with_reasons_and_every_line_that_would_be_rejected(cat: Any, messy: Path) -> None:
    plan = cat.preview_ingest(messy)
    columns = by_name(plan)
    assert {name: column.type for name, column in columns.items()} == {
        "id": "bigint",
        "zip": "string",
        "amount": "double",
        "day": "date",
        "iso": "date",
        "note": "string",
    }
    assert columns["zip"].reason == "leading zeros"
    assert "codes and not numbers" in columns["zip"].warnings[0]
    assert "day first" in columns["day"].reason
    assert columns["id"].warnings[0].endswith("the first in line 202: 'x7'")
    assert columns["id"].choices == ["bigint", "string"]
    assert columns["iso"].choices == ["date", "timestamp", "string"]
    assert columns["note"].samples == ["n0", "n1", "n2"]
    assert (plan.num_rows, plan.rejected, len(plan.rows), plan.complete) == (200, 3, 10, True)
    assert plan.rows[0] == ["0", "00000", "0.5", "2024-03-01", "2024-01-01", "n0"]
    assert [(r.line, r.column, r.error_type) for r in plan.rejects] == [
        (202, "id", "CAST"),
        (203, "amount", "MISSING COLUMNS"),
        (204, "amount", "CAST"),
    ]
    assert plan.rejects[1].raw == "7,few"
    assert plan.suggested_name == "orders_2024"
    assert plan.refused is None
    assert not list(cat.tables("main.raw").items)


def test_a_preview_counts_what_the_load_does(cat: Any, messy: Path) -> None:
    plan = cat.preview_ingest(messy, types={"id": "string", "amount": "string"})
    report = cat.ingest(messy, "main.raw.t", types={"id": "string", "amount": "string"})
    assert (plan.num_rows, plan.rejected) == (report.rows, report.rejected)
    assert [(c.name, c.type) for c in plan.columns] == [(c.name, c.type) for c in report.columns]
    kept = cat.sql("SELECT line, error_type FROM main.raw._rejected_t ORDER BY line").rows()
    assert [(r.line, r.error_type) for r in plan.rejects] == [(row["line"], row["error_type"]) for row in kept]


def test_a_preview_says_why_a_load_would_be_refused(cat: Any, write: Write) -> None:
    half = write("half.csv", "a,b\n" + "".join(f"{i},{i if i % 2 else 'x'}\n" for i in range(20)))
    plan = cat.preview_ingest(half, types={"b": "bigint"})
    assert plan.refused.error_code == "INGEST_TOO_MANY_REJECTS"
    assert (plan.num_rows, plan.rejected) == (10, 10)
    assert cat.preview_ingest(half, types={"b": "bigint"}, max_rejects=0.5).refused is None
    cat.ingest(write("t.csv", "a,c\n1,x\n"), "main.raw.t")
    plan = cat.preview_ingest(half, name="main.raw.t")
    assert plan.refused.error_code == "DELTA_METADATA_MISMATCH"
    assert "merge_schema" in plan.refused.hint
    assert by_name(plan)["b"].in_table == "new"
    assert plan.table.missing_columns == ["c"]
    assert cat.preview_ingest(half, name="main.raw.t", merge_schema=True).refused is None
    assert (
        cat.preview_ingest(half, name="main.raw.t", mode="create").refused.error_code == "TABLE_OR_VIEW_ALREADY_EXISTS"
    )
    assert cat.preview_ingest(half, name="main.nope.t").refused.error_code == "SCHEMA_NOT_FOUND"


def test_a_preview_knows_what_the_table_has_already(cat: Any, write: Write) -> None:
    first, second = write("d/1.csv", "a\n1\n"), write("d/2.csv", "a\n2\n3\n")
    cat.ingest(first, "main.raw.t")
    plan = cat.preview_ingest(first.parent, name="main.raw.t")
    assert [(Path(f.path).name, f.rows, f.loaded_before) for f in plan.files] == [
        ("1.csv", 0, True),
        ("2.csv", 2, False),
    ]
    assert (plan.num_rows, plan.suggested_name) == (2, "d")
    assert cat.preview_ingest([first, second], name="main.raw.t", force=True).num_rows == 3
    decimals = write("c.csv", "a\n1.5\n")
    plan = cat.preview_ingest(decimals, name="main.raw.t")
    assert (by_name(plan)["a"].in_table, plan.refused.error_code) == ("conflict", "CAST_INVALID_INPUT")


def test_a_date_format_decides_between_day_and_month(cat: Any, write: Write) -> None:
    path = write("a.csv", "d,n\n01/02/2024,1\n03/04/2024,2\n")
    assert by_name(cat.preview_ingest(path))["d"].type == "string"
    plan = cat.preview_ingest(path, date_format="dd/MM/yyyy")
    assert by_name(plan)["d"].type == "date"
    assert [row[0] for row in plan.rows] == ["2024-02-01", "2024-04-03"]
    cat.ingest(path, "main.raw.t", date_format="%m/%d/%Y")
    assert [str(row["d"]) for row in cat.sql("SELECT d FROM main.raw.t ORDER BY n")] == ["2024-01-02", "2024-03-04"]


def test_a_value_of_another_type_is_named_by_its_first_line(cat: Any, write: Write) -> None:
    path = write("a.csv", "v\n" + "".join(f"{i}\n" for i in range(8)) + "many\nmore\n")
    column = by_name(cat.preview_ingest(path))["v"]
    assert column.type == "string"
    assert column.warnings == [
        "8 of 10 values are a whole number, the others are not; kept as text, the first in line 10: 'many'"
    ]


def test_callers_from_elsewhere_see_the_notebook_folder_only(cat: Any, ws: Any, write: Write) -> None:
    outside = write("a.csv", "a\n1\n")
    inside = ws.root / "data.csv"
    inside.write_text("a\n1\n")
    (ws.root / "link.csv").symlink_to(outside)
    (ws.path / "inner.csv").write_text("a\n1\n")
    with calling(source="rest"):
        assert cat.preview_ingest("data.csv").num_rows == 1
        assert cat.preview_ingest(str(inside)).files[0].path == "data.csv"
        for path in (outside, "../a.csv", "link.csv", ".mlnb/inner.csv", "~/.ssh/config"):
            with pytest.raises((PermissionDeniedError, PathNotFoundError)):
                cat.preview_ingest(str(path))
    assert cat.preview_ingest(outside).num_rows == 1


def test_what_cannot_be_previewed_is_explained(cat: Any, write: Write) -> None:
    path = write("a.csv", "a\n1\n")
    for options in ({"delimitr": ";"}, {"types": {"a": "nosuchtype"}}, {"max_rejects": 2}, {"format": "avro"}):
        with pytest.raises(InvalidParameterError) as refused:
            cat.preview_ingest(path, **options)
        assert refused.value.hint
    os.chdir(path.parent)
    with pytest.raises(PathNotFoundError):
        cat.preview_ingest("b.csv")


def test_text_of_spreadsheets_is_read_whatever_its_bytes(cat: Any, write: Write) -> None:
    for name, content in (
        ("bom.csv", "a,b\n1,ä\n".encode("utf-8-sig")),
        ("wide.csv", "a,b\n1,ä\n".encode("utf-16")),
        ("crlf.csv", "a,b\r\n1,ä\r\n".encode()),
    ):
        plan = cat.preview_ingest(write(name, content))
        assert ([c.name for c in plan.columns], plan.rows) == (["a", "b"], [["1", "ä"]]), name
