"""Endpoints for the catalog's lineage and search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from mlnb.catalog.lineage.records import Link, Thing
from mlnb.catalog.names import key
from mlnb.catalog.search.records import SearchHit, marked

from .config import EndpointConfig
from .records import serving_configs, serving_endpoints

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

_ACTIVE = serving_endpoints.c.desired != "DELETED"


def endpoint_links(ground: Ground) -> Callable[[Thing, Literal["upstream", "downstream"]], Iterator[Link]]:
    """Return what tells which version an endpoint serves, and where it writes its requests."""

    def links(thing: Thing, direction: Literal["upstream", "downstream"]) -> Iterator[Link]:
        upstream = direction == "upstream"
        from_version = thing.kind == "model_version" and not upstream
        into_table = thing.kind == "table" and upstream
        if not (from_version or into_table or thing.kind == "endpoint"):
            return
        for name, at, config in _configs(ground):
            endpoint = Thing("endpoint", name, "endpoint")
            version = Thing(
                "model_version", f"{config.model_name}/{config.model_version}", f"version {config.model_version}"
            )
            tables = [config.log.payload, config.log.rows] if config.log is not None else []
            if (from_version and thing == version) or (upstream and thing == endpoint):
                yield Link(version, endpoint, at)
            for table in tables:
                if table and ((into_table and table == thing.name) or (not upstream and thing == endpoint)):
                    yield Link(endpoint, Thing("table", table), at)

    return links


def _configs(ground: Ground) -> Iterator[tuple[str, int, EndpointConfig]]:
    joined = serving_endpoints.join(
        serving_configs,
        sa.and_(
            serving_configs.c.endpoint_id == serving_endpoints.c.id,
            serving_configs.c.version
            == sa.func.coalesce(serving_endpoints.c.config_version, serving_endpoints.c.pending_version),
        ),
    )
    query = sa.select(serving_endpoints.c.name, serving_configs.c.created_ms, serving_configs.c.config)
    with ground.metastore.connect() as connection:
        rows = connection.execute(query.select_from(joined).where(_ACTIVE)).all()
    for row in rows:
        yield row.name, row.created_ms, EndpointConfig.model_validate(row.config)


def find_endpoints(ground: Ground) -> Callable[[Sequence[str], Sequence[str], int], Iterator[SearchHit]]:
    """Return what finds endpoints by name."""

    def find(words: Sequence[str], kinds: Sequence[str], limit: int) -> Iterator[SearchHit]:
        if kinds and "endpoint" not in kinds:
            return
        with ground.metastore.connect() as connection:
            names = sorted(connection.execute(sa.select(serving_endpoints.c.name).where(_ACTIVE)).scalars())
        for name in [name for name in names if all(word in key(name) for word in words)][:limit]:
            yield SearchHit(
                address=f"mlnb:endpoint/{name}",
                kind="endpoint",
                name=name,
                full_name=name,
                where="endpoints",
                snippet=marked(name, words),
            )

    return find
