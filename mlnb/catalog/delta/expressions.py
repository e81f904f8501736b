"""Expressions that two engines read alike: what may be handed to the Delta library, which evaluates with an engine of its own.

UPDATE, DELETE and MERGE are fastest where the library rewrites only the files concerned. Its engine differs from the platform's SQL in
division, overflow, casts, patterns and many functions, without a word. So only comparisons of a column with a value of its own kind, joined
by AND, OR, NOT, IN, BETWEEN and IS NULL, go there; everything else is computed by DuckDB.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

_NUMBERS = {"byte", "short", "integer", "long", "float", "double"}
_BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64}
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ)

#: Column name in lower case -> ``(name, Delta type)``; for merges by alias too: ``target.id``.
Columns = Mapping[str, tuple[str, Any]]


def columns_of(fields: list[dict[str, Any]]) -> dict[str, tuple[str, Any]]:
    """Return the columns of a table as expressions look them up."""
    return {item["name"].lower(): (item["name"], item["type"]) for item in fields}


def writer_condition(node: exp.Expr, columns: Columns, alias: str | None = None) -> str | None:
    """Return a condition in the writer's SQL, None when the writer's engine might read it differently.

    Parameters
    ----------
    node
        The parsed condition; left as it is.
    columns
        Of the table.
    alias
        Put in front of every column.
    """
    if not _is_condition(node, columns):
        return None
    return _spelled(node, columns, alias)


def writer_value(node: exp.Expr, kind: Any, columns: Columns, alias: str | None = None) -> str | None:
    """Return a column's new value in the writer's SQL: a literal or another column of its very type; None for anything else."""
    if isinstance(node, exp.Null):
        return "NULL"
    if isinstance(node, exp.Literal) and node.is_string:
        return str(node.sql("postgres")) if kind == "string" else None
    if isinstance(node, exp.Boolean):
        return str(node.sql("postgres")) if kind == "boolean" else None
    if isinstance(node, (exp.Literal, exp.Neg)):
        return _number(node, kind)
    if isinstance(node, exp.Column) and _type(node, columns) == kind:
        return _spelled(node, columns, alias)
    return None


def _number(node: exp.Expr, kind: Any) -> str | None:
    digits = node.this if isinstance(node, exp.Neg) else node
    if not isinstance(digits, exp.Literal) or digits.is_string:
        return None
    sign, written = "-" if node is not digits else "", str(digits.this)
    if kind == "double":
        return f"CAST({sign}{written} AS DOUBLE)"
    bits = _BITS.get(kind) if isinstance(kind, str) else None
    if bits is None or not written.isdigit() or not -(2 ** (bits - 1)) <= int(sign + written) < 2 ** (bits - 1):
        return None
    return sign + written


def _is_condition(node: exp.Expr, columns: Columns) -> bool:
    if isinstance(node, (exp.And, exp.Or)):
        return _is_condition(node.left, columns) and _is_condition(node.right, columns)
    if isinstance(node, (exp.Not, exp.Paren)):
        return _is_condition(node.this, columns)
    if isinstance(node, exp.Boolean):
        return True
    if isinstance(node, exp.Column):
        return bool(_type(node, columns) == "boolean")
    if isinstance(node, exp.Is):
        return isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Null)
    if isinstance(node, exp.Between):
        ends = (node.args["low"], node.args["high"])
        return not node.args.get("symmetric") and all(_comparable(node.this, end, columns) for end in ends)
    if isinstance(node, exp.In):
        values = node.expressions
        return bool(values) and not node.args.get("query") and all(_comparable(node.this, v, columns) for v in values)
    if isinstance(node, _COMPARISONS):
        return _comparable(node.left, node.right, columns) or _comparable(node.right, node.left, columns)
    return False


def _comparable(column: exp.Expr, value: exp.Expr, columns: Columns) -> bool:
    """Return whether two engines compare these alike: a column with a literal of its kind, or with a column of its type."""
    if not isinstance(column, exp.Column):
        return False
    kind = _type(column, columns)
    if kind is None:
        return False
    if isinstance(value, exp.Column):
        return bool(kind == _type(value, columns))
    if isinstance(value, exp.Neg):
        value = value.this
        return kind in _NUMBERS and isinstance(value, exp.Literal) and not value.is_string
    if isinstance(value, exp.Literal):
        if not value.is_string:
            whole = str(value.this).isdigit()
            exact = isinstance(kind, str) and kind.startswith("decimal(")
            return (kind in _NUMBERS and (whole or kind in ("float", "double"))) or (exact and whole)
        return kind in ("string", "date", "timestamp")
    if isinstance(value, exp.Boolean):
        return bool(kind == "boolean")
    return _is_time(value) and kind in ("date", "timestamp")


def _is_time(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.Cast)
        and isinstance(node.this, exp.Literal)
        and node.this.is_string
        and node.to.this in exp.DataType.TEMPORAL_TYPES
    )


def _type(node: exp.Expr, columns: Columns) -> Any:
    """Return the Delta type of a column, None for one that is not known by that name."""
    if not isinstance(node, exp.Column) or node.args.get("db"):
        return None
    found = columns.get(f"{node.table}.{node.name}".lower() if node.table else node.name.lower())
    if found is None and node.table:
        found = columns.get(node.name.lower()) if not any("." in key for key in columns) else None
    return found[1] if found else None


def _spelled(node: exp.Expr, columns: Columns, alias: str | None) -> str:
    def spell(item: exp.Expr) -> exp.Expr:
        if isinstance(item, exp.Column):
            key = f"{item.table}.{item.name}".lower() if item.table else item.name.lower()
            name = (columns.get(key) or columns[item.name.lower()])[0]
            return exp.column(
                name, table=alias or (item.table.lower() if "." in key and key in columns else None), quoted=True
            )
        if _is_time(item):
            # The writer compares only equal units and zones; a text takes those of the column it is compared with.
            text: exp.Expr = item.this.copy()
            return text
        return item

    return str(node.copy().transform(spell).sql("postgres"))
