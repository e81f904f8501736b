"""Rows that occur more than once, by a 64-bit hash of each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .records import Duplicates

if TYPE_CHECKING:
    import pyarrow as pa

    from .look import Look


def sampled_duplicates(look: Look) -> Duplicates | None:
    """Count repeated rows where the sample is all rows; a sample's own repeats say little of the whole."""
    if not look.complete:
        return None
    rows = count_duplicates(look.table)
    return None if rows is None else Duplicates(rows=rows, share=rows / look.rows if look.rows else 0.0)


def count_duplicates(table: pa.Table) -> int | None:
    """Rows that could be dropped because an equal one remains; None for columns without a hash."""
    if table.num_rows < 2 or table.num_columns == 0:
        return 0
    import duckdb

    names = ", ".join('"' + name.replace('"', '""') + '"' for name in table.column_names)
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        connection.register("data", table)
        distinct = connection.sql(f"SELECT count(DISTINCT hash({names})) FROM data").fetchall()[0][0]  # noqa: S608
        return int(table.num_rows) - int(distinct)
    except duckdb.Error:
        return None
    finally:
        connection.close()
