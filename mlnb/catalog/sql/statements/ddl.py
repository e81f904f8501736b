"""Statements that make objects: CREATE TABLE, VIEW, SCHEMA, CATALOG, VOLUME, FUNCTION."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from mlnb.core.errors import InvalidParameterError, NotFoundError

from ...errors import SqlError, TableSchemaError
from ...lifecycle import find_object
from ...records import TableVersion
from ..grammar.columns import Column, Constraint
from .answers import counted, done, full_name, table_name

if TYPE_CHECKING:
    from ...service import Catalog
    from ...table import Table
    from ..context import Context
    from ..front import SqlFront
    from ..parse import Statement
    from ..result import SqlResult


def create_table_as(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``CREATE [OR REPLACE] TABLE t … AS query``: one commit."""
    args, catalog = statement.args, front.catalog
    name = full_name(args["name"], "table", context)
    if catalog.exists(name) and not args["replace"]:
        if args["exists"]:
            return counted(statement, {"num_affected_rows": 0, "num_inserted_rows": 0})
        raise _taken(name)
    source = front.select(statement, context)
    with _without_rules(catalog, name, args["replace"]):
        table = catalog.create_table(
            name, source.reader(), mode="replace" if args["replace"] else "error", **_about(args)
        )
    made = table.info
    written = TableVersion(name=made.full_name, version=made.version, columns=[c.name for c in made.columns])
    rows = made.num_rows or 0
    counts = {"num_affected_rows": rows, "num_inserted_rows": rows}
    return counted(statement, counts, reads=source.reads, writes=[written])


def create_table(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``CREATE [OR REPLACE] TABLE t (columns, constraints) …``."""
    args, catalog = statement.args, front.catalog
    name = full_name(args["name"], "table", context)
    if catalog.exists(name) and not args["replace"]:
        if args["exists"]:
            return done(statement)
        raise _taken(name)
    columns: list[Column] = args["columns"]
    constraints: list[Constraint] = args["constraints"]
    key, timeseries = _key(columns, constraints)
    schema = arrow_schema(columns, key) if columns else None
    checks = _checks(constraints, schema)
    with _without_rules(catalog, name, args["replace"]):
        table = catalog.create_table(
            name,
            schema=schema,
            primary_key=key,
            timeseries=timeseries,
            mode="replace" if args["replace"] else "error",
            **_about(args),
        )
    _describe(table, columns)
    for check, condition in checks.items():
        table.add_constraint(check, condition)
    return done(statement, [TableVersion(name=table.full_name, version=table.version, columns=table.columns)])


@contextmanager
def _without_rules(catalog: Catalog, name: str, replace: bool) -> Iterator[None]:
    """Take away the rules of a table that is replaced: they belong to its old columns. When that fails they come back."""
    table = catalog.table(name) if replace and catalog.exists(name) else None
    rules = list(table.info.constraints) if table is not None else []
    try:
        for rule in rules:
            catalog.table(name).drop_constraint(rule.name)
        yield
    except BaseException:
        there = {rule.name for rule in catalog.info(name).constraints} if rules else set()
        for rule in rules:
            if rule.name not in there:
                catalog.table(name).add_constraint(rule.name, rule.expression)
        raise


def _checks(constraints: list[Constraint], schema: Any) -> dict[str, str]:
    """Return the conditions of a new table by name, having looked whether they can be: nothing is made before.

    Raises
    ------
    InvalidParameterError
        For a condition that cannot be a rule, or a name given twice.
    """
    from deltalake import Schema

    from ...delta.expressions import columns_of, writer_condition
    from ...delta.types import fields_of
    from ..compute import condition

    columns = columns_of(fields_of(Schema.from_arrow(schema).to_json())) if schema is not None else {}
    found: dict[str, str] = {}
    for constraint in constraints:
        if constraint.check is None:
            continue
        name = constraint.name or f"check_{len(found) + 1}"
        if name.lower() in map(str.lower, found) or not re.fullmatch(r"\w+", name):
            raise InvalidParameterError(
                f"{name!r} cannot name a constraint.", hint="Use letters, digits and underscores, and each name once."
            )
        if writer_condition(condition(constraint.check), columns) is None:
            raise InvalidParameterError(
                f"{constraint.check!r} cannot be a constraint of these columns.",
                code="DELTA_UNSUPPORTED_EXPRESSION_CHECK_CONSTRAINT",
                hint="Compare columns with values, joined by AND, OR, NOT, IN, BETWEEN and IS NULL.",
            )
        found[name] = constraint.check
    return found


def arrow_schema(columns: list[Column], key: Any = ()) -> Any:
    """Return columns as they are defined in SQL as an Arrow schema.

    Raises
    ------
    TableSchemaError
        For a type that does not exist, and for a column named twice.
    """
    from ...delta.declared import arrow_schema as declared

    seen: set[str] = set()
    for column in columns:
        if column.name.lower() in seen:
            raise TableSchemaError(
                f"The column {column.name} is defined twice.", code="COLUMN_ALREADY_EXISTS", hint="Rename one of them."
            )
        seen.add(column.name.lower())
    required = {name.lower() for name in key}
    return declared(
        [
            {"name": c.name, "type_text": c.type, "nullable": c.nullable and c.name.lower() not in required}
            for c in columns
        ]
    )


def _key(columns: list[Column], constraints: list[Constraint]) -> tuple[list[str], str | None]:
    """Return the primary key and its time column."""
    keys = [item for item in constraints if item.key]
    inline = [column.name for column in columns if column.key]
    if len(keys) + len(inline) > 1:
        raise SqlError(
            "A table has one primary key.",
            code="PRIMARY_KEY_TWICE",
            hint="Write PRIMARY KEY (a, b) for a key of several columns.",
        )
    return (list(keys[0].key), keys[0].timeseries) if keys else (inline, None)


def _describe(table: Table, columns: list[Column]) -> None:
    from ...names import quote_name

    for column in columns:
        if column.comment:
            table._catalog.set_comment(
                quote_name(table.full_name), str(column.comment), column=column.name, kind="table"
            )


def _about(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a table is besides its columns."""
    return {
        "comment": args["comment"],
        "properties": texts(args["properties"]),
        "partition_by": args["partition_by"] or None,
        "location": args["location"],
    }


def texts(properties: Mapping[str, Any]) -> dict[str, str]:
    """Return properties as text: TRUE and 3 may stand without quotes."""
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in properties.items()}


def _taken(name: str) -> Exception:
    from ...errors import NameTakenError

    return NameTakenError(
        f"The table {name} exists already.",
        hint="Write CREATE OR REPLACE TABLE, CREATE TABLE IF NOT EXISTS, or choose another name.",
    )


def create_table_like(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``CREATE TABLE t LIKE other``: the same columns, no rows."""
    args, catalog = statement.args, front.catalog
    name = full_name(args["name"], "table", context)
    if catalog.exists(name) and args["exists"]:
        return done(statement)
    other = catalog.table(full_name(args["like"], "table", context))
    about = _about(args)
    info = other.info
    partitions = sorted(
        (c for c in info.columns if c.partition_index is not None), key=lambda c: c.partition_index or 0
    )
    about["partition_by"] = about["partition_by"] or [column.name for column in partitions] or None
    about["comment"] = about["comment"] or info.comment
    table = catalog.create_table(
        name,
        schema=other.schema,
        primary_key=other.primary_key,
        timeseries=other.timeseries,
        mode="replace" if args["replace"] else "error",
        **about,
    )
    return done(statement, [TableVersion(name=table.full_name, version=table.version, columns=table.columns)])


def create_table_clone(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``CREATE TABLE t [DEEP | SHALLOW] CLONE other [VERSION AS OF n]``: its rows, copied."""
    args, catalog = statement.args, front.catalog
    name = full_name(args["name"], "table", context)
    if catalog.exists(name) and args["exists"]:
        return done(statement)
    other = catalog.table(
        full_name(args["source"], "table", context),
        version=args["version"],
        timestamp=args["timestamp"],
        filtered=False,
    )
    table = catalog.create_table(
        name,
        other.reader(),
        primary_key=other.primary_key,
        timeseries=other.timeseries,
        mode="replace" if args["replace"] else "error",
        **_about(args),
    )
    written = TableVersion(name=table.full_name, version=table.version, columns=table.columns)
    read = TableVersion(name=other.full_name, version=other.version, columns=other.columns)
    rows = table.info.num_rows or 0
    return counted(statement, {"num_affected_rows": rows, "num_inserted_rows": rows}, reads=[read], writes=[written])


def create_view(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``CREATE [OR REPLACE] VIEW v [(columns)] AS query``."""
    from ... import views

    args, catalog = statement.args, front.catalog
    if args["exists"] and catalog.exists(full_name(args["name"], "view", context)):
        return done(statement)
    views.create_view(
        catalog,
        table_name(args["name"], context),
        args["query"],
        replace=args["replace"],
        comment=args["comment"],
        columns=args["columns"],
        in_catalog=context.catalog,
        in_schema=context.schema,
    )
    if args["properties"]:
        name = full_name(args["name"], "view", context)
        catalog.alter(name, kind="view", properties=cast("Mapping[str, str | None]", texts(args["properties"])))
    return done(statement)


def create_schema(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``CREATE SCHEMA [IF NOT EXISTS] s [COMMENT …] [WITH DBPROPERTIES (…)]``."""
    args = statement.args
    _refuse_replace(args, "schema")
    if args["location"] is not None:
        raise SqlError(
            "A schema has no location of its own here.",
            code="UNSUPPORTED_FEATURE",
            hint="Give its catalog one: CREATE CATALOG c MANAGED LOCATION 'path'.",
        )
    front.catalog.create_schema(
        full_name(args["name"], "schema", context),
        comment=args["comment"],
        properties=texts(args["properties"]),
        if_not_exists=args["exists"],
    )
    return done(statement)


def create_catalog(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``CREATE CATALOG [IF NOT EXISTS] c [MANAGED LOCATION 'path'] [COMMENT …]``."""
    args = statement.args
    _refuse_replace(args, "catalog")
    full_name(args["name"], "catalog", context)
    front.catalog.create_catalog(
        args["name"].parts[0], comment=args["comment"], storage_root=args["location"], if_not_exists=args["exists"]
    )
    return done(statement)


def create_volume(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``CREATE [EXTERNAL] VOLUME [IF NOT EXISTS] v [LOCATION 'path'] [COMMENT …]``."""
    args = statement.args
    _refuse_replace(args, "volume")
    if args["external"] != (args["location"] is not None):
        raise SqlError(
            "An external volume has a LOCATION, others have none.",
            code="PARSE_SYNTAX_ERROR",
            hint="Write CREATE EXTERNAL VOLUME v LOCATION 'path', or CREATE VOLUME v.",
        )
    name = full_name(args["name"], "volume", context)
    if args["exists"] and object_exists(front.catalog, "volume", name):
        return done(statement)
    front.catalog.create_volume(name, location=args["location"], comment=args["comment"])
    return done(statement)


def create_function(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``CREATE [OR REPLACE] FUNCTION f(parameters) RETURNS type RETURN expression``."""
    args = statement.args
    name = full_name(args["name"], "function", context)
    if args["exists"] and object_exists(front.catalog, "function", name):
        return done(statement)
    front.catalog.create_function(args["definition"], name, replace=args["replace"])
    return done(statement)


def object_exists(catalog: Catalog, kind: str, name: str) -> bool:
    """Return whether there is an object of a kind and name."""
    try:
        find_object(catalog, kind, name)
    except NotFoundError:
        return False
    return True


def _refuse_replace(args: Mapping[str, Any], kind: str) -> None:
    if args["replace"]:
        raise SqlError(
            f"A {kind} cannot be replaced.",
            code="PARSE_SYNTAX_ERROR",
            hint=f"Write CREATE {kind.upper()} IF NOT EXISTS.",
        )
