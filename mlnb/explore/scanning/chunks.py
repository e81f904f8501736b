"""One chunk of rows counted: every column by its plan, and a hash of every row."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..reading.readers import opaque_type
from .numeric import Extremes, NumberPart, NumberPlan, Workspace, count_numbers, far_rows
from .sketch import HashArray, mix
from .strings import EngineHashes, Levels, StringPart, StringPlan, Tally, count_levels, count_strings
from .texthash import MISSING

Plan: TypeAlias = NumberPlan | StringPlan
Part: TypeAlias = NumberPart | StringPart

#: Joins the hashes of a row's columns; odd, so that nothing is lost.
_JOIN = np.uint64(0x9E3779B97F4A7C15)
_FLAGS = ["true", "false"]
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}


@dataclass
class Counter:
    """Counts chunks by plans made on the sample; one for a scan, used by all its threads.

    Attributes
    ----------
    key
        Columns whose values name a row.
    hashing
        Whether rows are hashed.
    """

    plans: dict[str, Plan]
    key: list[str] = field(default_factory=list)
    hashing: bool = True
    levels: dict[str, Levels] = field(default_factory=lambda: defaultdict(Levels))
    engine: EngineHashes = field(default_factory=EngineHashes)
    local: threading.local = field(default_factory=threading.local)

    def count(self, batch: pa.RecordBatch, start: int) -> tuple[dict[str, Part], HashArray | None]:
        """Return the figures of a chunk whose first row is number ``start``, and the hashes of its rows."""
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # infinities and the largest numbers are looked for afterwards
            return self._count(batch, start)

    def _count(self, batch: pa.RecordBatch, start: int) -> tuple[dict[str, Part], HashArray | None]:
        work = self._workspace(batch.num_rows)
        foreign = self._foreign(batch)
        parts: dict[str, Part] = {}
        rows = np.zeros(batch.num_rows, dtype=np.uint64) if self.hashing else None
        for item in batch.schema:
            array, plan = batch.column(item.name), self.plans.get(item.name)
            hashes = foreign.get(item.name)
            if isinstance(plan, NumberPlan):
                parts[item.name], hashes = self._numbers(plan, batch, array, start, work, hashes)
            elif plan is not None:
                parts[item.name], hashes = self._strings(plan, item, array, hashes)
            if rows is not None and hashes is not None:
                np.multiply(rows, _JOIN, out=rows)
                np.add(rows, hashes, out=rows)
        if rows is not None and len(rows):
            rows = mix(rows.view(np.int64), work.hashes, work.spare).copy()
        return parts, rows

    def _workspace(self, rows: int) -> Workspace:
        work: Workspace | None = getattr(self.local, "work", None)
        if work is None:
            work = self.local.work = Workspace()
        work.fit(rows)
        return work

    def _foreign(self, batch: pa.RecordBatch) -> dict[str, HashArray]:
        """Hashes that take more than arithmetic: of text with many values, and where rows are hashed also of decimals, lists and bytes."""
        wanted = {}
        for item in batch.schema:
            plan = self.plans.get(item.name)
            if isinstance(plan, NumberPlan):
                needed = self.hashing and pa.types.is_decimal(item.type)
            else:
                how = plan.how if plan is not None else ""
                opaque = opaque_type(item) is not None or pa.types.is_null(item.type) or pa.types.is_boolean(item.type)
                needed = how == "many" or (self.hashing and how in ("length", "presence") and not opaque)
            if needed:
                array = batch.column(item.name)
                if pa.types.is_dictionary(array.type):
                    array = array.dictionary_decode()
                wanted[item.name] = array.cast(pa.large_string()) if pa.types.is_string_view(array.type) else array
        return self.engine.of(wanted)

    def _numbers(
        self,
        plan: NumberPlan,
        batch: pa.RecordBatch,
        array: pa.Array,
        start: int,
        work: Workspace,
        known: HashArray | None,
    ) -> tuple[Part, HashArray | None]:
        values = present_numbers(array)
        counted = plan.edges is not None and not plan.edges.values
        hashes = mix(values, work.hashes, work.spare) if self.hashing or counted else None
        part, _ = count_numbers(plan, values, len(array), array.null_count, work, hashes if counted else None)
        far = far_rows(plan, values)
        if len(far):
            places = np.flatnonzero(_valid(array))[far] if array.null_count else far
            keys = tuple(self._key(batch, int(row)) for row in places)
            part = replace(part, extremes=Extremes(values[far].astype(np.float64), places + start, keys))
        if known is not None or not self.hashing or hashes is None:
            return part, known
        if not array.null_count:
            return part, hashes
        spread = np.full(len(array), MISSING, dtype=np.uint64)
        spread[_valid(array)] = hashes
        return part, spread

    def _strings(
        self, plan: StringPlan, item: pa.Field, array: pa.Array, known: HashArray | None
    ) -> tuple[Part, HashArray | None]:
        if opaque_type(item) is not None:
            nulls = len(array) - int(pc.sum(array).as_py() or 0)
            return StringPart(rows=len(array), nulls=nulls), None
        if pa.types.is_boolean(array.type):
            return _booleans(array, self.hashing)
        if pa.types.is_string_view(array.type):
            array = array.cast(pa.large_string())
        if plan.how == "levels":
            encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
            return count_levels(encoded, self.levels[plan.name], self.hashing)
        present = known[_valid(array)] if known is not None and array.null_count else known
        return count_strings(plan, array, present), known

    def _key(self, batch: pa.RecordBatch, row: int) -> str | None:
        if not self.key:
            return None
        return ", ".join(str(batch.column(name)[row].as_py()) for name in self.key)


def _booleans(array: pa.Array, hashing: bool) -> tuple[Part, HashArray | None]:
    true = int(pc.sum(array).as_py() or 0)
    false = len(array) - array.null_count - true
    levels = Tally(_FLAGS, np.array([true, false]))
    part = StringPart(rows=len(array), nulls=array.null_count, levels=levels)
    if not hashing:
        return part, None
    values = array.cast(pa.uint8())
    filled = values.fill_null(2) if array.null_count else values
    return part, filled.to_numpy(zero_copy_only=False).astype(np.uint64) + np.uint64(1)


def _valid(array: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(array.is_valid().to_numpy(zero_copy_only=False))


def present_numbers(array: pa.Array) -> npt.NDArray[Any]:
    """Return the present values as 64-bit numbers; times in microseconds since 1970, durations in microseconds."""
    kind = array.type
    if array.null_count:
        array = array.drop_null()
    if pa.types.is_decimal(kind):
        return np.asarray(array.cast(pa.float64()).to_numpy(zero_copy_only=False))
    if pa.types.is_date(kind):
        array = array.cast(pa.timestamp("us"))
        kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        numbers = np.asarray(array.view(pa.int64()).to_numpy(zero_copy_only=False))
        if kind.unit == "ns":
            return np.asarray(np.floor_divide(numbers, 1000))
        return numbers if kind.unit == "us" else numbers * _MICROSECONDS[kind.unit]
    numbers = np.asarray(array.to_numpy(zero_copy_only=False))
    if numbers.dtype.kind == "f":
        return numbers.astype(np.float64, copy=False)
    return numbers.astype(np.uint64 if numbers.dtype == np.uint64 else np.int64, copy=False)
