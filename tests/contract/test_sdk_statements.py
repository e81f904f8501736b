"""The platform's own client on the Statement Execution API: rows, parameters, chunks, errors, cancelling, a client that leaves."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pytest

from mlnb.core.clock import now_ms
from tests.waiting import until

LONG = "SELECT count(*) AS n FROM range(100000000000) AS r(a) WHERE a % 7 = 3"


@pytest.fixture
def api(sdk: Any, seeded: Any) -> Any:
    """The client's statement API, on a workspace with one table."""
    if not seeded.catalog.exists("main.sales.orders"):
        seeded.catalog.create_schema("main.sales", if_not_exists=True)
        seeded.catalog.write(
            "main.sales.orders", pd.DataFrame({"id": range(25_000), "price": 1.5, "who": ["ann", None] * 12_500})
        )
    return sdk.statement_execution


def test_rows_come_as_texts_with_their_types(api: Any) -> None:
    from databricks.sdk.service import sql

    query = (
        "SELECT id, price, who, true AS b, DATE '2024-05-01' AS d, TIMESTAMP '2024-05-01 12:00:00' AS t, "
        "CAST(1.10 AS DECIMAL(5,2)) AS m, array(1, 2) AS l FROM main.sales.orders WHERE id < :below ORDER BY id"
    )
    parameters = [sql.StatementParameterListItem(name="below", value="2", type="INT")]
    done = api.execute_statement(query, "mlnb", parameters=parameters, wait_timeout="50s")
    assert done.status.state is sql.StatementState.SUCCEEDED
    assert [column.name for column in done.manifest.schema.columns] == ["id", "price", "who", "b", "d", "t", "m", "l"]
    assert done.manifest.schema.columns[0].type_name is sql.ColumnInfoTypeName.LONG
    assert done.result.data_array == [
        ["0", "1.5", "ann", "true", "2024-05-01", "2024-05-01T12:00:00.000Z", "1.10", "[1, 2]"],
        ["1", "1.5", None, "true", "2024-05-01", "2024-05-01T12:00:00.000Z", "1.10", "[1, 2]"],
    ]


def test_large_results_come_in_chunks(api: Any) -> None:
    done = api.execute_statement(
        "SELECT id FROM orders ORDER BY id", "mlnb", catalog="main", schema="sales", wait_timeout="50s"
    )
    rows = list(done.result.data_array)
    following = done.result.next_chunk_index
    while following is not None:
        chunk = api.get_statement_result_chunk_n(done.statement_id, following)
        rows += chunk.data_array
        following = chunk.next_chunk_index
    assert [row[0] for row in rows] == [str(n) for n in range(25_000)]
    assert done.manifest.total_chunk_count == 3
    limited = api.execute_statement("SELECT id FROM main.sales.orders", "mlnb", row_limit=7, wait_timeout="50s")
    assert (limited.manifest.total_row_count, limited.manifest.truncated) == (7, True)


def test_a_statement_is_polled_until_it_ends(api: Any) -> None:
    from databricks.sdk.service import sql

    begun = api.execute_statement("SELECT sum(a % 5) AS s FROM range(300000000) AS r(a)", "mlnb", wait_timeout="0s")
    assert begun.status.state in (sql.StatementState.PENDING, sql.StatementState.RUNNING)
    assert _ended(api, begun.statement_id).result.data_array == [["600000000"]]


def test_a_failed_statement_says_why(api: Any) -> None:
    from databricks.sdk.errors import InvalidParameterValue, NotFound
    from databricks.sdk.service import sql

    failed = api.execute_statement("SELECT * FROM main.sales.ordrs", "mlnb", wait_timeout="50s")
    assert failed.status.state is sql.StatementState.FAILED
    assert "[TABLE_OR_VIEW_NOT_FOUND]" in failed.status.error.message
    assert "main.sales.orders" in failed.status.error.message
    with pytest.raises(InvalidParameterValue, match="wait_timeout"):
        api.execute_statement("SELECT 1", "mlnb", wait_timeout="3s")
    wrong = [sql.StatementParameterListItem(name="n", value="x", type="INT")]
    with pytest.raises(InvalidParameterValue, match="no INT"):
        api.execute_statement("SELECT :n", "mlnb", parameters=wrong)
    with pytest.raises(NotFound):
        api.get_statement("0" * 36)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_files('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT getenv('HOME')",
        "SELECT pg_typeof(1)",
        "COPY INTO main.sales.orders FROM '/etc' FILEFORMAT = CSV",
        "PUT '/etc/passwd' INTO '/Volumes/main/sales/files/x'",
        "CREATE TABLE main.sales.outside LOCATION '/tmp'",
    ],
)
def test_statements_from_outside_reach_nothing_but_the_catalog(api: Any, query: str) -> None:
    failed = api.execute_statement(query, "mlnb", wait_timeout="50s")
    assert failed.status.error.message.startswith("[PERMISSION_DENIED]")


def test_a_running_statement_is_cancelled(api: Any, seeded: Any) -> None:
    from databricks.sdk.service import sql

    since = now_ms()
    begun = api.execute_statement(LONG, "mlnb", wait_timeout="0s")
    until(lambda: _told(seeded, since), what="a statement that computes")
    api.cancel_execution(begun.statement_id)
    assert _ended(api, begun.statement_id).status.state is sql.StatementState.CANCELED
    late = api.execute_statement(
        LONG, "mlnb", wait_timeout="5s", on_wait_timeout=sql.ExecuteStatementRequestOnWaitTimeout.CANCEL
    )
    assert late.status.state is sql.StatementState.CANCELED
    assert api.execute_statement("SELECT 1 AS one", "mlnb", wait_timeout="50s").result.data_array == [["1"]]


def test_a_client_that_leaves_cancels_its_statement(api: Any, lab: Any, seeded: Any) -> None:
    import sqlalchemy as sa

    from mlnb.catalog.tables import catalog_statement

    address = urlsplit(lab.host)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
    body = json.dumps({"statement": LONG + " AND a <> 11", "warehouse_id": "mlnb", "wait_timeout": "50s"})
    headers = {"Authorization": f"Bearer {lab.token}", "Content-Type": "application/json"}
    since = now_ms()
    connection.request("POST", f"{address.path}/api/2.0/sql/statements", body, headers)
    until(lambda: _told(seeded, since), what="a statement that computes")
    connection.close()
    query = sa.select(catalog_statement.c.status).where(catalog_statement.c.sql.contains("a <> 11"))

    def status() -> Any:
        with seeded.metastore.connect() as metastore:
            return metastore.execute(query).scalar()

    assert until(status, what="the statement's end") == "CANCELED"


def _told(ws: Any, since: int) -> bool:
    """Say whether a statement runs of which it is known how far it is."""
    rows = ws.progress.since(since)
    return any(row.subject.startswith("statement:") and row.state == "RUNNING" for row in rows)


def test_clients_find_a_warehouse(sdk: Any) -> None:
    assert [(item.id, item.state.value) for item in sdk.warehouses.list()] == [("mlnb", "RUNNING")]
    assert sdk.warehouses.get("mlnb").name == "mlnb"


def _ended(api: Any, statement_id: str) -> Any:
    def ended() -> Any:
        found = api.get_statement(statement_id)
        return found.status.state.value not in ("PENDING", "RUNNING") and found

    return until(ended, 240, "the statement's end")
