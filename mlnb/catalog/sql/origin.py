"""What the rows of a query are: rows of one table, or something made from several, with or without what is held out."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from .resolve import Resolved

#: Parts of a SELECT that leave its rows to be rows of the table it reads.
_KEEPS = {"kind", "expressions", "from_", "where", "order", "limit", "offset", "hint", "sample"}


def origin(query: exp.Query, resolved: Resolved, *, filtered: bool) -> dict[str, Any] | None:
    """Return where the rows of a query came from, in the form of :mod:`mlnb.core.origin`; None when that cannot be said.

    Parameters
    ----------
    filtered
        Whether the filters of the workspace were applied.
    """
    if resolved.outside or not resolved.reads:
        return None
    if len(resolved.reads) == 1 and not resolved.views and _rows_of_a_table(query, resolved):
        read = resolved.reads[0]
        held = filtered and read.name in resolved.guarded
        return {"table": read.name, "version": read.version, "columns": list(read.columns), "filtered": held}
    if not filtered:
        return None
    tables = {read.name: read.version for read in resolved.reads}
    return {"tables": tables, "guarded": [name for name in tables if name in resolved.guarded]}


def _rows_of_a_table(query: exp.Query, resolved: Resolved) -> bool:
    """Whether every row is one row of the table, whose columns have their own names."""
    if not isinstance(query, exp.Select) or {key for key, value in query.args.items() if value} - _KEEPS:
        return False
    if query.args.get("from_") is None:  # SELECT (SELECT …): one row, made of a table's
        return False
    source = query.args["from_"].this
    if not isinstance(source, exp.Table) or any(source.args.get(key) for key in ("joins", "laterals", "pivots")):
        return False
    if query.find(exp.AggFunc) or query.find(exp.UDTF) or len(list(query.find_all(exp.Select))) > 1:
        return False
    names = {name.lower() for name in resolved.columns}
    return all(_own(item, names) for item in query.expressions)


def _own(item: exp.Expr, names: set[str]) -> bool:
    """Whether a column is the table's own, or has a name that none of the table's columns has."""
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        item = item.this
    if isinstance(item, exp.Star):
        return not item.args.get("replace") and not item.args.get("rename")
    if isinstance(item.unalias(), exp.Column) and item.unalias().name.lower() == item.output_name.lower():
        return True
    return item.output_name.lower() not in names
