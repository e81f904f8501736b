"""What handlers share: the target of a write and the result that says what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...names import TableName, complete
from ...records import TableVersion
from ..parse import Statement
from ..result import SqlResult

if TYPE_CHECKING:
    from ..front import Context


def target_of(statement: Statement, context: Context) -> TableName:
    """Return the full name of the table that a statement writes."""
    table = statement.target
    parts = [part.name for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part is not None]
    return complete(parts, context.catalog, context.schema)


def affected(
    statement: Statement, rows: int, reads: list[TableVersion], written: TableVersion | None = None
) -> SqlResult:
    """Return the answer of a statement that added rows."""
    import pyarrow as pa

    data = pa.table(
        {"num_affected_rows": pa.array([rows], pa.int64()), "num_inserted_rows": pa.array([rows], pa.int64())}
    )
    return SqlResult(
        data.schema,
        iter(data.to_batches()),
        kind=statement.kind,
        statement=statement.text,
        reads=reads,
        writes=[written] if written else [],
    )
