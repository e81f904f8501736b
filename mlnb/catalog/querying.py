"""SQL on the catalog: statements run, explained and ended, on DuckDB or on a Spark Connect server."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from mlnb.core.errors import InvalidParameterError

from .namespace import Namespace

if TYPE_CHECKING:
    from .service import Catalog
    from .sql.engine import Engine
    from .sql.front import SqlFront
    from .sql.record import Recorder
    from .sql.result import Explanation, SqlResult
    from .sql.running import OnProgress
    from .sql.session import Statements
    from .sql.spark import SparkEngine


class Querying(Namespace):
    """Runs statements. Its parts are made when first used: opening a workspace loads neither DuckDB nor a parser."""

    @cached_property
    def engine(self) -> Engine:
        """DuckDB over this workspace's lake."""
        from .sql.engine import Engine

        limit, threads = self.settings.sql_memory_limit, self.settings.sql_threads
        return Engine(self.ground.settings.storage_root, self.ground.path / "tmp", memory_limit=limit, threads=threads)

    @cached_property
    def front(self) -> SqlFront:
        """Runs statements."""
        from .sql.front import SqlFront

        return SqlFront(cast("Catalog", self))

    @cached_property
    def recorder(self) -> Recorder:
        """Writes down which statements ran."""
        from .sql.record import Recorder

        return Recorder(cast("Catalog", self))

    @cached_property
    def statements(self) -> Statements:
        """Runs statements of callers over HTTP in processes of their own."""
        from .sql.session import Statements

        return Statements(self.ground)

    @cached_property
    def sparks(self) -> dict[str, SparkEngine]:
        """The sessions on Spark Connect servers, by address."""
        return {}

    def spark(self, engine: str = "spark") -> SparkEngine:
        """Return the session on a Spark Connect server: ``spark`` is the one of the setting ``sql_engine``.

        Raises
        ------
        InvalidParameterError
            When the setting names none.
        """
        address = self.settings.sql_engine if engine == "spark" else engine
        if not address.startswith("sc://"):
            raise InvalidParameterError(
                f"{engine!r} is no engine." if engine != "spark" else "No Spark Connect server is known.",
                hint='Set sql_engine = "sc://localhost:15002" in [catalog] of mlnb.toml.',
            )
        if address not in self.sparks:
            from .sql.spark import SparkEngine

            self.sparks[address] = SparkEngine(address)
        return self.sparks[address]

    def sql(
        self,
        query: str,
        params: Mapping[str, Any] | None = None,
        *,
        frames: Mapping[str, Any] | None = None,
        filtered: bool | None = None,
        limit: int | None = None,
        catalog: str | None = None,
        schema: str | None = None,
        engine: str | None = None,
        on_progress: OnProgress | None = None,
        restricted: bool = False,
    ) -> SqlResult:
        """Run a statement of the platform's SQL, or several separated by semicolons; return the (last) result.

        Parameters
        ----------
        params
            Values of ``:name``; they are bound, never pasted.
        frames
            Data frames that a one-part name means when no table has it.
        filtered
            Whether row filters apply; by default to a SELECT that a person looks at.
        limit
            At most this many rows of a SELECT.
        catalog, schema
            For names of one and two parts, instead of the settings' defaults.
        engine
            ``duckdb`` or ``spark``, instead of what the setting ``sql_engine`` says.
        restricted
            Whether only listed functions and no files of this machine may be used: for callers who are somewhere else.
        on_progress
            Called in the main thread twice a second once a statement has taken one: ``(share done or None, seconds)``.

        Raises
        ------
        SqlSyntaxError, TableNotFoundError, UnresolvedColumnError, UnboundParameterError
            With the position and the nearest names.
        """
        from .sql.context import Context

        context = Context(
            params={} if params is None else params,
            frames={} if frames is None else frames,
            filtered=filtered,
            catalog=catalog or self.current_catalog,
            schema=schema or (self.settings.default_schema if catalog else self.current_schema),
            restricted=restricted,
            engine=engine or self.settings.sql_engine,
        )
        return self.front.run(query, context, limit, on_progress=on_progress)

    def explain(
        self, query: str, params: Mapping[str, Any] | None = None, *, frames: Mapping[str, Any] | None = None
    ) -> Explanation:
        """Return how a query would be run: which files of which versions are read, and DuckDB's plan. Nothing is run."""
        from .sql.context import Context

        known = {} if params is None else params  # a notebook's variables are counted as none until one is asked for
        context = Context(known, {} if frames is None else frames, None, self.current_catalog, self.current_schema)
        return self.front.explain(query, context)

    def cancel(self, statement_id: str) -> bool:
        """End a statement that this process runs; return whether it ran."""
        running = self.front.statements.get(statement_id)
        if running is not None:
            running.cancel()
        return running is not None
