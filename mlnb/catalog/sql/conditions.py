"""Conditions and orders that stand alone, outside a statement."""

from __future__ import annotations

from sqlglot import exp

from ..errors import SqlSyntaxError
from .parse import parse


def parse_condition(where: str) -> exp.Expr:
    """Parse a condition that stands alone, as in ``where="month = 7"``.

    Raises
    ------
    SqlSyntaxError
        When it is anything else.
    """
    return _parse_part(where, "SELECT * FROM t WHERE ", "where")


def parse_order(order: str) -> exp.Expr:
    """Parse what rows are sorted by, as in ``order="dep_delay DESC"``."""
    return _parse_part(order, "SELECT * FROM t ORDER BY ", "order")


def _parse_part(part: str, before: str, argument: str) -> exp.Expr:
    """Parse a condition or an order as the end of a query, so that nothing else can be smuggled in."""
    statement = parse(before + part)
    query = statement.query
    only = isinstance(query, exp.Select) and {key for key, value in query.args.items() if value} <= {
        "expressions",
        "from_",
        argument,
    }
    if statement.kind != "SELECT" or not only or query is None:
        raise SqlSyntaxError(
            f"{part!r} is no {argument} clause.", hint="Write it as in SQL, for example dep_delay > 15."
        )
    node: exp.Expr = query.args[argument]
    for identifier in node.find_all(exp.Identifier):  # positions count from the part's own start
        if "start" in identifier.meta:
            identifier.meta["start"] -= len(before)
    return node.this if argument == "where" else node
