"""Commits: every write is one Delta commit by path, with who made it, and exactly once when it carries a transaction.

A long-lived table object would replay the log for each commit (twice the time), so each write opens the table by its location.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlnb.core.files import translate_storage_error

from ..errors import ConcurrentWriteError, SqlError, TableCorruptError, TableSchemaError

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import CommitProperties

    from .data import Stream

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
    """

    compression: str = "zstd"
    target_file_size: int = 128 * 1024 * 1024
    metadata: Mapping[str, str] = field(default_factory=dict)
    transaction: tuple[str, int] | None = None

    def _properties(self) -> CommitProperties:
        from deltalake import CommitProperties, Transaction

        return CommitProperties(
            custom_metadata=dict(self.metadata),
            max_commit_retries=MAX_COMMIT_RETRIES,
            app_transactions=[Transaction(*self.transaction)] if self.transaction else None,
        )

    def create(
        self,
        location: str,
        schema: pa.Schema,
        stream: Stream | None,
        *,
        name: str,
        comment: str | None,
        properties: Mapping[str, str],
    ) -> None:
        """Make a new table with its first version; ``stream`` may be None for an empty one."""
        from deltalake import DeltaTable, write_deltalake

        configuration = {
            **CONFIGURATION,
            **{key: value for key, value in properties.items() if key.startswith("delta.")},
        }
        about: dict[str, Any] = {"name": name, "description": comment, "configuration": configuration}
        with self._guard(location, stream):
            if stream is None:
                DeltaTable.create(location, schema, mode="error", commit_properties=self._properties(), **about)
                return
            write_deltalake(location, stream.reader(), mode="error", **about, **self._options())

    def append(self, location: str, stream: Stream, *, merge_schema: bool = False) -> None:
        """Add rows."""
        from deltalake import write_deltalake

        with self._guard(location, stream):
            write_deltalake(
                location,
                stream.reader(),
                mode="append",
                schema_mode="merge" if merge_schema else None,
                **self._options(),
            )

    def overwrite(self, location: str, stream: Stream, *, where: str | None = None, new_schema: bool = False) -> None:
        """Replace all rows, or those that ``where`` (in the writer's SQL) selects."""
        from deltalake import write_deltalake

        with self._guard(location, stream):
            write_deltalake(
                location,
                stream.reader(),
                mode="overwrite",
                predicate=where,
                schema_mode="overwrite" if new_schema else None,
                **self._options(),
            )

    def merge(
        self,
        location: str,
        stream: Stream,
        *,
        keys: Sequence[str],
        update: Sequence[str],
        insert: Sequence[str],
        delete_when: str | None,
    ) -> None:
        """Update the rows with equal keys, insert the others, delete those where ``delete_when`` holds for the source row."""
        from deltalake import DeltaTable

        on = " AND ".join(f"target.{_quote(key)} = source.{_quote(key)}" for key in keys)
        with self._guard(location, stream):
            merger = DeltaTable(location).merge(
                stream.reader(),
                on,
                source_alias="source",
                target_alias="target",
                writer_properties=self._options()["writer_properties"],
                commit_properties=self._properties(),
            )
            if delete_when is not None:
                merger = merger.when_matched_delete(delete_when)
            if update:
                merger = merger.when_matched_update({_quote(c): f"source.{_quote(c)}" for c in update})
            if insert:
                merger = merger.when_not_matched_insert(
                    {_quote(c): f"source.{_quote(c)}" for c in insert},
                    predicate=f"NOT coalesce({delete_when}, false)" if delete_when else None,
                )
            merger.execute()

    def _options(self) -> dict[str, Any]:
        from deltalake import WriterProperties

        compression: Any = self.compression.upper()
        return {
            "target_file_size": self.target_file_size,
            "writer_properties": WriterProperties(compression=compression),
            "commit_properties": self._properties(),
        }

    @contextmanager
    def _guard(self, location: str, stream: Stream | None) -> Iterator[None]:
        """Turn what the library raises into our errors; what stopped the stream itself comes first."""
        from deltalake.exceptions import CommitFailedError, SchemaMismatchError, TableNotFoundError

        try:
            yield
        except BaseException as error:
            if stream is not None and stream.error is not None and not isinstance(stream.error, GeneratorExit):
                raise stream.error from error
            full = translate_storage_error(error, location) if isinstance(error, Exception) else None
            if full is not None:
                raise full from error
            if isinstance(error, CommitFailedError):
                if self.transaction is not None and _CONFLICT.search(str(error)):
                    raise TransactionReplayedError from error
                raise ConcurrentWriteError(f"Another writer changed the table meanwhile ({error}).") from error
            if isinstance(error, SchemaMismatchError):
                raise TableSchemaError(f"The data does not fit the table: {error}.") from error
            if isinstance(error, TableNotFoundError):
                raise TableCorruptError(
                    f"The files of the table are gone from {location}.",
                    hint="Restore the folder from a copy, or drop the table and load it again.",
                ) from error
            _raise_data_error(error)
            raise


def _raise_data_error(error: BaseException) -> None:
    """Raise our error for rows that the writer refused."""
    text = str(error)
    if "multiple source rows" in text:
        raise TableSchemaError(
            "Several rows of the data match the same row of the table.",
            code="DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE",
            hint="Make the keys unique in the data first; nothing was written.",
        ) from error
    if "failed validation check" in text or "Invariant violations" in text:
        raise TableSchemaError(
            f"Rows break a rule of the write: {' '.join(text.split())[:400]}",
            code="DELTA_VIOLATE_CONSTRAINT_WITH_VALUES",
            hint="With where=, every new row must satisfy the condition; nothing was written.",
        ) from error
    if "Error during planning" in text or "Schema error" in text:
        raise SqlError(f"The condition cannot be evaluated: {text.splitlines()[0]}.") from error


def _quote(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
