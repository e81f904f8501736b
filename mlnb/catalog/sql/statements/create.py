"""CREATE TABLE … AS SELECT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...create import taken
from ...records import TableVersion
from .answers import affected, target_of

if TYPE_CHECKING:
    from ..front import Context, SqlFront
    from ..parse import Statement
    from ..result import SqlResult


def create_table_as(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """Create a table from the rows of a query, in one commit."""
    name = target_of(statement, context)
    if front.catalog.exists(name.full_name):
        if statement.exists:
            return affected(statement, 0, [])
        if not statement.replace:
            raise taken(name)
    source = front.select(statement, context)
    front.catalog.create_table(
        name.full_name,
        source.reader(),
        comment=statement.comment,
        properties=dict(statement.properties),
        mode="replace" if statement.replace else "error",
    )
    table = front.catalog.table(name.full_name)
    made = table.info
    written = TableVersion(name=made.full_name, version=made.version, columns=[column.name for column in made.columns])
    return affected(statement, made.num_rows or 0, source.reads, written)
