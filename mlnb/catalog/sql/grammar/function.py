"""``CREATE FUNCTION``: the whole definition of a function, its source kept as it was written."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from typing import Any, Literal

from ...errors import SqlSyntaxError
from ...records_objects import FunctionParameter
from .cursor import Cursor, Name, Parameter

#: What may be said about a function without a meaning here.
_SAID = (
    "DETERMINISTIC",
    "NOT DETERMINISTIC",
    "CONTAINS SQL",
    "READS SQL DATA",
    "NO SQL",
    "MODIFIES SQL DATA",
    "PARAMETER STYLE PANDAS",
)
_CALLED = ("CALLED ON NULL INPUT", "SQL SECURITY DEFINER", "SQL SECURITY INVOKER", "DEFAULT COLLATION UTF8_BINARY")

_AFTER_TYPE = (
    *(
        "DEFAULT",
        "COMMENT",
        "NOT",
        "LANGUAGE",
        "RETURN",
        "AS",
        "DETERMINISTIC",
        "CONTAINS",
        "READS",
        "NO",
        "MODIFIES",
        "PARAMETER",
    ),
    *("CALLED", "SQL", "ENVIRONMENT", "HANDLER"),
)


@dataclass
class Definition:
    """A function as it was defined."""

    name: Name | None = None
    replace: bool = False
    exists: bool = False
    parameters: list[FunctionParameter] = field(default_factory=list)
    returns: str | None = None
    columns: list[FunctionParameter] = field(default_factory=list)
    language: Literal["SQL", "PYTHON"] = "SQL"
    comment: str | None = None
    requirements: list[str] = field(default_factory=list)
    body: str = ""


def read_function(text: str) -> Definition:
    """Read ``CREATE [OR REPLACE] FUNCTION name(parameters) RETURNS type … RETURN body``, or the same from the bracket on.

    Raises
    ------
    SqlSyntaxError
        With line and column.
    """
    cursor = Cursor(text)
    found = Definition()
    if cursor.accept("CREATE"):
        found.replace = cursor.accept("OR", "REPLACE")
        if cursor.one_of("TEMPORARY", "TEMP"):
            raise cursor.error(
                "temporary functions are not provided", "Leave TEMPORARY out, and drop the function when you are done."
            )
        cursor.expect("FUNCTION")
        found.exists = cursor.accept("IF", "NOT", "EXISTS")
        found.name = cursor.name("a function")
    found.parameters = _columns(cursor, defaults=True)
    while not cursor.done and not cursor.peek("RETURN") and not cursor.peek("AS"):
        _clause(cursor, found)
    if cursor.accept("AS"):
        if cursor.token.kind == "text":
            found.body = textwrap.dedent(cursor.next().text).strip("\n")
            cursor.end()
            return found
        found.language = _only_sql(cursor, found)
        found.body = _rest(cursor)
        return found
    cursor.expect("RETURN")
    found.language = _only_sql(cursor, found)
    found.body = _rest(cursor)
    return found


def _only_sql(cursor: Cursor, found: Definition) -> Literal["SQL"]:
    if found.language != "SQL":
        raise cursor.error(
            "the source of a Python function stands between $$ and $$", "Write LANGUAGE PYTHON AS $$ … $$."
        )
    return "SQL"


def _rest(cursor: Cursor) -> str:
    start, end = cursor.rest()
    if start == end:
        raise cursor.error("an expression is expected")
    return cursor.text[start:end].strip()


def _clause(cursor: Cursor, found: Definition) -> None:
    if cursor.accept("RETURNS", "TABLE"):
        found.returns = "TABLE"
        found.columns = _columns(cursor) if cursor.peek("(") else []
    elif cursor.accept("RETURNS"):
        found.returns = _type(cursor)
    elif cursor.accept("LANGUAGE"):
        found.language = "PYTHON" if cursor.choose("SQL", "PYTHON") == "PYTHON" else "SQL"
    elif cursor.accept("COMMENT"):
        found.comment = _plain(cursor)
    elif cursor.accept("ENVIRONMENT"):
        found.requirements = _requirements(cursor)
    elif cursor.accept("HANDLER"):
        raise cursor.error(
            "HANDLER is not provided", "The last function that the source defines is the one that is called."
        )
    elif cursor.one_of(*_SAID, *_CALLED) is None:
        raise cursor.error("RETURNS, LANGUAGE, COMMENT, RETURN or AS is expected")


def _requirements(cursor: Cursor) -> list[str]:
    """``(dependencies = '["a==1", "b"]', environment_version = 'None')``."""
    given: dict[str, Any] = {key.lower(): value for key, value in cursor.pairs().items()}
    text = given.get("dependencies") or "[]"
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SqlSyntaxError(
            f"The dependencies {text!r} are no list.", hint="Write '[\"simplejson==3.19.3\"]'."
        ) from error
    return [str(item) for item in found]


def _columns(cursor: Cursor, *, defaults: bool = False) -> list[FunctionParameter]:
    """``(a DOUBLE DEFAULT 1 COMMENT 'x', b STRING)``."""
    cursor.expect("(")
    found: list[FunctionParameter] = []
    while not cursor.accept(")"):
        if found:
            cursor.expect(",")
        name = cursor.word("a parameter" if defaults else "a column")
        kind, default, comment = _type(cursor), None, None
        while not cursor.peek(",") and not cursor.peek(")"):
            if defaults and cursor.accept("DEFAULT"):
                start, end = cursor.until(("COMMENT",), ",)")
                default = cursor.text[start:end].strip()
            elif cursor.accept("COMMENT"):
                comment = _plain(cursor)
            elif not cursor.accept("NOT", "NULL"):
                raise cursor.error("DEFAULT, COMMENT, a comma or a closing bracket is expected")
        found.append(
            FunctionParameter(name=name, type_text=kind, position=len(found), default=default, comment=comment)
        )
    return found


def _type(cursor: Cursor) -> str:
    """A type, as written."""
    start, end = cursor.until(_AFTER_TYPE, ",)", angles=True)
    if start == end:
        raise cursor.error("a type is expected", "For example INT, DOUBLE, STRING, DATE, TIMESTAMP, ARRAY<STRING>.")
    return cursor.text[start:end].strip()


def _plain(cursor: Cursor) -> str:
    text = cursor.string()
    if isinstance(text, Parameter):
        raise cursor.error("a comment is a text in quotes")
    return text


def read_columns(text: str) -> list[FunctionParameter]:
    """Read the columns of ``TABLE (a INT, b STRING)`` as they are stored."""
    cursor = Cursor(text)
    cursor.expect("TABLE")
    return _columns(cursor) if cursor.peek("(") else []
