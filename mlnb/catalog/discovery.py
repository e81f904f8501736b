"""Search, completion, lineage and insights: how people find data and learn where it comes from."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from mlnb.core import access
from mlnb.core.access import TableAccess

from .lineage.records import Direction, Level, LineageGraph, Thing
from .namespace import Namespace

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.core.records import Page

    from .complete import Completion
    from .hooks import Finished, Hooks
    from .insights import Insights
    from .lineage.recording import Query, Recording
    from .records import Commit, IngestReport, TableInfo
    from .search.index import Index
    from .search.records import SearchHit
    from .service import Catalog

_LOG = logging.getLogger("mlnb.lineage")

#: Seconds that an answer waits for what this process did a moment ago to be recorded.
_PATIENCE_S = 5.0


class Discovery(Namespace):
    """Finds data and tells where it comes from and who uses it."""

    hooks: Hooks

    @property
    def _me(self) -> Catalog:
        return cast("Catalog", self)

    def follow(self) -> None:
        """Begin to listen to what happens to tables; called once, when the catalog is made."""
        self.hooks.on_finished.append(self._finished)
        access.listen(self._accessed)
        self.hooks.system_tables["system.access.table_lineage"] = self._table_lineage
        self.hooks.system_tables["system.access.column_lineage"] = self._column_lineage

    def unfollow(self) -> None:
        """Stop listening."""
        access.forget(self._accessed)

    # -- search ---------------------------------------------------------------------------------------------------------

    @cached_property
    def _index(self) -> Index:
        from .search.index import Index

        return Index(self.ground)

    def search(
        self,
        text: str,
        *,
        types: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
        owner: str | None = None,
        certification: str | None = None,
        page_token: str | None = None,
        max_results: int | None = None,
    ) -> Page[SearchHit]:
        """Find tables, columns, models, runs and everything else that has a name.

        Names go before columns, columns before tags, tags before comments; then certified objects, then what is read most. What is
        deprecated comes last.

        Parameters
        ----------
        text
            Words that must all match, anywhere in a word from three letters on, at its beginning below. ``type:table``, ``tag:pii``,
            ``tag:team=ml``, ``owner:ada``, ``certificationStatus:certified`` and ``schema:main.sales`` in it are filters.
        types, tags, owner, certification
            The same filters as arguments.

        Raises
        ------
        InvalidParameterError
            For a kind or a status that does not exist.
        """
        from .search.find import search
        from .search.records import parse

        question = parse(text, types=types, tags=tags, owner=owner, certification=certification)
        return search(self._me, self._index, question, page_token, max_results)

    # -- insights ---------------------------------------------------------------------------------------------------------

    def insights(self, name: str, *, days: int = 30) -> Insights:
        """Return who reads a table: from which cells, jobs and queries, how often, which columns.

        Raises
        ------
        TableNotFoundError
            With the nearest names.
        """
        from .insights import insights

        self._me.recorder.flush(_PATIENCE_S)
        return insights(self._me, name, days)

    # -- completion -------------------------------------------------------------------------------------------------------

    def complete(
        self,
        text: str,
        cursor: int | None = None,
        *,
        frames: Iterable[str] = (),
        parameters: Iterable[str] = (),
        catalog: str | None = None,
        schema: str | None = None,
    ) -> Completion:
        """Return what may stand at the cursor of an SQL text: keywords, names of the catalog, columns of the statement's tables, functions.

        Parameters
        ----------
        cursor
            In code points; the end of the text by default.
        frames, parameters
            Names of the kernel's data frames, and of the values given for ``:name``.
        catalog, schema
            For names of one and two parts, instead of the settings' defaults.
        """
        from .complete import complete

        return complete(
            self._me, text, cursor, frames=frames, parameters=parameters, in_catalog=catalog, in_schema=schema
        )

    # -- lineage --------------------------------------------------------------------------------------------------------

    @cached_property
    def recording(self) -> Recording:
        """Stores the lineage of what happens."""
        from .lineage.recording import Recording

        return Recording(self._me)

    def _finished(self, one: Finished) -> None:
        if one.writes:
            self.recording.finished(one)

    def _accessed(self, one: TableAccess) -> None:
        self._quietly(self.recording.accessed, one)

    def _quietly(self, record: Callable[..., None], *arguments: Any) -> None:
        """Record what has happened already: it does not fail because recording does."""
        try:
            if self.ground.metastore.exists():
                record(*arguments)
        except Exception as error:
            _LOG.warning("lineage: %s: %s", type(error).__name__, error)

    def _table_lineage(self) -> pa.Table:
        from .lineage.system import table_lineage

        return table_lineage(self._me)

    def _column_lineage(self) -> pa.Table:
        from .lineage.system import column_lineage

        return column_lineage(self._me)

    def write_rows(self, query: Query, name: str, data: Any, mode: Any = "error") -> Commit:
        """Write the rows of a query into a table; see :meth:`mlnb.catalog.service.Catalog.write`."""
        from .lineage.recording import writing

        with writing(query):
            return self._me.write(name, data, mode)

    def note_view(self, info: TableInfo) -> None:
        """Note that a view was created or defined anew."""
        self._quietly(self.recording.view, info)

    def note_ingest(self, report: IngestReport) -> None:
        """Note that files were loaded into a table."""
        self._quietly(self.recording.loaded, report.table, report.version, [file.path for file in report.files])

    def lineage(
        self,
        name: str,
        *,
        kind: str = "table",
        column: str | None = None,
        direction: Direction = "both",
        depth: int = 1,
        level: Level = "table",
        processes: bool = False,
    ) -> LineageGraph:
        """Return what an object comes from, and what is made of it.

        Parameters
        ----------
        name
            A table by default; with ``kind`` a run, a model version (``main.ml.churn/7``), a cell (``notebook#cell``), ….
        column
            Follow only this column.
        direction
            ``upstream``, ``downstream`` or ``both``.
        depth
            How many steps.
        level
            ``column`` adds the columns behind each edge.
        processes
            Whether cells and job runs are nodes between the tables.

        Raises
        ------
        TableNotFoundError
            With the nearest names.
        """
        from .lineage.graph import graph

        me = self._me
        me.recorder.flush(_PATIENCE_S)
        if kind in ("table", "view"):
            name = self.parse(name).full_name
            me.require("BROWSE", "table", name)
        return graph(
            me,
            Thing(kind, name),
            column=column,
            direction=direction,
            depth=depth,
            level=level,
            processes=processes,
        )

    def add_lineage(
        self,
        source: str,
        target: str,
        *,
        columns: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """Connect two objects by hand: what happens outside of this workspace has lineage too.

        Parameters
        ----------
        source, target
            A table's name, or ``external:name`` for something outside, which comes to be with its first edge.
        columns
            Source column to target column.
        properties
            Facts about the external objects.

        Raises
        ------
        TableNotFoundError
            When a table does not exist.
        """
        from .lineage.external import add

        pairs = list(columns.items() if isinstance(columns, Mapping) else columns or ())
        add(self._me, source, target, pairs, dict(properties or {}))

    def remove_lineage(self, source: str, target: str) -> None:
        """Take away an edge that was added by hand; what statements left stays.

        Raises
        ------
        NotFoundError
            When there is no such edge.
        """
        from .lineage.external import remove

        remove(self._me, source, target)

    def openlineage(self, name: str | None = None, *, kind: str = "table") -> list[dict[str, Any]]:
        """Return what is known of an object, or of all, as OpenLineage RunEvents, the oldest first."""
        from .lineage.openlineage import events_of

        if name is None:
            return events_of(self._me, None)
        if kind in ("table", "view"):
            name = self.parse(name).full_name
            self._me.require("BROWSE", "table", name)
        return events_of(self._me, Thing(kind, name))

    def tell_openlineage(self, one: Finished, flows: Sequence[Any]) -> None:
        """Send what a statement did to ``openlineage_url``, when it is set."""
        if self.settings.openlineage_url:
            from .lineage.openlineage import tell

            tell(self._me, one, flows)
