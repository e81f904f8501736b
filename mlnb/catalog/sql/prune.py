"""Conditions that let files be left out: comparisons of a column with a value, taken from WHERE.

Only what is certain counts: conjuncts of the WHERE of the query that reads the table, on integers, text, dates and timestamps. They all
reject NULL, so leaving out rows for which they are false cannot change the result, whichever side of a join the table is on. Floats are
left alone, because NaN compares as largest while file statistics do not know it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlglot import exp

Condition = tuple[str, str, Any]

_OPERATORS: dict[type[exp.Expr], tuple[str, str]] = {
    exp.EQ: ("=", "="),
    exp.GT: (">", "<"),
    exp.GTE: (">=", "<="),
    exp.LT: ("<", ">"),
    exp.LTE: ("<=", ">="),
}
_INTEGERS = ("byte", "short", "integer", "long")


def conditions(table: exp.Table, types: Mapping[str, Any], params: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions of a table reference.

    Parameters
    ----------
    table
        The reference, still in its statement.
    types
        Delta's type by lower-case column name.
    params
        Values of ``:name``.
    """
    select = _reader(table)
    where = select.args.get("where") if select is not None else None
    if select is None or where is None:
        return []
    alias = table.alias_or_name.lower()
    alone = not select.args.get("joins") and not select.args.get("laterals")
    found: list[Condition] = []
    for part in _conjuncts(where.this):
        for column, operator, value in _comparisons(part):
            belongs = column.table.lower() == alias if column.table else alone
            kind = types.get(column.name.lower())
            if not belongs or kind is None or kind[0] is None:
                continue
            known = _value(value, kind[1], params)
            if known is not None:
                found.append((kind[0], operator, known))
    return found


def _reader(table: exp.Table) -> exp.Select | None:
    """Return the SELECT whose FROM or JOIN holds the table directly."""
    above = table.parent
    if not isinstance(above, (exp.From, exp.Join)):
        return None
    return above.parent if isinstance(above.parent, exp.Select) else None


def _conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.And):
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    elif isinstance(node, exp.Paren):
        yield from _conjuncts(node.this)
    else:
        yield node


def _comparisons(node: exp.Expr) -> Iterator[tuple[exp.Column, str, exp.Expr]]:
    if isinstance(node, exp.Between) and isinstance(node.this, exp.Column) and not node.args.get("symmetric"):
        yield node.this, ">=", node.args["low"]
        yield node.this, "<=", node.args["high"]
    operators = _OPERATORS.get(type(node))
    if operators is None or not isinstance(node, exp.Binary):
        return
    if isinstance(node.left, exp.Column):
        yield node.left, operators[0], node.right
    elif isinstance(node.right, exp.Column):
        yield node.right, operators[1], node.left


def _value(node: exp.Expr, kind: Any, params: Mapping[str, Any]) -> Any:
    """Return the value compared with, if it is known and of the column's own type."""
    raw = _literal(node, params)
    if kind in _INTEGERS:
        return raw if isinstance(raw, int) and not isinstance(raw, bool) else None
    if kind == "string":
        return raw if isinstance(raw, str) and not isinstance(node, exp.Cast) else None
    if kind == "date":
        return _date(raw)
    if kind == "timestamp":
        return _timestamp(raw)
    return None


def _literal(node: exp.Expr, params: Mapping[str, Any]) -> Any:
    if isinstance(node, exp.Placeholder):
        return params.get(node.name)
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        number = _literal(node.this, params)
        return -number if number is not None else None
    if isinstance(node, exp.Cast):
        to = node.to.this
        dates = (exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPLTZ)
        return node.this.name if to in dates and isinstance(node.this, exp.Literal) and node.this.is_string else None
    if isinstance(node, exp.Literal):
        if node.is_string:
            return node.name
        return int(node.name) if node.name.isdigit() else None
    return None


def _date(raw: Any) -> date | None:
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            return None
    return raw if isinstance(raw, date) and not isinstance(raw, datetime) else None


def _timestamp(raw: Any) -> datetime | None:
    if isinstance(raw, str):
        try:
            raw = datetime.fromisoformat(raw)
        except ValueError:
            return None
    if not isinstance(raw, datetime):
        return None
    return raw.astimezone(UTC) if raw.tzinfo else raw.replace(tzinfo=UTC)
