"""Profiles in the background: each in a process of its own, which outlives the server and is begun anew when it dies.

A profile that is being made is a row. Whoever looks at one whose process is gone, or the supervisor, starts it again; after the second
time it has failed, with the last lines of its log as the reason.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import Caller, current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, MlnbError
from mlnb.core.files import last_lines
from mlnb.core.processes import ProcessIdentity, is_alive, spawn
from mlnb.core.supervisor import Reconciler

from ..records_stored import ProfileInfo
from ..tables import explore_profiles as rows

if TYPE_CHECKING:
    from .profiles import Stored

#: How often a profile is begun whose process dies, before it has failed.
ATTEMPTS = 2
#: How long a row may be without a process before it counts as forgotten, in milliseconds.
_GRACE_MS = 10_000
#: Lines of a log that say why a process died.
_TAIL = 8
_RUNNING = ("RUNNING", "STOPPING")
#: Between two looks for what was left behind, in milliseconds.
_SWEEP_MS = 3_600_000


def start_profile(explore: Stored, source: str, options: Mapping[str, Any]) -> ProfileInfo:
    """Begin a profile; see `Stored.start`. What cannot be done is refused at once."""
    from ..opening import checked_request

    given = dict(options)
    reuse = bool(given.pop("reuse", True))
    request, forbidden = explore._with_card(checked_request(**given))
    kind, name, version = _checked(explore, source, request.named())
    table = explore._named_table(source)
    if reuse:
        known = explore._known(table, request, forbidden)
        if known is not None:
            return explore.info(known.id)
    sha = explore._sha(table, request, forbidden)
    running = explore.store.same(name, version, sha, "RUNNING")
    if running is not None:
        return explore.info(running.id)
    body = {"source": _at(source, version), "options": request.model_dump(mode="json", exclude_defaults=True)}
    return _begin(
        explore,
        body,
        source_kind=kind,
        source_name=name,
        source_version=version,
        options_sha=sha,
        target=request.target,
        time_column=request.time_column,
    )


def start_comparison(explore: Stored, left: str, right: str | None, options: Mapping[str, Any]) -> ProfileInfo:
    """Begin a comparison; see `Stored.start_comparison`."""
    given = {key: value for key, value in options.items() if value is not None}
    if (right is None) == (given.get("split") is None):
        raise InvalidParameterError(
            "A comparison has two sides.", hint="Give another table, or the column that splits this one."
        )
    named = [name for key in ("target", "time_column", "group", "split") if (name := given.get(key))]
    kind, name, version = _checked(explore, left, named)
    sides = [[kind, name]]
    if right is not None:
        kind, other, second = _checked(explore, right, [])
        sides.append([kind, other])
        right = _at(right, second)
    body = {"source": _at(left, version), "right": right, "compare": given, "sides": sides}
    return _begin(
        explore,
        body,
        source_kind="comparison",
        source_name=name,
        source_version=version,
        options_sha=uuid.uuid4().hex,
        target=given.get("target"),
    )


def _checked(explore: Stored, source: str, columns: list[str]) -> tuple[str, str, int | None]:
    """Return kind, name and version of a source that the caller may read and that has these columns."""
    from mlnb.catalog.errors import TableNotFoundError
    from mlnb.catalog.volumes import resolve

    from ..naming import split_version
    from ..records import ColumnNotFoundError

    plain, version = split_version(source)
    if source.startswith("/Volumes/"):
        resolve(explore._catalog, source, "READ VOLUME")
        return "file", source, None
    try:
        table = explore._catalog.table(plain, version=version)
    except TableNotFoundError:
        if current_caller().source == "rest":
            raise
        return "file", source, None
    kind = "table" if table.info.view_definition is None else "view"
    explore._catalog.require("SELECT", kind, table.full_name)
    names = list(table.schema.names)
    for column in columns:
        if column not in names:
            raise ColumnNotFoundError.for_name(column, names)
    return kind, table.full_name, table.version if kind == "table" else None


def _at(source: str, version: int | None) -> str:
    """Return a source at the version that was seen when it was asked for."""
    from ..naming import split_version

    return source if version is None else f"{split_version(source)[0]}@v{version}"


def _begin(explore: Stored, body: Mapping[str, Any], **values: Any) -> ProfileInfo:
    caller = current_caller()
    stored = {
        "source": caller.source,
        "groups": list(caller.groups),
        "notebook": caller.notebook,
        "cell_id": caller.cell_id,
        "run_id": caller.run_id,
        "job_run_id": caller.job_run_id,
    }
    profile_id = uuid.uuid4().hex
    explore.store.begin(profile_id, values, {**body, "caller": stored})
    explore._ground.progress.put(f"profile:{profile_id}", "running", 0, 0, "starting")
    return explore.store.info([_spawn(explore, profile_id, 1, None)])[0]


def caller_of(row: sa.Row[Any]) -> Caller:
    """Return who asked for a profile, so that its process has their rights and no more."""
    stored = dict(row.request["caller"])
    return Caller(principal=row.actor, **{**stored, "groups": tuple(stored["groups"])})


# -- seeing to it that somebody works ------------------------------------------------------------------------------------


def tend(explore: Stored, row: sa.Row[Any]) -> sa.Row[Any]:
    """Return a row, after seeing to it that somebody works on a profile that is being made."""
    if row.state not in _RUNNING or _worked_on(row):
        return row
    attempt = int((row.process or {}).get("attempt", 0)) + 1
    if row.state == "STOPPING":
        return end(explore, row.id, "STOPPED", "It was stopped before the first page.", expecting=row.process)
    # A look at held-out rows is counted when it begins: beginning anew would be another one.
    held_out = (row.request.get("options") or {}).get("include_holdout") is not None
    if attempt > ATTEMPTS or held_out:
        message = f"The process that looks at the data died{'' if held_out else f' {ATTEMPTS} times'}."
        error = {
            "error_code": "PROFILE_FAILED",
            "message": message,
            "hint": "There may be too little memory: choose columns, or profile a sample without the scan.",
            "details": {"log": _tail(explore, row.id)},
        }
        return end(explore, row.id, "FAILED", message, error=error, expecting=row.process)
    return _spawn(explore, row.id, attempt, row.process)


def tend_all(explore: Stored) -> None:
    """See to every profile that is being made."""
    for row in explore.store.rows(rows.c.state.in_(_RUNNING)):
        tend(explore, row)


def stop(explore: Stored, row: sa.Row[Any]) -> ProfileInfo:
    """Ask a profile to end."""
    with explore._ground.metastore.begin() as connection:
        asked = rows.update().where(rows.c.id == row.id, rows.c.state == "RUNNING").values(state="STOPPING")
        connection.execute(asked)
    return explore.info(row.id)


def end(
    explore: Stored,
    profile_id: str,
    state: str,
    message: str,
    *,
    error: Mapping[str, Any] | None = None,
    expecting: Any = ...,
) -> sa.Row[Any]:
    """Store that a profile ended without one; with ``expecting`` only if nobody else took it over meanwhile."""
    with explore._ground.metastore.begin() as connection:
        row = connection.execute(sa.select(rows).where(rows.c.id == profile_id).with_for_update()).one()
        if row.state not in _RUNNING or (expecting is not ... and row.process != expecting):
            return row
        found = dict(error) if error is not None else {"error_code": "CANCELLED", "message": message}
        connection.execute(rows.update().where(rows.c.id == profile_id).values(state=state, error=found))
    explore._ground.progress.put(f"profile:{profile_id}", state.lower(), 0, 0, message)
    return explore.store.row(profile_id)


def said(error: BaseException) -> dict[str, Any]:
    """Return an error as screens show it."""
    if isinstance(error, MlnbError):
        found = {"error_code": error.code, "message": error.message, "hint": error.hint, "details": error.details}
        return {name: value for name, value in found.items() if value}
    return {
        "error_code": "INTERNAL_ERROR",
        "message": f"{type(error).__name__}: {error}",
        "hint": "The log in the profile's folder says more.",
    }


def _spawn(explore: Stored, profile_id: str, attempt: int, expecting: Any) -> sa.Row[Any]:
    """Start the process of a profile, unless somebody else did."""
    ground = explore._ground
    with ground.metastore.begin() as connection:
        row = connection.execute(sa.select(rows).where(rows.c.id == profile_id).with_for_update()).one()
        if row.process != expecting or row.state not in _RUNNING:
            return row
        process = spawn(
            [*ground.command, "--profile", profile_id],
            log_path=explore.store.folder(profile_id) / "worker.log",
            cwd=ground.root,
        )
        values = {"process": asdict(process) | {"attempt": attempt}}
        connection.execute(rows.update().where(rows.c.id == profile_id).values(values))
        return connection.execute(sa.select(rows).where(rows.c.id == profile_id)).one()


def _worked_on(row: sa.Row[Any]) -> bool:
    if row.process is None:
        return bool(now_ms() - row.created_at < _GRACE_MS)
    identity = {name: value for name, value in row.process.items() if name != "attempt"}
    return is_alive(ProcessIdentity(**identity))


def _tail(explore: Stored, profile_id: str) -> str:
    return "\n".join(last_lines(explore.store.folder(profile_id) / "worker.log", _TAIL))


class Care(Reconciler):
    """Begins profiles anew whose process died, and sweeps up what was left behind."""

    name = "profiles"
    period_ms = 3000

    def __init__(self, explore: Stored) -> None:
        self._explore = explore
        self._swept = 0

    def tick(self, now_ms: int) -> None:
        """Look after every profile that is being made; once an hour look for folders that nobody knows."""
        tend_all(self._explore)
        if now_ms - self._swept >= _SWEEP_MS:
            self._swept = now_ms
            self._explore.store.sweep()
