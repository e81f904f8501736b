"""Who uses a table: from the statements that were written down, counted by the metastore."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
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


class _Asked:
    """The statements that read one table since a time."""

    def __init__(self, connection: sa.Connection, table_id: str, since: int) -> None:
        self._connection = connection
        self._table_id = table_id
        statement = catalog_statement.c
        self._since = since
        # A statement that reads two versions reads the table once.
        ids = sa.select(catalog_read.c.statement_id).where(catalog_read.c.table_id == table_id)
        self._mine = sa.and_(statement.id.in_(ids), statement.started_at >= since, statement.status == "FINISHED")

    def _counted(self, *keys: sa.ColumnElement[Any], limit: int | None = _MOST) -> Iterable[sa.Row[Any]]:
        reads, last = sa.func.count().label("reads"), sa.func.max(catalog_statement.c.started_at).label("last")
        query = sa.select(*keys, reads, last).where(self._mine).group_by(*keys)
        return self._connection.execute(query.order_by(sa.desc("reads"), sa.desc("last")).limit(limit))

    def total(self) -> tuple[int, int | None]:
        """Return the number of reads, and when the last was."""
        query = sa.select(sa.func.count(), sa.func.max(catalog_statement.c.started_at)).where(self._mine)
        row = self._connection.execute(query).one()
        return int(row[0]), row[1]

    def readers(self) -> list[Reader]:
        """Return who read it, the most diligent first."""
        return [
            Reader(principal=row.actor, reads=row.reads, last=row.last)
            for row in self._counted(catalog_statement.c.actor)
        ]

    def places(self) -> list[Place]:
        """Return from where it was read."""
        context = catalog_statement.c.context
        names = ("notebook", "cell_id", "job_run_id", "run_id", "source")
        keys = [context[name].as_string().label(name) for name in names]
        found: dict[tuple[str, ...], Place] = {}
        for row in self._counted(*keys, limit=500):
            place = _place(row)
            key = (place.kind, place.name, place.cell or "")
            before = found.setdefault(key, place)
            if before is not place:
                before.reads += place.reads
                before.last = max(before.last, place.last)
        return sorted(found.values(), key=lambda place: (-place.reads, -place.last))[:_MOST]

    def columns(self) -> list[ColumnReads]:
        """Return how often each column was read, zeros too."""
        joined = catalog_read.join(catalog_statement, catalog_statement.c.id == catalog_read.c.statement_id)
        text = sa.cast(catalog_read.c.columns, sa.Text).label("names")  # equal lists are counted by the metastore
        query = sa.select(text, sa.func.count().label("n")).select_from(joined)
        query = query.where(self._mine, catalog_read.c.table_id == self._table_id).group_by(text)
        counts: Counter[str] = Counter()
        for row in self._connection.execute(query):
            counts.update(dict.fromkeys(json.loads(row.names), row.n))
        known = sa.select(catalog_column.c.name).where(catalog_column.c.table_id == self._table_id)
        names = [row.name for row in self._connection.execute(known.order_by(catalog_column.c.position))]
        return sorted((ColumnReads(name=name, reads=counts[name]) for name in names), key=lambda c: -c.reads)

    def per_day(self, days: int, now: int) -> list[DayReads]:
        """Return the reads of each day, the oldest first."""
        started = catalog_statement.c.started_at
        day = (started - started % _DAY_MS).label("day")
        counts = {int(row.day): row.reads for row in self._counted(day, limit=None)}
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
        query = query.where(mine.c.table_id == self._table_id, other.c.table_id != self._table_id, self._mine)
        query = query.group_by(catalog_securable.c.full_name).order_by(sa.desc("reads")).limit(_MOST)
        return [JoinedTable(name=row.full_name, reads=row.reads) for row in self._connection.execute(query)]

    def queries(self) -> list[FrequentQuery]:
        """Return the statements that read it most often; reads through Python are not among them."""
        statement = catalog_statement.c
        found = []
        for row in self._counted(statement.sql, statement.actor, statement.kind, limit=_MOST * 2):
            if row.kind != "READ" and len(found) < _MOST:
                found.append(FrequentQuery(sql=row.sql[:_TEXT], principal=row.actor, reads=row.reads, last=row.last))
        return found


def _place(row: Any) -> Place:
    counted = {"reads": row.reads, "last": row.last}
    if row.job_run_id:
        return Place(
            kind="job", name=row.job_run_id, cell=row.cell_id, address=f"mlnb:job-run/{row.job_run_id}", **counted
        )
    if row.run_id:
        return Place(kind="run", name=row.run_id, cell=row.cell_id, address=f"mlnb:run/{row.run_id}", **counted)
    if row.notebook:
        return Place(kind="notebook", name=row.notebook, cell=row.cell_id, **counted)
    return Place(kind="query", name=row.source or "query", **counted)
