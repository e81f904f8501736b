"""The one clock: integer milliseconds UTC, in the metastore and on the wire."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Return the current time in milliseconds since the Unix epoch (UTC)."""
    return time.time_ns() // 1_000_000
