"""Reading a table: rows at its newest version or at a fixed one, what changed in between, its past and its rules."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlnb.core.access import TableAccess, keeping_held_out, record_access
from mlnb.core.errors import InvalidStateError

from .delta.handles import is_local
from .records import Commit, Constraint, KeyReport, Pin, TableInfo

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from .delta.handles import Found, Snapshot
    from .service import Catalog
    from .sql.result import SqlResult


class TableReader:
    """What can be read of a table.

    Parameters
    ----------
    catalog
        The catalog it was found in.
    info
        What the metastore knows.
    version
        The fixed version; None reads the newest and can be written.
    filtered
        Whether row filters apply to reading.
    """

    def __init__(
        self, catalog: Catalog, info: TableInfo, version: int | None = None, *, filtered: bool = False
    ) -> None:
        self._catalog = catalog
        self._info = info
        self._version = version
        self._filtered = filtered

    @property
    def full_name(self) -> str:
        """``catalog.schema.table``."""
        return self._info.full_name

    @property
    def info(self) -> TableInfo:
        """What the metastore knows about the table now."""
        self._info = self._catalog.lookup.reconciled(self._info)
        return self._info

    @property
    def version(self) -> int:
        """The version that reading returns."""
        return self._snapshot.version

    @property
    def schema(self) -> pa.Schema:
        """The columns as an Arrow schema."""
        return self._snapshot.schema

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self._snapshot.columns

    @property
    def primary_key(self) -> list[str]:
        """The columns of the primary key, in order; empty without one."""
        return list(self._info.primary_key)

    @property
    def timeseries(self) -> str | None:
        """The time-series column of the primary key."""
        return self._info.timeseries

    @property
    def location(self) -> str:
        """Where the Delta table lies; any Delta reader can open it."""
        return self._info.storage_location

    def __repr__(self) -> str:
        at = f", version={self._version}" if self._version is not None else ""
        return f"Table({self.full_name!r}{at})"

    @property
    def _snapshot(self) -> Snapshot:
        """What is known of the table without its rows, as its page shows it: who only writes it needs no SELECT."""
        return self._found_with("BROWSE").snapshot

    @property
    def _found(self) -> Found:
        """The table to read rows of."""
        return self._found_with("SELECT")

    def _found_with(self, privilege: str) -> Found:
        if self._version is None:
            return self._catalog.lookup.found(self._info, privilege=privilege)
        self._catalog.require(privilege, "table", self.full_name)
        return self._fixed

    @cached_property
    def _fixed(self) -> Found:
        return self._catalog.lookup.found(self._info, self._version, privilege="BROWSE")

    # -- reading --------------------------------------------------------------------------------------------------------

    def scan(self, columns: Sequence[str] | None = None, where: str | None = None, **options: Any) -> SqlResult:
        """Read as a result that streams; ``options`` are ``order``, ``limit`` and ``offset``."""
        return self._catalog.front.scan(self._found, columns=columns, where=where, filtered=self._filtered, **options)

    def to_arrow(self, columns: Sequence[str] | None = None, where: str | None = None) -> pa.Table:
        """Read into an Arrow table.

        Parameters
        ----------
        columns
            Which ones, in this order; all by default.
        where
            An SQL condition that the rows satisfy.

        Raises
        ------
        UnresolvedColumnError
            For a column the table does not have.
        """
        return self.scan(columns, where).to_arrow()

    def to_pandas(self, columns: Sequence[str] | None = None, where: str | None = None) -> pd.DataFrame:
        """Read into a pandas frame; its ``attrs["mlnb.source"]`` says which table and version it came from."""
        result = self.scan(columns, where)
        frame = result.to_pandas()
        frame.attrs["mlnb.source"] = {
            "table": self.full_name,
            "version": result.reads[0].version,
            "columns": list(result.columns),
            "filtered": self._filtered and bool(self._catalog.hooks.predicates(self.full_name, "duckdb")),
        }
        return frame

    def reader(self, columns: Sequence[str] | None = None, where: str | None = None) -> pa.RecordBatchReader:
        """Read as a stream of record batches, for tables larger than memory."""
        return self.scan(columns, where).reader()

    def to_polars(self, columns: Sequence[str] | None = None, where: str | None = None) -> Any:
        """Read into a polars data frame."""
        return self.scan(columns, where).to_polars()

    def lazy(self) -> Any:
        """Return a polars plan over the table: polars reads only the columns and files that its query needs.

        Row filters do not reach a plan, so with one the rows are read first.
        """
        try:
            pl: Any = importlib.import_module("polars")
        except ImportError as error:
            raise InvalidStateError("polars is not installed.", hint="pip install polars, or use scan().") from error
        if not is_local(self.location) or (self._filtered and self._catalog.hooks.predicates(self.full_name, "duckdb")):
            return self.to_polars().lazy()
        snapshot = self._found.snapshot
        record_access(
            TableAccess(self.full_name, snapshot.version, "read", tuple(snapshot.columns), filtered=self._filtered)
        )
        return pl.scan_delta(snapshot.location, version=snapshot.version)

    def changes(self, start: int, end: int | None = None) -> pa.RecordBatchReader:
        """Return the rows that were added, changed and taken away by the commits from one version to another, both included.

        Where the change feed is on (property ``delta.enableChangeDataFeed``) the commits' own record is read. Elsewhere the rows of the
        files that a commit added are compared with those it removed; with a primary key, a row that left and came back with the same key
        is an update.

        Returns
        -------
        pyarrow.RecordBatchReader
            The columns of the table, ``_change_type`` (``insert``, ``delete``, ``update_preimage``, ``update_postimage``),
            ``_commit_version`` and ``_commit_timestamp``.

        Raises
        ------
        VersionNotFoundError, VersionFilesMissingError
            When a version in between cannot be read.
        """
        from .changes import changes, filtered

        last = self.version if end is None else end
        predicates = self._catalog.hooks.predicates(self.full_name, "duckdb") if self._filtered else []
        if not predicates:
            return changes(self._catalog, self._info, start, last)
        with keeping_held_out():
            return filtered(changes(self._catalog, self._info, start, last), predicates)

    def verify_key(self) -> KeyReport:
        """Count key values that occur twice or are empty: the primary key is recorded, not enforced.

        Raises
        ------
        InvalidParameterError
            When the table has no primary key.
        """
        from .constraints import verify_key

        return verify_key(self)

    def count(self, where: str | None = None) -> int:
        """Return the number of rows."""
        return int(self.scan(None, where, count=True).rows()[0]["n"])

    @property
    def constraints(self) -> list[Constraint]:
        """The conditions that every row satisfies; columns that may not be empty are in ``schema``."""
        from .commits import constraints_of

        return constraints_of(self._snapshot)

    @property
    def pins(self) -> list[Pin]:
        """Who needs which version."""
        return self._catalog.pins(self.full_name)

    def history(self, limit: int | None = None) -> list[Commit]:
        """Return the commits, newest first."""
        return self._catalog.lookup.history_of(self._info, limit)

    def _writable(self) -> Snapshot:
        if self._version is not None:
            raise InvalidStateError(
                f"{self!r} is a look at the past and cannot be written.",
                hint=f"Write to ws.catalog.table({self.full_name!r}).",
            )
        if self._catalog.isolation is not None:
            self._info = self._catalog.isolation.own(self._info)
        return self._snapshot
