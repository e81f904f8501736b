"""Structures of JSON documents: what DuckDB says about single documents, merged into what holds all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..delta.types import FORBIDDEN_IN_COLUMNS
from ..names import quote_duckdb
from .columns import Profile

#: A structure as DuckDB writes it: a type's name, ``{name: structure}`` or ``[structure]``.
Structure = Any

_NUMBERS = ("UBIGINT", "BIGINT", "DOUBLE")


@dataclass
class Seen:
    """What the values of one key are, over all documents.

    Attributes
    ----------
    counts
        Values by kind: ``int``, ``float``, ``bool``, ``text``, ``object``, ``array``.
    nested
        Structure of the objects or arrays among them.
    """

    counts: dict[str, int] = field(default_factory=dict)
    nested: Structure = "NULL"

    @property
    def n(self) -> int:
        """How many values there are."""
        return sum(self.counts.values())

    def profile(self) -> Profile:
        """Return the counts in the words of :mod:`columns`."""
        made = Profile(n=self.n, counts=dict(self.counts))
        made.counts["number"] = made["int"] + made["float"]
        return made


def collect(found: Iterable[tuple[str, int]]) -> dict[str, Seen]:
    """Return every key of documents, from their structures and how often each occurs."""
    keys: dict[str, Seen] = {}
    for text, count in found:
        for key, structure in _objects(json.loads(text)).items():
            seen = keys.setdefault(key, Seen())
            kind = _kind(structure)
            if kind:
                seen.counts[kind] = seen.counts.get(kind, 0) + count
            if kind in ("object", "array"):
                seen.nested = merged(seen.nested, structure)
    return keys


def _objects(structure: Structure) -> Structure:
    """Return a document's structure with empty objects as such: DuckDB calls them JSON, like lists of several types."""
    if isinstance(structure, dict):
        return {key: _objects(value) for key, value in structure.items()}
    return {} if structure == "JSON" else structure


def _kind(structure: Structure) -> str:
    if isinstance(structure, dict):
        return "object"
    if isinstance(structure, list):
        return "array"
    return {"NULL": "", "UBIGINT": "int", "BIGINT": "int", "HUGEINT": "int", "DOUBLE": "float", "BOOLEAN": "bool"}.get(
        structure, "text"
    )


def merged(a: Structure, b: Structure) -> Structure:
    """Return the structure that holds values of both."""
    if a == b or b == "NULL":
        return a
    if a == "NULL":
        return b
    if isinstance(a, dict) and isinstance(b, dict):
        return {key: merged(a.get(key, "NULL"), b.get(key, "NULL")) for key in {**a, **b}}
    if isinstance(a, list) and isinstance(b, list):
        return [merged(a[0], b[0])] if a and b else a or b
    if a in _NUMBERS and b in _NUMBERS:
        return "DOUBLE" if "DOUBLE" in (a, b) else "BIGINT"
    return "JSON"


def storable(structure: Structure) -> Structure | None:
    """Return a nested structure as a table can hold it; None when its field names make that impossible."""
    if isinstance(structure, dict):
        if not structure or len({key.lower() for key in structure}) < len(structure):
            return None
        if any(not key or any(c in FORBIDDEN_IN_COLUMNS for c in key) for key in structure):
            return None
        inner = {key: storable(value) for key, value in structure.items()}
        return None if any(value is None for value in inner.values()) else inner
    if isinstance(structure, list):
        element = storable(structure[0]) if structure else "VARCHAR"
        return None if element is None else [element]
    if structure in ("UBIGINT", "BIGINT"):
        return "BIGINT"
    return structure if structure in ("DOUBLE", "BOOLEAN") else "VARCHAR"


def type_of(structure: Structure) -> str:
    """Spell a storable structure as a type of DuckDB."""
    if isinstance(structure, dict):
        fields = ", ".join(f"{quote_duckdb(key)} {type_of(value)}" for key, value in structure.items())
        return f"STRUCT({fields})"
    if isinstance(structure, list):
        return f"{type_of(structure[0])}[]"
    return str(structure)
