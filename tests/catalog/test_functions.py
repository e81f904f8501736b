"""Functions of the catalog: SQL and Python, stored as text, used in queries."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa
import pytest

from mlnb.catalog.errors import FunctionNotFoundError, NameTakenError, SqlError, SqlSyntaxError, TableNotFoundError
from mlnb.core.caller import Caller, calling
from mlnb.core.errors import InvalidParameterError, MlnbError, PermissionDeniedError

RATE = 1.19


def gross(net: float, rate: float = 0.19) -> float | None:
    """Add tax.

    More about it.
    """
    import math

    return None if net is None else math.fsum([net, net * rate])


def with_global(net: float) -> float:
    return net * RATE


def test_a_sql_function_is_defined_as_on_the_platform_and_used_in_a_query(cat: Any) -> None:
    made = cat.create_function(
        "CREATE FUNCTION main.raw.area(w DOUBLE COMMENT 'width', h DOUBLE DEFAULT 2) RETURNS DOUBLE COMMENT 'w times h'\n"
        "RETURN w * h -- as ever"
    )
    assert made.full_name == "main.raw.area"
    assert made.signature == "main.raw.area(w DOUBLE, h DOUBLE) → DOUBLE"
    assert [(p.name, p.type_text, p.default, p.comment) for p in made.parameters] == [
        ("w", "DOUBLE", None, "width"),
        ("h", "DOUBLE", "2", None),
    ]
    assert (made.comment, made.language) == ("w times h", "SQL")
    assert cat.sql("SELECT main.raw.area(3) AS a, main.raw.area(3, 4) AS b").rows() == [{"a": 6.0, "b": 12.0}]
    assert cat.ground.journal.tail(1, actions=["function.*"])[0].subject == "function:main.raw.area"


def test_a_function_reads_tables_and_returns_rows(cat: Any) -> None:
    cat.create_table("main.raw.orders", pa.table({"id": [1, 2, 3], "who": ["a", "b", "a"]}))
    cat.create_function(
        "(w STRING) RETURNS BIGINT RETURN (SELECT count(*) FROM main.raw.orders WHERE who = w)", "main.raw.n"
    )
    made = cat.create_function(
        "(w STRING) RETURNS TABLE (id BIGINT COMMENT 'it''s') RETURN SELECT id FROM main.raw.orders WHERE who = w",
        "main.raw.of",
    )
    assert made.return_type == "TABLE"
    assert [(c.name, c.comment) for c in made.return_columns] == [("id", "it's")]
    assert cat.sql("SELECT main.raw.n('a') AS n").rows() == [{"n": 2}]
    assert cat.sql("SELECT id FROM main.raw.of('a') ORDER BY id").rows() == [{"id": 1}, {"id": 3}]


def test_a_python_function_is_stored_as_its_source(cat: Any) -> None:
    made = cat.create_function(gross, "main.raw.gross", pip_requirements=["pandas>=2"])
    assert made.signature == "main.raw.gross(net DOUBLE, rate DOUBLE) → DOUBLE"
    assert made.body.startswith("def gross(net: float")
    assert made.comment == "Add tax."
    assert made.body_hash == hashlib.sha256(made.body.encode()).hexdigest()
    assert made.pip_requirements == ["pandas>=2"]
    rows = cat.sql("SELECT main.raw.gross(x) AS g FROM (VALUES (100.0), (NULL)) AS t(x)").rows()
    assert rows == [{"g": pytest.approx(119.0)}, {"g": None}]


def test_a_python_function_can_be_written_in_sql(cat: Any) -> None:
    made = cat.create_function(
        """CREATE OR REPLACE FUNCTION main.raw.initials(name STRING) RETURNS STRING LANGUAGE PYTHON
        ENVIRONMENT (dependencies = '["simplejson==3.19.3"]', environment_version = 'None')
        AS $$
          parts = name.split()
          return "".join(p[0] for p in parts)
        $$"""
    )
    assert made.body == 'parts = name.split()\nreturn "".join(p[0] for p in parts)'
    assert made.pip_requirements == ["simplejson==3.19.3"]
    assert cat.sql("SELECT main.raw.initials('Ada King Lovelace') AS i").rows() == [{"i": "AKL"}]


def test_a_function_is_replaced_only_on_purpose_and_keeps_its_grants(cat: Any) -> None:
    cat.create_function("(x INT) RETURNS INT RETURN x + 1", "main.raw.f")
    cat.grant("main.raw.f", "bob", "EXECUTE")
    with pytest.raises(NameTakenError):
        cat.create_function("(x INT) RETURNS INT RETURN x + 2", "main.raw.f")
    assert cat.create_function("(x INT) RETURNS INT RETURN x + 9", "main.raw.f", if_not_exists=True).body == "x + 1"
    cat.create_function("(x INT) RETURNS INT RETURN x + 2", "main.raw.F", replace=True)
    assert cat.sql("SELECT main.raw.f(1) AS x").rows() == [{"x": 3}]
    assert [g.privilege for g in cat.grants("main.raw.f")] == ["EXECUTE"]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("(x DOUBLE) RETURNS DOUBLE RETURN y * 2", SqlError, "y is no parameter"),
        ("(x DOUBLE) RETURNS DOUBLE RETURN nosuch(x)", SqlError, "nosuch"),
        (
            "(x DOUBLE) RETURNS DOUBLE RETURN (SELECT max(id) FROM main.raw.nothing)",
            TableNotFoundError,
            "main.raw.nothing",
        ),
        ("(x DUBLE) RETURNS DOUBLE RETURN x", MlnbError, "'DUBLE' is no type"),
        ("(x DOUBLE, X INT) RETURNS DOUBLE RETURN x", SqlError, "is there twice"),
        ("(x DOUBLE) RETURNS DOUBLE RETURN main.raw.f(x)", SqlError, "would call itself"),
        ("(x DOUBLE) RETURNS DOUBLE", SqlSyntaxError, "RETURN is expected"),
        ("(x DOUBLE RETURNS DOUBLE RETURN x", SqlSyntaxError, "line 1"),
        ("(x DOUBLE) RETURNS DOUBLE LANGUAGE PYTHON AS $$ return x +", SqlSyntaxError, "line 1"),
        ("(x DOUBLE) RETURNS DOUBLE LANGUAGE PYTHON AS $$\nreturn x +\n$$", SqlError, "not Python"),
        ("(x DOUBLE) RETURNS DOUBLE LANGUAGE PYTHON AS $$\nreturn np.sqrt(x)\n$$", SqlError, "uses np"),
        ("(x INT) RETURNS TABLE (a INT, b INT) RETURN SELECT x", SqlError, "RETURNS TABLE names 2"),
    ],
)
def test_a_function_that_cannot_work_is_refused_when_it_is_made(cat: Any, text: str, error: Any, message: str) -> None:
    with pytest.raises(error) as refused:
        cat.create_function(text, "main.raw.f")
    assert message in str(refused.value)
    with pytest.raises(FunctionNotFoundError):
        cat.function("main.raw.f")


def test_a_python_function_that_needs_more_than_its_text_is_refused(cat: Any) -> None:
    factor = 2.0

    def closure(x: float) -> float:
        return x * factor

    def untyped(x):  # type: ignore[no-untyped-def]
        return x

    for function, message in (
        (closure, "uses factor"),
        (with_global, "uses RATE"),
        (untyped, "has no type"),
        (lambda x: x, "made with def"),
        (len, "made with def"),
    ):
        with pytest.raises(SqlError, match=message):
            cat.create_function(function, "main.raw.f")
    with pytest.raises(InvalidParameterError):
        cat.create_function(gross, "main.raw.f", pip_requirements=["not a requirement !"])
    with pytest.raises(FunctionNotFoundError):
        cat.function("main.raw.f")


def test_functions_are_listed_in_pages_found_by_near_names_and_dropped(cat: Any) -> None:
    for n in range(3):
        cat.create_function(f"(x INT) RETURNS INT RETURN x + {n}", f"main.raw.f{n}")
    first = cat.functions("main.raw", max_results=2)
    assert [f.name for f in first.items] == ["f0", "f1"]
    assert [f.name for f in cat.functions("main.raw", page_token=first.next_page_token).items] == ["f2"]
    with pytest.raises(FunctionNotFoundError) as missing:
        cat.function("main.raw.f9")
    assert "main.raw.f0" in str(missing.value.hint)
    cat.drop("main.raw.f0", kind="function")
    assert [f.name for f in cat.functions("main.raw").items] == ["f1", "f2"]
    cat.undrop("main.raw.f0", kind="function")
    assert cat.function("main.raw.f0").body == "x + 0"


def test_who_may_execute_needs_no_right_on_what_the_function_reads(cat: Any) -> None:
    cat.create_table("main.raw.orders", pa.table({"id": [1, 2]}))
    cat.create_function("() RETURNS BIGINT RETURN (SELECT count(*) FROM main.raw.orders)", "main.raw.n")
    cat.grant("main", "bob", "USE CATALOG", "USE SCHEMA")
    with calling(Caller("bob", source="kernel")):
        with pytest.raises(PermissionDeniedError, match="EXECUTE on the function"):
            cat.sql("SELECT main.raw.n() AS n")
    cat.grant("main.raw.n", "bob", "EXECUTE")
    with calling(Caller("bob", source="kernel")):
        assert cat.sql("SELECT main.raw.n() AS n").rows() == [{"n": 2}]
        with pytest.raises(PermissionDeniedError, match="SELECT on the table"):
            cat.sql("SELECT count(*) FROM main.raw.orders")
