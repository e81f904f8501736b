"""Making tables and taking them away: Delta first, then one metastore transaction, and nothing left behind when either fails."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

import sqlalchemy as sa

from mlnb.core.access import TableAccess, record_access
from mlnb.core.errors import InvalidParameterError, InvalidStateError, did_you_mean

from . import metastore as rows
from . import names
from .commits import Also, commit_of, payload_of, statistics_of
from .delta.data import Stream
from .delta.handles import is_local
from .delta.types import check_columns
from .errors import NameTakenError, UnresolvedColumnError
from .names import TableName
from .records import Commit

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
    mode: Literal["error", "replace", "ignore"] = "error",
    also: Also | None = None,
) -> Commit:
    """Create a table; see :meth:`mlnb.catalog.service.Catalog.create_table`. ``also`` joins the transaction that records it."""
    if mode not in ("error", "replace", "ignore"):
        raise InvalidParameterError(f"{mode!r} is no mode.", hint="Use error, replace or ignore.")
    for part in (name.catalog, name.schema, name.name):
        names.check(part)
    parent = catalog.schema_row(name.catalog, name.schema)
    name = TableName(parent.full_name.split(".")[0], parent.name, name.name)
    exists = catalog.exists(name.full_name)
    if exists and mode == "ignore":
        return catalog.history(name.full_name, 1)[0]
    if exists and mode == "error":
        raise taken(name)
    stream, arrow = _columns(data, schema)
    wanted = [primary_key] if isinstance(primary_key, str) else list(primary_key or ())
    about = About(_key(wanted, timeseries, arrow.names), timeseries, comment, dict(properties or {}))
    if exists:
        return _replace(catalog, name, stream, arrow, about, also)
    return _create(catalog, name, parent.id, stream, arrow, about, also)


def taken(name: TableName) -> NameTakenError:
    """Return the error for a table that exists already."""
    return NameTakenError(
        f"The table {name.full_name} exists already.",
        hint='Pass mode="append", "overwrite" or "ignore" to write, mode="replace" to create it anew, or choose another name.',
    )


def _columns(data: Any, schema: Any) -> tuple[Stream | None, pa.Schema]:
    """Return the rows, if any, and the columns of a new table."""
    import pyarrow as pa

    from .delta.types import storable_schema

    if data is None and schema is None:
        raise InvalidParameterError(
            "A table needs rows or a schema.", hint="Pass data, or schema=pyarrow.schema([...])."
        )
    wanted = None
    if schema is not None:
        wanted = storable_schema(schema if isinstance(schema, pa.Schema) else pa.schema(schema))
        check_columns(wanted.names)
    if data is None:
        assert wanted is not None
        return None, wanted
    stream = data if isinstance(data, Stream) else Stream(data, wanted)
    return stream, stream.schema


def _key(primary_key: Sequence[str], timeseries: str | None, columns: Sequence[str]) -> list[str]:
    """Return the primary key with the time column in it, spelled as the columns are."""
    known = {column.lower(): column for column in columns}
    wanted = [*primary_key, *([timeseries] if timeseries and timeseries not in primary_key else [])]
    for column in wanted:
        if column.lower() not in known:
            raise UnresolvedColumnError(
                f"The primary key names {column!r}, which is no column.",
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
    table_id, statement_id = str(uuid.uuid4()), str(uuid.uuid4())
    location = _location(catalog, name, table_id)
    with _removed_on_failure(catalog, location):
        writer = catalog.commits.writer(statement_id)
        writer.create(location, arrow, stream, name=name.full_name, comment=about.comment, properties=about.properties)
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
                rows.insert_table(connection, table_id, primary_key=about.key, timeseries=about.timeseries, stats=stats)
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


def _replace(
    catalog: Catalog,
    name: TableName,
    stream: Stream | None,
    arrow: pa.Schema,
    about: About,
    also: Also | None,
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

    return catalog.commits.commit(info, write, also=both)


def _location(catalog: Catalog, name: TableName, table_id: str) -> str:
    """Return where a new table goes: names are only there for people, the id makes the folder unique.

    Raises
    ------
    InvalidStateError
        When the lake's own path has an encoded character, which the Delta library would decode.
    """
    root = catalog.ground.settings.storage_root.rstrip("/")
    if is_local(root):
        root = str(Path(root).absolute())
        if unquote(root) != root:
            raise InvalidStateError(
                f"Tables cannot be stored below {root}: its name contains a percent sign and two digits.",
                hint="Move the workspace, or set storage_root to another folder.",
            )
    parts = (names.folder_part(part) for part in (name.catalog, name.schema, name.name))
    return f"{root}/{'/'.join(parts)}-{table_id[:8]}"


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
