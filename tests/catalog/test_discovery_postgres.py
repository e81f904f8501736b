"""Search, lineage and insights on PostgreSQL answer as on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest


@pytest.fixture
def pg(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A workspace whose metastore is PostgreSQL."""
    from mlnb.door import Workspace

    monkeypatch.setenv("MLNB_METASTORE_URL", postgres_url)
    monkeypatch.setenv("MLNB_USER", "ada")
    workspace = Workspace(tmp_path / ".mlnb")
    yield workspace
    workspace.close()


def test_discovery_on_postgresql(pg: Any) -> None:
    pg.catalog.create_table("main.default.orders", pd.DataFrame({"id": [1], "amount": [1.5]}), comment="all revenue")
    pg.sql("CREATE TABLE doubled AS SELECT id, amount * 2 AS twice FROM orders WHERE id > 0")
    pg.catalog.set_tag("main.default.doubled", "team", "blue")
    pg.catalog.certify("main.default.doubled", "certified")
    assert [hit.full_name for hit in pg.catalog.search("amou").items] == ["main.default.orders.amount"]
    assert [hit.full_name for hit in pg.catalog.search("revenue").items] == ["main.default.orders"]
    assert [hit.full_name for hit in pg.catalog.search("tag:team=blue do").items] == ["main.default.doubled"]
    pg.catalog.rename("main.default.orders", "main.default.purchases")
    assert [hit.name for hit in pg.catalog.search("purch").items] == ["purchases"]
    found = pg.catalog.lineage("doubled", level="column", depth=2)
    assert {(link.source, link.target) for link in found.edges[0].columns} == {
        ("id", "id"),
        ("amount", "twice"),
        ("id", None),
    }
    assert found.edges[0].source == "table:main.default.purchases"
    assert pg.catalog.insights("purchases").reads == 1
    assert len(pg.catalog.openlineage("doubled")) == 1
    assert len(pg.sql("SELECT * FROM system.access.column_lineage").rows()) == 3
    assert [item.text for item in pg.catalog.complete("SELECT * FROM dou").items] == ["doubled"]
