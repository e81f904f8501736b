"""A statement from text to result: parse, resolve, run. What is no query is answered by a handler of ``statements``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mlnb.core.access import TableAccess, record_access
from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError, did_you_mean

from ..delta.handles import Found
from ..errors import SqlSyntaxError, UnresolvedColumnError
from ..names import TableName
from .engine import Execution
from .failures import translated
from .parse import Statement, parse
from .resolve import Resolved, Resolver
from .result import SqlResult

if TYPE_CHECKING:
    from ..service import Catalog

#: The name under which a table that is read through Python stands in its query.
_THIS = TableName("mlnb", "scan", "t")


@dataclass(frozen=True)
class Context:
    """What a statement is run with; see :meth:`mlnb.catalog.service.Catalog.sql`."""

    params: Mapping[str, Any]
    frames: Mapping[str, Any]
    filtered: bool | None
    catalog: str
    schema: str


class SqlFront:
    """Runs statements for a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def run(self, text: str, context: Context, limit: int | None = None) -> SqlResult:
        """Run one statement."""
        if limit is not None and limit < 0:
            raise InvalidParameterError("limit may not be negative.", hint="Use 0 or more.")
        started = time.perf_counter()
        statement = parse(text)
        if context.filtered is None:
            # What is written is for pipelines: a filter made for people's eyes would leave holes in it.
            context = replace(context, filtered=statement.kind == "SELECT" and reading_filtered(None))
        if statement.kind == "SELECT":
            result = self.select(statement, context, limit)
        else:
            from .statements import HANDLERS

            result = HANDLERS[statement.kind](self, statement, context)
        result.metrics["duration_ms"] = round((time.perf_counter() - started) * 1000, 1)
        return result

    # -- reading --------------------------------------------------------------------------------------------------------

    def select(self, statement: Statement, context: Context, limit: int | None = None) -> SqlResult:
        """Run the query of a statement."""
        assert statement.query is not None
        resolved = self.resolve(statement.query, statement.text, context)
        guard = Guard(statement.text, statement.query, resolved)
        with guard():
            execution = self.catalog.engine.run(resolved, limit=limit)
        return self.result(execution, guard, "SELECT", statement.text, resolved)

    def resolve(self, query: exp.Query, text: str, context: Context, this: Found | None = None) -> Resolved:
        """Resolve the names of a query, which is changed; ``mlnb.scan.t`` in it means ``this``."""

        def lookup(name: TableName, version: int | None, timestamp: Any) -> Found:
            if this is not None and name == _THIS:
                return this
            return self.catalog.lookup.find(name, version, timestamp)

        resolver = Resolver(
            lookup,
            self.catalog.hooks,
            frames=context.frames,
            params=context.params,
            catalog=context.catalog,
            schema=context.schema,
            filtered=bool(context.filtered),
        )
        return resolver.resolve(query, text)

    def result(self, execution: Execution, guard: Guard, kind: str, text: str, resolved: Resolved) -> SqlResult:
        """Return the rows of an execution as a result, and record what it read."""
        result = SqlResult(
            execution.schema,
            execution.batches(),
            kind=kind,
            statement=text,
            reads=resolved.reads,
            write=self.catalog.write,
            guard=guard,
        )
        for read in resolved.reads:
            record_access(TableAccess(read.name, read.version, "read", tuple(read.columns)))
        return result

    def scan(
        self,
        found: Found,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        order: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        filtered: bool = False,
        count: bool = False,
    ) -> SqlResult:
        """Read one table: what ``Table.to_pandas`` and previews use.

        Parameters
        ----------
        columns
            Which ones, in this order; all by default.
        where, order
            SQL: a condition, and what to sort by (``dep_delay DESC``).
        count
            Return the number of rows instead of the rows.
        """
        known = {name.lower(): name for name in found.snapshot.columns}
        for name in columns or ():
            if name.lower() not in known:
                raise unknown_column(name, found)
        chosen = (
            [exp.column(known[name.lower()], quoted=True) for name in columns] if columns is not None else [exp.Star()]
        )
        what: list[exp.Expr] = [exp.alias_(exp.Count(this=exp.Star()), "n")] if count else list(chosen)
        text = where or ""
        query = exp.select(*what).from_(exp.table_(_THIS.name, _THIS.schema, _THIS.catalog))
        if where:
            query = query.where(parse_condition(where), copy=False)
        if order:
            query.set("order", _parse_part(f"{order}", "SELECT * FROM t ORDER BY ", "order"))
            text = text or order
        if limit is not None:
            query = query.limit(limit, copy=False)
        if offset:
            query = query.offset(offset, copy=False)
        settings = self.catalog.settings
        context = Context({}, {}, filtered, settings.default_catalog, settings.default_schema)
        resolved = self.resolve(query, text, context, found)
        guard = Guard(text, query, resolved)
        with guard():
            execution = self.catalog.engine.run(resolved)
        return self.result(execution, guard, "SELECT", text, resolved)


class Guard:
    """Translates DuckDB's errors with what is known about the statement."""

    def __init__(self, text: str, query: exp.Query, resolved: Resolved) -> None:
        self._text, self._query, self._resolved = text, query, resolved

    def __call__(self) -> AbstractContextManager[None]:
        """Return the context in which DuckDB runs."""
        return translated(self._text, self._query, self._resolved.columns)


def unknown_column(name: str, found: Found) -> UnresolvedColumnError:
    """Return the error for a column that a table does not have."""
    columns = found.snapshot.columns
    return UnresolvedColumnError(
        f"{found.full_name} has no column {name!r}.",
        hint=did_you_mean(name, columns) or f"Columns: {', '.join(columns[:12])}{', …' if len(columns) > 12 else ''}.",
        details={"column_name": name},
    )


def _parse_part(part: str, before: str, argument: str) -> exp.Expr:
    """Parse a condition or an order as the end of a query, so that nothing else can be smuggled in."""
    statement = parse(before + part)
    query = statement.query
    only = isinstance(query, exp.Select) and {key for key, value in query.args.items() if value} <= {
        "expressions",
        "from_",
        argument,
    }
    if statement.kind != "SELECT" or not only or query is None:
        raise SqlSyntaxError(
            f"{part!r} is no {argument} clause.", hint="Write it as in SQL, for example dep_delay > 15."
        )
    node: exp.Expr = query.args[argument]
    for identifier in node.find_all(exp.Identifier):  # positions count from the part's own start
        if "start" in identifier.meta:
            identifier.meta["start"] -= len(before)
    return node.this if argument == "where" else node


def parse_condition(where: str) -> exp.Expr:
    """Parse a condition that stands alone, as in ``where="month = 7"``.

    Raises
    ------
    SqlSyntaxError
        When it is anything else.
    """
    return _parse_part(where, "SELECT * FROM t WHERE ", "where")


def reading_filtered(filtered: bool | None) -> bool:
    """Return whether row filters apply: by default to what a person or an assistant will look at."""
    return current_caller().source in ("kernel", "rest", "cli") if filtered is None else filtered
