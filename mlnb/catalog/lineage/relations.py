"""What a query is made of, seen from lineage: relations whose columns know the table columns they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..names import key

#: How a column depends on another: it is that column, is computed from it, or is only selected or ordered by it. ``indirect`` columns
#: decide which rows there are (conditions, joins, groups); ``inferred`` ones only have the same name.
EdgeKind = Literal["direct", "transform", "filter", "indirect", "inferred"]

#: A column of a table: the table's name as the catalog knows it, and the column's.
Ref = tuple[str, str]
Sources = dict[Ref, EdgeKind]

_RANK = {"filter": 1, "direct": 2, "transform": 3}


@dataclass(frozen=True)
class KnownTable:
    """A table that a name means; ``columns`` is None when nobody knows them, as with files."""

    name: str
    columns: Sequence[str] | None


#: ``parts as written -> table``, None when there is none of that name.
Tables = Callable[[Sequence[str]], "KnownTable | None"]


@dataclass
class Column:
    """A column of a relation and what it comes from."""

    name: str
    sources: Sources = field(default_factory=dict)


@dataclass
class Relation:
    """Columns in order; ``rest`` answers for columns that are not listed, where the list is not known."""

    columns: list[Column] = field(default_factory=list)
    rest: Callable[[str], Sources] | None = None

    def find(self, name: str) -> Sources | None:
        """Return the sources of a column, None when there is none of that name."""
        wanted = key(name)
        for column in self.columns:
            if key(column.name) == wanted:
                return column.sources
        return self.rest(name) if self.rest is not None else None

    def renamed(self, names: Sequence[str]) -> Relation:
        """Return the relation with new names for its first columns."""
        if not self.columns and self.rest is not None:
            return Relation([Column(name, self.rest(name)) for name in names])
        after = list(names[: len(self.columns)]) + [c.name for c in self.columns[len(names) :]]
        return Relation(
            [Column(name, column.sources) for name, column in zip(after, self.columns, strict=True)], self.rest
        )


def table_relation(table: KnownTable) -> Relation:
    """Return the relation that a table is."""
    if table.columns is None:
        return Relation(rest=lambda name: {(table.name, name): "direct"})
    return Relation([Column(name, {(table.name, name): "direct"}) for name in table.columns])


def merged(parts: Iterable[Sources]) -> Sources:
    """Return the union; a column that is both selected by and computed from counts as computed."""
    found: Sources = {}
    for part in parts:
        for ref, kind in part.items():
            if ref not in found or _RANK[kind] > _RANK[found[ref]]:
                found[ref] = kind
    return found


def through(kind: EdgeKind, sources: Sources) -> Sources:
    """Return sources as they look behind an expression that uses them in a way."""
    if kind == "direct":
        return sources
    if kind == "filter":
        return dict.fromkeys(sources, "filter")
    return {ref: "filter" if inner == "filter" else "transform" for ref, inner in sources.items()}
