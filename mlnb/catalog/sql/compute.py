"""Rows computed for a write: a query over the very version of a table that the write replaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mlnb.core.access import TableAccess, record_access
from mlnb.core.errors import InvalidParameterError

from ..errors import SqlSyntaxError, UnboundParameterError
from .context import Context
from .front import Guard
from .parse import parse
from .result import SqlResult

if TYPE_CHECKING:
    from ..delta.handles import Found
    from ..service import Catalog

#: How a query of this module names the table it is about.
THIS = "mlnb.scan.t"


def rows_of(
    catalog: Catalog,
    query: str,
    found: Found,
    *,
    params: Mapping[str, Any] | None = None,
    frames: Mapping[str, Any] | None = None,
) -> SqlResult:
    """Run a query in which :data:`THIS` is a table at a fixed version, without row filters.

    Raises
    ------
    SqlSyntaxError, UnresolvedColumnError
        In the words of the query.
    """
    settings = catalog.settings
    context = Context(
        params=params or {},
        frames=frames or {},
        filtered=False,
        catalog=settings.default_catalog,
        schema=settings.default_schema,
    )
    statement = parse(query)
    if statement.kind != "SELECT" or statement.query is None:
        raise SqlSyntaxError("Only a SELECT can be computed for a write.", hint="Write one query.")
    resolved = catalog.front.resolve(statement.query, query, context, found)
    guard = Guard(query, statement.query, resolved)
    with guard():
        execution = catalog.engine.run(resolved)
    for read in resolved.reads:
        if read.name != found.full_name:
            record_access(TableAccess(read.name, read.version, "read", tuple(read.columns), filtered=True))
    return SqlResult(
        execution.schema,
        execution.batches(),
        kind="SELECT",
        statement=query,
        reads=resolved.reads,
        write=catalog.write,
        guard=guard,
    )


def expression(text: Any, params: Mapping[str, Any] | None = None) -> exp.Expr:
    """Return the tree of one SQL expression, with the values of its parameters in it; what is no text is a value.

    Raises
    ------
    SqlSyntaxError
        When it is anything but one expression.
    """
    if not isinstance(text, str):
        return _literal(text)
    statement = parse(f"SELECT {text}")
    query = statement.query
    if statement.kind != "SELECT" or not isinstance(query, exp.Select) or len(query.expressions) != 1 or _more(query):
        raise SqlSyntaxError(f"{text!r} is no expression.", hint="Write one value, as in SQL: price * 1.2.")
    node: exp.Expr = query.expressions[0]
    if isinstance(node, (exp.Alias, exp.Star)):
        raise SqlSyntaxError(f"{text!r} is no expression.", hint="Write one value, as in SQL: price * 1.2.")
    return bound(node.pop(), params)


def bound(node: exp.Expr, params: Mapping[str, Any] | None) -> exp.Expr:
    """Return an expression with the values of its parameters in it."""

    def fill(item: exp.Expr) -> exp.Expr:
        if not isinstance(item, (exp.Placeholder, exp.Parameter)):
            return item
        name = item.name
        if not isinstance(item, exp.Placeholder) or name not in (params or {}):
            raise UnboundParameterError(f"The parameter :{name} has no value.", hint=f"Pass params={{'{name}': …}}.")
        return _literal((params or {})[name])

    return node.transform(fill)


def _more(query: exp.Select) -> bool:
    return any(value for key, value in query.args.items() if key not in ("expressions", "kind"))


def _literal(value: Any) -> exp.Expr:
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    try:
        return exp.convert(value)
    except ValueError as error:
        raise InvalidParameterError(
            f"{type(value).__name__} is no value for a column.",
            hint="Pass a number, text, date, time or a list of these.",
        ) from error


def condition(text: str, params: Mapping[str, Any] | None = None) -> exp.Expr:
    """Return the tree of a condition; see :func:`expression`."""
    from .conditions import parse_condition

    return bound(parse_condition(text), params)
