"""Statements of the platform that change rows, objects and rights, run as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlnb.core.errors import MlnbError


@pytest.fixture
def sql(cat: Any) -> Any:
    """Run statements in main.raw; the last one's rows come back."""

    def run(text: str, params: Any = None, frames: Any = None) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = cat.sql(text, params, frames=frames, schema="raw").rows()
        return rows

    run("CREATE TABLE t (id BIGINT NOT NULL, name STRING, amount DOUBLE)")
    run("INSERT INTO t VALUES (1, 'a', 1.5), (2, 'b', NULL), (3, 'c', 3)")
    return run


def error_of(run: Any, text: str, params: Any = None) -> MlnbError:
    with pytest.raises(MlnbError) as caught:
        run(text, params)
    return caught.value


def names(rows: list[dict[str, Any]], column: str) -> list[Any]:
    return [row[column] for row in rows]


def versions(run: Any, table: str = "t") -> int:
    return int(run(f"DESCRIBE HISTORY {table} LIMIT 1")[0]["version"])


# -- rows ----------------------------------------------------------------------------------------------------------------

CHANGES: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("UPDATE t SET name = upper(name) WHERE id = 1", [(1, "A", 1.5), (2, "b", None), (3, "c", 3.0)]),
    ("UPDATE t AS x SET x.amount = x.id * 2 WHERE x.amount IS NULL", [(1, "a", 1.5), (2, "b", 4.0), (3, "c", 3.0)]),
    ("UPDATE t SET amount = NULL", [(1, "a", None), (2, "b", None), (3, "c", None)]),
    ("UPDATE t SET name = DEFAULT WHERE id = 3", [(1, "a", 1.5), (2, "b", None), (3, None, 3.0)]),
    ("UPDATE t SET id = id + 1", [(2, "a", 1.5), (3, "b", None), (4, "c", 3.0)]),
    ("UPDATE t SET amount = (SELECT max(id) FROM t) WHERE id = 2", [(1, "a", 1.5), (2, "b", 3.0), (3, "c", 3.0)]),
    ("UPDATE main.raw.t SET name = 'x' WHERE main.raw.t.id > 2", [(1, "a", 1.5), (2, "b", None), (3, "x", 3.0)]),
    ("DELETE FROM t WHERE amount > 2", [(1, "a", 1.5), (2, "b", None)]),
    ("DELETE FROM t WHERE NOT (amount > 2)", [(2, "b", None), (3, "c", 3.0)]),
    ("DELETE FROM t x WHERE x.id IN (SELECT min(id) FROM t)", [(2, "b", None), (3, "c", 3.0)]),
    ("DELETE FROM t x WHERE EXISTS (SELECT 1 FROM t y WHERE y.id = x.id + 1)", [(3, "c", 3.0)]),
    ("DELETE FROM t WHERE length(name) = 1 AND substring(name, 1, 1) = 'b'", [(1, "a", 1.5), (3, "c", 3.0)]),
    ("DELETE FROM t", []),
    ("TRUNCATE TABLE t", []),
    ("INSERT INTO t (name, id) VALUES ('d', 4)", [(1, "a", 1.5), (2, "b", None), (3, "c", 3.0), (4, "d", None)]),
    ("INSERT INTO t VALUES (4, DEFAULT, 1)", [(1, "a", 1.5), (2, "b", None), (3, "c", 3.0), (4, None, 1.0)]),
    ("INSERT INTO t BY NAME SELECT 'd' AS name, 4 AS id", [(1, "a", 1.5), (2, "b", None), (3, "c", 3.0), (4, "d", None)]),
    ("INSERT INTO t TABLE t", [(1, "a", 1.5), (1, "a", 1.5), (2, "b", None), (2, "b", None), (3, "c", 3.0), (3, "c", 3.0)]),
    ("WITH n AS (SELECT 9 AS id) INSERT INTO t (id) SELECT id FROM n", [(1, "a", 1.5), (2, "b", None), (3, "c", 3.0), (9, None, None)]),
    ("INSERT OVERWRITE t SELECT * FROM t WHERE id = 2", [(2, "b", None)]),
    ("INSERT INTO t REPLACE WHERE id >= 2 SELECT 7, 'new', 7", [(1, "a", 1.5), (7, "new", 7.0)]),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "expected"), CHANGES, ids=[text for text, _ in CHANGES])
def test_a_statement_that_changes_rows_is_one_commit(sql: Any, statement: str, expected: list[tuple[Any, ...]]) -> None:
    before = versions(sql)
    sql(statement)
    rows = sql("SELECT * FROM t ORDER BY id")
    assert [tuple(row.values()) for row in rows] == expected
    assert versions(sql) == before + 1


def test_changed_rows_are_counted(sql: Any) -> None:
    assert sql("UPDATE t SET name = 'x' WHERE id > 1") == [{"num_affected_rows": 2}]
    assert sql("DELETE FROM t WHERE id IN (SELECT 3)") == [{"num_affected_rows": 1}]
    assert sql("DELETE FROM t WHERE id = 99") == [{"num_affected_rows": 0}]
    assert sql("INSERT INTO t VALUES (5, 'e', 5)")[0]["num_inserted_rows"] == 1
    assert sql("DELETE FROM t") == [{"num_affected_rows": 3}]


def test_parameters_with_quotes_and_semicolons_are_values(sql: Any) -> None:
    nasty = """it's; DROP TABLE t; -- "`:id"""
    sql("INSERT INTO t VALUES (:id, :name, 1)", {"id": 4, "name": nasty})
    sql("UPDATE t SET name = :name WHERE id = :id", {"id": 1, "name": nasty})
    assert names(sql("SELECT name FROM t WHERE name = :name ORDER BY id", {"name": nasty}), "name") == [nasty, nasty]
    sql("COMMENT ON TABLE t IS :c", {"c": nasty})
    sql("ALTER TABLE t ALTER COLUMN name COMMENT :c", {"c": nasty})
    described = {row["col_name"]: row for row in sql("DESCRIBE EXTENDED t")}
    assert described["Comment"]["data_type"] == nasty
    assert described["name"]["comment"] == nasty
    sql("DELETE FROM t WHERE name = :name", {"name": nasty})
    assert names(sql("SELECT id FROM t ORDER BY id"), "id") == [2, 3]


def test_identifier_names_a_table_in_every_kind_of_statement(sql: Any) -> None:
    given = {"t": "main.raw.t"}
    sql("INSERT INTO IDENTIFIER(:t) (id) VALUES (4)", given)
    sql("UPDATE IDENTIFIER(:t) SET name = 'x' WHERE id = 4", given)
    sql("DELETE FROM IDENTIFIER(:t) WHERE id = 1", given)
    assert names(sql("SELECT id FROM IDENTIFIER(:t) ORDER BY id", given), "id") == [2, 3, 4]
    sql("COMMENT ON TABLE IDENTIFIER(:t) IS 'c'", given)
    sql("DROP TABLE IDENTIFIER(:t)", given)
    assert error_of(sql, "SELECT * FROM t").code == "TABLE_OR_VIEW_NOT_FOUND"


def test_merge_takes_a_data_frame_and_does_all_it_says(sql: Any) -> None:
    frame = pd.DataFrame({"id": [1, 2, 9], "name": ["A", "B", "N"], "gone": [False, True, False]})
    counts = sql(
        """MERGE INTO t USING frame AS s ON t.id = s.id
           WHEN MATCHED AND s.gone THEN DELETE
           WHEN MATCHED THEN UPDATE SET t.name = concat(s.name, '!'), amount = t.amount + 1
           WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)
           WHEN NOT MATCHED BY SOURCE AND t.id > 2 THEN UPDATE SET name = 'alone'""",
        frames={"frame": frame},
    )
    assert counts == [{"num_affected_rows": 4, "num_updated_rows": 2, "num_deleted_rows": 1, "num_inserted_rows": 1}]
    rows = sql("SELECT * FROM t ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [(1, "A!", 2.5), (3, "alone", 3.0), (9, "N", None)]


def test_merge_with_stars_wants_all_columns_unless_the_schema_may_grow(sql: Any) -> None:
    error = error_of(sql, "MERGE INTO t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET *")
    assert error.code == "UNRESOLVED_COLUMN"
    assert "name, amount" in error.message
    sql(
        "MERGE WITH SCHEMA EVOLUTION INTO t USING (SELECT 1 AS id, 'de' AS lang UNION ALL SELECT 8, 'fr') s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    rows = sql("SELECT id, name, lang FROM t ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [(1, "a", "de"), (2, "b", None), (3, "c", None), (8, None, "fr")]


def test_a_table_that_grows_by_a_merge_keeps_its_rules(sql: Any) -> None:
    sql("CREATE TABLE p (id BIGINT NOT NULL, day STRING) PARTITIONED BY (day); INSERT INTO p VALUES (1, 'mo')")
    sql(
        "MERGE WITH SCHEMA EVOLUTION INTO p USING (SELECT 1 AS id, 2 AS more) s ON p.id = s.id WHEN MATCHED THEN UPDATE SET *"
    )
    assert sql("SELECT * FROM p") == [{"id": 1, "day": "mo", "more": 2}]
    assert names(sql("SHOW PARTITIONS p"), "day") == ["mo"]
    assert error_of(sql, "INSERT INTO p (day) VALUES ('tu')").code == "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"


def test_insert_with_schema_evolution_adds_columns(sql: Any) -> None:
    sql("INSERT WITH SCHEMA EVOLUTION INTO t SELECT 4 AS id, true AS flag")
    assert sql("SELECT * FROM t WHERE id = 4") == [{"id": 4, "name": None, "amount": None, "flag": True}]
    assert error_of(sql, "INSERT INTO t BY NAME SELECT 5 AS id, 1 AS other").code == "UNRESOLVED_COLUMN"


def test_partitions_are_inserted_and_overwritten_by_value(sql: Any) -> None:
    sql("CREATE TABLE p (a INT, day STRING) PARTITIONED BY (day)")
    sql("INSERT INTO p PARTITION (day = 'mo') SELECT 1")
    sql("INSERT INTO p VALUES (2, 'mo'), (3, 'tu')")
    sql("INSERT OVERWRITE p PARTITION (day = 'mo') SELECT 9")
    assert sql("SELECT * FROM p ORDER BY a") == [{"a": 3, "day": "tu"}, {"a": 9, "day": "mo"}]
    assert names(sql("SHOW PARTITIONS p"), "day") == ["mo", "tu"]


REFUSED = [
    ("UPDATE t SET nam = 1", "UNRESOLVED_COLUMN", "name"),
    ("UPDATE t SET id = 1, ID = 2", "COLUMN_ALREADY_EXISTS", None),
    ("UPDATE t SET name = 'x' FROM t AS o", "PARSE_SYNTAX_ERROR", "MERGE"),
    ("DELETE FROM nope", "TABLE_OR_VIEW_NOT_FOUND", None),
    ("DELETE FROM t WHERE nam = 1", "UNRESOLVED_COLUMN", "name"),
    ("DELETE FROM t WHERE id = :missing", "UNBOUND_SQL_PARAMETER", "missing"),
    ("INSERT INTO t SELECT 1", "INSERT_COLUMN_ARITY_MISMATCH", "id, name, amount"),
    ("INSERT INTO t (id, id) SELECT 1, 2", "COLUMN_ALREADY_EXISTS", None),
    ("INSERT INTO t (id, nam) SELECT 1, 2", "UNRESOLVED_COLUMN", "name"),
    ("INSERT INTO t VALUES ('abc', 'x', 1)", "CAST_INVALID_INPUT", None),
    ("INSERT INTO t VALUES (NULL, 'x', 1)", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES", None),
    ("INSERT INTO t REPLACE WHERE id = 3 SELECT 4, 'x', 1", "DELTA_REPLACE_WHERE_MISMATCH", None),
    ("INSERT INTO v VALUES (1)", "EXPECT_TABLE_NOT_VIEW", None),
    ("DELETE FROM v", "EXPECT_TABLE_NOT_VIEW", None),
    (
        "MERGE INTO t USING (SELECT 1 AS id UNION ALL SELECT 1) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = 'x'",
        "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE",
        None,
    ),
    ("MERGE INTO t USING t s ON t.id = s.idd WHEN MATCHED THEN DELETE", "UNRESOLVED_COLUMN", "id"),
    ("MERGE INTO t USING (SELECT 1 AS id) ON true WHEN MATCHED THEN DELETE", "PARSE_SYNTAX_ERROR", "AS s"),
    ("CREATE TABLE t (a INT)", "TABLE_OR_VIEW_ALREADY_EXISTS", "OR REPLACE"),
    ("CREATE TABLE new (a INT, A STRING)", "COLUMN_ALREADY_EXISTS", None),
    ("CREATE TABLE new (a INTT)", "UNSUPPORTED_DATATYPE", "BIGINT"),
    ("CREATE TABLE new (a INT DEFAULT 3)", "PARSE_SYNTAX_ERROR", "INSERT"),
    ("CREATE TABLE new (a INT, CHECK (length(b) > 1))", "DELTA_UNSUPPORTED_EXPRESSION_CHECK_CONSTRAINT", None),
    ("CREATE TABLE new (a INT, PRIMARY KEY (b))", "UNRESOLVED_COLUMN", None),
    ("CREATE TABLE new USING parquet AS SELECT 1", "PARSE_SYNTAX_ERROR", "COPY INTO"),
    ("CREATE TABLE new (a INT) AS SELECT 1", "PARSE_SYNTAX_ERROR", "column list"),
    ("CREATE TEMPORARY VIEW x AS SELECT 1", "PARSE_SYNTAX_ERROR", "data frame"),
    ("CREATE OR REPLACE TABLE IF NOT EXISTS new (a INT)", "PARSE_SYNTAX_ERROR", None),
    ("ALTER TABLE t FOO", "PARSE_SYNTAX_ERROR", "RENAME TO"),
    ("ALTER TABLE t ADD COLUMN x INT NOT NULL", "DELTA_ADD_COLUMN_NOT_NULL", "SET NOT NULL"),
    ("ALTER TABLE t ALTER COLUMN amount SET NOT NULL", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES", "UPDATE"),
    ("DROP TABLE nope", "TABLE_OR_VIEW_NOT_FOUND", None),
    ("DROP SCHEMA raw", "INVALID_STATE", None),
    ("RESTORE TABLE t TO VERSION AS OF 99", "VERSION_NOT_FOUND", None),
    ("VACUUM t RETAIN 0 HOURS", "DELTA_VACUUM_RETENTION_TOO_SHORT", None),
    ("GRANT FLY ON TABLE t TO ann", "PARSE_SYNTAX_ERROR", "SELECT"),
    ("SHOW TABLES IN nope", "SCHEMA_NOT_FOUND", None),
    ("SET spark.sql.shuffle.partitions = 3", "PARSE_SYNTAX_ERROR", "mlnb.toml"),
    ("COMMENT ON TABLE t IS 'open", "PARSE_SYNTAX_ERROR", "quote"),
    ("DESCRIBE t nam", "UNRESOLVED_COLUMN", "name"),
]


def test_bad_statements_say_why_and_change_nothing(sql: Any, cat: Any) -> None:
    sql("CREATE VIEW v AS SELECT id FROM t")
    before = (sql("SELECT * FROM t ORDER BY id"), versions(sql), sql("SHOW TABLES"))
    for statement, code, hint in REFUSED:
        error = error_of(sql, statement)
        assert error.code == code, f"{statement}: {error}"
        assert hint is None or hint in f"{error.message} {error.hint}", f"{statement}: {error}"
    assert (sql("SELECT * FROM t ORDER BY id"), versions(sql), sql("SHOW TABLES")) == before


def test_syntax_errors_name_line_and_column(sql: Any) -> None:
    error = error_of(sql, "ALTER TABLE t\n  ADD COLUMN (x INT,, y INT)")
    assert (error.details["line"], error.details["column"]) == (2, 21)


# -- objects -------------------------------------------------------------------------------------------------------------


def test_a_table_is_made_with_key_rules_comments_and_properties(sql: Any, cat: Any) -> None:
    sql(
        """CREATE TABLE `odd name` (
             id BIGINT COMMENT 'the; key', at TIMESTAMP, amount DECIMAL(10, 2), tags ARRAY<STRING>,
             place STRUCT<city: STRING, spot: MAP<STRING, INT>>,
             CONSTRAINT positive CHECK (amount > 0), PRIMARY KEY (id, at TIMESERIES)
           ) USING DELTA COMMENT 'it\\'s' TBLPROPERTIES ('team' = 'x', nested.key = 3)"""
    )
    info = cat.info("main.raw.`odd name`")
    assert [column.type_text for column in info.columns][2:4] == ["decimal(10,2)", "array<string>"]
    assert (info.primary_key, info.timeseries, info.comment) == (["id", "at"], "at", "it's")
    assert info.properties["nested.key"] == "3"
    assert [(c.name, c.expression) for c in info.constraints] == [("positive", "amount > 0")]
    assert info.columns[0].comment == "the; key"
    text = sql("SHOW CREATE TABLE `odd name`")[0]["createtab_stmt"]
    sql("DROP TABLE `odd name`")
    sql(text)
    again = cat.info("main.raw.`odd name`")
    kept = ("columns", "primary_key", "timeseries", "comment", "properties", "constraints")
    assert [getattr(again, key) for key in kept] == [getattr(info, key) for key in kept]


def test_replacing_a_table_replaces_its_rules_too(sql: Any) -> None:
    sql("ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0)")
    sql("CREATE OR REPLACE TABLE t AS SELECT -1 AS x")
    assert sql("SELECT * FROM t") == [{"x": -1}]
    sql("ALTER TABLE t ADD CONSTRAINT c CHECK (x < 0)")
    assert error_of(sql, "CREATE OR REPLACE TABLE t AS SELECT CAST('a' AS INT) AS y").code == "CAST_INVALID_INPUT"
    assert error_of(sql, "INSERT INTO t VALUES (1)").code == "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"


def test_tables_are_copied_as_they_are_or_empty(sql: Any) -> None:
    sql("DELETE FROM t WHERE id = 1")
    sql("CREATE TABLE empty LIKE t")
    sql("CREATE TABLE now CLONE t")
    sql("CREATE TABLE before DEEP CLONE t VERSION AS OF 1")
    counted = [sql(f"SELECT count(*) AS n FROM {name}")[0]["n"] for name in ("empty", "now", "before")]
    assert counted == [0, 2, 3]
    assert error_of(sql, "INSERT INTO empty (name) VALUES ('x')").code == "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"


def test_columns_are_added_renamed_retyped_and_dropped(sql: Any) -> None:
    sql("ALTER TABLE t ADD COLUMNS (x INT COMMENT 'new', y STRING)")
    sql("ALTER TABLE t ADD COLUMN IF NOT EXISTS (x INT)")
    sql("ALTER TABLE t RENAME COLUMN x TO z")
    sql("ALTER TABLE t ALTER COLUMN z TYPE BIGINT")
    sql("ALTER TABLE t DROP COLUMN IF EXISTS (y, other)")
    sql("UPDATE t SET z = id")
    assert names(sql("SHOW COLUMNS IN t"), "col_name") == ["id", "name", "amount", "z"]
    described = {row["col_name"]: row["data_type"] for row in sql("DESCRIBE t")}
    assert described["z"] == "bigint"
    assert sql("SELECT count(*) AS n FROM t VERSION AS OF 1")[0]["n"] == 3


def test_rules_keys_and_empty_values_are_changed(sql: Any, cat: Any) -> None:
    sql("ALTER TABLE t ADD CONSTRAINT big CHECK (id < 100)")
    assert error_of(sql, "INSERT INTO t VALUES (100, 'x', 1)").code == "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"
    sql("ALTER TABLE t DROP CONSTRAINT big")
    sql("ALTER TABLE t DROP CONSTRAINT IF EXISTS big")
    sql("ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (id)")
    assert cat.info("raw.t").primary_key == ["id"]
    sql("ALTER TABLE t DROP PRIMARY KEY")
    assert error_of(sql, "ALTER TABLE t DROP PRIMARY KEY").code == "CONSTRAINT_DOES_NOT_EXIST"
    sql("ALTER TABLE t ALTER COLUMN id DROP NOT NULL")
    sql("INSERT INTO t VALUES (NULL, 'x', 1)")
    sql("DELETE FROM t WHERE id IS NULL")
    sql("ALTER TABLE t ALTER COLUMN id SET NOT NULL")
    assert error_of(sql, "INSERT INTO t VALUES (NULL, 'x', 1)").code == "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"


def test_objects_are_renamed_dropped_and_brought_back(sql: Any) -> None:
    sql("ALTER TABLE t RENAME TO `new; name`")
    assert names(sql("SHOW TABLES"), "tableName") == ["new; name"]
    sql("DROP TABLE `new; name`")
    sql("DROP TABLE IF EXISTS `new; name`")
    assert names(sql("SHOW TABLES DROPPED"), "tableName") == ["new; name"]
    sql("UNDROP TABLE `new; name`")
    assert sql("SELECT count(*) AS n FROM `new; name`")[0]["n"] == 3
    sql("CREATE SCHEMA IF NOT EXISTS main.other COMMENT 'x'")
    sql("ALTER TABLE `new; name` RENAME TO main.other.t")
    sql("ALTER SCHEMA other RENAME TO another")
    assert sql("SELECT count(*) AS n FROM main.another.t")[0]["n"] == 3
    sql("DROP SCHEMA another CASCADE")
    assert "another" not in names(sql("SHOW SCHEMAS"), "databaseName")
    sql("CREATE CATALOG dev COMMENT 'for trying'; CREATE SCHEMA dev.s; CREATE TABLE dev.s.t AS SELECT 1 AS a")
    assert sql("SELECT a FROM dev.s.t") == [{"a": 1}]
    sql("DROP CATALOG dev CASCADE")
    assert names(sql("SHOW CATALOGS LIKE 'd*|m*'"), "catalog") == ["main"]


def test_views_are_made_changed_and_shown(sql: Any) -> None:
    sql("CREATE VIEW v (n COMMENT 'a; name') COMMENT 'few' AS SELECT name FROM t WHERE id < 3")
    assert names(sql("SELECT n FROM v ORDER BY n"), "n") == ["a", "b"]
    sql("ALTER VIEW v AS SELECT id FROM t")
    assert names(sql("SELECT * FROM v ORDER BY id"), "id") == [1, 2, 3]
    assert names(sql("SHOW VIEWS"), "viewName") == ["v"]
    assert "CREATE VIEW" in sql("SHOW CREATE TABLE v")[0]["createtab_stmt"]
    sql("CREATE VIEW IF NOT EXISTS v AS SELECT 1")
    sql("CREATE OR REPLACE VIEW v AS SELECT 1 AS one")
    assert sql("SELECT * FROM v") == [{"one": 1}]
    sql("DROP VIEW v")
    assert sql("SHOW VIEWS") == []


def test_functions_are_made_described_and_dropped(sql: Any) -> None:
    sql("CREATE FUNCTION plus(x INT, y INT) RETURNS INT COMMENT 'adds; two' RETURN x + y")
    assert names(sql("SHOW FUNCTIONS"), "function") == ["main.raw.plus"]
    described = {row["info_name"]: row["info_value"] for row in sql("DESCRIBE FUNCTION EXTENDED plus")}
    assert "x + y" in described["Body"]
    sql("CREATE FUNCTION IF NOT EXISTS plus(x INT) RETURNS INT RETURN x")
    sql("DROP FUNCTION plus")
    assert sql("SHOW FUNCTIONS") == []


# -- history, care, looking ----------------------------------------------------------------------------------------------


def test_history_is_shown_and_restored(sql: Any) -> None:
    sql("DELETE FROM t; INSERT INTO t VALUES (9, 'z', 9)")
    assert sql("RESTORE TABLE t TO VERSION AS OF :v", {"v": 1})[0]["num_of_files_after_restore"] == 1
    assert names(sql("SELECT id FROM t ORDER BY id"), "id") == [1, 2, 3]
    history = sql("DESCRIBE HISTORY t")
    assert len(history[0]) == 15
    assert history[0]["operation"] == "RESTORE"
    at = history[1]["timestamp"].isoformat()
    sql(f"RESTORE t TO TIMESTAMP AS OF '{at}'")
    assert names(sql("SELECT id FROM t ORDER BY id"), "id") == [9]


def test_files_are_joined_and_looked_after(sql: Any) -> None:
    for number in range(4, 8):
        sql(f"INSERT INTO t VALUES ({number}, 'x', 1)")
    sql("OPTIMIZE t ZORDER BY (id)")
    assert sql("DESCRIBE DETAIL t")[0]["numFiles"] == 1
    assert sql("VACUUM t DRY RUN") == []
    sql("ANALYZE TABLE t COMPUTE STATISTICS FOR ALL COLUMNS")
    sql("ANALYZE TABLES IN raw COMPUTE STATISTICS NOSCAN")
    sql("REFRESH TABLE t")


def test_looking_statements_answer_with_the_platforms_columns(sql: Any) -> None:
    shown = {
        "SHOW CATALOGS": ["catalog"],
        "SHOW SCHEMAS IN main": ["databaseName"],
        "SHOW DATABASES LIKE 'r*'": ["databaseName"],
        "SHOW TABLES IN main.raw LIKE '*'": ["database", "tableName", "isTemporary"],
        "SHOW VIEWS": ["namespace", "viewName", "isTemporary", "isMaterialized"],
        "SHOW FUNCTIONS": ["function"],
        "SHOW COLUMNS IN t": ["col_name"],
        "SHOW TBLPROPERTIES t": ["key", "value"],
        "SHOW TBLPROPERTIES t ('nope')": ["key", "value"],
        "SHOW TABLE EXTENDED IN raw LIKE 't'": ["database", "tableName", "isTemporary", "information"],
        "SHOW GRANTS ON TABLE t": ["Principal", "ActionType", "ObjectType", "ObjectKey"],
        "DESCRIBE t": ["col_name", "data_type", "comment"],
        "DESC TABLE EXTENDED t": ["col_name", "data_type", "comment"],
        "DESCRIBE t id": ["info_name", "info_value"],
        "DESCRIBE QUERY SELECT 1 AS a": ["col_name", "data_type", "comment"],
        "EXPLAIN SELECT id FROM t WHERE id = 1": ["plan"],
        "DESCRIBE SCHEMA EXTENDED raw": ["info_name", "info_value"],
        "DESCRIBE CATALOG main": ["info_name", "info_value"],
        "DESCRIBE t AS JSON": ["json_metadata"],
    }
    for statement, columns in shown.items():
        rows = sql(statement)
        assert not rows or list(rows[0]) == columns, statement


# -- rights and what people say ------------------------------------------------------------------------------------------


def test_comments_tags_owners_and_properties_are_set(sql: Any, cat: Any) -> None:
    sql("COMMENT ON COLUMN t.name IS 'who'; COMMENT ON SCHEMA raw IS 'as it came'; COMMENT ON CATALOG main IS 'all'")
    sql("ALTER TABLE t SET TAGS ('pii' = 'yes', 'raw')")
    sql("ALTER TABLE t ALTER COLUMN name SET TAGS ('kind' = 'a; b')")
    sql("SET TAG ON SCHEMA raw team = `x`")
    tags = {(tag.column, tag.key): tag.value for tag in cat.tags("main.raw.t")}
    assert tags == {(None, "pii"): "yes", (None, "raw"): "", ("name", "kind"): "a; b"}
    sql("ALTER TABLE t UNSET TAGS ('raw')")
    sql("UNSET TAG ON COLUMN t.name kind")
    assert [tag.key for tag in cat.tags("main.raw.t")] == ["pii"]
    sql("ALTER TABLE t SET TBLPROPERTIES ('a' = 'b', comment = 'new')")
    assert (cat.info("raw.t").properties["a"], cat.info("raw.t").comment) == ("b", "new")
    sql("ALTER TABLE t UNSET TBLPROPERTIES ('a')")
    assert error_of(sql, "ALTER TABLE t UNSET TBLPROPERTIES ('a')").code == "UNSET_NONEXISTENT_PROPERTIES"
    sql("ALTER SCHEMA raw OWNER TO `data team`")
    assert cat.schema_info("raw").owner == "data team"


def test_grants_are_given_shown_and_taken(sql: Any) -> None:
    sql("GRANT SELECT, MODIFY ON TABLE t TO ann@example.org; GRANT SELECT ON SCHEMA raw TO `data team`")
    shown = sql("SHOW GRANTS ON TABLE t")
    assert {(row["Principal"], row["ActionType"], row["ObjectType"]) for row in shown} == {
        ("ann@example.org", "SELECT", "TABLE"),
        ("ann@example.org", "MODIFY", "TABLE"),
        ("data team", "SELECT", "SCHEMA"),
    }
    sql("REVOKE MODIFY ON t FROM ann@example.org")
    assert names(sql("SHOW GRANTS `ann@example.org` ON t"), "ActionType") == ["SELECT"]


# -- state and files -----------------------------------------------------------------------------------------------------


def test_use_completes_short_names(cat: Any) -> None:
    cat.sql("CREATE TABLE raw.t AS SELECT 1 AS a; USE raw")
    assert cat.sql("SELECT a FROM t").rows() == [{"a": 1}]
    assert cat.table("t").full_name == "main.raw.t"
    cat.sql("USE CATALOG main")
    with pytest.raises(MlnbError) as caught:
        cat.sql("USE nope")
    assert caught.value.code == "SCHEMA_NOT_FOUND"
    assert cat.current_schema == "default"


def test_widgets_are_parameters_of_later_statements(sql: Any) -> None:
    widgets: dict[str, Any] = {}
    sql("CREATE WIDGET TEXT city DEFAULT 'it''s; here'", widgets)
    sql("CREATE WIDGET DROPDOWN kind DEFAULT 'b' CHOICES SELECT name FROM t", widgets)
    assert sql("SELECT :city AS c, :kind AS k", widgets) == [{"c": "it's; here", "k": "b"}]
    assert (
        "choices" in error_of(sql, "CREATE WIDGET DROPDOWN x DEFAULT 'q' CHOICES SELECT name FROM t", widgets).message
    )
    sql("REMOVE WIDGET city", widgets)
    assert widgets == {"kind": "b"}


def test_files_of_volumes_are_put_listed_loaded_and_removed(sql: Any, cat: Any, write: Any, tmp_path: Path) -> None:
    source = write("in/orders.csv", "id,name\n007,it's\n8,b\n")
    sql("CREATE VOLUME files COMMENT 'in; box'")
    assert names(sql("SHOW VOLUMES"), "volume_name") == ["files"]
    where = "/Volumes/main/raw/files"
    sql(f"PUT '{source}' INTO '{where}/a/orders.csv'")
    assert error_of(sql, f"PUT '{source}' INTO '{where}/a/orders.csv'").code
    sql(f"PUT '{source}' INTO '{where}/a/orders.csv' OVERWRITE")
    assert names(sql(f"LIST '{where}/a'"), "name") == ["orders.csv"]
    sql(f"GET '{where}/a/orders.csv' TO '{tmp_path / 'out.csv'}'")
    assert (tmp_path / "out.csv").read_bytes() == source.read_bytes()
    copied = sql(f"COPY INTO orders FROM '{where}/a' FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true')")
    assert copied[0]["num_inserted_rows"] == 2
    again = sql(f"COPY INTO orders FROM '{where}/a' FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true')")
    assert again[0]["num_inserted_rows"] == 0
    forced = sql(f"COPY INTO orders FROM '{where}/a' FILEFORMAT = CSV COPY_OPTIONS ('force' = 'true')")
    assert forced[0]["num_inserted_rows"] == 2
    assert names(sql("SELECT DISTINCT id FROM orders ORDER BY id"), "id") == ["007", "8"]
    sql(f"REMOVE '{where}/a/orders.csv'")
    assert sql(f"LIST '{where}/a'") == []
    assert error_of(sql, f"LIST '{where}/../../x'").code in ("PERMISSION_DENIED", "INVALID_PARAMETER_VALUE")
    sql("DROP VOLUME files")
