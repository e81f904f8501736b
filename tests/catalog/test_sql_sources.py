"""What a query may read besides tables: views, functions of the catalog, system tables, files of volumes, changes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mlnb.catalog.sql import files
from mlnb.core.errors import MlnbError


def code_of(call: Any, *args: Any, **options: Any) -> MlnbError:
    with pytest.raises(MlnbError) as error:
        call(*args, **options)
    return error.value


@pytest.fixture
def sql(cat: Any) -> Any:
    """Statements on a table and a view of it."""
    cat.write("main.raw.t", pd.DataFrame({"id": [1, 2, 3], "name": ["a", "b", "a"], "x": [1.0, 2.0, 4.0]}))
    cat.create_view("main.raw.v", "SELECT name, sum(x) AS s FROM main.raw.t GROUP BY name")
    return cat.sql


def test_a_view_is_read_like_a_table_and_its_sources_are_known(sql: Any, cat: Any) -> None:
    result = sql("SELECT v.name, v.s FROM raw.v AS v JOIN raw.v AS w USING (name) ORDER BY 1")
    assert result.rows() == [{"name": "a", "s": 5.0}, {"name": "b", "s": 2.0}]
    assert [(read.name, read.version) for read in result.reads] == [("main.raw.t", 0)]
    cat.create_view("main.raw.w", "SELECT s * 2 AS d FROM main.raw.v")
    assert sql("SELECT max(d) AS m FROM raw.w").rows() == [{"m": 10.0}]
    cat.append("raw.t", pd.DataFrame({"id": [4], "name": ["c"], "x": [50.0]}))
    assert sql("SELECT max(d) AS m FROM raw.w").rows() == [{"m": 100.0}]
    assert code_of(sql, "SELECT ss FROM raw.v").hint == "Did you mean s?"
    assert "no versions" in code_of(sql, "SELECT * FROM raw.v VERSION AS OF 0").message


def test_a_common_table_expression_hides_a_view_of_the_same_name(sql: Any) -> None:
    assert sql("WITH v AS (SELECT 1 AS one) SELECT * FROM v").rows() == [{"one": 1}]


def test_a_view_sees_neither_parameters_nor_frames_of_the_statement(sql: Any, cat: Any) -> None:
    frame = pd.DataFrame({"id": [99]})
    cat.create_view("main.raw.all_ids", "SELECT id FROM main.raw.t")
    assert sql("SELECT max(id) AS m FROM raw.all_ids", frames={"t": frame}).rows() == [{"m": 3}]


def test_a_statement_through_a_view_is_written_down_as_reading_both(sql: Any, cat: Any) -> None:
    import sqlalchemy as sa

    from mlnb.catalog.tables import catalog_read

    heard: list[Any] = []
    cat.hooks.on_finished.append(heard.append)
    result = sql("SELECT count(*) AS n FROM raw.v")
    assert cat.recorder.flush(20)
    with cat.ground.metastore.connect() as connection:
        query = sa.select(catalog_read.c.table_id).where(catalog_read.c.statement_id == result.statement_id)
        read = {row.table_id for row in connection.execute(query)}
    assert read == {cat.info("raw.t").table_id, cat.info("raw.v").table_id}
    assert [view.name for view in heard[-1].views] == ["main.raw.v"]


def test_a_view_is_read_with_the_rights_of_its_owner(sql: Any, cat: Any) -> None:
    from mlnb.core.caller import calling

    cat.grant("main", "user:bob", "USE CATALOG")
    cat.grant("main.raw", "user:bob", "USE SCHEMA")
    cat.grant("main.raw.v", "user:bob", "SELECT")
    with calling(principal="bob"):
        assert len(sql("SELECT * FROM raw.v")) == 2
        assert code_of(sql, "SELECT * FROM raw.t").code == "PERMISSION_DENIED"


def test_identifier_names_tables_and_columns(sql: Any) -> None:
    given = {"t": "main.raw.t", "c": "name", "schema": "raw"}
    assert sql("SELECT max(IDENTIFIER(:c)) AS m FROM IDENTIFIER(:t)", given).rows() == [{"m": "b"}]
    assert sql("SELECT t.IDENTIFIER(:c) AS m FROM raw.t WHERE id = 2", given).rows() == [{"m": "b"}]
    assert sql("SELECT count(*) AS n FROM IDENTIFIER(:schema || '.t')", given).rows() == [{"n": 3}]
    assert code_of(sql, "SELECT IDENTIFIER(:c) AS m FROM raw.t", {"c": "nme"}).hint == "Did you mean name?"
    assert code_of(sql, "SELECT * FROM IDENTIFIER(:n)", {"n": 3}).code == "INVALID_PARAMETER_VALUE"
    assert code_of(sql, "SELECT IDENTIFIER(:c) FROM raw.t", {"c": "x; DROP TABLE t"}).code == "UNRESOLVED_COLUMN"


def test_parameters_keep_their_types(sql: Any) -> None:
    import datetime as dt
    import decimal

    values = {
        "i": 2**40, "f": 1.5, "s": "it's; -- x", "b": True, "d": dt.date(2024, 5, 1), "n": None,
        "t": dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC), "m": decimal.Decimal("1.10"), "l": [1, 2],
    }  # fmt: skip
    query = "SELECT " + ", ".join(f":{name} AS {name}" for name in values)
    result = sql(query, values)
    assert result.rows() == [values]
    assert result.types[:6] == ["bigint", "double", "string", "boolean", "date", "void"]
    assert sql("SELECT DATE '2024-05-10' - INTERVAL :days DAYS AS d", {"days": 9}).rows()[0]["d"] in (
        dt.date(2024, 5, 1), dt.datetime(2024, 5, 1),
    )  # fmt: skip


def test_functions_say_who_and_where_one_is(sql: Any) -> None:
    query = "SELECT current_user() AS u, session_user() AS s, current_catalog() AS c, current_schema() AS d, current_database() AS e"
    assert sql(query).rows() == [{"u": "ada", "s": "ada", "c": "main", "d": "default", "e": "default"}]
    assert sql("SELECT current_schema() AS s", schema="raw").rows() == [{"s": "raw"}]


def test_information_schema_lists_what_is_in_a_catalog(sql: Any, cat: Any) -> None:
    cat.create_catalog("dev")
    cat.create_schema("dev.x")
    cat.create_table("dev.x.keyed", pd.DataFrame({"k": [1], "w": ["a"]}), primary_key="k")
    tables = "SELECT table_schema, table_name, table_type FROM information_schema.tables ORDER BY table_name"
    assert sql(tables).rows() == [
        {"table_schema": "raw", "table_name": "t", "table_type": "MANAGED"},
        {"table_schema": "raw", "table_name": "v", "table_type": "VIEW"},
    ]
    assert [row["table_name"] for row in sql("SELECT table_name FROM dev.information_schema.tables")] == ["keyed"]
    everything = sql("SELECT table_catalog, count(*) AS n FROM system.information_schema.tables GROUP BY 1 ORDER BY 1")
    assert everything.rows() == [{"table_catalog": "dev", "n": 1}, {"table_catalog": "main", "n": 2}]
    columns = "SELECT column_name, full_data_type FROM information_schema.columns WHERE table_name = 't' ORDER BY ordinal_position"
    assert [tuple(row.values()) for row in sql(columns)] == [("id", "bigint"), ("name", "string"), ("x", "double")]
    keys = "SELECT column_name FROM dev.information_schema.key_column_usage"
    assert sql(keys).rows() == [{"column_name": "k"}]
    assert "sum" in sql("SELECT view_definition FROM information_schema.views").rows()[0]["view_definition"].lower()
    for name in ("catalogs", "schemata", "volumes", "routines", "table_tags", "column_tags", "table_privileges"):
        assert len(sql(f"SELECT * FROM system.information_schema.{name}").columns) >= 3, name
    assert code_of(sql, "SELECT * FROM information_schema.tabels").hint.startswith("Did you mean tables")
    assert code_of(sql, "SELECT * FROM nope.information_schema.tables").code == "CATALOG_NOT_FOUND"


def test_the_query_history_is_a_table(sql: Any) -> None:
    sql("SELECT count(*) AS n FROM raw.t").rows()
    found = sql(
        "SELECT statement_text, execution_status, produced_rows FROM system.query.history WHERE statement_type = 'SELECT'"
    )
    assert {
        "statement_text": "SELECT count(*) AS n FROM raw.t",
        "execution_status": "FINISHED",
        "produced_rows": 1,
    } in found.rows()


def test_changes_of_a_table_are_read_by_version(sql: Any, cat: Any) -> None:
    cat.append("raw.t", pd.DataFrame({"id": [4], "name": ["c"], "x": [9.0]}))
    rows = sql("SELECT id, _change_type, _commit_version FROM table_changes('raw.t', 1)").rows()
    assert rows == [{"id": 4, "_change_type": "insert", "_commit_version": 1}]
    assert code_of(sql, "SELECT * FROM table_changes('raw.t')").code == "INVALID_PARAMETER_VALUE"
    assert code_of(sql, "SELECT * FROM table_changes('raw.nope', 0)").code == "TABLE_OR_VIEW_NOT_FOUND"


@pytest.fixture
def volume(cat: Any) -> Any:
    """A volume with a few files, and a file outside it."""
    cat.create_schema("main.raw", if_not_exists=True)
    cat.create_volume("main.raw.files")
    root = cat.path("/Volumes/main/raw/files")
    (root / "sub").mkdir(parents=True)
    (root / "a.csv").write_text("id,name\n1,ann\n2,'bob'\n")
    (root / "b.csv").write_text("id,name,more\n3,cid,x\n")
    (root / "sub" / "c.json").write_text('{"a": 1}\n{"a": 2, "b": "x"}\n')
    pd.DataFrame({"q": [1.5]}).to_parquet(root / "d.parquet")
    (root / "e.log").write_text("one\ntwo\n")
    (cat.ground.root / "secret.csv").write_text("id\n1\n")
    (root / "link.csv").symlink_to(cat.ground.root / "secret.csv")
    return root


def test_files_of_a_volume_are_read(cat: Any, volume: Any) -> None:
    base = "/Volumes/main/raw/files"
    (volume / "link.csv").unlink()

    def rows(query: str) -> list[dict[str, Any]]:
        return cat.sql(query).rows()

    assert rows(f"SELECT * FROM read_files('{base}/a.csv', format => 'csv', header => true) ORDER BY id")[0] == {
        "id": 1,
        "name": "ann",
    }
    assert len(rows(f"SELECT id, more FROM read_files('{base}/*.csv', header => true)")) == 3
    hinted = cat.sql(f"SELECT id FROM read_files('{base}/a.csv', header => true, schemaHints => 'id STRING')")
    assert hinted.types == ["string"]
    assert rows(f"SELECT count(*) AS n, max(b) AS b FROM read_files('{base}/sub')") == [{"n": 2, "b": "x"}]
    assert rows(f"SELECT q FROM parquet.`{base}/d.parquet`") == [{"q": 1.5}]
    assert rows(f"SELECT value FROM read_files('{base}/e.log', format => 'text')") == [
        {"value": "one"},
        {"value": "two"},
    ]
    assert cat.sql("SELECT count(*) AS n FROM read_files(:p, header => true)", {"p": f"{base}/a.csv"}).rows() == [
        {"n": 2}
    ]
    made = cat.sql(f"CREATE TABLE raw.loaded AS SELECT * FROM read_files('{base}/a.csv', header => true)")
    assert made.rows()[0]["num_affected_rows"] == 2


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/etc/passwd", "PERMISSION_DENIED"),
        ("/Volumes/main/raw/files/../../../secret.csv", "PERMISSION_DENIED"),
        ("/Volumes/main/raw/files/link.csv", "PERMISSION_DENIED"),
        ("/Volumes/main/raw", "PERMISSION_DENIED"),
        ("/Volumes/main/raw/files/none.csv", "PATH_NOT_FOUND"),
        ("/Volumes/main/raw/files/e.log", "INVALID_PARAMETER_VALUE"),
    ],
)
def test_files_outside_a_volume_are_refused(cat: Any, volume: Any, path: str, code: str) -> None:
    assert code_of(cat.sql, f"SELECT * FROM read_files('{path}')").code == code


def test_options_of_files_are_checked(cat: Any, volume: Any) -> None:
    path = "/Volumes/main/raw/files/a.csv"
    error = code_of(cat.sql, f"SELECT * FROM read_files('{path}', heeder => true)")
    assert error.hint == "Did you mean header?"
    assert code_of(cat.sql, f"SELECT * FROM read_files('{path}', format => 'xls')").code == "INVALID_PARAMETER_VALUE"
    assert code_of(cat.sql, f"SELECT * FROM read_files('{path}', schema => 'id')").code in (
        "INVALID_PARAMETER_VALUE", "FAILED_READ_FILE",
    )  # fmt: skip
    assert files._guess("/x/A.CSV.gz") == "csv"


def test_functions_of_the_catalog_are_used_in_queries(sql: Any, cat: Any) -> None:
    sql("CREATE FUNCTION raw.twice(v DOUBLE) RETURNS DOUBLE RETURN v * 2")
    sql("CREATE FUNCTION raw.quad(v DOUBLE) RETURNS DOUBLE RETURN main.raw.twice(raw.twice(v))")
    sql(
        "CREATE FUNCTION raw.named(wanted STRING) RETURNS TABLE (id BIGINT, x DOUBLE) RETURN SELECT id, x FROM main.raw.t WHERE name = wanted"
    )
    assert sql("SELECT main.raw.twice(x) AS d FROM raw.t WHERE id = 3").rows() == [{"d": 8.0}]
    assert sql("SELECT quad(v => id) AS q FROM raw.t WHERE id = 2", schema="raw").rows() == [{"q": 8.0}]
    found = sql("SELECT n.id FROM raw.named(:w) AS n ORDER BY id", {"w": "a"})
    assert found.rows() == [{"id": 1}, {"id": 3}]
    assert [read.name for read in found.reads] == ["main.raw.t"]
    assert code_of(sql, "SELECT raw.twice(1, 2)").code == "WRONG_NUM_ARGS"
    assert "main.raw.twice" in str(code_of(sql, "SELECT raw.twise(1)").hint)
    assert code_of(sql, "SELECT raw.named('a')").code == "NOT_A_SCALAR_FUNCTION"


def test_python_functions_run_over_batches(sql: Any, cat: Any) -> None:
    sql(
        "CREATE FUNCTION raw.initial(s STRING, n INT) RETURNS STRING LANGUAGE PYTHON AS $$\nreturn None if s is None else s[:n].upper()\n$$"
    )
    assert sql("SELECT raw.initial(name, 1) AS i FROM raw.t ORDER BY id").rows() == [{"i": "A"}, {"i": "B"}, {"i": "A"}]
    assert sql("SELECT raw.initial(NULL, 1) AS i").rows() == [{"i": None}]
    grouped = "SELECT raw.initial(name, 1) AS i, count(*) AS n FROM raw.t GROUP BY raw.initial(name, 1) ORDER BY i"
    assert sql(grouped).rows() == [{"i": "A", "n": 2}, {"i": "B", "n": 1}]
    sql("CREATE FUNCTION raw.bad(v INT) RETURNS INT LANGUAGE PYTHON AS $$\nreturn 1 // v\n$$")
    error = code_of(sql, "SELECT raw.bad(0) AS b")
    assert "ZeroDivisionError" in error.message
