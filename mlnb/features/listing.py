"""Feature tables as the platform's client and lists show them: every table with a primary key is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .publish import find_online
from .records import FeatureInfo, FeatureTable, FeatureTableInfo, OnlineTable

if TYPE_CHECKING:
    from mlnb.catalog.records import TableInfo
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground


def describe(ground: Ground, info: TableInfo) -> FeatureTable:
    """Return a feature table as the platform's client describes it."""
    online = find_online(ground, {info.full_name: info.version})
    return FeatureTable(
        name=info.full_name,
        table_id=info.table_id,
        description=info.comment,
        primary_keys=info.primary_key,
        features=[column.name for column in info.columns if column.name not in info.primary_key],
        creation_timestamp=info.created_at,
        online_stores=[table.name for table in online.values()],
        timestamp_keys=[info.timeseries] if info.timeseries else [],
        tags=info.properties,
    )


def list_tables(ground: Ground, catalog: Catalog, filter_text: str) -> list[FeatureTableInfo]:
    """Return the feature tables whose name, description or features contain a text."""
    infos = [info for info in _all_tables(catalog) if info.primary_key]
    online = find_online(ground, {info.full_name: info.version for info in infos})
    listed = [_listed(info, online.get(info.full_name)) for info in infos]
    return [item for item in listed if filter_text.casefold() in _searched(item)]


def _all_tables(catalog: Catalog) -> list[TableInfo]:
    found: list[TableInfo] = []
    for above in _pages(catalog.catalogs):
        for schema in _pages(catalog.schemas, above.name):
            found += _pages(catalog.tables, f"{above.name}.{schema.name}")
    return found


def _pages(call: Any, *arguments: Any) -> list[Any]:
    found: list[Any] = []
    token = None
    while True:
        page = call(*arguments, page_token=token)
        found += page.items
        token = page.next_page_token
        if not token:
            return found


def _listed(info: TableInfo, online: OnlineTable | None) -> FeatureTableInfo:
    return FeatureTableInfo(
        name=info.full_name,
        description=info.comment,
        primary_keys=info.primary_key,
        timeseries=info.timeseries,
        features=[
            FeatureInfo(name=column.name, type=column.type_text, comment=column.comment)
            for column in info.columns
            if column.name not in info.primary_key
        ],
        version=info.version,
        rows=info.num_rows,
        updated_at=info.updated_at,
        online=online,
    )


def _searched(item: FeatureTableInfo) -> str:
    return " ".join([item.name, item.description or "", *(feature.name for feature in item.features)]).casefold()
