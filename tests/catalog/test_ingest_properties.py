"""Generated files: nothing vanishes, and what is stored is what was written."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, example, given, settings

FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8)
CELLS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    st.sampled_from(
        ["", "NA", "true", "007", "2024-02-30", "31/12/2024", "12/31/2024", "1e5", "inf", " 5 ", "x\ny", 'a"b', "é"]
    ),
    st.dates().map(str),
    WORDS,
)


def _rejected(catalog: Any, report: Any) -> int:
    """Lines in the table of rejects, which is where the report says they are."""
    if not report.rejected:
        return 0
    query = f"SELECT DISTINCT file, line FROM {report.rejects_table} WHERE ingest_id = '{report.ingest_id}'"
    return len(catalog.sql(query).rows())


@FEW
@example([("0", "2024-01-01", ""), ("0", "2024-01-02", "inf"), ("0", "infinity", "")])
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=40))
def test_every_record_is_a_row_or_a_reject(shared_catalog: Any, tmp_path_factory: Any, records: list[Any]) -> None:
    path: Path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(["a", "b", "c"])
        writer.writerows(records)
    options = {"delimiter": ",", "header": True, "quote": '"', "max_rejects": 1.0}
    plan = shared_catalog.preview_ingest(path, **options)
    report = shared_catalog.ingest(path, "main.raw.records", mode="replace", **options)
    assert (plan.num_rows, plan.rejected) == (report.rows, report.rejected)
    assert shared_catalog.table("main.raw.records").count() == report.rows
    if report.rejected == 0:
        assert report.rows == len(records)
    else:  # a record with a line break counts as the lines it has
        assert report.rows + _rejected(shared_catalog, report) == len(records)


@FEW
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=30))
def test_text_is_stored_as_it_was_written(shared_catalog: Any, tmp_path_factory: Any, records: list[Any]) -> None:
    path: Path = tmp_path_factory.mktemp("csv") / "a.csv"
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["n", "a", "b"])
    writer.writerows([number, a, b] for number, (a, b) in enumerate(records))
    path.write_text(buffer.getvalue(), encoding="utf-8")
    options = {"delimiter": ",", "header": True, "quote": '"', "nulls": [""]}
    shared_catalog.ingest(
        path, "main.raw.words", mode="replace", types={"n": "bigint", "a": "string", "b": "string"}, **options
    )
    stored = shared_catalog.sql("SELECT a, b FROM main.raw.words ORDER BY n").rows()
    assert [(row["a"] or "", row["b"] or "") for row in stored] == records


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    WORDS,
    st.dates().map(str),
    st.lists(st.integers(0, 9), max_size=3),
    st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 9), max_size=2),
)
LINES = st.one_of(
    st.dictionaries(st.sampled_from(["a", "b", "c", "A", "d e"]), VALUES, max_size=4).map(json.dumps),
    st.sampled_from(['{"a": 1', "[1]", "7", "nonsense", '{"a": 1}}']),
)


@FEW
@given(
    st.lists(LINES, min_size=1, max_size=40).filter(
        lambda lines: (
            any(line.startswith('{"') and line.endswith('"}') for line in lines)
            or any(line == '{"a": 1}' for line in lines)
        )
    )
)
def test_every_line_of_json_is_a_row_or_a_reject(shared_catalog: Any, tmp_path_factory: Any, lines: list[str]) -> None:
    path: Path = tmp_path_factory.mktemp("json") / "a.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    plan = shared_catalog.preview_ingest(path, max_rejects=1.0)
    report = shared_catalog.ingest(path, "main.raw.documents", mode="replace", max_rejects=1.0)
    assert report.rows + report.rejected == len(lines)
    assert (plan.num_rows, plan.rejected) == (report.rows, report.rejected)
    assert _rejected(shared_catalog, report) == report.rejected
    assert shared_catalog.table("main.raw.documents").count() == report.rows
