"""Statements that the parser library does not know, or reads as opaque text: read here, word by word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import care, ddl, files, look, rights, state
from .cursor import Cursor, Name, Parameter

Reader = Callable[[Cursor], "tuple[str, dict[str, Any]] | None"]

__all__ = ["READERS", "Cursor", "Name", "Parameter", "read"]

#: What reads a statement, by its first word; a reader that returns None leaves it to the parser library.
READERS: dict[str, Reader] = {
    "RESTORE": care.restore,
    "OPTIMIZE": care.optimize,
    "VACUUM": care.vacuum,
    "ANALYZE": care.analyze,
    "FSCK": care.not_needed,
    "REFRESH": care.not_needed,
    "CACHE": care.not_needed,
    "UNCACHE": care.not_needed,
    "MSCK": care.not_needed,
    "DESCRIBE": look.describe,
    "DESC": look.describe,
    "EXPLAIN": look.explain,
    "SHOW": look.show,
    "CREATE": ddl.create,
    "ALTER": ddl.alter,
    "DROP": ddl.drop,
    "UNDROP": ddl.undrop,
    "TRUNCATE": ddl.truncate,
    "COMMENT": rights.comment,
    "SET": rights.set_statement,
    "UNSET": rights.unset,
    "GRANT": rights.grant,
    "REVOKE": rights.revoke,
    "DENY": rights.deny,
    "USE": state.use,
    "REMOVE": state.remove,
    "LIST": files.list_files,
    "LS": files.list_files,
    "PUT": files.put,
    "GET": files.get,
    "COPY": files.copy_into,
}


def read(cursor: Cursor) -> tuple[str, dict[str, Any]] | None:
    """Return kind and arguments of a statement, or None when the parser library knows it."""
    first = cursor.token
    reader = READERS.get(first.text.upper()) if first.kind == "word" else None
    if reader is None:
        return None
    cursor.next()
    found = reader(cursor)
    if found is not None:
        cursor.end()
    return found
