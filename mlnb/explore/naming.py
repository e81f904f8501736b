"""Names of things to explore."""

from __future__ import annotations

import re

_AT_VERSION = re.compile(r"(.+)@v(\d+)")


def split_version(name: str) -> tuple[str, int | None]:
    """Return a table's name and the version that ``name@v3`` asks for."""
    match = _AT_VERSION.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, None)
