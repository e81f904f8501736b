"""The point-in-time rule in plain Python: one loop per label row, nothing shared with the code under test."""

from __future__ import annotations

import datetime as dt

UTC = dt.UTC


def instant(value):
    """A label or feature time as an aware datetime: naive is UTC, a date is its first instant."""
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return dt.datetime(value.year, value.month, value.day, tzinfo=UTC)


def look_up(labels, rows, keys, feature, *, time=None, timeseries=None, lookback=None, inclusive=True, default=None):
    """Return the feature of each label row.

    ``labels`` and ``rows`` are lists of dictionaries, ``keys`` maps label columns to table columns.
    """
    answers = []
    for label in labels:
        best = None
        for row in rows:
            if any(label[mine] is None or label[mine] != row[theirs] for mine, theirs in keys.items()):
                continue
            if time is None:
                best = row
                continue
            t, ts = instant(label[time]), instant(row[timeseries])
            if t is None or ts > t or (ts == t and not inclusive):
                continue
            if best is None or ts > instant(best[timeseries]):
                best = row
        if best is not None and lookback is not None and instant(best[timeseries]) < instant(label[time]) - lookback:
            best = None  # the nearest row is too old: nothing, and no older search
        answers.append(default if best is None else best[feature])
    return answers
