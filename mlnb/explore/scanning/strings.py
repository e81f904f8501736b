"""Categories, text, booleans and everything that has a length, over all rows: what one chunk tells, and how chunks are joined."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .column import Scanned
from .sketch import HashArray, Sketch, first_halvings, sketch_of
from .texthash import MISSING, text_hashes, text_lengths

#: Up to so many different values in the sample are counted one by one; of more, the sample's most frequent.
FEW_LEVELS, MOST_LEVELS = 5000, 50_000
CANDIDATES = 20

IntArray = npt.NDArray[np.int64]
How = Literal["levels", "many", "length", "presence"]


@dataclass(frozen=True)
class StringPlan:
    """How a column's chunks are counted, decided on the sample.

    Attributes
    ----------
    how
        ``levels`` one by one; ``many`` by sketch and candidates; ``length`` of lists and bytes; ``presence`` alone.
    candidates
        Values whose counts are wanted.
    """

    name: str
    how: How
    candidates: tuple[str, ...] = ()
    halvings: int = 0


@dataclass(frozen=True)
class Tally:
    """How often each level occurs; chunks with the same dictionary are added as arrays, which is many times less work."""

    texts: list[str] = field(default_factory=list)
    counts: IntArray = field(default_factory=lambda: np.array([], dtype=np.int64))

    def __len__(self) -> int:
        return int(np.count_nonzero(self.counts))

    def merge(self, other: Tally) -> Tally:
        """Return the counts of both."""
        if self.texts is other.texts or self.texts == other.texts:
            return Tally(self.texts, self.counts + other.counts)
        total = self.total()
        for level, number in other.total().items():
            total[level] = total.get(level, 0) + number
        return Tally(list(total), np.array(list(total.values()), dtype=np.int64))

    def total(self) -> dict[str, int]:
        """Return the levels that occur; a dictionary may hold one twice."""
        used = np.flatnonzero(self.counts)
        found: dict[str, int] = {}
        for at, number in zip(used.tolist(), self.counts[used].tolist(), strict=True):
            text = self.texts[at]
            found[text] = found.get(text, 0) + number
        return found


@dataclass(frozen=True)
class StringPart:
    """Figures of some rows of a column."""

    rows: int = 0
    nulls: int = 0
    levels: Tally | None = None
    tops: np.ndarray | None = None
    sketch: Sketch | None = None
    shortest: int | None = None
    longest: int | None = None
    length: int = 0
    misfit: bool = False

    def merge(self, other: StringPart) -> StringPart:
        """Return the figures of both."""
        if self.rows == 0 or other.rows == 0:
            return other if self.rows == 0 else self
        levels = None
        if self.levels is not None and other.levels is not None:
            levels = self.levels.merge(other.levels)
        shorts = [part.shortest for part in (self, other) if part.shortest is not None]
        longs = [part.longest for part in (self, other) if part.longest is not None]
        many = levels is not None and len(levels) > MOST_LEVELS
        return StringPart(
            rows=self.rows + other.rows,
            nulls=self.nulls + other.nulls,
            levels=levels,
            tops=other.tops if self.tops is None else self.tops if other.tops is None else self.tops + other.tops,
            sketch=other.sketch
            if self.sketch is None
            else self.sketch
            if other.sketch is None
            else self.sketch.merge(other.sketch),
            shortest=min(shorts) if shorts else None,
            longest=max(longs) if longs else None,
            length=self.length + other.length,
            misfit=self.misfit or other.misfit or many,
        )


def plan_strings(scanned: Scanned, kind: pa.DataType, rows: int) -> StringPlan:
    """Decide on the sample how the column is counted."""
    profile = scanned.profile
    name = profile.column_name
    if scanned.codes is None or scanned.levels is None:
        return StringPlan(name, "length" if _has_length(kind) else "presence")
    distinct = profile.distinct_count or 0
    if distinct <= min(FEW_LEVELS, max(100, len(scanned.codes) // 10)):
        return StringPlan(name, "levels")
    codes = scanned.codes[scanned.codes >= 0]
    counts = np.bincount(codes)
    best = np.argsort(-counts, kind="stable")[:CANDIDATES]
    seldom = max(3, len(codes) // 20_000)
    texts = scanned.levels.whole if hasattr(scanned.levels, "whole") else scanned.levels.__getitem__
    candidates = tuple(texts(int(i)) for i in best if counts[i] >= seldom)
    return StringPlan(name, "many", candidates, first_halvings(counts[counts > 0], rows))


def replanned(plan: StringPlan) -> StringPlan:
    """Return the plan for a second scan of a column that has more levels than the sample made expect."""
    return replace(plan, how="many", halvings=0)


def _has_length(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_list,
        pa.types.is_large_list,
        pa.types.is_fixed_size_list,
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_fixed_size_binary,
    )
    return any(test(kind) for test in tests)


def lengths_of(array: pa.Array) -> np.ndarray:
    """Return the lengths of the present lists or bytes."""
    present = array.drop_null()
    kind = array.type
    if pa.types.is_fixed_size_list(kind):
        return np.full(len(present), kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return np.asarray(pc.list_value_length(present).to_numpy(zero_copy_only=False))
    return np.asarray(pc.binary_length(present).to_numpy(zero_copy_only=False))


def count_strings(plan: StringPlan, array: pa.Array, hashes: HashArray | None) -> StringPart:
    """Return the figures of a chunk; ``hashes`` are those of its present values."""
    part = StringPart(rows=len(array), nulls=array.null_count)
    if plan.how == "presence":
        return part
    if plan.how == "length":
        return _with_lengths(part, lengths_of(array)) if len(array) > array.null_count else part
    if plan.how == "many":
        return _many(plan, part, array, hashes)
    return part


def count_levels(array: pa.DictionaryArray, levels: Levels, hashing: bool) -> tuple[StringPart, HashArray | None]:
    """Return how often each level of a chunk occurs, and the hashes of all rows."""
    part = StringPart(rows=len(array), nulls=array.null_count)
    if len(array.dictionary) > MOST_LEVELS:
        part = replace(part, levels=Tally(), misfit=True)
    texts, hashes = levels.of(array.dictionary)
    indices = array.indices
    if indices.null_count:
        indices = indices.fill_null(len(texts))
    places = indices.to_numpy(zero_copy_only=False)
    if not part.misfit:
        counts = np.bincount(places, minlength=len(texts) + 1)[: len(texts)]
        part = replace(part, levels=Tally(texts, counts))
    return part, np.asarray(hashes[places]) if hashing else None


def as_text(array: pa.Array) -> pa.Array:
    """Return values of a dictionary as text."""
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        return array
    try:
        return array.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if value is None else str(value) for value in array.to_pylist()], pa.string())


def _many(plan: StringPlan, part: StringPart, array: pa.Array, hashes: HashArray | None) -> StringPart:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if len(array) == array.null_count:
        return part
    part = _with_lengths(part, text_lengths(array.drop_null() if array.null_count else array))
    tops = None
    if plan.candidates:
        places = pc.index_in(array, value_set=pa.array(plan.candidates, array.type)).drop_null()
        tops = np.bincount(places.to_numpy(zero_copy_only=False), minlength=len(plan.candidates))
    return replace(part, tops=tops, sketch=sketch_of(hashes, plan.halvings) if hashes is not None else None)


def _with_lengths(part: StringPart, lengths: np.ndarray) -> StringPart:
    return replace(
        part, shortest=int(lengths.min()), longest=int(lengths.max()), length=int(lengths.sum(dtype=np.int64))
    )


# -- hashes ------------------------------------------------------------------------------------------------------------


class Levels:
    """The levels of a column as text with their hashes, each computed once; the same in every process, as a sample by hash needs."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._last: tuple[pa.Array, list[str], HashArray] | None = None

    def of(self, dictionary: pa.Array) -> tuple[list[str], HashArray]:
        """Return the texts, and the hashes with that of a missing value behind them."""
        last = self._last  # one tuple: another thread may put its own in its place meanwhile
        if last is not None and last[0].equals(dictionary):
            return last[1], last[2]
        texts = as_text(dictionary).to_pylist()
        hashes = np.array([*map(self._one, texts), int(MISSING)], dtype=np.uint64)
        self._last = dictionary, texts, hashes
        return texts, hashes

    def _one(self, level: str | None) -> int:
        if level is None:
            return int(MISSING)
        known = self._known.get(level)
        if known is None:
            digest = hashlib.blake2b(level.encode(errors="surrogatepass"), digest_size=8).digest()
            known = self._known[level] = int.from_bytes(digest, "little")
        return known


@dataclass
class EngineHashes:
    """Hashes of text, and of what numpy cannot compute by DuckDB: one connection per thread."""

    local: threading.local = field(default_factory=threading.local)

    def of(self, columns: dict[str, pa.Array]) -> dict[str, HashArray]:
        """Return the hash of every row of every column; missing values have one too."""
        found: dict[str, HashArray] = {}
        others: dict[str, pa.Array] = {}
        for name, array in columns.items():
            if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
                found[name] = text_hashes(array, self._of_texts)
            else:
                others[name] = array
        return found | self._by_query(others) if others else found

    def _of_texts(self, texts: pa.Array) -> HashArray:
        return self._by_query({"text": texts})["text"]

    def _by_query(self, columns: dict[str, pa.Array]) -> dict[str, HashArray]:
        import duckdb

        connection = getattr(self.local, "connection", None)
        if connection is None:
            options: dict[str, Any] = {
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "threads": 1,
            }
            connection = self.local.connection = duckdb.connect(config=options)
        names = [f"c{i}" for i in range(len(columns))]
        connection.register("chunk", pa.table(dict(zip(names, columns.values(), strict=True))))
        wanted = ", ".join(f"hash({name}) AS {name}" for name in names)
        found = connection.execute(f"SELECT {wanted} FROM chunk").fetchnumpy()  # noqa: S608 - names of our own
        connection.unregister("chunk")
        return {name: np.asarray(found[short], dtype=np.uint64) for name, short in zip(columns, names, strict=True)}
