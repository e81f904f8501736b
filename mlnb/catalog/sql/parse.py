"""Text to statement: one statement of the platform's dialect, as a tree, with positions for messages.

Queries and statements that change rows are read by the parser library, everything else by ``grammar``. Text that is not one of the
provided statements never gets further than this module.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import SqlSyntaxError, UnsupportedStatementError
from .grammar import Cursor, read
from .grammar.cursor import place as position

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Statement", "parse", "parse_query", "position", "tree_of"]

#: Words with which statements begin that the parser library reads; all others are looked for in our own grammar first.
_LIBRARY = {"SELECT", "WITH", "FROM", "VALUES", "INSERT", "MERGE", "UPDATE", "DELETE"}
#: How the name of a table begins that is a parameter or text: ``IDENTIFIER(:t)`` behind INSERT.
IDENTIFIER = "identifier\0"

_BLANK = re.compile(r"\s+|--[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"\w+")
_EVOLUTION = re.compile(r"\w+\s+WITH\s+SCHEMA\s+EVOLUTION\b", re.IGNORECASE)


def _start_of(text: str) -> int:
    """Return where a statement begins, behind blanks and comments."""
    position = 0
    while (match := _BLANK.match(text, position)) is not None:
        position = match.end()
    return position


@dataclass(frozen=True)
class Statement:
    """One parsed statement.

    Attributes
    ----------
    kind
        ``SELECT``, ``INSERT``, ``CREATE_TABLE``, ``DESCRIBE_HISTORY``, ….
    text
        As written.
    query
        The SELECT, or the one that feeds a write.
    target
        The table that an INSERT, UPDATE, DELETE or MERGE changes, as a tree.
    tree
        The whole statement as a tree, for those the parser library reads.
    evolve
        Of INSERT and MERGE: WITH SCHEMA EVOLUTION.
    args
        What our own grammar read, by name.
    """

    kind: str
    text: str
    query: exp.Query | None = None
    target: exp.Expr | None = None
    tree: exp.Expr | None = None
    evolve: bool = False
    args: Mapping[str, Any] = field(default_factory=dict)


def parse(text: str) -> Statement:
    """Parse one statement.

    Raises
    ------
    SqlSyntaxError
        With line and column.
    UnsupportedStatementError
        For a statement that is not provided.
    """
    word = _WORD.match(text, _start_of(text))
    if word is not None and word[0].upper() not in _LIBRARY:
        found = read(Cursor(text))
        if found is not None:
            kind, args = found
            return Statement(kind, text, query=_query_of(kind, args), args=args)
    return _statement(text, _tree(text).copy())


def parse_query(text: str) -> exp.Query:
    """Parse a query.

    Raises
    ------
    SqlSyntaxError
        When it is anything else.
    """
    statement = parse(text)
    if statement.kind != "SELECT" or statement.query is None:
        raise SqlSyntaxError("A query is expected here.", hint="Write SELECT …")
    return statement.query


def _query_of(kind: str, args: Mapping[str, Any]) -> exp.Query | None:
    """Return the query in a statement of our own grammar, which is then checked before anything happens."""
    text = args.get("query")
    return parse_query(text) if isinstance(text, str) and kind != "COPY_INTO" else None


def tree_of(text: str) -> exp.Expr:
    """Return the parser library's tree of a statement, with names as written; nobody may change it."""
    return _tree(text)


@lru_cache(maxsize=1)
def _dialect() -> Any:
    """Return the platform's dialect, in which a doubled quote stands for one."""
    from sqlglot.dialects.databricks import Databricks

    class Platform(Databricks):
        class Tokenizer(Databricks.Tokenizer):
            STRING_ESCAPES: ClassVar[list[str]] = ["\\", "'"]

    return Platform


@lru_cache(maxsize=256)
def _tree(text: str) -> exp.Expr:
    """Parse, remembering what was parsed before: panels and benchmarks repeat themselves."""
    from sqlglot.errors import ParseError, TokenError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    dialect = _dialect()()
    try:
        found = [tree for tree in dialect.parser().parse(_rewritten(dialect.tokenize(text)), text) if tree is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        raise _syntax_error(text, first.get("description") or str(error), first.get("line"), _start(first)) from error
    except TokenError as error:
        raise SqlSyntaxError(
            f"Syntax error: {_unclosed(error)}.", hint="Close the quote, backtick or comment."
        ) from error
    except RecursionError as error:
        raise SqlSyntaxError(
            "The statement is nested too deeply.", hint="Use fewer brackets, or common table expressions."
        ) from error
    if not found:
        raise SqlSyntaxError("There is no statement.", hint="Write for example SELECT * FROM main.default.my_table.")
    if len(found) > 1:
        raise SqlSyntaxError(
            f"{len(found)} statements at once; only one is run.",
            hint="Run them one after the other, each in a call of its own.",
        )
    tree: exp.Expr = found[0]
    return tree


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


def _rewritten(tokens: list[Any]) -> list[Any]:
    """Leave out ``WITH SCHEMA EVOLUTION``, which the parser library does not know, and rewrite ``t@v12``."""
    if [token.text.upper() for token in tokens[1:4]] == ["WITH", "SCHEMA", "EVOLUTION"]:
        tokens = tokens[:1] + tokens[4:]
    return _time_travel(_named_target(tokens))


def _named_target(tokens: list[Any]) -> list[Any]:
    """Make ``IDENTIFIER(…)`` behind INSERT one name, as the parser library expects: it is looked up when the statement is run."""
    from sqlglot.tokenizer_core import Token, TokenType

    words = [token.text.upper() for token in tokens[:7]]
    at = next((i for i, word in enumerate(words) if word == "IDENTIFIER"), 0)
    if not at or words[0] != "INSERT" or words[at + 1 : at + 2] != ["("]:
        return tokens
    end = next((i for i in range(at, len(tokens)) if tokens[i].text == ")"), None)
    if end is None:
        return tokens
    inner = "".join(token.text for token in tokens[at + 2 : end])
    first = tokens[at]
    name = Token(TokenType.IDENTIFIER, f"{IDENTIFIER}{inner}", first.line, first.col, first.start, tokens[end].end)
    return [*tokens[:at], name, *tokens[end + 1 :]]


def _statement(text: str, tree: exp.Expr) -> Statement:
    from sqlglot import exp

    if isinstance(tree, (exp.Query, exp.Values)):
        if not tree.find(exp.Into):
            return Statement("SELECT", text, query=_query(tree), tree=tree)
    elif isinstance(tree, (exp.Insert, exp.Merge, exp.Update, exp.Delete)):
        _refuse_odd(tree)
        return Statement(
            type(tree).__name__.upper(),
            text,
            query=_source(tree),
            target=tree.this.this if isinstance(tree.this, exp.Schema) else tree.this,
            tree=tree,
            evolve=_EVOLUTION.match(text, _start_of(text)) is not None,
        )
    word = text.split(None, 1)[0].upper() if text.split() else type(tree).__name__
    raise UnsupportedStatementError(
        f"{word} is not provided in SQL here.",
        hint="Provided: SELECT, INSERT, MERGE, UPDATE, DELETE, CREATE, ALTER, DROP, SHOW, DESCRIBE, GRANT, COPY INTO and others.",
    )


def _refuse_odd(tree: exp.Expr) -> None:
    """Refuse what other systems have in statements of the same name."""
    from sqlglot import exp

    odd = [key for key in ("returning", "conflict", "using", "from_", "order", "limit") if tree.args.get(key)]
    if isinstance(tree, exp.Merge):
        odd.remove("using")
    if odd:
        raise SqlSyntaxError(
            f"{tree.key.upper()} has no {odd[0].strip('_').upper()} here.",
            hint="MERGE INTO … USING … changes rows by those of another table.",
        )


def _source(tree: exp.Expr) -> exp.Query | None:
    """Return the query that feeds an INSERT."""
    from sqlglot import exp

    if not isinstance(tree, exp.Insert):
        return None
    table = tree.args.get("source")
    query = exp.select("*").from_(table) if isinstance(table, exp.Table) else _query(tree.args.get("expression"))
    if query is None or query.find(exp.Into):
        raise SqlSyntaxError(
            "INSERT takes VALUES or a SELECT.", hint="Write INSERT INTO t VALUES (…) or INSERT INTO t SELECT …"
        )
    if tree.args.get("with_"):
        query.set("with_", tree.args["with_"])
    return query


def _query(tree: exp.Expr | None) -> exp.Query | None:
    """Return a query as it is, and VALUES as the query that selects them."""
    from sqlglot import exp

    if isinstance(tree, exp.Values):
        values = tree.copy()
        if not values.alias:
            values.set("alias", exp.TableAlias(this=exp.to_identifier("v")))
        return exp.select("*").from_(values)
    return tree if isinstance(tree, exp.Query) else None
