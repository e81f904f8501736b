"""The tree of names, the trash and what screens remember: as the panel asks for them."""

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from mlnb.catalog import metastore as rows
from mlnb.catalog.tables import catalog_tag
from mlnb.core.errors import MlnbError
from mlnb.registry.tables import seen
from mlnb.server.objects import ROUTES as OBJECTS
from mlnb.server.operations import Incoming, perform
from mlnb.server.router import Router
from mlnb.server.status import ROUTES as STATUS
from mlnb.server.tree import ROUTES as TREE

Ask = Callable[..., Any]
ONE = pa.table({"id": [1]})


@pytest.fixture
def ask(ws: Any) -> Ask:
    """Ask a route as the server does; returns the parsed JSON."""
    router = Router([*TREE, *STATUS, *OBJECTS])

    def ask(verb: str, path: str, body: Any = None, **query: Any) -> Any:
        match = router.find(verb, f"/api/1.0/{path}")
        data = b"" if body is None else json.dumps(body).encode()
        sent = Incoming(verb, path, match.params, {key: [str(value)] for key, value in query.items()}, body=data)
        return json.loads(perform(match.route, ws, sent, max_json_bytes=1 << 20).body)

    return ask


def _insert(ws: Any, kind: str, schema: str, *found: str) -> None:
    """Write names as the services of volumes and functions do, without files."""
    catalog, name = schema.split(".")
    with ws.metastore.begin() as connection:
        parent = rows.find_schema(connection, catalog, name)[1]
        assert parent is not None
        for one in found:
            rows.insert(connection, kind, parent.id, f"{schema}.{one}")


@pytest.fixture
def mixed(ws: Any) -> Any:
    ws.catalog.create_schema("main.ml")
    ws.catalog.create_table("main.ml.b", ONE, comment="second")
    ws.catalog.create_table("main.ml.A", ONE)
    ws.catalog.create_view("main.ml.v", "SELECT 1 AS x")
    _insert(ws, "volume", "main.ml", "files")
    _insert(ws, "function", "main.ml", "twice")
    with ws.metastore.begin() as connection:
        for version in (0, 1, 2):
            row = {"name": "main.ml.churn", "version": version, "fingerprint": "f", "seen_ms": 0}
            connection.execute(seen.insert().values(row))
    return ws


def _names(page: Any) -> list[str]:
    return [f"{node['kind']} {node['name']}" for node in page["nodes"]]


ALL = ["table A", "table b", "view v", "volume files", "function twice", "model churn"]


def test_a_schema_shows_all_kinds_tables_first(ask: Ask, mixed: Any) -> None:
    page = ask("GET", "tree", parent="main.ml")
    assert _names(page) == ALL
    assert page["nodes"][1] == {
        "address": "mlnb:table/main.ml.b",
        "name": "b",
        "kind": "table",
        "children": False,
        "comment": "second",
        "num_rows": 1,
    }
    assert page["nodes"][5]["detail"] == "v2"
    schemas = {node["name"]: node for node in ask("GET", "tree", parent="main")["nodes"]}
    assert schemas["ml"]["counts"] == {"table": 3, "volume": 1, "function": 1, "model": 1}
    assert schemas["ml"]["children"] is True
    assert schemas["default"]["children"] is False
    assert "counts" not in schemas["default"]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_pages_join_without_a_gap_across_kinds(ask: Ask, mixed: Any, size: int) -> None:
    found, token = [], None
    for _ in range(10):
        page = ask("GET", "tree", parent="main.ml", max_results=size, **({"page_token": token} if token else {}))
        found += _names(page)
        token = page.get("next_page_token")
        if not token:
            break
    assert found == ALL


def test_one_kind_alone_and_one_part_of_a_name(ask: Ask, mixed: Any) -> None:
    assert _names(ask("GET", "tree", parent="main.ml", kind="model")) == ["model churn"]
    assert _names(ask("GET", "tree", parent="main.ml", kind="table")) == ALL[:3]
    assert _names(ask("GET", "tree", parent="main.ml", filter="W")) == ["function twice"]
    schemas = ask("GET", "tree", parent="main", filter="w")["nodes"]
    assert [(node["name"], node["counts"]) for node in schemas] == [("ml", {"function": 1})]


def test_a_filter_that_is_only_the_schemas_own_name_shows_what_it_has(ask: Ask, mixed: Any) -> None:
    assert _names(ask("GET", "tree", parent="main.ml", filter="ml")) == ALL
    schemas = ask("GET", "tree", parent="main", filter="ml")["nodes"]
    assert [(node["name"], node["counts"]["table"]) for node in schemas] == [("ml", 3)]
    assert ask("GET", "tree", filter="nowhere")["nodes"] == []


def test_certified_objects_have_a_badge_and_odd_names_an_encoded_address(ask: Ask, ws: Any) -> None:
    ws.catalog.create_table("main.default.`50% off`", ONE)
    with ws.metastore.begin() as connection:
        table_id = connection.execute(sa.text("SELECT id FROM catalog_table")).scalar_one()
        row = {"entity_id": table_id, "column_name": "", "key": "system.certification_status", "value": "certified"}
        connection.execute(catalog_tag.insert().values(row | {"updated_by": "ada", "updated_at": 0}))
    (node,) = ask("GET", "tree", parent="main.default")["nodes"]
    assert node["badge"] == "certified"
    assert node["address"] == "mlnb:table/main.default.50%25%20off"


def test_wrong_questions_are_refused(ask: Ask, mixed: Any) -> None:
    token = ask("GET", "tree", parent="main.ml", max_results=1)["next_page_token"]
    for question in (
        {"parent": "main.ml.b"},
        {"parent": "main.nope"},
        {"parent": "main.ml", "page_token": token, "kind": "model"},
        {"parent": "main.ml", "kind": "spoon"},
    ):
        with pytest.raises(MlnbError):
            ask("GET", "tree", **question)


def test_the_trash_lists_what_can_come_back_and_nothing_else(ask: Ask, mixed: Any) -> None:
    catalog = mixed.catalog
    assert ask("GET", "trash") == {"items": []}
    catalog.drop("main.ml.b")
    (item,) = ask("GET", "trash")["items"]
    assert (item["kind"], item["full_name"], item["num_rows"]) == ("table", "main.ml.b", 1)
    assert item["until"] - item["dropped_at"] == 7 * 86_400_000
    catalog.create_table("main.ml.b", ONE)
    assert ask("GET", "trash")["items"] == []  # the name is taken
    catalog.drop("main.ml", kind="schema", cascade=True)
    assert [item["full_name"] for item in ask("GET", "trash")["items"]] == ["main.ml"]
    catalog.undrop("main.ml", kind="schema")
    assert ask("GET", "trash")["items"] == []
    assert _names(ask("GET", "tree", parent="main.ml")) == ALL


def test_screens_remember_small_things_for_a_person(ask: Ask) -> None:
    assert ask("GET", "me/state/pins") == {}
    pins = [{"address": "mlnb:table/main.ml.x"}]
    assert ask("PUT", "me/state/pins", {"value": pins}) == {"value": pins}
    assert ask("GET", "me/state/pins") == {"value": pins}
    with pytest.raises(MlnbError, match="64"):
        ask("PUT", "me/state/pins", {"value": "x" * 70_000})
    assert ask("GET", "me/state/pins") == {"value": pins}


def test_schemas_and_volumes_made_from_the_panel_are_in_the_tree(ask: Ask) -> None:
    ask("POST", "objects", {"kind": "schema", "name": "main.`new one`"})
    made = ask("POST", "objects", {"kind": "volume", "name": "main.`new one`.files"})
    assert made["full_name"] == "main.new one.files"
    assert _names(ask("GET", "tree", parent="main.`new one`")) == ["volume files"]
