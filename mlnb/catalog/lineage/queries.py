"""A query to the relation it makes: every output column with the table columns it comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from ..names import key, split
from .expressions import Expressions, Scope, children
from .relations import Column, KnownTable, Ref, Relation, Sources, Tables, merged, table_relation, through

#: Columns that ``table_changes`` adds.
_CHANGES = ("_change_type", "_commit_version", "_commit_timestamp")

#: Columns of generators without names.
_GENERATED = {
    "EXPLODE": ("col",),
    "EXPLODE_OUTER": ("col",),
    "POSEXPLODE": ("pos", "col"),
    "POSEXPLODE_OUTER": ("pos", "col"),
}


class Reader:
    """Reads the queries of one statement.

    Parameters
    ----------
    tables
        Finds tables by their parts.

    Attributes
    ----------
    read
        Names of the tables that were read, in order.
    indirect
        Columns that decide which rows there are.
    unknown
        Names that no table has.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.read: dict[str, None] = {}
        self.indirect: dict[Ref, None] = {}
        self.unknown: list[str] = []
        self._ctes: list[dict[str, Relation]] = []

    # -- queries --------------------------------------------------------------------------------------------------------

    def query(self, node: exp.Expr, parent: Scope | None = None) -> Relation:
        """Return the relation that a query makes."""
        with_ = node.args.get("with_")
        if with_ is not None:
            self._ctes.append({})
            self._common(with_, parent)
        try:
            return self._body(node, parent)
        finally:
            if with_ is not None:
                self._ctes.pop()

    def enter(self, with_: exp.With) -> None:
        """Make the common table expressions in front of a statement known to the rest of it."""
        self._ctes.append({})
        self._common(with_, None)

    def _common(self, with_: exp.With, parent: Scope | None) -> None:
        for cte in with_.expressions:
            names = [column.name for column in cte.args["alias"].args.get("columns") or ()]
            if with_.recursive and isinstance(cte.this, exp.SetOperation):
                # The first part says what the name means to the second; once more round finds what feeds back.
                seed = self.query(cte.this.left, parent)
                self._ctes[-1][key(cte.alias)] = seed.renamed(names) if names else seed
            made = self.query(cte.this, parent)
            self._ctes[-1][key(cte.alias)] = made.renamed(names) if names else made

    def _body(self, node: exp.Expr, parent: Scope | None) -> Relation:
        if isinstance(node, exp.Select):
            return self._select(node, parent)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, parent)
        if isinstance(node, exp.Subquery):
            return self._pivoted(self.query(node.this, parent), node, parent)
        if isinstance(node, exp.Values):
            return self._values(node, parent)
        if isinstance(node, exp.Table):
            return self.table(node, parent)
        return Relation()

    def _set_operation(self, node: exp.SetOperation, parent: Scope | None) -> Relation:
        left, right = self.query(node.left, parent), self.query(node.right, parent)
        if isinstance(node, (exp.Except, exp.Intersect)):
            # The right side only decides which rows stay.
            self._decides(merged(column.sources for column in right.columns))
            return left
        columns = []
        for index, column in enumerate(left.columns):
            if node.args.get("by_name"):
                other = right.find(column.name) or {}
            else:
                other = right.columns[index].sources if index < len(right.columns) else {}
            columns.append(Column(column.name, merged([column.sources, other])))
        if node.args.get("by_name"):
            columns += [column for column in right.columns if left.find(column.name) is None]
        return Relation(columns, left.rest)

    def _values(self, node: exp.Values, parent: Scope | None) -> Relation:
        rows = [list(row.expressions) if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
        reader = Expressions(self, Scope(parent))
        width = max((len(row) for row in rows), default=0)
        columns = [
            Column(f"col{i + 1}", merged(reader.sources(row[i]) for row in rows if i < len(row))) for i in range(width)
        ]
        return _aliased(Relation(columns), node)

    def _select(self, node: exp.Select, parent: Scope | None) -> Relation:
        scope = Scope(parent)
        scope.windows = {key(window.this.name): window for window in node.args.get("windows") or ()}
        walker = Expressions(self, scope)
        self._from(node, scope, walker)
        columns: list[Column] = []
        for item in node.expressions:
            for column in self._projected(item, scope, walker):
                columns.append(column)
                scope.aliases.setdefault(key(column.name), column.sources)
        self._conditions(node, columns, walker)
        return Relation(columns)

    def _conditions(self, node: exp.Select, columns: Sequence[Column], walker: Expressions) -> None:
        for part in ("where", "having", "qualify"):
            if node.args.get(part) is not None:
                self._decides(walker.sources(node.args[part].this))
        keys = list(children(node.args["group"])) if node.args.get("group") is not None else []
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on") is not None:
            keys.append(distinct.args["on"])
        if node.args.get("order") is not None and node.args.get("limit") is not None:
            keys += [item.this for item in node.args["order"].expressions]  # the order decides what the limit leaves
        for item in keys:
            position = int(item.name) if isinstance(item, exp.Literal) and item.is_int else 0
            self._decides(columns[position - 1].sources if 0 < position <= len(columns) else walker.sources(item))

    def _decides(self, sources: Sources) -> None:
        self.indirect.update(dict.fromkeys(sources))

    # -- the select list ------------------------------------------------------------------------------------------------

    def _projected(self, item: exp.Expr, scope: Scope, walker: Expressions) -> list[Column]:
        if isinstance(item, exp.Star):
            return self._starred(item, scope.star, walker)
        if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            alias = key(item.table)
            found = [entry for entry in scope.star if key(entry[0]) == alias]
            listed = next((relation for name, relation in scope.sources if key(name) == alias), Relation())
            every = found if found and not scope.shared else [(alias, c.name, c.sources) for c in listed.columns]
            return self._starred(item.this, every, walker)
        if item.find(exp.Columns) is not None:
            return self._expanded(item, scope, walker)
        generator = item.this if isinstance(item, (exp.Alias, exp.Aliases)) else item
        names = [part.name for part in item.expressions] if isinstance(item, exp.Aliases) else []
        if isinstance(generator, exp.Stack) and names:
            values = generator.expressions
            return [Column(n, merged(walker.sources(v) for v in values[i :: len(names)])) for i, n in enumerate(names)]
        sources = walker.sources(item)
        if names:
            return [Column(name, sources) for name in names]
        kind = generator.key.upper()
        if not isinstance(item, exp.Alias) and kind in _GENERATED:
            return [Column(name, sources) for name in _GENERATED[kind]]
        return [Column(item.alias_or_name or item.sql("databricks"), sources)]

    def _starred(self, star: exp.Star, every: Sequence[tuple[str, str, Sources]], walker: Expressions) -> list[Column]:
        left_out = {key(item.name) for item in star.args.get("except_") or ()}
        replaced = {key(item.alias): walker.sources(item.this) for item in star.args.get("replace") or ()}
        names = {key(item.this.name): item.alias for item in star.args.get("rename") or ()}
        return [
            Column(names.get(key(name), name), replaced.get(key(name), sources))
            for _, name, sources in every
            if key(name) not in left_out
        ]

    def _expanded(self, item: exp.Expr, scope: Scope, walker: Expressions) -> list[Column]:
        """Return a projection with COLUMNS(…) once for each column that it means."""
        wanted = item.find(exp.Columns)
        assert wanted is not None
        what = wanted.this
        columns = []
        for alias, name, sources in scope.star:
            if isinstance(what, exp.Literal) and re.search(what.name, name) is None:
                continue
            if isinstance(what, exp.Lambda) and not _accepts(what, name):
                continue
            if item is wanted:
                columns.append(Column(name, sources))
                continue
            copy = item.copy()
            for node in list(copy.find_all(exp.Columns)):
                node.replace(exp.column(name, alias or None, quoted=True))
            columns.append(Column(item.alias or name, walker.sources(copy)))
        return columns

    # -- FROM -----------------------------------------------------------------------------------------------------------

    def _from(self, node: exp.Expr, scope: Scope, walker: Expressions) -> None:
        start = node.args.get("from_")
        if start is not None:
            self.add(start.this, scope)
        for join in node.args.get("joins") or ():
            self._join(join, scope, walker)
        for lateral in node.args.get("laterals") or ():
            self.add(lateral, scope)

    def add(self, node: exp.Expr, scope: Scope, *, hidden: bool = False) -> Relation:
        """Add what stands in FROM to a scope."""
        relation = self._source(node, scope)
        alias = node.alias_or_name
        scope.sources.append((alias, relation))
        if not hidden:
            scope.star += [(alias, column.name, column.sources) for column in relation.columns]
        # `FROM (a JOIN b)` and `FROM a, b JOIN c` keep joins below the source itself.
        for join in node.args.get("joins") or ():
            self._join(join, scope, Expressions(self, scope))
        for lateral in node.args.get("laterals") or ():
            self.add(lateral, scope)
        return relation

    def _source(self, node: exp.Expr, scope: Scope) -> Relation:
        if isinstance(node, exp.Table):
            return self.table(node, scope)
        if isinstance(node, (exp.Lateral, exp.Unnest)):
            return self._generated(node, scope)
        if isinstance(node, exp.Subquery) and isinstance(node.this, (exp.Table, exp.Values)):
            return _aliased(self._source(node.this, scope), node)
        if isinstance(node, exp.Values):
            return self._values(node, scope)
        # A subquery in FROM sees what stands before it only when it is LATERAL; looking there too does no harm.
        return _aliased(self.query(node, scope), node)

    def _join(self, join: exp.Join, scope: Scope, walker: Expressions) -> None:
        side = f"{join.side} {join.kind} {join.method}".upper()
        before = list(scope.star)
        hidden = "SEMI" in side or "ANTI" in side
        right = self.add(join.this, scope, hidden=True)
        alias = join.this.alias_or_name
        if "NATURAL" in side:
            names = {key(name) for _, name, _ in before}
            using = [column.name for column in right.columns if key(column.name) in names]
        else:
            using = [item.name for item in join.args.get("using") or ()]
        for name in using:
            left = next((sources for _, other, sources in before if key(other) == key(name)), {})
            other = right.find(name) or {}
            self._decides(merged([left, other]))
            one = other if "RIGHT" in side else merged([through("transform", left), through("transform", other)])
            scope.shared[key(name)] = one if "RIGHT" in side or "FULL" in side else left
        if not hidden:
            taken = {key(name) for name in using}
            scope.star = [(a, n, scope.shared[key(n)] if key(n) in taken else s) for a, n, s in before]
            scope.star += [(alias, c.name, c.sources) for c in right.columns if key(c.name) not in taken]
        if join.args.get("on") is not None:
            self._decides(walker.sources(join.args["on"]))

    def _generated(self, node: exp.Expr, scope: Scope) -> Relation:
        walker = Expressions(self, scope)
        if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
            return _aliased(self.query(node.this, scope), node)
        what = list(node.expressions) if isinstance(node, exp.Unnest) else [node.this]
        sources = through("transform", merged(walker.sources(item) for item in what))
        names = [column.name for column in _alias_columns(node)]
        if not names and isinstance(node, exp.Lateral):
            names = list(_GENERATED.get(node.this.key.upper(), ()))
        return Relation([Column(name, sources) for name in names], rest=lambda _: sources)

    def table(self, node: exp.Table, scope: Scope | None) -> Relation:
        """Return the relation that a reference in FROM means."""
        return self._pivoted(_aliased(self._referenced(node, scope), node), node, scope)

    def _referenced(self, node: exp.Table, scope: Scope | None) -> Relation:
        if isinstance(node.this, exp.Func):
            return self._function(node.this, node, scope)
        parts = [part.name for part in node.parts]
        if len(parts) == 1:
            for names in reversed(self._ctes):
                if key(parts[0]) in names:
                    return names[key(parts[0])]
        return self.named(parts)

    def named(self, parts: Sequence[str]) -> Relation:
        """Return a table by the parts of its name."""
        found = self._tables(parts)
        if found is None:
            self.unknown.append(".".join(parts))
            return Relation(rest=lambda _: {})
        self.read[found.name] = None
        return table_relation(found)

    def _function(self, function: exp.Func, node: exp.Table, scope: Scope | None) -> Relation:
        name = (function.name if isinstance(function, exp.Anonymous) else function.sql_name()).lower()
        arguments = list(function.expressions) or list(children(function))
        first = arguments[0] if arguments else None
        text = first.name if isinstance(first, exp.Literal) and first.is_string else None
        if name in ("identifier", "table_changes") and text is not None:
            relation = self.named(split(text))
            extra = [Column(column) for column in _CHANGES] if name == "table_changes" else []
            return Relation(relation.columns + extra, relation.rest)
        if name == "read_files" and text is not None:
            self.read[f"path:{text}"] = None
            return table_relation(KnownTable(f"path:{text}", None))
        sources = through("transform", merged(Expressions(self, scope or Scope()).sources(a) for a in arguments))
        names = [column.name for column in _alias_columns(node)]
        return Relation([Column(column, sources) for column in names], rest=lambda _: sources)

    # -- PIVOT ----------------------------------------------------------------------------------------------------------

    def _pivoted(self, relation: Relation, node: exp.Expr, parent: Scope | None) -> Relation:
        for pivot in node.args.get("pivots") or ():
            scope = Scope(parent, [(node.alias_or_name, relation)])
            walker = Expressions(self, scope)
            relation = _unpivot(pivot, relation, walker) if pivot.unpivot else _pivot(pivot, relation, walker)
            relation = _aliased(relation, pivot)
        return relation


def _pivot(pivot: exp.Pivot, relation: Relation, walker: Expressions) -> Relation:
    keys = [item.this for item in pivot.fields if isinstance(item, exp.In)]
    chosen = merged(walker.sources(item, "filter") for item in keys)
    values = [walker.sources(item, "transform") for item in pivot.expressions]
    used = {key(c.name) for part in (*keys, *pivot.expressions) for c in part.find_all(exp.Column)}
    stay = [column for column in relation.columns if key(column.name) not in used]
    groups = pivot.args.get("group")
    if groups is not None:
        kept = {key(item.name) for item in groups.expressions}
        stay = [column for column in stay if key(column.name) in kept]
    names = [item.name for item in pivot.args.get("columns") or ()]
    made = [Column(name, merged([values[i % len(values)], chosen])) for i, name in enumerate(names) if values]
    return Relation(stay + made)


def _unpivot(pivot: exp.Pivot, relation: Relation, walker: Expressions) -> Relation:
    made, used = [], set()
    for item in pivot.fields:
        if isinstance(item, exp.In):
            used |= {key(c.name) for part in item.expressions for c in part.find_all(exp.Column)}
            made.append(Column(item.this.name))
            sources = merged(walker.sources(part, "transform") for part in item.expressions)
            made += [Column(value.name, sources) for value in pivot.expressions]
    return Relation([column for column in relation.columns if key(column.name) not in used] + made)


def _alias_columns(node: exp.Expr) -> list[exp.Expr]:
    alias = node.args.get("alias")
    return list(alias.args.get("columns") or ()) if isinstance(alias, exp.TableAlias) else []


def _aliased(relation: Relation, node: exp.Expr) -> Relation:
    names = [column.name for column in _alias_columns(node)]
    return relation.renamed(names) if names else relation


def _accepts(what: exp.Lambda, name: str) -> bool:
    """Return whether a column's name satisfies ``c -> c LIKE 'a%'``; conditions of other shapes accept all."""
    body = what.this
    if isinstance(body, (exp.Like, exp.ILike)) and isinstance(body.expression, exp.Literal):
        pattern = "".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in body.expression.name)
        return re.fullmatch(pattern, name, re.IGNORECASE if isinstance(body, exp.ILike) else 0) is not None
    return True
