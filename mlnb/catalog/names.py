"""Names: ``catalog.schema.table``, in any script, with backticks around parts that need them.

Parts are compared without regard to case and kept as they were written. A part may hold spaces and quotes; a dot, a slash or a control
character would make the dotted name ambiguous or unusable in a path, and is refused, as the platform does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from mlnb.core.errors import InvalidParameterError

#: Longest part, in characters; the platform's limit.
MAX_LENGTH = 255

_PLAIN = re.compile(r"[^\W\d]\w*\Z")
_PART = re.compile(r"\s*(?:`((?:[^`]|``)*)`|([^.]*?))\s*(\.|\Z)")


class InvalidNameError(InvalidParameterError):
    """A name that cannot be one."""

    code = "INVALID_NAME"


@dataclass(frozen=True, order=True)
class TableName:
    """The three parts of a table's name."""

    catalog: str
    schema: str
    name: str

    @property
    def full_name(self) -> str:
        """The parts joined by dots, as they appear in REST and in the journal."""
        return f"{self.catalog}.{self.schema}.{self.name}"

    @property
    def schema_name(self) -> str:
        """``catalog.schema``."""
        return f"{self.catalog}.{self.schema}"

    def __str__(self) -> str:
        return self.full_name


def key(part: str) -> str:
    """Return the form in which names are compared: composed Unicode, lower case."""
    return unicodedata.normalize("NFC", part).lower()


def check(part: str) -> str:
    """Return a part of a name, refusing what no part can be.

    Raises
    ------
    InvalidNameError
        When it is empty, too long, or holds a dot, a slash or a control character.
    """
    if not part or part != part.strip():
        raise InvalidNameError(
            f"{part!r} is no name.", hint="A name has at least one character and no space at its ends."
        )
    wrong = next((c for c in part if c in "./" or unicodedata.category(c) == "Cc"), None)
    wrong = "`" if part[0] == "`" else wrong  # it would read as an opening quote in the dotted name
    if wrong is not None:
        raise InvalidNameError(f"{part!r} may not contain {wrong!r}.", hint="Use an underscore in its place.")
    if len(part) > MAX_LENGTH:
        raise InvalidNameError(f"A name has at most {MAX_LENGTH} characters; this one has {len(part)}.")
    return part


def split(text: str) -> list[str]:
    """Split a dotted name into its parts; a part in backticks may hold anything, a doubled backtick stands for one.

    Raises
    ------
    InvalidNameError
        When a part is missing or a backtick is not closed.
    """
    parts: list[str] = []
    position = 0
    while True:
        match = _PART.match(text, position)
        if match is None:
            raise InvalidNameError(f"{text!r} is no name.", hint="Close the backtick.")
        quoted, plain, dot = match.groups()
        parts.append(check(quoted.replace("``", "`") if quoted is not None else plain))
        position = match.end()
        if not dot:
            return parts


def parse_table(text: str, catalog: str, schema: str) -> TableName:
    """Parse a table's name of one, two or three parts, filling in the current catalog and schema."""
    parts = split(text)
    if len(parts) > 3:
        raise InvalidNameError(f"{text!r} has {len(parts)} parts.", hint="A table is catalog.schema.table.")
    return complete(parts, catalog, schema)


def complete(parts: Sequence[str], catalog: str, schema: str) -> TableName:
    """Make a table's name of its last one, two or three parts."""
    filled = [catalog, schema, ""][: 3 - len(parts)] + list(parts)
    return TableName(*filled)


def parse_schema(text: str, catalog: str) -> tuple[str, str]:
    """Parse ``schema`` or ``catalog.schema``."""
    parts = split(text)
    if len(parts) > 2:
        raise InvalidNameError(f"{text!r} has {len(parts)} parts.", hint="A schema is catalog.schema.")
    return (catalog, parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def quote(part: str) -> str:
    """Write a part for SQL: in backticks unless it is a plain word."""
    return part if _PLAIN.match(part) else quote_always(part)


def quote_always(part: str) -> str:
    """Write a part or a column for SQL in backticks, so that no word is taken for the language's own."""
    return "`" + part.replace("`", "``") + "`"


def quote_duckdb(identifier: str) -> str:
    """Quote an identifier for DuckDB, and for whoever else takes double quotes."""
    return '"' + identifier.replace('"', '""') + '"'


def quote_name(full_name: str) -> str:
    """Write a dotted name for SQL, each part in backticks when it needs them."""
    return ".".join(quote(part) for part in split(full_name))


def folder_part(part: str) -> str:
    """Return a part as a folder name that every file system and URL takes unchanged."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", part)[:80]
