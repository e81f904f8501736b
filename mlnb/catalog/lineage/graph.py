"""The graph around an object: hop by hop through the stored edges and through what the stages know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError, NotFoundError, PermissionDeniedError, did_you_mean

from ..tables import catalog_column, catalog_tag
from . import store
from .records import (
    SECURABLE,
    ColumnLink,
    Direction,
    Level,
    LineageColumn,
    LineageEdge,
    LineageGraph,
    LineageNode,
    Link,
    MadeBy,
    MoreNeighbours,
    Thing,
)
from .renames import Renames
from .store import ColumnPair, Maker, Pair

if TYPE_CHECKING:
    from ..service import Catalog

#: Nodes of one graph.
MAX_NODES = 500
MAX_DEPTH = 10

#: Places named on an edge.
_MAKERS = 5

_BADGE = "system.certification_status"


@dataclass
class _Edge:
    source: str
    target: str
    kind: Literal["data", "process", "inferred", "external"]
    last: int = 0
    count: int = 0
    columns: dict[tuple[str, str | None], ColumnPair] = field(default_factory=dict)
    by: list[MadeBy] = field(default_factory=list)


def graph(
    catalog: Catalog,
    thing: Thing,
    *,
    direction: Direction = "both",
    depth: int = 1,
    level: Level = "table",
    column: str | None = None,
    processes: bool = False,
) -> LineageGraph:
    """Return the graph around a thing; see :meth:`mlnb.catalog.discovery.Discovery.lineage`."""
    if direction not in ("upstream", "downstream", "both"):
        raise InvalidParameterError(f"{direction!r} is no direction.", hint="Use upstream, downstream or both.")
    if not 1 <= depth <= MAX_DEPTH:
        raise InvalidParameterError(f"depth is {depth}.", hint=f"Use 1 to {MAX_DEPTH}.")
    with catalog.ground.metastore.connect() as connection:
        walk = _Walk(catalog, connection, thing)
        for upstream in (True, False):
            if direction in ("both", "upstream" if upstream else "downstream"):
                walk.follow(depth, upstream=upstream)
        if level == "column" or column is not None:
            walk.add_columns(column, depth, direction)
        walk.add_makers(processes)
        return walk.result(with_columns=level == "column" or column is not None)


class _Walk:
    """Collects nodes and edges from one focus outwards; nodes are known by the id they are stored under."""

    def __init__(self, catalog: Catalog, connection: sa.Connection, thing: Thing) -> None:
        self._catalog = catalog
        self._connection = connection
        self._providers = list(catalog.hooks.lineage_providers)
        self._things: dict[str, Thing] = {}
        self._dropped: set[str] = set()
        self._edges: dict[tuple[str, str], _Edge] = {}
        self._hidden: dict[str, Counter[str]] = {}
        self._truncated = False
        self._renames = Renames(connection)
        found = store.id_of(connection, thing)
        if found is None:
            raise _no_such(catalog, thing)
        self.focus = found
        self._learn({found: thing.name})

    # -- objects --------------------------------------------------------------------------------------------------------

    def _learn(self, ids: dict[str, str]) -> None:
        unknown = {id: name for id, name in ids.items() if id not in self._things}
        for id, (thing, dropped) in store.things(self._connection, unknown).items():
            self._things[id] = thing
            if dropped:
                self._dropped.add(id)

    def follow(self, depth: int, *, upstream: bool) -> None:
        """Add what lies in one direction, up to a distance; what lies one step further is counted."""
        seen, frontier = {self.focus}, [self.focus]
        for step in range(depth + 1):
            nearer: list[str] = []
            for edge in self._step(frontier, upstream=upstream):
                here, there = (edge.target, edge.source) if upstream else (edge.source, edge.target)
                room = there in self._things and (there in seen or there == self.focus)
                if not room and (step == depth or len(self._shown()) >= MAX_NODES):
                    self._truncated |= step < depth
                    self._hidden.setdefault(here, Counter())["upstream" if upstream else "downstream"] += 1
                    continue
                self._add(edge)
                if there not in seen:
                    seen.add(there)
                    nearer.append(there)
            frontier = nearer
            if not frontier:
                break

    def _shown(self) -> set[str]:
        return {self.focus} | {end for pair in self._edges for end in pair}

    def _step(self, frontier: Sequence[str], *, upstream: bool) -> list[_Edge]:
        stored = store.pairs(self._connection, frontier, upstream=upstream)
        self._learn({pair.source: pair.source_name for pair in stored} | {p.target: p.target_name for p in stored})
        edges = [_Edge(p.source, p.target, _kind(p), p.last, p.count) for p in stored if p.source != p.target]
        for id in frontier:
            for link in self._told(self._things[id], "upstream" if upstream else "downstream"):
                ends = self._ids(link)
                if ends[0] != ends[1]:
                    edges.append(_Edge(*ends, "process", link.last_seen, link.count))
        return edges

    def _told(self, thing: Thing, direction: Literal["upstream", "downstream"]) -> Iterator[Link]:
        """Yield what the stages tell about a thing, under this name and those it had before."""
        former = self._renames.former(thing.name) if thing.kind in SECURABLE else []
        for name in (thing.name, *former):
            for provider in self._providers:
                yield from provider(Thing(thing.kind, name), direction)

    def _ids(self, link: Link) -> tuple[str, str]:
        found = []
        for thing in (link.source, link.target):
            if thing.kind in SECURABLE:
                thing = Thing(thing.kind, self._renames.today(thing.name), thing.detail)
            id = store.id_of(self._connection, thing)
            if id is None:  # a table that was dropped for good, as a run remembers it
                id = f"{thing.kind}:{thing.name}"
                self._dropped.add(id)
            if thing.kind in SECURABLE and ":" not in id:
                self._learn({id: thing.name})
            else:
                self._things.setdefault(id, thing)
                if thing.detail and not self._things[id].detail:
                    self._things[id] = thing
            found.append(id)
        return found[0], found[1]

    def _add(self, edge: _Edge) -> None:
        known = self._edges.setdefault((edge.source, edge.target), edge)
        if known is not edge:
            known.last, known.count = max(known.last, edge.last), max(known.count, edge.count)

    # -- columns --------------------------------------------------------------------------------------------------------

    def add_columns(self, column: str | None, depth: int, direction: Direction) -> None:
        """Add the columns of the edges; with ``column`` only what that one comes from and goes into."""
        tables = [id for id in self._shown() if ":" not in id]
        pairs = store.columns(self._connection, tables, upstream=True)
        pairs = [pair for pair in pairs if (pair.source, pair.target) in self._edges or pair.source == pair.target]
        if column is not None:
            self._check(column)
            pairs = self._reached(pairs, column, depth, direction)
            kept = {(pair.source, pair.target) for pair in pairs}
            self._edges = {ends: edge for ends, edge in self._edges.items() if ends in kept}
            self._hidden.clear()
        for pair in pairs:
            edge = self._edges.get((pair.source, pair.target))
            if edge is not None:
                key = (pair.source_column, pair.target_column)
                if key not in edge.columns or edge.columns[key].last < pair.last:
                    edge.columns[key] = pair

    def _check(self, column: str) -> None:
        names = [item.name for item in self._columns_of([self.focus]).get(self.focus, [])]
        if names and column not in names:
            raise NotFoundError(
                f"{self._things[self.focus].name} has no column {column!r}.",
                hint=did_you_mean(column, names) or f"Columns: {', '.join(names[:12])}.",
                code="UNRESOLVED_COLUMN",
            )

    def _reached(self, pairs: Iterable[ColumnPair], column: str, depth: int, direction: Direction) -> list[ColumnPair]:
        every, found = list(pairs), dict[ColumnPair, None]()
        for upstream in (True, False):
            if direction not in ("both", "upstream" if upstream else "downstream"):
                continue
            frontier = {(self.focus, column)}
            seen = set(frontier)
            for _ in range(depth):
                following = set()
                for pair in every:
                    source, target = (pair.source, pair.source_column), (pair.target, pair.target_column or "")
                    here, there = (target, source) if upstream else (source, target)
                    if here in frontier and pair.target_column is not None:
                        found[pair] = None
                        following.add(there)
                frontier = following - seen
                seen |= frontier
        return list(found)

    def _columns_of(self, ids: Iterable[str]) -> dict[str, list[LineageColumn]]:
        query = sa.select(catalog_column.c.table_id, catalog_column.c.name, catalog_column.c.type_text)
        query = query.where(catalog_column.c.table_id.in_(list(ids)))
        found: dict[str, list[LineageColumn]] = {}
        for row in self._connection.execute(query.order_by(catalog_column.c.table_id, catalog_column.c.position)):
            found.setdefault(row.table_id, []).append(LineageColumn(name=row.name, type=row.type_text))
        return found

    # -- who made the edges -----------------------------------------------------------------------------------------------

    def add_makers(self, processes: bool) -> None:
        """Say on each edge who made it; with ``processes`` put the cells and jobs between the tables instead."""
        found = store.makers(self._connection, self._edges)
        for ends, edge in list(self._edges.items()):
            made = [(maker_thing(maker), last) for maker, last in found.get(ends, [])]
            named = list({thing.id: (thing, last) for thing, last in reversed(made) if thing is not None}.values())
            named.sort(key=lambda item: -item[1])
            edge.by = [_made_by(thing, last) for thing, last in named[:_MAKERS]]
            if processes and named and edge.kind != "process":
                del self._edges[ends]
                for thing, last in named[:_MAKERS]:
                    self._things.setdefault(thing.id, thing)
                    self._add(_Edge(edge.source, thing.id, "process", last, 1))
                    self._add(_Edge(thing.id, edge.target, "process", last, 1))

    # -- the answer -------------------------------------------------------------------------------------------------------

    def result(self, *, with_columns: bool) -> LineageGraph:
        """Return the graph with today's names."""
        self._hide()
        shown = [self.focus, *sorted(self._shown() - {self.focus}, key=lambda id: self._things[id].id)]
        columns = self._columns_of(shown) if with_columns else {}
        badges = self._badges(shown)
        nodes = []
        for id in shown:
            thing, more = self._things[id], self._hidden.get(id, Counter[str]())
            nodes.append(
                LineageNode(
                    id=thing.id,
                    kind=thing.kind,
                    name=thing.name,
                    address=thing.address if id not in self._dropped else None,
                    detail=thing.detail or _detail(thing),
                    badge=badges.get(id),
                    columns=columns.get(id, []),
                    more=MoreNeighbours(upstream=more["upstream"], downstream=more["downstream"]),
                    dropped=id in self._dropped,
                )
            )
        edges = [self._edge(edge) for edge in self._edges.values()]
        edges.sort(key=lambda edge: (edge.source, edge.target))
        return LineageGraph(focus=self._things[self.focus].id, nodes=nodes, edges=edges, truncated=self._truncated)

    def _hide(self) -> None:
        """Leave out what the caller may not see, with its edges."""
        if self._catalog.rights.unrestricted():
            return
        hidden = {id for id in self._shown() - {self.focus} if id not in self._dropped and not self._visible(id)}
        self._edges = {ends: edge for ends, edge in self._edges.items() if not hidden & set(ends)}

    def _visible(self, id: str) -> bool:
        thing = self._things[id]
        if thing.kind not in SECURABLE or thing.kind == "external":
            return True
        try:
            self._catalog.require("BROWSE", thing.kind, thing.name)
        except PermissionDeniedError:
            return False
        return True

    def _edge(self, edge: _Edge) -> LineageEdge:
        columns = sorted(edge.columns.values(), key=lambda pair: (pair.target_column or "", pair.source_column))
        return LineageEdge(
            source=self._things[edge.source].id,
            target=self._things[edge.target].id,
            kind=edge.kind,
            columns=[ColumnLink(source=p.source_column, target=p.target_column, kind=p.kind) for p in columns],
            last_seen=edge.last,
            count=edge.count,
            by=edge.by,
        )

    def _badges(self, ids: Sequence[str]) -> dict[str, str]:
        query = sa.select(catalog_tag.c.entity_id, catalog_tag.c.value).where(
            catalog_tag.c.entity_id.in_(ids), catalog_tag.c.column_name == "", catalog_tag.c.key == _BADGE
        )
        return {row.entity_id: row.value for row in self._connection.execute(query)}


def _kind(pair: Pair) -> Literal["data", "inferred", "external"]:
    if "external" in pair.kinds:
        return "external"
    return "inferred" if pair.kinds == {"inferred"} else "data"


def maker_thing(maker: Maker) -> Thing | None:
    """Return the node that a maker is."""
    if maker.entity_type == "NOTEBOOK" and maker.entity_id:
        cell = maker.entity_run_id
        return Thing("cell", f"{maker.entity_id}#{cell}") if cell else Thing("notebook", maker.entity_id)
    if maker.entity_type == "JOB" and maker.entity_id:
        return Thing("job_run", maker.entity_id)
    if maker.run_id:
        return Thing("run", maker.run_id)
    if maker.entity_type == "QUERY" and maker.entity_id:
        return Thing("query", maker.entity_id)
    return None


def _made_by(thing: Thing, last: int) -> MadeBy:
    return MadeBy(
        kind=thing.kind, name=thing.name, label=_detail(thing) or thing.name, address=thing.address, last=last
    )


def _detail(thing: Thing) -> str | None:
    if thing.kind == "cell":
        notebook, _, cell = thing.name.rpartition("#")
        return f"cell {cell[:8]} of {notebook}"
    if thing.kind == "job_run":
        return f"job run {thing.name}"
    if thing.kind == "query":
        return "query"
    return None


def _no_such(catalog: Catalog, thing: Thing) -> NotFoundError:
    if thing.kind in ("table", "view"):
        return catalog.not_found(catalog.parse(thing.name))
    return NotFoundError(f"There is no {thing.kind} {thing.name}.", hint="Search for it: ws.catalog.search('…').")
