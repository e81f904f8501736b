"""Statements that look: SHOW, DESCRIBE, DESCRIBE HISTORY, answered from the metastore and the Delta log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...names import parse_schema, parse_table
from ..parse import Statement
from ..result import SqlResult

if TYPE_CHECKING:
    import pyarrow as pa

    from ..front import Context, SqlFront


def answer(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """Run a statement that only looks."""
    catalog, in_catalog, in_schema = front.catalog, context.catalog, context.schema
    if statement.kind == "DESCRIBE_HISTORY":
        table = catalog.table(parse_table(statement.target, in_catalog, in_schema).full_name)
        limit = int(statement.options[0]) if statement.options[0] else None
        return _result(statement, _history(table.history(limit)))
    if statement.kind == "DESCRIBE":
        info = catalog.table(parse_table(statement.target, in_catalog, in_schema).full_name).info
        rows = [{"col_name": c.name, "data_type": c.type_text, "comment": c.comment} for c in info.columns]
        return _result(statement, _text_table(rows, ("col_name", "data_type", "comment")))
    what, where, like = statement.options
    if what == "CATALOGS":
        return _names(statement, "catalog", [item.name for item in _all(catalog.catalogs)], like)
    if what in ("SCHEMAS", "DATABASES"):
        parent = where or in_catalog
        return _names(
            statement, "databaseName", [i.name for i in _all(lambda **page: catalog.schemas(parent, **page))], like
        )
    above, schema = parse_schema(where or f"{in_catalog}.{in_schema}", in_catalog)
    found = _all(lambda **page: catalog.tables(f"{above}.{schema}", **page))
    shown = [{"database": schema, "tableName": i.name, "isTemporary": "false"} for i in found if _like(i.name, like)]
    return _result(statement, _text_table(shown, ("database", "tableName", "isTemporary")))


def _all(page: Any) -> list[Any]:
    """Return every item of a paged list."""
    items, token = [], None
    while True:
        found = page(page_token=token)
        items += found.items
        token = found.next_page_token
        if token is None:
            return items


def _like(name: str, pattern: str | None) -> bool:
    """Match as SHOW does: ``*`` stands for anything, ``|`` separates patterns."""
    from fnmatch import fnmatchcase

    return pattern is None or any(fnmatchcase(name.lower(), part.strip().lower()) for part in pattern.split("|"))


def _names(statement: Statement, column: str, names: Sequence[str], like: str | None) -> SqlResult:
    return _result(statement, _text_table([{column: name} for name in names if _like(name, like)], (column,)))


def _text_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist([dict(row) for row in rows], pa.schema([(name, pa.string()) for name in columns]))


def _history(commits: Sequence[Any]) -> pa.Table:
    """Return the platform's columns of a history."""
    import pyarrow as pa

    def text(value: Any) -> str | None:
        return None if not value else json.dumps(value, default=str)

    rows = [
        {
            "version": c.version,
            "timestamp": c.timestamp * 1000,
            "userId": c.user,
            "userName": c.user,
            "operation": c.operation,
            "operationParameters": text(c.operation_parameters),
            "job": c.job,
            "notebook": c.notebook,
            "clusterId": None,
            "readVersion": c.version - 1 if c.version else None,
            "isolationLevel": "WriteSerializable",
            "isBlindAppend": str(c.operation_parameters.get("mode", "")).lower() == "append",
            "operationMetrics": text(c.metrics),
            "userMetadata": text(
                {"cell": c.cell, "run": c.run_id, "statement": c.statement_id} if c.statement_id else None
            ),
            "engineInfo": "mlnb",
        }
        for c in commits
    ]
    special = {
        "version": pa.int64(),
        "readVersion": pa.int64(),
        "timestamp": pa.timestamp("us", "UTC"),
        "isBlindAppend": pa.bool_(),
    }
    names = (
        "version", "timestamp", "userId", "userName", "operation", "operationParameters", "job", "notebook", "clusterId",
        "readVersion", "isolationLevel", "isBlindAppend", "operationMetrics", "userMetadata", "engineInfo",
    )  # fmt: skip
    return pa.Table.from_pylist(rows, pa.schema([(name, special.get(name, pa.string())) for name in names]))


def _result(statement: Statement, data: pa.Table) -> SqlResult:
    return SqlResult(data.schema, iter(data.to_batches()), kind=statement.kind, statement=statement.text)
