"""The platform's own client, unmodified, governs the catalog: everything it can say about objects, it can say here."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def errors() -> Any:
    return pytest.importorskip("databricks.sdk.errors")


@pytest.fixture
def schema(seeded: Any, request: pytest.FixtureRequest) -> str:
    """A schema of the test's own with one table."""
    name = f"main.{request.node.name[:40]}"
    seeded.catalog.create_schema(name)
    seeded.catalog.create_table(f"{name}.t", {"id": [1, 2], "ts": [10, 20]})
    return name


def test_a_catalog_is_created_changed_renamed_and_deleted(sdk: Any, errors: Any) -> None:
    made = sdk.catalogs.create("dev", comment="for trying", properties={"a": "1"})
    assert (made.name, made.comment, made.properties) == ("dev", "for trying", {"a": "1"})
    changed = sdk.catalogs.update("dev", comment="ours", owner="grace", new_name="staging")
    assert (changed.name, changed.comment, changed.owner) == ("staging", "ours", "grace")
    sdk.schemas.create("bronze", "staging")
    with pytest.raises(errors.BadRequest, match="not empty"):
        sdk.catalogs.delete("staging")
    sdk.catalogs.delete("staging", force=True)
    with pytest.raises(errors.NotFound):
        sdk.catalogs.get("staging")


def test_a_schema_is_created_changed_listed_over_pages_and_deleted(sdk: Any, errors: Any) -> None:
    for i in range(5):
        sdk.schemas.create(f"leaf{i}", "main", comment=f"number {i}", properties={"n": str(i)})
    found = [item.name for item in sdk.schemas.list("main", max_results=2)]
    assert [name for name in found if name.startswith("leaf")] == [f"leaf{i}" for i in range(5)]
    assert sdk.schemas.update("main.leaf0", new_name="sixth", comment="last").full_name == "main.sixth"
    assert sdk.schemas.get("main.sixth").comment == "last"
    with pytest.raises(errors.ResourceConflict):
        sdk.schemas.create("leaf1", "main")
    for name in ("sixth", "leaf1", "leaf2", "leaf3", "leaf4"):
        sdk.schemas.delete(f"main.{name}")


def test_a_table_is_declared_read_described_summed_up_and_deleted(sdk: Any, seeded: Any, schema: str) -> None:
    from databricks.sdk.service.catalog import ColumnInfo, ColumnTypeName, DataSourceFormat, TableType

    columns = [
        ColumnInfo(name="id", type_text="bigint", type_name=ColumnTypeName.LONG, nullable=False, position=0),
        ColumnInfo(name="tags", type_text="array<string>", type_name=ColumnTypeName.ARRAY, comment="words", position=1),
    ]
    made = sdk.api_client.do(
        "POST",
        "/api/2.1/unity-catalog/tables",
        body={
            "name": "made",
            "catalog_name": "main",
            "schema_name": schema.split(".")[1],
            "table_type": TableType.MANAGED.value,
            "data_source_format": DataSourceFormat.DELTA.value,
            "columns": [column.as_dict() for column in columns],
        },
    )
    assert made["table_type"] == "MANAGED"
    found = sdk.tables.get(f"{schema}.made")
    assert [(c.name, c.type_text, c.nullable, c.comment) for c in found.columns] == [
        ("id", "bigint", False, None),
        ("tags", "array<string>", True, "words"),
    ]
    seeded.catalog.append(f"{schema}.made", [{"id": 1, "tags": ["a"]}])
    names = [s.full_name for s in sdk.tables.list_summaries("main", schema_name_pattern=schema.split(".")[1])]
    assert sorted(names) == [f"{schema}.made", f"{schema}.t"]
    sdk.tables.update(f"{schema}.made", owner="grace")
    assert sdk.tables.get(f"{schema}.made").owner == "grace"
    sdk.tables.delete(f"{schema}.made")
    assert not sdk.tables.exists(f"{schema}.made").table_exists


def test_an_external_table_is_a_delta_table_that_stays_where_it_is(sdk: Any, seeded: Any, schema: str) -> None:
    from databricks.sdk.service.catalog import DataSourceFormat, TableType

    elsewhere = seeded.root / "outside"
    import pyarrow as pa
    from deltalake import write_deltalake

    write_deltalake(str(elsewhere), pa.table({"x": [1, 2, 3]}))
    name = schema.split(".")[1]
    made = sdk.tables.create("ext", "main", name, TableType.EXTERNAL, DataSourceFormat.DELTA, str(elsewhere))
    assert (made.table_type, made.storage_location) == (TableType.EXTERNAL, str(elsewhere))
    assert seeded.sql(f"SELECT sum(x) AS s FROM {schema}.ext").rows() == [{"s": 6}]
    sdk.tables.delete(f"{schema}.ext")
    assert (elsewhere / "_delta_log").is_dir()


def test_a_folder_outside_the_notebooks_cannot_be_named_over_rest(
    sdk: Any, errors: Any, schema: str, tmp_path: Any
) -> None:
    from databricks.sdk.service.catalog import DataSourceFormat, TableType

    with pytest.raises(errors.PermissionDenied, match="outside"):
        sdk.tables.create(
            "ext", "main", schema.split(".")[1], TableType.EXTERNAL, DataSourceFormat.DELTA, str(tmp_path)
        )


def test_a_key_with_a_time_column_is_recorded_and_taken_away(sdk: Any, errors: Any, seeded: Any, schema: str) -> None:
    from databricks.sdk.service.catalog import PrimaryKeyConstraint, TableConstraint

    key = PrimaryKeyConstraint(name="t_pk", child_columns=["id", "ts"], timeseries_columns=["ts"])
    sdk.table_constraints.create(f"{schema}.t", TableConstraint(primary_key_constraint=key))
    info = seeded.catalog.info(f"{schema}.t")
    assert (info.primary_key, info.timeseries) == (["id", "ts"], "ts")
    found = sdk.tables.get(f"{schema}.t").table_constraints[0].primary_key_constraint
    assert (found.child_columns, found.timeseries_columns) == (["id", "ts"], ["ts"])
    with pytest.raises(errors.NotFound):
        sdk.table_constraints.delete(f"{schema}.t", "other", cascade=False)
    sdk.table_constraints.delete(f"{schema}.t", "t_pk", cascade=False)
    assert seeded.catalog.info(f"{schema}.t").primary_key == []
    wrong = PrimaryKeyConstraint(name="t_pk", child_columns=["idd"])
    with pytest.raises(errors.BadRequest, match="idd"):
        sdk.table_constraints.create(f"{schema}.t", TableConstraint(primary_key_constraint=wrong))


def test_grants_are_given_inherited_and_revoked(sdk: Any, schema: str) -> None:
    from databricks.sdk.service.catalog import PermissionsChange, Privilege

    give = PermissionsChange(principal="grace", add=[Privilege.SELECT, Privilege.USE_SCHEMA])
    sdk.grants.update("SCHEMA", schema, changes=[give])
    found = sdk.grants.get("schema", schema).privilege_assignments
    assert {(a.principal, tuple(sorted(p.value for p in a.privileges))) for a in found} == {
        ("grace", ("SELECT", "USE_SCHEMA"))
    }
    effective = sdk.grants.get_effective("table", f"{schema}.t", principal="grace").privilege_assignments
    inherited = {p.privilege: (p.inherited_from_type.value, p.inherited_from_name) for p in effective[0].privileges}
    assert inherited[Privilege.SELECT] == ("SCHEMA", schema)
    sdk.grants.update("schema", schema, changes=[PermissionsChange(principal="grace", remove=[Privilege.SELECT])])
    left = sdk.grants.get("schema", schema).privilege_assignments
    assert [p.value for p in left[0].privileges] == ["USE_SCHEMA"]


def test_tags_of_tables_and_columns_are_set_listed_changed_and_removed(sdk: Any, errors: Any, schema: str) -> None:
    from databricks.sdk.service.catalog import EntityTagAssignment

    tags = sdk.entity_tag_assignments
    tags.create(EntityTagAssignment(entity_name=f"{schema}.t", entity_type="tables", tag_key="domain", tag_value="air"))
    tags.create(EntityTagAssignment(entity_name=f"{schema}.t.id", entity_type="columns", tag_key="pii"))
    assert [(t.tag_key, t.tag_value) for t in tags.list("tables", f"{schema}.t")] == [("domain", "air")]
    assert [t.tag_key for t in tags.list("columns", f"{schema}.t.id")] == ["pii"]
    change = EntityTagAssignment(entity_name=f"{schema}.t", entity_type="tables", tag_key="domain", tag_value="sea")
    tags.update("tables", f"{schema}.t", "domain", change, update_mask="tag_value")
    assert tags.get("tables", f"{schema}.t", "domain").tag_value == "sea"
    tags.delete("tables", f"{schema}.t", "domain")
    with pytest.raises(errors.NotFound):
        tags.get("tables", f"{schema}.t", "domain")


def test_volumes_and_their_files(sdk: Any, schema: str) -> None:
    import io

    from databricks.sdk.service.catalog import VolumeType

    name = schema.split(".")[1]
    made = sdk.volumes.create("main", name, "raw", VolumeType.MANAGED, comment="files")
    assert made.full_name == f"{schema}.raw"
    path = f"/Volumes/main/{name}/raw/a folder/é.csv"
    sdk.files.upload(path, io.BytesIO(b"a,b\n1,2\n"), overwrite=True)
    assert sdk.files.download(path).contents.read() == b"a,b\n1,2\n"
    assert [entry.path for entry in sdk.files.list_directory_contents(f"/Volumes/main/{name}/raw/a folder")] == [path]
    assert sdk.volumes.update(f"{schema}.raw", new_name="files").name == "files"
    assert [v.name for v in sdk.volumes.list("main", name)] == ["files"]
    sdk.volumes.delete(f"{schema}.files")


def test_functions_are_created_read_and_deleted(sdk: Any, seeded: Any, schema: str) -> None:
    body = {
        "name": "half",
        "catalog_name": "main",
        "schema_name": schema.split(".")[1],
        "input_params": {
            "parameters": [{"name": "x", "type_text": "double", "type_name": "DOUBLE", "type_json": "", "position": 0}]
        },
        "data_type": "DOUBLE",
        "full_data_type": "DOUBLE",
        "routine_body": "SQL",
        "routine_definition": "x / 2",
        "parameter_style": "S",
        "is_deterministic": True,
        "sql_data_access": "CONTAINS_SQL",
        "is_null_call": False,
        "security_type": "DEFINER",
        "specific_name": "half",
    }
    sdk.api_client.do("POST", "/api/2.1/unity-catalog/functions", body={"function_info": body})
    found = sdk.functions.get(f"{schema}.half")
    assert (found.routine_definition, found.input_params.parameters[0].name) == ("x / 2", "x")
    assert [f.name for f in sdk.functions.list("main", schema.split(".")[1])] == ["half"]
    assert seeded.sql(f"SELECT {schema}.half(3) AS h").rows() == [{"h": 1.5}]
    sdk.functions.delete(f"{schema}.half")


def test_there_is_one_metastore_with_a_stable_id(sdk: Any) -> None:
    summary, current = sdk.metastores.summary(), sdk.metastores.current()
    assert summary.metastore_id == current.metastore_id
    assert current.default_catalog_name == "main"


def test_temporary_credentials_say_where_a_table_lies(sdk: Any, errors: Any, schema: str) -> None:
    from databricks.sdk.service.catalog import TableOperation

    info = sdk.tables.get(f"{schema}.t")
    api = sdk.temporary_table_credentials
    found = api.generate_temporary_table_credentials(table_id=info.table_id, operation=TableOperation.READ)
    assert found.url == info.storage_location
    with pytest.raises(errors.NotFound):
        api.generate_temporary_table_credentials(table_id="none", operation=TableOperation.READ)
