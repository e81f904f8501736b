"""Which tables a piece of code reads and writes: the catalog reports, whoever collects listens.

Runs use this to record data versions without the catalog knowing what a run is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TableAccess:
    """One read or write of a table at a version.

    Attributes
    ----------
    name
        Full name ``catalog.schema.table``.
    version
        The Delta version read, or the one the write made.
    rows
        Rows read or written, when known.
    """

    name: str
    version: int
    direction: Literal["read", "written"]
    columns: tuple[str, ...] = ()
    rows: int | None = None


_collectors: ContextVar[tuple[list[TableAccess], ...]] = ContextVar("mlnb_collectors", default=())


def record_access(access: TableAccess) -> None:
    """Report an access to everybody who collects in this context."""
    for collector in _collectors.get():
        collector.append(access)


@contextmanager
def collecting() -> Iterator[list[TableAccess]]:
    """Collect the accesses made inside the block; blocks nest, and each sees what is inside it."""
    found: list[TableAccess] = []
    token = _collectors.set((*_collectors.get(), found))
    try:
        yield found
    finally:
        _collectors.reset(token)
