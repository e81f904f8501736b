"""Comments, tags, grants, volumes and functions on PostgreSQL behave as on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mlnb.catalog.errors import NameTakenError
from mlnb.core.caller import Caller, calling
from mlnb.core.errors import PermissionDeniedError


@pytest.fixture
def pg(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A workspace whose metastore is PostgreSQL."""
    from mlnb.door import Workspace

    monkeypatch.setenv("MLNB_METASTORE_URL", postgres_url)
    monkeypatch.setenv("MLNB_USER", "ada")
    workspace = Workspace(tmp_path / ".mlnb")
    yield workspace
    workspace.close()


def test_governance_on_postgresql(pg: Any) -> None:
    cat, orders = pg.catalog, "main.default.orders"
    cat.create_table(orders, pa.table({"id": [1, 2]}))
    cat.set_comment(orders, "all", expected="")
    cat.set_comment(orders, "key", column="ID")
    cat.set_tag(orders, "domain", "sales")
    cat.set_tag(orders, "domain", "finance")
    cat.certify(orders, "certified")
    about = cat.object_info(orders)
    assert (about.comment, about.certification) == ("all", "certified")
    assert {(tag.key, tag.value) for tag in about.tags} == {
        ("domain", "finance"),
        ("system.certification_status", "certified"),
    }
    with calling(Caller("bob", source="rest")), pytest.raises(PermissionDeniedError):
        cat.read(orders)
    cat.grant("main", "bob", "USE CATALOG", "USE SCHEMA")
    cat.grant(orders, "bob", "SELECT")
    with calling(Caller("bob", source="rest")):
        assert len(cat.read(orders)) == 2
        assert [table.name for table in cat.tables("main.default").items] == ["orders"]
        assert cat.volumes("main.default").items == []
    assert [grant.privilege for grant in cat.grants(orders, principal="bob", effective=True)] == ["SELECT"]
    volume = cat.create_volume("main.default.files")
    with pytest.raises(NameTakenError):
        cat.create_volume("main.default.FILES")
    cat.write_file(f"{volume.path}/a", b"x")
    assert cat.read_file(f"{volume.path}/a") == b"x"
    cat.create_function("(x INT) RETURNS INT RETURN x + 1", "main.default.f")
    cat.create_function("(x INT) RETURNS INT RETURN x + 2", "main.default.f", replace=True)
    assert cat.sql("SELECT main.default.f(1) AS x").rows() == [{"x": 3}]
    assert cat.sql("SELECT count(*) AS n FROM system.access.audit WHERE action_name = 'createFunction'").rows() == [
        {"n": 1}
    ]
