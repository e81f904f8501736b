"""Rows that do not fit: kept with file, line and reason in a table of their own, beside the table they were meant for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlnb.core.clock import now_ms

from ..errors import TooManyRejectsError
from ..names import TableName

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

#: Rejected lines that the error message shows.
_SHOWN = 5


@dataclass
class Rejects:
    """The rejected rows of one load, collected file by file."""

    ingest_id: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def collect(self, connection: duckdb.DuckDBPyConnection, file: str, table: str) -> int:
        """Take over what the reader stored in ``table``; return how many lines of the file it rejected."""
        found = connection.execute(
            f"SELECT line, byte_position, column_name, error_type::VARCHAR, error_message, csv_line FROM {table} "
            "ORDER BY line, byte_position"
        ).fetchall()
        lines: dict[int, int] = {}
        for line, position, column, kind, message, raw in found:
            text = (raw or "").rstrip("\r\n")
            lines[line] = 1 + text.count("\n")  # an unclosed quote swallows the lines after it
            self.rows.append(
                {
                    "ingest_id": self.ingest_id,
                    "file": file,
                    "line": line,
                    "byte_position": position,
                    "column_name": column,
                    "error_type": kind,
                    "error_message": message,
                    "raw": text,
                    "ingested_at": now_ms() * 1000,
                }
            )
        rejected = sum(lines.values())
        self.count += rejected
        return rejected

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
        lines = {(row["file"], row["line"]): row["error_message"] for row in reversed(self.rows)}
        first = [f"{file}, line {line}: {text}" for (file, line), text in sorted(lines.items())[:_SHOWN]]
        hint = (
            "Mend the file, keep columns as text with types={'column': 'string'}, or allow more with max_rejects=0.5."
        )
        if sum(row["error_type"] == "INVALID ENCODING" for row in self.rows) * 2 > len(self.rows):
            hint = f"The file is not written in {encoding}; try encoding='latin-1'."
        raise TooManyRejectsError(
            f"{self.count:,} of {total:,} rows do not fit, more than the {max_rejects:.0%} allowed; nothing was written.\n"
            + "\n".join(first),
            hint=hint,
            details={"rejected": self.count, "rows": total},
        )

    def to_arrow(self) -> pa.Table:
        """Return the rejected rows as the table that keeps them."""
        import pyarrow as pa

        schema = pa.schema(
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
        return pa.Table.from_pylist(self.rows, schema)


def table_for(name: TableName) -> str:
    """Return the name of the table that keeps the rejected rows of another."""
    return f"{name.catalog}.{name.schema}._rejected_{name.name}"
