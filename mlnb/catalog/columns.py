"""Columns of a table that exist already: added in the log alone; dropped, renamed and retyped by writing the table anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, InvalidStateError

from . import metastore as rows
from .delta import maintain
from .delta.data import Stream
from .delta.types import check_columns, storable_schema
from .errors import NameTakenError
from .names import quote_always
from .records import Commit, TableInfo
from .sql.compute import THIS, condition, rows_of
from .tables import catalog_column, catalog_tag
from .writing import column_of

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa

    from .commits import Also
    from .delta.handles import Found
    from .delta.write import Writer
    from .service import Catalog


def add_columns(catalog: Catalog, info: TableInfo, columns: Sequence[tuple[Any, ...]]) -> Commit:
    """See :meth:`mlnb.catalog.keeping.TableKeeper.add_columns`."""
    import pyarrow as pa

    with catalog.commits.locks.exclusive(info.storage_location):
        found = catalog.lookup.found(info, privilege="MODIFY")
        known = {name.lower() for name in found.snapshot.columns}
        for name, *_ in columns:
            if name.lower() in known:
                raise NameTakenError(
                    f"{info.full_name} has a column {name} already.",
                    code="FIELD_ALREADY_EXISTS",
                    hint="Choose another name.",
                )
        check_columns([item[0] for item in columns])
        fields = [
            pa.field(
                item[0],
                _arrow_type(catalog, found, item[1]),
                metadata={"comment": item[2]} if len(item) > 2 and item[2] else None,
            )
            for item in columns
        ]

        def write(writer: Writer) -> None:
            maintain.add_columns(writer, info.storage_location, pa.schema(fields))

        return catalog.commits.commit(info, write)


def drop_columns(catalog: Catalog, info: TableInfo, names: Sequence[str]) -> Commit:
    """See :meth:`mlnb.catalog.keeping.TableKeeper.drop_columns`."""

    def query(found: Found) -> str:
        gone = [column_of(found, name) for name in names]
        _refuse_bound(catalog, info, found, gone, "dropped")
        kept = [name for name in found.snapshot.columns if name not in gone]
        if not kept:
            raise InvalidParameterError("A table keeps at least one column.", hint="Drop the table instead.")
        return ", ".join(map(quote_always, kept))

    return _rewritten(catalog, info, query, "DROP COLUMNS")


def rename_column(catalog: Catalog, info: TableInfo, name: str, new_name: str) -> Commit:
    """See :meth:`mlnb.catalog.keeping.TableKeeper.rename_column`."""
    check_columns([new_name])

    def query(found: Found) -> str:
        old = column_of(found, name)
        if new_name.lower() in {item.lower() for item in found.snapshot.columns if item != old}:
            raise NameTakenError(
                f"{info.full_name} has a column {new_name} already.",
                code="FIELD_ALREADY_EXISTS",
                hint="Choose another name.",
            )
        _refuse_bound(catalog, info, found, [old], "renamed", keys=False)
        return ", ".join(
            f"{quote_always(item)} AS {quote_always(new_name)}" if item == old else quote_always(item)
            for item in found.snapshot.columns
        )

    def follow(connection: sa.Connection, table_id: str, commit: Commit) -> None:  # noqa: ARG001
        def swap(item: str | None) -> str | None:
            return new_name if item is not None and item.lower() == name.lower() else item

        keys = {"primary_key": [swap(item) for item in info.primary_key], "timeseries": swap(info.timeseries)}
        rows.update_about(connection, table_id, {}, keys)
        comment = next((item.comment for item in info.columns if item.name.lower() == name.lower()), None)
        here = (catalog_column.c.table_id == table_id) & (catalog_column.c.name == new_name)
        connection.execute(catalog_column.update().where(here).values(comment=comment))
        old = next((item.name for item in info.columns if item.name.lower() == name.lower()), name)
        tagged = (catalog_tag.c.entity_id == table_id) & (catalog_tag.c.column_name == old)
        connection.execute(catalog_tag.update().where(tagged).values(column_name=new_name))

    return _rewritten(catalog, info, query, "RENAME COLUMN", also=follow)


def alter_column_type(catalog: Catalog, info: TableInfo, name: str, type_text: str) -> Commit:
    """See :meth:`mlnb.catalog.keeping.TableKeeper.alter_column_type`."""

    def query(found: Found) -> str:
        old = column_of(found, name)
        _refuse_bound(catalog, info, found, [old], "retyped", keys=False)
        _arrow_type(catalog, found, type_text)
        return ", ".join(
            f"CAST({quote_always(item)} AS {type_text}) AS {quote_always(item)}" if item == old else quote_always(item)
            for item in found.snapshot.columns
        )

    return _rewritten(catalog, info, query, "CHANGE COLUMN")


def set_not_null(catalog: Catalog, info: TableInfo, column: str) -> Commit:
    """See :meth:`mlnb.catalog.keeping.TableKeeper.set_not_null`."""
    from .constraints import refuse_nulls

    chosen: list[str] = []

    def query(found: Found) -> str:
        chosen.append(column_of(found, column))
        refuse_nulls(catalog, found, chosen[0])
        return "*"

    def strict(schema: pa.Schema) -> pa.Schema:
        position = schema.get_field_index(chosen[0])
        return schema.set(position, schema.field(position).with_nullable(False))

    return _rewritten(catalog, info, query, "CHANGE COLUMN", shape=strict)


def set_properties(catalog: Catalog, info: TableInfo, properties: Mapping[str, str]) -> None:
    """See :meth:`mlnb.catalog.keeping.TableKeeper.set_properties`."""
    for key, value in properties.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise InvalidParameterError(f"The property {key!r} is no text.", hint="Names and values are text.")
    delta = {key: value for key, value in properties.items() if key.startswith("delta.")}
    merged = {**catalog.lookup.reconciled(info).properties, **properties}

    def remember(connection: sa.Connection, table_id: str, commit: Commit | None = None) -> None:  # noqa: ARG001
        rows.update_about(connection, table_id, {"properties": merged}, {})

    if delta:

        def write(writer: Writer) -> None:
            maintain.set_properties(writer, info.storage_location, delta)

        catalog.commits.commit(info, write, also=remember)
        return
    with catalog.ground.metastore.begin() as connection:
        remember(connection, info.table_id)
        catalog.ground.journal.append("table.altered", f"table:{info.full_name}", {"properties": dict(properties)})


def _rewritten(
    catalog: Catalog,
    info: TableInfo,
    query: Callable[[Found], str],
    operation: str,
    *,
    also: Also | None = None,
    shape: Callable[[pa.Schema], pa.Schema] | None = None,
) -> Commit:
    """Replace the table by a selection from itself; what is known about columns that stay stays."""
    import pyarrow as pa

    with catalog.commits.locks.exclusive(info.storage_location):
        found = catalog.lookup.found(info, privilege="MODIFY")
        stream = Stream(rows_of(catalog, f"SELECT {query(found)} FROM {THIS}", found))
        before = {item.name: item for item in found.snapshot.schema}
        fields = [
            item.with_nullable(before[item.name].nullable).with_metadata(before[item.name].metadata)
            if item.name in before
            else item
            for item in stream.schema
        ]
        stream.schema = shape(pa.schema(fields)) if shape else pa.schema(fields)

        def write(writer: Writer) -> None:
            writer.overwrite(
                info.storage_location,
                stream,
                new_schema=True,
                version=found.snapshot.version,
                partition_by=found.snapshot.partition_columns or None,
            )

        return catalog.commits.commit(info, write, also=also, about={"operation": operation})


def _refuse_bound(
    catalog: Catalog, info: TableInfo, found: Found, columns: Sequence[str], what: str, *, keys: bool = True
) -> None:
    """Refuse to change columns that files, keys or rules are made of."""
    from sqlglot import exp

    for name in columns:
        if name in found.snapshot.partition_columns:
            raise InvalidStateError(
                f"{name} is a partition column and cannot be {what}.", hint="Write the rows to a new table."
            )
        if keys and name in info.primary_key:
            raise InvalidStateError(
                f"{name} is part of the primary key and cannot be {what}.",
                hint="Create the table anew without the key.",
            )
        for rule in catalog.lookup.reconciled(info).constraints:
            if any(column.name.lower() == name.lower() for column in condition(rule.expression).find_all(exp.Column)):
                raise InvalidStateError(
                    f"The constraint {rule.name} reads {name}, which cannot be {what}.",
                    hint=f"Drop the constraint first: drop_constraint({rule.name!r}).",
                )


def _arrow_type(catalog: Catalog, found: Found, type_text: str) -> pa.DataType:
    """Return the stored type that SQL's name of a type means."""
    result = rows_of(catalog, f"SELECT CAST(NULL AS {type_text}) AS c FROM {THIS} LIMIT 0", found)
    schema = result.schema
    result.rows()
    return storable_schema(schema).field(0).type
