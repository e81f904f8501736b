"""Statements that change rows: each is one Delta commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...delta.types import duckdb_type, quote_duckdb
from ...errors import SqlError
from ...records import TableVersion
from ..front import Guard, unknown_column
from .answers import affected, target_of

if TYPE_CHECKING:
    from ...delta.handles import Found
    from ..front import Context, SqlFront
    from ..parse import Statement
    from ..result import SqlResult


def insert(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """Add the rows of a query to a table."""
    assert statement.query is not None
    name = target_of(statement, context)
    found = front.catalog.lookup.find(name, None, None)
    resolved = front.resolve(statement.query, statement.text, context)
    guard = Guard(statement.text, statement.query, resolved)
    with guard():
        select = _fitted(statement, found, front.catalog.engine.columns(resolved))
        execution = front.catalog.engine.run(resolved, select=select)
    rows = front.result(execution, guard, "INSERT", statement.text, resolved)
    commit = front.catalog.table(found.full_name).append(rows)
    written = TableVersion(name=found.full_name, version=commit.version, columns=found.snapshot.columns)
    return affected(statement, int(commit.metrics.get("num_added_rows", 0)), resolved.reads, written)


def _fitted(statement: Statement, found: Found, names: list[str]) -> str:
    """Return what to select so that the rows have the columns and types of the table."""
    fields = {item["name"].lower(): item for item in found.snapshot.fields}
    targets = list(statement.columns) or (names if statement.by_name else found.snapshot.columns)
    for name in targets:
        if name.lower() not in fields:
            raise unknown_column(name, found)
    if len(names) != len(targets):
        raise SqlError(
            f"The statement gives {len(names)} values for {len(targets)} columns.",
            code="INSERT_COLUMN_ARITY_MISMATCH",
            hint=f"Columns: {', '.join(targets)}.",
        )
    given = {target.lower(): quote_duckdb(name) for target, name in zip(targets, names, strict=True)}
    return ", ".join(
        f"CAST({given.get(key, 'NULL')} AS {duckdb_type(item['type'])}) AS {quote_duckdb(item['name'])}"
        for key, item in fields.items()
    )
