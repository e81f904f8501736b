"""Slicing expressions: a column gives one slice per value, a predicate the slices `true` and `false`.

They are written by people in the platform's SQL and end up inside our queries, so they are parsed, checked and translated, never
pasted: one expression over columns of the table, without sub-query, aggregate or window function. Evaluation and monitoring read them
alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlnb.core.errors import InvalidParameterError, did_you_mean


@dataclass(frozen=True)
class Expression:
    """One slicing expression: its text is the slice key, ``sql`` is DuckDB's, ``platform`` the same for ``ws.sql``."""

    key: str
    sql: str
    columns: tuple[str, ...]
    platform: str


def parse_slices(expressions: Iterable[str], columns: Sequence[str]) -> list[Expression]:
    """Check slicing expressions against the columns of a table.

    Raises
    ------
    InvalidParameterError
        One cannot be used; the message says which and where.
    """
    return [_parse(text, columns) for text in expressions]


def split_expressions(text: str) -> list[str]:
    """Return what commas separate, but for those inside brackets and quotes: ``"carrier, word IN ('a', 'b')"`` is two."""
    pieces, depth, quote = [""], 0, ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"`":
            quote = sign
        elif sign in "([":
            depth += 1
        elif sign in ")]":
            depth -= 1
        if sign == "," and not quote and depth <= 0:
            pieces.append("")
        else:
            pieces[-1] += sign
    return [piece.strip() for piece in pieces if piece.strip()]


def _parse(text: str, columns: Sequence[str]) -> Expression:
    import sqlglot
    from sqlglot import exp

    try:
        parsed = sqlglot.parse(text, read="databricks")
    except sqlglot.errors.ParseError as error:
        place = error.errors[0] if error.errors else {}
        where = f" at column {place['col']}" if place.get("col") else ""
        raise _refused(text, f"it is not an expression{where}") from None
    except sqlglot.errors.TokenError:
        raise _refused(text, "a quote is not closed") from None
    tree = parsed[0] if len(parsed) == 1 else None
    if tree is None or isinstance(tree, (exp.Query, exp.DDL, exp.Command, exp.DML)):
        raise _refused(text, "it is not one expression")
    for kind, name in ((exp.Query, "a sub-query"), (exp.AggFunc, "an aggregate"), (exp.Window, "a window function")):
        if tree.find(kind) is not None:
            raise _refused(text, f"it contains {name}")
    used: list[str] = []
    for column in tree.find_all(exp.Column):
        known = {name.lower(): name for name in columns}
        name = known.get(column.name.lower(), "")
        if not name or column.table:
            hint = did_you_mean(column.name, columns) or f"Columns: {', '.join(columns[:20])}."
            raise InvalidParameterError(f"The slice {text!r} uses the unknown column {column.sql()!r}.", hint=hint)
        column.set("this", exp.to_identifier(name, quoted=True))
        used.append(name)
    if not used:
        raise _refused(text, "it uses no column")
    return Expression(text.strip(), tree.sql("duckdb"), tuple(dict.fromkeys(used)), tree.sql("databricks"))


def _refused(text: str, why: str) -> InvalidParameterError:
    return InvalidParameterError(
        f"The slice {text!r} cannot be used: {why}.", hint="Use a column or a condition on columns, such as `age > 60`."
    )
