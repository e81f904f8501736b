"""Queries of the platform's dialect answer as Spark does: ``dialect/expected.json`` holds what Spark 4.3 answered.

``dialect/differs.sql`` lists the queries of which we know that they do not; docs name them among the limits.
"""

from __future__ import annotations

import datetime
import decimal
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlnb.core.errors import MlnbError

DIALECT = Path(__file__).parent / "dialect"


def lines(name: str) -> list[str]:
    return [line for line in (DIALECT / name).read_text("utf-8").splitlines() if line.strip()]


def tables() -> dict[str, str]:
    """The queries whose rows are the tables, by name; Spark can run them too."""
    found = {}
    for block in (DIALECT / "tables.sql").read_text("utf-8").split("-- ")[1:]:
        name, query = block.split("\n", 1)
        found[name.strip()] = query.strip()
    return found


def plain(value: Any) -> Any:
    """A value as JSON writes it; numbers to nine digits."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, decimal.Decimal):
        return float(round(value, 9))
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else float(f"{value:.9g}")
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.UTC).replace(tzinfo=None).isoformat()
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return bytes(value).hex() if isinstance(value, (bytes, bytearray)) else value


def shaped(kind: Any, value: Any) -> Any:
    """A value with structs as lists and maps as objects, as the expected answers have them."""
    from pyarrow import types

    if value is None:
        return None
    if types.is_map(kind):
        return {str(key): shaped(kind.item_type, item) for key, item in sorted(value)}
    if types.is_struct(kind):
        return [shaped(kind.field(i).type, value[kind.field(i).name]) for i in range(kind.num_fields)]
    if types.is_list(kind) or types.is_large_list(kind):
        return [shaped(kind.value_type, item) for item in value]
    return plain(value)


def alike(got: Any, expected: Any) -> bool:
    if isinstance(got, list) and isinstance(expected, list):
        return len(got) == len(expected) and all(map(alike, got, expected))
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (got, expected))
    return math.isclose(got, expected, rel_tol=1e-6, abs_tol=1e-9) if numbers else bool(got == expected)


@pytest.fixture(scope="module")
def answer(shared_catalog: Any) -> Callable[[str], Any]:
    """Return the rows of a query, or the code of its error."""
    for name, query in tables().items():
        shared_catalog.sql(f"CREATE TABLE raw.{name} AS {query}")

    def answer(query: str) -> Any:
        try:
            table = shared_catalog.sql(query, schema="raw").to_arrow()
        except MlnbError as error:
            return error.code
        columns = [
            [shaped(field.type, item.as_py()) for item in table.column(i)] for i, field in enumerate(table.schema)
        ]
        return [list(row) for row in zip(*columns, strict=True)]

    return answer


def test_queries_answer_as_spark_does(answer: Callable[[str], Any]) -> None:
    expected: dict[str, Any] = json.loads((DIALECT / "expected.json").read_text("utf-8"))
    known = set(lines("differs.sql"))
    assert len(expected) >= 200
    assert len(known) <= 0.05 * len(expected)
    wrong = {query: got for query, rows in expected.items() if not alike(got := answer(query), rows)}
    assert wrong.keys() - known == set(), {query: wrong[query] for query in wrong.keys() - known}
    assert known - wrong.keys() == set(), "these answer as Spark does by now: take them out of differs.sql"


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT 'it''s' AS a", [["it's"]]),
        ("SELECT CAST(amount AS INT) AS a FROM orders WHERE id = 5", [[99]]),
        ("SELECT CAST(-2.5D AS BIGINT) AS a", [[-2]]),
        ("SELECT CAST(at AS STRING) AS a FROM orders WHERE id = 1", [["2024-01-15 10:30:00"]]),
        ("SELECT filter(array(5, 6, 7), (x, i) -> i > 0) AS a", [[[6, 7]]]),
        ("SELECT id, e.k, e.v FROM orders LATERAL VIEW OUTER explode(props) e AS k, v WHERE id > 3", [[4, None, None], [5, "z", 9]]),
        ("SELECT x FROM (SELECT stack(2, 1, 2) AS x)", [[1], [2]]),
        ("SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM customers WHERE key = customer) AND id < 2", [[1]]),
    ],
)  # fmt: skip
def test_what_no_list_of_spark_would_show(answer: Callable[[str], Any], query: str, rows: Any) -> None:
    assert answer(query) == rows


def test_columns_without_a_name_get_the_platforms(shared_catalog: Any) -> None:
    assert shared_catalog.sql("SELECT count(*), pmod(7, 4)").columns == ["count(1)", "pmod(7, 4)"]
