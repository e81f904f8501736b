"""Commits: every write is one Delta commit by path, with who made it, and exactly once when it carries a transaction.

A long-lived table object would replay the log for each commit (twice the time), so each write opens the table by its location. This module
creates, adds and replaces; ``dml`` changes rows in place and ``maintain`` keeps tables in order, both with the same :class:`Writer`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mlnb.core.files import translate_storage_error

from ..errors import ConcurrentWriteError, SqlError, TableCorruptError, TableSchemaError
from .log import missing_file

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import CommitProperties, DeltaTable

    from .data import Stream
    from .locks import Locks

#: Tries of a commit that others overtake before it gives up.
MAX_COMMIT_RETRIES = 100

#: Deletion vectors would lock out simple readers; expired log entries are kept, as pinned versions need them.
CONFIGURATION = {"delta.enableDeletionVectors": "false", "delta.enableExpiredLogCleanup": "false"}

_CONFLICT = re.compile(r"Concurrent transaction failed", re.IGNORECASE)


class TransactionReplayedError(Exception):
    """Another writer committed this transaction at the same moment; there is nothing left to do."""


@dataclass(frozen=True)
class Writer:
    """How commits are written.

    Attributes
    ----------
    compression, target_file_size
        Of data files.
    metadata
        Strings that go into the commit: ``userName``, ``userMetadata``.
    transaction
        Application id and its version: a commit with one that was seen before is not made.
    locks
        Keeps writers from undoing each other's work; None takes no turns.
    storage_options
        How the Delta library reaches the storage.
    """

    compression: str = "zstd"
    target_file_size: int = 128 * 1024 * 1024
    metadata: Mapping[str, str] = field(default_factory=dict)
    transaction: tuple[str, int] | None = None
    locks: Locks | None = None
    storage_options: Mapping[str, str] = field(default_factory=dict)

    def properties(self, retries: int = MAX_COMMIT_RETRIES) -> CommitProperties:
        """Return what goes into the commit; with 0 ``retries`` anything committed meanwhile makes it fail."""
        from deltalake import CommitProperties, Transaction

        return CommitProperties(
            custom_metadata=dict(self.metadata),
            max_commit_retries=retries,
            app_transactions=[Transaction(*self.transaction)] if self.transaction else None,
        )

    def options(self, retries: int = MAX_COMMIT_RETRIES) -> dict[str, Any]:
        """Return what goes into every write."""
        return {
            "target_file_size": self.target_file_size,
            "writer_properties": self.parquet(),
            "commit_properties": self.properties(retries),
        }

    def parquet(self) -> Any:
        """Return how data files are written."""
        from deltalake import WriterProperties

        compression: Any = self.compression.upper()
        return WriterProperties(compression=compression)

    def table(self, location: str, version: int | None = None) -> DeltaTable:
        """Open a table for one commit."""
        from deltalake import DeltaTable

        return DeltaTable(location, version=version, storage_options=dict(self.storage_options) or None)

    def create(
        self,
        location: str,
        schema: pa.Schema,
        stream: Stream | None,
        *,
        name: str,
        comment: str | None,
        properties: Mapping[str, str],
        partition_by: Sequence[str] = (),
    ) -> None:
        """Make a new table with its first version; ``stream`` may be None for an empty one."""
        from deltalake import DeltaTable, write_deltalake

        configuration = {
            **CONFIGURATION,
            **{key: value for key, value in properties.items() if key.startswith("delta.")},
        }
        about: dict[str, Any] = {
            "name": name,
            "description": comment,
            "configuration": configuration,
            "partition_by": list(partition_by) or None,
            "storage_options": dict(self.storage_options) or None,
        }
        with replace(self, locks=None).guard(location, stream):  # nobody else knows the place yet
            if stream is None:
                DeltaTable.create(location, schema, mode="error", commit_properties=self.properties(), **about)
                return
            write_deltalake(location, stream.reader(), mode="error", **about, **self.options())

    def append(self, location: str, stream: Stream, *, merge_schema: bool = False) -> None:
        """Add rows."""
        from deltalake import write_deltalake

        with self.guard(location, stream, alone=merge_schema):
            write_deltalake(
                location,
                stream.reader(),
                mode="append",
                schema_mode="merge" if merge_schema else None,
                storage_options=dict(self.storage_options) or None,
                **self.options(),
            )

    def overwrite(
        self,
        location: str,
        stream: Stream,
        *,
        where: str | None = None,
        new_schema: bool = False,
        version: int | None = None,
        partition_by: Sequence[str] | None = None,
    ) -> None:
        """Replace all rows, or those that ``where`` (in the writer's SQL) selects.

        ``version`` binds the commit to the version that the new rows were computed from: anything committed since makes it fail.
        """
        from deltalake import write_deltalake

        # The library does not notice that another engine compacted meanwhile, so nothing at all may happen in between.
        retries = MAX_COMMIT_RETRIES if where is not None else 0
        with self.guard(location, stream, alone=True):
            write_deltalake(
                self.table(location, version),
                stream.reader(),
                mode="overwrite",
                predicate=where,
                schema_mode="overwrite" if new_schema else None,
                partition_by=None if partition_by is None else list(partition_by),
                **self.options(retries),
            )

    @contextmanager
    def guard(self, location: str, stream: Stream | None = None, *, alone: bool = False) -> Iterator[None]:
        """Take turns with other writers and turn what the library raises into our errors; what stopped the stream comes first."""
        with ExitStack() as stack:
            if self.locks is not None:
                stack.enter_context(self.locks.exclusive(location) if alone else self.locks.shared(location))
            try:
                yield
            except BaseException as error:
                ours = self._translated(error, location, stream)
                if ours is error:
                    raise
                raise ours from error

    def _translated(self, error: BaseException, location: str, stream: Stream | None) -> BaseException:
        from deltalake.exceptions import CommitFailedError, SchemaMismatchError, TableNotFoundError

        if stream is not None and stream.error is not None and not isinstance(stream.error, GeneratorExit):
            return stream.error
        full = translate_storage_error(error, location) if isinstance(error, Exception) else None
        if full is not None:
            return full
        if isinstance(error, CommitFailedError):
            if self.transaction is not None and _CONFLICT.search(str(error)):
                return TransactionReplayedError()
            reason = (
                " ".join(str(error).split("Help:")[0].split()).removeprefix("Failed to commit transaction:").strip()
            )
            detail = f" ({reason.rstrip('.')})" if len(reason) > 3 else ""
            return ConcurrentWriteError(f"Another writer changed the table meanwhile{detail}.")
        if isinstance(error, SchemaMismatchError):
            return TableSchemaError(f"The data does not fit the table: {error}.")
        if isinstance(error, TableNotFoundError):
            return TableCorruptError(
                f"The files of the table are gone from {location}.",
                hint="Restore the folder from a copy, or drop the table and load it again.",
            )
        return data_error(error) or (missing_file(str(error)) if isinstance(error, Exception) else None) or error


def data_error(error: BaseException) -> Exception | None:
    """Return our error for rows or expressions that the writer refused, None when it is something else."""
    text = str(error)
    if "multiple source rows" in text:
        return TableSchemaError(
            "Several rows of the data match the same row of the table.",
            code="DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE",
            hint="Make the keys unique in the data first; nothing was written.",
        )
    if "failed validation check" in text or "Invariant violations" in text:
        count, row = offending(text)
        which = ", ".join(f"{name} = {value or 'NULL'}" for name, value in row.items())
        return TableSchemaError(
            f"{count} rows break a rule of the table or of the write, for example {which or 'one without values'}.",
            code="DELTA_VIOLATE_CONSTRAINT_WITH_VALUES",
            hint="Every new row must satisfy the table's constraints, and the condition of where=; nothing was written.",
            details={"rows": count, "row": row},
        )
    if "Cast error" in text:
        return SqlError(
            f"A value does not fit: {text.split('Cast error:')[-1].splitlines()[0].strip()}.",
            code="CAST_INVALID_INPUT",
            hint="Compare and set columns with values of their own type.",
        )
    if "Error during planning" in text or "Schema error" in text:
        return SqlError(f"The condition cannot be evaluated: {text.splitlines()[0]}.")
    return None


def offending(text: str) -> tuple[int, dict[str, str]]:
    """Return how many rows the writer refused, and the first of them, from its message."""
    counted = re.search(r"(\d+) rows failed", text)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:2]]
    row = dict(zip(cells[0], cells[1], strict=True)) if len(cells) == 2 and len(cells[0]) == len(cells[1]) else {}
    return int(counted[1]) if counted else 1, row
