"""The journal: an append-only, hash-chained record of every change.

It is the audit log, the activity feed and what makes panels refresh. An event is appended in the transaction that changes the state,
and its hash covers the stored text, so that any later edit of a byte shows in :meth:`Journal.verify`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pydantic import Field

from .caller import current_caller
from .clock import now_ms
from .metastore import Metastore, metadata
from .records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Index("journal_subject", "subject", "id"),
)

#: The newest id and hash. Locking this row serialises appends on PostgreSQL, and a journal cut off at its end no longer fits it.
journal_head = sa.Table(
    "journal_head",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)


class Event(Record):
    """One entry of the journal.

    Attributes
    ----------
    id
        Position, from 1 without gaps; follows the order of commits.
    time
        Milliseconds UTC.
    action
        ``noun.verb`` in the past tense, ``table.created``.
    subject
        ``kind:full_name[/part]``, ``model_version:main.ml.churn/7``.
    """

    id: int
    time: int
    actor: str
    action: str
    subject: str
    payload: dict[str, Any] = Field(default_factory=dict)
    hash: str = ""


class VerifyReport(Record):
    """Result of checking the chain: ``ok``, how many events were read and the first that does not fit."""

    ok: bool
    events: int
    head: str = ""
    broken_id: int | None = None
    reason: str | None = None


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, NaN refused."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def event_digest(row: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an event's canonical JSON; the payload enters as the text that is stored."""
    names = ("id", "time", "actor", "action", "subject", "payload")
    return hashlib.sha256(canonical_json({name: row[name] for name in names}).encode()).hexdigest()


def chain_hash(previous_hash: str, digest: str) -> str:
    """Return ``sha256(previous_hash || digest)``, both as hexadecimal text."""
    return hashlib.sha256((previous_hash + digest).encode()).hexdigest()


#: Refuses events, and with them what they tell of.
_guard: Callable[[str, str], None] | None = None


def guard(check: Callable[[str, str], None] | None) -> None:
    """Let ``check(action, subject)`` raise before events of this process are written: for one that may change little."""
    global _guard
    _guard = check


class Journal:
    """Appends to and reads the journal (``ws.journal``)."""

    def __init__(self, metastore: Metastore) -> None:
        self._metastore = metastore

    def append(
        self,
        action: str,
        subject: str,
        payload: Mapping[str, Any] | None = None,
        *,
        actor: str | None = None,
        time: int | None = None,
    ) -> Event:
        """Append an event to the open write transaction (or one of its own).

        Parameters
        ----------
        action, subject
            See :class:`Event`.
        payload
            JSON-serialisable facts; never secrets.
        actor
            Who did it; the current caller by default.
        time
            Milliseconds UTC; now by default.
        """
        if _guard is not None:
            _guard(action, subject)
        with self._metastore.begin() as connection:
            head = connection.execute(sa.select(journal_head).with_for_update()).one()
            row: dict[str, Any] = {
                "id": head.id + 1,
                "time": now_ms() if time is None else time,
                "actor": actor or current_caller().principal,
                "action": action,
                "subject": subject,
                "payload": canonical_json(dict(payload or {})),
            }
            row["previous_hash"] = head.hash
            row["hash"] = chain_hash(head.hash, event_digest(row))
            connection.execute(journal.insert().values(row))
            connection.execute(journal_head.update().values(id=row["id"], hash=row["hash"]))
        return _event(row)

    def tail(
        self,
        limit: int = 20,
        *,
        after: int | None = None,
        subjects: Sequence[str] | None = None,
        actions: Sequence[str] | None = None,
    ) -> list[Event]:
        """Return events, oldest first: the newest ``limit``, or the first ``limit`` after the id ``after``.

        Parameters
        ----------
        subjects
            Keep events about these; one ending in ``*`` is a prefix.
        actions
            Keep these actions; one ending in ``*`` is a prefix.
        """
        query = sa.select(journal)
        if subjects is not None:
            query = query.where(_matches(journal.c.subject, subjects))
        if actions is not None:
            query = query.where(_matches(journal.c.action, actions))
        if after is None:
            query = query.order_by(journal.c.id.desc()).limit(limit)
        else:
            query = query.where(journal.c.id > after).order_by(journal.c.id).limit(limit)
        with self._metastore.connect() as connection:
            events = [_event(dict(row._mapping)) for row in connection.execute(query)]
        return events[::-1] if after is None else events

    def last_id(self) -> int:
        """Return the id of the newest event, 0 when there is none."""
        with self._metastore.connect() as connection:
            return int(connection.execute(sa.select(journal_head.c.id)).scalar() or 0)

    def verify(self) -> VerifyReport:
        """Recompute the whole chain and name the first event that does not fit."""
        previous, count = "", 0
        with self._metastore.connect() as connection:
            for row in _stream(connection):
                count += 1
                reason = _fault(row, count, previous)
                if reason:
                    return VerifyReport(ok=False, events=count, broken_id=row["id"], reason=reason)
                previous = row["hash"]
            head = connection.execute(sa.select(journal_head)).one()
        if (head.id, head.hash) != (count, previous):
            return VerifyReport(
                ok=False,
                events=count,
                broken_id=count + 1,
                reason=f"events after {count} are missing: the head says {head.id}",
            )
        return VerifyReport(ok=True, events=count, head=previous)


def _stream(connection: sa.Connection) -> Iterator[Mapping[str, Any]]:
    result = connection.execution_options(yield_per=1000).execute(sa.select(journal).order_by(journal.c.id))
    for row in result:
        yield dict(row._mapping)


def _fault(row: Mapping[str, Any], position: int, previous: str) -> str | None:
    if row["id"] != position:
        return f"event {position} is missing"
    if row["previous_hash"] != previous:
        return "its link to the event before it was changed"
    if row["hash"] != chain_hash(previous, event_digest(row)):
        return "its text was changed after it was written"
    return None


def _matches(column: sa.Column[str], patterns: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.or_(
        *(column.startswith(item[:-1], autoescape=True) if item.endswith("*") else column == item for item in patterns),
        sa.false(),
    )


def _event(row: Mapping[str, Any]) -> Event:
    names = ("id", "time", "actor", "action", "subject", "hash")
    return Event(**{name: row[name] for name in names}, payload=json.loads(row["payload"]))
