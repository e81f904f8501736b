"""Lineage of what happens: statements, reads and writes of a cell, views, files, edges drawn by hand; on real tables."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pandas as pd
import pytest

from mlnb.catalog.errors import TableNotFoundError
from mlnb.core.caller import calling
from mlnb.core.errors import InvalidParameterError, NotFoundError


@pytest.fixture
def shop(ws: Any) -> Any:
    """A workspace with orders and customers."""
    ws.catalog.create_schema("main.shop")
    ws.catalog.create_table("main.shop.orders", pd.DataFrame({"id": [1, 2], "customer": [7, 8], "amount": [1.5, 2.5]}))
    ws.catalog.create_table("main.shop.customers", pd.DataFrame({"id": [7, 8], "city": ["Bonn", "Ulm"]}))
    return ws


def edges(graph: Any) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.edges}


def columns(graph: Any, source: str, target: str) -> set[tuple[str, str | None, str]]:
    edge = next(e for e in graph.edges if (e.source, e.target) == (source, target))
    return {(link.source, link.target, link.kind) for link in edge.columns}


def test_a_statement_leaves_its_edges_with_columns(shop: Any) -> None:
    with calling(notebook="a.ipynb", cell_id="c1"):
        shop.sql(
            "CREATE TABLE main.shop.by_city AS SELECT c.city, sum(o.amount) AS total FROM main.shop.orders o "
            "JOIN main.shop.customers c ON o.customer = c.id GROUP BY c.city"
        )
    shop.catalog.recorder.flush()
    found = shop.catalog.lineage("main.shop.by_city", direction="upstream", level="column")
    assert edges(found) == {
        ("table:main.shop.orders", "table:main.shop.by_city"),
        ("table:main.shop.customers", "table:main.shop.by_city"),
    }
    assert columns(found, "table:main.shop.orders", "table:main.shop.by_city") == {
        ("amount", "total", "transform"),
        ("customer", None, "indirect"),
    }
    assert found.edges[0].by[0].name == "a.ipynb#c1"
    only = shop.catalog.lineage("main.shop.by_city", column="city")
    assert edges(only) == {("table:main.shop.customers", "table:main.shop.by_city")}


def test_insert_merge_and_a_second_run_add_to_what_is_known(shop: Any) -> None:
    shop.sql("CREATE TABLE main.shop.copy AS SELECT * FROM main.shop.orders")
    shop.sql("INSERT INTO main.shop.copy SELECT id, customer, amount * 2 FROM main.shop.orders")
    shop.catalog.recorder.flush()
    found = shop.catalog.lineage("main.shop.orders", direction="downstream", level="column")
    assert [edge.count for edge in found.edges] == [2]
    assert ("amount", "amount", "transform") in columns(found, "table:main.shop.orders", "table:main.shop.copy")


def test_lineage_survives_a_new_name_and_says_when_a_table_is_gone(shop: Any) -> None:
    shop.sql("CREATE TABLE main.shop.copy AS SELECT * FROM main.shop.orders")
    shop.catalog.recorder.flush()
    shop.catalog.rename("main.shop.copy", "main.shop.archive")
    assert edges(shop.catalog.lineage("main.shop.archive")) == {("table:main.shop.orders", "table:main.shop.archive")}
    shop.catalog.drop("main.shop.orders")
    upstream = shop.catalog.lineage("main.shop.archive").nodes
    assert [node.dropped for node in upstream if node.name == "main.shop.orders"] == [True]


def test_a_write_is_connected_with_the_reads_before_it_in_the_same_cell(shop: Any) -> None:
    with calling(notebook="a.ipynb", cell_id="c1", request_id="one"):
        frame = shop.catalog.read("main.shop.orders", columns=["id", "amount"])
        shop.catalog.write("main.shop.out", frame)
    with calling(notebook="a.ipynb", cell_id="c2", request_id="two"):
        shop.catalog.read("main.shop.customers")
    with calling(notebook="a.ipynb", cell_id="c3", request_id="three"):
        shop.catalog.append("main.shop.out", pd.DataFrame({"id": [9], "amount": [1.0]}))
    found = shop.catalog.lineage("main.shop.out", level="column")
    assert edges(found) == {("table:main.shop.orders", "table:main.shop.out")}
    assert columns(found, "table:main.shop.orders", "table:main.shop.out") == {
        ("id", "id", "inferred"),
        ("amount", "amount", "inferred"),
    }
    assert found.edges[0].kind == "inferred"


def test_what_a_statement_reads_is_not_taken_for_the_source_of_the_next_write(shop: Any) -> None:
    with calling(notebook="a.ipynb", cell_id="c1", request_id="one"):
        shop.sql("CREATE TABLE main.shop.a AS SELECT * FROM main.shop.orders")
        shop.catalog.write("main.shop.b", pd.DataFrame({"id": [1]}))
    shop.catalog.recorder.flush()
    assert edges(shop.catalog.lineage("main.shop.b")) == set()
    assert edges(shop.catalog.lineage("main.shop.a")) == {("table:main.shop.orders", "table:main.shop.a")}


def test_a_view_comes_from_its_tables_until_it_is_defined_anew(shop: Any) -> None:
    shop.catalog.create_view("main.shop.v", "SELECT id, amount * 2 AS twice FROM main.shop.orders")
    found = shop.catalog.lineage("main.shop.v", level="column")
    assert columns(found, "table:main.shop.orders", "view:main.shop.v") == {
        ("id", "id", "direct"),
        ("amount", "twice", "transform"),
    }
    shop.catalog.create_view("main.shop.v", "SELECT city FROM main.shop.customers", replace=True)
    assert edges(shop.catalog.lineage("main.shop.v")) == {("table:main.shop.customers", "view:main.shop.v")}


def test_hops_are_counted_and_followed_one_at_a_time(shop: Any) -> None:
    for before, after in (("orders", "a"), ("a", "b"), ("b", "c")):
        shop.sql(f"CREATE TABLE main.shop.{after} AS SELECT * FROM main.shop.{before}")
    shop.catalog.recorder.flush()
    one = shop.catalog.lineage("main.shop.b")
    more = {node.name: (node.more.upstream, node.more.downstream) for node in one.nodes}
    assert more == {"main.shop.a": (1, 0), "main.shop.b": (0, 0), "main.shop.c": (0, 0)}
    two = shop.catalog.lineage("main.shop.c", depth=3, direction="upstream", column="amount")
    assert len(two.edges) == 3
    shown = shop.catalog.lineage("main.shop.b", processes=True)
    assert {node.kind for node in shown.nodes} == {"table", "query"}
    assert len(shown.edges) == 4


def test_edges_by_hand_connect_what_is_outside(shop: Any) -> None:
    shop.catalog.add_lineage("external:crm.accounts", "main.shop.customers", columns={"town": "city"})
    found = shop.catalog.lineage("main.shop.customers", level="column")
    assert columns(found, "external:crm.accounts", "table:main.shop.customers") == {("town", "city", "direct")}
    assert found.edges[0].kind == "external"
    assert edges(shop.catalog.lineage("crm.accounts", kind="external")) == edges(found)
    shop.catalog.remove_lineage("external:crm.accounts", "main.shop.customers")
    assert edges(shop.catalog.lineage("main.shop.customers")) == set()


def test_bad_questions_are_refused_with_a_hint_and_change_nothing(shop: Any) -> None:
    before = shop.journal.last_id()
    with pytest.raises(TableNotFoundError, match=r"main\.shop\.order"):
        shop.catalog.lineage("main.shop.order")
    with pytest.raises(NotFoundError, match="no column"):
        shop.catalog.lineage("main.shop.orders", column="amout")
    with pytest.raises(InvalidParameterError, match="direction"):
        shop.catalog.lineage("main.shop.orders", direction="sideways")
    with pytest.raises(NotFoundError):
        shop.catalog.add_lineage("external:x", "main.shop.orders", columns={"a": "nowhere"})
    with pytest.raises(NotFoundError):
        shop.catalog.remove_lineage("main.shop.customers", "main.shop.orders")
    assert shop.journal.last_id() == before


def test_runs_versions_endpoints_and_monitors_are_nodes(shop: Any) -> None:
    from mlnb.registry.tables import seen
    from mlnb.training.records import run_data, run_sessions

    with shop.metastore.begin() as connection:
        session = dict.fromkeys(("pid", "process_created", "started_at", "heartbeat_at"), 0)
        session |= dict.fromkeys(("experiment_id", "mode", "host", "boot_id", "state"), "x")
        connection.execute(run_sessions.insert().values(run_id="r1", notebook_path="train.ipynb", **session))
        for direction, name in (("read", "main.shop.orders"), ("written", "main.shop.customers")):
            values = {"kind": "table", "name": name, "version": 0, "holdout": "none", "observed": True}
            connection.execute(run_data.insert().values(run_id="r1", direction=direction, **values))
        connection.execute(
            seen.insert().values(name="main.ml.churn", version=1, fingerprint="f", run_id="r1", seen_ms=1)
        )
    found = shop.catalog.lineage("main.shop.orders", direction="downstream", depth=2)
    assert edges(found) == {
        ("table:main.shop.orders", "run:r1"),
        ("run:r1", "table:main.shop.customers"),
        ("run:r1", "model_version:main.ml.churn/1"),
    }
    nodes = {node.id: node for node in found.nodes}
    assert nodes["model_version:main.ml.churn/1"].address == "mlnb:version/main.ml.churn/1"
    assert nodes["run:r1"].detail == "run in train.ipynb"
    shop.catalog.rename("main.shop.orders", "main.shop.purchases")
    again = shop.catalog.lineage("main.ml.churn/1", kind="model_version", depth=2, direction="upstream")
    assert ("table:main.shop.purchases", "run:r1") in edges(again)
    assert [node.dropped for node in again.nodes] == [False] * 3
    assert ("table:main.shop.purchases", "run:r1") in edges(shop.catalog.lineage("main.shop.purchases"))


def test_system_tables_tell_lineage_in_sql(shop: Any) -> None:
    shop.sql("CREATE TABLE main.shop.copy AS SELECT id, amount * 2 AS twice FROM main.shop.orders")
    shop.catalog.recorder.flush()
    rows = shop.sql(
        "SELECT source_table_full_name, target_table_name, entity_type FROM system.access.table_lineage"
    ).rows()
    assert rows == [{"source_table_full_name": "main.shop.orders", "target_table_name": "copy", "entity_type": "QUERY"}]
    found = shop.sql(
        "SELECT source_column_name, target_column_name FROM system.access.column_lineage ORDER BY ALL"
    ).rows()
    assert [tuple(row.values()) for row in found] == [("amount", "twice"), ("id", "id")]


def test_openlineage_events_have_inputs_outputs_and_columns(shop: Any) -> None:
    with calling(notebook="a.ipynb", cell_id="c1"):
        shop.sql("CREATE TABLE main.shop.copy AS SELECT amount * 2 AS twice FROM main.shop.orders WHERE id > 1")
    shop.catalog.recorder.flush()
    (event,) = shop.catalog.openlineage("main.shop.copy")
    assert (event["eventType"], event["job"]["name"]) == ("COMPLETE", "notebook:a.ipynb#c1")
    assert [item["name"] for item in event["inputs"]] == ["main.shop.orders"]
    facet = event["outputs"][0]["facets"]["columnLineage"]
    assert [field["field"] for field in facet["fields"]["twice"]["inputFields"]] == ["amount"]
    assert [(field["field"], field["transformations"][0]["type"]) for field in facet["dataset"]] == [("id", "INDIRECT")]
    assert shop.catalog.openlineage() == [event]


def test_events_go_to_a_file_and_wait_for_a_receiver_that_does_not_answer(shop: Any, tmp_path: Any) -> None:
    shop.catalog.settings = shop.catalog.settings.model_copy(update={"openlineage_url": str(tmp_path / "out.jsonl")})
    shop.sql("CREATE TABLE main.shop.a AS SELECT * FROM main.shop.orders")
    shop.catalog.recorder.flush()
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 1
    shop.catalog.settings = shop.catalog.settings.model_copy(update={"openlineage_url": "http://127.0.0.1:9/none"})
    for name in ("b", "c"):
        shop.sql(f"CREATE TABLE main.shop.{name} AS SELECT * FROM main.shop.orders")
    shop.catalog.recorder.flush()
    assert len((shop.path / "openlineage.waiting.jsonl").read_text().splitlines()) == 2
    received: list[bytes] = []
    with receiver(received) as url:
        shop.catalog.settings = shop.catalog.settings.model_copy(update={"openlineage_url": url})
        shop.sql("CREATE TABLE main.shop.d AS SELECT * FROM main.shop.orders")
        shop.catalog.recorder.flush()
    assert len(received) == 3
    assert (shop.path / "openlineage.waiting.jsonl").read_text() == ""


@contextmanager
def receiver(received: list[bytes]) -> Iterator[str]:
    """Serve an address that takes events."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api/v1/lineage"
        server.shutdown()
        thread.join()


def test_rows_of_a_query_written_through_python_keep_its_columns(shop: Any) -> None:
    with calling(notebook="a.ipynb", cell_id="c1", request_id="one"):
        shop.catalog.read("main.shop.customers")
        shop.sql("SELECT amount * 2 AS twice FROM main.shop.orders").write("main.shop.out")
    found = shop.catalog.lineage("main.shop.out", level="column")
    assert edges(found) == {("table:main.shop.orders", "table:main.shop.out")}
    assert columns(found, "table:main.shop.orders", "table:main.shop.out") == {("amount", "twice", "transform")}


def test_a_frame_remembers_its_table_in_a_later_cell(shop: Any) -> None:
    with calling(notebook="a.ipynb", cell_id="c1", request_id="one"):
        frame = shop.catalog.read("main.shop.orders")
    with calling(notebook="a.ipynb", cell_id="c2", request_id="two"):
        shop.catalog.write("main.shop.out", frame[frame["amount"] > 2])
    found = shop.catalog.lineage("main.shop.out")
    assert edges(found) == {("table:main.shop.orders", "table:main.shop.out")}
    assert found.edges[0].by[0].name == "a.ipynb#c2"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "MERGE WITH SCHEMA EVOLUTION INTO main.shop.t USING main.shop.orders o ON t.id = o.id WHEN MATCHED THEN "
            "UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
            {
                ("amount", "amount", "direct"),
                ("customer", "customer", "direct"),
                ("id", "id", "direct"),
                ("id", None, "indirect"),
            },
        ),
        (
            "INSERT INTO main.shop.t SELECT id, amount FROM main.shop.orders",
            {("id", "id", "direct"), ("amount", "amount", "direct")},
        ),
        (
            "INSERT OVERWRITE main.shop.t SELECT id, amount FROM main.shop.orders",
            {("id", "id", "direct"), ("amount", "amount", "direct")},
        ),
        ("DELETE FROM main.shop.t WHERE id IN (SELECT id FROM main.shop.orders)", {("id", None, "indirect")}),
        (
            "UPDATE main.shop.t SET amount = 0 WHERE id IN (SELECT id FROM main.shop.orders)",
            {("id", None, "indirect")},
        ),
    ],
)
def test_statements_that_change_rows_leave_their_edges(shop: Any, statement: str, expected: set[Any]) -> None:
    shop.catalog.create_table("main.shop.t", pd.DataFrame({"id": [1], "amount": [0.5]}))
    shop.sql(statement)
    found = shop.catalog.lineage("main.shop.t", level="column")
    assert columns(found, "table:main.shop.orders", "table:main.shop.t") == expected


def test_what_a_caller_may_not_see_is_left_out(shop: Any) -> None:
    shop.sql("CREATE TABLE main.shop.secret AS SELECT * FROM main.shop.orders")
    shop.sql("CREATE TABLE main.shop.open AS SELECT * FROM main.shop.orders")
    for name in ("main.shop.orders", "main.shop.open"):
        shop.catalog.grant(name, "bob", "BROWSE", kind="table")
    assert len(shop.catalog.lineage("main.shop.orders").edges) == 2
    with calling(principal="bob", source="rest"):
        assert edges(shop.catalog.lineage("main.shop.orders")) == {("table:main.shop.orders", "table:main.shop.open")}
        assert [hit.name for hit in shop.catalog.search("shop", types=["table"]).items] == []
        assert [hit.name for hit in shop.catalog.search("secret").items] == []
        assert [hit.name for hit in shop.catalog.search("open", types=["table"]).items] == ["open"]


def test_old_times_are_thinned_out_and_the_last_is_kept(shop: Any) -> None:
    from mlnb.catalog.lineage import store

    for statement in (
        "CREATE TABLE main.shop.c AS SELECT * FROM main.shop.orders",
        *["INSERT INTO main.shop.c TABLE main.shop.orders"] * 2,
    ):
        shop.sql(statement)
    assert shop.catalog.lineage("main.shop.c").edges[0].count == 3
    with shop.metastore.begin() as connection:
        assert store.thin_out(connection, 2**60) == 2
    assert shop.catalog.lineage("main.shop.c").edges[0].count == 1


def test_frames_files_and_runs_of_a_statement_are_sources(shop: Any, tmp_path: Any) -> None:
    file = shop.root / "new.csv"
    file.write_text("id,amount\n1,2.5\n")
    with calling(notebook="a.ipynb", cell_id="c1", request_id="one"):
        shop.sql(
            "CREATE TABLE main.shop.f AS SELECT id + 1 AS next FROM my_frame",
            frames={"my_frame": pd.DataFrame({"id": [1]})},
        )
        shop.catalog.ingest(file, "main.shop.loaded", mode="create")
    found = shop.catalog.lineage("main.shop.f", level="column")
    assert edges(found) == {("frame:a.ipynb#my_frame", "table:main.shop.f")}
    assert columns(found, "frame:a.ipynb#my_frame", "table:main.shop.f") == {("id", "next", "transform")}
    assert edges(shop.catalog.lineage("main.shop.loaded")) == {("path:new.csv", "table:main.shop.loaded")}
    assert [hit.name for hit in shop.search("loaded", types=["table"]).items] == ["loaded"]


def test_a_loop_that_appends_leaves_one_edge(shop: Any) -> None:
    with calling(notebook="a.ipynb", cell_id="c1", request_id="one"):
        frame = shop.catalog.read("main.shop.orders")
        for _ in range(4):
            shop.catalog.write("main.shop.out", frame, "append")
    assert [edge.count for edge in shop.catalog.lineage("main.shop.out").edges] == [1]
