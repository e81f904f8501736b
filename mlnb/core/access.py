"""Which tables a piece of code reads and writes: the catalog reports, whoever collects listens.

Runs use this to record data versions without the catalog knowing what a run is.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
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
    filtered
        Whether rows that are held out were left out of what was read.
    """

    name: str
    version: int
    direction: Literal["read", "written"]
    columns: tuple[str, ...] = ()
    rows: int | None = None
    filtered: bool = False


#: Who listens to every access: the lineage of each catalog that is open.
_listeners: list[weakref.WeakMethod[Callable[[TableAccess], None]]] = []

_collectors: ContextVar[tuple[list[TableAccess], ...]] = ContextVar("mlnb_collectors", default=())


#: Whether what is read is only shown to a person on a page.
_looking: ContextVar[bool] = ContextVar("mlnb_looking", default=False)


#: Whether what is read is not given to whoever asked: rows that are held out do not get out.
_kept: ContextVar[bool] = ContextVar("mlnb_kept", default=False)


@contextmanager
def keeping_held_out() -> Iterator[None]:
    """Say inside the block that held-out rows among what is read do not get out: only rows of other keys are joined, or only scores shown."""
    token = _kept.set(True)
    try:
        yield
    finally:
        _kept.reset(token)


@contextmanager
def looking() -> Iterator[None]:
    """Report no reads in this block: a page that shows rows is not what uses a table, and would count with every scroll."""
    token = _looking.set(True)
    try:
        yield
    finally:
        _looking.reset(token)


def record_access(access: TableAccess) -> None:
    """Report an access to everybody who collects in this context, and to those who listen to all."""
    if _looking.get():
        return
    if _kept.get():
        access = replace(access, filtered=True)
    for collector in _collectors.get():
        collector.append(access)
    note_origin(access)


def note_origin(access: TableAccess) -> None:
    """Tell only those who listen to all: a frame that was read before is being written, or read again."""
    for reference in tuple(_listeners):
        listener = reference()
        if listener is not None:
            listener(access)


def listen(listener: Callable[[TableAccess], None]) -> None:
    """Call a method with every access of this process, as long as its object lives."""
    forget(listener)
    _listeners.append(weakref.WeakMethod(listener))


def forget(listener: Callable[[TableAccess], None]) -> None:
    """Call it no more."""
    _listeners[:] = [reference for reference in _listeners if reference() not in (None, listener)]


@contextmanager
def collecting() -> Iterator[list[TableAccess]]:
    """Collect the accesses made inside the block; blocks nest, and each sees what is inside it."""
    found: list[TableAccess] = []
    token = _collectors.set((*_collectors.get(), found))
    try:
        yield found
    finally:
        _collectors.reset(token)
