"""RESTORE, OPTIMIZE, VACUUM, ANALYZE."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...errors import SqlError
from .alter import table_of
from .answers import done, full_name, rows_result, written
from .show import every, schema_of

if TYPE_CHECKING:
    from ..context import Context
    from ..front import SqlFront
    from ..parse import Statement
    from ..result import SqlResult


def restore(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``RESTORE TABLE t TO {VERSION | TIMESTAMP} AS OF value``."""
    table = table_of(front, statement, context)
    commit = table.restore(statement.args["version"], statement.args["timestamp"])
    info = table.info
    metrics = commit.metrics
    row = {
        "table_size_after_restore": info.size_bytes,
        "num_of_files_after_restore": info.num_files,
        "num_removed_files": metrics.get("numRemovedFile") or metrics.get("numRemovedFiles") or 0,
        "num_restored_files": metrics.get("numRestoredFile") or metrics.get("numRestoredFiles") or 0,
    }
    result = rows_result(statement, [row], dict.fromkeys(row, "long"))
    result.writes.append(written(table.full_name, commit, table.columns))
    return result


def optimize(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``OPTIMIZE t [ZORDER BY (c, …)]``."""
    if statement.args["where"] is not None:
        raise SqlError(
            "OPTIMIZE takes the whole table here.",
            code="UNSUPPORTED_FEATURE",
            hint="Leave out WHERE: files that are large enough are left alone.",
        )
    table = table_of(front, statement, context)
    commit = table.optimize(statement.args["zorder_by"] or None)
    row = {"path": table.location, "metrics": json.dumps(commit.metrics, default=str)}
    result = rows_result(statement, [row], ("path", "metrics"))
    result.writes.append(written(table.full_name, commit, table.columns))
    return result


def vacuum(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``VACUUM t [RETAIN n HOURS] [DRY RUN]``."""
    table = table_of(front, statement, context)
    report = table.vacuum(statement.args["hours"], dry_run=statement.args["dry_run"])
    if statement.args["dry_run"]:
        return rows_result(statement, [{"path": f"{table.location}/{path}"} for path in report.paths], ("path",))
    return rows_result(statement, [{"path": table.location}], ("path",))


def analyze(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ANALYZE TABLE t COMPUTE STATISTICS``: those of the files are always there; what is stored is brought up to date."""
    if statement.args["name"] is not None:
        _ = table_of(front, statement, context).info
        return done(statement)
    schema = schema_of(statement.args["schema"], context)
    for item in every(lambda **page: front.catalog.tables(schema, **page)):
        if not item.view_definition:
            _ = front.catalog.table(_quoted(item)).info
    return done(statement)


def not_needed(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``REFRESH TABLE t`` and its like: what is read is always the newest version."""
    front.catalog.info(full_name(statement.args["name"], "table", context))
    return done(statement)


def _quoted(item: Any) -> str:
    from ...names import quote_name

    return quote_name(item.full_name)
