"""What is noted of names while code is walked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .effects import STREAM
from .facts import Argument, Deferred, Facts

_OUTPUT = re.compile(r"_{1,3}|_\d+|Out|_oh")


class Noting:
    """What code does to names, as it is walked.

    Parameters
    ----------
    kinds
        What the variables hold, by name; see :func:`mlnb.training.hidden.effects.kind_of`.
    local
        Names that are not the notebook's: a function's own.
    parameters
        Of the function, by name, and how a call may name each.
    """

    def __init__(
        self,
        kinds: Mapping[str, str] | None = None,
        local: Iterable[str] = (),
        parameters: Mapping[str, frozenset[int | str]] | None = None,
    ) -> None:
        self.kinds = dict(kinds or {})
        self._local = set(local)
        # Of a function's own names, the parameters whose object they may hold: one that is bound anew holds it no more.
        self._stands: dict[str, frozenset[int | str]] = dict(parameters or {})
        self._defined: set[str] = set()
        self._perhaps: set[str] = set()
        self._loaded: set[str] = set()
        self._changed: set[str] = set()
        self._spoils: set[int | str] = set()
        self._aliases: dict[str, set[str]] = {}
        self._deferred: dict[str, Deferred] = {}
        self._made: dict[str, set[str]] = {}
        self._arguments: list[Argument] = []
        self._opaque: list[str] = []
        self._outputs: set[str] = set()

    def facts(self) -> Facts:
        """Return what was found."""
        return Facts(
            stored=frozenset(self._defined),
            perhaps=frozenset(self._perhaps - self._defined),
            loaded=frozenset(self._loaded),
            changed=frozenset(self._changed),
            aliases={name: frozenset(others) for name, others in self._aliases.items()},
            deferred=dict(self._deferred),
            made={name: frozenset(makers) for name, makers in self._made.items()},
            arguments=tuple(self._arguments),
            opaque=tuple(dict.fromkeys(self._opaque)),
            outputs=frozenset(self._outputs),
        )

    # -- what happens to a name --------------------------------------------------------------------------------------------------------

    def load(self, name: str) -> None:
        """Note that a name is used."""
        if name in self._local:
            return
        if name in self._defined:
            if name in self._deferred:  # calling what the cell defines uses what that uses
                self.call(self._deferred[name])
            return
        if _OUTPUT.fullmatch(name):
            self._outputs.add(name)
            return
        self._loaded.add(name)
        if self.kinds.get(name) == STREAM:
            self.change(name)

    def call(self, what: Deferred) -> None:
        """Note what a function does that is called now."""
        for name in what.loaded:
            if name not in self._deferred:
                self.load(name)
        for name in what.changed:
            self.change(name)
        self._perhaps |= what.stored

    def store(self, name: str, kind: str | None = None) -> None:
        """Note that a name is bound."""
        if name in self._local:
            return
        self._defined.add(name)
        self._aliases.pop(name, None)
        self._deferred.pop(name, None)
        self._made.pop(name, None)
        self.kinds.pop(name, None)
        if kind is not None:
            self.kinds[name] = kind

    def change(self, name: str) -> None:
        """Note that what a name holds is changed in place."""
        if name in self._local:
            self._spoils |= self._stands.get(name, frozenset())
            return
        if name not in self._defined:
            self._loaded.add(name)
        self._changed.add(name)

    def opaque(self, why: str) -> None:
        """Note that the text does not say what happens."""
        self._opaque.append(why)

    def take(self, inside: Noting) -> None:
        """Add what code inside does at once."""
        for name in inside._loaded:
            self.load(name)
        for name in inside._changed:
            self.change(name)
        self._opaque += inside._opaque
        self._arguments += inside._arguments
