"""The index of a search: one document for each object, kept up to date from the journal.

On SQLite a trigram index (FTS5) finds any three letters in a row; elsewhere the documents themselves are read. Both are derived from the
metastore: they are made when somebody searches for the first time, and made anew when they are lost or of an older shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.journal import journal

from ..names import key
from ..tables import catalog_column, catalog_read, catalog_securable, catalog_statement, catalog_tag

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

CERTIFICATION = "system.certification_status"

#: Raised when documents look different: older ones are then made anew.
_SHAPE = 2

#: Objects indexed in one go, and events after which everything is indexed anew.
_BATCH, _MANY_EVENTS = 400, 5_000

#: Milliseconds after which the numbers of reads are counted again, and the window they are counted in.
_COUNTED_MS, _WINDOW_MS = 10 * 60_000, 30 * 86_400_000

# Not in the common metadata: what is derived is no part of the schema that migrations keep.
_own = sa.MetaData()
document = sa.Table(
    "catalog_search_document",
    _own,
    sa.Column("n", sa.Integer, primary_key=True),
    sa.Column("entity_id", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("full_name", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("certification", sa.Text, nullable=False),
    sa.Column("reads", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("columns", sa.Text, nullable=False),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
)
_state = sa.Table(
    "catalog_search_state",
    _own,
    sa.Column("shape", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.BigInteger, nullable=False),
    sa.Column("counted_at", sa.BigInteger, nullable=False),
)
#: Texts that are searched, the most telling first.
TEXTS = ("name", "columns", "tags", "comment")

_FTS = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS catalog_search USING fts5("
    "name, columns, tags, comment, content='catalog_search_document', content_rowid='n', tokenize='trigram')"
)

_alive = catalog_securable.c.deleted_at.is_(None)


class Index:
    """The documents of one workspace.

    Parameters
    ----------
    ground
        Metastore and journal.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._sqlite = ground.metastore.dialect == "sqlite"
        self._made = False

    def refresh(self) -> None:
        """Bring the documents up to the journal's end."""
        last = self._ground.journal.last_id()
        state = self._stored()
        now = now_ms()
        if state is not None and state.event_id == last and now - state.counted_at < _COUNTED_MS:
            return
        with self._ground.metastore.begin() as connection:
            if state is None or last < state.event_id or last - state.event_id > _MANY_EVENTS:
                self._rebuild(connection)
            else:
                self._update(connection, state.event_id)
            counted = state.counted_at if state is not None and now - state.counted_at < _COUNTED_MS else 0
            if not counted:
                self._count_reads(connection, now)
            values = {"shape": _SHAPE, "event_id": last, "counted_at": counted or now}
            connection.execute(_state.delete())
            connection.execute(_state.insert().values(values))

    def _stored(self) -> sa.Row[Any] | None:
        """Return how far the documents are; None when they have to be made."""
        with self._ground.metastore.connect() as connection:
            if not self._made and not sa.inspect(connection).has_table(_state.name):
                return None
            self._made = True
            return connection.execute(sa.select(_state).where(_state.c.shape == _SHAPE)).first()

    # -- making -----------------------------------------------------------------------------------------------------------

    def _rebuild(self, connection: sa.Connection) -> None:
        for table in ("catalog_search", document.name, _state.name):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
        _own.create_all(connection)
        if self._sqlite:
            connection.exec_driver_sql(_FTS)
        ids = [row.id for row in connection.execute(sa.select(catalog_securable.c.id).where(_alive))]
        for some in _batches(ids):
            rows = list(_documents(connection, some))
            if rows:
                connection.execute(document.insert(), rows)
        if self._sqlite:
            connection.exec_driver_sql("INSERT INTO catalog_search(catalog_search) VALUES ('rebuild')")
        self._made = True

    def _update(self, connection: sa.Connection, after: int) -> None:
        changed = self._changed(connection, after)
        for some in _batches(changed):
            gone = sa.select(document).where(document.c.entity_id.in_(some))
            before = {row.entity_id: row for row in connection.execute(gone)}
            if self._sqlite and before:
                self._unindex(connection, before.values())
            connection.execute(document.delete().where(document.c.entity_id.in_(some)))
            rows = [
                {**row, "reads": before[row["entity_id"]].reads if row["entity_id"] in before else 0}
                for row in _documents(connection, some)
            ]
            if rows:
                connection.execute(document.insert(), rows)
            if self._sqlite and rows:
                connection.exec_driver_sql(
                    "INSERT INTO catalog_search(rowid, name, columns, tags, comment) SELECT n, name, columns, tags, comment "
                    f"FROM {document.name} WHERE entity_id IN ({', '.join('?' * len(some))})",
                    tuple(some),
                )

    def _unindex(self, connection: sa.Connection, rows: Iterable[sa.Row[Any]]) -> None:
        connection.exec_driver_sql(
            "INSERT INTO catalog_search(catalog_search, rowid, name, columns, tags, comment) VALUES ('delete', ?, ?, ?, ?, ?)",
            [(row.n, row.name, row.columns, row.tags, row.comment) for row in rows],
        )

    def _changed(self, connection: sa.Connection, after: int) -> list[str]:
        """Return the ids of what changed since an event."""
        query = sa.select(journal.c.action, journal.c.subject).where(journal.c.id > after)
        names: set[str] = set()
        moved = False
        for row in connection.execute(query.distinct()):
            kind, _, name = row.subject.partition(":")
            if kind in ("catalog", "schema", "table", "view", "volume", "function", "external"):
                names.add(name.split("/")[0] if kind != "external" else name)
                moved |= kind in ("catalog", "schema") and row.action.endswith(("renamed", "dropped"))
        ids: list[str] = []
        found: set[str] = set()
        for some in _batches(sorted(names)):
            known = sa.select(catalog_securable.c.id, catalog_securable.c.full_name)
            for one in connection.execute(known.where(catalog_securable.c.full_name.in_(some))):
                ids.append(one.id)
                found.add(one.full_name)
        if moved or names - found:  # what lies below has other names too; what is gone for good is found by its absence
            ids += self._moved(connection)
        return list(dict.fromkeys(ids))

    def _moved(self, connection: sa.Connection) -> Iterator[str]:
        """Yield what is in the catalog and not in the index, what is no more, and what has another name."""
        joined = catalog_securable.outerjoin(document, document.c.entity_id == catalog_securable.c.id)
        other = sa.or_(document.c.n.is_(None), document.c.full_name != catalog_securable.c.full_name)
        yield from connection.execute(
            sa.select(catalog_securable.c.id).select_from(joined).where(_alive, other)
        ).scalars()
        joined = document.outerjoin(catalog_securable, sa.and_(document.c.entity_id == catalog_securable.c.id, _alive))
        gone = sa.select(document.c.entity_id).select_from(joined).where(catalog_securable.c.id.is_(None))
        yield from connection.execute(gone).scalars()

    def _count_reads(self, connection: sa.Connection, now: int) -> None:
        joined = catalog_read.join(catalog_statement, catalog_statement.c.id == catalog_read.c.statement_id)
        query = sa.select(catalog_read.c.table_id, sa.func.count().label("reads")).select_from(joined)
        query = query.where(catalog_statement.c.started_at > now - _WINDOW_MS).group_by(catalog_read.c.table_id)
        counts = [{"b_id": row.table_id, "b_reads": row.reads} for row in connection.execute(query)]
        connection.execute(document.update().where(document.c.reads > 0).values(reads=0))
        if counts:
            update = document.update().where(document.c.entity_id == sa.bindparam("b_id"))
            connection.execute(update.values(reads=sa.bindparam("b_reads")), counts)

    # -- asking -----------------------------------------------------------------------------------------------------------

    def matches(self, words: Sequence[str], texts: Sequence[str]) -> sa.ColumnElement[bool]:
        """Return the condition that each word is in one of these texts of a document."""
        long = [word for word in words if len(word) >= 3]
        conditions: list[sa.ColumnElement[bool]] = []
        if self._sqlite and long:
            quoted = ['"' + word.replace('"', '""') + '"' for word in long]
            match = f"{{{' '.join(texts)}}} : ({' AND '.join(quoted)})"
            found = sa.text("SELECT rowid FROM catalog_search WHERE catalog_search MATCH :match").bindparams(
                sa.bindparam("match", match, unique=True)
            )
            conditions.append(document.c.n.in_(found.columns(sa.column("rowid", sa.Integer))))
        else:
            conditions += [sa.or_(*(_inside(document.c[text], word) for text in texts)) for word in long]
        for word in words:
            if len(word) < 3:  # below three letters only the beginnings of words count
                conditions.append(sa.or_(*(_begins(document.c[text], word) for text in texts)))
        return sa.and_(*conditions)


def _inside(column: sa.ColumnElement[str], word: str) -> sa.ColumnElement[bool]:
    return column.contains(word, autoescape=True)


def _begins(column: sa.ColumnElement[str], word: str) -> sa.ColumnElement[bool]:
    marks = [column.contains(mark + word, autoescape=True) for mark in (" ", "_", ".")]
    return sa.or_(column.startswith(word, autoescape=True), *marks)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


def _documents(connection: sa.Connection, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the documents of objects that exist, in the form in which names are compared."""
    columns: dict[str, list[str]] = {}
    comments: dict[str, list[str]] = {}
    wanted = sa.select(catalog_column.c.table_id, catalog_column.c.name, catalog_column.c.comment)
    wanted = wanted.where(catalog_column.c.table_id.in_(ids)).order_by(
        catalog_column.c.table_id, catalog_column.c.position
    )
    for row in connection.execute(wanted):
        columns.setdefault(row.table_id, []).append(row.name)
        if row.comment:
            comments.setdefault(row.table_id, []).append(row.comment)
    tags: dict[str, list[str]] = {}
    certification: dict[str, str] = {}
    for row in connection.execute(sa.select(catalog_tag).where(catalog_tag.c.entity_id.in_(ids))):
        if row.key == CERTIFICATION and not row.column_name:
            certification[row.entity_id] = row.value
        else:
            tags.setdefault(row.entity_id, []).append(f"{row.key}={row.value}" if row.value else row.key)
    for row in connection.execute(sa.select(catalog_securable).where(_alive, catalog_securable.c.id.in_(ids))):
        yield {
            "entity_id": row.id,
            "kind": row.kind,
            "full_name": row.full_name,
            "owner": row.owner,
            "certification": certification.get(row.id, ""),
            "reads": 0,
            "name": key(row.full_name if row.kind == "external" else row.name),
            "columns": key(" ".join(columns.get(row.id, ()))),
            "tags": key(" ".join(tags.get(row.id, ()))),
            "comment": key(" ".join([row.comment or "", *comments.get(row.id, ())])).strip(),
        }
