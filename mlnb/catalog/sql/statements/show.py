"""SHOW: what there is, by name and pattern."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from ... import names
from .answers import full_name, rows_result, table_name

if TYPE_CHECKING:
    from ...records import TableInfo
    from ..context import Context
    from ..front import SqlFront
    from ..grammar import Name
    from ..parse import Statement
    from ..result import SqlResult


def show(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``SHOW CATALOGS``, ``SCHEMAS``, ``TABLES``, ``VIEWS``, ``VOLUMES``, ``FUNCTIONS`` ``[IN parent] [LIKE pattern]``."""
    return _SHOWN[statement.args["what"]](front, statement, context)


def _catalogs(front: SqlFront, statement: Statement, context: Context) -> SqlResult:  # noqa: ARG001
    return _named(statement, "catalog", (item.name for item in every(front.catalog.catalogs)))


def _schemas(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    where: Name | None = statement.args["where"]
    parent = where.parts[-1] if where is not None else context.catalog
    return _named(
        statement, "databaseName", (i.name for i in every(lambda **page: front.catalog.schemas(parent, **page)))
    )


def _tables(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    rows = [
        {"database": info.schema_name, "tableName": info.name, "isTemporary": False}
        for info in _tables_of(front, statement, context)
    ]
    return rows_result(statement, rows, {"database": "string", "tableName": "string", "isTemporary": "boolean"})


def _views(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    rows = [
        {"namespace": info.schema_name, "viewName": info.name, "isTemporary": False, "isMaterialized": False}
        for info in _tables_of(front, statement, context)
        if info.view_definition
    ]
    kinds = {"namespace": "string", "viewName": "string", "isTemporary": "boolean", "isMaterialized": "boolean"}
    return rows_result(statement, rows, kinds)


def _volumes(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    schema = schema_of(statement.args["where"], context)
    rows = [
        {"database": item.schema_name, "volume_name": item.name}
        for item in every(lambda **page: front.catalog.volumes(schema, **page))
        if like(item.name, statement.args["like"])
    ]
    return rows_result(statement, rows, ("database", "volume_name"))


def _functions(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    schema = schema_of(statement.args["where"], context)
    found = every(lambda **page: front.catalog.functions(schema, **page))
    return _named(
        statement, "function", (item.full_name for item in found if like(item.name, statement.args["like"])), False
    )


_SHOWN: Mapping[str, Callable[[SqlFront, Statement, Context], SqlResult]] = {
    "CATALOGS": _catalogs,
    "SCHEMAS": _schemas,
    "TABLES": _tables,
    "VIEWS": _views,
    "VOLUMES": _volumes,
    "FUNCTIONS": _functions,
}


def every(page: Callable[..., Any]) -> Iterator[Any]:
    """Return every item of a paged list."""
    token = None
    while True:
        found = page(page_token=token)
        yield from found.items
        token = found.next_page_token
        if token is None:
            return


def like(name: str, pattern: str | None) -> bool:
    """Match as SHOW does: ``*`` and ``%`` stand for anything, ``|`` separates patterns."""
    if pattern is None:
        return True
    parts = (part.strip().replace("%", "*").replace("[", "[[]") for part in pattern.split("|"))
    return any(fnmatchcase(name.lower(), part.lower()) for part in parts)


def schema_of(where: Name | None, context: Context) -> str:
    """Return the schema that SHOW … IN names, by default the current one."""
    if where is None:
        return f"{names.quote(context.catalog)}.{names.quote(context.schema)}"
    return full_name(where, "schema", context)


def _tables_of(front: SqlFront, statement: Statement, context: Context) -> Iterator[TableInfo]:
    schema = schema_of(statement.args["where"], context)
    found = every(lambda **page: front.catalog.tables(schema, **page))
    return (info for info in found if like(info.name, statement.args["like"]))


def _named(statement: Statement, column: str, found: Iterator[str], matched: bool = True) -> SqlResult:
    pattern = statement.args["like"] if matched else None
    return rows_result(statement, [{column: name} for name in found if like(name, pattern)], (column,))


def table_extended(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``SHOW TABLE EXTENDED [IN s] LIKE 'pattern'``."""
    rows = [
        {
            "database": info.schema_name,
            "tableName": info.name,
            "isTemporary": False,
            "information": f"Catalog: {info.catalog_name}\nDatabase: {info.schema_name}\nTable: {info.name}\nOwner: {info.owner}\n"
            f"Type: {info.table_type}\nLocation: {info.storage_location}\n",
        }
        for info in _tables_of(front, statement, context)
    ]
    kinds = {"database": "string", "tableName": "string", "isTemporary": "boolean", "information": "string"}
    return rows_result(statement, rows, kinds)


def columns(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``SHOW COLUMNS IN t [IN s]``."""
    name, schema = statement.args["name"], statement.args["schema"]
    whole = table_name(name, context)
    if schema is not None:
        above = (context.catalog, *schema.parts)[-2:]
        whole = names.complete((*above, whole.name), context.catalog, context.schema)
    info = front.catalog.info(whole.full_name)
    return rows_result(statement, [{"col_name": column.name} for column in info.columns], ("col_name",))


def properties(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``SHOW TBLPROPERTIES t [(key)]``."""
    name = full_name(statement.args["name"], "table", context)
    table = front.catalog.table(name)
    info = table.info
    found = dict(info.properties)
    if not info.view_definition:
        found = {**table._found.snapshot.configuration, **found}
    key = statement.args["key"]
    if key is not None:
        found = {key: found.get(key, f"Table {info.full_name} does not have property: {key}")}
    return rows_result(statement, [{"key": k, "value": v} for k, v in sorted(found.items())], ("key", "value"))


def partitions(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``SHOW PARTITIONS t``: the values that split its files."""
    table = front.catalog.table(full_name(statement.args["name"], "table", context), filtered=False)
    split = sorted(
        (c for c in table.info.columns if c.partition_index is not None), key=lambda c: c.partition_index or 0
    )
    if not split:
        raise InvalidParameterError(
            f"{table.full_name} is not partitioned.", code="DELTA_SHOW_PARTITION_IN_NON_PARTITIONED_TABLE"
        )
    chosen = ", ".join(names.quote(column.name) for column in split)
    found = front.catalog.sql(
        f"SELECT DISTINCT {chosen} FROM {names.quote_name(table.full_name)} ORDER BY {chosen}", filtered=False
    )
    return rows_result(
        statement,
        [{name: None if value is None else str(value) for name, value in row.items()} for row in found.rows()],
        [column.name for column in split],
    )


def create_statement(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``SHOW CREATE TABLE t``: a statement that makes such a table."""
    info = front.catalog.info(full_name(statement.args["name"], "table", context))
    text = _create_view(info) if info.view_definition else _create_table(info)
    return rows_result(statement, [{"createtab_stmt": text}], ("createtab_stmt",))


def _create_view(info: TableInfo) -> str:
    comment = f"\nCOMMENT {_text(info.comment)}" if info.comment else ""
    return f"CREATE VIEW {names.quote_name(info.full_name)}{comment}\nAS {info.view_definition}"


def _create_table(info: TableInfo) -> str:
    lines = [
        f"{names.quote(c.name)} {_type(c.type_text)}{'' if c.nullable else ' NOT NULL'}"
        + (f" COMMENT {_text(c.comment)}" if c.comment else "")
        for c in info.columns
    ]
    if info.primary_key:
        key = ", ".join(names.quote(k) + (" TIMESERIES" if k == info.timeseries else "") for k in info.primary_key)
        lines.append(f"PRIMARY KEY ({key})")
    lines += [f"CONSTRAINT {names.quote(c.name)} CHECK ({c.expression})" for c in info.constraints]
    text = f"CREATE TABLE {names.quote_name(info.full_name)} (\n  " + ",\n  ".join(lines) + ")\nUSING delta"
    split = sorted((c for c in info.columns if c.partition_index is not None), key=lambda c: c.partition_index or 0)
    if split:
        text += f"\nPARTITIONED BY ({', '.join(names.quote(c.name) for c in split)})"
    if info.comment:
        text += f"\nCOMMENT {_text(info.comment)}"
    if info.table_type == "EXTERNAL":
        text += f"\nLOCATION {_text(info.storage_location)}"
    if info.properties:
        pairs = ",\n  ".join(f"{_text(key)} = {_text(value)}" for key, value in sorted(info.properties.items()))
        text += f"\nTBLPROPERTIES (\n  {pairs})"
    return text


def _type(text: str) -> str:
    """Spell a type in capitals, but for the names of fields."""
    return text if "struct<" in text else text.upper()


def _text(value: str | None) -> str:
    return "'" + (value or "").replace("\\", "\\\\").replace("'", "\\'") + "'"


def dropped(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``SHOW TABLES DROPPED [IN s]``: what UNDROP can bring back."""
    from ...tables import catalog_securable

    schema = front.catalog.schema_info(schema_of(statement.args["where"], context))
    securable = catalog_securable.c
    query = catalog_securable.select().where(
        securable.parent_id == schema.schema_id,
        securable.deleted_at.is_not(None),
        securable.kind.in_(("table", "view")),
    )
    with front.catalog.ground.metastore.connect() as connection:
        found = list(connection.execute(query.order_by(securable.deleted_at.desc())))
    shown: Sequence[dict[str, Any]] = [
        {
            "catalogName": schema.catalog_name,
            "schemaName": schema.name,
            "tableName": row.name,
            "tableId": row.id,
            "tableType": row.kind.upper(),
            "deletedAt": row.deleted_at * 1000,
            "owner": row.owner,
        }
        for row in found
        if like(row.name, statement.args["like"])
    ]
    kinds = {"deletedAt": "timestamp"}
    columns_ = ("catalogName", "schemaName", "tableName", "tableId", "tableType", "deletedAt", "owner")
    return rows_result(statement, shown, {name: kinds.get(name, "string") for name in columns_})
