"""Values as JSON can hold them, for grids and for pictures."""

from __future__ import annotations

import base64
import datetime
from typing import Any

from mlnb.catalog.browse import plain

#: Characters of one value; a longer one is cut, since nobody reads it in a grid.
MAX_TEXT = 2000


def shown(value: Any) -> Any:
    """Return a value for a grid: times in milliseconds, numbers JSON would change as text, long texts cut."""
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "…"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value[:1500])).decode()
    return plain(value)


def drawn(value: Any) -> Any:
    """Return a value for a picture: times as ISO text, which axes of time take."""
    if isinstance(value, datetime.datetime):
        naive = value.astimezone(datetime.UTC).replace(tzinfo=None) if value.tzinfo else value
        return naive.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return shown(value)
