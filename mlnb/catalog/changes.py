"""The change feed: which rows a range of commits added, changed and took away.

A table with ``delta.enableChangeDataFeed`` records changes as they are made. For others they are computed: a commit's added files hold its
new rows and those it only copied, its removed files the old ones and the same copies, so the difference of the two, duplicates counted,
is what changed. With a primary key, a row that left and one that came with the same key are one update.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlnb.core.access import TableAccess, record_access
from mlnb.core.errors import InvalidParameterError

from .commits import commit_of
from .delta.handles import Found, Snapshot
from .errors import TableSchemaError, VersionNotFoundError
from .names import quote_always
from .records import TableInfo
from .sql.compute import THIS, rows_of

if TYPE_CHECKING:
    import pyarrow as pa

    from .service import Catalog

#: Columns of the feed beside the table's own.
FEED_COLUMNS = ("_change_type", "_commit_version", "_commit_timestamp")

#: Operations that change no row.
_SILENT = {"OPTIMIZE", "VACUUM START", "VACUUM END", "ADD CONSTRAINT", "DROP CONSTRAINT", "SET TBLPROPERTIES"}


def changes(catalog: Catalog, info: TableInfo, start: int, end: int) -> pa.RecordBatchReader:
    """See :meth:`mlnb.catalog.reading.TableReader.changes`."""
    import pyarrow as pa

    newest = catalog.lookup.found(info).snapshot
    if not 0 <= start <= newest.version:
        raise VersionNotFoundError(
            f"{info.full_name} has no version {start}.", hint=f"It has versions 0 to {newest.version}."
        )
    if end < start:
        raise InvalidParameterError(f"Version {end} is before {start}.", hint="Give the earlier version first.")
    end = min(end, newest.version)
    clash = [name for name in newest.columns if name.lower() in FEED_COLUMNS]
    if clash:
        raise TableSchemaError(
            f"{info.full_name} has a column {clash[0]}, which the change feed needs for itself.",
            hint="Rename the column: rename_column().",
        )
    last = catalog.handles.at(info.storage_location, end)
    schema = pa.schema(
        [
            *(item.with_nullable(True).remove_metadata() for item in last.schema),
            pa.field("_change_type", pa.string()),
            pa.field("_commit_version", pa.int64()),
            pa.field("_commit_timestamp", pa.timestamp("us", "UTC")),
        ]
    )
    record_access(TableAccess(info.full_name, end, "read", tuple(last.columns)))
    return pa.RecordBatchReader.from_batches(schema, _batches(catalog, info, start, end, schema))


def filtered(changes: pa.RecordBatchReader, predicates: Sequence[str]) -> pa.RecordBatchReader:
    """Leave out the rows that row filters hide, batch by batch: their past is hidden as they are."""
    import pyarrow as pa

    return pa.RecordBatchReader.from_batches(changes.schema, _shown(changes, predicates))


def _shown(changes: pa.RecordBatchReader, predicates: Sequence[str]) -> Iterator[pa.RecordBatch]:
    import duckdb
    import pyarrow as pa

    condition = " AND ".join(f"({predicate})" for predicate in predicates)
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        for batch in changes:
            connection.register("mlnb_batch", pa.Table.from_batches([batch]))
            keep = connection.sql("SELECT " + condition + " AS keep FROM mlnb_batch").to_arrow_table()
            yield batch.filter(keep.column("keep").combine_chunks())
            connection.unregister("mlnb_batch")
    finally:
        connection.close()


def _batches(catalog: Catalog, info: TableInfo, start: int, end: int, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the changes version by version, so that a long range needs the memory of one commit."""
    made = {entry["version"]: entry for entry in catalog.handles.at(info.storage_location, end).history()}
    before = catalog.handles.at(info.storage_location, start - 1) if start > 0 else None
    for version in range(start, end + 1):
        after = catalog.handles.at(info.storage_location, version)
        entry = made.get(version, {"version": version})
        commit = commit_of(entry)
        if commit.operation not in _SILENT or before is None:
            # Where we have written all rows again, the recorded changes are all rows.
            recorded = commit.operation == entry.get("operation")
            found = _of_version(catalog, info, before, after, recorded=recorded)
            if found.num_rows:
                at = datetime.fromtimestamp(commit.timestamp / 1000, UTC)
                yield from _shaped(found, schema, version, at).to_batches()
        before = after


def _of_version(
    catalog: Catalog, info: TableInfo, before: Snapshot | None, after: Snapshot, *, recorded: bool
) -> pa.Table:
    """Return the rows of one commit's changes with their ``_change_type``."""
    if recorded and before is not None and _recorded(before) and _recorded(after):
        return _library(after)
    return _computed(catalog, info, before, after)


def _recorded(snapshot: Snapshot) -> bool:
    return snapshot.configuration.get("delta.enableChangeDataFeed", "").lower() == "true"


def _library(after: Snapshot) -> pa.Table:
    import pyarrow as pa

    reader = after.changes(after.version, after.version)
    return pa.table(reader.read_all()).drop_columns(["_commit_version", "_commit_timestamp"])


def _computed(catalog: Catalog, info: TableInfo, before: Snapshot | None, after: Snapshot) -> pa.Table:
    """Compare the rows of the files that a commit added with those of the files it removed."""
    import pyarrow as pa

    old, new = before, after
    if before is not None and before.plain and after.plain:  # elsewhere a file may have lost rows and kept its name
        old, new = _only(before, set(after.files)), _only(after, set(before.files))
    names = [name for name in after.columns if before is None or name in before.columns]
    listed = ", ".join(quote_always(name) for name in names)
    extra = [name for name in after.columns if name not in names]
    gone = _rows(catalog, info, old, f"SELECT {listed} FROM {THIS}") if old is not None and names else None
    come = _rows(catalog, info, new, f"SELECT {', '.join([listed, *map(quote_always, extra)])} FROM {THIS}")
    if gone is None or not gone.num_rows or not come.num_rows:
        parts = [_typed(come, "insert")] + ([_typed(gone, "delete")] if gone is not None else [])
        return pa.concat_tables(parts, promote_options="default")
    frames = {"mlnb_old": gone, "mlnb_new": come}
    hidden = f" WHERE {' AND '.join(f'{quote_always(name)} IS NULL' for name in extra)}" if extra else ""
    same = f"SELECT {listed} FROM mlnb_new{hidden}"
    deleted = _frames(catalog, info, after, f"SELECT {listed} FROM mlnb_old EXCEPT ALL {same}", frames)
    padded = ", ".join([listed, *(f"NULL AS {quote_always(name)}" for name in extra)])
    every = ", ".join([listed, *map(quote_always, extra)])
    inserted = _frames(
        catalog, info, after, f"SELECT {every} FROM mlnb_new EXCEPT ALL SELECT {padded} FROM mlnb_old", frames
    )
    return _paired(catalog, info, after, deleted, inserted)


def _paired(catalog: Catalog, info: TableInfo, after: Snapshot, deleted: pa.Table, inserted: pa.Table) -> pa.Table:
    """Call a row that left and one that came with the same primary key an update."""
    import pyarrow as pa

    keys = [name for name in info.primary_key if name in deleted.column_names]
    if not keys or len(keys) < len(info.primary_key) or not deleted.num_rows or not inserted.num_rows:
        return pa.concat_tables([_typed(deleted, "delete"), _typed(inserted, "insert")], promote_options="default")
    frames = {"mlnb_old": deleted, "mlnb_new": inserted}
    listed = ", ".join(map(quote_always, keys))
    parts = []
    for mine, other, alone, paired in (
        ("mlnb_old", "mlnb_new", "delete", "update_preimage"),
        ("mlnb_new", "mlnb_old", "insert", "update_postimage"),
    ):
        on = " AND ".join(f"m.{quote_always(key)} = o.{quote_always(key)}" for key in keys)
        query = (
            f"SELECT m.*, CASE WHEN EXISTS (SELECT 1 FROM (SELECT {listed} FROM {other}) AS o WHERE {on}) "
            f"THEN '{paired}' ELSE '{alone}' END AS _change_type FROM {mine} AS m"
        )
        parts.append(_frames(catalog, info, after, query, frames))
    return pa.concat_tables(parts, promote_options="default")


def _only(snapshot: Snapshot, others: set[str]) -> Snapshot:
    """Return a snapshot of the files that another one does not have."""
    return snapshot.narrowed([path for path in snapshot.files if path not in others])


def _rows(catalog: Catalog, info: TableInfo, snapshot: Snapshot, query: str) -> pa.Table:
    return rows_of(catalog, query, Found(info.full_name, snapshot, evolved=True)).to_arrow()


def _frames(catalog: Catalog, info: TableInfo, snapshot: Snapshot, query: str, frames: dict[str, Any]) -> pa.Table:
    return rows_of(catalog, query, Found(info.full_name, snapshot), frames=frames).to_arrow()


def _typed(rows: pa.Table, change: str) -> pa.Table:
    import pyarrow as pa

    return rows.append_column("_change_type", pa.array([change] * rows.num_rows, pa.string()))


def _shaped(rows: pa.Table, schema: pa.Schema, version: int, at: datetime) -> pa.Table:
    """Return changes in the columns of the newest version of the range."""
    import pyarrow as pa

    constant = {"_commit_version": version, "_commit_timestamp": at}
    columns: list[Any] = []
    for field in schema:
        if field.name in constant:
            columns.append(pa.array([constant[field.name]] * rows.num_rows, field.type))
        elif field.name in rows.column_names:
            columns.append(rows.column(field.name).cast(field.type))
        else:
            columns.append(pa.nulls(rows.num_rows, field.type))
    return pa.table(columns, schema=schema)
