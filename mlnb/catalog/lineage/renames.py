"""Former names: what stages remember by name is found again after the object got another one."""

from __future__ import annotations

import json

import sqlalchemy as sa

from mlnb.core.journal import journal

_ACTIONS = ("table.renamed", "view.renamed", "schema.renamed", "catalog.renamed", "volume.renamed", "function.renamed")


class Renames:
    """Every new name that objects were given, oldest first.

    Parameters
    ----------
    connection
        Where the journal is read.
    """

    def __init__(self, connection: sa.Connection) -> None:
        query = sa.select(journal.c.payload).where(journal.c.action.in_(_ACTIONS)).order_by(journal.c.id)
        payloads = [json.loads(row.payload) for row in connection.execute(query)]
        self._moves = [(str(p["from"]), str(p["to"])) for p in payloads if p.get("from") and p.get("to")]

    def today(self, name: str) -> str:
        """Return the name that an object has today that once had this one."""
        for before, after in self._moves:
            name = _replaced(name, before, after) or name
        return name

    def former(self, name: str) -> list[str]:
        """Return the names an object had before, newest first."""
        found = []
        for before, after in reversed(self._moves):
            older = _replaced(name, after, before)
            if older is not None:
                found.append(older)
                name = older
        return found


def _replaced(name: str, before: str, after: str) -> str | None:
    if name == before:
        return after
    return after + name[len(before) :] if name.startswith(before + ".") else None
