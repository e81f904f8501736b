"""Monitors for the catalog's lineage and search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import sqlalchemy as sa

from mlnb.catalog.lineage.records import Link, Thing
from mlnb.catalog.names import key
from mlnb.catalog.search.records import SearchHit, marked

from .output import output_names
from .records import monitoring_monitor

if TYPE_CHECKING:
    from mlnb.core.ground import Ground


def monitor_links(ground: Ground) -> Callable[[Thing, Literal["upstream", "downstream"]], Iterator[Link]]:
    """Return what tells which table a monitor watches and which it writes."""

    def links(thing: Thing, direction: Literal["upstream", "downstream"]) -> Iterator[Link]:
        upstream = direction == "upstream"
        if thing.kind not in ("table", "monitor"):
            return
        for name, schema, at in _monitors(ground):
            monitor = Thing("monitor", name, "monitor")
            watches = thing == (monitor if upstream else Thing("table", name))
            if watches:
                yield Link(Thing("table", name), monitor, at)
            for table in output_names(schema, name):
                if thing == (Thing("table", table) if upstream else monitor):
                    yield Link(monitor, Thing("table", table), at)

    return links


def _monitors(ground: Ground) -> list[tuple[str, str, int]]:
    columns = monitoring_monitor.c
    query = sa.select(columns.table_name, columns.output_schema, columns.created_ms).order_by(columns.table_name)
    with ground.metastore.connect() as connection:
        return [(row.table_name, row.output_schema, row.created_ms) for row in connection.execute(query)]


def find_monitors(ground: Ground) -> Callable[[Sequence[str], Sequence[str], int], Iterator[SearchHit]]:
    """Return what finds monitors by the name of their table."""

    def find(words: Sequence[str], kinds: Sequence[str], limit: int) -> Iterator[SearchHit]:
        if kinds and "monitor" not in kinds:
            return
        names = [name for name, _, _ in _monitors(ground) if all(word in key(name) for word in words)]
        for name in names[:limit]:
            yield SearchHit(
                address=f"mlnb:monitor/{quote(name, safe='')}",
                kind="monitor",
                name=name.rsplit(".", 1)[-1],
                full_name=name,
                where="monitors",
                snippet=marked(name, words),
            )

    return find
