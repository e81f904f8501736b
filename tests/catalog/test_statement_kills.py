"""A process that dies behind its commit takes no lineage with it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from mlnb.catalog.care import Care
from mlnb.core.clock import now_ms

Child = Callable[..., "subprocess.CompletedProcess[str]"]

#: Where the process is killed: what is called there.
PLACES = {
    "before the commit": "ws.catalog.commits.commit",
    "before the event": "ws.catalog.commits.reconcile",
    "before the record": "ws.catalog.recorder.add",
}

STATEMENT = "INSERT INTO main.raw.b SELECT id, v AS w FROM main.raw.a WHERE id > 1"


def killed(child: Child, place: str, statement: str) -> None:
    owner, _, name = PLACES[place].rpartition(".")
    done = child(
        f"""
        import os, signal
        owner, name = {owner}, {name!r}
        whole = getattr(owner, name)
        def die(*given, **named):
            if name != "reconcile" or named.get("mine") is not None:
                os.kill(os.getpid(), signal.SIGKILL)
            return whole(*given, **named)
        setattr(owner, name, die)
        ws.sql({statement!r})
        """
    )
    assert done.returncode == -9, done.stderr


def edges(cat: Any, name: str) -> set[tuple[str, str]]:
    graph = cat.lineage(name, direction="upstream")
    names = {node.id: node.name for node in graph.nodes}
    return {(names[edge.source], names[edge.target]) for edge in graph.edges}


def history(cat: Any) -> list[tuple[str, str, Any]]:
    rows = cat.sql("SELECT statement_text, execution_status, error_code FROM system.query.history").rows()
    return [
        tuple(row.values()) for row in rows if "INSERT" in row["statement_text"] or "AS SELECT" in row["statement_text"]
    ]


@pytest.fixture
def tables(cat: Any) -> Any:
    cat.create_table("main.raw.a", [{"id": 1, "v": "x"}, {"id": 2, "v": "y"}])
    cat.create_table("main.raw.b", [{"id": 0, "w": "z"}])
    return cat


@pytest.mark.parametrize("place", PLACES)
def test_a_statement_killed_at_any_point_ends_as_its_commit_tells(tables: Any, child: Child, place: str) -> None:
    killed(child, place, STATEMENT)
    assert history(tables) == [(STATEMENT, "RUNNING", None)]
    committed = place != "before the commit"
    assert len(tables.read("main.raw.b")) == (2 if committed else 1)
    Care(tables).tick(now_ms())
    assert edges(tables, "main.raw.b") == ({("main.raw.a", "main.raw.b")} if committed else set())
    assert history(tables) == [
        (STATEMENT, "FINISHED" if committed else "FAILED", None if committed else "PROCESS_KILLED")
    ]
    if committed:
        columns = tables.lineage("main.raw.b", column="w", direction="upstream")
        assert [(c.source, c.target) for e in columns.edges for c in e.columns if c.kind == "direct"] == [("v", "w")]
    Care(tables).tick(now_ms())
    assert len(history(tables)) == 1
    assert len(tables.lineage("main.raw.b").edges) == (1 if committed else 0)


def test_a_table_that_was_made_keeps_its_lineage(tables: Any, child: Child) -> None:
    made = "CREATE TABLE main.raw.c AS SELECT id FROM main.raw.a"
    killed(child, "before the record", made)
    Care(tables).tick(now_ms())
    assert edges(tables, "main.raw.c") == {("main.raw.a", "main.raw.c")}
    assert history(tables) == [(made, "FINISHED", None)]


def test_a_statement_that_runs_is_left_alone_and_one_that_ends_is_recorded_once(tables: Any) -> None:
    seen: list[int] = []
    whole = tables.commits.commit

    def commit(*given: Any, **named: Any) -> Any:
        Care(tables).tick(now_ms())
        seen.append(len([row for row in history(tables) if row[1] == "RUNNING"]))
        return whole(*given, **named)

    tables.commits.commit = commit
    tables.sql(STATEMENT)
    assert seen == [1]
    assert history(tables) == [(STATEMENT, "FINISHED", None)]
    assert edges(tables, "main.raw.b") == {("main.raw.a", "main.raw.b")}
