"""Which earlier cells a cell follows from, in any order of cells: as they were executed, or as the notebook has them."""

from __future__ import annotations

import builtins
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .facts import FILE, RANDOM, Argument, Deferred, Facts


@dataclass(frozen=True)
class Step:
    """A cell in an order.

    Attributes
    ----------
    facts
        What its text says.
    bound
        What was seen to be bound when it ran; None when nobody looked.
    complete
        Whether it ran to its end.
    """

    facts: Facts
    bound: frozenset[str] | None = None
    complete: bool = True

    @cached_property
    def surely(self) -> frozenset[str]:
        """Names it binds."""
        if self.bound is None:
            return self.facts.stored if self.complete else frozenset()
        seen = self.bound - self.facts.stored
        if not self.complete:
            return frozenset(self.bound & (self.facts.stored | self.facts.perhaps | seen))
        return self.facts.stored | seen

    @cached_property
    def perhaps(self) -> frozenset[str]:
        """Names it may have bound."""
        lost = frozenset() if self.complete else self.facts.stored
        return (self.facts.perhaps | lost) - self.surely


@dataclass(frozen=True)
class Need:
    """A name that a cell needs, and the cells that gave it its value, the first of them binding it."""

    name: str
    sources: tuple[int, ...]
    found: bool


@dataclass
class _Touch:
    bound: list[int] = field(default_factory=list)
    touched: list[int] = field(default_factory=list)


class Flow:
    """What needs what in an order of cells.

    Parameters
    ----------
    steps
        The cells in that order.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._touches: dict[str, _Touch] = {}
        self._needs: dict[int, list[Need]] = {}
        self._functions: dict[str, list[tuple[int, Deferred]]] = {}
        partners: dict[str, set[str]] = {}
        for index, step in enumerate(steps):
            self._enter(index, step, partners)

    def needs(self, index: int) -> list[Need]:
        """Return what a cell needs from those before it."""
        if index not in self._needs:
            self._needs[index] = [self._need(index, name) for name in sorted(self._loads(index))]
        return self._needs[index]

    def closure(self, index: int) -> list[int]:
        """Return the cells that a cell follows from, itself last, in this order."""
        found, waiting = {index}, [index]
        while waiting:
            for need in self.needs(waiting.pop()):
                new = set(need.sources) - found
                found |= new
                waiting += new
        return sorted(found)

    # -- one pass over the cells -------------------------------------------------------------------------------------------------------

    def _enter(self, index: int, step: Step, partners: dict[str, set[str]]) -> None:
        facts = step.facts
        called = [what for name in facts.loaded if (what := self._function_at(index, name)) is not None]
        changed = set(facts.changed) | {name for what in called for name in what.changed}
        inside = [item for what in called for item in what.passes if not item.parameters]
        changed |= {item.name for item in (*facts.arguments, *inside) if self._spoils(index, item)}
        for name in list(changed):
            changed |= partners.get(name, set())
        for name in step.surely:
            partners.pop(name, {name}).discard(name)
        for name, others in facts.aliases.items():
            self._join({name, *others}, partners)
        for name in facts.changed:
            changed |= partners.get(name, set())
        for name in step.surely:
            self._touch(name).bound.append(index)
        for name in changed | step.perhaps | {name for what in called for name in what.stored}:
            if name not in step.surely or name in facts.loaded:
                self._touch(name).touched.append(index)
        self._define(index, facts)

    def _spoils(self, index: int, argument: Argument, depth: int = 8) -> bool:
        """Return whether a function that is handed a name changes it, or hands it on to one that does."""
        what = self._function_at(index, argument.function)
        if what is None:
            return False
        return what.spoils_at(argument.place) or (
            depth > 0 and any(self._spoils(index, item, depth - 1) for item in what.passed_on(argument.place))
        )

    @staticmethod
    def _join(names: set[str], partners: dict[str, set[str]]) -> None:
        """Let names, and all that may be the same objects as they are, be one group: the smaller ones enter the largest."""
        groups = [partners[name] for name in names if name in partners]
        largest = max(groups, key=len, default=set())
        for one in (*names, *(one for group in groups if group is not largest for one in group)):
            largest.add(one)
            partners[one] = largest

    def _define(self, index: int, facts: Facts) -> None:
        for name, what in facts.deferred.items():
            self._functions.setdefault(name, []).append((index, what))
        for name, makers in facts.made.items():
            for maker in makers:
                made_by = facts.deferred.get(maker) or self._function_at(index, maker)
                if made_by is not None and made_by.is_class:
                    self._functions.setdefault(name, []).append((index, made_by))

    def _touch(self, name: str) -> _Touch:
        return self._touches.setdefault(name, _Touch())

    def _function_at(self, index: int, name: str) -> Deferred | None:
        """Return the function that a name means before a cell."""
        known = self._functions.get(name)
        if not known:
            return None
        place = bisect_left(known, index, key=lambda item: item[0]) - 1
        if place < 0:
            return None
        at, what = known[place]
        bound = self._touch(name).bound
        last = bisect_left(bound, index) - 1
        return what if last < 0 or bound[last] <= at else None

    def _loads(self, index: int) -> set[str]:
        """Return the names a cell uses, those inside the functions it calls included."""
        facts = self._steps[index].facts
        found, waiting = set(facts.loaded), list(facts.loaded)
        while waiting:
            what = self._function_at(index, waiting.pop())
            if what is not None:
                new = what.loaded - found - facts.stored
                found |= new
                waiting += new
        return found

    def _need(self, index: int, name: str) -> Need:
        touch = self._touches.get(name, _Touch())
        place = bisect_left(touch.bound, index) - 1
        first = touch.bound[place] if place >= 0 else -1
        between = touch.touched[bisect_left(touch.touched, first + 1) : bisect_left(touch.touched, index)]
        if first < 0:
            # Outside every cell: a file or a library's random numbers that none of them began with.
            if name.startswith(FILE) or name in RANDOM.values():
                return Need(name, (), True)
            return Need(name, tuple(between), bool(between) or hasattr(builtins, name))
        return Need(name, (first, *between), True)
