"""Traffic by minute: counts and a latency histogram, small enough to keep and to add up over any window."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from mlnb.core.clock import now_ms

from .records import EntityTraffic, Latency, Traffic, serving_metrics

if TYPE_CHECKING:
    from mlnb.core.metastore import Metastore

MINUTE_MS: Final = 60_000

#: Upper bounds of the latency buckets in milliseconds; the last bucket is open. About 1.5 between neighbours, so a quantile is off by
#: at most a quarter or so.
BOUNDS_MS: Final = (
    0.5,
    0.75,
    1,
    1.5,
    2,
    3,
    4,
    6,
    8,
    12,
    16,
    24,
    32,
    48,
    64,
    96,
    128,
    192,
    256,
    384,
    512,
    1000,
    2000,
    4000,
    10_000,
    60_000,
)


class Recorder:
    """Counts requests in this process until they are stored; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[int, dict[str, Any]] = {}

    def record(self, status: int, milliseconds: float) -> None:
        """Count one answer."""
        minute = now_ms() // MINUTE_MS * MINUTE_MS
        with self._lock:
            row = self._minutes.get(minute)
            if row is None:
                row = self._minutes[minute] = {
                    "requests": 0,
                    "e4xx": 0,
                    "e5xx": 0,
                    "buckets": [0] * (len(BOUNDS_MS) + 1),
                }
            row["requests"] += 1
            if status >= 500:
                row["e5xx"] += 1
            elif status >= 400:
                row["e4xx"] += 1
            row["buckets"][bisect.bisect_left(BOUNDS_MS, milliseconds)] += 1

    def store(self, metastore: Metastore, endpoint_id: str, entity: str, rss_mb: int) -> None:
        """Add what was counted to the metastore; kept for the next time when that fails."""
        with self._lock:
            minutes, self._minutes = self._minutes, {}
        try:
            if minutes:
                with metastore.begin() as connection:
                    for minute, row in minutes.items():
                        _add(connection, metastore, endpoint_id, entity, minute, row, rss_mb)
        except Exception:
            with self._lock:
                for minute, row in minutes.items():
                    self._minutes[minute] = _sum(row, self._minutes[minute]) if minute in self._minutes else row
            raise


def _add(
    connection: sa.Connection,
    metastore: Metastore,
    endpoint_id: str,
    entity: str,
    minute: int,
    row: Mapping[str, Any],
    rss_mb: int,
) -> None:
    keys = {"endpoint_id": endpoint_id, "entity": entity, "minute_ms": minute}
    old = connection.execute(sa.select(serving_metrics).filter_by(**keys)).first()
    if old is not None:
        row = _sum(row, {**old._mapping, "buckets": old.latency_buckets})
    values = {name: row[name] for name in ("requests", "e4xx", "e5xx")}
    metastore.upsert(
        connection, serving_metrics, {**keys, **values, "latency_buckets": row["buckets"], "rss_mb": rss_mb}, list(keys)
    )


def _sum(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    total: dict[str, Any] = {name: one[name] + other[name] for name in ("requests", "e4xx", "e5xx")}
    total["buckets"] = [a + b for a, b in zip(one["buckets"], other["buckets"], strict=True)]
    return total


def quantile(buckets: Sequence[int], q: float) -> float | None:
    """Return a quantile in milliseconds, linear inside its bucket; None without requests."""
    total = sum(buckets)
    if not total:
        return None
    rank, seen = q * total, 0
    for index, count in enumerate(buckets):
        if count and seen + count >= rank:
            low = BOUNDS_MS[index - 1] if index else 0.0
            high = BOUNDS_MS[index] if index < len(BOUNDS_MS) else BOUNDS_MS[-1]
            return round(low + (high - low) * max(rank - seen, 0) / count, 3)
        seen += count
    return float(BOUNDS_MS[-1])


def totals(connection: sa.Connection) -> dict[str, tuple[int, int]]:
    """Return (requests, errors) of every endpoint by its id."""
    errors = sa.func.sum(serving_metrics.c.e4xx + serving_metrics.c.e5xx)
    query = sa.select(serving_metrics.c.endpoint_id, sa.func.sum(serving_metrics.c.requests), errors).group_by(
        serving_metrics.c.endpoint_id
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}


def latency(connection: sa.Connection, endpoint_id: str, *, window_ms: int = 3_600_000) -> Latency:
    """Return the quantiles over the last hour."""
    query = sa.select(serving_metrics.c.latency_buckets).where(
        serving_metrics.c.endpoint_id == endpoint_id, serving_metrics.c.minute_ms >= now_ms() - window_ms
    )
    buckets = [0] * (len(BOUNDS_MS) + 1)
    for row in connection.execute(query):
        buckets = [a + b for a, b in zip(buckets, row[0], strict=True)]
    return Latency(p50=quantile(buckets, 0.5), p95=quantile(buckets, 0.95), p99=quantile(buckets, 0.99))


def traffic(
    connection: sa.Connection, endpoint_id: str, *, window_s: int, step_s: int, now: int | None = None
) -> Traffic:
    """Return the traffic of the window by steps; steps without requests are there with zeros."""
    step = step_s * 1000
    end = ((now or now_ms()) // step + 1) * step
    steps = max(window_s // step_s, 1)
    start = end - steps * step
    query = sa.select(serving_metrics).where(
        serving_metrics.c.endpoint_id == endpoint_id, serving_metrics.c.minute_ms >= start
    )
    series: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query):
        empty = {"requests": 0, "e4xx": 0, "e5xx": 0, "buckets": [0] * (len(BOUNDS_MS) + 1)}
        cells = series.setdefault(row.entity, [dict(empty) for _ in range(steps)])
        index = (row.minute_ms - start) // step
        if 0 <= index < steps:
            cells[index] = _sum(cells[index], {**row._mapping, "buckets": row.latency_buckets})
    times = [start + i * step for i in range(steps)]
    return Traffic(step_s=step_s, entities=[_entity(name, times, cells) for name, cells in sorted(series.items())])


def _entity(name: str, times: list[int], cells: Sequence[Mapping[str, Any]]) -> EntityTraffic:
    return EntityTraffic(
        name=name,
        t=times,
        requests=[cell["requests"] for cell in cells],
        e4xx=[cell["e4xx"] for cell in cells],
        e5xx=[cell["e5xx"] for cell in cells],
        p50=[quantile(cell["buckets"], 0.5) for cell in cells],
        p95=[quantile(cell["buckets"], 0.95) for cell in cells],
        p99=[quantile(cell["buckets"], 0.99) for cell in cells],
    )
