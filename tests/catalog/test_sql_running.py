"""Statements while they run and after: scripts, cancelling, progress, what is written down."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa

from mlnb.catalog.sql.script import parts
from mlnb.catalog.tables import catalog_read, catalog_statement
from mlnb.core.errors import MlnbError
from tests.waiting import until

#: More work than any test waits for.
LONG = "SELECT count(*) AS n FROM range(100000000000) AS r(a) WHERE a % 7 = 3"


def statements(catalog: Any) -> list[Any]:
    assert catalog.recorder.flush(20)
    with catalog.ground.metastore.connect() as connection:
        return list(connection.execute(sa.select(catalog_statement).order_by(catalog_statement.c.started_at)))


def later(cat: Any, action: Any) -> threading.Thread:
    """Do something once a statement computes, or its rows are read."""

    def run() -> None:
        until(lambda: any(running._cursors for running in cat.front.statements.all()), what="a statement")
        time.sleep(0.2)
        action()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;", ["SELECT 1"]),
        ("SELECT 1;\n\n;; -- the end;\n", ["SELECT 1"]),
        ("SELECT 'a;b'; SELECT \"c;d\", `e;f`", ["SELECT 'a;b'", 'SELECT "c;d", `e;f`']),
        ("SELECT 'it''s;' -- one; two\n; SELECT 2", ["SELECT 'it''s;' -- one; two", "SELECT 2"]),
        ("SELECT 'a\\';b'; SELECT r'\\'; SELECT 3", ["SELECT 'a\\';b'", "SELECT r'\\'", "SELECT 3"]),
        ("/* a; b */ SELECT 1; SELECT 2 /* c;", ["/* a; b */ SELECT 1", "SELECT 2 /* c;"]),
        ("CREATE FUNCTION f() AS $$ x; y $$; SELECT 1", ["CREATE FUNCTION f() AS $$ x; y $$", "SELECT 1"]),
        ("SELECT 5 - 3; SELECT a-b FROM t; SELECT 4/2", ["SELECT 5 - 3", "SELECT a-b FROM t", "SELECT 4/2"]),
        ("SELECT 'open; SELECT 2", ["SELECT 'open; SELECT 2"]),
        ("", [""]),
        (";", [""]),
    ],
)
def test_a_script_is_split_where_a_statement_ends(script: str, expected: list[str]) -> None:
    assert [part.text.strip() for part in parts(script)] == expected


def test_several_statements_run_in_order_and_the_last_result_is_returned(cat: Any) -> None:
    result = cat.sql(
        "CREATE TABLE raw.s AS SELECT 1 AS a; INSERT INTO raw.s VALUES (2);\nSELECT sum(a) AS s FROM raw.s;"
    )
    assert result.rows() == [{"s": 3}]
    assert [one.kind for one in result.script] == ["CREATE_TABLE_AS_SELECT", "INSERT", "SELECT"]
    assert [one.statement for one in result.script][1] == "INSERT INTO raw.s VALUES (2)"
    before = cat.sql("SELECT count(*) AS n FROM raw.s; INSERT INTO raw.s VALUES (9)").script[0]
    assert before.rows() == [{"n": 2}]


def test_an_error_in_a_script_says_which_statement_and_marks_the_word(cat: Any) -> None:
    with pytest.raises(MlnbError) as caught:
        cat.sql("CREATE TABLE raw.s AS SELECT 1 AS a;\nSELECT a,\n  bb FROM raw.s;\nSELECT 3")
    error = caught.value
    assert (error.details["line"], error.details["column"], error.details["statement"]) == (3, 3, 2)
    assert error.details["snippet"] == "  bb FROM raw.s\n  ^^"
    assert error.message.startswith("Statement 2 of 3: ")
    assert "The one before it was run." in str(error.hint)
    assert any("^^" in line for line in error._render_traceback_())
    assert cat.exists("raw.s")


def test_a_statement_is_written_down_with_what_it_read_and_from_where(cat: Any) -> None:
    from mlnb.core.caller import calling

    cat.write("raw.t", pd.DataFrame({"id": [1, 2], "x": [1.0, 2.0]}))
    heard: list[Any] = []
    cat.hooks.on_finished.append(heard.append)
    with calling(notebook="a.ipynb", cell_id="c1"):
        made = cat.sql("CREATE TABLE raw.u AS SELECT id FROM raw.t")
        read = cat.sql("SELECT id, y FROM raw.t JOIN mine USING (id)", frames={"mine": pa.table({"id": [1], "y": [5]})})
    assert len(read) == 1
    with pytest.raises(MlnbError):
        cat.sql("SELECT nope FROM raw.t")
    cat.table("raw.t").to_arrow(columns=["x"], where="id > 1")
    rows = statements(cat)
    assert [(row.kind, row.status, row.rows, row.error_code) for row in rows] == [
        ("CREATE_TABLE_AS_SELECT", "FINISHED", 2, None),
        ("SELECT", "FINISHED", 1, None),
        ("SELECT", "FAILED", 0, "UNRESOLVED_COLUMN"),
        ("READ", "FINISHED", 1, None),
    ]
    assert [row.id for row in rows[:2]] == [made.statement_id, read.statement_id]
    assert rows[0].context["writes"] == [{"name": "main.raw.u", "version": 0}]
    assert (rows[1].actor, rows[1].context["notebook"], rows[1].context["cell_id"]) == ("ada", "a.ipynb", "c1")
    assert rows[1].context["frames"] == ["mine"]
    assert "FROM main.raw.t WHERE id > 1" in rows[3].sql
    with cat.ground.metastore.connect() as connection:
        reads = {row.statement_id: row for row in connection.execute(sa.select(catalog_read))}
    table_id = cat.info("raw.t").table_id
    assert (reads[read.statement_id].table_id, reads[read.statement_id].columns) == (table_id, ["id"])
    assert [one.kind for one in heard] == ["CREATE_TABLE_AS_SELECT", "SELECT", "SELECT", "READ"]
    assert heard[1].tree.sql("databricks").startswith("SELECT id, y FROM raw.t")
    assert [(write.name, write.version) for write in heard[0].writes] == [("main.raw.u", 0)]
    assert cat.history("raw.u")[0].statement_id == made.statement_id


def test_a_listener_that_fails_disturbs_nobody(cat: Any) -> None:
    def fail(_: Any) -> None:
        raise RuntimeError("no")

    heard: list[Any] = []
    cat.hooks.on_finished += [fail, heard.append]
    assert cat.sql("SELECT 1 AS one").rows() == [{"one": 1}]
    assert [row.kind for row in statements(cat)] == ["SELECT"]
    assert len(heard) == 1


def test_a_result_that_nobody_reads_to_its_end_is_written_down_when_it_goes(cat: Any) -> None:
    result = cat.sql("SELECT * FROM range(400000) AS r(a)")
    assert statements(cat) == []
    assert len(cat.front.statements.all()) == 1
    del result
    assert [(row.status, row.kind) for row in statements(cat)] == [("FINISHED", "SELECT")]
    assert cat.front.statements.all() == []


def test_statements_older_than_the_setting_are_forgotten(cat: Any) -> None:
    cat.sql("SELECT 1 AS one").rows()
    assert len(statements(cat)) == 1
    cat.recorder._purged_at = 0
    cat.settings.query_history_days = 0
    time.sleep(0.01)
    cat.sql("SELECT 2 AS two").rows()
    assert statements(cat) == []


def test_another_thread_cancels_a_statement(cat: Any) -> None:
    def cancel() -> None:
        (running,) = cat.front.statements.all()
        assert cat.cancel(running.id)

    later(cat, cancel)
    with pytest.raises(MlnbError) as caught:
        cat.sql(LONG)
    assert caught.value.code == "CANCELLED"
    assert [(row.status, row.error_code) for row in statements(cat)] == [("CANCELED", "CANCELLED")]
    assert not cat.cancel("nothing")
    assert cat.sql("SELECT 1 AS one").rows() == [{"one": 1}]


def test_a_cancel_that_comes_between_two_queries_of_a_statement_is_repeated(cat: Any) -> None:
    heard: list[int] = []
    cursor = SimpleNamespace(interrupt=lambda: heard.append(1))
    running = cat.front.statements.start("a statement")
    running.attach(cursor)
    running.cancel()
    until(lambda: len(heard) > 2)
    cat.front.statements.end(running)


def test_a_statement_that_ends_while_its_progress_is_written_has_ended(
    cat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = cat.front.statements
    told: list[str] = []

    class Slow:
        def put(self, which: str, state: str, *_: Any) -> None:
            if state == "RUNNING":
                statements.end(running)
            told.append(state)

    monkeypatch.setattr(statements, "_progress", Slow)
    running = statements.start("a statement")
    until(lambda: "RUNNING" in told)
    until(lambda: told[-1] == "FINISHED")


@pytest.mark.parametrize(
    "query", [LONG, f"CREATE TABLE raw.big AS {LONG}", "SELECT a FROM range(100000000000) AS r(a)"]
)
def test_an_interrupt_of_the_kernel_ends_the_statement(cat: Any, query: str) -> None:
    later(cat, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        result = cat.sql(query)
        for _ in result.reader():
            pass
    assert not cat.exists("raw.big")
    assert cat.sql("SELECT 1 AS one").rows() == [{"one": 1}]
    assert "CANCELED" in {row.status for row in statements(cat)} or query.startswith("SELECT a")


def test_statements_that_follow_each_other_share_a_thread_also_after_an_interrupt(cat: Any) -> None:
    def helpers() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "mlnb-sql"]

    cat.sql("SELECT 1 AS one").to_arrow()
    before = helpers()
    for number in range(5):
        assert cat.sql(f"SELECT {number} AS n").rows() == [{"n": number}]
    assert helpers() == before
    later(cat, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        cat.sql(LONG)
    assert cat.sql("SELECT 6 AS n").rows() == [{"n": 6}]
    assert len(helpers()) <= 2


def test_a_fork_runs_statements_in_a_thread_of_its_own(cat: Any) -> None:
    cat.sql("CREATE TABLE f AS SELECT 7 AS n")
    assert cat.sql("SELECT n FROM f").rows() == [{"n": 7}]
    pid = os.fork()
    if not pid:
        signal.alarm(120)  # a helper of the parent would never answer
        os._exit(0 if cat.sql("SELECT 1 AS n").rows() == [{"n": 1}] else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_a_long_statement_says_how_far_it_is(cat: Any) -> None:
    seen: list[tuple[float | None, float]] = []

    def report(share: float | None, seconds: float) -> None:
        seen.append((share, seconds))
        (running,) = cat.front.statements.all()
        found = cat.ground.progress.get(f"statement:{running.id}")
        if share is not None and found is not None:  # another thread writes it down
            states.append(found)
            cat.cancel(running.id)

    states: list[Any] = []
    cat.sql("CREATE TABLE raw.n AS SELECT r.a FROM range(3000000) AS r(a)")
    with pytest.raises(MlnbError):
        cat.sql("SELECT count(DISTINCT x.a * y.b) AS n FROM raw.n x, range(1, 4000) AS y(b)", on_progress=report)
    shares = [share for share, _ in seen if share is not None]
    assert shares
    assert all(0 <= share <= 1 for share in shares)
    assert seen[0][1] >= 1
    assert states[0].state == "RUNNING"


def test_a_result_larger_than_a_batch_streams_into_a_table(cat: Any) -> None:
    commit = cat.sql("SELECT a, a % 10 AS b FROM range(1000000) AS r(a)").write("raw.big")
    assert commit.version == 0
    assert cat.sql("SELECT count(*) AS n, sum(b) AS s FROM raw.big").rows() == [{"n": 1_000_000, "s": 4_500_000}]
