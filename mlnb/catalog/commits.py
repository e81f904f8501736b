"""Commits and their events: Delta and metastore share no transaction, so Delta goes first and the metastore follows.

Each write leaves its author, notebook and run in the Delta commit itself. One metastore transaction then stores the new version, its
statistics and the event ``table.committed``. A process that dies in between leaves a Delta version the metastore has not heard of;
whoever next reads or writes the table, or the supervisor, finds it and records what the commit says about itself. The stored version
is the guard: events are written only for versions above it, under a lock of the row, so each exists once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mlnb.core.access import TableAccess, record_access
from mlnb.core.caller import current_caller

from . import metastore as rows
from .delta.handles import Handles, Snapshot
from .delta.locks import Locks
from .delta.types import columns_of
from .delta.write import TransactionReplayedError, Writer
from .errors import TableNotFoundError, TableSchemaError
from .grants import Rights
from .isolation import isolation_of
from .metastore import Located, Statistics
from .records import CatalogSettings, ColumnInfo, Commit, Constraint, TableInfo
from .sql.running import new_statement_id

if TYPE_CHECKING:
    import sqlalchemy as sa

    from mlnb.core.ground import Ground

#: ``(connection, table id, commit)``: what else is stored in the transaction that records a commit.
Also = Callable[["sa.Connection", str, Commit], None]


#: Events of commits that change no row, or bring back earlier ones.
_EVENTS = {
    "RESTORE": "table.restored",
    "OPTIMIZE": "table.optimized",
    "VACUUM START": "table.vacuumed",
    "VACUUM END": "table.vacuumed",
}


class Commits:
    """Makes commits and keeps the metastore in step with the Delta logs.

    Parameters
    ----------
    ground
        Metastore and journal.
    handles
        The snapshots of this process.
    settings
        How files are written.
    """

    def __init__(self, ground: Ground, handles: Handles, settings: CatalogSettings) -> None:
        self._ground = ground
        self._rights = Rights(ground)
        self._handles = handles
        self._settings = settings
        self.locks = Locks(ground.path / "locks")
        #: Says which rule a refused row breaks.
        self.explain: Callable[[TableInfo, TableSchemaError], TableSchemaError] | None = None

    def writer(
        self,
        statement_id: str,
        transaction: tuple[str, int] | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> Writer:
        """Return a writer whose commits say who made them, and from where.

        ``about`` says what a commit really is, where the library knows only that files were written: ``operation``, ``metrics`` and
        ``predicate``.
        """
        caller = current_caller()
        context = {
            "notebook": caller.notebook,
            "cell": caller.cell_id,
            "job": caller.job_run_id,
            "run": caller.run_id,
            "statement": statement_id,
            **{name: value for name, value in (about or {}).items() if value},
        }
        return Writer(
            compression=self._settings.compression,
            target_file_size=self._settings.target_file_size,
            metadata={
                "userName": caller.principal,
                "userMetadata": json.dumps({name: value for name, value in context.items() if value is not None}),
            },
            transaction=transaction,
            locks=self.locks,
            storage_options=self._settings.storage_options,
        )

    def commit(
        self,
        info: TableInfo,
        write: Callable[[Writer], int | None],
        *,
        transaction: tuple[str, int] | None = None,
        also: Also | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> Commit:
        """Make one commit and record it.

        Parameters
        ----------
        info
            The table.
        write
            Writes with the given writer; returns the number of rows, if it knows.
        transaction
            Application id and version: when the table has seen it, nothing is written.
        also
            Runs in the metastore transaction that records the commit.
        about
            What the commit really is; see :meth:`writer`.
        """
        with self._ground.metastore.connect() as connection:
            stored = rows.get_table(connection, info.table_id)
        if stored is None:
            raise _dropped(info)
        self._rights.require("MODIFY", "table", stored.full_name)
        if (alone := isolation_of(self._ground)) is not None:
            alone.check("table.written", f"table:{stored.full_name}")
        before = self._handles.latest(info.storage_location)
        if transaction is not None and _seen(before, transaction):
            return self._replayed(info, before, also)
        statement_id = new_statement_id()
        try:
            count = write(self.writer(statement_id, transaction, about))
        except TransactionReplayedError:
            return self._replayed(info, self._handles.latest(info.storage_location), also)
        except TableSchemaError as error:
            if "rows" not in error.details or self.explain is None:
                raise
            raise self.explain(info, error) from error
        snapshot = self._handles.latest(info.storage_location)
        made = self._find(snapshot, before.version, statement_id)
        self.reconcile(info, snapshot, also=also, mine=made)
        columns = tuple(snapshot.columns)
        record_access(TableAccess(info.full_name, made.version, "written", columns, _rows(made, count)))
        return made

    def _find(self, snapshot: Snapshot, before: int, statement_id: str) -> Commit:
        """Return the commit of a statement among those made since a version."""
        for entry in snapshot.history(max(snapshot.version - before, 1)):
            commit = commit_of(entry)
            if commit.statement_id == statement_id:
                return commit
        return _unchanged(snapshot)

    def unchanged(self, info: TableInfo, snapshot: Snapshot) -> Commit:
        """Return what a write that changes nothing answers: the newest commit, and that no row was affected."""
        record_access(TableAccess(info.full_name, snapshot.version, "written", tuple(snapshot.columns), 0))
        return _unchanged(snapshot)

    def _replayed(self, info: TableInfo, snapshot: Snapshot, also: Also | None) -> Commit:
        """Record what the first try could not, and say that nothing new was written."""
        commit = commit_of(snapshot.history(1)[0]).model_copy(update={"replayed": True})
        self.reconcile(info, snapshot, also=also, mine=commit)
        return commit

    def reconcile(
        self,
        info: TableInfo | Located,
        snapshot: Snapshot | None = None,
        *,
        also: Also | None = None,
        mine: Commit | None = None,
    ) -> TableInfo | None:
        """Bring the stored version up to the log's, with an event for each commit in between.

        Returns
        -------
        TableInfo | None
            The table as it is stored now; None when the stored version was right already.
        """
        snapshot = snapshot or self._handles.latest(info.storage_location)
        if snapshot.version <= info.version and also is None:
            return None
        missing = [commit_of(entry) for entry in snapshot.history(max(snapshot.version - info.version, 1))]
        with self._ground.metastore.begin() as connection:
            stored = rows.get_table(connection, info.table_id, lock=True)
            if stored is None:
                raise _dropped(info)
            new = sorted((c for c in missing if c.version > stored.version), key=lambda c: c.version)
            for commit in new:
                self._ground.journal.append(
                    _EVENTS.get(commit.operation, "table.committed"),
                    f"table:{stored.full_name}",
                    payload_of(commit),
                    actor=commit.user or "unknown",
                    time=commit.timestamp,
                )
            if new:
                last = new[-1]
                stats = statistics_of(snapshot, stored)
                rows.update_table(connection, info.table_id, stats, by=last.user or "unknown", at=last.timestamp)
            if also is not None and mine is not None:
                also(connection, info.table_id, mine)
            return rows.get_table(connection, info.table_id) or stored


def _unchanged(snapshot: Snapshot) -> Commit:
    """Nothing to write makes no commit (a merge without matches): the table stays at the version it was."""
    return commit_of(snapshot.history(1)[0]).model_copy(update={"metrics": {}})


def _dropped(info: TableInfo | Located) -> TableNotFoundError:
    return TableNotFoundError(
        f"The table {info.full_name} was dropped meanwhile.",
        hint="Look it up again, or bring it back: ws.catalog.undrop(name).",
    )


def _seen(snapshot: Snapshot, transaction: tuple[str, int]) -> bool:
    newest = snapshot.transaction(transaction[0])
    return newest is not None and newest >= transaction[1]


def commit_of(entry: Mapping[str, Any]) -> Commit:
    """Return a commit from an entry of a Delta history; what other engines left out stays empty."""
    context: dict[str, Any] = {}
    try:
        loaded = json.loads(entry.get("userMetadata") or "{}")
        context = loaded if isinstance(loaded, dict) else {}
    except ValueError:
        pass  # another engine's free text
    return Commit(
        version=entry["version"],
        timestamp=int(entry.get("timestamp") or 0),
        operation=context.get("operation") or entry.get("operation") or "UNKNOWN",
        operation_parameters=_parameters(entry, context),
        metrics=_metrics(entry, context),
        user=entry.get("userName"),
        notebook=context.get("notebook"),
        cell=context.get("cell"),
        job=context.get("job"),
        run_id=context.get("run"),
        statement_id=context.get("statement"),
    )


def _parameters(entry: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    if "operation" not in context:
        return dict(entry.get("operationParameters") or {})
    return {"predicate": context["predicate"]} if context.get("predicate") else {}


def _metrics(entry: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(entry.get("operationMetrics") or {})
    if "operation" in context:  # rows that were only written again are not what the commit is about
        found.pop("num_added_rows", None)
        found.update(context.get("metrics") or {})
    return found


def constraints_of(snapshot: Snapshot) -> list[Constraint]:
    """Return the conditions that a table's log demands of every row."""
    prefix = "delta.constraints."
    found = {key[len(prefix) :]: text for key, text in snapshot.configuration.items() if key.startswith(prefix)}
    return [Constraint(name=name, expression=text) for name, text in sorted(found.items())]


def payload_of(commit: Commit) -> dict[str, Any]:
    """Return what an event says about a commit."""
    facts = {
        "version": commit.version,
        "operation": commit.operation,
        "rows": _rows(commit, None),
        "notebook": commit.notebook,
        "cell": commit.cell,
        "job": commit.job,
        "run_id": commit.run_id,
        "statement": commit.statement_id,
        "files": commit.metrics.get("numDeletedFiles"),
    }
    return {name: value for name, value in facts.items() if value is not None}


def statistics_of(snapshot: Snapshot, stored: TableInfo | None) -> Statistics:
    """Return what is stored about a snapshot; column comments of our own survive."""
    comments = {column.name: column.comment for column in stored.columns} if stored else {}
    columns = [
        column.model_copy(update={"comment": column.comment or comments.get(column.name)})
        for column in columns_of(snapshot.schema_json, list(snapshot.partition_columns))
    ]
    num_rows, size_bytes, num_files = snapshot.statistics()
    changed = stored is not None and list(map(_shape, columns)) != list(map(_shape, stored.columns))
    written = {item.name: item for item in stored.constraints} if stored else {}  # as the user wrote them
    constraints = [written.get(item.name, item) for item in constraints_of(snapshot)]
    return Statistics(snapshot.version, num_rows, size_bytes, num_files, changed, columns, constraints)


def _shape(column: ColumnInfo) -> tuple[str, str, bool, int | None]:
    return column.name, column.type_text, column.nullable, column.partition_index


def _rows(commit: Commit, counted: int | None) -> int | None:
    """Return how many rows a commit wrote."""
    for name in ("num_added_rows", "num_output_rows", "numOutputRows"):
        if name in commit.metrics:
            return int(commit.metrics[name])
    return counted
