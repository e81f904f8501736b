"""Versions: which files and columns a table has at a version, from one cached log per location.

Replaying a log costs more the longer it is, so the newest state of a location is kept and only what was committed since is read. A
:class:`Snapshot` is fixed: a statement that takes one reads the same rows however often it looks.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..errors import TableCorruptError, VersionNotFoundError
from . import log
from .types import fields_of

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

#: Logs kept in memory at once, over all tables.
MAX_HANDLES = 256

#: Reader features that change nothing about how a data file is read.
_HARMLESS = {"timestampNtz", "vacuumProtocolCheck", "v2Checkpoint"}


@dataclass(frozen=True)
class Snapshot:
    """A table at a version.

    Attributes
    ----------
    plain
        Whether its rows are those of its Parquet files: no deletion vectors, no renamed columns. Partition values stand only in the log;
        :meth:`partitions` gives them by file.
    """

    location: str
    version: int
    schema_json: str
    partition_columns: tuple[str, ...]
    plain: bool
    files: tuple[str, ...]
    log_time: int
    _table: DeltaTable = field(repr=False, compare=False)

    @property
    def direct(self) -> bool:
        """Whether the files alone hold every column of every row."""
        return self.plain and not self.partition_columns

    def partitions(self) -> pa.Table:
        """Return the values of the partition columns of each file, and the file as ``mlnb_file``."""
        import pyarrow as pa

        actions = pa.table(self._table.get_add_actions(flatten=True))
        paths = [log.data_path(self.location, path) for path in actions.column("path").to_pylist()]
        values = {name: actions.column(f"partition.{name}") for name in self.partition_columns}
        return pa.table({"mlnb_file": pa.array(paths, pa.string()), **values})

    @cached_property
    def fields(self) -> list[dict[str, Any]]:
        """The Delta fields."""
        return fields_of(self.schema_json)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [item["name"] for item in self.fields]

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns as an Arrow schema."""
        import pyarrow as pa

        return pa.schema(self._table.schema())

    @property
    def configuration(self) -> dict[str, str]:
        """The table's Delta properties."""
        return dict(self._table.metadata().configuration)

    def statistics(self) -> tuple[int | None, int, int]:
        """Return rows (None when a file does not say), bytes and files."""
        import pyarrow as pa
        import pyarrow.compute as pc

        actions = pa.table(self._table.get_add_actions(flatten=True))
        if not actions.num_rows:
            return 0, 0, 0
        names = actions.column_names
        counts = actions.column("num_records") if "num_records" in names else None
        rows = None if counts is None or counts.null_count else int(pc.sum(counts).as_py())
        return rows, int(pc.sum(actions.column("size_bytes")).as_py()), actions.num_rows

    def small_files(self, size: int) -> int:
        """Return how many files are smaller than a size."""
        import pyarrow as pa
        import pyarrow.compute as pc

        actions = pa.table(self._table.get_add_actions(flatten=True))
        return int(pc.sum(pc.less(actions.column("size_bytes"), size)).as_py() or 0)

    def history(self, limit: int | None = None) -> list[dict[str, Any]]:
        """Return the commits up to this version, newest first."""
        return _local_history(self, limit) if is_local(self.location) else list(self._table.history(limit))

    def transaction(self, application: str) -> int | None:
        """Return the newest transaction of an application, None when it never wrote here."""
        version = self._table.transaction_version(application)
        return None if version is None else int(version)

    def prune(self, conditions: Sequence[tuple[str, str, Any]]) -> Sequence[str]:
        """Return the files that may hold rows for which all conditions ``(column, operator, value)`` are true."""
        if not conditions or len(self.files) < 2:
            return self.files
        try:
            found = _paths(self._table.file_uris(file_pruning_predicate=list(conditions)))
            if not self.partition_columns:
                return found
            names = {os.path.basename(path) for path in found}
            return [path for path in self.files if os.path.basename(path) in names]
        except Exception:
            return self.files  # pruning only saves time: what it cannot evaluate is read

    def changes(self, start: int, end: int) -> pa.RecordBatchReader:
        """Return the recorded changes of a range of versions, for tables whose change feed is on."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_stream(self._table.load_cdf(starting_version=start, ending_version=end))

    def narrowed(self, files: Sequence[str]) -> Snapshot:
        """Return this version with some of its files only; the whole version where files alone do not tell the rows."""
        return replace(self, files=tuple(files)) if self.plain else self

    def scan(self, columns: Sequence[str]) -> pa.Table:
        """Read columns through the Delta library, for tables that are not ``plain``."""
        import pyarrow as pa

        return pa.table(self._table.scan(columns=list(columns)).read_all())


@dataclass(frozen=True)
class Found:
    """A table of the catalog at a version, ready to be read; ``evolved`` says that older files may lack columns."""

    full_name: str
    snapshot: Snapshot
    evolved: bool = False


class Handles:
    """The snapshots of all locations, cached (thread-safe)."""

    def __init__(self, storage_options: Mapping[str, str] | None = None) -> None:
        self._options = dict(storage_options or {}) or None
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._snapshots: OrderedDict[tuple[str, int | None], Snapshot] = OrderedDict()

    def latest(self, location: str) -> Snapshot:
        """Return the newest version of a location.

        Raises
        ------
        TableCorruptError
            When there is no readable table.
        """
        with self._lock_of(location):
            known = self._get(location, None)
            if known is not None and not _has_next(known, self._options):
                return known
            snapshot = _open(location, None, self._options)
            self._put(location, None, snapshot)
            return snapshot

    def at(self, location: str, version: int) -> Snapshot:
        """Return a version of a location.

        Raises
        ------
        VersionNotFoundError
            With the versions there are.
        VersionFilesMissingError
            When files of it were vacuumed away.
        """
        newest: Snapshot | None
        try:
            newest = self.latest(location)
        except TableCorruptError:
            newest = None  # what was committed before the damage can still be read
        if newest is not None and version == newest.version:
            return newest
        if newest is not None and not 0 <= version < newest.version:
            oldest = log.Log.of(location).oldest if is_local(location) else 0
            raise VersionNotFoundError(
                f"There is no version {version}.", hint=f"The table has versions {oldest} to {newest.version}."
            )
        with self._lock_of(location):
            known = self._get(location, version)
            if known is None:
                known = self._open_earlier(location, version, newest)
                self._put(location, version, known)
            return known

    def _open_earlier(self, location: str, version: int, newest: Snapshot | None) -> Snapshot:
        """Open an earlier version, refusing one that the log or the files no longer hold."""
        if is_local(location) and newest is not None:
            oldest = log.Log.of(location).oldest
            if version < oldest:
                raise VersionNotFoundError(
                    f"Version {version} is not in the log any more.",
                    hint=f"The table has versions {oldest} to {newest.version}.",
                )
        snapshot = _open(location, version, self._options)
        gone = next((path for path in snapshot.files if is_local(location) and not os.path.exists(path)), None)
        if gone is not None:
            raise log.files_missing(location, version, gone)
        return snapshot

    def forget(self, location: str) -> None:
        """Drop what is cached of a location."""
        with self._lock:
            for cached in [item for item in self._snapshots if item[0] == location]:
                del self._snapshots[cached]
            self._locks.pop(location, None)

    def forget_old(self, location: str) -> None:
        """Drop what is cached of earlier versions: their files may be gone."""
        with self._lock:
            for cached in [item for item in self._snapshots if item[0] == location and item[1] is not None]:
                del self._snapshots[cached]

    def _lock_of(self, location: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(location, threading.Lock())

    def _get(self, location: str, version: int | None) -> Snapshot | None:
        with self._lock:
            found = self._snapshots.get((location, version))
            if found is not None:
                self._snapshots.move_to_end((location, version))
            return found

    def _put(self, location: str, version: int | None, snapshot: Snapshot) -> None:
        with self._lock:
            self._snapshots[(location, version)] = snapshot
            self._snapshots.move_to_end((location, version))
            while len(self._snapshots) > MAX_HANDLES:
                self._snapshots.popitem(last=False)


def is_local(location: str) -> bool:
    """Return whether a location is a folder of this machine."""
    return not re.match(r"[a-z][a-z0-9+.-]+://", location)


def has_newer(location: str, version: int) -> bool:
    """Return whether a location may have a version above the given one; for local tables without opening the log."""
    return not is_local(location) or os.path.exists(_log_file(location, version + 1))


def _log_file(location: str, version: int) -> str:
    return os.path.join(location, "_delta_log", f"{version:020d}.json")


def _log_time(location: str) -> int:
    try:
        return os.stat(os.path.join(location, "_delta_log")).st_mtime_ns
    except OSError:
        return -1


def _has_next(snapshot: Snapshot, options: dict[str, str] | None) -> bool:
    """Return whether something was committed since: by the next log file, or by a change of the log's folder.

    The folder's time alone would miss a commit within one tick of the clock; the next file alone one behind a cleaned-up log.
    """
    from deltalake import DeltaTable

    if not is_local(snapshot.location):
        return bool(DeltaTable(snapshot.location, storage_options=options).version() != snapshot.version)
    return has_newer(snapshot.location, snapshot.version) or _log_time(snapshot.location) != snapshot.log_time


def _local_history(snapshot: Snapshot, limit: int | None) -> list[dict[str, Any]]:
    """Read what the commits say about themselves from their files.

    The library's own reader finds nothing when a folder on the way has a ``#`` or ``?`` in its name.
    """
    found: list[dict[str, Any]] = []
    for version in range(snapshot.version, -1, -1):
        if limit is not None and len(found) >= limit:
            break
        try:
            path = _log_file(snapshot.location, version)
            with open(path, encoding="utf-8") as stream:
                actions = (json.loads(line) for line in stream if line.strip())
                about: dict[str, Any] = next((action["commitInfo"] for action in actions if "commitInfo" in action), {})
        except FileNotFoundError:
            break  # older entries were cleaned away
        found.append({"timestamp": os.stat(path).st_mtime_ns // 1_000_000, **about, "version": version})
    return found


def _open(location: str, version: int | None, options: dict[str, str] | None = None) -> Snapshot:
    """Read the log of a location up to a version."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    log_time = _log_time(location) if is_local(location) else 0
    try:
        table = DeltaTable(location, version=version, storage_options=options)
        partition_columns = tuple(table.metadata().partition_columns)
        return Snapshot(
            location=location,
            version=table.version(),
            schema_json=table.schema().to_json(),
            partition_columns=partition_columns,
            plain=is_local(location) and _reads_plainly(table),
            files=tuple(_files(table, location, partition_columns)),
            log_time=log_time,
            _table=table,
        )
    except TableNotFoundError as error:
        raise TableCorruptError(
            f"The files of the table are gone from {location}.",
            hint="Restore the folder from a copy, or drop the table and load it again.",
        ) from error
    except (DeltaError, OSError) as error:
        raise _unreadable(location, error) from error


def _unreadable(location: str, error: Exception) -> TableCorruptError:
    """Say which file of a log is broken, and what can still be read."""
    why = " ".join(str(error).split())[:300]
    broken, good = log.Log.of(location).fault() if is_local(location) else ("", None)
    name = os.path.basename(broken)
    what = f"{name} is broken or missing" if broken else why
    still = (
        f"Version {good} can still be read: ws.catalog.table(name, version={good}). "
        if broken and good is not None
        else ""
    )
    return TableCorruptError(
        f"The log of the table in {location} cannot be read: {what}.",
        hint=f"{still}Other tables are not affected. Restore this folder from a copy, or drop the table.",
        details={"file": broken, "newest_good_version": good} if broken else {},
    )


def _files(table: DeltaTable, location: str, partition_columns: Sequence[str]) -> list[str]:
    """Return where the files lie; the library decodes the names of partitions' folders once too often."""
    import pyarrow as pa

    if not partition_columns or not is_local(location):
        return _paths(table.file_uris())
    paths = pa.table(table.get_add_actions(flatten=True)).column("path").to_pylist()
    return [log.data_path(location, path) for path in paths]


def _reads_plainly(table: DeltaTable) -> bool:
    """Return whether the rows are those of the files: reader version 1, or only features that change nothing there."""
    protocol = table.protocol()
    if protocol.min_reader_version == 1:
        return True
    return protocol.min_reader_version == 3 and set(protocol.reader_features or ()) <= _HARMLESS


def _paths(uris: Sequence[str]) -> list[str]:
    """Return plain paths: the library percent-encodes those of local files."""
    return [unquote(uri) if is_local(uri) else uri for uri in uris]
