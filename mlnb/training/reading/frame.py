"""A few columns of all runs, for charts: everything when it is little, else a fair part with the runs that matter in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mlnb.core.errors import InvalidParameterError

from ..records_pages import RunFrame
from ..scoring.metrics import greater_is_better
from .reader import Key, RunQuery, TrackingReader

_MOST_COLUMNS = 20
_MOST_POINTS = 5000
#: Runs looked at to take a sample from.
_MOST_RUNS = 1_000_000
#: The best runs, which a sample always has.
_BEST = 50


def frame(
    reader: TrackingReader, query: RunQuery, columns: Sequence[Key], *, max_points: int, keep: Iterable[str], as_of: int
) -> RunFrame:
    """Return columns of the runs of a query.

    Parameters
    ----------
    max_points
        At most so many runs, besides the pinned ones and those to keep.
    keep
        Ids that the answer has in any case, as far as they fulfil the query.
    """
    if len(columns) > _MOST_COLUMNS:
        raise InvalidParameterError(f"{len(columns)} columns are too many.", hint=f"Ask for at most {_MOST_COLUMNS}.")
    if not 0 < max_points <= _MOST_POINTS:
        raise InvalidParameterError(f"max_points is {max_points}.", hint=f"Use 1 to {_MOST_POINTS}.")
    total, ids = reader.ids(query, _MOST_RUNS)
    sampled = len(ids) > max_points
    if sampled:
        wanted = set(keep) | set(reader.ids(replace(query, pinned=True), max_points)[1])
        ids = _sample(ids, wanted, _best(reader, query, columns), max_points)
    found = reader.cells(ids, columns)
    return RunFrame(ids=ids, columns=found, total=total, sampled=sampled or total > len(ids), as_of=as_of)


def _best(reader: TrackingReader, query: RunQuery, columns: Sequence[Key]) -> list[str]:
    """Return the runs best in the first metric; without one the first runs of the query's order."""
    metric = next((key for key in columns if key.kind == "metrics"), None)
    if metric is not None:
        query = replace(query, order_by=((metric, greater_is_better(metric.metric)),))
    return reader.ids(query, _BEST)[1]


def _sample(ids: Sequence[str], wanted: set[str], best: Sequence[str], most: int) -> list[str]:
    """Return the ids chosen, in their order; the rest is chosen by a hash, so the same ones come every time."""
    chosen = {run_id for run_id in ids if run_id in wanted}
    for run_id in best:
        if len(chosen) < most:
            chosen.add(run_id)
    rest = sorted((run_id for run_id in ids if run_id not in chosen), key=_hash)
    chosen.update(rest[: max(0, most - len(chosen))])
    return [run_id for run_id in ids if run_id in chosen]


def _hash(run_id: str) -> bytes:
    return hashlib.blake2b(run_id.encode(), digest_size=8).digest()
