"""Loads in the background: each in a process of its own, which outlives the server and is begun anew when it dies.

A load is a row. Whoever looks at one whose process is gone, or the supervisor, starts it again; what it had committed is found by the
transaction its commit carries, so a repetition adds nothing.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidStateError, NotFoundError
from mlnb.core.processes import ProcessIdentity, is_alive, spawn

from ..records import IngestReport
from . import state as rows
from .load import checked, places_of
from .outcome import committed, recorded
from .preview import options_of
from .records import IngestProgress, IngestRun
from .sources import find

if TYPE_CHECKING:
    from ..service import Catalog

#: How often a load is begun whose process dies, before it has failed.
ATTEMPTS = 3
#: How long a row may be without a process before it counts as forgotten, in milliseconds.
_GRACE_MS = 10_000

_ABOUT = ("primary_key", "timeseries", "comment", "properties", "partition_by")


class IngestNotFoundError(NotFoundError):
    """No load of that id."""

    code = "INGEST_NOT_FOUND"


class IngestCanceledError(InvalidStateError):
    """Somebody canceled the load; nothing was written."""

    code = "INGEST_CANCELED"


def start(
    catalog: Catalog, source: Any, name: str, *, mode: str = "append", force: bool = False, **options: Any
) -> IngestRun:
    """Start a load in the background; see :meth:`mlnb.catalog.loading.Loading.start_ingest`."""
    about = {key: options.pop(key) for key in _ABOUT if options.get(key) is not None}
    given = {key: value for key, value in options.items() if value is not None and key not in _ABOUT}
    chosen = options_of(given)
    target, _ = checked(catalog, name, mode, chosen)
    items = [os.fspath(item) for item in (source if isinstance(source, (list, tuple)) else [source])]
    places = places_of(catalog)
    found = find(items, places, format=chosen.format, files=chosen.files, pattern=chosen.pattern)
    caller = current_caller()
    # The process has another current folder: it gets each path as it was understood here.
    sources = [text if text.startswith("/Volumes/") else str(path) for path, text in found]
    ingest_id = str(uuid.uuid4())
    request = {
        "source": sources,
        "given": items,
        "mode": mode,
        "options": {**{key: value for key, value in given.items() if key not in ("files", "pattern")}, "force": force},
        "about": about,
        "caller": {
            "source": caller.source,
            "groups": list(caller.groups),
            "notebook": caller.notebook,
            "cell_id": caller.cell_id,
            "run_id": caller.run_id,
            "job_run_id": caller.job_run_id,
        },
    }
    with catalog.ground.metastore.begin() as connection:
        values = {
            "id": ingest_id,
            "table_name": target.full_name,
            "state": "RUNNING",
            "request": request,
            "actor": caller.principal,
            "process": None,
            "started_at": now_ms(),
        }
        rows.insert_run(connection, values)
        payload = {"table": target.full_name, "source": items[:20], "mode": mode}
        catalog.ground.journal.append("ingest.started", f"ingest:{ingest_id}", payload)
    _spawn(catalog, ingest_id, 1)
    return get(catalog, ingest_id)


def get(catalog: Catalog, ingest_id: str) -> IngestRun:
    """Return a load as it is now, beginning it anew when its process is gone."""
    return _run(catalog, tend(catalog, ingest_id))


def recent(catalog: Catalog, limit: int) -> list[IngestRun]:
    """Return the loads that were started last, newest first."""
    with catalog.ground.metastore.connect() as connection:
        found = rows.runs(connection, limit=limit)
    return [_run(catalog, row) for row in found]


def cancel(catalog: Catalog, ingest_id: str) -> IngestRun:
    """Ask a load to end; one that has ended stays as it is."""
    with catalog.ground.metastore.begin() as connection:
        row = _found(connection, ingest_id, lock=True)
        if row.state == "RUNNING":
            rows.update_run(connection, ingest_id, {"state": "CANCELING"})
    return get(catalog, ingest_id)


def tend(catalog: Catalog, ingest_id: str) -> sa.Row[Any]:
    """Return a load's row, after seeing to it that somebody works on it."""
    with catalog.ground.metastore.connect() as connection:
        row = _found(connection, ingest_id)
    if row.state not in ("RUNNING", "CANCELING") or _worked_on(row):
        return row
    process = row.process or {}
    attempt = int(process.get("attempt", 0)) + 1
    outcome = recorded(catalog, ingest_id)
    if row.state == "CANCELING" and (outcome is None or committed(catalog, outcome) is None):
        return end(catalog, ingest_id, "CANCELED", expecting=row.process)
    if attempt > ATTEMPTS:
        error = {
            "error_code": "INGEST_FAILED",
            "message": f"The process that loads the files died {ATTEMPTS} times.",
            "hint": "There may be too little memory; see logs/ingest.log in the workspace folder.",
        }
        return end(catalog, ingest_id, "FAILED", error=error, expecting=row.process)
    return _spawn(catalog, ingest_id, attempt, expecting=row.process)


def end(
    catalog: Catalog,
    ingest_id: str,
    state: str,
    *,
    report: IngestReport | None = None,
    error: Mapping[str, Any] | None = None,
    expecting: Any = ...,
) -> sa.Row[Any]:
    """Store how a load ended; with ``expecting`` only if nobody else took it over meanwhile."""
    verb = {"SUCCEEDED": "finished", "FAILED": "failed", "CANCELED": "canceled"}[state]
    with catalog.ground.metastore.begin() as connection:
        row = _found(connection, ingest_id, lock=True)
        if row.state not in ("RUNNING", "CANCELING") or (expecting is not ... and row.process != expecting):
            return row
        values = {
            "state": state,
            "report": report.model_dump(mode="json") if report is not None else None,
            "error": dict(error) if error is not None else None,
            "ended_at": now_ms(),
        }
        rows.update_run(connection, ingest_id, values)
        payload: dict[str, Any] = {"table": row.table_name}
        if report is not None:
            payload |= {"rows": report.rows, "rejected": report.rejected, "version": report.version}
        if error is not None:
            payload["error_code"] = error["error_code"]
        catalog.ground.journal.append(f"ingest.{verb}", f"ingest:{ingest_id}", payload, actor=row.actor)
        return _found(connection, ingest_id)


def _spawn(catalog: Catalog, ingest_id: str, attempt: int, *, expecting: Any = None) -> sa.Row[Any]:
    """Start the process of a load, unless somebody else did."""
    ground = catalog.ground
    with ground.metastore.begin() as connection:
        row = _found(connection, ingest_id, lock=True)
        if row.process != expecting:
            return row
        process = spawn(
            [sys.executable, "-m", "mlnb.catalog.ingest.worker", str(ground.path), ingest_id],
            log_path=ground.path / "logs" / "ingest.log",
            cwd=ground.root,
        )
        rows.update_run(connection, ingest_id, {"process": asdict(process) | {"attempt": attempt}})
        return _found(connection, ingest_id)


def _worked_on(row: sa.Row[Any]) -> bool:
    if row.process is None:
        return bool(now_ms() - row.started_at < _GRACE_MS)
    identity = {name: value for name, value in row.process.items() if name != "attempt"}
    return is_alive(ProcessIdentity(**identity))


def _found(connection: sa.Connection, ingest_id: str, *, lock: bool = False) -> sa.Row[Any]:
    row = rows.get_run(connection, ingest_id, lock=lock)
    if row is None:
        raise IngestNotFoundError(f"There is no load {ingest_id!r}.", hint="ws.catalog.ingest_runs() lists them.")
    return row


def subject(ingest_id: str) -> str:
    """Return what a load's progress is stored under."""
    return f"ingest:{ingest_id}"


def _run(catalog: Catalog, row: sa.Row[Any]) -> IngestRun:
    progress = catalog.ground.progress.get(subject(row.id))
    request = cast("dict[str, Any]", row.request)
    return IngestRun(
        id=row.id,
        state="RUNNING" if row.state == "CANCELING" else row.state,
        table=row.table_name,
        source=request["given"],
        mode=request["mode"],
        actor=row.actor,
        started_at=row.started_at,
        ended_at=row.ended_at,
        progress=IngestProgress(done=progress.done, total=progress.total, message=progress.message)
        if progress is not None
        else IngestProgress(message="Starting"),
        report=IngestReport(**row.report) if row.report is not None else None,
        error=row.error,
    )
