"""A statement to its edges: which table columns each written column comes from. Pure: it opens nothing and stores nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from ..names import key
from .expressions import Expressions, Scope
from .queries import Reader
from .relations import Column, EdgeKind, Relation, Sources, Tables, merged


@dataclass(frozen=True, order=True)
class ColumnEdge:
    """A column that another depends on; without ``target_column`` it decides which rows the target has."""

    source: str
    source_column: str
    target_column: str | None
    kind: EdgeKind


@dataclass
class Edges:
    """The lineage of one statement.

    Attributes
    ----------
    target
        The table written, as the catalog names it; None for a query.
    sources
        The tables read, in the order they appear. ``path:…`` is a file, ``frame:…`` a data frame.
    columns
        Column by column.
    unknown
        Names in the statement that no table has.
    """

    target: str | None = None
    sources: list[str] = field(default_factory=list)
    columns: list[ColumnEdge] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def edges_of(tree: exp.Expr, tables: Tables) -> Edges:
    """Return what a statement reads, and how the columns it makes depend on what it reads.

    Parameters
    ----------
    tree
        The parse tree, names as written. Statements that neither read nor write have no edges.
    tables
        Finds tables by the parts of their names.
    """
    reader = Reader(tables)
    target, columns = _statement(tree, reader, tables)
    edges = [
        ColumnEdge(table, name, column.name, kind)
        for column in columns
        for (table, name), kind in sorted(column.sources.items())
    ]
    indirect = [ColumnEdge(table, name, None, "indirect") for table, name in reader.indirect]
    return Edges(target, list(reader.read), edges + indirect, reader.unknown)


def _statement(tree: exp.Expr, reader: Reader, tables: Tables) -> tuple[str | None, list[Column]]:
    if isinstance(tree, (exp.Query, exp.Values)):
        return None, reader.query(tree).columns
    if isinstance(tree, exp.Create) and isinstance(tree.expression, (exp.Query, exp.Values)):
        return _create(tree, reader, tables)
    if isinstance(tree, exp.Insert) and isinstance(_rows(tree), exp.Expr):
        return _insert(tree, reader, tables)
    if isinstance(tree, exp.Merge):
        return _merge(tree, reader, tables)
    if isinstance(tree, exp.Update):
        return _update(tree, reader, tables)
    if isinstance(tree, exp.Delete):
        return _delete(tree, reader, tables)
    return None, []


def _target(node: exp.Expr, tables: Tables) -> tuple[str, Sequence[str] | None, list[str]]:
    """Return the target's name, its columns, and those that the statement names."""
    table: exp.Expr = node.this if isinstance(node, exp.Schema) else node
    assert isinstance(table, exp.Table)
    named = [item.name for item in node.expressions] if isinstance(node, exp.Schema) else []
    parts = [part.name for part in table.parts]
    found = tables(parts)
    return (found.name, found.columns, named) if found is not None else (".".join(parts), None, named)


def _create(tree: exp.Create, reader: Reader, tables: Tables) -> tuple[str, list[Column]]:
    made = _written(tree, reader)
    name, _, named = _target(tree.this, tables)
    return name, (made.renamed(named) if named else made).columns


def _rows(tree: exp.Expr) -> exp.Expr:
    """Return the query inside a statement; ``INSERT INTO a TABLE b`` keeps its table elsewhere."""
    source = tree.args.get("source")
    return source if isinstance(source, exp.Table) else tree.expression


def _written(tree: exp.Expr, reader: Reader) -> Relation:
    """Return what the query inside a statement makes; WITH may stand in front of either."""
    query = _rows(tree)
    if tree.args.get("with_") is not None:
        query = query.copy()
        query.set("with_", tree.args["with_"].copy())
    return reader.query(query)


def _insert(tree: exp.Insert, reader: Reader, tables: Tables) -> tuple[str, list[Column]]:
    made = _written(tree, reader)
    name, columns, named = _target(tree.this, tables)
    if tree.args.get("by_name"):
        return name, [Column(_spelled(column.name, columns), column.sources) for column in made.columns]
    into = named or [column for column in columns or () if column not in _partition(tree)]
    return name, (made.renamed(into) if into else made).columns[: len(into) or None]


def _partition(tree: exp.Insert) -> set[str]:
    """Return the columns whose value ``PARTITION (day = '…')`` gives."""
    given = tree.args.get("partition")
    return {item.this.name for item in given.find_all(exp.EQ)} if isinstance(given, exp.Expr) else set()


def _spelled(name: str, columns: Sequence[str] | None) -> str:
    return next((column for column in columns or () if key(column) == key(name)), name)


class _Change:
    """The rows of a table as a statement sees them that changes some: target, and what stands beside it."""

    def __init__(self, target: exp.Expr, reader: Reader, tables: Tables) -> None:
        self.name, self.columns, _ = _target(target, tables)
        self.scope = Scope()
        self._reader = reader
        self._seen = dict(reader.read)
        reader.add(target, self.scope)
        self.made: dict[str, list[Sources]] = {}
        self.walker = Expressions(reader, self.scope)

    def forget_target(self) -> None:
        """Take the target from what was read: only columns of its own say that it depends on itself."""
        if self.name not in self._seen:
            self._reader.read.pop(self.name, None)

    def assign(self, column: str, sources: Sources) -> None:
        self.made.setdefault(_spelled(column, self.columns), []).append(sources)

    def decide(self, node: exp.Expr | None) -> None:
        refs = self.walker.sources(node)
        self._reader.indirect.update({ref: None for ref in refs if ref[0] != self.name})

    def result(self) -> tuple[str, list[Column]]:
        return self.name, [Column(name, merged(parts)) for name, parts in self.made.items()]


def _merge(tree: exp.Merge, reader: Reader, tables: Tables) -> tuple[str, list[Column]]:
    change = _Change(tree.this, reader, tables)
    change.forget_target()
    if tree.args.get("with_") is not None:
        reader.enter(tree.args["with_"])
    source = reader.add(tree.args["using"], change.scope)
    alias = tree.args["using"].alias_or_name
    change.decide(tree.args.get("on"))
    for when in tree.args["whens"].expressions:
        change.decide(when.args.get("condition"))
        for column, sources in _assigned(when, source, alias, change):
            change.assign(column, sources)
    return change.result()


def _assigned(when: exp.When, source: Relation, alias: str, change: _Change) -> Iterator[tuple[str, Sources]]:
    then = when.args["then"]
    if isinstance(then, exp.Update):
        if isinstance(then.args.get("expressions"), exp.Star) or not then.expressions:
            yield from _everything(source, change)
            return
        for item in then.expressions:
            if isinstance(item, exp.Star):
                yield from _everything(source, change)
            elif isinstance(item, exp.EQ):
                yield item.this.name, change.walker.sources(item.expression)
    elif isinstance(then, exp.Insert):
        if isinstance(then.this, exp.Star) or then.this is None:
            yield from _everything(source, change)
            return
        names = [item.name for item in then.this.expressions] if then.this is not None else []
        values = list(then.expression.expressions) if then.expression is not None else []
        inner = Scope(None, [(alias, source)])  # an insert sees the source only
        walker = Expressions(change.walker._reader, inner)
        for name, value in zip(names, values, strict=False):
            yield name, walker.sources(value)


def _everything(source: Relation, change: _Change) -> Iterator[tuple[str, Sources]]:
    """Yield the assignments that ``UPDATE SET *`` and ``INSERT *`` stand for."""
    if source.columns:
        for column in source.columns:
            yield column.name, column.sources
    elif source.rest is not None:
        for name in change.columns or ():
            yield name, source.rest(name)


def _update(tree: exp.Update, reader: Reader, tables: Tables) -> tuple[str, list[Column]]:
    change = _Change(tree.this, reader, tables)
    change.forget_target()
    if tree.args.get("from_") is not None:
        reader.add(tree.args["from_"].this, change.scope)
    for item in tree.expressions:
        change.assign(item.this.name, change.walker.sources(item.expression))
    where = tree.args.get("where")
    change.decide(where.this if where is not None else None)
    return change.result()


def _delete(tree: exp.Delete, reader: Reader, tables: Tables) -> tuple[str, list[Column]]:
    change = _Change(tree.this, reader, tables)
    change.forget_target()
    using = tree.args.get("using")
    for table in using if isinstance(using, list) else ():
        reader.add(table, change.scope)
    where = tree.args.get("where")
    change.decide(where.this if where is not None else None)
    return change.result()
