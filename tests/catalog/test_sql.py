import datetime as dt
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from mlnb.catalog.hooks import COLUMN, FunctionCall, ScalarFunction
from mlnb.core.caller import calling
from mlnb.core.errors import InvalidParameterError, InvalidStateError, MlnbError


def fill(catalog: Any) -> Any:
    frame = pd.DataFrame(
        {
            "id": [1, 2, 3, 4],
            "name": ["a", "b", None, "a"],
            "x": [1.5, 2.5, None, 4.0],
            "ts": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-02-01", "2024-02-02"], utc=True),
        }
    )
    catalog.write("main.raw.t", frame)
    return catalog.sql


@pytest.fixture
def sql(cat: Any) -> Any:
    """Statements on a workspace of the test's own."""
    return fill(cat)


@pytest.fixture(scope="module")
def shared(shared_catalog: Any) -> Any:
    """Statements that change nothing, on one workspace for all of them."""
    return fill(shared_catalog)


def code_of(sql: Any, query: str, *args: Any, **options: Any) -> MlnbError:
    with pytest.raises(MlnbError) as error:
        sql(query, *args, **options)
    return error.value


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT count(*) AS n FROM main.raw.t", [{"n": 4}]),
        ("select sum(id) s from raw.t", [{"s": 10}]),
        ("SELECT name, count(*) n FROM raw.t GROUP BY name ORDER BY name", [{"name": None, "n": 1}, {"name": "a", "n": 2}, {"name": "b", "n": 1}]),
        ("WITH t AS (SELECT 7 AS id) SELECT id FROM t", [{"id": 7}]),
        ("WITH a AS (SELECT * FROM raw.t WHERE id > 2), b AS (SELECT max(id) m FROM a) SELECT * FROM b", [{"m": 4}]),
        ("SELECT a.id FROM raw.t a JOIN raw.t b ON a.id = b.id + 3", [{"id": 4}]),
        ("SELECT raw.t.id FROM raw.t WHERE main.raw.t.id = 1", [{"id": 1}]),
        ("SELECT id FROM raw.t WHERE id IN (SELECT max(id) FROM raw.t)", [{"id": 4}]),
        ("SELECT * FROM (VALUES (1, 'x')) AS v(a, b)", [{"a": 1, "b": "x"}]),
        ("VALUES (1, 2)", [{"col0": 1, "col1": 2}]),
        ("SELECT id FROM raw.t WHERE id = 1 UNION ALL SELECT 9 ORDER BY id DESC", [{"id": 9}, {"id": 1}]),
        ("SELECT date_trunc('month', ts) AS m, count(*) AS n FROM raw.t GROUP BY 1 ORDER BY 1 LIMIT 1", [{"m": dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "n": 2}]),
        ("SELECT id, id FROM raw.t WHERE id = 2", [{"id": 2, "id_1": 2}]),
        ('SELECT "text" AS s, `id` FROM raw.t WHERE `id` = 1', [{"s": "text", "id": 1}]),
        ("SELECT e FROM raw.t LATERAL VIEW explode(array(id, 10)) x AS e WHERE id = 1 ORDER BY e", [{"e": 1}, {"e": 10}]),
        ("SELECT count(*) FILTER (WHERE id > 2) AS n FROM raw.t", [{"n": 2}]),
        ("SELECT * EXCEPT (x, ts, name) FROM raw.t WHERE id = 1", [{"id": 1}]),
        ("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT max(n) AS m FROM r", [{"m": 3}]),
        ("SELECT max(id) AS m FROM range(5)", [{"m": 4}]),
        ("-- a comment\nSELECT 1 AS one -- another", [{"one": 1}]),
    ],
)  # fmt: skip
def test_queries_of_the_platforms_dialect(shared: Any, query: str, expected: list[dict[str, Any]]) -> None:
    assert shared(query).rows() == expected


def test_a_result_knows_what_it_is(shared: Any) -> None:
    result = shared("SELECT id, sum(x) AS s, name FROM raw.t GROUP BY id, name")
    assert (result.kind, result.columns, result.types) == (
        "SELECT",
        ["id", "s", "name"],
        ["bigint", "double", "string"],
    )
    assert [(r.name, r.version, r.columns) for r in result.reads] == [("main.raw.t", 0, ["id", "name", "x"])]
    assert (len(result), result.num_rows, len(result.rows(2)), len(list(result))) == (4, 4, 2, 4)
    assert list(result.to_pandas().columns) == ["id", "s", "name"]
    assert result.metrics["duration_ms"] >= 0
    assert "more rows" not in repr(result)


def test_a_statement_without_rows_has_none(sql: Any, cat: Any) -> None:
    done = cat.sql("CREATE SCHEMA main.without_rows")
    assert (done.rows(), done.rows(5), done.num_rows, list(done)) == ([], [], 0, [])


def test_a_stream_is_read_once(shared: Any) -> None:
    result = shared("SELECT * FROM range(250000) AS r(a)")
    assert sum(batch.num_rows for batch in result.reader()) == 250_000
    with pytest.raises(InvalidStateError):
        result.to_arrow()


def test_wide_and_odd_types_leave_as_what_the_platform_has(shared: Any) -> None:
    result = shared(
        "SELECT sum(id) AS total, CAST(1 AS DECIMAL(10,2)) AS d, named_struct('a', sum(id)) AS s, NULL AS nothing FROM raw.t"
    )
    assert result.types == ["bigint", "decimal(10,2)", "struct<a:bigint>", "int"] or result.types[:3] == [
        "bigint",
        "decimal(10,2)",
        "struct<a:bigint>",
    ]


def test_parameters_are_bound_and_never_pasted(shared: Any) -> None:
    evil = "a' OR '1'='1'; DROP TABLE t --"
    assert shared("SELECT count(*) AS n FROM raw.t WHERE name = :name", {"name": evil}).rows() == [{"n": 0}]
    assert shared("SELECT :name AS v", {"name": evil}).rows() == [{"v": evil}]
    assert shared("SELECT id FROM raw.t WHERE id > :low AND ts < :until LIMIT :n", {"low": np.int64(1), "until": pd.Timestamp("2024-01-15", tz="UTC"), "n": 5}).rows() == [{"id": 2}]  # fmt: skip
    assert shared("SELECT count(*) AS n FROM raw.t WHERE array_contains(:ids, id)", {"ids": [1, 4]}).rows() == [
        {"n": 2}
    ]
    error = code_of(shared, "SELECT :month", {"moth": 1})
    assert error.code == "UNBOUND_SQL_PARAMETER"
    assert "moth" in (error.hint or "")
    assert code_of(shared, "SELECT ?").code == "UNBOUND_SQL_PARAMETER"
    assert code_of(shared, "SELECT :x", {"x": object()}).code == "INVALID_PARAMETER_VALUE"


def test_identifier_takes_a_name_from_a_parameter(shared: Any) -> None:
    assert shared("SELECT count(*) AS n FROM IDENTIFIER(:t)", {"t": "main.raw.t"}).rows() == [{"n": 4}]
    assert code_of(shared, "SELECT * FROM IDENTIFIER(:t)", {"t": "/etc/passwd"}).code == "INVALID_NAME"


def test_frames_are_read_by_name_when_no_table_has_it(sql: Any, cat: Any) -> None:
    frames = {"mine": pd.DataFrame({"id": [1, 2], "w": [10, 20]}), "arrow": pa.table({"q": [5]}), "number": 3}
    query = "SELECT sum(w) AS w FROM raw.t JOIN mine USING (id)"
    result = sql(query, frames=frames)
    assert (result.rows(), [read.name for read in result.reads]) == ([{"w": 30}], ["main.raw.t"])
    assert sql("SELECT q FROM arrow", frames=frames).rows() == [{"q": 5}]
    assert code_of(sql, "SELECT * FROM number", frames=frames).code == "TABLE_OR_VIEW_NOT_FOUND"
    assert code_of(sql, "SELECT * FROM mine").code == "TABLE_OR_VIEW_NOT_FOUND"
    assert code_of(sql, "SELECT * FROM minee", frames=frames).hint == "Did you mean mine?"
    cat.write("mine", pd.DataFrame({"w": [1]}))
    assert sql("SELECT w FROM mine", frames=frames).rows() == [{"w": 1}]


def test_time_travel_reads_one_version_of_each_table(sql: Any, cat: Any) -> None:
    when = cat.history("raw.t")[0].timestamp
    cat.append("raw.t", cat.table("raw.t").to_arrow(where="id = 1"))
    for query in (
        "SELECT count(*) AS n FROM raw.t VERSION AS OF 0",
        "SELECT count(*) AS n FROM raw.t@v0",
        "SELECT count(*) AS n FROM main.raw.t@v0 AS old",
        f"SELECT count(*) AS n FROM raw.t TIMESTAMP AS OF '{dt.datetime.fromtimestamp(when / 1000, dt.UTC).isoformat()}'",
    ):
        assert sql(query).rows() == [{"n": 4}], query
    both = sql("SELECT (SELECT count(*) FROM raw.t) - (SELECT count(*) FROM raw.t@v0) AS new")
    assert both.rows() == [{"new": 1}]
    assert sorted(read.version for read in both.reads) == [0, 1]
    assert code_of(sql, "SELECT * FROM raw.t@v9").code == "VERSION_NOT_FOUND"
    assert code_of(sql, "SELECT * FROM raw.t VERSION AS OF 'x'").code == "INVALID_PARAMETER_VALUE"


def test_create_table_as_select_and_insert(sql: Any, cat: Any) -> None:
    made = sql(
        "CREATE TABLE raw.sums USING DELTA COMMENT 'by name' TBLPROPERTIES ('a' = 'b') AS SELECT name, sum(id) AS s FROM raw.t GROUP BY name"
    )
    assert (made.kind, made.rows()) == ("CREATE_TABLE_AS_SELECT", [{"num_affected_rows": 3, "num_inserted_rows": 3}])
    assert [(w.name, w.version) for w in made.writes] == [("main.raw.sums", 0)]
    info = cat.table("raw.sums").info
    assert (info.comment, info.properties) == ("by name", {"a": "b"})
    assert sql("INSERT INTO raw.sums VALUES ('z', 99)").rows()[0]["num_inserted_rows"] == 1
    assert sql("INSERT INTO raw.sums (s) SELECT 50").rows()[0]["num_inserted_rows"] == 1
    assert sql("INSERT INTO raw.sums BY NAME SELECT 60 AS s, 'q' AS name").rows()[0]["num_inserted_rows"] == 1
    assert sql("SELECT name, s FROM raw.sums WHERE s IN (50, 60, 99) ORDER BY s").rows() == [
        {"name": None, "s": 50},
        {"name": "q", "s": 60},
        {"name": "z", "s": 99},
    ]
    assert sql("INSERT INTO raw.sums SELECT * FROM raw.sums").rows()[0]["num_inserted_rows"] == 6
    assert code_of(sql, "CREATE TABLE raw.sums AS SELECT 1 AS a").code == "TABLE_OR_VIEW_ALREADY_EXISTS"
    assert sql("CREATE TABLE IF NOT EXISTS raw.sums AS SELECT 1 AS a").writes == []
    sql("CREATE OR REPLACE TABLE raw.sums AS SELECT * FROM raw.sums WHERE s = 99")
    assert cat.table("raw.sums").count() == 2


def test_a_failed_write_leaves_the_table_as_it_was(sql: Any, cat: Any) -> None:
    sql("CREATE TABLE raw.u AS SELECT id, name FROM raw.t")
    for query, expected in (
        ("INSERT INTO raw.u SELECT 1", "INSERT_COLUMN_ARITY_MISMATCH"),
        ("INSERT INTO raw.u (nope) SELECT 1", "UNRESOLVED_COLUMN"),
        ("INSERT INTO raw.u SELECT 'x', 'y'", "CAST_INVALID_INPUT"),
        ("INSERT INTO raw.u SELECT CAST(name AS INT), name FROM raw.t", "CAST_INVALID_INPUT"),
        ("INSERT INTO raw.u SELECT id, nme FROM raw.t", "UNRESOLVED_COLUMN"),
        ("INSERT INTO raw.missing SELECT 1", "TABLE_OR_VIEW_NOT_FOUND"),
        ("CREATE OR REPLACE TABLE raw.u AS SELECT CAST(name AS INT) AS i FROM raw.t", "CAST_INVALID_INPUT"),
        ("CREATE TABLE raw.v AS SELECT CAST(name AS INT) AS i FROM raw.t", "CAST_INVALID_INPUT"),
        ("CREATE TABLE raw.v AS SELECT id AS `a b` FROM raw.t", "DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES"),
        ("CREATE TABLE nope.v AS SELECT 1 AS a", "SCHEMA_NOT_FOUND"),
    ):
        assert code_of(sql, query).code == expected, query
    assert cat.table("raw.u").version == 0
    assert not cat.exists("raw.v")


def test_looking_statements(sql: Any, cat: Any) -> None:
    cat.append("raw.t", cat.table("raw.t").to_arrow())
    history = sql("DESCRIBE HISTORY raw.t LIMIT 1")
    assert history.columns[:6] == ["version", "timestamp", "userId", "userName", "operation", "operationParameters"]
    assert len(history.columns) == 15
    assert (history.rows()[0]["version"], history.rows()[0]["userName"], history.rows()[0]["isBlindAppend"]) == (
        1,
        "ada",
        True,
    )
    assert sql("DESCRIBE raw.t").rows()[0] == {"col_name": "id", "data_type": "bigint", "comment": None}
    assert [row["tableName"] for row in sql("SHOW TABLES IN main.raw LIKE 't*'")] == ["t"]
    assert [row["databaseName"] for row in sql("SHOW SCHEMAS")] == ["default", "raw"]
    assert [row["catalog"] for row in sql("SHOW CATALOGS")] == ["main"]
    assert code_of(sql, "DESCRIBE nope").code == "TABLE_OR_VIEW_NOT_FOUND"
    assert code_of(sql, "SHOW TABLES IN nope").code == "SCHEMA_NOT_FOUND"


@pytest.mark.parametrize(
    ("query", "code", "place", "hint"),
    [
        ("SELECT *\nFROM raw.tt", "TABLE_OR_VIEW_NOT_FOUND", (2, 6), "main.raw.t"),
        ("SELECT * FROM main.rw.t", "TABLE_OR_VIEW_NOT_FOUND", (1, 15), "main.raw.t"),
        ("SELECT id,\n  nmae FROM raw.t", "UNRESOLVED_COLUMN", (2, 3), "Did you mean name?"),
        ("SELECT id FROM raw.t ORDER BY nme", "UNRESOLVED_COLUMN", (1, 31), "name"),
        ("SELECT z.id FROM raw.t AS a", "UNRESOLVED_COLUMN", (1, 8), "In FROM: a."),
        ("SELECT a.idd FROM raw.t AS a", "UNRESOLVED_COLUMN", (1, 10), "id"),
        ("SELECT FROM WHERE", "PARSE_SYNTAX_ERROR", (1, 13), "near"),
        ("SELECT 'open FROM raw.t", "PARSE_SYNTAX_ERROR", None, "quote"),
        ("SELECT 1;\n SELECT nope FROM raw.t", "UNRESOLVED_COLUMN", (2, 9), "The one before it was run."),
        ("", "PARSE_SYNTAX_ERROR", None, "SELECT"),
        ("SELECT foo(id) FROM raw.t", "UNRESOLVED_ROUTINE", None, None),
        ("SELECT CAST(name AS INT) FROM raw.t", "CAST_INVALID_INPUT", None, "try_cast"),
        ("SELECT name, id FROM raw.t GROUP BY name", "MISSING_AGGREGATION", None, "GROUP BY"),
        ("SELECT id FROM raw.t a JOIN raw.t b ON true", "AMBIGUOUS_REFERENCE", None, "alias"),
        ("SELECT * INTO x FROM raw.t", "NOT_IMPLEMENTED", None, None),
    ],
)
def test_errors_name_the_place_and_what_was_meant(
    shared: Any, query: str, code: str, place: Any, hint: str | None
) -> None:
    error = code_of(shared, query)
    assert error.code == code
    if place is not None:
        assert (error.details["line"], error.details["column"]) == place
    if hint is not None:
        assert hint in (error.hint or "")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_blob('{file}')",
        "SELECT * FROM read_parquet('{file}')",
        "SELECT * FROM parquet_scan('{file}')",
        "SELECT * FROM csv.`{file}`",
        "SELECT * FROM '{file}'",
        "SELECT * FROM `{file}`",
        "SELECT * FROM sniff_csv('{file}')",
        "SELECT * FROM LATERAL read_csv('{file}')",
        "SELECT * FROM TABLE(read_csv('{file}'))",
        "SELECT * FROM raw.t, LATERAL (SELECT * FROM read_text('{file}'))",
        "SELECT (SELECT content FROM read_text('{file}'))",
        "WITH x AS (SELECT * FROM read_text('{file}')) SELECT * FROM x",
        "CREATE TABLE raw.stolen AS SELECT * FROM read_text('{file}')",
        "INSERT INTO raw.t SELECT * FROM read_text('{file}')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('raw.t')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM pragma_version()",
        "SELECT getenv('HOME')",
        "SELECT current_setting('memory_limit')",
        "SELECT * FROM json_execute_serialized_shared(json_serialize_shared('SELECT 1'))",
        "COPY raw.t TO '{file}.out'",
        "ATTACH '{file}'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM mlnb_t0",
    ],
)
def test_statements_reach_nothing_but_the_catalog(shared: Any, tmp_path: Path, query: str) -> None:
    file = tmp_path / "secret.csv"
    file.write_text("a,b\nsecret,1\n")
    error = code_of(shared, query.format(file=file))
    assert error.code in (
        "PERMISSION_DENIED",
        "TABLE_OR_VIEW_NOT_FOUND",
        "NOT_IMPLEMENTED",
        "PARSE_SYNTAX_ERROR",
        "INVALID_NAME",
    )
    assert not (tmp_path / "secret.csv.out").exists()


def test_the_engine_itself_is_locked(cat: Any, tmp_path: Path) -> None:
    import duckdb

    (tmp_path / "secret.csv").write_text("a\n1\n")
    cursor = cat.engine.cursor()
    for query in (f"FROM read_csv('{tmp_path}/secret.csv')", "SET memory_limit = '1GB'", f"ATTACH '{tmp_path}/x.db'"):
        with pytest.raises(duckdb.Error):
            cursor.execute(query)
    variable = pd.DataFrame({"a": [1]})
    with pytest.raises(duckdb.Error):
        cursor.sql("SELECT * FROM variable").fetchall()
    assert len(variable) == 1


def test_limits_and_defaults_can_be_chosen(shared: Any) -> None:
    assert len(shared("SELECT * FROM raw.t ORDER BY id DESC", limit=2).rows()) == 2
    assert shared("SELECT max(id) AS m FROM raw.t", limit=0).rows() == []
    assert shared("SELECT count(*) AS n FROM t", schema="raw").rows() == [{"n": 4}]
    with pytest.raises(InvalidParameterError):
        shared("SELECT 1", limit=-1)


def test_registered_functions_compute_in_batches_and_make_tables(sql: Any, cat: Any) -> None:
    seen: list[FunctionCall] = []

    def planner(call: FunctionCall) -> Any:
        seen.append(call)
        if call.in_from:
            return pa.table({"n": pa.array(range(call.arguments[0]), pa.int64())})
        factor = call.arguments[0]
        return ScalarFunction(lambda _, values: pc.multiply(values, factor), ["BIGINT", "BIGINT"], "BIGINT")

    cat.register_function("times", planner)
    assert sql("SELECT TIMES(:f, id) AS y FROM raw.t ORDER BY id", {"f": 10}).rows() == [
        {"y": y} for y in (10, 20, 30, 40)
    ]
    assert sql("SELECT sum(n) AS s FROM times(4) AS k").rows() == [{"s": 6}]
    assert (seen[0].name.lower(), list(seen[0].arguments), seen[-1].in_from) == ("times", [10, COLUMN], True)


def test_system_tables_are_read_like_tables(sql: Any, cat: Any) -> None:
    cat.register_system_table("system.access.audit", lambda: pa.table({"action": ["table.created"]}))
    assert sql("SELECT count(*) AS n FROM system.access.audit WHERE action LIKE 'table%'").rows() == [{"n": 1}]


def test_row_filters_apply_to_people_and_not_to_jobs(sql: Any, cat: Any) -> None:
    cat.register_row_filter(lambda table, dialect: "id <= 2" if (table, dialect) == ("main.raw.t", "duckdb") else None)
    query = "SELECT count(*) AS n FROM raw.t"
    assert sql(query).rows() == [{"n": 2}]
    assert sql(query, filtered=False).rows() == [{"n": 4}]
    assert cat.read("raw.t").attrs["mlnb.source"]["filtered"] is True
    assert len(cat.read("raw.t", filtered=False)) == 4
    sql("CREATE TABLE raw.whole AS SELECT * FROM raw.t")
    assert cat.table("raw.whole").count() == 4
    with calling(source="job"):
        assert sql(query).rows() == [{"n": 4}]
        assert len(cat.read("raw.t")) == 4


def test_tables_of_one_name_in_two_schemas(sql: Any, cat: Any) -> None:
    cat.create_schema("main.two")
    cat.write("main.two.t", pd.DataFrame({"id": [1, 2], "w": [10, 20]}))
    query = "SELECT raw.t.name, two.t.w FROM raw.t JOIN two.t ON raw.t.id = main.two.t.id ORDER BY main.raw.t.id"
    assert sql(query).rows() == [{"name": "a", "w": 10}, {"name": "b", "w": 20}]


def test_a_table_that_only_the_delta_library_reads_rightly(sql: Any, cat: Any) -> None:
    import deltalake

    cat.write("raw.p", pd.DataFrame({"part": ["a/b", None, "007"], "v": [1, 2, 3]}))
    data = cat.table("raw.p").to_arrow()
    options = {"mode": "overwrite", "schema_mode": "overwrite", "partition_by": ["part"]}
    deltalake.write_deltalake(cat.table("raw.p").location, data, **options)
    assert not cat.lookup.find(cat.parse("raw.p")).snapshot.direct
    assert sql(
        "SELECT part, v FROM raw.p a WHERE v IN (SELECT max(v) FROM raw.p) OR part IS NULL ORDER BY v"
    ).rows() == [
        {"part": None, "v": 2},
        {"part": "007", "v": 3},
    ]
    assert sql("SELECT count(*) AS n FROM raw.p").rows() == [{"n": 3}]
    assert cat.table("raw.p").info.columns[0].partition_index == 0


def test_a_result_can_be_written(sql: Any, cat: Any) -> None:
    commit = sql("SELECT id, name FROM raw.t").write("main.raw.copy")
    assert (commit.version, cat.table("raw.copy").count()) == (0, 4)
    sql("SELECT id, name FROM raw.t").write("main.raw.copy", mode="append")
    assert cat.table("raw.copy").count() == 8


def test_many_threads_read_and_write_at_once(sql: Any, cat: Any) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(4):
                assert sql("SELECT count(*) AS n FROM raw.t@v0 WHERE id <> :i", {"i": number}).rows()[0]["n"] in (3, 4)
                cat.append(
                    "raw.t",
                    pd.DataFrame(
                        {"id": [number], "name": ["n"], "x": [0.5], "ts": [pd.Timestamp("2024-03-01", tz="UTC")]}
                    ),
                )
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert cat.table("raw.t").count() == 4 + 16
    assert cat.table("raw.t").info.version == 16
