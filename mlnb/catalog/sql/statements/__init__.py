"""The statements that are no queries: one handler per kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from . import create, dml, look

if TYPE_CHECKING:
    from ..front import Context, SqlFront
    from ..parse import Statement
    from ..result import SqlResult

    Handler = Callable[[SqlFront, Statement, Context], SqlResult]

#: What answers a statement, by its kind.
HANDLERS: Mapping[str, Handler] = {
    "CREATE_TABLE_AS_SELECT": create.create_table_as,
    "INSERT": dml.insert,
    "DESCRIBE_HISTORY": look.answer,
    "DESCRIBE": look.answer,
    "SHOW": look.answer,
}
