"""The scan of all rows: chunk by chunk, in threads, each column by the plan that its sample suggests."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..reading.picking import Picking
from ..reading.readers import opaque_type
from .chunks import Counter, Part, Plan
from .duplicates import RowHashes
from .finishing import finished, hangs_on_distinct, order_figures, precise_column
from .numeric import NumberPart, NumberPlan, needs_another_scan, plan_numbers
from .numeric import replanned as replanned_numbers
from .sketch import HashArray
from .strings import StringPart, StringPlan, plan_strings
from .strings import replanned as replanned_strings

if TYPE_CHECKING:
    import threading

    from ..engine import Options
    from ..look import Look
    from ..reading.readers import Data, Sample
    from ..records import Duplicates
    from .column import Scanned

Tell = Callable[["float | None", str], None]
MAX_THREADS = 4


class Stopped(Exception):
    """Somebody asked the scan to end."""


@dataclass
class Full:
    """Figures of all rows: one per column of the look, and repeated rows; ``notes`` say what was left out."""

    columns: list[Scanned] = field(default_factory=list)
    duplicates: Duplicates | None = None
    notes: list[str] = field(default_factory=list)


@dataclass
class Scan:
    """One reading of some columns of all rows."""

    data: Data
    options: Options
    tell: Tell
    stop: threading.Event | None

    def parts(
        self, plans: dict[str, Plan], hashes: RowHashes | None = None, picking: Picking | None = None
    ) -> dict[str, Part]:
        """Return the figures of the columns that have a plan; ``hashes`` takes those of the rows, ``picking`` some rows."""
        key = [name for name in self.data.key if name in self.data.schema.names]
        counter = Counter(plans, key if set(key) <= set(plans) else [], hashing=hashes is not None)
        names = [name for name in self.data.schema.names if name in plans]
        encoded: set[str] = getattr(self.data.reader, "encoded", set())
        encoded |= {name for name, plan in plans.items() if isinstance(plan, StringPlan) and plan.how == "levels"}
        encoded &= {
            item.name
            for item in self.data.schema
            if pa.types.is_string(item.type) or pa.types.is_large_string(item.type)
        }
        total = {name: Joining(plan) for name, plan in plans.items()}
        done = 0
        for parts, rows, number in self._counted(counter, names, picking):
            for name, part in parts.items():
                total[name].add(part)
            if hashes is not None and rows is not None:
                hashes.add(rows)
            done += number
            self.tell(done / max(1, self.data.rows), "reading all rows")
        found = {name: joining.result() for name, joining in total.items()}
        return {name: part for name, part in found.items() if part is not None}

    def _counted(
        self, counter: Counter, names: list[str], picking: Picking | None
    ) -> Iterator[tuple[dict[str, Part], HashArray | None, int]]:
        """Count chunks in threads; what they tell comes in the order of the rows, so that no figure depends on their number."""
        threads = self.options.threads or min(MAX_THREADS, os.cpu_count() or 1)
        waiting: deque[tuple[Future[tuple[dict[str, Part], HashArray | None]], int]] = deque()
        with ThreadPoolExecutor(threads, thread_name_prefix="explore-scan") as pool:
            try:
                start = 0
                for batch in self.data.batches(names):
                    self._check()
                    waiting.append((pool.submit(counter.count, batch, start), batch.num_rows))
                    if picking is not None:
                        picking.add(batch, start)
                    start += batch.num_rows
                    del batch
                    if len(waiting) > threads:
                        future, number = waiting.popleft()
                        yield (*future.result(), number)
                while waiting:
                    self._check()
                    future, number = waiting.popleft()
                    yield (*future.result(), number)
            finally:
                for future, _ in waiting:
                    future.cancel()

    def _check(self) -> None:
        if self.stop is not None and self.stop.is_set():
            raise Stopped


@dataclass
class Read:
    """What one reading of all rows gave; `finish` makes the figures of it.

    Attributes
    ----------
    sample
        A uniform sample, where the one at hand is not.
    """

    scan: Scan
    plans: dict[str, Plan]
    parts: dict[str, Part]
    hashes: RowHashes | None
    notes: list[str]
    sample: Sample | None = None

    def finish(self, look: Look) -> Full:
        """Return exact figures; what only a sample tells is the look's.

        Raises
        ------
        Stopped
            When the scan is to end meanwhile.
        """
        data, options, tell = self.scan.data, self.scan.options, self.scan.tell
        full, begun = Full(notes=list(self.notes)), time.perf_counter()
        for name, sampled in look.columns.items():
            if name not in self.parts:
                full.columns.append(sampled)
                continue
            exact = finished(sampled, self.plans[name], self.parts[name])
            if options.precise or hangs_on_distinct(exact.profile, data.rows):
                tell(None, f"reading {name} again")
                self.scan._check()
                exact = precise_column(exact, data, everything=options.precise)
            full.columns.append(exact)
        if options.precise:
            full.notes.append(f"Making every figure exact took {time.perf_counter() - begun:.1f} s more.")
        full.duplicates = self.hashes.result(data) if self.hashes is not None else None
        return full


def read_all(data: Data, look: Look, options: Options, tell: Tell, stop: threading.Event | None = None) -> Read:
    """Read every row once more.

    Raises
    ------
    Stopped
        When ``stop`` is set meanwhile.
    """
    chosen, notes = _chosen(look, options)
    plans = _plans(data, look, chosen)
    scan = Scan(data, options, tell, stop)
    opaque = any(opaque_type(data.schema.field(name)) for name in chosen)
    hashes = RowHashes(data.rows) if len(chosen) == len(look.columns) and not opaque else None
    picking = None if look.uniform else Picking(data, chosen, look.size, look.seed)
    parts = scan.parts(plans, hashes, picking)
    again = _again(plans, parts)
    if again:
        tell(None, f"reading {len(again)} columns again")
        plans |= again
        parts |= scan.parts(again)
    return Read(scan, plans, parts, hashes, notes, picking.sample() if picking is not None else None)


def in_order(data: Data, look: Look, options: Options) -> Duplicates | None:
    """Add to a look at all rows what hangs on their order in the source: extremes with rows, rise and fall; return repeated rows."""
    plans = _plans(data, look, list(look.columns))
    opaque = any(opaque_type(item) for item in data.schema)
    hashes = None if opaque else RowHashes(data.rows)
    parts = Scan(data, options, lambda _share, _text: None, None).parts(plans, hashes)
    for name, part in parts.items():
        if isinstance(part, NumberPart):
            order_figures(look.columns[name].profile, part)
    return hashes.result(data) if hashes is not None else None


class Joining:
    """Parts of a column joined in their order, equal numbers of chunks with each other: what has grown large is seldom copied."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._parts: list[tuple[int, Part]] = []

    def add(self, part: Part) -> None:
        """Take the part of the next chunk."""
        chunks = 1
        while self._parts and self._parts[-1][0] == chunks:
            part = joined(self._parts.pop()[1], part, self._plan)
            chunks *= 2
        self._parts.append((chunks, part))

    def result(self) -> Part | None:
        """Return the part of all chunks, None when there was none."""
        while len(self._parts) > 1:
            _, right = self._parts.pop()
            chunks, left = self._parts.pop()
            self._parts.append((chunks, joined(left, right, self._plan)))
        return self._parts[0][1] if self._parts else None


def joined(left: Part, right: Part, plan: Plan) -> Part:
    """Return the figures of two parts of the rows."""
    if isinstance(left, NumberPart) and isinstance(right, NumberPart) and isinstance(plan, NumberPlan):
        return left.merge(right, plan)
    if isinstance(left, StringPart) and isinstance(right, StringPart):
        return left.merge(right)
    raise TypeError("Parts of different columns cannot be joined.")


def _chosen(look: Look, options: Options) -> tuple[list[str], list[str]]:
    """The columns to scan: all, or of very many those that promise most."""
    names = list(look.columns)
    if len(names) <= options.max_columns:
        return names, []
    kept = {name for name in (options.target, options.time_column, options.group) if name is not None}

    def promise(name: str) -> tuple[bool, float, float]:
        profile = look.columns[name].profile
        association = profile.association.value if profile.association is not None else 0.0
        return name not in kept, -association, profile.percent_null

    best = set(sorted(names, key=promise)[: options.max_columns])
    note = (
        f"There are {len(names):,} columns: all rows were read of the {options.max_columns:,} most promising, "
        "the figures of the others are from the sample. Choose with --columns."
    )
    return [name for name in names if name in best], [note]


def _plans(data: Data, look: Look, names: list[str]) -> dict[str, Plan]:
    order = np.argsort(look.positions) if look.positions is not None else None
    plans: dict[str, Plan] = {}
    for name in names:
        scanned = look.columns[name]
        if scanned.values is not None:
            plans[name] = plan_numbers(scanned, data.rows, order)
        else:
            plans[name] = plan_strings(scanned, _type(data.schema.field(name)), data.rows)
    return plans


def _type(item: pa.Field) -> pa.DataType:
    return item.type


def _again(plans: dict[str, Plan], parts: dict[str, Part]) -> dict[str, Plan]:
    """Plans for the columns that all rows show to be other than the sample did."""
    again: dict[str, Plan] = {}
    for name, part in parts.items():
        plan = plans[name]
        if isinstance(plan, NumberPlan) and isinstance(part, NumberPart):
            if needs_another_scan(plan, part):
                again[name] = replanned_numbers(plan, part)
        elif isinstance(plan, StringPlan) and isinstance(part, StringPart) and part.misfit:
            again[name] = replanned_strings(plan)
    return again
