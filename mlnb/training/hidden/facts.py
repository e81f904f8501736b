"""What a cell does to names, as far as its text says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Numbers drawn from a library's own generator depend on all draws since it was seeded: a name that no variable can have.
RANDOM = {"random": "random()", "numpy.random": "numpy.random()", "torch": "torch.random()"}
#: Files that one cell writes and another reads are names too.
FILE = "file:"
#: Parameters of a function that takes any number of them.
STARRED, NAMED = "*", "**"


@dataclass(frozen=True)
class Argument:
    """A name that is handed to a call: to which function, as which parameter.

    Attributes
    ----------
    parameters
        Inside a function: those of its own whose object the name may hold.
    """

    function: str
    place: int | str
    name: str
    parameters: frozenset[int | str] = frozenset()


@dataclass(frozen=True)
class Deferred:
    """What a function or class does when it is called.

    Attributes
    ----------
    loaded, changed, stored
        Names of the notebook it uses, changes in place, binds with ``global``.
    spoils
        Its parameters that it changes in place, by position and by name; ``*`` and ``**`` are those that it takes any number of.
    passes
        What it hands to other functions.
    is_class
        Whether what it returns goes on using its names: the methods of an instance.
    """

    loaded: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    stored: frozenset[str] = frozenset()
    spoils: frozenset[int | str] = frozenset()
    is_class: bool = False
    passes: tuple[Argument, ...] = ()

    def spoils_at(self, place: int | str) -> bool:
        """Return whether it may change what it is handed as a parameter."""
        return self._is_among(place, self.spoils)

    def passed_on(self, place: int | str) -> list[Argument]:
        """Return the calls that get what it is handed as a parameter."""
        return [item for item in self.passes if self._is_among(place, item.parameters)]

    @staticmethod
    def _is_among(place: int | str, places: frozenset[int | str]) -> bool:
        return place in places or (STARRED if isinstance(place, int) else NAMED) in places


@dataclass(frozen=True)
class Facts:
    """What a cell does to names.

    Attributes
    ----------
    stored
        Bound or deleted whatever happens.
    perhaps
        Bound on some ways through the cell.
    loaded
        Used before the cell binds them itself.
    changed
        Changed in place: a method called, an item or attribute set.
    aliases
        By new name, those that may be the same object.
    deferred
        By name, what its functions and classes do when they are called.
    made
        By name, the class or function that made its value.
    arguments
        Names handed to functions of the notebook, which may change them.
    opaque
        Why the text does not say everything: ``exec``, ``%run``.
    outputs
        Earlier outputs it uses, such as ``_``.
    """

    stored: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    loaded: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    deferred: Mapping[str, Deferred] = field(default_factory=dict)
    made: Mapping[str, frozenset[str]] = field(default_factory=dict)
    arguments: tuple[Argument, ...] = ()
    opaque: tuple[str, ...] = ()
    outputs: frozenset[str] = frozenset()


def spoken(name: str) -> str:
    """Return what a sentence calls a name."""
    if name.startswith(FILE):
        return f"the file {name.removeprefix(FILE)}"
    library = next((module for module, pseudo in RANDOM.items() if pseudo == name), None)
    return f"the random numbers of {library.partition('.')[0]}" if library else name
