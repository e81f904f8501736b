"""LIST, PUT, GET and COPY INTO."""

from __future__ import annotations

from typing import Any

from .cursor import Cursor

Read = tuple[str, dict[str, Any]]


def list_files(cursor: Cursor) -> Read:
    """``LIST 'path' [LIMIT n]``."""
    path = cursor.string("a path in quotes")
    return "LIST_FILES", {"path": path, "limit": cursor.number() if cursor.accept("LIMIT") else None}


def put(cursor: Cursor) -> Read:
    """``PUT 'local file' INTO 'path' [OVERWRITE]``."""
    source = cursor.string("a local path in quotes")
    cursor.choose("INTO", "TO")
    return "PUT_FILE", {
        "source": source,
        "path": cursor.string("a path in quotes"),
        "overwrite": cursor.accept("OVERWRITE"),
    }


def get(cursor: Cursor) -> Read:
    """``GET 'path' TO 'local file'``."""
    path = cursor.string("a path in quotes")
    cursor.choose("TO", "INTO")
    return "GET_FILE", {"path": path, "target": cursor.string("a local path in quotes")}


def copy_into(cursor: Cursor) -> Read:
    """``COPY INTO t FROM {'path' | (SELECT … FROM 'path')} FILEFORMAT = f [FILES = (…) | PATTERN = '…'] [… OPTIONS (…)]``."""
    cursor.expect("INTO")
    args: dict[str, Any] = {"name": cursor.name("a table"), "columns": None, "query": None}
    args |= {
        "format": None,
        "files": None,
        "pattern": None,
        "format_options": {},
        "copy_options": {},
        "validate": False,
    }
    cursor.accept("BY", "POSITION")
    if cursor.peek("("):
        args["columns"] = cursor.several(lambda: cursor.word("a column"))
    cursor.expect("FROM")
    if cursor.peek("("):
        start = cursor.token.start
        body = cursor.bracketed()
        args["query"] = cursor.blanked(start + 1, start + 1) + body
    else:
        args["source"] = cursor.string("a path in quotes")
    while not cursor.done:
        word = cursor.choose("FILEFORMAT", "FILES", "PATTERN", "FORMAT_OPTIONS", "COPY_OPTIONS", "VALIDATE")
        if word in ("FORMAT_OPTIONS", "COPY_OPTIONS"):
            args[word.lower()] = cursor.pairs()
        elif word == "VALIDATE":
            args["validate"] = True
            if not cursor.accept("ALL") and cursor.token.kind == "number":
                cursor.number()
                cursor.expect("ROWS")
        else:
            cursor.expect("=")
            if word == "FILES":
                args["files"] = cursor.several(lambda: cursor.string("a file in quotes"))
            elif word == "PATTERN":
                args["pattern"] = cursor.string("a pattern in quotes")
            else:
                args["format"] = cursor.word("a format") if cursor.token.kind != "text" else cursor.string()
    return "COPY_INTO", args
