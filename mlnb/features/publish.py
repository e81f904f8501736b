"""Feature tables into the online store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.clock import now_ms

from .build import entity_keys
from .checks import ensure_unique
from .online.base import Key, OnlineSchema, open_store
from .online.codec import RowCodec, encode_key, is_packable, micros, schema_hash
from .records import OnlineTable, features_online_table

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

#: Rows turned into Python values at once.
BATCH_ROWS = 10_000


def publish(ground: Ground, catalog: Catalog, name: str, mode: str) -> OnlineTable:
    """Put the newest version of a feature table into the online store, unless that version is there already.

    A time-series table is published with its history: a request may ask for the features of an earlier time.
    """
    table = catalog.table(name, filtered=False)
    info, version = table.info, table.version
    keys, timeseries = entity_keys(info)
    store = open_store(ground.settings.online_store_url)
    columns = [
        (c.name, c.type_text) for c in info.columns if c.name not in info.primary_key and is_packable(c.type_text)
    ]
    with store.read() as reader:
        published = reader.schema(info.full_name)
    if published is None or (published.version, published.source_table_id) != (version, info.table_id):
        ensure_unique(ground, catalog, info.full_name, info.table_id, version, info.primary_key)
        rows = catalog.table(name, version=version, filtered=False).to_arrow()
        schema = OnlineSchema(
            name=info.full_name,
            source=info.full_name,
            source_table_id=info.table_id,
            version=version,
            columns=tuple(columns),
            keys=tuple(keys),
            timeseries=timeseries,
            published_at=now_ms(),
        )
        published = store.replace(schema, packed_rows(rows, schema))
        _record(ground, published, mode)
    return _online_table(published, mode, version)


def packed_rows(rows: pa.Table, schema: OnlineSchema) -> Iterator[tuple[Key, int, bytes]]:
    """Yield key, time and packed features of each row; rows without a key or time cannot be found and are left out."""
    codec = RowCodec(schema.columns)
    names = [name for name, _ in schema.columns]
    for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
        columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
        times: Sequence[Any] = columns[schema.timeseries] if schema.timeseries else [0] * batch.num_rows
        keys = zip(*(columns[key] for key in schema.keys), strict=True) if schema.keys else [()] * batch.num_rows
        features = zip(*(columns[name] for name in names), strict=True) if names else [()] * batch.num_rows
        for key, moment, values in zip(keys, times, features, strict=True):
            if None in key or moment is None:
                continue
            yield encode_key(key), micros(moment) if schema.timeseries else 0, codec.pack(values)


def unpublish(ground: Ground, name: str) -> None:
    """Take a table out of the online store."""
    open_store(ground.settings.online_store_url).drop(name)
    with ground.metastore.begin() as connection:
        table = features_online_table
        if connection.execute(table.delete().where(table.c.name == name)).rowcount:
            ground.journal.append("online_table.dropped", f"online_table:{name}")


def find_online(ground: Ground, names: dict[str, int]) -> dict[str, OnlineTable]:
    """Return the online tables of feature tables, given with their newest versions."""
    with ground.metastore.connect() as connection:
        found = connection.execute(sa.select(features_online_table)).all()
    tables = {}
    for row in found:
        if row.source in names:
            behind = max(0, names[row.source] - row.published_version)
            facts = {
                name: getattr(row, name) for name in ("name", "source", "publish_mode", "published_version", "rows")
            }
            tables[row.source] = OnlineTable(
                **facts,
                published_at=row.published_at,
                max_ts=row.max_ts,
                state="STALE" if behind else "AVAILABLE",
                behind_versions=behind,
            )
    return tables


def _record(ground: Ground, schema: OnlineSchema, mode: str) -> None:
    values = {
        "name": schema.name,
        "store": "default",
        "source": schema.source,
        "source_table_id": schema.source_table_id,
        "publish_mode": mode,
        "schema_hash": schema_hash(schema.columns).hex(),
        "published_version": schema.version,
        "published_at": schema.published_at,
        "max_ts": _milliseconds(schema.max_ts),
        "rows": schema.rows,
        "state": "AVAILABLE",
    }
    with ground.metastore.begin() as connection:
        ground.metastore.upsert(connection, features_online_table, values, ["name"])
        payload = {"online_table": schema.name, "version": schema.version, "rows": schema.rows}
        ground.journal.append("feature_table.published", f"table:{schema.source}", payload)


def _milliseconds(time_us: int | None) -> int | None:
    return None if time_us is None else time_us // 1000


def _online_table(schema: OnlineSchema, mode: str, newest: int) -> OnlineTable:
    behind = max(0, newest - schema.version)
    return OnlineTable(
        name=schema.name,
        source=schema.source,
        publish_mode=mode,
        state="STALE" if behind else "AVAILABLE",
        published_version=schema.version,
        published_at=schema.published_at,
        max_ts=_milliseconds(schema.max_ts),
        rows=schema.rows,
        behind_versions=behind,
    )
