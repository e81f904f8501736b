"""The platform's own client, unmodified, describes what is outside and connects it with tables."""

from __future__ import annotations

from typing import Any

import pytest


def test_external_metadata_and_lineage(seeded: Any, sdk: Any) -> None:
    catalog = pytest.importorskip("databricks.sdk.service.catalog")
    seeded.catalog.create_schema("main.lineage_sdk")
    seeded.catalog.create_table("main.lineage_sdk.t", {"id": [1], "amount": [2.0]})
    described = catalog.ExternalMetadata("report", catalog.SystemType.TABLEAU, "dashboard", columns=["total"])
    made = sdk.external_metadata.create_external_metadata(described)
    assert (made.name, made.system_type, made.columns) == ("report", catalog.SystemType.TABLEAU, ["total"])
    changed = catalog.ExternalMetadata("report", catalog.SystemType.TABLEAU, "dashboard", description="weekly")
    assert sdk.external_metadata.update_external_metadata("report", changed, "description").description == "weekly"
    assert [one.name for one in sdk.external_metadata.list_external_metadata()] == ["report"]
    table = catalog.ExternalLineageObject(table=catalog.ExternalLineageTable("main.lineage_sdk.t"))
    report = catalog.ExternalLineageObject(external_metadata=catalog.ExternalLineageExternalMetadata("report"))
    columns = [catalog.ColumnRelationship("amount", "total")]
    sdk.external_lineage.create_external_lineage_relationship(
        catalog.CreateRequestExternalLineage(table, report, columns=columns)
    )
    (found,) = sdk.external_lineage.list_external_lineage_relationships(table, catalog.LineageDirection.DOWNSTREAM)
    assert found.external_metadata_info.name == "report"
    assert found.external_lineage_info.columns == columns
    sdk.external_lineage.delete_external_lineage_relationship(catalog.DeleteRequestExternalLineage(table, report))
    assert not list(
        sdk.external_lineage.list_external_lineage_relationships(table, catalog.LineageDirection.DOWNSTREAM)
    )
    sdk.external_metadata.delete_external_metadata("report")
