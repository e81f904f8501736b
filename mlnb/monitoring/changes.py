"""What is new since the last refresh: which windows have to be computed again.

The log of a Delta table says which files came and went between two versions. Only their time column is read, and every window in
which one of their rows lies is computed anew as a whole: merging partial results would leave distinct counts and medians wrong.
Whatever cannot be told for sure counts as everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

#: Commits that move rows between files and change none.
_MAINTENANCE = frozenset({"OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES", "ADD FEATURE", "FSCK"})


@dataclass(frozen=True)
class FileChanges:
    """Files by which two versions of a table differ, or `everything` when that does not say what changed."""

    everything: bool = False
    files: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether the two versions hold the same rows."""
        return not self.everything and not self.files


def file_changes(location: str, old: int, new: int) -> FileChanges:
    """Compare two versions of a table.

    Parameters
    ----------
    location
        Where the Delta table lies.
    old, new
        Versions; an `old` that is newer (the table was replaced) means everything.
    """
    from deltalake import DeltaTable

    if old == new:
        return FileChanges()
    if old > new or "://" in location:
        return FileChanges(everything=True)
    try:
        later = DeltaTable(location, version=new)
        commits = [item for item in later.history() if item.get("version") is None or item["version"] > old]
        if len(commits) == new - old and all(item.get("operation") in _MAINTENANCE for item in commits):
            return FileChanges()
        before = set(DeltaTable(location, version=old).file_uris())
    except Exception:  # the old version was vacuumed away, or the log is one we do not understand
        return FileChanges(everything=True)
    return FileChanges(files=tuple(sorted(before.symmetric_difference(later.file_uris()))))


def read_column(changes: FileChanges, column: str) -> pa.ChunkedArray | None:
    """Values of one column in the changed files; None when one of them cannot be read that way."""
    from urllib.parse import unquote

    import pyarrow as pa
    import pyarrow.parquet as pq

    parts: list[Any] = []
    for path in changes.files:
        try:
            with pq.ParquetFile(unquote(path)) as file:
                parts.extend(file.read(columns=[column]).column(0).chunks)
        except (OSError, KeyError, IndexError, pa.ArrowException):
            return None
    return pa.chunked_array(parts) if parts else None


def label_table(location: str, version: int, columns: Sequence[str]) -> pa.Table:
    """Read a label table with a column `written`: the time its file was committed, so that the newest label can win."""
    import numpy as np
    import pyarrow as pa
    from deltalake import DeltaTable

    table = DeltaTable(location, version=version)
    data = table.to_pyarrow_dataset().scanner(columns=[*dict.fromkeys(columns), "__filename"]).to_table()
    times = _commit_times(table)
    encoded = data.column("__filename").combine_chunks().dictionary_encode()
    by_file = np.array(
        [times.get(name.rsplit("/", 1)[-1], 0) for name in encoded.dictionary.to_pylist()], dtype=np.int64
    )
    written = by_file[encoded.indices.to_numpy()] if len(data) else np.zeros(0, dtype=np.int64)
    # Rows of one file keep their order: the last one wins.
    order = np.argsort(written, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return data.drop_columns(["__filename"]).append_column("written", pa.array(rank))


def _commit_times(table: DeltaTable) -> dict[str, int]:
    import pyarrow as pa

    actions = pa.table(table.get_add_actions(flatten=True)).select(["path", "modification_time"]).to_pylist()
    return {row["path"].rsplit("/", 1)[-1]: _milliseconds(row["modification_time"]) for row in actions}


def _milliseconds(moment: Any) -> int:
    return int(moment.timestamp() * 1000) if hasattr(moment, "timestamp") else int(moment)
