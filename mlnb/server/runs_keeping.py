"""Routes of what is done to runs that are there, of their files, and the platform's ways of emptying an experiment."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from email.utils import formatdate
from typing import IO, TYPE_CHECKING, Any

from pydantic import Field, RootModel

from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, PlatformModel, RawRequest, RawResponse, Route, routes_under
from mlnb.server.sending import header_name, send_file
from mlnb.training.records_keeping import Action, ActionReport, PurgePlan, Usage

if TYPE_CHECKING:
    from mlnb.door import Workspace

#: Bytes of a file that is shown rather than kept.
_INLINE = 5_000_000
#: Seconds for which a purge is waited for; a longer one goes on by itself.
_PURGE_WAIT_S = 2.0

# -- actions -------------------------------------------------------------------------------------------------------------


class RunActions(Record):
    """What to do to which runs: ids, names, ``@last`` or ``@best:metric``.

    ``tag`` and ``untag`` take ``key`` (and ``value``), ``rename`` a ``name``, ``annotate`` a ``note``, ``move`` an ``experiment``;
    ``purge`` says what it would remove unless ``dry_run`` is false.
    """

    action: Action
    run_ids: list[str] = Field(max_length=10_000)
    key: str | None = None
    value: str | None = None
    name: str | None = None
    note: str | None = None
    experiment: str | None = None
    dry_run: bool = True


class ActionAnswer(RootModel[ActionReport | PurgePlan]):
    """What was done, or, of a purge, what is removed."""


class OfExperiment(Record):
    """Which experiment: id or name."""

    id: str


def act(ws: Workspace, q: RunActions) -> ActionReport | PurgePlan:
    """Do something to runs."""
    if q.action == "purge":
        return ws.runs.purge(q.run_ids or None, dry_run=q.dry_run, wait=_PURGE_WAIT_S)
    return _ACTIONS[q.action](ws, q)


def _needed(q: RunActions, field: str) -> str:
    value = getattr(q, field)
    if value is None:
        raise InvalidParameterError(f"{field}: required", hint=f"The action {q.action} needs {field}.")
    return str(value)


_ACTIONS: dict[str, Callable[[Workspace, RunActions], ActionReport]] = {
    "tag": lambda ws, q: ws.runs.tag(q.run_ids, _needed(q, "key"), _needed(q, "value")),
    "untag": lambda ws, q: ws.runs.untag(q.run_ids, _needed(q, "key")),
    "pin": lambda ws, q: ws.runs.pin(q.run_ids),
    "unpin": lambda ws, q: ws.runs.unpin(q.run_ids),
    "rename": lambda ws, q: ws.runs.rename(q.run_ids, _needed(q, "name")),
    "annotate": lambda ws, q: ws.runs.annotate(q.run_ids, _needed(q, "note")),
    "move": lambda ws, q: ws.runs.move(q.run_ids, _needed(q, "experiment")),
    "trash": lambda ws, q: ws.runs.trash(q.run_ids),
    "restore": lambda ws, q: ws.runs.restore(q.run_ids),
}


def get_usage(ws: Workspace, q: OfExperiment) -> Usage:
    """Return the room that an experiment's runs take."""
    return ws.runs.usage(q.id)


# -- files ---------------------------------------------------------------------------------------------------------------

#: Shown as text although their names do not say so.
_TEXT_SUFFIXES = (
    ".log", ".txt", ".py", ".md", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".lock", ".diff", ".patch", ".jsonl", ".sql", ".ipynb",
)  # fmt: skip
_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".md": "text/markdown",
    ".ipynb": "application/x-ipynb+json",
    ".jsonl": "application/jsonl",
}
#: Pages keep their scripts, which charts are made of, in an origin that is nobody's: no cookies, no calls, no forms, no frames. Chart
#: libraries that a page does not hold itself come from where their makers put them.
_PAGE_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob: "
    "https://cdn.plot.ly https://cdn.jsdelivr.net https://cdn.bokeh.org; worker-src blob:; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
_PAGES = ("text/html", "application/xhtml+xml")


def send_artifact(ws: Workspace, q: RawRequest) -> RawResponse:
    """Send a file of a run: whole as a download, else at most ``limit`` bytes of it, or the part that a Range header names."""
    download = q.query.get("download", ["0"])[-1].lower() in ("1", "true", "")
    limit = _limit(q.query.get("limit", [str(_INLINE)])[-1])
    path = q.params["path"]
    stream, size, modified = ws.runs.open_artifact(q.params["id"], path)
    kind = _type(path, stream)
    headers = {
        "Last-Modified": formatdate(modified, usegmt=True),
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'{"attachment" if download else "inline"}; filename="{header_name(path) or "file"}"',
    }
    if kind.startswith(_PAGES):
        headers["Content-Security-Policy"] = _PAGE_POLICY
    return send_file(q, stream, size, kind, headers, most=None if download else limit)


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise InvalidParameterError(f"limit is {text!r}.", hint="Write how many bytes at most, 1 or more.")
    return int(text)


def _type(path: str, stream: IO[bytes]) -> str:
    """Return a file's content type by its name; one whose name says nothing is text when it begins like text."""
    name = path.lower()
    suffix = "." + name.rpartition(".")[2]
    known = _TYPES.get(suffix) or mimetypes.guess_type(name)[0]
    if suffix in _TEXT_SUFFIXES and (known is None or not known.startswith("text/")):
        known = _TYPES.get(suffix, "text/plain")
    if known is None:
        start = stream.read(1024)
        stream.seek(0)
        known = "text/plain" if _is_text(start) else "application/octet-stream"
    return f"{known}; charset=utf-8" if known.startswith("text/") else known


def _is_text(start: bytes) -> bool:
    if b"\0" in start:
        return False
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


# -- the platform --------------------------------------------------------------------------------------------------------


class DeleteRuns(PlatformModel):
    """Runs of an experiment that were made until a time."""

    experiment_id: str
    max_timestamp_millis: int
    max_runs: int | None = None


class RunsDeleted(PlatformModel):
    """How many runs went into the trash."""

    runs_deleted: int


class RestoreRuns(PlatformModel):
    """Runs of an experiment that went into the trash since a time."""

    experiment_id: str
    min_timestamp_millis: int
    max_runs: int | None = None


class RunsRestored(PlatformModel):
    """How many runs came out of the trash."""

    runs_restored: int


def delete_runs(ws: Workspace, q: DeleteRuns) -> RunsDeleted:
    """Put runs into the trash by time."""
    more = {} if q.max_runs is None else {"max_runs": q.max_runs}
    return RunsDeleted(runs_deleted=ws.runs.delete_runs(q.experiment_id, q.max_timestamp_millis, **more))


def restore_runs(ws: Workspace, q: RestoreRuns) -> RunsRestored:
    """Take runs out of the trash by time."""
    more = {} if q.max_runs is None else {"max_runs": q.max_runs}
    return RunsRestored(runs_restored=ws.runs.restore_runs(q.experiment_id, q.min_timestamp_millis, **more))


_native = routes_under(NATIVE, resource="runs", tag="Runs", pool="slow")
_platform: Any = routes_under("/api/2.0/mlflow", resource="mlflow", tag="Runs", pool="slow", row="TRK-9")

ROUTES: list[Route] = [
    _native("POST", "/runs/actions", act, RunActions, ActionAnswer, "Do something to runs", row="RUN-7"),
    _native(
        "GET", "/experiments/{id}/usage", get_usage, OfExperiment, Usage, "Return the room runs take", row="BEY-16"
    ),
    _native(
        "GET", "/runs/{id}/artifacts/{path*}", send_artifact, None, None, "Send a file of a run", row="TRK-10", raw=True
    ),
    _platform(
        "POST", "/databricks/runs/delete-runs", delete_runs, DeleteRuns, RunsDeleted, "Put runs into the trash by time"
    ),
    _platform(
        "POST",
        "/databricks/runs/restore-runs",
        restore_runs,
        RestoreRuns,
        RunsRestored,
        "Take runs out of the trash by time",
    ),
]
