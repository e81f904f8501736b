"""What a load is about to have done, written down before it commits: a kill at any moment loses neither rejects nor the memory of files.

The note lies beside the rejected rows in the workspace. After the commit both go where they belong and are removed. Whoever next loads
into the table, or the supervisor, settles the notes that a killed process left: the table's log says whether it had committed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import calling
from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError
from mlnb.core.records import Record

from .. import metastore as rows
from ..names import TableName
from ..records import IngestReport, TableInfo
from .rejects import schema
from .state import get_run, loaded_into

if TYPE_CHECKING:
    from ..service import Catalog

log = logging.getLogger("mlnb.catalog")


class LoadedFile(Record):
    """A file as it is remembered, so that it is loaded once."""

    path: str
    size: int
    etag: str
    rows: int
    rejected: int


class Outcome(Record):
    """What a load will have done once it is committed."""

    ingest_id: str
    table: str
    files: list[LoadedFile]
    afresh: bool = False
    report: IngestReport

    @property
    def transaction(self) -> tuple[str, int]:
        """The transaction that the commit carries."""
        return f"ingest:{self.ingest_id}", 1

    def remembered(self, table_id: str) -> list[dict[str, Any]]:
        """Return the rows that say which files were loaded."""
        same = {"table_id": table_id, "ingest_id": self.ingest_id, "loaded_at": now_ms()}
        return [file.model_dump() | same for file in self.files]


def folder_of(catalog: Catalog) -> Path:
    """Return where notes and rejected rows lie until they are settled."""
    return catalog.ground.path / "ingest"


def rejects_path(catalog: Catalog, ingest_id: str) -> Path:
    """Return the file of a load's rejected rows."""
    return folder_of(catalog) / f"{ingest_id}.arrow"


def save(catalog: Catalog, outcome: Outcome) -> None:
    """Write the note of a load that is about to commit."""
    catalog.ground.files.write_atomic(folder_of(catalog) / f"{outcome.ingest_id}.json", outcome.model_dump_json())


def discard(catalog: Catalog, ingest_id: str) -> None:
    """Remove a load's note and rejected rows."""
    for path in (folder_of(catalog) / f"{ingest_id}.json", rejects_path(catalog, ingest_id)):
        path.unlink(missing_ok=True)


def finish(catalog: Catalog, outcome: Outcome) -> None:
    """Add the rejected rows of a committed load to their table, once, end its run if it has one, and remove the note."""
    name = outcome.report.rejects_table
    path = rejects_path(catalog, outcome.ingest_id)
    if name is not None and path.exists():
        import pyarrow as pa

        # Who may write the table was asked; its rejected rows need no right of their own.
        with calling(trusted=True):
            if not catalog.exists(name):
                about = f"Rows that did not fit {outcome.table}."
                catalog.create_table(name, schema=schema(), comment=about, mode="ignore")
            with pa.memory_map(str(path)) as stored, pa.ipc.open_stream(stored) as reader:
                catalog.table(name).append(reader, txn=outcome.transaction)
    with catalog.ground.metastore.connect() as connection:
        run = get_run(connection, outcome.ingest_id)
    if run is not None:
        from .runs import end

        end(catalog, outcome.ingest_id, "SUCCEEDED", report=outcome.report)
    discard(catalog, outcome.ingest_id)


@contextlib.contextmanager
def locked(catalog: Catalog, table: TableName, pause: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Let loads into the same table follow each other: only so does each know what the others loaded.

    The lock is the operating system's and goes with the process, however it ends.
    """
    folder = folder_of(catalog)
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(table.full_name.lower().encode()).hexdigest()[:24]
    with (folder / f"{name}.lock").open("w") as stream:
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                pause()
                time.sleep(0.05)
        yield


def settle(catalog: Catalog, table: TableName | None = None) -> int:
    """Finish what killed loads left; the caller holds the lock of the table, if it names one. Return how many there were."""
    settled = 0
    for path in sorted(folder_of(catalog).glob("*.json")):
        try:
            outcome = Outcome.model_validate_json(path.read_text())
        except (OSError, ValueError):
            continue  # removed meanwhile, or written by a version that knows more
        name = catalog.parse(outcome.table)
        if table is not None:
            if name.full_name.lower() == table.full_name.lower():
                settled += _settle(catalog, outcome)
            continue
        with contextlib.suppress(_BusyError), locked(catalog, name, _busy):
            settled += path.exists() and _settle(catalog, outcome)
    return settled


class _BusyError(Exception):
    """A load into this table is going on; its note is its own business."""


def _busy() -> None:
    raise _BusyError


def _settle(catalog: Catalog, outcome: Outcome) -> bool:
    try:
        info = committed(catalog, outcome)
        if info is None:
            discard(catalog, outcome.ingest_id)
            return False
        with catalog.ground.metastore.begin() as connection:
            rows.mark_ingested(connection, info.table_id, outcome.remembered(info.table_id), afresh=outcome.afresh)
        outcome.report.version = info.version
        finish(catalog, outcome)
        return True
    except MlnbError as error:
        log.warning("the load %s into %s could not be settled: %s", outcome.ingest_id, outcome.table, error)
        return False


def committed(catalog: Catalog, outcome: Outcome) -> TableInfo | None:
    """Return the table when the load is in it."""
    with catalog.ground.metastore.connect() as connection:
        table_id = loaded_into(connection, outcome.ingest_id)
        info = (
            rows.get_table(connection, table_id)
            if table_id is not None
            else rows.find_table(connection, catalog.parse(outcome.table))
        )
    if info is None or table_id is not None:
        return info
    application, _ = outcome.transaction
    found = catalog.handles.latest(info.storage_location).transaction(application)
    return info if found is not None else None


def recorded(catalog: Catalog, ingest_id: str) -> Outcome | None:
    """Return the note of a load, None when there is none."""
    path = folder_of(catalog) / f"{ingest_id}.json"
    try:
        return Outcome.model_validate_json(path.read_text())
    except (OSError, ValueError):
        return None
