"""Progress of long work: one row per subject that the worker overwrites, not a journal event."""

from __future__ import annotations

import sqlalchemy as sa

from .clock import now_ms
from .metastore import Metastore, metadata
from .records import Record

progress = sa.Table(
    "progress",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("done", sa.Float, nullable=False),
    sa.Column("total", sa.Float, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
)


class ProgressRow(Record):
    """How far a piece of work is: ``done`` of ``total`` (0 = unknown) in whatever unit the message names."""

    subject: str
    state: str
    done: float
    total: float
    message: str
    updated_at: int


class Progress:
    """Reads and writes progress rows (``ground.progress``)."""

    def __init__(self, metastore: Metastore) -> None:
        self._metastore = metastore

    def put(self, subject: str, state: str, done: float = 0, total: float = 0, message: str = "") -> None:
        """Overwrite the progress of ``subject``."""
        values = {
            "subject": subject,
            "state": state,
            "done": done,
            "total": total,
            "message": message,
            "updated_at": now_ms(),
        }
        with self._metastore.begin() as connection:
            self._metastore.upsert(connection, progress, values, ["subject"])

    def get(self, subject: str) -> ProgressRow | None:
        """Return the progress of ``subject``, None when it never reported any."""
        with self._metastore.connect() as connection:
            row = connection.execute(sa.select(progress).where(progress.c.subject == subject)).first()
        return ProgressRow(**row._mapping) if row else None

    def since(self, updated_after: int) -> list[ProgressRow]:
        """Return the rows overwritten after a time in milliseconds, oldest first."""
        query = sa.select(progress).where(progress.c.updated_at > updated_after).order_by(progress.c.updated_at)
        with self._metastore.connect() as connection:
            return [ProgressRow(**row._mapping) for row in connection.execute(query)]
