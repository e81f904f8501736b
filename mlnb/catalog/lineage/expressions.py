"""The columns an expression depends on, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from ..names import key
from .relations import EdgeKind, Relation, Sources, merged, through

if TYPE_CHECKING:
    from .queries import Reader


@dataclass
class Scope:
    """What names mean inside a query.

    Attributes
    ----------
    sources
        Relations of FROM and JOIN by alias, in order.
    shared
        Columns that a USING join made one.
    star
        What ``*`` stands for.
    aliases
        Columns that the select list has named so far.
    windows
        Named windows.
    parent
        Of the query around this one.
    """

    parent: Scope | None = None
    sources: list[tuple[str, Relation]] = field(default_factory=list)
    shared: dict[str, Sources] = field(default_factory=dict)
    star: list[tuple[str, str, Sources]] = field(default_factory=list)
    aliases: dict[str, Sources] = field(default_factory=dict)
    windows: dict[str, exp.Window] = field(default_factory=dict)

    def column(self, parts: Sequence[str]) -> Sources:
        """Return the sources of a column written with these parts; fields of structs may be among them."""
        for index in range(len(parts) - 2, -1, -1):
            found = self._of(parts[index], parts[index + 1])
            if found is not None:
                return found if index == len(parts) - 2 else through("transform", found)
        found = self._anywhere(parts[0])
        if found is not None:
            return found if len(parts) == 1 else through("transform", found)
        return self.parent.column(parts) if self.parent is not None else {}

    def _of(self, alias: str, name: str) -> Sources | None:
        for source, relation in self.sources:
            if key(source) == key(alias):
                return relation.find(name)
        return None

    def _anywhere(self, name: str) -> Sources | None:
        if key(name) in self.shared:
            return self.shared[key(name)]
        for wanted in (False, True):  # a relation that lists its columns is surer than one that may have any
            for _, relation in self.sources:
                if (relation.rest is not None) is wanted and (found := relation.find(name)) is not None:
                    return found
        return self.aliases.get(key(name))


class Expressions:
    """Walks expressions of one scope.

    Parameters
    ----------
    reader
        Reads the queries inside expressions.
    """

    def __init__(self, reader: Reader, scope: Scope) -> None:
        self._reader = reader
        self._scope = scope

    def sources(self, node: exp.Expr | None, kind: EdgeKind = "direct") -> Sources:
        """Return the columns that the value of ``node`` depends on."""
        if node is None or isinstance(node, (exp.Literal, exp.Star, exp.Identifier, exp.DataType)):
            return {}
        if isinstance(node, exp.Column):
            return through(kind, self._column(node))
        if isinstance(node, (exp.Alias, exp.Paren, exp.Aliases)):
            return self.sources(node.this, kind)
        if isinstance(node, exp.Query):
            inner = self._reader.query(node, self._scope)
            return through("transform" if kind == "direct" else kind, merged(c.sources for c in inner.columns))
        computed: EdgeKind = "transform" if kind == "direct" else kind
        if isinstance(node, exp.Window):
            return merged([self.sources(node.this, computed), self._window(node)])
        if isinstance(node, exp.Filter):
            return merged([self.sources(node.this, computed), self.sources(node.expression, "filter")])
        if isinstance(node, exp.Order) and node.this is not None:
            keys = [self.sources(item, "filter") for item in node.expressions]
            return merged([self.sources(node.this, computed), *keys])
        return merged(self.sources(child, computed) for child in children(node))

    def _column(self, node: exp.Column) -> Sources:
        parts = [part.name for part in node.parts]
        if len(parts) == 1 and _is_lambda_parameter(node):
            return {}
        return self._scope.column(parts)

    def _window(self, node: exp.Window) -> Sources:
        named = self._scope.windows.get(key(node.alias)) if node.alias else None
        inherited = self._window(named) if named is not None and named is not node else {}
        keys = [*(node.args.get("partition_by") or ()), *(_items(node.args.get("order")))]
        return merged([inherited, *(self.sources(item, "filter") for item in keys)])


def children(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the expressions directly below one."""
    for value in node.args.values():
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, exp.Expr):
                yield item


def _items(order: exp.Expr | None) -> list[exp.Expr]:
    return list(order.expressions) if order is not None else []


def _is_lambda_parameter(node: exp.Column) -> bool:
    above = node.parent
    while above is not None and not isinstance(above, exp.Query):
        if isinstance(above, exp.Lambda) and any(key(item.name) == key(node.name) for item in above.expressions):
            return True
        above = above.parent
    return False
