"""Routes of search, lineage, insights and completion, as the screens and the platform's client ask them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from mlnb.core.caller import calling
from mlnb.core.errors import InvalidParameterError, NotFoundError
from mlnb.server.discovery import ROUTES as SCREENS
from mlnb.server.lineage_tracking import ROUTES as PLATFORM
from mlnb.server.operations import Incoming, perform
from mlnb.server.router import Router

Ask = Callable[..., Any]
NATIVE = "/api/1.0"
TRACKING = "/api/2.0/lineage-tracking"


@pytest.fixture
def ask(ws: Any) -> Ask:
    """Ask a route as the server does; returns the parsed JSON."""
    ws.catalog.create_table("main.default.orders", pd.DataFrame({"id": [1], "amount": [1.5]}))
    with calling(notebook="a.ipynb", cell_id="c1"):
        ws.sql("CREATE TABLE doubled AS SELECT id, amount * 2 AS twice FROM orders")
    ws.catalog.recorder.flush()
    router = Router([*PLATFORM, *SCREENS])

    def ask(verb: str, path: str, body: Any = None, **query: Any) -> Any:
        match = router.find(verb, path)
        values = {key.replace("__", "."): [str(value)] for key, value in query.items()}
        sent = {"body": json.dumps(body).encode()} if body is not None else {}
        incoming = Incoming(verb, path, match.params, values, **sent)
        return json.loads(perform(match.route, ws, incoming, max_json_bytes=1 << 20).body)

    return ask


def test_search_has_hits_with_addresses(ask: Ask) -> None:
    hits = ask("GET", f"{NATIVE}/search", q="amou", types="table,column")["hits"]
    assert hits == [
        {
            "address": "mlnb:table/main.default.orders?tab=schema&column=amount",
            "kind": "column",
            "name": "amount",
            "full_name": "main.default.orders.amount",
            "where": "main.default.orders",
            "snippet": "⟦amou⟧nt",
            "matched": "column",
        }
    ]
    with pytest.raises(InvalidParameterError):
        ask("GET", f"{NATIVE}/search", q="x", types="tabel")


def test_lineage_is_a_graph_with_columns_and_places(ask: Ask) -> None:
    graph = ask("GET", f"{NATIVE}/lineage/table/main.default.doubled", level="column", direction="upstream")
    assert graph["focus"] == "table:main.default.doubled"
    assert [node["id"] for node in graph["nodes"]] == ["table:main.default.doubled", "table:main.default.orders"]
    (edge,) = graph["edges"]
    assert edge["columns"] == [
        {"source": "id", "target": "id", "kind": "direct"},
        {"source": "amount", "target": "twice", "kind": "transform"},
    ]
    assert edge["by"][0]["name"] == "a.ipynb#c1"
    (event,) = ask("GET", f"{NATIVE}/lineage/table/main.default.doubled/openlineage")
    assert event["outputs"][0]["name"] == "main.default.doubled"


def test_edges_are_drawn_and_taken_away_by_hand(ask: Ask) -> None:
    source = {"kind": "external", "name": "crm/accounts"}
    ask("POST", f"{NATIVE}/lineage", {"source": source, "target": {"name": "main.default.orders"}})
    graph = ask("GET", f"{NATIVE}/lineage/external/crm%2Faccounts")
    assert [(edge["source"], edge["kind"]) for edge in graph["edges"]] == [("external:crm/accounts", "external")]
    ask("DELETE", f"{NATIVE}/lineage", source="external:crm/accounts", target="table:main.default.orders")
    assert ask("GET", f"{NATIVE}/lineage/external/crm%2Faccounts")["edges"] == []


def test_insights_and_completion(ask: Ask) -> None:
    found = ask("GET", f"{NATIVE}/tables/main.default.orders/insights", days=3)
    assert (found["reads"], len(found["per_day"])) == (1, 3)
    made = ask("POST", f"{NATIVE}/complete", {"language": "sql", "text": "SELECT am FROM orders", "cursor": 9})
    assert (made["start"], made["end"], made["items"][0]["text"]) == (7, 9, "amount")
    with pytest.raises(InvalidParameterError):
        ask("POST", f"{NATIVE}/complete", {"language": "sql", "text": "SELECT", "cursor": 99})


def test_the_platforms_lineage_paths(ask: Ask) -> None:
    tables = ask("GET", f"{TRACKING}/table-lineage", table_name="main.default.orders")
    assert [entry["tableInfo"]["name"] for entry in tables["downstreams"]] == ["doubled"]
    assert tables["downstreams"][0]["notebookInfos"] == [{"notebook_id": "a.ipynb", "cell": "c1"}]
    columns = ask("GET", f"{TRACKING}/column-lineage", table_name="main.default.doubled", column_name="twice")
    assert [(column["table_name"], column["name"]) for column in columns["upstream_cols"]] == [("orders", "amount")]
    with pytest.raises(NotFoundError):
        ask("GET", f"{TRACKING}/table-lineage", table_name="main.default.nowhere")


def test_things_outside_and_their_edges_on_the_platforms_paths(ask: Ask) -> None:
    path = f"{TRACKING}/external-metadata"
    ask(
        "POST",
        path,
        {"name": "sales_report", "system_type": "TABLEAU", "entity_type": "dashboard", "columns": ["total"]},
    )
    assert ask("PATCH", f"{path}/sales_report", {"name": "sales_report", "url": "https://x"}, update_mask="url")["url"]
    assert [one["system_type"] for one in ask("GET", path)["external_metadata"]] == ["TABLEAU"]
    edge = {
        "source": {"table": {"name": "main.default.orders"}},
        "target": {"external_metadata": {"name": "sales_report"}},
        "columns": [{"source": "amount", "target": "total"}],
    }
    ask("POST", f"{TRACKING}/external-lineage", edge)
    asked = {"object_info__table__name": "main.default.orders", "lineage_direction": "DOWNSTREAM"}
    (found,) = ask("GET", f"{TRACKING}/external-lineage", **asked)["external_lineage_relationships"]
    assert found["external_metadata_info"]["name"] == "sales_report"
    assert found["external_lineage_info"] == edge
    ask("DELETE", f"{path}/sales_report")
    assert ask("GET", f"{TRACKING}/external-lineage", **asked) == {"external_lineage_relationships": []}
