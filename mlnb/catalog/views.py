"""Views: a query with a name. Its text is kept with every name in full, so that it means the same wherever it is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.errors import InvalidStateError

from . import metastore as rows
from . import names
from .create import taken
from .errors import SqlError, SqlSyntaxError, UnboundParameterError, UnresolvedColumnError
from .metastore import Statistics
from .names import TableName
from .records import ColumnInfo, Commit, TableInfo
from .table import Table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from sqlglot import exp

    from .service import Catalog
    from .sql.result import SqlResult


def create_view(
    catalog: Catalog,
    name: TableName,
    sql: str,
    *,
    replace: bool = False,
    comment: str | None = None,
    columns: Sequence[tuple[str, str | None]] = (),
    in_catalog: str | None = None,
    in_schema: str | None = None,
) -> TableInfo:
    """Create a view; see :meth:`mlnb.catalog.service.Catalog.create_view`.

    Parameters
    ----------
    columns
        Names, and comments, for the query's columns.
    in_catalog, in_schema
        What names of one and two parts in the query are completed with.
    """
    for part in (name.catalog, name.schema, name.name):
        names.check(part)
    parent = catalog.schema_row(name.catalog, name.schema)
    name = TableName(parent.full_name.split(".")[0], parent.name, name.name)
    if catalog.exists(name.full_name):
        catalog.require("MANAGE", "view", name.full_name)
    else:
        catalog.require("CREATE VIEW", "schema", parent.full_name)
    query = _qualified(catalog, name, sql, in_catalog, in_schema)
    if columns:
        query = _renamed(query, [column for column, _ in columns])
    definition = query.sql("databricks", pretty=True)
    described = _columns(_schema(catalog, query, definition), dict(columns))
    try:
        with catalog.ground.metastore.begin() as connection:
            found = rows.find(connection, "view", parent.id, name.name)
            if found is not None and not (replace and found.kind == "view"):
                raise taken(name)
            if found is None:
                row = rows.insert(connection, "view", parent.id, name.full_name, comment=comment)
                view_id = str(row.id)
                stats = Statistics(0, None, 0, 0, False, described)
                rows.insert_table(
                    connection,
                    view_id,
                    primary_key=[],
                    timeseries=None,
                    stats=stats,
                    table_type="VIEW",
                    view_definition=definition,
                )
            else:
                view_id = str(found.id)
                rows.update_view(connection, view_id, definition, described, comment)
                rows.set_owner(connection, view_id, catalog.rights.definer(found.owner))
            action = "view.altered" if found is not None else "view.created"
            catalog.ground.journal.append(action, f"view:{name.full_name}", {"columns": len(described)})
    except sa.exc.IntegrityError as error:
        raise taken(name) from error
    made = catalog.info(name.full_name)
    catalog.note_view(made)
    return made


def _qualified(catalog: Catalog, name: TableName, sql: str, in_catalog: str | None, in_schema: str | None) -> exp.Query:
    """Return the query with the full name of every table in it."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    from .sql.parse import parse

    statement = parse(sql)
    if statement.kind != "SELECT" or statement.query is None:
        raise SqlSyntaxError("A view is a SELECT.", hint="Write CREATE VIEW name AS SELECT …")
    query = statement.query
    parameter = query.find(exp.Placeholder)
    if parameter is not None:
        raise UnboundParameterError(
            f"A view cannot have the parameter :{parameter.name}.", hint="Write the value, or make a SQL function."
        )
    sources = [source for scope in traverse_scope(query) for source in scope.sources.values()]
    for table in sources:
        if not isinstance(table, exp.Table) or isinstance(table.this, exp.Func):
            continue  # a common table expression, or a function
        parts = [part.name for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part]
        whole = names.complete(
            parts, in_catalog or catalog.settings.default_catalog, in_schema or catalog.settings.default_schema
        )
        _check_source(catalog, name, whole)
        if not table.alias:  # columns may be written with the table's own name
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
        for part, text in (("catalog", whole.catalog), ("db", whole.schema)):
            table.set(part, exp.to_identifier(text, quoted=True))
    return query


def _check_source(catalog: Catalog, view: TableName, source: TableName) -> None:
    """Refuse a source that does not exist, and a view that would read itself."""
    if source.catalog == "system" or source.schema == "information_schema":
        return
    with catalog.ground.metastore.connect() as connection:
        located = rows.locate(connection, source)
    if located is None:
        raise catalog.not_found(source)
    if names.key(located.full_name) == names.key(view.full_name) or (
        located.view_definition and view.full_name in sources_of(catalog, located.view_definition)
    ):
        raise SqlError(
            f"The view {view.full_name} would read itself.",
            code="RECURSIVE_VIEW",
            hint=f"Leave out {source.full_name}, or give the new view another name.",
        )


def sources_of(catalog: Catalog, definition: str) -> set[str]:
    """Return the full names of the tables and views that a view reads, through other views too."""
    from sqlglot import exp, parse_one

    found: set[str] = set()
    waiting = [definition]
    while waiting:
        for table in parse_one(waiting.pop(), dialect="databricks").find_all(exp.Table):
            if not (table.catalog and table.db):
                continue
            with catalog.ground.metastore.connect() as connection:
                located = rows.locate(connection, TableName(table.catalog, table.db, table.name))
            if located is None or located.full_name in found:
                continue
            found.add(located.full_name)
            if located.view_definition:
                waiting.append(located.view_definition)
    return found


def _renamed(query: exp.Query, columns: Sequence[str]) -> exp.Query:
    from sqlglot import exp

    alias = exp.TableAlias(
        this=exp.to_identifier("v"), columns=[exp.to_identifier(column, quoted=True) for column in columns]
    )
    return exp.select("*").from_(exp.Subquery(this=query, alias=alias))


def _schema(catalog: Catalog, query: exp.Query, text: str) -> pa.Schema:
    """Return the columns of a query without running it: nobody has read anything yet."""
    from .sql.context import Context
    from .sql.failures import translated

    context = Context({}, {}, False, catalog.settings.default_catalog, catalog.settings.default_schema)
    query = query.copy()
    resolved = catalog.front.resolve(query, text, context)
    with translated(text, query, resolved.columns):
        execution = catalog.engine.run(resolved, limit=0)
    execution.close()
    return execution.schema


def _columns(schema: pa.Schema, comments: dict[str, str | None]) -> list[ColumnInfo]:
    from deltalake import Schema

    from .delta.types import columns_of, storable_schema

    return [
        column.model_copy(update={"comment": comments.get(column.name)})
        for column in columns_of(Schema.from_arrow(storable_schema(schema)).to_json(), [])
    ]


class View(Table):
    """A view in hand: reads like a table, cannot be written and has no history."""

    @property
    def info(self) -> TableInfo:
        """What the metastore knows about the view now."""
        self._info = self._catalog.info(self._info.full_name)
        return self._info

    @property
    def version(self) -> int:
        """Always 0: a view is as new as what it reads."""
        return 0

    @property
    def schema(self) -> pa.Schema:
        """The columns as an Arrow schema."""
        schema: pa.Schema = self._catalog.sql(self._query([]).sql("databricks"), limit=0).schema
        return schema

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self._info.columns]

    def scan(self, columns: Sequence[str] | None = None, where: str | None = None, **options: Any) -> SqlResult:
        """Read as a result that streams; ``options`` are ``order``, ``limit``, ``offset`` and ``count``."""
        from sqlglot import exp, parse_one

        from .sql.conditions import parse_condition

        order, limit, offset = options.get("order"), options.get("limit"), options.get("offset", 0)
        known = {name.lower(): name for name in self.columns}
        for name in columns or ():
            if name.lower() not in known:
                raise UnresolvedColumnError(
                    f"{self.full_name} has no column {name!r}.", hint=f"Columns: {', '.join(self.columns)}."
                )
        what: list[Any] = [exp.column(known[name.lower()], quoted=True) for name in columns or ()]
        query = self._query([exp.alias_(exp.Count(this=exp.Star()), "n")] if options.get("count") else what)
        if where:
            query = query.where(parse_condition(where), copy=False)
        if order:
            query.set("order", parse_one(f"SELECT * FROM t ORDER BY {order}", dialect="databricks").args["order"])
        if limit is not None:
            query = query.limit(limit, copy=False)
        if offset:
            query = query.offset(offset, copy=False)
        return self._catalog.sql(query.sql("databricks"), filtered=self._filtered)

    def to_pandas(self, columns: Sequence[str] | None = None, where: str | None = None) -> pd.DataFrame:
        """Read into a pandas frame. It names no source: a view has no version that could be read again."""
        return self.scan(columns, where).to_pandas()

    def _query(self, what: list[Any]) -> exp.Select:
        from sqlglot import exp

        parts = (exp.to_identifier(part, quoted=True) for part in names.split(names.quote_name(self.full_name)))
        above, schema, name = parts
        return exp.select(*(what or [exp.Star()])).from_(exp.Table(this=name, db=schema, catalog=above))

    def history(self, limit: int | None = None) -> list[Commit]:  # noqa: ARG002
        """Return no commits: what a view reads has the history."""
        return []

    def _writable(self) -> Any:
        raise InvalidStateError(
            f"{self.full_name} is a view and cannot be written.",
            hint="Write to the tables it reads, or replace the view.",
        )
