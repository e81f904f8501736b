"""Column lineage of statements: every edge of each query, written down by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnb.catalog.lineage.relations import KnownTable
from mlnb.catalog.lineage.sql import Edges, edges_of

TABLES = {
    "orders": ["id", "customer", "amount", "qty", "day", "note"],
    "customers": ["id", "name", "city", "tags", "info"],
    "stock": ["sku", "jan", "feb", "mar"],
    "totals": ["customer", "total", "n"],
    "files": None,
}


def tables(parts: Sequence[str]) -> KnownTable | None:
    name = parts[-1].lower()
    return KnownTable(name, TABLES[name]) if name in TABLES else None


def lineage(sql: str) -> Edges:
    return edges_of(sqlglot.parse_one(sql, read="databricks"), tables)


def written(edges: Edges) -> set[str]:
    """Edges as text: ``source.column>target:d``; d, t, f, i by kind, and no target when the column decides about rows."""
    return {f"{e.source}.{e.source_column}>{e.target_column or ''}:{e.kind[0]}" for e in edges.columns}


#: Twenty-five statements and all their edges: direct, transform, filter, indirect.
CASES = {
    "columns and expressions": (
        "SELECT id, amount * qty AS value, upper(note) FROM orders",
        "o.id>id:d o.amount>value:t o.qty>value:t o.note>UPPER(note):t",
    ),
    "a star": ("SELECT * EXCEPT (jan, feb) FROM stock", "s.sku>sku:d s.mar>mar:d"),
    "a star with a replaced column": (
        "SELECT * REPLACE (jan + feb AS jan) FROM stock",
        "s.sku>sku:d s.jan>jan:t s.feb>jan:t s.feb>feb:d s.mar>mar:d",
    ),
    "a join with aliases": (
        "SELECT o.id, c.name AS who FROM orders o LEFT JOIN customers AS c ON o.customer = c.id WHERE o.day > '2026'",
        "o.id>id:d c.name>who:d o.customer>:i c.id>:i o.day>:i",
    ),
    "a join using a column of both": (
        "SELECT * FROM (SELECT id, amount FROM orders) a JOIN (SELECT id, city FROM customers) b USING (id)",
        "o.id>id:d o.amount>amount:d c.city>city:d o.id>:i c.id>:i",
    ),
    "a full join using a column of both": (
        "SELECT id FROM orders FULL OUTER JOIN customers USING (id)",
        "o.id>id:t c.id>id:t o.id>:i c.id>:i",
    ),
    "groups and aggregates": (
        "SELECT customer, sum(amount) AS total, count(*) AS n FROM orders GROUP BY 1 HAVING max(qty) > 1",
        "o.customer>customer:d o.amount>total:t o.customer>:i o.qty>:i",
    ),
    "window keys are filters": (
        "SELECT id, row_number() OVER (PARTITION BY customer ORDER BY day) AS r, "
        "sum(amount) OVER (PARTITION BY city_id) AS s FROM (SELECT id, customer, day, amount, qty AS city_id FROM orders)",
        "o.id>id:d o.customer>r:f o.day>r:f o.amount>s:t o.qty>s:f",
    ),
    "a named window": (
        "SELECT first_value(amount) OVER w AS f FROM orders WINDOW w AS (PARTITION BY customer ORDER BY day)",
        "o.amount>f:t o.customer>f:f o.day>f:f",
    ),
    "an aggregate with FILTER": (
        "SELECT sum(amount) FILTER (WHERE qty > 1) AS big FROM orders",
        "o.amount>big:t o.qty>big:f",
    ),
    "common table expressions on one another": (
        "WITH a AS (SELECT customer AS c, amount FROM orders), b (who, total) AS (SELECT c, sum(amount) FROM a GROUP BY c) "
        "SELECT who, total / 2 AS half FROM b",
        "o.customer>who:d o.amount>half:t o.customer>:i",
    ),
    "a recursive common table expression": (
        "WITH RECURSIVE r AS (SELECT id, amount FROM orders UNION ALL SELECT id, amount + 1 FROM r WHERE amount < 9) SELECT * FROM r",
        "o.id>id:d o.amount>amount:t o.amount>:i",
    ),
    "a union joins columns by position": (
        "SELECT id, name FROM customers UNION ALL SELECT customer, note FROM orders",
        "c.id>id:d c.name>name:d o.customer>id:d o.note>name:d",
    ),
    "what EXCEPT takes away decides": (
        "SELECT id FROM customers EXCEPT SELECT customer FROM orders",
        "c.id>id:d o.customer>:i",
    ),
    "subqueries in the select list and in a condition": (
        "SELECT c.name, (SELECT max(o.amount) FROM orders o WHERE o.customer = c.id) AS most FROM customers c "
        "WHERE c.id IN (SELECT customer FROM totals)",
        "c.name>name:d o.amount>most:t o.customer>:i c.id>:i t.customer>:i",
    ),
    "CASE and COALESCE": (
        "SELECT CASE WHEN qty > 0 THEN amount ELSE 0 END AS a, coalesce(note, 'none') AS n FROM orders",
        "o.qty>a:t o.amount>a:t o.note>n:t",
    ),
    "a column alias used beside its definition": (
        "SELECT amount * 2 AS twice, twice + qty AS more FROM orders",
        "o.amount>twice:t o.amount>more:t o.qty>more:t",
    ),
    "exploded arrays": (
        "SELECT name, tag FROM customers LATERAL VIEW explode(tags) e AS tag",
        "c.name>name:d c.tags>tag:t",
    ),
    "fields of a struct, and a lambda": (
        "SELECT c.info.street, transform(tags, x -> concat(x, city)) AS t FROM customers c",
        "c.info>street:t c.tags>t:t c.city>t:t",
    ),
    "a pivot": (
        "SELECT * FROM (SELECT customer, day, amount FROM orders) PIVOT (sum(amount) FOR day IN ('mon' AS mon, 'tue' AS tue))",
        "o.customer>customer:d o.amount>mon:t o.day>mon:f o.amount>tue:t o.day>tue:f",
    ),
    "an unpivot": (
        "SELECT sku, month, sold FROM stock UNPIVOT (sold FOR month IN (jan, feb))",
        "s.sku>sku:d s.jan>sold:t s.feb>sold:t",
    ),
    "COLUMNS by pattern": (
        "SELECT sku, max(COLUMNS('^(jan|feb)$')) FROM stock GROUP BY sku",
        "s.sku>sku:d s.jan>jan:t s.feb>feb:t s.sku>:i",
    ),
    "INSERT by position, where no names are given": (
        "INSERT INTO totals SELECT customer, sum(amount), count(*) FROM orders GROUP BY customer",
        "o.customer>customer:d o.amount>total:t o.customer>:i",
    ),
    "MERGE": (
        "MERGE INTO totals t USING (SELECT customer, sum(amount) AS s, count(id) AS c FROM orders GROUP BY customer) o "
        "ON t.customer = o.customer WHEN MATCHED AND o.c > 1 THEN UPDATE SET total = t.total + o.s "
        "WHEN NOT MATCHED THEN INSERT (customer, total, n) VALUES (o.customer, o.s, o.c)",
        "o.amount>total:t t.total>total:t o.customer>customer:d o.id>n:t o.customer>:i o.id>:i",
    ),
    "UPDATE from another table": (
        "UPDATE totals SET n = 0, total = total * 2 WHERE customer IN (SELECT id FROM customers WHERE city = 'Bonn')",
        "t.total>total:t c.id>:i c.city>:i",
    ),
}

SHORT = {"o": "orders", "c": "customers", "s": "stock", "t": "totals"}


def expected(text: str) -> set[str]:
    return {SHORT[edge[0]] + edge[1:] for edge in text.split()}


@pytest.mark.parametrize("case", CASES)
def test_every_edge_of_a_statement_is_found_and_no_other(case: str) -> None:
    sql, edges = CASES[case]
    assert written(lineage(sql)) == expected(edges)


def test_there_are_twenty_five() -> None:
    assert len(CASES) == 25


@pytest.mark.parametrize(
    ("sql", "target", "sources"),
    [
        ("CREATE TABLE totals AS SELECT * FROM orders", "totals", ["orders"]),
        ("CREATE OR REPLACE VIEW new_view (a, b) AS SELECT id, name FROM customers", "new_view", ["customers"]),
        ("INSERT INTO totals (n) SELECT count(*) FROM orders", "totals", ["orders"]),
        ("DELETE FROM totals WHERE n IN (SELECT id FROM customers)", "totals", ["customers"]),
        ("SELECT * FROM orders VERSION AS OF 3", None, ["orders"]),
        ("SELECT * FROM table_changes('orders', 1)", None, ["orders"]),
        ("SELECT a FROM read_files('/Volumes/m/d/v/x.csv', format => 'csv')", None, ["path:/Volumes/m/d/v/x.csv"]),
        ("MERGE INTO totals USING orders ON false WHEN NOT MATCHED THEN INSERT *", "totals", ["orders"]),
        ("INSERT INTO totals TABLE orders", "totals", ["orders"]),
        ("DROP TABLE orders", None, []),
    ],
)
def test_a_statement_names_what_it_writes_and_reads(sql: str, target: str | None, sources: list[str]) -> None:
    found = lineage(sql)
    assert (found.target, found.sources) == (target, sources)


def test_insert_by_name_and_with_star_finds_the_columns_of_the_target() -> None:
    assert written(lineage("INSERT INTO totals BY NAME SELECT amount AS TOTAL FROM orders")) == {
        "orders.amount>total:d"
    }
    star = "MERGE INTO totals t USING totals s ON t.n = s.n WHEN MATCHED THEN UPDATE SET *"
    assert "totals.total>total:d" in written(lineage(star))


def test_a_table_without_known_columns_is_still_a_source() -> None:
    found = lineage("SELECT f.anything FROM files f, orders")
    assert written(found) == {"files.anything>anything:d"}
    assert lineage("SELECT x FROM nowhere").unknown == ["nowhere"]


# -- generated queries -----------------------------------------------------------------------------------------------------


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> tuple[str, dict[str, set[str]]]:
    """A query with columns c0, c1, … and, by construction, the table columns that each of them comes from."""
    if depth == 0 or draw(st.booleans()):
        table = draw(st.sampled_from(["orders", "customers", "stock"]))
        chosen = draw(st.lists(st.sampled_from(TABLES[table] or []), min_size=1, max_size=3))
        made = {f"c{i}": {f"{table}.{name}"} for i, name in enumerate(chosen)}
        return f"SELECT {', '.join(f'{name} AS c{i}' for i, name in enumerate(chosen))} FROM {table}", made
    left, of_left = draw(trees(depth - 1))
    shape = draw(st.sampled_from(["nest", "sum", "join", "union", "cte"]))
    if shape == "nest":
        return f"SELECT * FROM ({left}) AS q", of_left
    if shape == "cte":
        return f"WITH q AS ({left}) SELECT * FROM q", of_left
    if shape == "sum":
        both = set().union(*of_left.values())
        return f"SELECT concat({', '.join(of_left)}) AS c0, q.c0 AS c1 FROM ({left}) AS q", {
            "c0": both,
            "c1": of_left["c0"],
        }
    right, of_right = draw(trees(depth - 1))
    if shape == "union":
        n = min(len(of_left), len(of_right))
        names = ", ".join(f"c{i}" for i in range(n))
        query = f"SELECT {names} FROM ({left}) AS a UNION ALL SELECT {names} FROM ({right}) AS b"
        return query, {f"c{i}": of_left[f"c{i}"] | of_right[f"c{i}"] for i in range(n)}
    return f"SELECT a.c0 AS c0, b.c0 AS c1 FROM ({left}) AS a CROSS JOIN ({right}) AS b", {
        "c0": of_left["c0"],
        "c1": of_right["c0"],
    }


@settings(max_examples=120, deadline=None)
@given(trees())
def test_lineage_of_a_generated_query_is_how_it_was_made(made: tuple[str, dict[str, set[str]]]) -> None:
    sql, wanted = made
    found: dict[str, set[str]] = {}
    for edge in lineage(sql).columns:
        if edge.target_column is not None:
            found.setdefault(edge.target_column, set()).add(f"{edge.source}.{edge.source_column}")
    assert found == wanted
