"""Statements that write are noted before they begin, so that a process killed behind the commit takes no lineage with it.

The note is the statement's row of the history with the status RUNNING and the process that runs it; when the statement ends, the recorder
puts the whole row in its place. A note whose process is gone is completed by the supervisor: a commit carries the id of its statement, and
once the log was read its event does too, which says whether the statement is to be told as finished or as failed.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlglot import exp

from mlnb.core.caller import Caller
from mlnb.core.errors import MlnbError
from mlnb.core.journal import journal
from mlnb.core.processes import ProcessIdentity, identify, is_alive

from ..hooks import Finished
from ..records import TableVersion
from ..tables import catalog_statement

if TYPE_CHECKING:
    from ..service import Catalog
    from .parse import Statement

_LOG = logging.getLogger("mlnb.sql")

#: Statements whose tree says where the rows of a table come from.
NOTED = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "CREATE_TABLE_AS_SELECT", "CREATE_TABLE_CLONE"})

#: Events that say which commit a statement made.
_EVENTS = ("table.committed", "table.created", "table.restored")

#: Clocks of two computers may differ by this much.
_SLACK_MS = 3_600_000


def frames_in(statement: Statement, frames: Mapping[str, Any]) -> list[str]:
    """Return the data frames that a statement may read."""
    tree = statement.tree if statement.tree is not None else statement.query
    if tree is None or not frames:
        return []
    return [name for name in {t.name for t in tree.find_all(exp.Table) if not t.db} if name in frames]


def note(catalog: Catalog, started: Finished) -> bool:
    """Write down that a statement begins; return whether it was. What cannot be noted is run all the same."""
    from .record import statement_row

    metastore = catalog.ground.metastore
    if started.kind not in NOTED or metastore.in_transaction:
        return False
    process = _identity(os.getpid())
    if process is None:
        return False
    row = statement_row(started)
    row |= {"status": "RUNNING", "duration_ms": None, "rows": None}
    row["context"]["process"] = asdict(process)
    try:
        with metastore.begin() as connection:
            connection.execute(catalog_statement.insert().values(row))
    except (sa.exc.SQLAlchemyError, MlnbError) as error:
        _LOG.warning("statement %s is not noted: %s", started.id, error)
        return False
    return True


@lru_cache(maxsize=1)
def _identity(pid: int) -> ProcessIdentity | None:
    return identify(pid)


def complete(catalog: Catalog) -> int:
    """Tell the end of statements whose process is gone; return how many there were.

    To be called when the events of all commits have been written.
    """
    with catalog.ground.metastore.connect() as connection:
        noted = list(connection.execute(sa.select(catalog_statement).where(catalog_statement.c.status == "RUNNING")))
        ended = [_ended(connection, row) for row in noted if not _runs(row)]
    for one in ended:
        catalog.recorder.add(one)
    if ended:
        catalog.recorder.flush()
    return len(ended)


def _runs(row: sa.Row[Any]) -> bool:
    try:
        return is_alive(ProcessIdentity(**row.context["process"]))
    except (KeyError, TypeError):
        return False


def _ended(connection: sa.Connection, row: sa.Row[Any]) -> Finished:
    """Return a statement as its commits tell it."""
    query = sa.select(journal.c.subject, journal.c.payload, journal.c.time).where(
        journal.c.time >= row.started_at - _SLACK_MS,
        journal.c.action.in_(_EVENTS),
        journal.c.payload.contains(f'"{row.id}"', autoescape=True),
    )
    writes, last, count = [], row.started_at, 0
    for event in connection.execute(query.order_by(journal.c.id)):
        payload = json.loads(event.payload)
        if payload.get("statement") == row.id:
            name = event.subject.partition(":")[2]
            writes.append(TableVersion(name=name, version=payload.get("version", 0), columns=[]))
            last, count = max(last, event.time), count + int(payload.get("rows") or 0)
    context = row.context
    known = {name: context.get(name) for name in ("notebook", "cell_id", "run_id", "job_run_id", "request_id")}
    return Finished(
        id=row.id,
        text=row.sql,
        kind=row.kind,
        tree=None,
        catalog=context.get("catalog", ""),
        schema=context.get("schema", ""),
        reads=[],
        writes=writes,
        frames=context.get("frames", []),
        caller=Caller(row.actor, source=context.get("source", "kernel"), **known),
        started_at=row.started_at,
        duration_ms=last - row.started_at,
        engine=row.engine,
        rows=count if writes else None,
        error_code=None if writes else "PROCESS_KILLED",
        noted=True,
    )
