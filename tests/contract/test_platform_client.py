"""The platform's own client, unmodified, against a real Jupyter server behind a path prefix."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from typing import Any

import pytest


@pytest.fixture
def tables(seeded: Any) -> Any:
    """Two schemas and a few tables, written as a kernel would; once for the whole module."""
    import pandas as pd

    if not seeded.catalog.exists("main.ml.flights"):
        frame = pd.DataFrame({"origin": ["JFK", "LGA"], "delay": [3.5, -1.0], "n": [1, 2]})
        for name in ("main.ml", "main.pages"):
            seeded.catalog.create_schema(name, if_not_exists=True)
        seeded.catalog.write("main.ml.flights", frame)
        for i in range(7):
            seeded.catalog.write(f"main.pages.t{i}", frame)
    return seeded


def test_catalogs_schemas_and_tables_are_listed_and_read(sdk: Any, tables: Any) -> None:
    assert "main" in [catalog.name for catalog in sdk.catalogs.list()]
    assert sdk.catalogs.get("main").name == "main"
    assert {"ml", "pages"} <= {schema.name for schema in sdk.schemas.list("main")}
    assert sdk.schemas.get("main.ml").full_name == "main.ml"
    found = sdk.tables.get("main.ml.flights")
    assert (found.catalog_name, found.schema_name, found.name) == ("main", "ml", "flights")
    assert found.table_type.value == "MANAGED"
    assert found.data_source_format.value == "DELTA"
    assert [(column.name, column.type_text) for column in found.columns] == [
        ("origin", "string"),
        ("delay", "double"),
        ("n", "bigint"),
    ]
    assert sdk.tables.exists("main.ml.flights").table_exists is True
    assert sdk.tables.exists("main.ml.nothing").table_exists is False


def test_a_list_comes_in_pages_and_ends(sdk: Any, tables: Any) -> None:
    names = [table.name for table in sdk.tables.list("main", "pages", max_results=3)]
    assert sorted(names) == [f"t{i}" for i in range(7)]
    # 0 is what the client sends for "your default"
    assert len(list(sdk.tables.list("main", "pages", max_results=0))) == 7


def test_the_tables_are_readable_where_the_client_is_told(sdk: Any, tables: Any) -> None:
    from deltalake import DeltaTable

    location = sdk.tables.get("main.ml.flights").storage_location
    assert DeltaTable(location).to_pyarrow_table().num_rows == 2


def test_a_missing_thing_raises_the_clients_own_class(sdk: Any, tables: Any) -> None:
    from databricks.sdk.errors import InvalidParameterValue, NotFound, NotImplemented

    with pytest.raises(NotFound, match="nothing"):
        sdk.tables.get("main.ml.nothing")
    with pytest.raises(NotFound):
        sdk.schemas.get("main.nothing")
    with pytest.raises(NotImplemented) as caught:
        list(sdk.clusters.list())
    details = caught.value.get_error_info()
    assert details
    assert "cluster" in details[0].metadata["hint"]
    with pytest.raises(InvalidParameterValue):
        list(sdk.tables.list("main", "pages", page_token="damaged"))


def test_a_wrong_token_is_unauthenticated(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.errors import Unauthenticated

    client = WorkspaceClient(host=lab.host, token="wrong", auth_type="pat")
    with pytest.raises(Unauthenticated):
        list(client.catalogs.list())


def test_the_first_call_warns_of_nothing(lab: Any, tables: Any, tmp_path: Any) -> None:
    code = (
        "import logging; logging.basicConfig(level=logging.WARNING)\n"
        "from databricks.sdk import WorkspaceClient\n"
        f"w = WorkspaceClient(host={lab.host!r}, token={lab.token!r}, auth_type='pat')\n"
        "print([c.name for c in w.catalogs.list()])"
    )
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "DATABRICKS_CONFIG_FILE": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert "'main'" in done.stdout, done.stderr
    assert done.stderr == ""


def test_the_specification_is_served_to_generators(lab: Any) -> None:
    request = urllib.request.Request(f"{lab.host}/openapi.json", headers={"Authorization": f"Bearer {lab.token}"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        assert b'"openapi": "3.1.0"' in answer.read()
