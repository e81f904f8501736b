"""A statement from text to result: parse, resolve, run. What is no query is answered by a handler of ``statements``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mlnb.core.access import TableAccess, record_access
from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError, MlnbError, did_you_mean

from .. import metastore as rows
from ..delta.handles import Found
from ..errors import SqlSyntaxError, UnresolvedColumnError
from ..lineage.recording import Query
from ..names import TableName, quote_name
from .conditions import parse_condition, parse_order
from .context import Context
from .engine import Rows
from .failures import point, translated
from .functions import check_statement
from .origin import origin as origin_of_rows
from .parse import Statement, parse
from .resolve import Resolved, Resolver, ViewFound
from .result import Explanation, SqlResult, Write
from .running import OnProgress, Running, Statements, current_statement
from .script import Part, parts
from .statement_log import StatementLog, rows_of

if TYPE_CHECKING:
    from ..service import Catalog

#: The name under which a table that is read through Python stands in its query.
_THIS = TableName("mlnb", "scan", "t")


class SqlFront:
    """Runs statements for a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        #: What runs now.
        self.statements = Statements(lambda: catalog.ground.progress)

    def run(
        self, text: str, context: Context, limit: int | None = None, *, on_progress: OnProgress | None = None
    ) -> SqlResult:
        """Run one statement, or several one after the other; return the result of the last."""
        if limit is not None and limit < 0:
            raise InvalidParameterError("limit may not be negative.", hint="Use 0 or more.")
        script = parts(text)
        results: list[SqlResult] = []
        for part in script:
            if results:
                results[-1].keep()  # its rows are computed before what follows changes anything
            try:
                results.append(self._run(part, context, limit, on_progress))
            except MlnbError as error:
                _name_statement(error, part, len(script))
                raise
            if results[-1].kind == "USE":
                context = replace(context, catalog=self.catalog.current_catalog, schema=self.catalog.current_schema)
        results[-1].earlier = results[:-1]
        return results[-1]

    def _run(self, part: Part, context: Context, limit: int | None, on_progress: OnProgress | None) -> SqlResult:
        log = StatementLog(self, part.text, context, on_progress)
        try:
            with log.running.active():
                statement = parse(part.text)
                log.kind = statement.kind
                if context.restricted:
                    check_statement(statement)
                if context.filtered is None:
                    # What is written is for pipelines: a filter made for people's eyes would leave holes in it.
                    context = replace(context, filtered=statement.kind == "SELECT" and reading_filtered(None))
                if statement.kind == "SELECT":
                    return self.select(statement, context, limit, log)
                log.note(statement)
                result = self._answer(statement, context, log.running)
        except BaseException as error:
            if isinstance(error, MlnbError):
                point(error, part.text)
            log.end(0, error)
            raise
        log.attach(result)
        log.end(rows_of(result), None)
        return result

    def _answer(self, statement: Statement, context: Context, running: Running) -> SqlResult:
        from .statements import answer

        work = partial(answer, self, statement, context)
        # Inside a transaction of this thread another thread would wait for it for ever.
        return work() if self.catalog.ground.metastore.in_transaction else running.call(work)

    # -- reading --------------------------------------------------------------------------------------------------------

    def select(
        self, statement: Statement, context: Context, limit: int | None = None, log: StatementLog | None = None
    ) -> SqlResult:
        """Run the query of a statement."""
        assert statement.query is not None
        if context.engine != "duckdb":
            return self._on_spark(statement, context, limit, log)
        resolved = self.resolve(statement.query, statement.text, context)
        guard = Guard(statement.text, statement.query, resolved)
        with guard():
            execution = self.catalog.engine.run(resolved, limit=limit)
        origin = origin_of_rows(statement.query, resolved, filtered=bool(context.filtered))
        return self.result(
            execution, guard, "SELECT", statement.text, resolved, log, filtered=bool(context.filtered), origin=origin
        )

    def _on_spark(
        self, statement: Statement, context: Context, limit: int | None, log: StatementLog | None
    ) -> SqlResult:
        """Run the query of a statement on the Spark Connect server of the settings."""
        from .spark import SparkResolver

        assert statement.query is not None
        engine = self.catalog.spark(context.engine)
        resolver = self._resolver(context, kind=SparkResolver)
        assert isinstance(resolver, SparkResolver)
        query = statement.query.copy()
        resolved = self._noted(resolver.resolve(statement.query, statement.text))
        if log is not None:
            log.engine = "spark"
        execution = engine.run(resolver, resolved, limit, statement.text, query)
        origin = origin_of_rows(query, resolved, filtered=bool(context.filtered))
        return self.result(
            execution, None, "SELECT", statement.text, resolved, log, filtered=bool(context.filtered), origin=origin
        )

    def explain(self, text: str, context: Context) -> Explanation:
        """Return how a query would be run, without running it."""
        statement = parse(text)
        if statement.query is None or statement.kind != "SELECT":
            raise SqlSyntaxError("Only a query has a plan.", hint="Leave out what writes and look at its SELECT.")
        resolved = self.resolve(statement.query, text, replace(context, filtered=reading_filtered(context.filtered)))
        with Guard(text, statement.query, resolved)():
            return Explanation(list(resolved.routes), self.catalog.engine.plan(resolved))

    def resolve(self, query: exp.Query, text: str, context: Context, this: Found | None = None) -> Resolved:
        """Resolve the names of a query, which is changed; ``mlnb.scan.t`` in it means ``this``."""
        return self._noted(self._resolver(context, this).resolve(query, text))

    def _resolver(self, context: Context, this: Found | None = None, kind: type[Resolver] = Resolver) -> Resolver:
        def lookup(name: TableName, version: int | None, timestamp: Any) -> Found | ViewFound:
            return this if this is not None and name == _THIS else self._find(name, version, timestamp)

        return kind(
            self.catalog,
            lookup,
            frames=context.frames,
            params=context.params,
            catalog=context.catalog,
            schema=context.schema,
            filtered=bool(context.filtered),
            restricted=context.restricted,
        )

    @staticmethod
    def _noted(resolved: Resolved) -> Resolved:
        """Let the running statement know what its query goes through."""
        running = current_statement()
        if running is not None:
            running.frames += [name for name in resolved.frames if name not in running.frames]
            running.views += [view for view in resolved.views if view not in running.views]
        return resolved

    def _find(self, name: TableName, version: int | None, timestamp: Any) -> Found | ViewFound:
        """Return the table or view of a name."""
        catalog = self.catalog
        name = catalog.meaning(name)
        with catalog.ground.metastore.connect() as connection:
            located = rows.locate(connection, name)
            if located is not None and located.view_definition is not None:
                owner = rows.owner_of(connection, located.table_id)
        if located is None:
            raise catalog.not_found(name)
        if located.view_definition is not None:
            catalog.require("SELECT", "view", located.full_name)
            if version is not None or timestamp is not None:
                raise InvalidParameterError(
                    f"{located.full_name} is a view and has no versions.",
                    hint="Give VERSION AS OF to the tables inside it.",
                )
            return ViewFound(located.full_name, located.view_definition, owner)
        if timestamp is not None:
            version = catalog.lookup.version_at(located, timestamp)
        return catalog.lookup.found(located, version)

    def result(
        self,
        execution: Rows,
        guard: Guard | None,
        kind: str,
        text: str,
        resolved: Resolved,
        log: StatementLog | None = None,
        *,
        filtered: bool = False,
        origin: Mapping[str, Any] | None = None,
    ) -> SqlResult:
        """Return the rows of an execution as a result, and record what it read."""
        if log is not None:
            log.reads = resolved.reads
        result = SqlResult(
            execution.schema,
            execution.batches(),
            kind=kind,
            statement=text,
            reads=resolved.reads,
            write=self._writer(log, resolved),
            guard=guard,
            on_end=log.end if log is not None else None,
            notes=partial(self._notes, resolved) if filtered else None,
            origin=origin,
        )
        if log is not None:
            log.attach(result)
        for read in resolved.reads:
            record_access(TableAccess(read.name, read.version, "read", tuple(read.columns), filtered=filtered))
        return result

    def _notes(self, resolved: Resolved) -> list[str]:
        """Return what is said of rows that filters were applied to."""
        return [note for read in resolved.reads for note in self.catalog.hooks.notes(read.name, read.version)]

    def _writer(self, log: StatementLog | None, resolved: Resolved) -> Write:
        """Return what writes a result's rows, with the lineage of its query."""
        if log is None:
            return self.catalog.write
        context = log.context
        query = Query(log.text, context.catalog, context.schema, resolved.reads, list(log.running.frames))
        return partial(self.catalog.write_rows, query)

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
            query.set("order", parse_order(order))
            text = text or order
        if limit is not None:
            query = query.limit(limit, copy=False)
        if offset:
            query = query.offset(offset, copy=False)
        settings = self.catalog.settings
        context = Context({}, {}, filtered, settings.default_catalog, settings.default_schema)
        log = StatementLog(self, _shown(query, found), context, None, kind="READ")
        try:
            with log.running.active():
                resolved = self.resolve(query, text, context, found)
                guard = Guard(text, query, resolved)
                with guard():
                    execution = self.catalog.engine.run(resolved)
                origin = origin_of_rows(query, resolved, filtered=filtered)
                return self.result(execution, guard, "SELECT", text, resolved, log, filtered=filtered, origin=origin)
        except BaseException as error:
            log.end(0, error)
            raise


def _name_statement(error: MlnbError, part: Part, number: int) -> None:
    """Say which statement of a script failed, and that those before it were run."""
    if number < 2:
        return
    done = (
        ""
        if part.number == 1
        else f" {_counted(part.number - 1)} before it {'was' if part.number == 2 else 'were'} run."
    )
    error.message = f"Statement {part.number} of {number}: {error.message}"
    error.hint = f"{error.hint or ''}{done}".strip() or None
    error.args = (error.message,)
    error.details["statement"] = part.number


def _counted(number: int) -> str:
    return "The one" if number == 1 else f"The {number}"


def _shown(query: exp.Select, found: Found) -> str:
    """Return the statement that a read through Python stands for."""
    shown = query.copy()
    for table in shown.find_all(exp.Table):
        table.replace(exp.to_table(quote_name(found.full_name), dialect="databricks"))
    return shown.sql("databricks")


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


def reading_filtered(filtered: bool | None) -> bool:
    """Return whether row filters apply: by default to what a person or an assistant will look at, not to jobs and the workspace's own work."""
    caller = current_caller()
    looked_at = caller.source in ("kernel", "rest", "cli") and not caller.job_run_id and not caller.trusted
    return looked_at if filtered is None else filtered
