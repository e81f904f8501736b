"""Text to statement: one statement of the platform's dialect, as a tree, with positions for messages.

What the parser library does not know (``t@v12``, ``DESCRIBE HISTORY``, ``SHOW``) is read here. Text that is not one of the provided
statements never gets further than this module.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from ..errors import SqlSyntaxError, UnsupportedStatementError

if TYPE_CHECKING:
    from sqlglot import exp

Kind = Literal["SELECT", "CREATE_TABLE_AS_SELECT", "INSERT", "DESCRIBE_HISTORY", "DESCRIBE", "SHOW"]

#: Statements of the platform that have a method here instead.
_INSTEAD = {
    "Drop": "ws.catalog.drop(name)",
    "Merge": "ws.catalog.table(name).merge(data, on=[...])",
    "Update": "ws.catalog.table(name).merge(data, on=[...])",
    "Delete": "ws.catalog.table(name).overwrite(data, where=...)",
    "Copy": "ws.catalog.ingest(path, name)",
    "TruncateTable": "ws.catalog.write(name, data, mode='overwrite')",
}

_COMMENTS = re.compile(r"\A(?:\s*(?:--[^\n]*(?:\n|\Z)|/\*.*?\*/))+", re.DOTALL)
_SHOW = re.compile(
    r"\s*SHOW\s+(CATALOGS|SCHEMAS|DATABASES|TABLES)(?:\s+(?:IN|FROM)\s+(\S+))?(?:\s+LIKE\s+'([^']*)')?\s*;?\s*\Z",
    re.IGNORECASE,
)
_HISTORY = re.compile(
    r"\s*DESCRIBE\s+HISTORY\s+((?:`(?:[^`]|``)*`|[^\s`;])+)(?:\s+LIMIT\s+(\d+))?\s*;?\s*\Z", re.IGNORECASE
)
_DESCRIBE = re.compile(
    r"\s*DESC(?:RIBE)?\s+(?:TABLE\s+)?(?:EXTENDED\s+)?((?:`(?:[^`]|``)*`|[^\s`;(])+)\s*;?\s*\Z", re.IGNORECASE
)


@dataclass(frozen=True)
class Statement:
    """One parsed statement.

    Attributes
    ----------
    text
        As written.
    query
        The SELECT, or the one that feeds a write.
    target
        The table written or described: a sqlglot table for writes, else its name.
    columns
        Of the target, when an INSERT names them.
    replace, exists
        Of CREATE: OR REPLACE, IF NOT EXISTS.
    comment, properties
        Of CREATE.
    options
        Of SHOW and DESCRIBE.
    """

    kind: Kind
    text: str
    query: exp.Query | None = None
    target: Any = None
    columns: tuple[str, ...] = ()
    by_name: bool = False
    replace: bool = False
    exists: bool = False
    comment: str | None = None
    properties: tuple[tuple[str, str], ...] = ()
    options: tuple[str | None, ...] = ()


def parse(text: str) -> Statement:
    """Parse one statement.

    Raises
    ------
    SqlSyntaxError
        With line and column.
    UnsupportedStatementError
        For a statement that is not provided.
    """
    special = _special(text)
    if special is not None:
        return special
    return _statement(text, _tree(text).copy())


def tree_of(text: str) -> exp.Expr:
    """Return the parser library's tree of a statement, with names as written; nobody may change it."""
    return _tree(text)


def _special(text: str) -> Statement | None:
    text = _COMMENTS.sub("", text)
    if match := _HISTORY.match(text):
        return Statement("DESCRIBE_HISTORY", text, target=match[1], options=(match[2],))
    if match := _SHOW.match(text):
        return Statement("SHOW", text, options=(match[1].upper(), match[2], match[3]))
    if (match := _DESCRIBE.match(text)) and match[1].upper() not in (
        "QUERY",
        "DETAIL",
        "CATALOG",
        "SCHEMA",
        "FUNCTION",
    ):
        return Statement("DESCRIBE", text, target=match[1])
    return None


@lru_cache(maxsize=256)
def _tree(text: str) -> exp.Expr:
    """Parse, remembering what was parsed before: panels and benchmarks repeat themselves."""
    from sqlglot.dialects.databricks import Databricks
    from sqlglot.errors import ParseError, TokenError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    dialect = Databricks()
    try:
        found = [
            tree for tree in dialect.parser().parse(_time_travel(dialect.tokenize(text)), text) if tree is not None
        ]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        raise _syntax_error(text, first.get("description") or str(error), first.get("line"), _start(first)) from error
    except TokenError as error:
        raise SqlSyntaxError(
            f"Syntax error: {_unclosed(error)}.", hint="Close the quote, backtick or comment."
        ) from error
    if not found:
        raise SqlSyntaxError("There is no statement.", hint="Write for example SELECT * FROM main.default.my_table.")
    if len(found) > 1:
        raise SqlSyntaxError(
            f"{len(found)} statements at once; only one is run.",
            hint="Run them one after the other, each in a call of its own.",
        )
    return found[0]


def _start(error: dict[str, Any]) -> int | None:
    """Return the column at which the offending word starts; the library counts to its end."""
    return error["col"] - max(len(error.get("highlight") or ""), 1) + 1 if error.get("col") else None


def _unclosed(error: Exception) -> str:
    match = re.search(r"Missing (.+) from (\d+):(\d+)", f"{error} {error.__cause__}")
    return (
        f"the {match[1]} opened at line {match[2]}, column {match[3]} is not closed"
        if match
        else "something is not closed"
    )


def _syntax_error(text: str, description: str, line: int | None, column: int | None) -> SqlSyntaxError:
    what = re.sub(r"Token token_type.*?text: (.*?), line.*", r"'\1'", description).replace("<", "").rstrip(". ")
    where = f" at line {line}, column {column}" if line else ""
    lines = text.splitlines()
    details = {"line": line, "column": column, "near": lines[line - 1].strip()} if line and line <= len(lines) else {}
    near = f" near: {details['near']}" if details else ""
    return SqlSyntaxError(
        f"Syntax error{where}: {what}.",
        hint=f"Check the statement{near}",
        details={k: v for k, v in details.items() if v},
    )


def _time_travel(tokens: list[Any]) -> list[Any]:
    """Rewrite ``t@v12`` as ``t VERSION AS OF 12``."""
    from sqlglot.tokenizer_core import Token, TokenType

    out: list[Any] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        following = tokens[position + 1] if position + 1 < len(tokens) else None
        version = re.fullmatch(r"[vV](\d+)", following.text) if following is not None else None
        adjacent = out and out[-1].end + 1 == token.start and following is not None and token.end + 1 == following.start
        if token.token_type == TokenType.PARAMETER and version and adjacent:
            words = (
                (TokenType.VAR, "VERSION"),
                (TokenType.ALIAS, "AS"),
                (TokenType.VAR, "OF"),
                (TokenType.NUMBER, version[1]),
            )
            out += [Token(kind, word, token.line, token.col, token.start, token.end) for kind, word in words]
            position += 2
        else:
            out.append(token)
            position += 1
    return out


def _statement(text: str, tree: exp.Expr) -> Statement:
    from sqlglot import exp

    query = _query(tree if isinstance(tree, (exp.Query, exp.Values)) else tree.args.get("expression"))
    if query is not None and not query.find(exp.Into):
        if isinstance(tree, (exp.Query, exp.Values)):
            return Statement("SELECT", text, query=query)
        if isinstance(tree, exp.Create) and tree.kind == "TABLE":
            return _create(text, tree, query)
        if isinstance(tree, exp.Insert) and not tree.args.get("overwrite"):
            return _insert(text, tree, query)
    what = type(tree).__name__
    word = text.split(None, 1)[0].upper() if text.split() else what
    raise UnsupportedStatementError(
        f"{word} is not provided in SQL here.",
        hint=f"Use {_INSTEAD[what]}."
        if what in _INSTEAD
        else "Provided: SELECT, CREATE [OR REPLACE] TABLE … AS SELECT, INSERT INTO, DESCRIBE [HISTORY], SHOW CATALOGS, SCHEMAS, TABLES.",
    )


def _query(tree: exp.Expr | None) -> exp.Query | None:
    """Return a query as it is, and VALUES as the query that selects them."""
    from sqlglot import exp

    if isinstance(tree, exp.Values):
        values = tree.copy()
        if not values.alias:
            values.set("alias", exp.TableAlias(this=exp.to_identifier("v")))
        return exp.select("*").from_(values)
    return tree if isinstance(tree, exp.Query) else None


def _create(text: str, tree: exp.Create, query: exp.Query) -> Statement:
    from sqlglot import exp

    if not isinstance(tree.this, exp.Table):
        raise SqlSyntaxError(
            "CREATE TABLE … AS SELECT takes its columns from the SELECT.",
            hint="Leave out the column list, or use casts and aliases.",
        )
    comment, properties = None, []
    for item in tree.args["properties"].expressions if tree.args.get("properties") else []:
        if isinstance(item, exp.SchemaCommentProperty):
            comment = item.this.name
        elif type(item) is exp.Property:
            properties.append((item.this.name, item.args["value"].name))
        elif not (isinstance(item, exp.FileFormatProperty) and item.name.lower() == "delta"):
            raise UnsupportedStatementError(
                f"{item.sql('databricks')} is not provided in CREATE TABLE.",
                hint="Provided: USING DELTA, COMMENT, TBLPROPERTIES.",
            )
    return Statement(
        "CREATE_TABLE_AS_SELECT",
        text,
        query=query,
        target=tree.this,
        replace=bool(tree.args.get("replace")),
        exists=bool(tree.args.get("exists")),
        comment=comment,
        properties=tuple(properties),
    )


def _insert(text: str, tree: exp.Insert, query: exp.Query) -> Statement:
    from sqlglot import exp

    target, columns = tree.this, ()
    if isinstance(target, exp.Schema):
        columns = tuple(column.name for column in target.expressions)
        target = target.this
    if tree.args.get("with_"):
        query.set("with_", tree.args["with_"])
    return Statement(
        "INSERT", text, query=query, target=target, columns=columns, by_name=bool(tree.args.get("by_name"))
    )


def position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of an offset in a text."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
