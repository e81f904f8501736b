"""The cells this kernel has executed, as its host tells them: before and after each, cheaply, and nothing is read until a run asks."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .effects import kind_of

if TYPE_CHECKING:
    from mlnb.core.access import TableAccess

#: IPython's own variables.
_HOSTS = re.compile(r"_{1,3}|_i{1,3}|_i?\d+|_[iod]h|In|Out|exit|quit|get_ipython|__\w+__|open")


@dataclass
class Execution:
    """One execution of a cell.

    Attributes
    ----------
    source
        As typed, magics included.
    bound
        Names whose object was another one afterwards; None for cells that ran before anybody looked.
    outside
        Names that changed since the cell before, by none.
    kinds, before
        What names hold that it bound, and those that changed before it; for the first cell, all names.
    tables
        Direction, name and version of the tables it read and wrote.
    facts
        What its text says; read when a run asks.
    """

    source: str
    cell_id: str | None = None
    execution_count: int | None = None
    started_at: int | None = None
    duration_ms: int | None = None
    success: bool = True
    ended: bool = True
    bound: frozenset[str] | None = None
    outside: frozenset[str] = frozenset()
    kinds: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    tables: dict[tuple[str, str, int], None] = field(default_factory=dict)
    facts: Any = None


class History:
    """Executions in the order in which they began.

    Parameters
    ----------
    namespace
        The variables of the kernel.
    hidden
        Names that the host put there itself.
    """

    def __init__(self, namespace: MutableMapping[str, Any], hidden: Mapping[str, Any] | None = None) -> None:
        self.executions: list[Execution] = []
        self._namespace = namespace
        self._hidden = frozenset(hidden or ())
        self._known: dict[str, int] | None = None
        self._began = 0.0

    @property
    def variables(self) -> Mapping[str, Any]:
        """What the kernel holds by name."""
        return self._namespace

    def backfill(self, sources: Sequence[str]) -> None:
        """Take cells that ran before anybody looked: their text is known, and what the variables hold now."""
        kinds = self.kinds()
        for count, source in enumerate(sources, start=1):
            if source.strip():
                self.executions.append(Execution(source, execution_count=count, before=kinds))
        if self.executions:
            self.executions[-1].kinds = kinds

    def begin(self, source: str, cell_id: str | None, execution_count: int | None) -> None:
        """Note that a cell starts."""
        now = self._ids()
        outside = frozenset() if self._known is None else _differ(self._known, now)
        known = self._known is not None or bool(self.executions)
        self.executions.append(
            Execution(
                source,
                cell_id,
                execution_count,
                started_at=round(time.time() * 1000),
                ended=False,
                outside=outside,
                before=self._kinds_of(outside) if known else self.kinds(),
            )
        )
        self._known, self._began = now, time.perf_counter()

    def end(self, *, success: bool) -> None:
        """Note that the cell has ended."""
        if self._known is None:  # the cell that began the history
            if self.executions:
                self.executions[-1].kinds = self.kinds()
            self._known = self._ids()
            return
        if not self.executions or self.executions[-1].ended:
            return
        now, execution = self._ids(), self.executions[-1]
        execution.bound = _differ(self._known, now)
        execution.kinds = self._kinds_of(execution.bound)
        execution.success, execution.ended = success, True
        execution.duration_ms = round((time.perf_counter() - self._began) * 1000)
        self._known = now

    def note_access(self, access: TableAccess) -> None:
        """Note a table that the running cell reads or writes."""
        if self.executions and not self.executions[-1].ended:
            self.executions[-1].tables[access.direction, access.name, access.version] = None

    def kinds(self) -> dict[str, str]:
        """Return what the variables hold now."""
        return self._kinds_of(self._ids())

    def names(self) -> frozenset[str]:
        """Return the names of the variables now."""
        return frozenset(self._ids())

    def _ids(self) -> dict[str, int]:
        hidden = self._hidden
        held = list(self._namespace.items())
        return {name: id(value) for name, value in held if name not in hidden and not _is_hosts(name)}

    def _kinds_of(self, names: Any) -> dict[str, str]:
        held = self._namespace
        return {name: kind_of(held[name]) for name in names if name in held}


def _is_hosts(name: str) -> bool:
    return name[0] in "_IOegqo" and _HOSTS.fullmatch(name) is not None


def _differ(before: Mapping[str, int], now: Mapping[str, int]) -> frozenset[str]:
    changed = {name for name, value in now.items() if before.get(name) != value}
    return frozenset(changed | (before.keys() - now.keys()))


_lock = threading.Lock()
_current: History | None = None


def current() -> History | None:
    """Return the history of this process's kernel, None where there is none."""
    return _current


def set_current(history: History | None) -> None:
    """Make a history this process's."""
    global _current
    with _lock:
        _current = history
