"""Routes of the feature store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.core.records import Record
from mlnb.features.records import FeatureTableInfo, OnlineTable
from mlnb.server.route import NATIVE, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ListFeatureTables(Record):
    """``filter`` is part of a name, a description or a feature."""

    filter: str = ""


class FeatureTableList(Record):
    """Every table with a primary key."""

    feature_tables: list[FeatureTableInfo]


class PublishFeatureTable(Record):
    """A feature table to put into the online store."""

    name: str
    publish_mode: str = "TRIGGERED"


def list_feature_tables(ws: Workspace, q: ListFeatureTables) -> FeatureTableList:
    """List feature tables."""
    return FeatureTableList(feature_tables=ws.features.tables(filter=q.filter))


def publish_feature_table(ws: Workspace, q: PublishFeatureTable) -> OnlineTable:
    """Publish a feature table."""
    return ws.features.publish_table(q.name, publish_mode=q.publish_mode)


ROUTES = [
    Route(
        "GET",
        f"{NATIVE}/features",
        list_feature_tables,
        ListFeatureTables,
        FeatureTableList,
        resource="features",
        tag="Features",
        summary="List feature tables",
        row="FS-15",
    ),
    Route(
        "POST",
        f"{NATIVE}/features/{{name}}/publish",
        publish_feature_table,
        PublishFeatureTable,
        OnlineTable,
        resource="features",
        pool="slow",
        tag="Features",
        summary="Put a feature table into the online store",
        row="FS-16",
    ),
]
