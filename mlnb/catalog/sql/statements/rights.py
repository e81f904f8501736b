"""COMMENT ON, tags, GRANT and REVOKE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from ...names import InvalidNameError
from ..grammar import Name
from .answers import done, full_name, rows_result

if TYPE_CHECKING:
    from ..context import Context
    from ..front import SqlFront
    from ..parse import Statement
    from ..result import SqlResult


def _column(name: Name, context: Context) -> tuple[str, str]:
    """Return table and column of a name that ends with a column."""
    if len(name.parts) < 2:
        raise InvalidNameError(
            f"{name.parts[-1]} names no column.", hint="Write catalog.schema.table.column, or table.column."
        )
    return full_name(Name(name.parts[:-1], name.start), "table", context), name.parts[-1]


def _target(statement: Statement, context: Context) -> tuple[str, str, str | None]:
    """Return kind, full name and column of what a statement is about."""
    kind, name = statement.args["kind"], statement.args["name"]
    if kind == "column":
        return ("table", *_column(name, context))
    return kind, full_name(name, kind, context), statement.args.get("column")


def comment(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``COMMENT ON kind name IS text``, ``ALTER TABLE t ALTER COLUMN c COMMENT text``."""
    kind, name, column = _target(statement, context)
    text = statement.args["text"]
    if text is not None and not isinstance(text, str):
        raise InvalidParameterError("A comment is a text.", hint="Write IS 'text', or IS NULL to take it away.")
    front.catalog.set_comment(name, text, column=column, kind=kind)
    return done(statement)


def set_tags(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER … SET TAGS (…)``, ``SET TAG ON …``."""
    kind, name, column = _target(statement, context)
    tags: dict[str, str | None] = {str(key): _text(value) for key, value in statement.args["tags"].items()}
    front.catalog.change_tags(name, tags, column=column, kind=kind)
    return done(statement)


def unset_tags(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER … UNSET TAGS (…)``, ``UNSET TAG ON …``."""
    kind, name, column = _target(statement, context)
    tags: dict[str, str | None] = {str(key): None for key in statement.args["tags"]}
    front.catalog.change_tags(name, tags, column=column, kind=kind)
    return done(statement)


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def grant(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``GRANT privilege, … ON kind name TO principal``."""
    kind, name, _ = _target(statement, context)
    front.catalog.grant(name, statement.args["principal"], *statement.args["privileges"], kind=kind)
    return done(statement)


def revoke(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``REVOKE privilege, … ON kind name FROM principal``."""
    kind, name, _ = _target(statement, context)
    front.catalog.revoke(name, statement.args["principal"], *statement.args["privileges"], kind=kind)
    return done(statement)


def show_grants(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``SHOW GRANTS [principal] ON kind name``: also what comes from above, each with the level it was granted on."""
    kind, name, _ = _target(statement, context)
    found = front.catalog.grants(name, principal=statement.args["principal"], effective=True, kind=kind)
    own = name.replace("`", "")
    rows = [
        {
            "Principal": item.principal,
            "ActionType": item.privilege,
            "ObjectType": (item.inherited_from.kind if item.inherited_from else kind).upper(),
            "ObjectKey": item.inherited_from.name if item.inherited_from else own,
        }
        for item in found
    ]
    result = rows_result(statement, rows, ("Principal", "ActionType", "ObjectType", "ObjectKey"))
    result.metrics["note"] = _note(front)
    return result


def _note(front: SqlFront) -> str:
    """Return what grants mean in this workspace."""
    from ...permissions import note

    return str(note(front.catalog.ground))
