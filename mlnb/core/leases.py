"""Leases: at most one holder of a name at a time, also when a holder dies without a word."""

from __future__ import annotations

import sqlalchemy as sa

from .clock import now_ms
from .metastore import Metastore, metadata
from .processes import ProcessIdentity, host_name, is_alive
from .records import Record

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("boot_id", sa.Text, nullable=False),
    sa.Column("pid", sa.BigInteger, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("acquired_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("stop_requested", sa.Boolean, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)


class Lease(Record):
    """Who holds a name, since when and until when (milliseconds)."""

    name: str
    holder: str
    host: str
    boot_id: str
    pid: int
    created: float
    acquired_at: int
    expires_at: int
    stop_requested: bool = False
    message: str = ""

    @property
    def process(self) -> ProcessIdentity:
        """The holder's process."""
        return ProcessIdentity(self.host, self.boot_id, self.pid, self.created)

    def is_held(self) -> bool:
        """Return whether the holder still counts.

        On this computer the process decides: one that is gone frees the lease at once, and a laptop waking up with an expired
        lease and a living holder does not get a second one. Elsewhere the expiry does.
        """
        return is_alive(self.process) if self.host == host_name() else self.expires_at > now_ms()


class Leases:
    """Takes, renews and frees leases."""

    def __init__(self, metastore: Metastore) -> None:
        self._metastore = metastore

    def get(self, name: str) -> Lease | None:
        """Return the lease row of ``name``, also one that no longer counts."""
        with self._metastore.connect() as connection:
            row = connection.execute(sa.select(leases).where(leases.c.name == name)).first()
        return Lease(**row._mapping) if row else None

    def acquire(self, name: str, holder: str, process: ProcessIdentity, *, seconds: float) -> Lease | None:
        """Take the lease for ``holder``; return it, or None while somebody else holds it."""
        now = now_ms()
        with self._metastore.begin() as connection:
            current = self.get(name)
            if current is not None and current.holder != holder and current.is_held():
                return None
            values = {
                "name": name,
                "holder": holder,
                "host": process.host,
                "boot_id": process.boot_id,
                "pid": process.pid,
                "created": process.created,
                "acquired_at": now,
                "expires_at": now + int(seconds * 1000),
                "stop_requested": False,
                "message": "",
            }
            self._metastore.upsert(connection, leases, values, ["name"])
        return Lease(**values)

    def renew(self, name: str, holder: str, *, seconds: float) -> Lease | None:
        """Extend the lease; None when ``holder`` no longer has it."""
        with self._metastore.begin() as connection:
            changed = connection.execute(
                leases.update()
                .where(leases.c.name == name, leases.c.holder == holder)
                .values(expires_at=now_ms() + int(seconds * 1000))
            )
            return self.get(name) if changed.rowcount else None

    def request_stop(self, name: str) -> None:
        """Ask the holder to stop."""
        with self._metastore.begin() as connection:
            connection.execute(leases.update().where(leases.c.name == name).values(stop_requested=True))

    def release(self, name: str, holder: str) -> None:
        """Give the lease back."""
        with self._metastore.begin() as connection:
            connection.execute(leases.delete().where(leases.c.name == name, leases.c.holder == holder))
