"""One resolver for scoring, with the online store as its source: what an endpoint calls for every request.

The offline source is `mlnb.features.offline.look_up`. Both follow the same spec and give the same values, bit for bit, when the online
table is at the same version. This module needs neither pandas nor numpy: a request of one row must not pay for them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlnb.core.errors import InvalidParameterError

from .errors import FeatureChangedError, LookupKeyNotFoundError, LookupKeyTypeError, NotPublishedError
from .online.base import Key, OnlineSchema, OnlineStore, Reader, open_store
from .online.codec import RowCodec, encode_key, micros
from .spec import FILE_NAME, Lookup, Spec, group, parse_spec
from .types import key_family


def load_spec(model_dir: str | Path) -> Spec | None:
    """Return the feature spec of a model's folder, None for a model without features."""
    path = Path(model_dir) / FILE_NAME
    return parse_spec(path.read_text(encoding="utf-8")) if path.is_file() else None


class OnlineResolver:
    """Looks a request's features up in the online store.

    Parameters
    ----------
    spec
        The model's feature spec.
    online_url
        Address of the online store.

    Raises
    ------
    NotPublishedError
        When a table is not in the store.
    FeatureChangedError
        When a published table lacks a feature or has another type for it.
    """

    def __init__(self, spec: Spec, online_url: str) -> None:
        self.spec = spec
        self._store: OnlineStore = open_store(online_url)
        self._groups = group(spec.lookups)
        self._types = spec.types
        self._plans: dict[tuple[int, tuple[tuple[str, str], ...]], _Plan] = {}
        self._lock = threading.Lock()
        with self._store.read() as reader:
            for position, lookup in enumerate(self._groups):
                self._plan(reader, position, lookup)

    def resolve(self, columns: Mapping[str, Sequence[Any]], rows: int | None = None) -> dict[str, list[Any]]:
        """Return every looked-up feature, one value per row, ``None`` where there is none.

        Parameters
        ----------
        columns
            The request's columns. A feature among them is taken as it is. Without the time column the features of now are used.
        rows
            Number of rows; by default the length of the columns.
        """
        if rows is None:
            rows = len(next(iter(columns.values()))) if columns else 0
        result: dict[str, list[Any]] = {}
        with self._store.read() as reader:
            for position, lookup in enumerate(self._groups):
                if all(output in columns for output in lookup.outputs):
                    continue
                plan = self._plan(reader, position, lookup)
                result |= plan.values(reader, lookup, columns, rows, self._types)
        # The caller's columns win, and the order is that of the spec.
        return {
            output: list(columns[output]) if output in columns else result[output]
            for output in (feature.output for feature in self.spec.features)
        }

    def _plan(self, reader: Reader, position: int, lookup: Lookup) -> _Plan:
        schema = reader.schema(lookup.table)
        if schema is None:
            raise NotPublishedError(
                f"The feature table {lookup.table} is not in the online store.",
                hint=f"Publish it: ws.features.publish_table({lookup.table!r}).",
            )
        key = (position, schema.columns)
        with self._lock:
            if key not in self._plans:
                self._plans[key] = _Plan(schema, lookup)
            return self._plans[key]


class _Plan:
    """How one group of look-ups is read from a published table."""

    def __init__(self, schema: OnlineSchema, lookup: Lookup) -> None:
        self._codec = RowCodec(schema.columns)
        types = dict(schema.columns)
        names = [name for name, _ in schema.columns]
        self._positions = []
        for feature in lookup.features:
            if types.get(feature.column) != feature.type:
                found = f"is {types[feature.column]} now" if feature.column in types else "is gone"
                raise FeatureChangedError(
                    f"{feature.column} of {lookup.table} {found}; the model was trained with {feature.type}.",
                    hint="Publish a table with the feature as it was, or train a new model.",
                )
            self._positions.append(names.index(feature.column))

    def values(
        self,
        reader: Reader,
        lookup: Lookup,
        columns: Mapping[str, Sequence[Any]],
        rows: int,
        types: Mapping[str, str],
    ) -> dict[str, list[Any]]:
        keys = _keys(lookup, columns, rows, types)
        if lookup.timestamp is None:
            packed = reader.get(lookup.table, keys)
        else:
            packed = self._as_of(reader, lookup, keys, columns)
        found = [None if row is None else self._codec.unpack(row) for row in packed]
        return {
            feature.output: [feature.default if row is None else row[i] for row in found]
            for feature, i in zip(lookup.features, self._positions, strict=True)
        }

    def _as_of(
        self, reader: Reader, lookup: Lookup, keys: list[Key | None], columns: Mapping[str, Sequence[Any]]
    ) -> list[bytes | None]:
        times = _times(lookup, columns, len(keys))
        wanted = [None if k is None or t is None else (k, t) for k, t in zip(keys, times, strict=True)]
        rows = reader.get_as_of(lookup.table, wanted, inclusive=lookup.inclusive)
        oldest = lookup.lookback_us
        packed: list[bytes | None] = []
        for row, key in zip(rows, wanted, strict=True):
            # The nearest row is too old: then there is nothing, never an older search.
            too_old = row is not None and key is not None and oldest is not None and row[0] < key[1] - oldest
            packed.append(None if row is None or too_old else row[1])
        return packed


def _keys(
    lookup: Lookup, columns: Mapping[str, Sequence[Any]], rows: int, types: Mapping[str, str]
) -> list[Key | None]:
    parts = []
    for name in lookup.keys:
        if name not in columns:
            raise LookupKeyNotFoundError(
                f"The request has no {name}, the key of {lookup.table}.",
                hint=f"Send {name}, or the features themselves.",
            )
        family = key_family(types.get(name, "string")) or "text"
        parts.append([_part(value, family, name, lookup.table) for value in columns[name]])
    return [None if None in key else encode_key(key) for key in zip(*parts, strict=True)] if parts else [None] * rows


def _part(value: Any, family: str, name: str, table: str) -> Any:
    """One part of a key in the type of its family; NaN and None are a missing key."""
    if value is None or value != value:
        return None
    if type(value) is str and family == "text":
        return value
    if family == "boolean" and (isinstance(value, bool) or type(value).__name__ == "bool"):
        return bool(value)
    if family == "int" and not isinstance(value, (str, bool)):
        try:
            whole = int(value)
        except (TypeError, ValueError, OverflowError):
            whole = None
        if whole is not None and whole == value and -(2**63) <= whole < 2**63:
            return whole
    expected = {"int": "a whole number", "text": "text", "boolean": "true or false"}[family]
    raise LookupKeyTypeError(f"{name} = {value!r} is not {expected}, as the key of {table} is.")


def _times(lookup: Lookup, columns: Mapping[str, Sequence[Any]], rows: int) -> list[int | None]:
    name = lookup.timestamp or ""
    if name not in columns:
        return [time.time_ns() // 1000] * rows
    found: list[int | None] = []
    for value in columns[name]:
        if value is None or value != value:  # NaN and NaT differ from themselves
            found.append(None)
            continue
        try:
            found.append(micros(value))
        except (ValueError, OverflowError) as error:
            raise InvalidParameterError(
                f"{name} = {value!r} is not a time.", hint="Send ISO 8601 text such as 2013-08-01T14:00:00Z."
            ) from error
    return found
