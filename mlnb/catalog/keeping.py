"""Keeping a table in order: earlier versions restored, files joined and deleted, rules and columns changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from .delta import maintain
from .reading import TableReader
from .records import Commit, VacuumReport

if TYPE_CHECKING:
    from .delta.write import Writer


class TableKeeper(TableReader):
    """What keeps a table in order."""

    def restore(self, version: int | None = None, timestamp: Any = None) -> Commit:
        """Make an earlier version the newest one again, as one more commit: what came between stays in the history.

        Raises
        ------
        VersionNotFoundError, VersionFilesMissingError
            When the version is not there any more; nothing is changed then.
        """
        if (version is None) == (timestamp is None):
            raise InvalidParameterError("Give a version or a timestamp.", hint="restore(version=3).")
        catalog, info = self._catalog, self._info
        self._writable()
        wanted = catalog.lookup.version_at(info, timestamp) if version is None else version
        snapshot = catalog.handles.at(info.storage_location, wanted)
        if wanted == self.version:
            return catalog.commits.unchanged(info, snapshot)

        def write(writer: Writer) -> None:
            maintain.restore(writer, info.storage_location, wanted)

        return catalog.commits.commit(info, write)

    def optimize(self, zorder_by: Sequence[str] | str | None = None) -> Commit:
        """Join small files into large ones; with ``zorder_by`` lay rows with near values of these columns together.

        Queries with conditions on those columns then read fewer files. The rows stay the same, and so do earlier versions.
        """
        from .writing import column_of

        catalog, info = self._catalog, self._info
        self._writable()
        wanted = [zorder_by] if isinstance(zorder_by, str) else list(zorder_by or ())
        found = catalog.lookup.found(info, privilege="MODIFY")
        columns = [column_of(found, name) for name in wanted]
        parts = [name for name in columns if name in found.snapshot.partition_columns]
        if parts:
            raise InvalidParameterError(
                f"{parts[0]} is a partition column: each file holds one value of it anyway.",
                hint="Sort by other columns.",
            )

        def write(writer: Writer) -> None:
            maintain.optimize(writer, info.storage_location, columns)

        return catalog.commits.commit(info, write)

    def vacuum(self, retain_hours: float | None = None, dry_run: bool = True, *, force: bool = False) -> VacuumReport:
        """Delete files that only versions older than ``retain_hours`` need, and log entries nobody can use any more.

        Pinned versions and what they need are kept.

        Parameters
        ----------
        retain_hours
            By default ``vacuum_retention_hours`` of the settings (a week).
        dry_run
            Only say what would be deleted.
        force
            Insist on fewer hours than the settings ask for.

        Raises
        ------
        InvalidStateError
            Without ``force`` for fewer hours; it says which versions would become unreadable.
        """
        from .vacuum import vacuum

        self._writable()
        self._catalog.require("MODIFY", "table", self.full_name)
        return vacuum(self._catalog, self._info, retain_hours, dry_run=dry_run, force=force)

    # -- rules ----------------------------------------------------------------------------------------------------------

    def add_constraint(self, name: str, sql: str) -> Commit:
        """Make a condition a rule that every row of every later write must satisfy.

        Raises
        ------
        TableSchemaError
            When a row breaks it already, with that row.
        """
        from .constraints import add_constraint

        self._writable()
        return add_constraint(self._catalog, self._info, name, sql)

    def drop_constraint(self, name: str, *, if_exists: bool = False) -> Commit | None:
        """Take a rule away; None when there is none of that name and ``if_exists``."""
        from .constraints import drop_constraint

        self._writable()
        return drop_constraint(self._catalog, self._info, name, if_exists=if_exists)

    def set_not_null(self, column: str) -> Commit:
        """Refuse rows without a value in a column from now on; the table is rewritten once.

        Raises
        ------
        TableSchemaError
            When the column is empty in a row already.
        """
        from .columns import set_not_null

        self._writable()
        return set_not_null(self._catalog, self._info, column)

    def drop_not_null(self, column: str) -> Commit:
        """Let a column be empty."""
        from .writing import column_of

        catalog, info = self._catalog, self._info
        self._writable()
        name = column_of(catalog.lookup.found(info, privilege="MODIFY"), column)

        def write(writer: Writer) -> None:
            maintain.drop_not_null(writer, info.storage_location, name)

        return catalog.commits.commit(info, write)

    # -- columns --------------------------------------------------------------------------------------------------------

    def add_columns(self, columns: Sequence[tuple[str, str] | tuple[str, str, str | None]]) -> Commit:
        """Add empty columns: ``(name, type)`` or ``(name, type, comment)``, types as in SQL. No file is rewritten."""
        from .columns import add_columns

        self._writable()
        return add_columns(self._catalog, self._info, columns)

    def drop_columns(self, names: Sequence[str]) -> Commit:
        """Take columns away; the table is rewritten, earlier versions keep them."""
        from .columns import drop_columns

        self._writable()
        return drop_columns(self._catalog, self._info, names)

    def rename_column(self, name: str, new_name: str) -> Commit:
        """Give a column another name; the table is rewritten."""
        from .columns import rename_column

        self._writable()
        return rename_column(self._catalog, self._info, name, new_name)

    def alter_column_type(self, name: str, type_text: str) -> Commit:
        """Give a column another type, as SQL spells it; the table is rewritten, and a value that does not fit stops it."""
        from .columns import alter_column_type

        self._writable()
        return alter_column_type(self._catalog, self._info, name, type_text)

    def set_properties(self, properties: Mapping[str, str]) -> None:
        """Store properties; those that begin with ``delta.`` take effect in the log too (``delta.enableChangeDataFeed``)."""
        from .columns import set_properties

        self._writable()
        set_properties(self._catalog, self._info, properties)
