"""The same statements on Spark Connect, against a real server of its protocol in an environment of its own.

The client is pure Python and is imported from that environment, behind everything of our own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from mlnb.core.errors import MlnbError
from tests.environments import environment

PACKAGES = ("pysail==0.7.2", "pyspark-client==4.1.1", "pyarrow", "pandas")
SERVER = """
import sys
from pysail.spark import SparkConnectServer
server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
print(server.listening_address[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of a running server; its client is importable meanwhile, behind everything of our own environment."""
    folder = environment(*PACKAGES).parents[1]
    process = subprocess.Popen(
        [str(folder / "bin" / "python"), "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    (packages,) = (folder / "lib").glob("python*/site-packages")
    sys.path.append(str(packages))
    try:
        assert process.stdout is not None
        yield f"sc://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        sys.path.remove(str(packages))
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def both(shared_catalog: Any, address: str) -> Any:
    """A catalog with a table, a view and a function, and the address of the server."""
    cat = shared_catalog
    cat.write(
        "main.raw.st",
        pd.DataFrame(
            {
                "id": range(100),
                "g": [n % 3 for n in range(100)],
                "name": [f"n{n}" if n % 10 else None for n in range(100)],
                "ts": pd.date_range("2024-01-01", periods=100, freq="h", tz="UTC"),
            }
        ),
    )
    cat.append("main.raw.st", cat.table("main.raw.st").to_arrow(where="id < 10"))
    cat.create_view("main.raw.sv", "SELECT g, count(*) AS n FROM main.raw.st GROUP BY g")
    return cat, address


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) AS n, max(name) AS m FROM raw.st",
        "SELECT g, sum(id) AS s FROM raw.st GROUP BY g ORDER BY g",
        "SELECT count(*) AS n FROM raw.st@v0",
        "SELECT sum(n) AS s FROM raw.sv",
        "SELECT a.g, b.n FROM raw.st a JOIN raw.sv b ON a.g = b.g WHERE a.id = 5 ORDER BY 1",
        "WITH x AS (SELECT id FROM raw.st WHERE id < :low) SELECT count(*) AS n FROM x",
        "SELECT id FROM IDENTIFIER(:t) WHERE id > 97 ORDER BY id",
        "SELECT date_trunc('DAY', ts) AS d, count(*) AS n FROM raw.st GROUP BY 1 ORDER BY 1 LIMIT 2",
        "SELECT transform(array(1, 2), x -> x + 1) AS l, named_struct('a', 1) AS s",
        "SELECT sum(w) AS w FROM mine JOIN raw.st USING (id)",
        "SELECT id FROM raw.st WHERE id > 1000",
        "SELECT current_user() AS u, current_schema() AS s",
        "SELECT count(*) AS n FROM information_schema.columns WHERE table_name = 'st'",
    ],
)  # fmt: skip
def test_spark_answers_as_duckdb_does(both: Any, query: str) -> None:
    cat, address = both
    params = {"low": 7, "t": "main.raw.st"}
    frames = {"mine": pd.DataFrame({"id": [1, 2], "w": [10, 20]})}
    here = cat.sql(query, params, frames=frames)
    there = cat.sql(query, params, frames=frames, engine=address)
    assert _plain(there.rows()) == _plain(here.rows())
    assert [(read.name, read.version) for read in there.reads] == [(read.name, read.version) for read in here.reads]


def _plain(rows: list[dict[str, Any]]) -> list[Any]:
    return [
        [value.isoformat()[:19] if hasattr(value, "isoformat") else value for value in row.values()] for row in rows
    ]


def test_what_spark_computes_is_written_by_the_delta_library(both: Any) -> None:
    cat, address = both
    made = cat.sql("CREATE TABLE raw.from_spark AS SELECT g, count(*) AS n FROM raw.st GROUP BY g", engine=address)
    assert made.rows()[0]["num_affected_rows"] == 3
    assert cat.sql("SELECT sum(n) AS s FROM raw.from_spark").rows() == [{"s": 110}]


@pytest.mark.parametrize(
    ("query", "code", "hint"),
    [
        ("SELECT idd FROM raw.st", "UNRESOLVED_COLUMN", "id"),
        ("SELECT * FROM raw.stt", "TABLE_OR_VIEW_NOT_FOUND", "main.raw.st"),
        ("SELECT :none", "UNBOUND_SQL_PARAMETER", "none"),
    ],
)
def test_errors_are_the_same(both: Any, query: str, code: str, hint: str) -> None:
    cat, address = both
    with pytest.raises(MlnbError) as caught:
        cat.sql(query, engine=address)
    assert caught.value.code == code
    assert hint in str(caught.value.hint)


def test_a_server_that_is_not_there_is_named(shared_catalog: Any) -> None:
    with pytest.raises(MlnbError) as caught:
        shared_catalog.sql("SELECT 1 AS one", engine="spark")
    assert "sql_engine" in str(caught.value.hint)
