"""ALTER, DROP, UNDROP: objects after they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from mlnb.core.errors import InvalidParameterError

from ...errors import SqlError
from ...names import quote_name
from ..grammar.columns import Column
from .answers import done, full_name
from .ddl import texts

if TYPE_CHECKING:
    from ...table import Table
    from ..context import Context
    from ..front import SqlFront
    from ..parse import Statement
    from ..result import SqlResult


def _object(statement: Statement, context: Context) -> tuple[str, str]:
    """Return kind and full name of what a statement is about."""
    kind = statement.args["kind"]
    return kind, full_name(statement.args["name"], kind, context)


def table_of(front: SqlFront, statement: Statement, context: Context) -> Table:
    """Return the table that a statement names."""
    return front.catalog.table(full_name(statement.args["name"], "table", context))


def drop(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``DROP kind [IF EXISTS] name [CASCADE] [FORCE]``."""
    kind, name = _object(statement, context)
    args = statement.args
    front.catalog.drop(
        name, kind=cast(Any, kind), cascade=args["cascade"], if_exists=args["exists"], force=args["force"]
    )
    return done(statement)


def undrop(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``UNDROP [kind] name``."""
    kind, name = _object(statement, context)
    front.catalog.undrop(name, kind=cast(Any, kind))
    return done(statement)


def rename(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER kind name RENAME TO name``; a short new name stays in the schema of the old one."""
    kind, name = _object(statement, context)
    given = statement.args["new_name"].parts
    above = front.catalog.parse(name) if kind not in ("catalog", "schema") else None
    if above is not None:
        parts = (above.catalog, above.schema, *given)[-3:]
    elif kind == "schema":
        parts = (name.split(".")[0].strip("`"), *given)[-2:]
    else:
        parts = given
    front.catalog.rename(name, quote_name(".".join(parts)), kind=cast(Any, kind))
    return done(statement)


def alter_view(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER VIEW v AS query``."""
    from ... import views

    _, name = _object(statement, context)
    info = front.catalog.info(name)
    if not info.view_definition:
        raise InvalidParameterError(
            f"{info.full_name} is a table, not a view.",
            code="WRONG_COMMAND_FOR_OBJECT_TYPE",
            hint="Write CREATE OR REPLACE TABLE … AS SELECT.",
        )
    views.create_view(
        front.catalog,
        front.catalog.parse(name),
        statement.args["query"],
        replace=True,
        comment=info.comment,
        in_catalog=context.catalog,
        in_schema=context.schema,
    )
    return done(statement)


def set_owner(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER kind name [SET] OWNER TO principal``."""
    kind, name = _object(statement, context)
    front.catalog.set_owner(name, statement.args["owner"], kind=kind)
    return done(statement)


def set_properties(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER kind name SET {TBLPROPERTIES | DBPROPERTIES} (…)``."""
    kind, name = _object(statement, context)
    given = texts(statement.args["properties"])
    comment = given.pop("comment", None)  # the platform keeps it there
    if comment is not None:
        front.catalog.set_comment(name, comment, kind=kind)
    if kind == "table" and given and not front.catalog.info(name).view_definition:
        front.catalog.table(name).set_properties(given)
    elif given:
        front.catalog.alter(name, kind=cast(Any, kind), properties=cast("dict[str, str | None]", given))
    return done(statement)


def unset_properties(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER kind name UNSET TBLPROPERTIES [IF EXISTS] (key, …)``."""
    kind, name = _object(statement, context)
    keys = [str(key) for key in statement.args["keys"]]
    info = front.catalog.info(name)
    missing = [key for key in keys if key not in info.properties]
    if missing and not statement.args["exists"]:
        raise InvalidParameterError(
            f"{info.full_name} has no property {missing[0]}.",
            code="UNSET_NONEXISTENT_PROPERTIES",
            hint="Write UNSET TBLPROPERTIES IF EXISTS.",
        )
    fixed = [key for key in keys if key.startswith("delta.")]
    if fixed:
        raise InvalidParameterError(
            f"{fixed[0]} is a property of the Delta log and cannot be taken away.",
            hint="Set it to 'false' or to its default.",
        )
    kept: dict[str, str | None] = dict.fromkeys(keys)
    front.catalog.alter(name, kind=cast(Any, "view" if info.view_definition else kind), properties=kept)
    return done(statement)


# -- columns -------------------------------------------------------------------------------------------------------------


def add_columns(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER TABLE t ADD COLUMNS (a INT, …)``."""
    table = table_of(front, statement, context)
    known = {name.lower() for name in table.columns}
    new: list[tuple[str, str, str | None]] = []
    for item, place in statement.args["columns"]:
        column: Column = item
        if not column.nullable:
            raise SqlError(
                f"{column.name} is empty in the rows that are there, so it cannot be NOT NULL.",
                code="DELTA_ADD_COLUMN_NOT_NULL",
                hint="Add it without NOT NULL, fill it with UPDATE, then ALTER COLUMN … SET NOT NULL.",
            )
        if place is not None:
            raise SqlError(
                "New columns come last.",
                code="UNSUPPORTED_FEATURE",
                hint="Select the columns in the order you want, or make a view.",
            )
        if not (column.name.lower() in known and statement.args["exists"]):
            new.append((column.name, column.type, str(column.comment) if column.comment else None))
    if new:
        table.add_columns(new)
    return done(statement)


def drop_columns(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER TABLE t DROP COLUMNS [IF EXISTS] (a, …)``."""
    table = table_of(front, statement, context)
    known = {name.lower() for name in table.columns}
    wanted = statement.args["columns"]
    gone = [name for name in wanted if not statement.args["exists"] or name.lower() in known]
    if gone:
        table.drop_columns(gone)
    return done(statement)


def rename_column(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER TABLE t RENAME COLUMN a TO b``."""
    table_of(front, statement, context).rename_column(statement.args["column"], statement.args["new_name"])
    return done(statement)


def alter_type(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER TABLE t ALTER COLUMN a TYPE type``."""
    table_of(front, statement, context).alter_column_type(statement.args["column"], statement.args["type"])
    return done(statement)


def set_not_null(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER TABLE t ALTER COLUMN a {SET | DROP} NOT NULL``."""
    table = table_of(front, statement, context)
    name = statement.args["column"]
    nullable = any(column.nullable for column in table.info.columns if column.name.lower() == name.lower())
    if nullable and statement.args["nullable"]:
        return done(statement)
    if statement.args["nullable"]:
        table.drop_not_null(name)
    else:
        table.set_not_null(name)
    return done(statement)


# -- constraints ---------------------------------------------------------------------------------------------------------


def add_constraint(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER TABLE t ADD CONSTRAINT c {CHECK (…) | PRIMARY KEY (…)}``."""
    given = statement.args["constraint"]
    table = table_of(front, statement, context)
    if given.check is None:
        front.catalog.set_primary_key(quote_name(table.full_name), list(given.key), timeseries=given.timeseries)
        return done(statement)
    taken = {constraint.name.lower() for constraint in table.info.constraints}
    number = 1
    while given.name is None and f"check_{number}" in taken:
        number += 1
    table.add_constraint(given.name or f"check_{number}", given.check)
    return done(statement)


def drop_constraint(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER TABLE t DROP CONSTRAINT [IF EXISTS] c``."""
    table = table_of(front, statement, context)
    table.drop_constraint(statement.args["constraint"], if_exists=statement.args["exists"])
    return done(statement)


def drop_primary_key(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER TABLE t DROP PRIMARY KEY [IF EXISTS]``."""
    table = table_of(front, statement, context)
    if not table.primary_key and not statement.args["exists"]:
        raise InvalidParameterError(
            f"{table.full_name} has no primary key.",
            code="CONSTRAINT_DOES_NOT_EXIST",
            hint="Write DROP PRIMARY KEY IF EXISTS.",
        )
    front.catalog.set_primary_key(quote_name(table.full_name), None)
    return done(statement)


def cluster_by(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``ALTER TABLE t CLUSTER BY (a, …)``: the rows are laid out like that now."""
    if statement.args["columns"]:
        table_of(front, statement, context).optimize(statement.args["columns"])
    return done(statement)
