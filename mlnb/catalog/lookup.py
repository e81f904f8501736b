"""From a name or a row to a version of a table, ready to be read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from . import metastore as rows
from .commits import Commits, commit_of
from .delta.handles import Found, Handles
from .errors import VersionNotFoundError
from .metastore import Located
from .names import TableName
from .records import Commit, TableInfo

if TYPE_CHECKING:
    from .namespace import Namespace


class Lookup:
    """Finds tables, versions and histories.

    Parameters
    ----------
    namespace
        Turns names into rows.
    handles
        The snapshots of this process.
    commits
        Records commits that a read meets and the metastore has not heard of.
    """

    def __init__(self, namespace: Namespace, handles: Handles, commits: Commits) -> None:
        self._namespace = namespace
        self._handles = handles
        self._commits = commits

    def find(
        self,
        name: TableName,
        version: int | None = None,
        timestamp: Any = None,
        *,
        privilege: str = "SELECT",
    ) -> Found:
        """Return a table by name at its newest version, at a version, or as it was at a time; see :meth:`found`.

        Raises
        ------
        TableNotFoundError
            With the nearest names.
        VersionNotFoundError
            With the versions there are.
        """
        with self._namespace.ground.metastore.connect() as connection:
            located = rows.locate(connection, name)
        if located is None:
            raise self._namespace.not_found(name)
        if timestamp is not None:
            version = self.version_at(located, timestamp)
        return self.found(located, version, privilege=privilege)

    def found(self, table: TableInfo | Located, version: int | None = None, *, privilege: str = "SELECT") -> Found:
        """Return a table at a version (the newest by default), recording what others committed to it.

        Parameters
        ----------
        privilege
            What the caller needs on it: MODIFY when it is only written.

        Raises
        ------
        PermissionDeniedError
            When the caller may not.
        """
        self._namespace.require(privilege, "table", table.full_name)
        if version is None and privilege != "MODIFY" and (alone := self._namespace.isolation) is not None:
            version = alone.version(table)
        if version is not None:
            snapshot = self._handles.at(table.storage_location, version)
            return Found(table.full_name, snapshot, evolved=table.schema_changed_version > 0)
        snapshot = self._handles.latest(table.storage_location)
        stored = self._commits.reconcile(table, snapshot)
        changed = (stored or table).schema_changed_version > 0
        return Found(table.full_name, snapshot, evolved=changed)

    def reconciled(self, info: TableInfo) -> TableInfo:
        """Return the stored facts of a table, brought up to its log."""
        with self._namespace.ground.metastore.connect() as connection:
            stored = rows.get_table(connection, info.table_id)
        if stored is None:
            raise self._namespace.not_found(TableName(info.catalog_name, info.schema_name, info.name))
        return self._commits.reconcile(stored) or stored

    def history_of(self, info: TableInfo | Located, limit: int | None = None) -> list[Commit]:
        """Return the commits of a table, newest first."""
        return [commit_of(entry) for entry in self._handles.latest(info.storage_location).history(limit)]

    def version_at(self, table: TableInfo | Located, timestamp: Any) -> int:
        """Return the last version made at or before a time.

        Raises
        ------
        VersionNotFoundError
            When the table did not exist then.
        """
        wanted = milliseconds(timestamp)
        commits = self.history_of(table)
        for commit in commits:
            if commit.timestamp <= wanted:
                return commit.version
        first = datetime.fromtimestamp(commits[-1].timestamp / 1000, UTC).isoformat(" ", "milliseconds")
        raise VersionNotFoundError(
            f"{table.full_name} did not exist at {timestamp}.", hint=f"Its first version is of {first}."
        )


def milliseconds(value: Any) -> int:
    """Return a time as milliseconds UTC: a datetime, a date, ISO text, or milliseconds already.

    Raises
    ------
    InvalidParameterError
        For anything else.
    """
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise InvalidParameterError(f"{value!r} is no time.", hint="Write it like 2024-05-01 12:00:00.") from error
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, datetime):
        return round((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp() * 1000)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value)
    raise InvalidParameterError(f"{value!r} is no time.", hint="Pass text, a datetime, or milliseconds.")
