"""DuckDB's errors in the platform's words: the code, what was meant, where it stands in the user's own text, and the nearest names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlglot import exp

from mlnb.core.errors import MlnbError, UnavailableError, did_you_mean
from mlnb.core.files import translate_storage_error

from ..delta.log import missing_file
from ..errors import SqlError, TableCorruptError, UnresolvedColumnError
from .parse import position

if TYPE_CHECKING:
    import duckdb

_COLUMN = re.compile(
    r'Referenced column "(?P<a>.+?)" not found|does not have a column named "(?P<b>.+?)"|Column "(?P<c>.+?)" in \w+ list not found|'
    r'column "(?P<d>.+?)" specified in USING clause does not exist',
    re.IGNORECASE,
)
_ALIAS = re.compile(r'Referenced table "(?P<name>.+?)" not found')
_FUNCTION = re.compile(r"(?:Function|function) with name \"?(?P<name>\w+)\"? does not exist", re.IGNORECASE)

_WORD = re.compile(r"`(?:[^`]|``)*`|[\w.]+|.")

#: Characters of a line that a message shows.
_WIDTH = 110

# What the text says -> code and hint; the first that fits is taken.
_CODES = (
    (r"Ambiguous reference", "AMBIGUOUS_REFERENCE", "Put the table's name or alias in front of the column."),
    (r"must appear in the GROUP BY", "MISSING_AGGREGATION", "Add the column to GROUP BY, or wrap it in any_value()."),
    (r"Division by zero|divide by zero", "DIVIDE_BY_ZERO", "Use try_divide, or nullif(divisor, 0)."),
    (r"Overflow|out of range|Out of Range", "ARITHMETIC_OVERFLOW", "Cast to a wider type, for example double."),
    (
        r"Could not convert|Conversion Error|invalid .* field format|Could not parse",
        "CAST_INVALID_INPUT",
        "Use try_cast to get NULL.",
    ),
    (
        r"No function matches the given name and argument types",
        "DATATYPE_MISMATCH",
        "Cast the arguments to fitting types.",
    ),
    (
        r"More than one row returned by a subquery",
        "SCALAR_SUBQUERY_TOO_MANY_ROWS",
        "Add a condition or LIMIT 1 to the subquery.",
    ),
    (
        r"same number of result columns",
        "NUM_COLUMNS_MISMATCH",
        "Give both sides of the set operation the same columns.",
    ),
    (
        r"aggregate function calls cannot be nested",
        "NESTED_AGGREGATE_FUNCTION",
        "Use a subquery for the inner aggregate.",
    ),
)


@contextmanager
def translated(text: str, query: exp.Expr | None, columns: Collection[str]) -> Iterator[None]:
    """Turn what DuckDB raises inside the block into our errors.

    Parameters
    ----------
    text
        The statement as written.
    query
        Its tree, whose nodes know their positions in ``text``.
    columns
        The names that exist.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise translate(error, text, query, columns) from error


def translate(error: duckdb.Error, text: str, query: exp.Expr | None, columns: Collection[str]) -> MlnbError:
    """Return our error for one of DuckDB's."""
    import duckdb

    raw = str(error)
    message = re.sub(r"^[\w ]+ Error: ", "", raw.split("\n\nLINE ")[0]).strip()
    first = message.splitlines()[0].rstrip(" .!") if message else "the statement failed"
    if match := _COLUMN.search(raw):
        return unresolved_column(next(group for group in match.groups() if group), text, query, columns)
    if match := _ALIAS.search(raw):
        return _unresolved_alias(match["name"], text, query)
    if match := _FUNCTION.search(raw):
        return _unresolved_routine(match["name"], raw)
    if isinstance(error, duckdb.OutOfMemoryException):
        return UnavailableError(
            f"The statement needs more memory than it may use: {first}.",
            code="OUT_OF_MEMORY",
            hint="Select fewer columns or rows, or raise sql_memory_limit in [catalog] of mlnb.toml.",
        )
    if isinstance(error, duckdb.IOException):
        full = translate_storage_error(error, "the spill folder of the workspace")
        return (
            full
            or missing_file(raw)
            or TableCorruptError(f"A data file cannot be read: {first}.", hint="Restore the file from a copy.")
        )
    if isinstance(error, duckdb.InterruptException):
        return SqlError("The statement was cancelled.", code="CANCELLED", hint="Nothing was written.")
    for pattern, code, hint in _CODES:
        if re.search(pattern, raw):
            return SqlError(f"{first}.", code=code, hint=hint)
    return SqlError(f"{first}.", hint="Check the statement; functions follow the platform's SQL.")


def point(error: MlnbError, text: str) -> None:
    """Add the line of the statement that an error speaks of, with a mark below the word, to its details."""
    line, column = error.details.get("line"), error.details.get("column")
    lines = text.splitlines()
    if not (isinstance(line, int) and isinstance(column, int) and 0 < line <= len(lines)) or "snippet" in error.details:
        return
    shown, at = lines[line - 1].replace("\t", " "), column - 1
    word = _WORD.match(shown, at) if at <= len(shown) else None
    if len(shown) > _WIDTH:
        begin = max(0, at - _WIDTH // 2)
        shown, at = shown[begin : begin + _WIDTH], at - begin
    width = max(1, min(len(word[0]) if word else 1, len(shown) - at))
    error.details["snippet"] = f"{shown}\n{' ' * at}{'^' * width}"


def unresolved_column(name: str, text: str, query: exp.Expr | None, columns: Collection[str]) -> UnresolvedColumnError:
    """Return the error for a column that no table has: where it stands and the nearest names."""
    line, column = _find(name, exp.Column, text, query)
    where = f" (line {line}, column {column})" if line else ""
    shown = sorted(columns)[:8]
    return UnresolvedColumnError(
        f"There is no column {name!r}{where}.",
        hint=did_you_mean(name, columns)
        or (f"Columns: {', '.join(shown)}{', …' if len(columns) > 8 else ''}." if shown else None),
        details={"column_name": name, "line": line, "column": column} if line else {"column_name": name},
    )


def _unresolved_alias(name: str, text: str, query: exp.Expr | None) -> UnresolvedColumnError:
    aliases = {table.alias_or_name for table in query.find_all(exp.Table)} if query is not None else set()
    line, column = None, None
    for node in query.find_all(exp.Column) if query is not None else ():
        if node.table.lower() == name.lower() and "start" in node.args["table"].meta:
            line, column = position(text, node.args["table"].meta["start"])
            break
    where = f" (line {line}, column {column})" if line else ""
    return UnresolvedColumnError(
        f"There is no table or alias {name!r} in FROM{where}.",
        hint=did_you_mean(name, aliases) or f"In FROM: {', '.join(sorted(aliases))}.",
        details={"line": line, "column": column} if line else {},
    )


def _unresolved_routine(name: str, raw: str) -> SqlError:
    near = re.search(r'Did you mean "(\w+)"', raw)
    return SqlError(
        f"There is no function {name.lower()}.",
        code="UNRESOLVED_ROUTINE",
        hint=f"Did you mean {near[1]}?" if near else "Check the spelling; functions follow the platform's SQL.",
    )


def _find(name: str, kind: type[exp.Column], text: str, query: exp.Expr | None) -> tuple[int | None, int | None]:
    """Return where a name stands in the user's text, from 1."""
    for node in query.find_all(kind) if query is not None else ():
        if node.name.lower() == name.lower() and "start" in node.this.meta:
            return position(text, node.this.meta["start"])
    return None, None
