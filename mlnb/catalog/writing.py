"""Writing a table: each call is one commit, made entirely or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidParameterError

from .delta.data import Stream
from .reading import TableReader
from .records import Commit

if TYPE_CHECKING:
    from .delta.handles import Found
    from .delta.write import Writer
    from .merging import When

Transaction = tuple[str, int]


class TableWriter(TableReader):
    """What changes the rows of a table."""

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
        params: Mapping[str, Any] | None = None,
        txn: Transaction | None = None,
    ) -> Commit:
        """Replace all rows, or those that satisfy ``where``, in one commit; earlier versions stay readable.

        Parameters
        ----------
        where
            Any SQL condition; each new row must satisfy it too.
        schema
            ``strict`` keeps the table's columns, ``overwrite`` takes the data's.
        params
            Values of ``:name`` in ``where``.

        Raises
        ------
        TableSchemaError
            When a new row does not satisfy ``where``, with that row; nothing is written then.
        ConcurrentWriteError
            When another writer changed the same rows meanwhile; nothing is written then.
        """
        if where is not None and schema == "overwrite":
            raise InvalidParameterError(
                "where= keeps rows, so it keeps the schema.", hint='Leave out schema="overwrite".'
            )
        stream = Stream(data, self._writable().schema, schema)
        if where is not None:
            from .changing import replace_where

            return replace_where(self._catalog, self._info, stream, where, params, txn)

        def write(writer: Writer) -> int:
            writer.overwrite(self.location, stream, new_schema=schema == "overwrite")
            return stream.rows

        return self._catalog.commits.commit(self._info, write, transaction=txn)

    def delete(
        self, where: str | None = None, *, params: Mapping[str, Any] | None = None, txn: Transaction | None = None
    ) -> Commit:
        """Take away the rows that satisfy an SQL condition, or all rows; earlier versions keep them.

        Parameters
        ----------
        where
            Any condition, with subqueries too; rows for which it is NULL stay.
        params
            Values of ``:name`` in it.
        """
        from .changing import delete

        self._writable()
        return delete(self._catalog, self._info, where, params, txn)

    def update(
        self,
        set: Mapping[str, Any],
        where: str | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        txn: Transaction | None = None,
    ) -> Commit:
        """Give columns new values in the rows that satisfy a condition, or in all.

        Parameters
        ----------
        set
            By column: a text is SQL over the row (``"price * 1.2"``, ``"'text'"``), anything else is the value itself.
        where
            Any condition, with subqueries too.
        params
            Values of ``:name`` in both.
        """
        from .changing import update

        self._writable()
        return update(self._catalog, self._info, set, where, params, txn)

    def rewrite(
        self,
        query: str,
        *,
        params: Mapping[str, Any] | None = None,
        frames: Mapping[str, Any] | None = None,
        operation: str = "UPDATE",
        new_schema: bool = False,
        txn: Transaction | None = None,
    ) -> Commit:
        """Replace all rows by a query over this very table, in one commit bound to the version the query read.

        Parameters
        ----------
        query
            A SELECT in which ``mlnb.scan.t`` is the table.
        operation
            What the history shows.
        new_schema
            Whether the query's columns become the table's.
        """
        from .changing import rewrite

        self._writable()
        return rewrite(
            self._catalog, self._info, query, params, frames=frames, operation=operation, new_schema=new_schema, txn=txn
        )

    def merge(
        self,
        data: Any,
        on: Sequence[str] | str | None = None,
        *,
        update: Literal["all"] | Sequence[str] | Mapping[str, Any] | None = "all",
        insert: Literal["all"] | Mapping[str, Any] | None = "all",
        delete_when: str | None = None,
        schema: Literal["strict", "merge"] = "strict",
        txn: Transaction | None = None,
    ) -> Commit:
        """Update the rows with equal keys and insert the others, in one commit.

        Parameters
        ----------
        on
            The key columns, or a condition on both sides (``"source.id = target.id AND target.open"``); the primary key by default.
        update
            Columns to update in matching rows: all of the data's, some, none, or by column SQL over ``source`` and ``target``.
        insert
            Whether rows without a match are inserted, or by column SQL over ``source``.
        delete_when
            A condition on the data's columns; matching rows for which it holds are deleted, others are not inserted.
        schema
            ``merge`` adds the data's new columns to the table.

        Raises
        ------
        TableSchemaError
            When several rows of the data match the same row of the table.
        """
        from .changing import simple_merge

        self._writable()
        return simple_merge(self, data, on, update, insert, delete_when, schema, txn)

    def merge_into(
        self,
        data: Any,
        on: str,
        clauses: Sequence[When],
        *,
        source: str = "source",
        target: str = "target",
        schema: Literal["strict", "merge"] = "strict",
        params: Mapping[str, Any] | None = None,
        txn: Transaction | None = None,
    ) -> Commit:
        """Merge with clauses of your own, as SQL's MERGE does; per row the first that holds decides.

        Parameters
        ----------
        on
            When a row of the data and one of the table match.
        clauses
            :class:`mlnb.catalog.merging.When`, in order.
        source, target
            What conditions and values call the two sides, besides ``source`` and ``target``.
        """
        from .changing import merge

        self._writable()
        return merge(
            self._catalog, self._info, data, on, clauses, names=(source, target), schema=schema, params=params, txn=txn
        )


def column_of(found: Found, name: str) -> str:
    """Return a column as the table spells it.

    Raises
    ------
    UnresolvedColumnError
        With the nearest names.
    """
    from .sql.front import unknown_column

    known = next((column for column in found.snapshot.columns if column.lower() == name.lower()), None)
    if known is None:
        raise unknown_column(name, found)
    return known
