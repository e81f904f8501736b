"""Clients that nobody here wrote browse and read the catalog, each in an environment of its own: the open client and polars."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.environments import environment, run

_OPEN = """
import json, os
from unitycatalog.client import ApiClient, Configuration, CatalogsApi, SchemasApi, TablesApi, VolumesApi, FunctionsApi, GrantsApi
from unitycatalog.client import MetastoresApi, TemporaryCredentialsApi
from unitycatalog.client import models as m
import asyncio

async def main():
    async with ApiClient(Configuration(host=os.environ["HOST"] + "/oss/api/2.1/unity-catalog")) as api:
        api.default_headers["Authorization"] = "Bearer " + os.environ["TOKEN"]
        out = {}
        await CatalogsApi(api).create_catalog(m.CreateCatalog(name="open", comment="c"))
        await CatalogsApi(api).update_catalog("open", m.UpdateCatalog(comment="changed"))
        out["catalog"] = (await CatalogsApi(api).get_catalog("open")).comment
        out["catalogs"] = [c.name for c in (await CatalogsApi(api).list_catalogs()).catalogs]
        await SchemasApi(api).create_schema(m.CreateSchema(name="s", catalog_name="open"))
        await SchemasApi(api).update_schema("open.s", m.UpdateSchema(comment="s"))
        out["schemas"] = [s.full_name for s in (await SchemasApi(api).list_schemas("open")).schemas]
        column = m.ColumnInfo(name="id", type_name="LONG", type_text="bigint", position=0, nullable=True,
            type_json=json.dumps({"name": "id", "type": "long", "nullable": True, "metadata": {}}))
        await TablesApi(api).create_table(m.CreateTable(name="ext", catalog_name="open", schema_name="s", columns=[column],
            table_type="EXTERNAL", data_source_format="DELTA", storage_location=os.environ["FOLDER"]))
        found = await TablesApi(api).get_table("main.ml.rows")
        out["columns"] = [(c.name, c.type_name.value, c.type_text) for c in found.columns]
        out["tables"] = [t.name for t in (await TablesApi(api).list_tables("open", "s")).tables]
        out["views"] = [t.name for t in (await TablesApi(api).list_tables("main", "ml")).tables if t.table_type == m.TableType.VIEW]
        credentials = await TemporaryCredentialsApi(api).generate_temporary_table_credentials(
            m.GenerateTemporaryTableCredential(table_id=found.table_id, operation="READ"))
        out["where"] = [credentials.url, found.storage_location]
        await VolumesApi(api).create_volume(m.CreateVolumeRequestContent(catalog_name="open", schema_name="s", name="v",
            volume_type="EXTERNAL", storage_location=os.environ["FOLDER"] + "-files"))
        out["volumes"] = [v.full_name for v in (await VolumesApi(api).list_volumes("open", "s")).volumes]
        await VolumesApi(api).delete_volume("open.s.v")
        parameter = m.FunctionParameterInfo(name="x", type_text="double", type_json='"double"', type_name="DOUBLE", position=0)
        await FunctionsApi(api).create_function(m.CreateFunctionRequest(function_info=m.CreateFunction(name="twice", catalog_name="open",
            schema_name="s", input_params=m.FunctionParameterInfos(parameters=[parameter]), data_type="DOUBLE", full_data_type="DOUBLE",
            routine_body="SQL", routine_definition="x * 2", parameter_style="S", is_deterministic=True, sql_data_access="CONTAINS_SQL",
            is_null_call=False, security_type="DEFINER", specific_name="twice")))
        out["functions"] = [f.full_name for f in (await FunctionsApi(api).list_functions("open", "s")).functions]
        out["refused"] = []
        for privilege in m.Privilege:
            for kind, name in (("metastore", "metastore"), ("catalog", "open"), ("schema", "open.s"), ("table", "open.s.ext")):
                try:
                    await GrantsApi(api).update(kind, name, m.UpdatePermissions(changes=[
                        m.PermissionsChange(principal="grace", add=[privilege], remove=[])]))
                    break
                except Exception:
                    continue
            else:
                out["refused"].append(privilege.value)
        got = await GrantsApi(api).get("catalog", "open")
        out["grants"] = sorted(p.value for a in got.privilege_assignments for p in a.privileges)
        out["metastore"] = bool((await MetastoresApi(api).summary()).metastore_id)
        await TablesApi(api).delete_table("open.s.ext")
        await CatalogsApi(api).delete_catalog("open", force=True)
        print(json.dumps(out))

asyncio.run(main())
"""

_POLARS = """
import json, os
import polars as pl
catalog = pl.Catalog(os.environ["HOST"], bearer_token=os.environ["TOKEN"], require_https=False)
out = {}
catalog.create_catalog("pola")
out["catalogs"] = [c.name for c in catalog.list_catalogs()]
catalog.create_namespace("pola", "s")
out["namespaces"] = [n.name for n in catalog.list_namespaces("pola")]
out["tables"] = [t.name for t in catalog.list_tables("main", "ml")]
info = catalog.get_table_info("main", "ml", "rows")
out["columns"] = [c.name for c in info.columns]
frame = catalog.scan_table("main", "ml", "rows").collect()
out["rows"] = frame.sort("id")["id"].to_list()
catalog.delete_namespace("pola", "s")
catalog.delete_catalog("pola")
out["after"] = [c.name for c in catalog.list_catalogs()]
print(json.dumps(out))
"""


@pytest.fixture
def rows(seeded: Any) -> Any:
    if not seeded.catalog.exists("main.ml.rows"):
        seeded.catalog.create_schema("main.ml", if_not_exists=True)
        seeded.catalog.create_table("main.ml.rows", {"id": [1, 2, 3], "name": ["a", "b", "ü"]})
        seeded.catalog.create_view("main.ml.early", "SELECT * FROM main.ml.rows WHERE id < 3")
    return seeded


def test_the_open_client_creates_lists_and_reads_what_it_knows(lab: Any, rows: Any) -> None:
    python = environment("unitycatalog-client==0.7.0")
    out = json.loads(run(python, _OPEN, HOST=lab.host, TOKEN=lab.token, FOLDER=str(rows.root / "open-client")))
    assert out["catalog"] == "changed"
    assert "open" in out["catalogs"]
    assert "open.s" in out["schemas"]
    assert out["columns"] == [["id", "LONG", "bigint"], ["name", "STRING", "string"]]
    assert (out["tables"], out["views"]) == (["ext"], ["early"])
    assert out["where"][0] == out["where"][1]
    assert (out["volumes"], out["functions"]) == (["open.s.v"], ["open.s.twice"])
    assert {"USE CATALOG", "CREATE SCHEMA"} <= set(out["grants"])
    # External locations and storage credentials are not kept here, so nothing can be granted on them.
    assert [p for p in out["refused"] if "EXTERNAL" not in p and "STORAGE" not in p and "FILES" not in p] == []
    assert out["metastore"]


def test_polars_lists_creates_and_scans(lab: Any, rows: Any) -> None:
    python = environment("polars==2.1.0", "deltalake==1.6.6")
    out = json.loads(run(python, _POLARS, HOST=lab.host, TOKEN=lab.token))
    assert "pola" in out["catalogs"]
    assert "pola" not in out["after"]
    assert "s" in out["namespaces"]
    assert {"early", "rows"} <= set(out["tables"])
    assert (out["columns"], out["rows"]) == (["id", "name"], [1, 2, 3])
