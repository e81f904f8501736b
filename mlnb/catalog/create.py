"""Making tables and taking them away: Delta first, then one metastore transaction, and nothing left behind when either fails."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from mlnb.core.access import TableAccess, record_access
from mlnb.core.errors import InvalidParameterError, did_you_mean

from . import metastore as rows
from . import names
from .commits import Also, commit_of, payload_of, statistics_of
from .delta.data import Stream, reader_of
from .delta.handles import is_local
from .delta.types import check_columns
from .errors import NameTakenError, UnresolvedColumnError
from .locations import given_location, new_location
from .names import TableName
from .records import Commit
from .sql.running import new_statement_id
from .unfinished import making

if TYPE_CHECKING:
    import pyarrow as pa

    from .service import Catalog


@dataclass(frozen=True)
class About:
    """What a table is, besides its columns and rows."""

    key: list[str]
    timeseries: str | None
    comment: str | None
    properties: dict[str, str]
    partition_by: list[str]
    location: str | None


def create_table(
    catalog: Catalog,
    name: TableName,
    data: Any,
    *,
    schema: Any = None,
    primary_key: Sequence[str] | str | None = None,
    timeseries: str | None = None,
    comment: str | None = None,
    properties: Mapping[str, str] | None = None,
    partition_by: Sequence[str] | str | None = None,
    location: str | None = None,
    mode: Literal["error", "replace", "ignore"] = "error",
    also: Also | None = None,
    transaction: tuple[str, int] | None = None,
) -> Commit:
    """Create a table; see :meth:`mlnb.catalog.service.Catalog.create_table`. ``also`` joins the transaction that records it."""
    if mode not in ("error", "replace", "ignore"):
        raise InvalidParameterError(f"{mode!r} is no mode.", hint="Use error, replace or ignore.")
    for part in (name.catalog, name.schema, name.name):
        names.check(part)
    if catalog.isolation is not None:
        name = catalog.isolation.created(name)
    parent = catalog.schema_row(name.catalog, name.schema)
    name = TableName(parent.full_name.split(".")[0], parent.name, name.name)
    exists = catalog.exists(name.full_name)
    if exists and mode == "ignore":
        return catalog.history(name.full_name, 1)[0]
    if exists and mode == "error":
        raise taken(name)
    if not exists:
        catalog.require("CREATE TABLE", "schema", parent.full_name)
    where = given_location(catalog.ground, location) if location is not None else None
    if where is not None and data is None and schema is None:
        return _register(catalog, name, parent.id, where, primary_key, timeseries, comment, properties)
    keep_naive = catalog.settings.naive_timestamps == "ntz"
    stream, arrow = _columns(data, schema, keep_naive=keep_naive)
    wanted = [primary_key] if isinstance(primary_key, str) else list(primary_key or ())
    split = key_columns(
        [partition_by] if isinstance(partition_by, str) else list(partition_by or ()), None, arrow.names, "partition"
    )
    about = About(
        key_columns(wanted, timeseries, arrow.names), timeseries, comment, dict(properties or {}), split, where
    )
    if exists:
        return _replace(catalog, name, stream, arrow, about, also, transaction)
    return _create(catalog, name, parent.id, stream, arrow, about, also)


def taken(name: TableName) -> NameTakenError:
    """Return the error for a table that exists already."""
    return NameTakenError(
        f"The table {name.full_name} exists already.",
        hint='Pass mode="append", "overwrite" or "ignore" to write, mode="replace" to create it anew, or choose another name.',
    )


def _columns(data: Any, schema: Any, *, keep_naive: bool) -> tuple[Stream | None, pa.Schema]:
    """Return the rows, if any, and the columns of a new table."""
    import pyarrow as pa

    from .delta.types import storable_schema

    if data is None and schema is None:
        raise InvalidParameterError(
            "A table needs rows or a schema.", hint="Pass data, or schema=pyarrow.schema([...])."
        )
    wanted = None
    if schema is not None:
        wanted = storable_schema(schema if isinstance(schema, pa.Schema) else pa.schema(schema), keep_naive=keep_naive)
        check_columns(wanted.names)
    if data is None:
        assert wanted is not None
        return None, wanted
    if keep_naive and wanted is None and not isinstance(data, Stream):
        data = reader_of(data)
        wanted = storable_schema(data.schema, keep_naive=True)
    stream = data if isinstance(data, Stream) else Stream(data, wanted)
    return stream, stream.schema


def key_columns(
    primary_key: Sequence[str], timeseries: str | None, columns: Sequence[str], what: str = "primary key"
) -> list[str]:
    """Return the primary key with the time column in it, spelled as the columns are."""
    known = {column.lower(): column for column in columns}
    wanted = [*primary_key, *([timeseries] if timeseries and timeseries not in primary_key else [])]
    for column in wanted:
        if column.lower() not in known:
            raise UnresolvedColumnError(
                f"The {what} names {column!r}, which is no column.",
                hint=did_you_mean(column, columns) or f"Columns: {', '.join(columns)}.",
            )
    return [known[column.lower()] for column in wanted]


def _create(
    catalog: Catalog,
    name: TableName,
    parent_id: str,
    stream: Stream | None,
    arrow: pa.Schema,
    about: About,
    also: Also | None,
) -> Commit:
    table_id, statement_id = str(uuid.uuid4()), new_statement_id()
    location = about.location or new_location(catalog, name, table_id)
    if about.location is not None:
        _refuse_occupied(location)
    noted = making(catalog.ground, table_id, location) if about.location is None else nullcontext()
    with noted, _removed_on_failure(catalog, location):
        catalog.commits.writer(statement_id).create(
            location,
            arrow,
            stream,
            name=name.full_name,
            comment=about.comment,
            properties=about.properties,
            partition_by=about.partition_by,
        )
        return _record(catalog, name, parent_id, table_id, location, about, also)


def _record(
    catalog: Catalog, name: TableName, parent_id: str, table_id: str, location: str, about: About, also: Also | None
) -> Commit:
    """Give a Delta table at a location its name."""
    snapshot = catalog.handles.latest(location)
    commit = commit_of(snapshot.history(1)[0])
    stats = statistics_of(snapshot, None)
    try:
        with catalog.ground.metastore.begin() as connection:
            if rows.find(connection, "table", parent_id, name.name) is not None:
                raise taken(name)
            rows.insert(
                connection,
                "table",
                parent_id,
                name.full_name,
                comment=about.comment,
                properties=about.properties,
                location=location,
                id=table_id,
            )
            rows.insert_table(
                connection,
                table_id,
                primary_key=about.key,
                timeseries=about.timeseries,
                stats=stats,
                table_type="MANAGED" if about.location is None else "EXTERNAL",
            )
            payload = payload_of(commit) | {"columns": len(stats.columns), "primary_key": about.key}
            payload["rows"] = stats.num_rows
            catalog.ground.journal.append("table.created", f"table:{name.full_name}", payload)
            if also is not None:
                also(connection, table_id, commit)
    except sa.exc.IntegrityError as error:
        raise taken(name) from error
    columns = tuple(column.name for column in stats.columns)
    record_access(TableAccess(name.full_name, snapshot.version, "written", columns, stats.num_rows))
    return commit


def _register(
    catalog: Catalog,
    name: TableName,
    parent_id: str,
    location: str,
    primary_key: Sequence[str] | str | None,
    timeseries: str | None,
    comment: str | None,
    properties: Mapping[str, str] | None,
) -> Commit:
    """Name a Delta table that exists already; its files stay where they are, also when the name is dropped."""
    snapshot = catalog.handles.latest(location)
    wanted = [primary_key] if isinstance(primary_key, str) else list(primary_key or ())
    key = key_columns(wanted, timeseries, snapshot.columns)
    about = About(key, timeseries, comment, dict(properties or {}), [], location)
    return _record(catalog, name, parent_id, str(uuid.uuid4()), location, about, None)


def _refuse_occupied(location: str) -> None:
    """Refuse to make a table where something is already: a failure would take it away."""
    if is_local(location) and os.path.exists(location) and os.listdir(location):
        raise InvalidParameterError(
            f"{location} is not empty.",
            code="DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION",
            hint="Choose a new folder, or leave out data and schema to name the Delta table that is there.",
        )


def _replace(
    catalog: Catalog,
    name: TableName,
    stream: Stream | None,
    arrow: pa.Schema,
    about: About,
    also: Also | None,
    transaction: tuple[str, int] | None,
) -> Commit:
    """Give an existing table new columns and rows in one commit; its earlier versions stay."""
    info = catalog.info(name.full_name)
    rows_in = stream or Stream(arrow.empty_table())
    changes = {"properties": about.properties, **({"comment": about.comment} if about.comment is not None else {})}

    def both(connection: sa.Connection, table_id: str, commit: Commit) -> None:
        keys = {"primary_key": about.key, "timeseries": about.timeseries}
        rows.update_about(connection, table_id, changes, keys)
        if also is not None:
            also(connection, table_id, commit)

    def write(writer: Any) -> int:
        writer.overwrite(info.storage_location, rows_in, new_schema=True)
        return rows_in.rows

    return catalog.commits.commit(info, write, transaction=transaction, also=both)


@contextmanager
def _removed_on_failure(catalog: Catalog, location: str) -> Iterator[None]:
    """Remove a new table's folder when what follows fails."""
    try:
        yield
    except BaseException:
        catalog.handles.forget(location)
        remove_folder(location)
        raise


def remove_folder(location: str) -> None:
    """Delete the files of a table."""
    if is_local(location):
        shutil.rmtree(location, ignore_errors=True)
