"""Completion of SQL: what may stand at the cursor. It reads words, not grammar, so that it works in statements that are half written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Record

from . import metastore as rows
from .complete_words import CLAUSES, KEYWORDS, STARTS, functions
from .names import TableName, key, quote
from .tables import catalog_securable

if TYPE_CHECKING:
    from .service import Catalog

#: Items of one answer, and tables of a statement whose columns are offered.
MAX_ITEMS, _TABLES = 100, 12

_WORD = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<text>'(?:[^'\\]|\\.|'')*(?:'|\Z) | "(?:[^"\\]|\\.)*(?:"|\Z))
      | (?P<quoted>`(?:[^`]|``)*(?:`|\Z))
      | (?P<parameter>:(?=[^\W\d]|\Z)\w*)
      | (?P<word>\w+)
      | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)


#: Words after which a name of a kind is expected.
_EXPECTS = {
    **dict.fromkeys(
        ("from", "join", "into", "table", "update", "describe", "desc", "optimize", "vacuum", "history", "detail"),
        "table",
    ),
    **dict.fromkeys(("extended", "truncate", "restore", "analyze", "undrop"), "table"),
    "view": "table",
    "using": "table",
    "schema": "schema",
    "use": "schema",
    "catalog": "catalog",
    "function": "function",
    "volume": "volume",
}


class CompletionItem(Record):
    """Something that may stand at the cursor, quoted where it must be."""

    text: str
    type: str
    doc: str | None = None


class Completion(Record):
    """What replaces the text from ``start`` to ``end`` (code points)."""

    start: int
    end: int
    items: list[CompletionItem]


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """The word, without backticks."""
        return self.text.strip("`").replace("``", "`") if self.kind == "quoted" else self.text


@dataclass
class _Place:
    """Where the cursor stands: the dotted name before it, and the words around."""

    start: int
    parts: list[str]
    prefix: str
    before: list[_Token]
    statement: list[_Token]
    parameter: bool = False
    closed: bool = False
    quoted: bool = False
    end: int = 0
    items: list[CompletionItem] = field(default_factory=list)


def complete(
    catalog: Catalog,
    text: str,
    cursor: int | None = None,
    *,
    frames: Iterable[str] = (),
    parameters: Iterable[str] = (),
    in_catalog: str | None = None,
    in_schema: str | None = None,
) -> Completion:
    """Return what may stand at the cursor; see :meth:`mlnb.catalog.discovery.Discovery.complete`."""
    cursor = len(text) if cursor is None else cursor
    if not 0 <= cursor <= len(text):
        raise InvalidParameterError(f"cursor is {cursor}.", hint=f"Use 0 to {len(text)}.")
    place = _place(text, cursor)
    if place.closed:  # inside a text or a comment
        return Completion(start=cursor, end=cursor, items=[])
    finder = _Finder(catalog, place, in_catalog, in_schema)
    if place.parameter:
        finder.add(((name, None) for name in parameters), "parameter")
    else:
        finder.fill(list(frames))
    return Completion(start=place.start, end=place.end, items=place.items[:MAX_ITEMS])


def _tokens(text: str) -> Iterator[_Token]:
    for match in _WORD.finditer(text):
        yield _Token(str(match.lastgroup), match[0], match.start(), match.end())


def _place(text: str, cursor: int) -> _Place:
    every = list(_tokens(text))
    if any(token.kind == "quoted" and token.start < cursor < token.end for token in every):
        every = [
            *_tokens(text[:cursor]),
            *(_moved(token, cursor) for token in _tokens(text[cursor:])),
        ]  # still being written
    first = max((token.end for token in every if token.text == ";" and token.end <= cursor), default=0)
    last = min((token.start for token in every if token.text == ";" and token.start >= cursor), default=len(text))
    statement = [token for token in every if first <= token.start < last and token.kind != "space"]
    inside = next((t for t in every if t.start < cursor < t.end or (t.start < cursor == t.end and _open(t))), None)
    if inside is not None and (inside.kind == "text" or inside.text[:2] in ("--", "/*")):
        return _Place(cursor, [], "", [], [], closed=True)
    before = list(_tokens(text[first:cursor]))
    return _around(text, cursor, before, statement)


def _moved(token: _Token, by: int) -> _Token:
    return _Token(token.kind, token.text, token.start + by, token.end + by)


def _open(token: _Token) -> bool:
    """Return whether text typed at the token's end belongs to it."""
    if token.kind == "text":
        return len(token.text) == 1 or token.text[-1] != token.text[0]
    return token.text.startswith("--") or (token.text.startswith("/*") and not token.text.endswith("*/"))


def _around(text: str, cursor: int, before: list[_Token], statement: list[_Token]) -> _Place:
    prefix, start = "", cursor
    quoted = False
    if before and before[-1].kind in ("word", "quoted", "parameter"):
        last = before.pop()
        start = cursor - len(last.text)
        if last.kind == "parameter":
            return _Place(start + 1, [], last.text[1:], before, statement, parameter=True, end=cursor)
        quoted = last.kind == "quoted"
        prefix = last.name
    parts: list[str] = []
    while len(before) >= 2 and before[-1].text == "." and before[-2].kind in ("word", "quoted"):
        parts.insert(0, before[-2].name)
        before = before[:-2]
    end = cursor
    if quoted and text[cursor : cursor + 1] == "`":
        end += 1
    return _Place(start, parts, prefix, [t for t in before if t.kind != "space"], statement, quoted=quoted, end=end)


class _Finder:
    """Fills in what may stand at a place."""

    def __init__(self, catalog: Catalog, place: _Place, in_catalog: str | None, in_schema: str | None) -> None:
        self._catalog = catalog
        self._place = place
        self._above = in_catalog or catalog.settings.default_catalog
        self._schema = in_schema or catalog.settings.default_schema
        self._seen: set[tuple[str, str]] = set()

    def fill(self, frames: Sequence[str]) -> None:
        """Add every candidate, the likeliest first."""
        what, parts = self._expected(), self._place.parts
        with self._catalog.ground.metastore.connect() as connection:
            if what == "start":
                self.add(((word, None) for word in STARTS), "keyword")
            elif what in ("table", "function", "volume", "schema", "catalog"):
                if what == "table" and not parts:
                    self.add(((name, "common table expression") for name in self._ctes()), "table")
                    self.add(((name, "data frame") for name in frames), "frame")
                self._names(connection, what)
            else:
                self._expression(connection, frames)
            if not parts and not self._place.quoted and self._place.prefix and what != "start":
                self.add(((word, None) for word in KEYWORDS), "keyword")

    # -- where --------------------------------------------------------------------------------------------------------

    def _expected(self) -> str:
        before = self._place.before
        if not before:
            return "start" if not self._place.parts else "expression"
        last = before[-1]
        word = last.text.lower()
        if word == "by" or last.text in ("(", "="):
            return "expression"
        if last.text == ",":
            return "table" if self._in_from(before) else "expression"
        if word in ("in", "from") and any(t.text.lower() == "show" for t in before):
            return "catalog" if any(t.text.lower() == "schemas" for t in before) else "schema"
        if word == "using" and not any(t.text.lower() == "merge" for t in before):
            return "expression"
        if word == "on" and before[0].text.lower() in ("grant", "revoke", "comment"):
            return "table"
        return _EXPECTS.get(word, "expression")

    def _in_from(self, before: Sequence[_Token]) -> bool:
        """Return whether a comma separates tables: FROM is the last clause before it, outside of brackets."""
        depth = 0
        for token in reversed(before):
            depth += {")": 1, "(": -1}.get(token.text, 0)
            if depth < 0:
                return False
            word = token.text.lower()
            if depth == 0 and token.kind == "word" and word in CLAUSES | {"from"}:
                return word == "from"
        return False

    # -- names of the catalog -----------------------------------------------------------------------------------------

    def _names(self, connection: sa.Connection, what: str) -> None:
        parts = self._place.parts
        if what == "catalog" or (not parts and what != "catalog"):
            self._children(connection, "catalog", "", "catalog")
        if what == "catalog":
            return
        if not parts or len(parts) == 1:
            above = rows.find(connection, "catalog", "", parts[0] if parts else self._above)
            if above is not None:
                self._children(connection, "schema", above.id, "schema")
        if what == "schema":
            return
        path = (
            (self._above, self._schema)
            if not parts
            else (self._above, parts[0])
            if len(parts) == 1
            else tuple(parts[:2])
        )
        if len(parts) <= 2:
            _, schema = rows.find_schema(connection, *path)
            if schema is not None:
                self._children(connection, what, schema.id, what)

    def _children(self, connection: sa.Connection, kind: str, parent: str, type: str) -> None:
        query = sa.select(catalog_securable.c.name, catalog_securable.c.kind, catalog_securable.c.comment).where(
            catalog_securable.c.parent_id == parent,
            catalog_securable.c.namespace == rows.NAMESPACES[kind],
            catalog_securable.c.deleted_at.is_(None),
            catalog_securable.c.name_key.startswith(key(self._place.prefix), autoescape=True),
        )
        seen = self._condition(kind)
        query = query if seen is None else query.where(seen)
        for row in connection.execute(query.order_by(catalog_securable.c.name_key).limit(MAX_ITEMS)):
            self.add([(row.name, row.comment)], row.kind if type == "table" else type)

    def _condition(self, kind: str) -> sa.ColumnElement[bool] | None:
        """Return the condition under which a name may be seen; None where everything may."""
        rights = self._catalog.rights
        return None if rights.unrestricted() else rights.condition(kind, None)

    # -- expressions --------------------------------------------------------------------------------------------------

    def _expression(self, connection: sa.Connection, frames: Sequence[str]) -> None:
        sources = self._sources()
        parts = self._place.parts
        if parts:
            wanted = key(parts[-1])
            for alias, path in sources:
                if key(alias) == wanted:
                    self._columns(connection, path)
            if len(parts) <= 2:
                self._names(connection, "function")
            return
        for _, path in sources[:_TABLES]:
            self._columns(connection, path)
        aliases = [(alias, ".".join(path) if alias != path[-1] else None) for alias, path in sources]
        self.add(aliases, "alias")
        if self._place.prefix:
            _, schema = rows.find_schema(connection, self._above, self._schema)
            if schema is not None:
                self._children(connection, "function", schema.id, "function")
            self.add(((name, None) for name in functions()), "function")
        if not sources:
            self.add(((name, "data frame") for name in frames), "frame")

    def _columns(self, connection: sa.Connection, path: Sequence[str]) -> None:
        if len(path) > 3:
            return
        name = TableName(*([self._above, self._schema][: 3 - len(path)] + list(path)))
        info = rows.find_table(connection, name)
        if info is None or not self._may_see(info.full_name):
            return
        self.add(
            ((c.name, f"{c.type_text}{', ' + c.comment if c.comment else ''} · {info.name}") for c in info.columns),
            "column",
        )

    def _may_see(self, full_name: str) -> bool:
        from mlnb.core.errors import PermissionDeniedError

        try:
            self._catalog.require("BROWSE", "table", full_name)
        except PermissionDeniedError:
            return False
        return True

    def _sources(self) -> list[tuple[str, list[str]]]:
        """Return alias and path of every table that the statement names."""
        found: dict[tuple[str, tuple[str, ...]], None] = {}
        tokens = self._place.statement
        index = 0
        while index < len(tokens):
            word = tokens[index].text.lower()
            starts = word in ("from", "join", "into", "update", "using", "table") and tokens[index].kind == "word"
            if starts or (tokens[index].text == "," and self._in_from(tokens[:index])):
                path, after = _path(tokens, index + 1)
                if path and path[0].lower() not in CLAUSES:
                    found[_alias(tokens, after) or path[-1], tuple(path)] = None
                index = max(after, index + 1)
            else:
                index += 1
        return [(alias, list(path)) for alias, path in found]

    def _ctes(self) -> list[str]:
        tokens = self._place.statement
        return [
            tokens[i].name
            for i in range(len(tokens) - 2)
            if tokens[i].kind in ("word", "quoted") and tokens[i + 1].text.lower() == "as" and tokens[i + 2].text == "("
        ]

    def add(self, names: Iterable[tuple[str, str | None]], type: str) -> None:
        """Add the names that begin with what stands before the cursor, each once."""
        prefix = key(self._place.prefix)
        for name, doc in names:
            if key(name).startswith(prefix) and (type, name) not in self._seen and len(self._place.items) < MAX_ITEMS:
                self._seen.add((type, name))
                plain = type in ("keyword", "parameter")
                self._place.items.append(
                    CompletionItem(text=name if plain else _written(name, self._place), type=type, doc=doc)
                )


def _written(name: str, place: _Place) -> str:
    return f"`{name.replace('`', '``')}`" if place.quoted else quote(name)


def _path(tokens: Sequence[_Token], index: int) -> tuple[list[str], int]:
    path: list[str] = []
    while index < len(tokens) and tokens[index].kind in ("word", "quoted"):
        path.append(tokens[index].name)
        index += 1
        if index + 1 < len(tokens) and tokens[index].text == "." and tokens[index].start == tokens[index - 1].end:
            index += 1
            continue
        break
    return path, index


def _alias(tokens: Sequence[_Token], index: int) -> str | None:
    if index < len(tokens) and tokens[index].text.lower() == "as":
        index += 1
    elif index < len(tokens) and tokens[index].text.lower() in CLAUSES:
        return None
    return tokens[index].name if index < len(tokens) and tokens[index].kind in ("word", "quoted") else None
