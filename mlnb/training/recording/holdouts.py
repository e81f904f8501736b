"""Whether held-out rows reached a run: what it read is looked up, what its variables hold is checked by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlnb.core.access import TableAccess
from mlnb.core.errors import MlnbError
from mlnb.core.origin import origin_of
from mlnb.scope.holdout_records import HoldoutSpentError
from mlnb.scope.holdout_rule import development, has_columns

from ..records import RunData
from .data import source_of

if TYPE_CHECKING:
    from mlnb.scope.holdout import Holdouts
    from mlnb.scope.holdout_guards import Guard

#: Of the columns of a frame from nowhere we know, so many must be the table's for its key to mean the same.
_SHARED = 0.5


@dataclass(frozen=True)
class Received:
    """What became of a guarded table's held-out rows in a run.

    Attributes
    ----------
    status
        ``excluded``, ``included``, ``mixed`` (the table was made from a guarded one and nobody can tell) or ``unknown``.
    rows
        Held-out rows that were found.
    """

    table: str
    guard: Guard
    status: str
    rows: int = 0


def received(
    holdouts: Holdouts, accesses: Sequence[TableAccess], frames: Iterable[Any], data: Sequence[RunData]
) -> list[Received]:
    """Return what became of the held-out rows of every guarded table whose rows reached a run.

    Parameters
    ----------
    accesses
        What the catalog reported.
    frames
        Values the code used. Those that came from elsewhere are checked by key when their columns are mostly those of a guarded table.
    data
        What was read and written.
    """
    active = holdouts.active()
    if not active:
        return []
    known = [frame for frame in _distinct(frames) if hasattr(frame, "columns") or hasattr(frame, "column_names")]
    read = dict.fromkeys(item.name for item in data if item.direction == "read" and item.kind == "table")
    tables = dict.fromkeys([*read, *(one.table_name for one in active)])
    found = []
    for name in tables:
        for guard in holdouts.guards_of_full_name(name):
            one = _one(name, guard, accesses, known, holdouts.columns(name), was_read=name in read)
            if one is not None:
                found.append(one)
    return found


def _one(
    name: str,
    guard: Guard,
    accesses: Sequence[TableAccess],
    frames: Sequence[Any],
    columns: Sequence[str],
    *,
    was_read: bool,
) -> Received | None:
    if guard.mixed:
        return Received(name, guard, "mixed") if was_read else None
    own = [frame for frame in frames if (source_of(frame) or {}).get("table") == name]
    # What a query made of the table without its held-out rows: a column named like the key need not be the key there.
    made = [frame for frame in frames if name in (origin_of(frame).get("guarded") or ())]
    strangers = [
        frame
        for frame in frames
        if source_of(frame) is None
        and not any(frame is one for one in made)
        and _looks_like(frame, columns, was_read=was_read)
    ]
    checked = [frame for frame in (*own, *strangers) if has_columns(frame, guard.rule.columns)]
    rows = max((_held(guard, frame) for frame in checked), default=0)
    if rows:
        return Received(name, guard, "included", rows)
    if not was_read:
        return None
    blind = [frame for frame in own if not has_columns(frame, guard.rule.columns)]
    if any(not (source_of(frame) or {}).get("filtered") for frame in blind):
        return Received(name, guard, "unknown")
    reads = [item for item in accesses if item.direction == "read" and item.name == name]
    if not checked and not blind and not made and not all(item.filtered for item in reads):
        return Received(name, guard, "unknown")
    return Received(name, guard, "excluded")


def _distinct(frames: Iterable[Any]) -> list[Any]:
    return list({id(frame): frame for frame in frames}.values())


def _looks_like(frame: Any, columns: Sequence[str], *, was_read: bool) -> bool:
    """Return whether a frame that says nothing of its origin may hold rows of a table."""
    names = getattr(frame, "column_names", None)
    names = [str(name) for name in (frame.columns if names is None else names)] if hasattr(frame, "__len__") else []
    shared = len(set(names) & set(columns))
    return bool(names) and (shared >= _SHARED * len(names) or (was_read and shared > 0))


def _held(guard: Guard, frame: Any) -> int:
    try:
        mask, _ = development(guard.rule, frame)
    except Exception:  # a variable of the user's that only looks like a frame
        return 0
    return int((~mask).sum())


def mark(data: Sequence[RunData], found: Sequence[Received]) -> list[RunData]:
    """Return what was read, with what became of the held-out rows."""
    worst = {"excluded": 0, "unknown": 1, "mixed": 2, "included": 3}
    status: dict[str, str] = {}
    for one in found:
        if worst[one.status] >= worst.get(status.get(one.table, "excluded"), 0):
            status[one.table] = one.status
    kept = [
        item.model_copy(update={"holdout": status.pop(item.name) if item.name in status else item.holdout})
        if item.direction == "read"
        else item
        for item in data
    ]
    # Rows of a table that was not read through the catalog: its files were opened, or a frame was made elsewhere.
    rest = [RunData(direction="read", name=name, holdout=what, observed=False) for name, what in status.items()]
    return [*kept, *rest]


def count_looks(holdouts: Holdouts, found: Sequence[Received], run_id: str) -> list[str]:
    """Count a look for every hold-out whose rows reached a run; return what to say about it."""
    notes = []
    for one in found:
        if one.status == "mixed":
            notes.append(
                f"{one.table} was made from {one.guard.holdout.table_name} and may hold held-out rows: "
                "a model trained on it does not pass the gate holdout."
            )
        if one.status != "included":
            continue
        text = f"{one.rows:,} held-out rows of {one.table} reached this run: its models do not pass the gate holdout."
        try:
            look = holdouts.look(
                one.guard.holdout.id,
                purpose="training",
                model_digest=f"run:{run_id}",
                run_id=run_id,
                reason="held-out rows in a run",
            )
            text += f" Counted as look {look.number} of {look.allowed}."
        except HoldoutSpentError:
            text += " No look was left."
        except MlnbError as error:
            text += f" {error.message}"
        notes.append(text)
    return notes


def tags_of(found: Sequence[Received]) -> Mapping[str, str]:
    """Return the tag that says so on the run."""
    bad = [one for one in found if one.status in ("included", "mixed")]
    return {"mlnb.holdout": bad[0].status if len({one.status for one in bad}) == 1 else "included"} if bad else {}
