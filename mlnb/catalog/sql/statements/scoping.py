"""Trees made independent of where they stand: full names for tables, and no alias of the table that is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ...names import complete
from ..values import is_frame

if TYPE_CHECKING:
    from ..context import Context
    from ..front import SqlFront


def qualified(node: exp.Expr, front: SqlFront, context: Context) -> exp.Expr:
    """Give every table inside ``node`` its full name; data frames, functions and common table expressions stay as they are."""
    ctes = {cte.alias.lower() for cte in node.find_all(exp.CTE)}
    for table in list(node.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier) or table.catalog:
            continue
        if not table.db and table.name.lower() in ctes:
            continue
        parts = [part for part in (table.db, table.name) if part]
        whole = complete(parts, context.catalog, context.schema)
        if not table.db and is_frame(_frame(context, table.name)) and not front.catalog.exists(whole.full_name):
            continue
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
        table.set("catalog", exp.to_identifier(whole.catalog, quoted=True))
        table.set("db", exp.to_identifier(whole.schema, quoted=True))
    return node


def _frame(context: Context, name: str) -> Any:
    return context.frames.get(name)


def has_query(node: exp.Expr | None) -> bool:
    """Return whether an expression reads other tables."""
    return node is not None and node.find(exp.Query) is not None


def plain(node: exp.Expr, alias: str, name: str) -> exp.Expr:
    """Return a copy in which columns of the changed table stand without its name."""
    known = {alias.lower(), name.lower()}

    def strip(item: exp.Expr) -> exp.Expr:
        if isinstance(item, exp.Column) and item.table.lower() in known:
            return exp.Column(this=item.this.copy())
        return item

    return node.copy().transform(strip)


def without_defaults(node: exp.Expr) -> None:
    """Turn DEFAULT among values into NULL: that is the default of every column here."""
    for word in list(node.find_all(exp.Var, exp.Column)):
        if word.name.upper() == "DEFAULT" and isinstance(word.parent, (exp.Tuple, exp.EQ, exp.Values)):
            word.replace(exp.Null())
