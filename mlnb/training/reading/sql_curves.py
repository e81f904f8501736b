"""Histories of metrics out of MLflow's table, thinned by the database.

The index on (run, key, step) makes a stretch of steps cheap to find, so each stretch is asked for its least, greatest, first and last
point with a statement of its own: no row leaves the database that is not drawn, and nothing has to be sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ..records_pages import Axis, Curve
from . import mlflow_tables as t
from .thinning import edges, stretches, thin

#: Statements sent together to a server, where each costs a round trip.
_TOGETHER = 32


def newest_values(
    connection: sa.Connection, ids: Sequence[str], metrics: Sequence[str]
) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return what changes when a run logs a metric on: its newest value, by run and metric; those that have none are left out."""
    m = t.metrics.c
    query = sa.select(m.run_uuid, m.key, m.timestamp, m.step, m.value)
    rows = connection.execute(query.where(m.run_uuid.in_(list(ids)), m.key.in_(list(metrics))))
    return {(row[0], row[1]): tuple(row[2:]) for row in rows}


def curve(connection: sa.Connection, run_id: str, metric: str, max_points: int, x: Axis) -> Curve | None:
    """Return one curve; None when the run has no value of the metric."""
    h = t.history.c
    chosen = (h.run_uuid == run_id) & (h.key == metric)
    query = sa.select(h.step, h.timestamp, h.value, h.is_nan).where(chosen).order_by(h.step, h.timestamp)
    rows = connection.execute(query.limit(max_points + 1)).all()
    if not rows:
        return None
    if len(rows) <= max_points:
        return _drawn(run_id, metric, [tuple(row) for row in rows], x, total=len(rows))
    low, high = _range(connection, chosen)
    if high - low < stretches(max_points):
        return _by_time(connection, run_id, metric, query, max_points, x)
    ranges = edges(low, high, stretches(max_points))
    points, total, nan = _stretch_by_stretch(connection, run_id, metric, ranges)
    found = _drawn(run_id, metric, points, x, total=total)
    return found.model_copy(update={"nan": nan, "thinned": True})


def _range(connection: sa.Connection, chosen: Any) -> tuple[int, int]:
    step = t.history.c.step
    # two statements: SQLite jumps to an end of the index only when it is the one thing asked for
    ends = [connection.execute(sa.select(end(step)).where(chosen)).scalar_one() for end in (sa.func.min, sa.func.max)]
    return int(ends[0]), int(ends[1])


def _stretch_by_stretch(
    connection: sa.Connection, run_id: str, metric: str, ranges: Sequence[tuple[int, int]]
) -> tuple[list[Any], int, int]:
    """Return the points kept, how many there are, and how many of them are no numbers."""
    if connection.dialect.name == "sqlite":
        return _in_sqlite(connection, run_id, metric, ranges)
    found: list[Any] = []
    for start in range(0, len(ranges), _TOGETHER):
        found += connection.execute(_extremes(run_id, metric, ranges[start : start + _TOGETHER])).all()
    total, nan = connection.execute(_counts(run_id, metric)).one()
    return [tuple(row) for row in found], int(total), int(nan or 0)


def _in_sqlite(
    connection: sa.Connection, run_id: str, metric: str, ranges: Sequence[tuple[int, int]]
) -> tuple[list[Any], int, int]:
    """Ask the driver itself: beside a hundred statements a curve, building them would be what takes time.

    A column beside ``min`` and ``max`` comes from a row that has one of the two, which SQLite documents; the other one's row is looked for
    until it is found. So a stretch is gone through once and a part of once more.
    """
    cursor: Any = connection.connection.cursor()
    part = "FROM metrics WHERE run_uuid = ? AND key = ? AND step >= ? AND step < ?"
    ends = f"SELECT min(value), max(value), count(*), step, timestamp, value {part}"
    where = f"SELECT step, timestamp, value {part} AND value = ? AND NOT is_nan LIMIT 1"
    first = f"SELECT step, timestamp, value {part} AND NOT is_nan ORDER BY step, timestamp LIMIT 1"
    last = f"SELECT step, timestamp, value {part} AND NOT is_nan ORDER BY step DESC, timestamp DESC LIMIT 1"
    points, total, nan = [], 0, 0
    for begin, end in ranges:
        bounds = (run_id, metric, begin, end)
        low, high, count, *point = cursor.execute(ends, bounds).fetchone()
        total += count
        if count and low <= 0 <= high:  # NaN is stored as 0: there may be some
            (missing,) = cursor.execute(f"SELECT sum(is_nan) {part}", bounds).fetchone()
            nan += missing
            if missing:
                low, high, count, *point = cursor.execute(f"{ends} AND NOT is_nan", bounds).fetchone()
        if not count:
            continue
        points += [
            point if point[2] == value else cursor.execute(where, (*bounds, value)).fetchone() for value in {low, high}
        ]
        points += [cursor.execute(text, bounds).fetchone() for text in (first, last)]
    return [(*point, 0) for point in points], total, nan


def _extremes(run_id: str, metric: str, ranges: Sequence[tuple[int, int]]) -> sa.CompoundSelect[Any]:
    h = t.history.c
    orders: list[Any] = [
        (h.value, h.step),
        (h.value.desc(), h.step),
        (h.step, h.timestamp),
        (h.step.desc(), h.timestamp.desc()),
    ]
    parts = []
    for begin, end in ranges:
        inside = (h.run_uuid == run_id) & (h.key == metric) & (h.step >= begin) & (h.step < end) & h.is_nan.is_(False)
        for order in orders:
            one = sa.select(h.step, h.timestamp, h.value, h.is_nan).where(inside).order_by(*order).limit(1).subquery()
            parts.append(sa.select(one))
    return sa.union_all(*parts)


def _counts(run_id: str, metric: str) -> Any:
    h = t.history.c
    nan = sa.func.sum(sa.case((h.is_nan.is_(True), 1), else_=0))
    return sa.select(sa.func.count(), nan).where((h.run_uuid == run_id) & (h.key == metric))


def _by_time(
    connection: sa.Connection, run_id: str, metric: str, query: sa.Select[Any], max_points: int, x: Axis
) -> Curve:
    """Thin a metric that was logged many times at few steps: what tells its values apart is the order they came in."""
    total, nan = connection.execute(_counts(run_id, metric)).one()
    rows = connection.execute(query)
    points = ((place, row.value, row.step, row.timestamp) for place, row in enumerate(rows) if not row.is_nan)
    kept = [(step, time, value, False) for _, value, step, time in thin(points, 0, int(total) - 1, max_points)]
    found = _drawn(run_id, metric, kept, x, total=int(total))
    return found.model_copy(update={"nan": int(nan or 0), "thinned": True})


def _drawn(run_id: str, metric: str, rows: Sequence[Any], x: Axis, *, total: int) -> Curve:
    """Return rows (step, time, value, is NaN) as a curve over an axis."""
    real = [row for row in rows if not row[3]]
    start = min((row[1] for row in real), default=0) if x == "relative_time" else 0
    points = sorted({(float(row[0] if x == "step" else row[1] - start), float(row[2])) for row in real})
    return Curve(
        run_id=run_id,
        metric=metric,
        x=[point[0] for point in points],
        y=[point[1] for point in points],
        total=total,
        nan=total - len(real),
    )
