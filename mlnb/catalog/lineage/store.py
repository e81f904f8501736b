"""Rows of lineage: one for every time that data flowed from one object to another, and one for each pair of columns.

Objects of the catalog are stored by id, so that a new name changes nothing; everything else by ``kind:name``.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import Caller

from ..tables import catalog_lineage, catalog_securable
from .records import SECURABLE, Thing
from .relations import EdgeKind

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

lineage = catalog_lineage
#: A row about tables as a whole has no columns.
_WHOLE = sa.and_(lineage.c.source_column.is_(None), lineage.c.target_column.is_(None))
#: Ids in one ``IN (…)``.
_MANY = 400


@dataclass(frozen=True)
class End:
    """One end of an edge."""

    id: str
    name: str
    version: int | None = None


@dataclass(frozen=True)
class Flow:
    """Data that flowed from one object to another, with the columns as far as they are known."""

    source: End
    target: End
    kind: EdgeKind = "direct"
    columns: Sequence[tuple[str, str | None, EdgeKind]] = field(default_factory=tuple)
    #: Whether the objects as a whole are connected; False when a table's own columns depend on each other.
    whole: bool = True


@dataclass(frozen=True)
class Maker:
    """What made data flow."""

    entity_type: str | None = None
    entity_id: str | None = None
    entity_run_id: str | None = None
    run_id: str | None = None
    statement_id: str | None = None


def maker_of(caller: Caller, statement_id: str | None = None) -> Maker:
    """Return the maker that a caller is: a job's run, a notebook's cell, or whoever queried from outside."""
    run = caller.run_id
    if caller.job_run_id:
        return Maker("JOB", caller.job_run_id, caller.cell_id, run, statement_id)
    if caller.notebook:
        return Maker("NOTEBOOK", caller.notebook, caller.cell_id, run, statement_id)
    if statement_id:
        return Maker("QUERY", statement_id, None, run, statement_id)
    return Maker(None, None, None, run, statement_id)


def add(ground: Ground, flows: Iterable[Flow], maker: Maker, at: int, *, actor: str | None = None) -> int:
    """Store flows; return how many pairs of objects are connected for the first time."""
    flows = list(flows)
    if not flows:
        return 0
    new: dict[str, list[str]] = {}
    with ground.metastore.begin() as connection:
        for flow in flows:
            if flow.whole:
                if not _known(connection, flow):
                    new.setdefault(flow.target.name, []).append(flow.source.name)
                connection.execute(
                    lineage.insert().values(_row(flow, maker, at, str(uuid.uuid4()), None, None, flow.kind))
                )
            for source_column, target_column, kind in flow.columns:
                key = _column_key(flow, maker, source_column, target_column, kind)
                values = _row(flow, maker, at, key, source_column, target_column, kind)
                ground.metastore.upsert(connection, lineage, values, ["id"])
        for target, sources in new.items():
            what = "table" if target.count(".") == 2 else "external"
            ground.journal.append("lineage.added", f"{what}:{target}", {"sources": sources[:20]}, actor=actor)
    return sum(map(len, new.values()))


def thin_out(connection: sa.Connection, before: int) -> int:
    """Delete what is older than a time and has happened again since; the last time is kept for good."""
    newer = catalog_lineage.alias("newer")
    again = sa.exists().where(
        newer.c.source_id == lineage.c.source_id,
        newer.c.target_id == lineage.c.target_id,
        newer.c.source_column.is_(None),
        newer.c.target_column.is_(None),
        newer.c.event_time > lineage.c.event_time,
    )
    return connection.execute(lineage.delete().where(_WHOLE, lineage.c.event_time < before, again)).rowcount


def _known(connection: sa.Connection, flow: Flow) -> bool:
    query = sa.select(lineage.c.id).where(
        _WHOLE, lineage.c.source_id == flow.source.id, lineage.c.target_id == flow.target.id
    )
    return connection.execute(query.limit(1)).first() is not None


def _row(
    flow: Flow, maker: Maker, at: int, id: str, source_column: str | None, target_column: str | None, kind: str
) -> dict[str, Any]:
    return {
        "id": id,
        "event_time": at,
        "statement_id": maker.statement_id,
        "run_id": maker.run_id,
        "entity_type": maker.entity_type,
        "entity_id": maker.entity_id,
        "entity_run_id": maker.entity_run_id,
        "source_id": flow.source.id,
        "source_name": flow.source.name,
        "source_version": flow.source.version,
        "source_column": source_column,
        "target_id": flow.target.id,
        "target_name": flow.target.name,
        "target_version": flow.target.version,
        "target_column": target_column,
        "kind": kind,
    }


def _column_key(flow: Flow, maker: Maker, source: str, target: str | None, kind: str) -> str:
    """Return the id of a pair of columns: the same pair from the same place is one row, however often it runs."""
    place = (maker.entity_type, maker.entity_id if maker.entity_type == "NOTEBOOK" else None)
    text = repr((flow.source.id, source, flow.target.id, target, kind, place))
    return "c" + hashlib.sha256(text.encode()).hexdigest()[:31]


def forget_sources(connection: sa.Connection, target_id: str) -> None:
    """Forget what a target came from: it was defined anew."""
    connection.execute(lineage.delete().where(lineage.c.target_id == target_id, lineage.c.source_id != target_id))


def remove(connection: sa.Connection, source_id: str, target_id: str) -> int:
    """Delete what was added by hand between two objects; return how many rows that were."""
    condition = sa.and_(lineage.c.source_id == source_id, lineage.c.target_id == target_id)
    return connection.execute(lineage.delete().where(condition, lineage.c.entity_type == "EXTERNAL")).rowcount


@dataclass(frozen=True)
class Pair:
    """Two connected objects, by id, and how often data flowed."""

    source: str
    target: str
    source_name: str
    target_name: str
    kinds: frozenset[str]
    count: int
    last: int


def pairs(connection: sa.Connection, ids: Iterable[str], *, upstream: bool) -> list[Pair]:
    """Return the pairs whose target (upstream) or source is among ``ids``."""
    side = lineage.c.target_id if upstream else lineage.c.source_id
    found = []
    for some in _chunks(ids):
        query = sa.select(
            lineage.c.source_id,
            lineage.c.target_id,
            sa.func.max(lineage.c.source_name).label("source_name"),
            sa.func.max(lineage.c.target_name).label("target_name"),
            sa.func.max(lineage.c.event_time).label("last"),
            sa.func.count().label("times"),
            sa.func.min(lineage.c.kind).label("one"),
            sa.func.max(lineage.c.kind).label("other"),
            sa.func.min(sa.func.coalesce(lineage.c.entity_type, "")).label("by_one"),
            sa.func.max(sa.func.coalesce(lineage.c.entity_type, "")).label("by_other"),
        ).where(_WHOLE, side.in_(some))
        for row in connection.execute(query.group_by(lineage.c.source_id, lineage.c.target_id)):
            kinds = frozenset(
                {row.one, row.other} | ({"external"} if row.by_one == row.by_other == "EXTERNAL" else set())
            )
            found.append(
                Pair(row.source_id, row.target_id, row.source_name, row.target_name, kinds, row.times, row.last)
            )
    return found


def makers(
    connection: sa.Connection, chosen: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[tuple[Maker, int]]]:
    """Return what made data flow between each pair, newest first."""
    wanted = set(chosen)
    found: dict[tuple[str, str], list[tuple[Maker, int]]] = {}
    names = ("entity_type", "entity_id", "entity_run_id", "run_id")
    for some in _chunks({target for _, target in wanted}):
        columns = [lineage.c[name] for name in names]
        last = sa.func.max(lineage.c.event_time).label("last")
        query = sa.select(lineage.c.source_id, lineage.c.target_id, *columns, last).where(
            _WHOLE, lineage.c.target_id.in_(some)
        )
        query = query.group_by(lineage.c.source_id, lineage.c.target_id, *columns).order_by(sa.desc("last"))
        for row in connection.execute(query):
            pair = (row.source_id, row.target_id)
            if pair in wanted:
                found.setdefault(pair, []).append((Maker(*(getattr(row, name) for name in names)), row.last))
    return found


@dataclass(frozen=True)
class ColumnPair:
    """Two connected columns."""

    source: str
    source_column: str
    target: str
    target_column: str | None
    kind: EdgeKind
    last: int


def columns(connection: sa.Connection, ids: Iterable[str], *, upstream: bool) -> list[ColumnPair]:
    """Return the pairs of columns whose target (upstream) or source is an object among ``ids``."""
    side = lineage.c.target_id if upstream else lineage.c.source_id
    keys = [lineage.c[name] for name in ("source_id", "source_column", "target_id", "target_column", "kind")]
    found = []
    for some in _chunks(ids):
        query = sa.select(*keys, sa.func.max(lineage.c.event_time)).where(
            side.in_(some), lineage.c.source_column.is_not(None)
        )
        found += [ColumnPair(*tuple(row)) for row in connection.execute(query.group_by(*keys))]
    return found


def things(connection: sa.Connection, ids: Mapping[str, str]) -> dict[str, tuple[Thing, bool]]:
    """Return what ids stand for today, and whether it was dropped.

    Parameters
    ----------
    ids
        Ids, with the names they had when they were stored.
    """
    found: dict[str, tuple[Thing, bool]] = {}
    for id, name in ids.items():
        kind, colon, rest = id.partition(":")
        if colon:
            found[id] = (Thing(kind, rest), False)
        else:
            found[id] = (Thing("table", name), True)  # until its row is found
    known = [id for id in ids if ":" not in id]
    for some in _chunks(known):
        query = sa.select(
            catalog_securable.c.id,
            catalog_securable.c.kind,
            catalog_securable.c.full_name,
            catalog_securable.c.deleted_at,
        ).where(catalog_securable.c.id.in_(some))
        for row in connection.execute(query):
            found[row.id] = (Thing(row.kind, row.full_name), row.deleted_at is not None)
    return found


def id_of(connection: sa.Connection, thing: Thing) -> str | None:
    """Return the id under which a thing is stored; None for an object that the catalog does not have."""
    if thing.kind not in SECURABLE:
        return thing.id
    kinds = ("table", "view") if thing.kind in ("table", "view") else (thing.kind,)
    query = sa.select(catalog_securable.c.id).where(
        catalog_securable.c.kind.in_(kinds), catalog_securable.c.full_name == thing.name
    )
    # A dropped one keeps its lineage until it is purged.
    row = connection.execute(query.order_by(catalog_securable.c.deleted_at.is_not(None)).limit(1)).first()
    return str(row.id) if row is not None else None


def _chunks(ids: Iterable[str]) -> Iterable[list[str]]:
    every = list(dict.fromkeys(ids))
    return (every[start : start + _MANY] for start in range(0, len(every), _MANY))
