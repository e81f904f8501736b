"""Changes of rows: UPDATE, DELETE, MERGE, by the Delta library where it reads the expressions as the platform does, else by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from .delta import dml
from .delta.data import Stream
from .delta.expressions import columns_of, writer_condition, writer_value
from .delta.types import text
from .errors import TableSchemaError, UnresolvedColumnError
from .merging import Names, When, computed, for_library, key_condition, plan
from .names import quote_always
from .records import Commit, TableInfo
from .sql.compute import THIS, condition, expression, rows_of
from .writing import Transaction, column_of

if TYPE_CHECKING:
    from .delta.handles import Found
    from .delta.write import Writer
    from .service import Catalog
    from .writing import TableWriter

Params = Mapping[str, Any] | None


def delete(catalog: Catalog, info: TableInfo, where: str | None, params: Params, txn: Transaction | None) -> Commit:
    """See :meth:`mlnb.catalog.writing.TableWriter.delete`."""
    with catalog.commits.locks.exclusive(info.storage_location):
        found = catalog.lookup.found(info, privilege="MODIFY" if where is None else "SELECT")
        node = condition(where, params) if where is not None else None
        spelled = writer_condition(node, columns_of(found.snapshot.fields)) if node is not None else None
        if node is None or spelled is not None:

            def write(writer: Writer) -> None:
                dml.delete(writer, info.storage_location, spelled)

            return catalog.commits.commit(info, write, transaction=txn)
        tree = node.sql("databricks")
        gone = _count(catalog, found, tree)
        query = f"SELECT * FROM {THIS} WHERE NOT coalesce({tree}, false)"
        return _replaced(catalog, info, found, query, "DELETE", {"num_deleted_rows": gone}, where, txn)


def update(
    catalog: Catalog,
    info: TableInfo,
    set: Mapping[str, Any],
    where: str | None,
    params: Params,
    txn: Transaction | None,
) -> Commit:
    """See :meth:`mlnb.catalog.writing.TableWriter.update`."""
    if not set:
        raise InvalidParameterError("Nothing to set.", hint="Pass {'column': 'expression'}.")
    with catalog.commits.locks.exclusive(info.storage_location):
        found = catalog.lookup.found(info)
        columns = columns_of(found.snapshot.fields)
        values = {column_of(found, name): expression(value, params) for name, value in set.items()}
        node = condition(where, params) if where is not None else None
        spelled = writer_condition(node, columns) if node is not None else None
        plain = {name: writer_value(value, columns[name.lower()][1], columns) for name, value in values.items()}
        if (node is None or spelled is not None) and all(plain.values()):

            def write(writer: Writer) -> None:
                dml.update(writer, info.storage_location, {k: str(v) for k, v in plain.items()}, spelled)

            return catalog.commits.commit(info, write, transaction=txn)
        tree = node.sql("databricks") if node is not None else "true"
        changed = _count(catalog, found, tree)
        selected = []
        for name, kind in columns.values():
            own = quote_always(name)
            if name in values:
                new = f"CAST({values[name].sql('databricks')} AS {text(kind)})"
                own = f"CASE WHEN {tree} THEN {new} ELSE {own} END AS {own}" if node is not None else f"{new} AS {own}"
            selected.append(own)
        query = f"SELECT {', '.join(selected)} FROM {THIS}"
        return _replaced(catalog, info, found, query, "UPDATE", {"num_updated_rows": changed}, where, txn)


def replace_where(
    catalog: Catalog, info: TableInfo, stream: Stream, where: str, params: Params, txn: Transaction | None
) -> Commit:
    """See :meth:`mlnb.catalog.writing.TableWriter.overwrite`."""
    with catalog.commits.locks.exclusive(info.storage_location):
        found = catalog.lookup.found(info)
        node = condition(where, params)
        spelled = writer_condition(node, columns_of(found.snapshot.fields))
        if spelled is not None:

            def write(writer: Writer) -> int:
                writer.overwrite(info.storage_location, stream, where=spelled)
                return stream.rows

            return catalog.commits.commit(info, write, transaction=txn)
        tree = node.sql("databricks")
        gone = _count(catalog, found, tree)
        frames = {"mlnb_new": stream.reader().read_all()}
        wrong = rows_of(
            catalog, f"SELECT * FROM mlnb_new WHERE NOT coalesce({tree}, false) LIMIT 1", found, frames=frames
        ).rows()
        if wrong:
            shown = ", ".join(f"{name} = {'NULL' if value is None else value}" for name, value in wrong[0].items())
            raise TableSchemaError(
                f"A new row does not satisfy {where}: {shown}.",
                code="DELTA_VIOLATE_CONSTRAINT_WITH_VALUES",
                hint="With where=, every new row must satisfy the condition; nothing was written.",
                details={"row": {name: str(value) for name, value in wrong[0].items()}},
            )
        listed = ", ".join(map(quote_always, found.snapshot.columns))
        query = f"SELECT {listed} FROM {THIS} WHERE NOT coalesce({tree}, false) UNION ALL SELECT {listed} FROM mlnb_new"
        rows = rows_of(catalog, query, found, frames=frames)
        metrics = {"num_added_rows": stream.rows, "num_deleted_rows": gone}
        return _overwritten(catalog, info, found, rows, "WRITE", metrics, where, txn)


def rewrite(
    catalog: Catalog,
    info: TableInfo,
    query: str,
    params: Params,
    *,
    frames: Params = None,
    operation: str,
    new_schema: bool = False,
    metrics: Mapping[str, int] | None = None,
    txn: Transaction | None = None,
) -> Commit:
    """See :meth:`mlnb.catalog.writing.TableWriter.rewrite`; ``metrics`` are shown in the history."""
    with catalog.commits.locks.exclusive(info.storage_location):
        found = catalog.lookup.found(info)
        rows = rows_of(catalog, query, found, params=params, frames=frames)
        return _overwritten(catalog, info, found, rows, operation, metrics or {}, None, txn, new_schema=new_schema)


def merge(
    catalog: Catalog,
    info: TableInfo,
    data: Any,
    on: str,
    clauses: Sequence[When],
    *,
    names: tuple[str, str] = ("source", "target"),
    schema: str = "strict",
    params: Params = None,
    txn: Transaction | None = None,
) -> Commit:
    """See :meth:`mlnb.catalog.writing.TableWriter.merge_into`."""
    stream = data if isinstance(data, Stream) else Stream(data)
    with catalog.commits.locks.exclusive(info.storage_location):
        found = catalog.lookup.found(info)
        known = Names(found, stream.schema, *names)
        planned = plan(known, on, clauses, params, evolve=schema == "merge")
        spelled = for_library(planned, known)
        if spelled is not None:

            def write(writer: Writer) -> None:
                dml.merge(writer, info.storage_location, stream, *spelled, merge_schema=bool(planned.evolves))

            return catalog.commits.commit(info, write, transaction=txn)
        rows, metrics = computed(catalog, found, stream.reader().read_all(), planned)
        if not any(metrics.values()):
            return catalog.commits.unchanged(info, found.snapshot)
        evolves = bool(planned.evolves)
        return _overwritten(catalog, info, found, rows, "MERGE", metrics, on, txn, new_schema=evolves)


def simple_merge(
    table: TableWriter,
    data: Any,
    on: Sequence[str] | str | None,
    update: Any,
    insert: Any,
    delete_when: str | None,
    schema: str,
    txn: Transaction | None,
) -> Commit:
    """See :meth:`mlnb.catalog.writing.TableWriter.merge`."""
    found = table._catalog.lookup.found(table._info)
    stream, keys = Stream(data), []
    if not (isinstance(on, str) and not on.isidentifier()):
        wanted = [on] if isinstance(on, str) else (on or table.primary_key)
        keys = [column_of(found, name) for name in wanted]
        if not keys:
            raise InvalidParameterError(
                f"{table.full_name} has no primary key.",
                hint="Say which columns identify a row: merge(data, on=[...]).",
            )
        on = key_condition(keys)
    given = _given(stream, keys, found, grow=schema == "merge")
    stream = Stream(stream.reader(), _narrowed(found, stream), "merge")
    clauses = []
    if delete_when is not None:
        spelled = _only_source(delete_when, stream)
        clauses.append(When("matched", "delete", spelled))
    if update is not None and (changed := _assignments(update, [name for name in given if name not in keys], found)):
        clauses.append(When("matched", "update", values=changed))
    if insert is not None:
        values = insert if isinstance(insert, Mapping) else _assignments("all", given, found)
        keep = f"NOT coalesce({_only_source(delete_when, stream)}, false)" if delete_when else None
        clauses.append(When("not_matched", "insert", keep, values))
    return merge(table._catalog, table._info, stream, str(on), clauses, schema=schema, txn=txn)


def _narrowed(found: Found, stream: Stream) -> Any:
    """Return the table's schema without what the data lacks, so that its columns get the table's types and none is invented."""
    import pyarrow as pa

    given = {name.lower() for name in stream.given}
    return pa.schema([item.with_nullable(True) for item in found.snapshot.schema if item.name.lower() in given])


def _assignments(update: Any, given: Sequence[str], found: Found) -> dict[str, Any]:
    if isinstance(update, Mapping):
        return dict(update)
    chosen = given if update == "all" else [column_of(found, name) for name in update]
    return {name: f"source.{quote_always(name)}" for name in chosen}


def _only_source(when: str, stream: Stream) -> str:
    """Return a condition whose plain columns are the data's: both sides have columns of these names."""
    from sqlglot import exp

    node = condition(when)
    known = {name.lower(): name for name in stream.given}
    for column in node.find_all(exp.Column):
        if not column.table:
            if column.name.lower() not in known:
                raise UnresolvedColumnError(
                    f"The data has no column {column.name!r}.", hint=f"Columns of the data: {', '.join(stream.given)}."
                )
            column.set("table", exp.to_identifier("source"))
    return str(node.sql("databricks"))


def _given(stream: Stream, keys: Sequence[str], found: Found, *, grow: bool) -> list[str]:
    """Return the columns that the data of a merge has, refusing data without the key, or with more columns than the table."""
    given = {name.lower(): name for name in stream.given}
    known = {name.lower() for name in found.snapshot.columns}
    missing = [name for name in keys if name.lower() not in given]
    extra = [name for name in stream.given if name.lower() not in known]
    if missing or (extra and not grow):
        what = f"lacks the key {', '.join(missing)}" if missing else f"has more columns: {', '.join(extra)}"
        raise UnresolvedColumnError(
            f"The data {what}.",
            hint=f"Columns of {found.full_name}: {', '.join(found.snapshot.columns)}."
            + ("" if missing else ' Pass schema="merge" to add the others.'),
        )
    return [name for name in found.snapshot.columns if name.lower() in given] + extra


def _count(catalog: Catalog, found: Found, tree: str) -> int:
    return int(rows_of(catalog, f"SELECT count(*) AS n FROM {THIS} WHERE {tree}", found).rows()[0]["n"])


def _replaced(
    catalog: Catalog,
    info: TableInfo,
    found: Found,
    query: str,
    operation: str,
    metrics: dict[str, int],
    where: str | None,
    txn: Transaction | None,
) -> Commit:
    """Replace the rows by those of a query, unless it changes none."""
    if not any(metrics.values()):
        return catalog.commits.unchanged(info, found.snapshot)
    rows = rows_of(catalog, query, found)
    return _overwritten(catalog, info, found, rows, operation, metrics, where, txn)


def _overwritten(
    catalog: Catalog,
    info: TableInfo,
    found: Found,
    rows: Any,
    operation: str,
    metrics: Mapping[str, int],
    where: str | None,
    txn: Transaction | None,
    *,
    new_schema: bool = False,
) -> Commit:
    stream = Stream(rows, None if new_schema else found.snapshot.schema, "overwrite" if new_schema else "strict")
    version, parts = found.snapshot.version, None
    if new_schema:
        stream.schema, parts = _kept(stream, found), found.snapshot.partition_columns or None

    def write(writer: Writer) -> None:
        writer.overwrite(info.storage_location, stream, new_schema=new_schema, version=version, partition_by=parts)

    about = {"operation": operation, "metrics": dict(metrics), "predicate": where}
    return catalog.commits.commit(info, write, transaction=txn, about=about)


def _kept(stream: Stream, found: Found) -> Any:
    """Return the schema of new rows in which columns the table has already keep what is known about them."""
    import pyarrow as pa

    before = {item.name: item for item in found.snapshot.schema}
    return pa.schema(
        [
            item.with_nullable(before[item.name].nullable).with_metadata(before[item.name].metadata)
            if item.name in before
            else item
            for item in stream.schema
        ]
    )
