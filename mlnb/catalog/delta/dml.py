"""Changes of rows in place: UPDATE, DELETE and MERGE by the Delta library, which rewrites only the files that hold such rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..names import quote_duckdb
from .write import MAX_COMMIT_RETRIES

if TYPE_CHECKING:
    from .data import Stream
    from .write import Writer


@dataclass(frozen=True)
class Clause:
    """A WHEN clause of a merge, in the writer's SQL with the aliases ``source`` and ``target``; ``values`` by column of the table."""

    on: Literal["matched", "not_matched", "not_matched_by_source"]
    action: Literal["update", "insert", "delete"]
    condition: str | None = None
    values: Mapping[str, str] | None = None


def delete(writer: Writer, location: str, where: str | None) -> None:
    """Take away the rows that satisfy a condition, or all."""
    retries = MAX_COMMIT_RETRIES if where is not None else 0
    with writer.guard(location, alone=True):
        writer.table(location).delete(
            where, writer_properties=writer.parquet(), commit_properties=writer.properties(retries)
        )


def update(writer: Writer, location: str, values: Mapping[str, str], where: str | None) -> None:
    """Give columns new values in the rows that satisfy a condition, or in all."""
    with writer.guard(location, alone=True):
        writer.table(location).update(
            {quote_duckdb(column): value for column, value in values.items()},
            predicate=where,
            writer_properties=writer.parquet(),
            commit_properties=writer.properties(MAX_COMMIT_RETRIES if where is not None else 0),
        )


def merge(
    writer: Writer,
    location: str,
    stream: Stream,
    condition: str,
    clauses: Sequence[Clause],
    *,
    merge_schema: bool = False,
) -> None:
    """Match the rows of a stream with those of the table; the first clause that holds for a row decides."""
    with writer.guard(location, stream, alone=True):
        merger = writer.table(location).merge(
            stream.reader(),
            condition,
            source_alias="source",
            target_alias="target",
            merge_schema=merge_schema,
            writer_properties=writer.parquet(),
            commit_properties=writer.properties(),
        )
        for clause in clauses:
            values = {quote_duckdb(column): value for column, value in (clause.values or {}).items()}
            if clause.on == "not_matched":
                merger = merger.when_not_matched_insert(values, clause.condition)
            elif clause.on == "matched":
                if clause.action == "delete":
                    merger = merger.when_matched_delete(clause.condition)
                else:
                    merger = merger.when_matched_update(values, clause.condition)
            elif clause.action == "delete":
                merger = merger.when_not_matched_by_source_delete(clause.condition)
            else:
                merger = merger.when_not_matched_by_source_update(values, clause.condition)
        merger.execute()
