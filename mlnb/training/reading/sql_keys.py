"""The names of metrics, parameters and tags, found without reading their values.

Every table of values is keyed by (key, run). Its distinct keys are found by jumping from one to the next, and whether a run has one is a
look into that index: a thousand keys of ten thousand runs cost a few hundred thousand steps instead of ten million rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from . import mlflow_tables as t
from .reader import Key

#: A store with more keys than this in one table is searched among its newest runs only.
_MOST_KEYS = 20_000


def counted(connection: sa.Connection, ids: Sequence[str]) -> list[tuple[Key, int]]:
    """Return all keys of a few runs and how many of them have each, the commonest first."""
    found = []
    for kind, table in t.VALUES.items():
        query = sa.select(table.c.key, sa.func.count()).where(table.c.run_uuid.in_(ids)).group_by(table.c.key)
        found += [(Key(kind, key), int(number)) for key, number in connection.execute(query)]
    return sorted(found, key=_commonest)


def distinct(connection: sa.Connection, kind: str) -> list[str] | None:
    """Return the distinct keys of all runs, None when there are too many to be asked one by one."""
    table: Any = t.VALUES[kind]
    first = sa.select(sa.func.min(table.c.key).label("key")).cte("jumping", recursive=True)
    following = sa.select(sa.func.min(table.c.key)).where(table.c.key > first.c.key).scalar_subquery()
    jumping = first.union_all(sa.select(following).where(first.c.key.is_not(None)))
    query = sa.select(jumping.c.key).where(jumping.c.key.is_not(None)).limit(_MOST_KEYS + 1)
    found = [str(key) for key in connection.execute(query).scalars()]
    return found if len(found) <= _MOST_KEYS else None


def count_each(connection: sa.Connection, kind: str, names: Sequence[str], ids: Sequence[str]) -> dict[str, int]:
    """Return how many of a few runs have each key, those that any has; answered from the index on (key, run)."""
    table: Any = t.VALUES[kind]
    found: dict[str, int] = {}
    for start in range(0, len(names), 500):
        wanted = list(names[start : start + 500])
        query = sa.select(table.c.key, sa.func.count()).where(table.c.key.in_(wanted), table.c.run_uuid.in_(ids))
        found |= {str(key): int(count) for key, count in connection.execute(query.group_by(table.c.key))}
    return found


def older(
    connection: sa.Connection, kind: str, names: Sequence[str], runs: Sequence[sa.ColumnElement[bool]]
) -> list[str]:
    """Return which keys any run that fulfils the conditions has."""
    table: Any = t.VALUES[kind]
    found = []
    for name in names:
        query = (
            sa.select(sa.literal(1))
            .select_from(table.join(t.runs, t.runs.c.run_uuid == table.c.run_uuid))
            .where(table.c.key == name, *runs)
            .limit(1)
        )
        if connection.execute(query).first() is not None:
            found.append(name)
    return found


def _commonest(item: tuple[Key, int]) -> tuple[int, int, str]:
    return -item[1], list(t.VALUES).index(item[0].kind), item[0].name
