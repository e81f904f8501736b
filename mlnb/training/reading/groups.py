"""Runs put together by a value they share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mlnb.core.errors import InvalidParameterError

from ..records import PageColumn, RunAggregate, RunGroup, SearchError
from .reader import Key, RunQuery, TrackingReader

#: Runs that are looked at, groups that are shown, ids listed of each, metrics summed up.
MOST_RUNS = 100_000
MOST_GROUPS = 1000
_MOST_IDS = 100
_MOST_METRICS = 20


def grouped(reader: TrackingReader, query: RunQuery, by: Key, columns: Sequence[Key]) -> list[RunGroup]:
    """Return the groups of all runs of a query, in the order of their values, runs without one last.

    Raises
    ------
    SearchError
        When nobody could read the groups: metrics and times have as many values as there are runs.
    """
    if by.type != "string" or by.name == "run_id":
        raise SearchError(
            f"Runs are not grouped by {by}: nearly every run has a value of its own.",
            hint="Group by a parameter, a tag, status, user_id or experiment_id.",
        )
    total, ids = reader.ids(query, MOST_RUNS)
    if total > MOST_RUNS:
        raise InvalidParameterError(f"{total:,} runs are too many to group.", hint="Narrow the filter.")
    metrics = [key for key in columns if key.kind == "metrics"][:_MOST_METRICS]
    values, *numbers = reader.cells(ids, [by, *metrics])
    members: dict[str | None, list[int]] = {}
    for place, value in enumerate(values.values):
        members.setdefault(None if value is None else str(value), []).append(place)
    found = sorted(members, key=_natural)
    if len(found) > MOST_GROUPS:
        raise InvalidParameterError(f"{by} has {len(found):,} values: too many groups.", hint="Narrow the filter.")
    return [
        RunGroup(
            value=value,
            runs=len(members[value]),
            ids=[ids[place] for place in members[value][:_MOST_IDS]],
            metrics={column.key: _aggregate(column, members[value]) for column in numbers},
        )
        for value in found
    ]


def _aggregate(column: PageColumn, places: Sequence[int]) -> RunAggregate:
    every = [column.values[place] for place in places]
    real = [value for value in every if value is not None and not math.isnan(value)]
    if not real:
        return RunAggregate()
    return RunAggregate(mean=math.fsum(real) / len(real), min=min(real), max=max(real), count=len(real))


def _natural(value: str | None) -> tuple[int, Any]:
    """Order numbers by size, then texts, then what is missing."""
    if value is None:
        return 2, ""
    try:
        number = float(value)
    except ValueError:
        return 1, value
    return (1, value) if math.isnan(number) else (0, number)
