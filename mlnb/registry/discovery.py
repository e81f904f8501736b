"""Models and versions for the catalog's lineage and search, from what was last seen of MLflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from mlnb.catalog.lineage.records import Link, Thing
from mlnb.catalog.names import key
from mlnb.catalog.search.records import SearchHit, marked

from .tables import seen

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .names import Names

#: Versions named around one model.
_MOST = 50


def model_links(
    ground: Ground, names: Callable[[], Names]
) -> Callable[[Thing, Literal["upstream", "downstream"]], Iterator[Link]]:
    """Return what tells which run made a version, and which versions a model has."""

    def links(thing: Thing, direction: Literal["upstream", "downstream"]) -> Iterator[Link]:
        query = sa.select(seen).where(seen.c.version > 0).order_by(seen.c.version.desc()).limit(_MOST)
        upstream = direction == "upstream"
        if thing.kind == "run" and not upstream:
            query = query.where(seen.c.run_id == thing.name)
        elif thing.kind == "model_version" and upstream:
            model, _, version = thing.name.rpartition("/")
            if not version.isdigit():
                return
            query = query.where(seen.c.name.in_(names().candidates(model)), seen.c.version == int(version))
        elif thing.kind == "model" and upstream:
            query = query.where(seen.c.name.in_(names().candidates(thing.name)))
        else:
            return
        with ground.metastore.connect() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            shown = names().shown(row.name)
            version_thing = Thing("model_version", f"{shown}/{row.version}", f"version {row.version}")
            if thing.kind == "model":
                yield Link(version_thing, Thing("model", shown), row.seen_ms)
            elif row.run_id:
                yield Link(Thing("run", row.run_id, "run"), version_thing, row.seen_ms)

    return links


def find_models(
    ground: Ground, names: Callable[[], Names]
) -> Callable[[Sequence[str], Sequence[str], int], Iterator[SearchHit]]:
    """Return what finds models by name."""

    def find(words: Sequence[str], kinds: Sequence[str], limit: int) -> Iterator[SearchHit]:
        if kinds and "model" not in kinds:
            return
        with ground.metastore.connect() as connection:
            found = connection.execute(sa.select(seen.c.name).distinct()).scalars().all()
        shown = sorted(names().shown(name) for name in found)
        for full_name in [name for name in shown if all(word in key(name) for word in words)][:limit]:
            above, _, name = full_name.rpartition(".")
            yield SearchHit(
                address=f"mlnb:model/{full_name}",
                kind="model",
                name=name,
                full_name=full_name,
                where=above,
                snippet=marked(full_name, words),
            )

    return find
