"""The catalog (``ws.catalog``): names for tables, the tables themselves, SQL, ingestion, spools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidParameterError

from . import metastore as rows
from .discovery import Discovery
from .errors import TableNotFoundError
from .governance import Governance
from .hooks import FilterNote, Hooks, Planner, RowFilter, TableProvider
from .loading import Loading
from .naming import Naming
from .objects import Objects
from .querying import Querying
from .records import Commit, Pin, TableInfo

if TYPE_CHECKING:
    import pandas as pd

    from mlnb.core.ground import Ground
    from mlnb.core.records import Page
    from mlnb.core.supervisor import Reconciler

    from .browse import Block
    from .commits import Commits
    from .compare import Comparison
    from .delta.handles import Handles
    from .errors import TableSchemaError
    from .lookup import Lookup
    from .names import TableName
    from .spool import Spool, Spools
    from .table import Table
    from .trash import Dropped
    from .tree import TreeNode

CreateMode = Literal["error", "replace", "ignore"]
WriteMode = Literal["error", "append", "overwrite", "ignore"]


class Catalog(Naming, Governance, Objects, Discovery, Loading, Querying):
    """Tables by name (``ws.catalog``).

    Names have one to three parts; missing ones are ``default_catalog`` and ``default_schema`` of the settings. ``main.default`` exists
    in every workspace.

    Parameters
    ----------
    ground
        Settings, metastore, journal and folders of the workspace.
    """

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.hooks = Hooks()
        self.follow()

    # -- parts, made when first used: opening a workspace loads neither DuckDB nor the Delta library --------------------

    @cached_property
    def handles(self) -> Handles:
        """The versions of tables this process knows."""
        from .delta.handles import Handles

        return Handles(self.settings.storage_options)

    @cached_property
    def commits(self) -> Commits:
        """Makes commits and records them."""
        from .commits import Commits

        made = Commits(self.ground, self.handles, self.settings)
        made.explain = self._violated
        return made

    def _violated(self, info: TableInfo, error: TableSchemaError) -> TableSchemaError:
        from .constraints import violated

        return violated(self, info, error)

    @cached_property
    def lookup(self) -> Lookup:
        """Finds tables and their versions."""
        from .lookup import Lookup

        return Lookup(self, self.handles, self.commits)

    # -- tables ---------------------------------------------------------------------------------------------------------

    def create_table(
        self,
        name: str,
        data: Any = None,
        *,
        schema: Any = None,
        primary_key: Sequence[str] | str | None = None,
        timeseries: str | None = None,
        comment: str | None = None,
        properties: Mapping[str, str] | None = None,
        partition_by: Sequence[str] | str | None = None,
        location: str | None = None,
        mode: CreateMode = "error",
    ) -> Table:
        """Create a table, with rows or empty.

        Parameters
        ----------
        data
            The rows; anything with Arrow inside.
        schema
            An Arrow schema for an empty table.
        primary_key
            Columns that identify a row. It is recorded; feature tables need it, ``merge`` uses it.
        timeseries
            The time column of the key: rows are then valid from that time on.
        partition_by
            Columns whose values split the files into folders; for few values that queries select by.
        location
            A folder or URL for its files, relative to the notebooks' folder; they stay there when the table is dropped. Without data and
            schema it names the Delta table that is there.
        mode
            When the table exists: ``error``, ``replace`` it (its history stays readable) or ``ignore`` the call.

        Raises
        ------
        NameTakenError
            When it exists and ``mode`` is ``error``.
        SchemaNotFoundError
            When the schema does not exist.
        """
        from .create import create_table

        create_table(
            self,
            self.parse(name),
            data,
            schema=schema,
            primary_key=primary_key,
            timeseries=timeseries,
            comment=comment,
            properties=properties,
            partition_by=partition_by,
            location=location,
            mode=mode,
        )
        return self.table(name)

    def table(
        self, name: str, *, version: int | None = None, timestamp: Any = None, filtered: bool | None = None
    ) -> Table:
        """Return a table, at its newest version or at an earlier one.

        Parameters
        ----------
        version, timestamp
            The version, or the last one made at or before a time (text, datetime or milliseconds; UTC without a zone).
        filtered
            Whether row filters apply; by default when a person looks.

        Raises
        ------
        TableNotFoundError
            With the nearest names.
        VersionNotFoundError
            With the versions there are.
        """
        from .sql.front import reading_filtered
        from .table import Table

        info = self.info(name)
        if info.view_definition is not None:
            return self._view(info, filtered, dated=version is not None or timestamp is not None)
        if version is not None and timestamp is not None:
            raise InvalidParameterError("Give a version or a timestamp, not both.")
        if timestamp is not None:
            version = self.lookup.version_at(info, timestamp)
        if version is not None:
            self.handles.at(info.storage_location, version)
        return Table(self, info, version, filtered=reading_filtered(filtered))

    def _view(self, info: TableInfo, filtered: bool | None, *, dated: bool) -> Table:
        from .sql.front import reading_filtered
        from .views import View

        if dated:
            raise InvalidParameterError(
                f"{info.full_name} is a view and has no versions.", hint="Look at the versions of the tables it reads."
            )
        return View(self, info, filtered=reading_filtered(filtered))

    def meaning(self, name: TableName) -> TableName:
        """Return the table that a full name means: itself, unless this process keeps to itself."""
        return name if self.isolation is None else self.isolation.meaning(name)

    def info(self, name: str) -> TableInfo:
        """Return what the metastore knows about a table."""
        parsed = self.meaning(self.parse(name))
        with self.ground.metastore.connect() as connection:
            info = rows.find_table(connection, parsed)
        if info is None:
            raise self.not_found(parsed)
        self.require("BROWSE", "table", info.full_name)
        return info

    def exists(self, name: str) -> bool:
        """Return whether there is a table of that name."""
        with self.ground.metastore.connect() as connection:
            try:
                return rows.locate(connection, self.meaning(self.parse(name))) is not None
            except TableNotFoundError:  # dropped in this process, which keeps to itself
                return False

    def read(
        self, name: str, *, columns: Sequence[str] | None = None, where: str | None = None, **options: Any
    ) -> pd.DataFrame:
        """Read a table into pandas; ``options`` are those of :meth:`table`."""
        return self.table(name, **options).to_pandas(columns, where)

    def write(self, name: str, data: Any, mode: WriteMode = "error") -> Commit:
        """Write rows, creating the table when it does not exist.

        Parameters
        ----------
        mode
            When it exists: ``error``, ``append`` to it, ``overwrite`` its rows and columns, or ``ignore`` the call.
        """
        if mode not in ("error", "append", "overwrite", "ignore"):
            raise InvalidParameterError(f"{mode!r} is no mode.", hint="Use error, append, overwrite or ignore.")
        if mode == "error" or not self.exists(name):
            return self.create_table(name, data).history(1)[0]
        if mode == "append":
            return self.table(name).append(data)
        if mode == "overwrite":
            return self.table(name).overwrite(data, schema="overwrite")
        return self.table(name).history(1)[0]

    def append(self, name: str, data: Any, *, txn: tuple[str, int] | None = None) -> Commit:
        """Add rows to a table in one commit; see :meth:`Table.append`."""
        return self.table(name).append(data, txn=txn)

    def history(self, name: str, limit: int | None = None) -> list[Commit]:
        """Return a table's commits, newest first."""
        return self.table(name).history(limit)

    def pin(self, name: str, version: int, owner: str) -> Pin:
        """Keep a version readable: vacuuming spares its files until ``owner`` (``run:4f1c…``) unpins it.

        Raises
        ------
        VersionNotFoundError, VersionFilesMissingError
            When there is nothing left to keep.
        """
        from .pins import pin

        return pin(self, name, version, owner)

    def unpin(self, owner: str, *, name: str | None = None) -> int:
        """Take away the pins of an owner, of one table or of all; return how many there were."""
        from .pins import unpin

        return unpin(self, owner, name)

    def pins(self, name: str) -> list[Pin]:
        """Return who needs which version of a table."""
        from .pins import pins_of

        with self.ground.metastore.connect() as connection:
            return pins_of(connection, self.info(name).table_id)

    # -- for panels -----------------------------------------------------------------------------------------------------

    def tree(self, parent: str = "", **options: Any) -> Page[TreeNode]:
        """Return what lies below a parent, in pages; see :func:`mlnb.catalog.tree.tree`."""
        from .tree import tree

        return tree(self, parent, **options)

    def trash(self) -> list[Dropped]:
        """Return what was dropped and can still come back, newest first."""
        from .trash import trash

        return trash(self)

    def preview(self, name: str, *, version: int | None = None, **options: Any) -> Block:
        """Return a block of a table's rows, column by column; see :func:`mlnb.catalog.browse.block`."""
        from .browse import block

        return block(self, self.table(name, version=version), version, **options)

    def compare(self, name: str, before: int, after: int, **options: Any) -> Comparison:
        """Return what differs between two versions of a table; see :func:`mlnb.catalog.compare.compare`."""
        from .compare import compare

        return compare(self, name, before, after, **options)

    # -- spools ---------------------------------------------------------------------------------------------------------

    def spool(self, name: str, *, durable: bool = False) -> Spool:
        """Return the spool of a table: small writes in a tenth of a millisecond, each row in the table exactly once.

        Parameters
        ----------
        durable
            Whether an acknowledged row survives a power cut, not only a killed process.
        """
        return self.spools.open(self.info(name), durable=durable)

    @cached_property
    def spools(self) -> Spools:
        """The spools of this workspace."""
        from .spool import Spools

        return Spools(self)

    # -- hooks for the stages above -----------------------------------------------------------------------------------------

    def register_function(self, name: str, planner: Planner) -> None:
        """Make a function usable in SQL; the planner turns each call into a batched function or a table."""
        self.hooks.functions[name.lower()] = planner

    def register_system_table(self, name: str, provider: TableProvider) -> None:
        """Make a table readable in SQL under a name of its own, ``system.access.audit``."""
        self.hooks.system_tables[name.lower()] = provider

    def register_row_filter(self, provider: RowFilter, note: FilterNote | None = None) -> None:
        """Add a condition that rows must satisfy to be shown to a person: ``provider(table, dialect)`` returns it, or None.

        ``note(table, version)`` returns the line that says below the rows how many were left out.
        """
        self.hooks.row_filters.append(provider)
        if note is not None:
            self.hooks.filter_notes.append(note)

    def close(self) -> None:
        """Close DuckDB and the spools of this process; what ran is written down first."""
        if "recorder" in self.__dict__:
            self.__dict__.pop("recorder").close()
        self.unfollow()
        for spark in self.sparks.values():
            spark.close()
        for part in ("statements", "engine", "spools"):
            if part in self.__dict__:
                self.__dict__.pop(part).close()

    def reconcilers(self) -> Sequence[Reconciler]:
        """Return what the supervisor does for the catalog: flush spools, record lost commits, purge what was dropped."""
        from .care import Care, Flusher
        from .ingest.care import Loads

        return [Flusher(self), Care(self), Loads(self)]
