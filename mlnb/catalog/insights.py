"""Who uses a table: from the statements that were written down, counted by the metastore."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from pydantic import Field

from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Record

from .tables import catalog_column, catalog_read, catalog_securable, catalog_statement

if TYPE_CHECKING:
    from .service import Catalog

_DAY_MS = 86_400_000
_MAX_DAYS = 365

#: Entries of each list, and characters of a statement that are shown.
_MOST, _TEXT = 20, 2_000


class Reader(Record):
    """A person who read the table."""

    principal: str
    reads: int
    last: int


class Place(Record):
    """Where it was read from."""

    kind: Literal["notebook", "job", "run", "query"]
    name: str
    cell: str | None = None
    address: str | None = None
    reads: int
    last: int


class ColumnReads(Record):
    """How often a column was read."""

    name: str
    reads: int


class DayReads(Record):
    """How often the table was read on a day (UTC)."""

    day: str
    reads: int


class JoinedTable(Record):
    """A table read by the same statements."""

    name: str
    reads: int


class FrequentQuery(Record):
    """A statement that read the table, and how often it ran."""

    sql: str
    principal: str
    reads: int
    last: int


class Insights(Record):
    """Who reads a table, from where, how often, and which columns."""

    name: str
    days: int
    reads: int
    last: int | None = None
    readers: list[Reader] = Field(default_factory=list)
    places: list[Place] = Field(default_factory=list)
    columns: list[ColumnReads] = Field(default_factory=list)
    per_day: list[DayReads] = Field(default_factory=list)
    joined_with: list[JoinedTable] = Field(default_factory=list)
    queries: list[FrequentQuery] = Field(default_factory=list)


def insights(catalog: Catalog, name: str, days: int) -> Insights:
    """Return who used a table; see :meth:`mlnb.catalog.discovery.Discovery.insights`."""
    if not 1 <= days <= _MAX_DAYS:
        raise InvalidParameterError(f"days is {days}.", hint=f"Use 1 to {_MAX_DAYS}.")
    info = catalog.info(name)
    now = now_ms()
    with catalog.ground.metastore.connect() as connection:
        asked = _Asked(connection, info.table_id, _midnight(now) - (days - 1) * _DAY_MS)
        total, last = asked.total()
        return Insights(
            name=info.full_name,
            days=days,
            reads=total,
            last=last,
            readers=asked.readers(),
            places=asked.places(),
            columns=asked.columns(),
            per_day=asked.per_day(days, now),
            joined_with=asked.joined_with(),
            queries=asked.queries(),
        )


def _midnight(at: int) -> int:
    return at - at % _DAY_MS


@dataclass(frozen=True)
class _Reads:
    """Statements that are alike: same reader, same place, same text, same columns, same day."""

    actor: str
    kind: str
    sql: str
    context: Mapping[str, Any]
    columns: Sequence[str]
    day: int
    count: int
    last: int


class _Asked:
    """The statements that read one table since a time, those that are alike counted by the metastore."""

    def __init__(self, connection: sa.Connection, table_id: str, since: int) -> None:
        self._connection = connection
        self._table_id = table_id
        self._since = since
        statement = catalog_statement.c
        self._mine = sa.and_(
            catalog_read.c.table_id == table_id, statement.started_at >= since, statement.status == "FINISHED"
        )
        joined = catalog_read.join(catalog_statement, statement.id == catalog_read.c.statement_id)
        keys = [
            statement.actor,
            statement.kind,
            statement.sql,
            sa.cast(statement.context, sa.Text).label("context"),
            sa.cast(catalog_read.c.columns, sa.Text).label("columns"),
            (statement.started_at - statement.started_at % _DAY_MS).label("day"),
        ]
        # A statement that reads two versions reads the table once.
        count, last = sa.func.count(sa.distinct(statement.id)), sa.func.max(statement.started_at)
        query = sa.select(*keys, count, last).select_from(joined).where(self._mine).group_by(*keys)
        self._reads = [
            _Reads(actor, kind, sql, json.loads(context), json.loads(columns), int(day), n, at)
            for actor, kind, sql, context, columns, day, n, at in map(tuple, connection.execute(query))
        ]

    def total(self) -> tuple[int, int | None]:
        """Return the number of reads, and when the last was."""
        return sum(reads.count for reads in self._reads), max((reads.last for reads in self._reads), default=None)

    def _grouped(self, key: Callable[[_Reads], Any]) -> list[tuple[Any, int, int]]:
        """Return each value of a key with its reads and the last of them, the most read first."""
        found: dict[Any, tuple[int, int]] = {}
        for reads in self._reads:
            count, last = found.get(key(reads), (0, 0))
            found[key(reads)] = (count + reads.count, max(last, reads.last))
        return sorted(
            ((one, count, last) for one, (count, last) in found.items()), key=lambda item: (-item[1], -item[2])
        )

    def readers(self) -> list[Reader]:
        """Return who read it, the most diligent first."""
        found = self._grouped(lambda reads: reads.actor)[:_MOST]
        return [Reader(principal=actor, reads=count, last=last) for actor, count, last in found]

    def places(self) -> list[Place]:
        """Return from where it was read."""
        found = self._grouped(lambda reads: _place(reads.context))[:_MOST]
        return [
            Place(kind=kind, name=name, cell=cell, address=address, reads=count, last=last)
            for (kind, name, cell, address), count, last in found
        ]

    def columns(self) -> list[ColumnReads]:
        """Return how often each column was read, zeros too."""
        counts: Counter[str] = Counter()
        for reads in self._reads:
            for name in reads.columns:
                counts[name] += reads.count
        known = sa.select(catalog_column.c.name).where(catalog_column.c.table_id == self._table_id)
        names = [row.name for row in self._connection.execute(known.order_by(catalog_column.c.position))]
        return sorted((ColumnReads(name=name, reads=counts[name]) for name in names), key=lambda c: -c.reads)

    def per_day(self, days: int, now: int) -> list[DayReads]:
        """Return the reads of each day, the oldest first."""
        counts = {day: count for day, count, _ in self._grouped(lambda reads: reads.day)}
        first = datetime.fromtimestamp(_midnight(now) / 1000, UTC) - timedelta(days=days - 1)
        every = [first + timedelta(days=n) for n in range(days)]
        return [DayReads(day=f"{at:%Y-%m-%d}", reads=counts.get(int(at.timestamp() * 1000), 0)) for at in every]

    def joined_with(self) -> list[JoinedTable]:
        """Return the tables that the same statements read."""
        other, mine = catalog_read.alias("other"), catalog_read.alias("mine")
        joined = mine.join(other, other.c.statement_id == mine.c.statement_id)
        joined = joined.join(catalog_statement, catalog_statement.c.id == mine.c.statement_id)
        joined = joined.join(catalog_securable, catalog_securable.c.id == other.c.table_id)
        reads = sa.func.count(sa.distinct(mine.c.statement_id)).label("reads")
        query = sa.select(catalog_securable.c.full_name, reads).select_from(joined)
        query = query.where(mine.c.table_id == self._table_id, other.c.table_id != self._table_id)
        query = query.where(catalog_statement.c.started_at >= self._since, catalog_statement.c.status == "FINISHED")
        query = query.group_by(catalog_securable.c.full_name).order_by(sa.desc("reads")).limit(_MOST)
        return [JoinedTable(name=row.full_name, reads=row.reads) for row in self._connection.execute(query)]

    def queries(self) -> list[FrequentQuery]:
        """Return the statements that read it most often; reads through Python are not among them."""
        found = [
            item for item in self._grouped(lambda reads: (reads.sql, reads.actor, reads.kind)) if item[0][2] != "READ"
        ]
        return [
            FrequentQuery(sql=sql[:_TEXT], principal=actor, reads=count, last=last)
            for (sql, actor, _), count, last in found[:_MOST]
        ]


def _place(context: Mapping[str, Any]) -> tuple[str, str, str | None, str | None]:
    """Return kind, name, cell and address of where a statement ran."""
    cell = context.get("cell_id")
    for kind, name, page in (("job", "job_run_id", "job-run"), ("run", "run_id", "run")):
        if context.get(name):
            return kind, context[name], cell, f"mlnb:{page}/{context[name]}"
    if context.get("notebook"):
        return "notebook", context["notebook"], cell, None
    return "query", context.get("source") or "query", None, None
