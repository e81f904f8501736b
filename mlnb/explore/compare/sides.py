"""The two sides of a comparison: two sources, or the two values of a column that splits one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from ..records import ColumnNotFoundError, Timing
from ..records_compare import Comparison
from ..records_stored import ProfileRequest

if TYPE_CHECKING:
    from ..look import Look
    from ..profiling import Profiling
    from ..reading.sources import Data

#: Names that say which side of a split is the one to compare with.
_LEFT = ("train", "training", "development", "dev", "reference", "false", "0", "control", "before")
#: Values from which on a column is no split.
_MOST_SIDES = 50


def compare_sides(
    explore: Profiling,
    left: Any,
    right: Any,
    split: str | None,
    request: ProfileRequest,
    names: tuple[str, str] | None,
    comparison_id: str | None = None,
) -> Comparison:
    """Open both sides, compare what their samples hold, and keep the answer; see `Explore.compare`."""
    from ..engine import STRETCHES_NOTE
    from .comparing import compare

    if (right is None) == (split is None):
        raise InvalidParameterError(
            "A comparison has two sides.", hint="Give another table or frame, or the column that splits this one."
        )
    started = time.perf_counter(), time.process_time()
    roles: dict[str, Any] = {"target": request.target, "time_column": request.time_column, "group": request.group}
    if split is not None:
        opened, looks, named, notes = _split(explore, left, split, request)
        roles |= {"holdouts": (opened.holdout, opened.holdout), "without": (split,)}
        named = names or named
    else:
        # A look at held-out rows is one of the left side: it is what decisions are made on.
        other = request.model_copy(update={"include_holdout": None})
        (one, first), (two, second) = explore._look(left, request), explore._look(right, other)
        looks, named, notes = (first, second), names or _names(left, right, first, second), []
        roles |= {"holdouts": (one.holdout, two.holdout), "related": _related(one, two)}
    if not explore.settings.mask_personal:
        roles["masked"] = ()
    made = compare(*looks, names=named, **roles)
    made.id = comparison_id or made.id
    made.notes += notes
    if not all(look.uniform for look in looks):
        made.notes.append(STRETCHES_NOTE)
    target = request.target
    key = f"{named[0]} | {named[1]}"
    explore.store.decisions.name(made.findings, key, target)
    made.timing = Timing(seconds=time.perf_counter() - started[0], cpu_seconds=time.process_time() - started[1])
    return _stored(explore, made, key, request)


def _stored(explore: Profiling, made: Comparison, key: str, request: ProfileRequest) -> Comparison:
    if not explore.settings.store_profiles:
        return made
    from ..stored.decisions import Found

    sides = [[side.source.kind, side.source.name] for side in (made.left, made.right)]
    asked = {"sides": sides, "options": request.model_dump(mode="json", exclude_defaults=True)}
    kept = explore.store.save(made, Found(made.id, key, request.target, made.findings), asked)
    assert isinstance(kept, Comparison)
    return kept


def _related(one: Data, two: Data) -> bool:
    """Return whether a table is laid beside another version of itself, or beside some of its own rows."""
    return "table" in (one.source.kind, two.source.kind) and len(one.tables) == 1 and one.tables == two.tables


def _names(left: Any, right: Any, first: Look, second: Look) -> tuple[str, str]:
    """Return what the page calls the sides: the sources' names, told apart."""
    named = []
    for data, look in ((left, first), (right, second)):
        version = f"@v{look.source.version}" if look.source.version is not None else ""
        named.append(data if isinstance(data, str) and look.source.kind != "query" else f"{look.source.name}{version}")
    if named[0] == named[1]:
        return f"{named[0]} (left)", f"{named[1]} (right)"
    return named[0], named[1]


def _split(
    explore: Profiling, data: Any, column: str, request: ProfileRequest
) -> tuple[Data, tuple[Look, Look], tuple[str, str], list[str]]:
    """Return the data, the looks at the rows on both sides of a column, their names, and what has to be said."""
    import pyarrow.compute as pc

    if request.columns is not None:
        request = request.model_copy(update={"columns": [*request.columns, column]})
    opened, look = explore._look(data, request)
    if column not in look.columns:
        raise ColumnNotFoundError.for_name(column, list(look.columns), "split column")
    counts = {item["values"]: item["counts"] for item in pc.value_counts(look.table[column]).to_pylist()}
    missing = counts.pop(None, 0)
    if not 2 <= len(counts) <= _MOST_SIDES:
        many = {0: "no value", 1: "one value only"}.get(len(counts), f"{len(counts):,} different values")
        raise InvalidParameterError(
            f"{column} has {many} and cannot split the rows into sides.",
            hint="Give a column with two values, such as train and test.",
        )
    ordered = sorted(counts, key=lambda value: (str(value).lower() not in _LEFT, -counts[value], str(value)))
    one, other = ordered[0], ordered[1]
    notes = [f"{missing:,} sample rows without {column} are on neither side."] if missing else []
    if len(ordered) > 2:
        left_out = ", ".join(map(str, ordered[2:8])) + (" …" if len(ordered) > 8 else "")
        notes.append(f"{column} has {len(ordered)} values; {one} is compared with {other}, {left_out} left out.")
    first, second = (_side(look, pc.equal(look.table[column], value)) for value in (one, other))
    return opened, (first, second), (f"{column} = {one}", f"{column} = {other}"), notes


def _side(look: Look, mask: Any) -> Look:
    """Return the look at some of a look's rows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from ..look import look_at

    keep = np.asarray(pc.fill_null(mask, False), dtype=bool)
    table = look.table.filter(pa.array(keep))
    positions = look.positions[keep] if look.positions is not None else None
    rows = table.num_rows if look.complete else round(look.rows * table.num_rows / max(1, look.size))
    return look_at(
        table,
        look.source,
        seed=look.seed,
        rows=rows,
        positions=positions,
        mixed=look.mixed,
        uniform=look.uniform,
    )
