"""A table in hand: read it, write it, look at its past."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidParameterError, InvalidStateError

from .delta.data import Stream
from .errors import UnresolvedColumnError
from .records import Commit, TableInfo

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from .delta.handles import Found, Snapshot
    from .delta.write import Writer
    from .service import Catalog
    from .sql.result import SqlResult

Transaction = tuple[str, int]


class Table:
    """A table of the catalog, at its newest version or at a fixed one (``ws.catalog.table(name, version=3)``).

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
        return self._found.snapshot

    @property
    def _found(self) -> Found:
        return self._pinned if self._version is not None else self._catalog.lookup.found(self._info)

    @cached_property
    def _pinned(self) -> Found:
        return self._catalog.lookup.found(self._info, self._version)

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

    def count(self, where: str | None = None) -> int:
        """Return the number of rows."""
        return int(self.scan(None, where, count=True).rows()[0]["n"])

    def history(self, limit: int | None = None) -> list[Commit]:
        """Return the commits, newest first."""
        return self._catalog.lookup.history_of(self._info, limit)

    # -- writing --------------------------------------------------------------------------------------------------------

    def append(
        self, data: Any, *, txn: Transaction | None = None, schema: Literal["strict", "merge"] = "strict"
    ) -> Commit:
        """Add rows in one commit.

        Parameters
        ----------
        data
            Anything with Arrow inside: pandas, polars, Arrow, a ``SqlResult``, a list of dictionaries.
        txn
            ``(application id, version)``: a write with one that was seen before is not repeated.
        schema
            ``strict`` wants the table's columns in any order; ``merge`` adds new ones and leaves missing ones empty.

        Raises
        ------
        TableSchemaError
            When the data does not fit, column by column; nothing is written then.
        """
        stream = Stream(data, self._writable().schema, schema)

        def write(writer: Writer) -> int:
            writer.append(self.location, stream, merge_schema=schema == "merge")
            return stream.rows

        return self._catalog.commits.commit(self._info, write, transaction=txn)

    def overwrite(
        self,
        data: Any,
        *,
        where: str | None = None,
        schema: Literal["strict", "overwrite"] = "strict",
        txn: Transaction | None = None,
    ) -> Commit:
        """Replace all rows, or those that satisfy ``where``, in one commit; earlier versions stay readable.

        Raises
        ------
        ConcurrentWriteError
            When another writer changed the same rows meanwhile; nothing is written then.
        """
        if where is not None and schema == "overwrite":
            raise InvalidParameterError(
                "where= keeps rows, so it keeps the schema.", hint='Leave out schema="overwrite".'
            )
        snapshot = self._writable()
        stream = Stream(data, snapshot.schema, schema)
        predicate = self._catalog.lookup.predicate(where, self._found) if where is not None else None

        def write(writer: Writer) -> int:
            writer.overwrite(self.location, stream, where=predicate, new_schema=schema == "overwrite")
            return stream.rows

        return self._catalog.commits.commit(self._info, write, transaction=txn)

    def merge(
        self,
        data: Any,
        on: Sequence[str] | None = None,
        *,
        update: Literal["all"] | Sequence[str] | None = "all",
        insert: Literal["all"] | None = "all",
        delete_when: str | None = None,
        txn: Transaction | None = None,
    ) -> Commit:
        """Update the rows with equal keys and insert the others, in one commit.

        Parameters
        ----------
        on
            The key columns; the primary key by default.
        update
            Columns to update in matching rows: all of the data's, some, or none.
        insert
            Whether rows without a match are inserted.
        delete_when
            A condition on the data's columns; matching rows for which it holds are deleted.

        Raises
        ------
        TableSchemaError
            When several rows of the data have the same key as one row of the table.
        """
        snapshot = self._writable()
        keys = [self._column(name, snapshot) for name in on or self.primary_key]
        if not keys:
            raise InvalidParameterError(
                f"{self.full_name} has no primary key.", hint="Say which columns identify a row: merge(data, on=[...])."
            )
        stream = Stream(data, snapshot.schema, "merge")
        given = self._given(stream, keys, snapshot)
        rest = [name for name in given if name not in keys]
        chosen = rest if update == "all" else [self._column(name, snapshot) for name in update or ()]
        deletes = self._catalog.lookup.predicate(delete_when, self._found, alias="source") if delete_when else None

        def write(writer: Writer) -> int:
            writer.merge(
                self.location, stream, keys=keys, update=chosen, insert=given if insert else (), delete_when=deletes
            )
            return stream.rows

        return self._catalog.commits.commit(self._info, write, transaction=txn)

    def _given(self, stream: Stream, keys: Sequence[str], snapshot: Snapshot) -> list[str]:
        """Return the table's columns that the data of a merge has, refusing data without the key or with more columns."""
        given = {name.lower() for name in stream.given}
        known = {name.lower() for name in snapshot.columns}
        missing = [name for name in keys if name.lower() not in given]
        extra = [name for name in stream.given if name.lower() not in known]
        if missing or extra:
            what = f"lacks the key {', '.join(missing)}" if missing else f"has more columns: {', '.join(extra)}"
            raise UnresolvedColumnError(
                f"The data {what}.", hint=f"Columns of {self.full_name}: {', '.join(snapshot.columns)}."
            )
        return [name for name in snapshot.columns if name.lower() in given]

    def _writable(self) -> Snapshot:
        if self._version is not None:
            raise InvalidStateError(
                f"{self!r} is a look at the past and cannot be written.",
                hint=f"Write to ws.catalog.table({self.full_name!r}).",
            )
        return self._snapshot

    def _column(self, name: str, snapshot: Snapshot) -> str:
        from .sql.front import unknown_column

        found = next((column for column in snapshot.columns if column.lower() == name.lower()), None)
        if found is None:
            raise unknown_column(name, self._found)
        return found
