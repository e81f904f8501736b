"""Statements that change rows: INSERT, UPDATE, DELETE, TRUNCATE. Each is one Delta commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ...delta.types import duckdb_type, text
from ...errors import SqlError, TableSchemaError
from ...names import quote_always, quote_duckdb
from ...records import Commit, TableVersion
from ..compute import THIS, rows_of
from ..compute import bound as bound_values
from ..front import Guard, unknown_column
from .answers import columns_text, counted, name_of, table_name, writable, written
from .scoping import has_query, plain, qualified, without_defaults

if TYPE_CHECKING:
    from ...delta.handles import Found
    from ..context import Context
    from ..front import SqlFront
    from ..parse import Statement
    from ..result import SqlResult


def insert(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``INSERT {INTO | OVERWRITE} t [PARTITION (…)] [(columns)] [BY NAME] [REPLACE WHERE …] query``."""
    tree, query = statement.tree, statement.query
    assert isinstance(tree, exp.Insert)
    assert query is not None
    assert statement.target is not None
    name = name_of(statement.target, context)
    found = front.catalog.lookup.found(writable(front, name.full_name), privilege="MODIFY")
    without_defaults(query)
    fixed = _partition(statement.target, found)
    where = _replaced(tree, fixed, context)
    resolved = front.resolve(query, statement.text, context)
    guard = Guard(statement.text, query, resolved)
    with guard():
        select = _fitted(statement, found, front.catalog.engine.columns(resolved), fixed)
        execution = front.catalog.engine.run(resolved, select=select)
    rows = front.result(execution, guard, "INSERT", statement.text, resolved)
    table = front.catalog.table(found.full_name)
    if where is not None:
        with _mismatch(where):
            commit = table.overwrite(rows, where=where)
    elif tree.args.get("overwrite"):
        commit = table.overwrite(rows)
    else:
        commit = table.append(rows, schema="merge" if statement.evolve else "strict")
    count = _metric(commit, "num_added_rows", "num_output_rows", "numOutputRows")
    writes = [written(found.full_name, commit, found.snapshot.columns)]
    counts = {"num_affected_rows": count, "num_inserted_rows": count}
    return counted(statement, counts, reads=resolved.reads, writes=writes)


@contextmanager
def _mismatch(where: str) -> Iterator[None]:
    """Say which condition new rows break, when it is the one on the rows they replace."""
    try:
        yield
    except TableSchemaError as error:
        if "or of the write" not in error.message:
            raise
        raise TableSchemaError(
            f"New rows do not satisfy {where}, the condition on the rows they replace.",
            code="DELTA_REPLACE_WHERE_MISMATCH",
            hint="Select only such rows, or widen the condition; nothing was written.",
        ) from error


def _partition(target: exp.Expr, found: Found) -> dict[str, exp.Expr]:
    """Return the columns that ``PARTITION (a = 1)`` gives a value, by name."""
    given = target.args.get("partition")
    fixed: dict[str, exp.Expr] = {}
    known = {name.lower(): name for name in found.snapshot.columns}
    for item in given.expressions if given is not None else ():
        if isinstance(item, exp.EQ):
            if item.this.name.lower() not in known:
                raise unknown_column(item.this.name, found)
            fixed[known[item.this.name.lower()]] = item.expression
    return fixed


def _replaced(tree: exp.Insert, fixed: dict[str, exp.Expr], context: Context) -> str | None:
    """Return the condition on the rows that an INSERT replaces, None when it replaces all or none."""
    where = tree.args.get("where")
    if where is not None:
        return str(
            bound_values(where.this if isinstance(where, exp.Where) else where, context.params).sql("databricks")
        )
    if tree.args.get("overwrite") and fixed:
        equal = [exp.EQ(this=exp.column(name, quoted=True), expression=value) for name, value in fixed.items()]
        return str(exp.and_(*equal).sql("databricks"))
    return None


def _fitted(statement: Statement, found: Found, given: list[str], fixed: dict[str, exp.Expr]) -> str:
    """Return what to select so that the rows have the columns and types of the table."""
    tree = statement.tree
    assert isinstance(tree, exp.Insert)
    fields = {item["name"].lower(): item for item in found.snapshot.fields}
    named = [column.name for column in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
    free = [name for name in found.snapshot.columns if name not in fixed]
    by_name = bool(tree.args.get("by_name")) or (statement.evolve and not named)
    targets = named or (given if by_name else free)
    new = [name for name in targets if name.lower() not in fields]
    if new and not statement.evolve:
        raise unknown_column(new[0], found)
    if len(given) != len(targets):
        raise SqlError(
            f"The statement gives {len(given)} values for {len(targets)} columns.",
            code="INSERT_COLUMN_ARITY_MISMATCH",
            hint=f"Columns: {', '.join(targets)}.",
        )
    repeated = next((name for name in targets if [t.lower() for t in targets].count(name.lower()) > 1), None)
    if repeated is not None:
        raise SqlError(f"{repeated} is named twice.", code="COLUMN_ALREADY_EXISTS", hint=columns_text(found))
    values = {target.lower(): quote_duckdb(name) for target, name in zip(targets, given, strict=True)}
    values |= {name.lower(): value.sql("duckdb") for name, value in fixed.items()}
    selected = [
        f"CAST({values.get(key, 'NULL')} AS {duckdb_type(item['type'])}) AS {quote_duckdb(item['name'])}"
        for key, item in fields.items()
    ]
    return ", ".join(selected + [f"{values[name.lower()]} AS {quote_duckdb(name)}" for name in new])


def _metric(commit: Commit, *names: str) -> int:
    """Return the first of some figures that a commit has."""
    return next((int(commit.metrics[name]) for name in names if commit.metrics.get(name) is not None), 0)


class _Change:
    """The table, alias and condition of an UPDATE or DELETE."""

    def __init__(self, front: SqlFront, statement: Statement, context: Context) -> None:
        assert statement.target is not None
        assert statement.tree is not None
        self.front, self.statement, self.context = front, statement, context
        name = name_of(statement.target, context)
        self.table = front.catalog.table(writable(front, name.full_name).full_name)
        self.alias = statement.target.alias or name.name
        self._name = name.name
        given = statement.tree.args.get("where")
        self.where: exp.Expr | None = given.this if given is not None else None
        if self.where is not None:
            qualified(self.where, front, context)

    def plain(self, node: exp.Expr) -> str:
        """Return an expression without the table's name in front of its columns."""
        return str(plain(node, self.alias, self._name).sql("databricks"))

    def rewritten(self, operation: str, columns: str, keep: exp.Expr | None, count: int) -> Commit:
        """Replace all rows by a query that may read other tables."""
        from ...changing import rewrite

        query = f"SELECT {columns} FROM {THIS} AS {quote_always(self.alias)}"
        if keep is not None:
            query += f" WHERE NOT coalesce({keep.sql('databricks')}, false)"
        metric = "num_deleted_rows" if operation == "DELETE" else "num_updated_rows"
        return rewrite(
            self.front.catalog,
            self.table.info,
            query,
            self.context.params,
            frames=self.context.frames,
            operation=operation,
            metrics={metric: count},
        )

    def count(self, found: Found) -> tuple[int, list[TableVersion]]:
        """Return how many rows the condition selects, and what it reads."""
        assert self.where is not None
        query = f"SELECT count(*) AS n FROM {THIS} AS {quote_always(self.alias)} WHERE {self.where.sql('databricks')}"
        rows = rows_of(self.front.catalog, query, found, params=self.context.params, frames=self.context.frames)
        return int(rows.rows()[0]["n"]), [read for read in rows.reads if read.name != found.full_name]

    def answer(self, commit: Commit, count: int, reads: Sequence[TableVersion]) -> SqlResult:
        """Return how many rows were affected."""
        writes = [written(self.table.full_name, commit, self.table.columns)]
        return counted(self.statement, {"num_affected_rows": count}, reads=reads, writes=writes)


def delete(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``DELETE FROM t [AS alias] [WHERE condition]``."""
    change = _Change(front, statement, context)
    catalog, info = front.catalog, change.table.info
    with catalog.commits.locks.exclusive(info.storage_location):
        if change.where is None:
            count = change.table.count()
            return change.answer(change.table.delete(), count, [])
        if not has_query(change.where):
            commit = change.table.delete(change.plain(change.where), params=context.params)
            return change.answer(commit, _metric(commit, "num_deleted_rows"), [])
        found = catalog.lookup.found(info)
        count, reads = change.count(found)
        if not count:
            return change.answer(catalog.commits.unchanged(info, found.snapshot), 0, reads)
        return change.answer(change.rewritten("DELETE", "*", change.where, count), count, reads)


def update(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``UPDATE t [AS alias] SET column = value, … [WHERE condition]``."""
    change = _Change(front, statement, context)
    catalog, info = front.catalog, change.table.info
    assert statement.tree is not None
    values = _assignments(change, statement.tree.expressions)
    with catalog.commits.locks.exclusive(info.storage_location):
        if not has_query(change.where) and not any(map(has_query, values.values())):
            where = change.plain(change.where) if change.where is not None else None
            spelled = {name: change.plain(value) for name, value in values.items()}
            commit = change.table.update(spelled, where, params=context.params)
            return change.answer(commit, _metric(commit, "num_updated_rows"), [])
        found = catalog.lookup.found(info)
        if change.where is None:
            change.where = exp.true()
        count, reads = change.count(found)
        if not count:
            return change.answer(catalog.commits.unchanged(info, found.snapshot), 0, reads)
        condition = change.where.sql("databricks")
        columns = []
        for item in found.snapshot.fields:
            own = f"{quote_always(change.alias)}.{quote_always(item['name'])}"
            if item["name"] in values:
                new = f"CAST({values[item['name']].sql('databricks')} AS {text(item['type'])})"
                own = f"CASE WHEN {condition} THEN {new} ELSE {own} END"
            columns.append(f"{own} AS {quote_always(item['name'])}")
        return change.answer(change.rewritten("UPDATE", ", ".join(columns), None, count), count, reads)


def _assignments(change: _Change, given: Sequence[Any]) -> dict[str, exp.Expr]:
    """Return new values by column, as the table spells it."""
    found = change.front.catalog.lookup.found(change.table.info)
    known = {name.lower(): name for name in found.snapshot.columns}
    values: dict[str, exp.Expr] = {}
    for item in given:
        if not isinstance(item, exp.EQ) or not isinstance(item.this, exp.Column):
            raise SqlError(f"{item.sql('databricks')} sets no column.", hint="Write SET column = value.")
        without_defaults(item)
        name = known.get(item.this.name.lower())
        if name is None:
            raise unknown_column(item.this.name, found)
        if name in values:
            raise SqlError(f"{name} is set twice.", code="COLUMN_ALREADY_EXISTS", hint="Keep one of the two.")
        values[name] = qualified(item.expression, change.front, change.context)
    return values


def truncate(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``TRUNCATE TABLE t``: all rows go, the table and its history stay."""
    table = front.catalog.table(writable(front, table_name(statement.args["name"], context).full_name).full_name)
    commit = table.delete()
    return counted(statement, {}, writes=[written(table.full_name, commit, table.columns)])
