"""Rows that do not fit: kept with file, line and reason in a table of their own, beside the table they were meant for.

They are written to a file of the workspace while they are found, since there may be more than fit into memory, and reach their table
once the load is committed.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.clock import now_ms
from mlnb.core.files import storage_errors

from ..errors import TooManyRejectsError
from ..names import TableName
from .json_files import reason_of
from .records import RejectedLine
from .words import plain

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from .plan import Part

#: Rejected lines that an error message and a preview show.
SHOWN, EXAMPLES = 5, 20
_BATCH = 10_000
#: Longest raw text that is kept of a line.
_LONGEST = 65_536


class Rejects:
    """The rejected rows of one load, collected file by file.

    Parameters
    ----------
    path
        Where to keep them; None only counts and keeps examples.
    """

    def __init__(self, ingest_id: str, path: Path | None = None) -> None:
        self._id = ingest_id
        self._path = path
        self._writer: Any = None
        self._encoding = 0
        self.count = 0
        self.entries = 0
        self.examples: list[RejectedLine] = []
        self._shown: set[tuple[str, int]] = set()

    def collect(self, connection: duckdb.DuckDBPyConnection, part: Part) -> int:
        """Take over what a file's reader rejected; only the connection that read it knows. Return how many lines."""
        broken: list[int] = []
        rejected = 0
        if part.rejects_table:
            for batch in _batches(connection, _STORED.format(table=part.rejects_table)):
                entries = [dict(zip(_FIELDS, row, strict=True)) for row in batch]
                lines: dict[int, int] = {}
                for entry in entries:
                    raw = entry["raw"] = (entry["raw"] or "").rstrip("\r\n")
                    # An unclosed quote swallows the lines after it.
                    lines[entry["line"]] = 1 + (raw.count("\n") if part.file.format == "csv" else 0)
                    if part.file.format != "csv":
                        entry["column_name"] = None
                rejected += sum(lines[line] for line in lines if line not in broken[-1:])
                broken += lines
                self._add(part, _without_repetition(entries))
        if part.rejects_query:
            found = _batches(connection, part.rejects_query, part.values)
            for batch in found:
                self._add(part, [entry for row in batch for entry in _documents(row, broken)])
                rejected += len(batch)
        self.count += rejected
        return rejected

    def _add(self, part: Part, entries: Sequence[dict[str, Any]]) -> None:
        now = now_ms() * 1000
        for entry in entries:
            entry |= {"ingest_id": self._id, "file": part.file.path, "ingested_at": now, "raw": entry["raw"][:_LONGEST]}
            entry["error_message"] = plain(entry["error_message"])
            self._encoding += entry["error_type"] == "INVALID ENCODING"
            if len(self.examples) < EXAMPLES and (part.file.path, entry["line"]) not in self._shown:
                self._shown.add((part.file.path, entry["line"]))
                self.examples.append(
                    RejectedLine(
                        file=part.file.path,
                        line=entry["line"],
                        column=entry["column_name"],
                        error_type=entry["error_type"],
                        reason=entry["error_message"][:500],
                        raw=entry["raw"][:500],
                    )
                )
        self.entries += len(entries)
        if entries and self._path is not None:
            self._write(entries)

    def _write(self, entries: Sequence[Mapping[str, Any]]) -> None:
        import pyarrow as pa

        assert self._path is not None
        with storage_errors(self._path):
            if self._writer is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._writer = pa.ipc.new_stream(str(self._path), schema())
            self._writer.write_batch(pa.RecordBatch.from_pylist([dict(entry) for entry in entries], schema()))

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def check(self, rows: int, max_rejects: float, encoding: str) -> None:
        """Refuse the load when too many rows were rejected.

        Raises
        ------
        TooManyRejectsError
            With counts and the first lines.
        """
        total = rows + self.count
        if not self.count or self.count <= max_rejects * total:
            return
        first = [f"{item.file}, line {item.line}: {item.reason}" for item in self.examples[:SHOWN]]
        hint = (
            "Mend the file, keep columns as text with types={'column': 'string'}, or allow more with max_rejects=0.5."
        )
        if self._encoding * 2 > self.entries:
            hint = f"The file is not written in {encoding}; try encoding='latin-1'."
        raise TooManyRejectsError(
            f"{self.count:,} of {total:,} rows do not fit, more than the {max_rejects:.0%} allowed; nothing was written.\n"
            + "\n".join(first),
            hint=hint,
            details={"rejected": self.count, "rows": total},
        )


_FIELDS = ("line", "byte_position", "column_name", "error_type", "error_message", "raw")
_STORED = (
    "SELECT line, byte_position, column_name, error_type::VARCHAR, error_message, csv_line FROM {table} "
    "ORDER BY line, byte_position"
)


def _without_repetition(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what the reader says again of the same line: it names every column that a short line lacks, or a long one has too many."""
    found: list[dict[str, Any]] = []
    for entry in entries:
        same = found and (found[-1]["line"], found[-1]["error_type"]) == (entry["line"], entry["error_type"])
        if same and entry["error_type"] == "TOO MANY COLUMNS":
            found[-1] = entry  # the last one has counted them all
        elif not (same and entry["error_type"] == "MISSING COLUMNS"):
            found.append(entry)
    return found


def _batches(connection: duckdb.DuckDBPyConnection, query: str, values: Any = None) -> Iterator[list[tuple[Any, ...]]]:
    connection.execute(query, values)
    while batch := connection.fetchmany(_BATCH):
        yield batch


def _documents(row: tuple[Any, ...], broken: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Return the entries of one rejected document; lines that the reader refused before it are not in its count."""
    line, raw, cells = row
    for refused in broken[: bisect.bisect_right(broken, line + len(broken))]:
        line += refused <= line
    same = {"line": line, "byte_position": None, "raw": raw}
    if not cells:
        yield same | {"column_name": None, "error_type": "INVALID JSON", "error_message": reason_of(raw)}
    for cell in cells or ():
        yield same | {
            "column_name": cell["column"],
            "error_type": "CAST",
            "error_message": f"Could not convert {cell['value']} to {cell['type']}",
        }


def schema() -> pa.Schema:
    """Return the columns of a table of rejected rows."""
    import pyarrow as pa

    return pa.schema(
        [
            ("ingest_id", pa.string()),
            ("file", pa.string()),
            ("line", pa.int64()),
            ("byte_position", pa.int64()),
            ("column_name", pa.string()),
            ("error_type", pa.string()),
            ("error_message", pa.string()),
            ("raw", pa.string()),
            ("ingested_at", pa.timestamp("us", "UTC")),
        ]
    )


def table_for(name: TableName) -> str:
    """Return the name of the table that keeps the rejected rows of another."""
    return f"{name.catalog}.{name.schema}._rejected_{name.name}"
