"""The server's own operations: status, journal, supervisor, who am I."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.core.errors import MlnbError
from mlnb.core.records import Record
from mlnb.core.supervisor import SupervisorStatus
from mlnb.server import identity
from mlnb.server.events import summary
from mlnb.server.route import NATIVE, Empty, RawRequest, RawResponse, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace
    from mlnb.server.host import Host

API = 1
"""Raised by each addition to the native API; clients compare this number and never package versions."""

STATUS_PATH = f"{NATIVE}/status"


class WorkspaceState(Record):
    """The workspace: ``id`` is stable for its metastore; ``error`` says why it cannot be opened."""

    id: str
    path: str
    state: Literal["ready", "migrating", "error"]
    error: str | None = None
    error_code: str | None = None
    hint: str | None = None


class SupervisorState(Record):
    """Whether the supervisor runs."""

    running: bool
    pid: int | None = None
    since: int | None = None
    message: str | None = None


class Counts(Record):
    """What needs attention: work that runs, requests that wait for a decision, open alerts."""

    running: int = 0
    requests: int = 0
    alerts: int = 0


class Status(Record):
    """The answer of ``GET status``."""

    api: int
    version: str
    workspace: WorkspaceState
    supervisor: SupervisorState
    user: str
    counts: Counts


class JournalQuery(Record):
    """Which events are asked for."""

    after: int | None = Field(default=None, ge=0)
    subjects: list[str] | None = None
    actions: list[str] | None = None
    limit: int = Field(default=100, ge=1, le=500)


class JournalEntry(Record):
    """An event without its payload: data stays behind reads that ask for rights."""

    id: int
    time: int
    actor: str
    action: str
    subject: str
    summary: str


class JournalPage(Record):
    """Events, oldest first.

    Attributes
    ----------
    last_id
        The newest event of the journal.
    gap
        More happened after ``after`` than was sent: read again what is shown.
    """

    events: list[JournalEntry]
    last_id: int
    gap: bool


class WhoAmI(Record):
    """The caller as the workspace sees them.

    Attributes
    ----------
    how
        ``provider``: Jupyter's identity provider knows people; ``setting``: the workspace's ``user`` setting.
    authorization
        ``owner``: the workspace's user may do everything. ``enforce``: privileges decide for everybody.
    """

    principal: str
    groups: list[str]
    how: Literal["provider", "setting"]
    provider: str
    credential: Literal["token", "cookie"]
    authorization: Literal["owner", "enforce"] = "owner"


def get_status(ws: Workspace, q: Empty) -> Status:
    """Describe workspace, supervisor and what needs attention."""
    import mlnb

    return Status(
        api=API,
        version=mlnb.__version__,
        workspace=WorkspaceState(id=workspace_id(ws), path=str(ws.path), state="ready"),
        supervisor=_supervisor(ws.supervisor.status()),
        user=_principal(ws),
        counts=counts(ws),
    )


def without_workspace(host: Host, route: Route) -> RawResponse | None:
    """Answer ``GET status`` while the workspace is not open.

    Asking for the status of a folder in which mlnb was never used must not create a workspace there, and one that cannot be opened
    must be told as a state, not as a failed request.
    """
    if route.path != STATUS_PATH or host.is_open:
        return None
    if host.opening:
        return _closed(host, "migrating")
    if not host.exists():
        return _closed(host, "ready")
    try:
        host.workspace()
    except MlnbError as error:
        return _closed(host, "error", error)
    return None


def _closed(host: Host, state: Literal["ready", "migrating", "error"], error: MlnbError | None = None) -> RawResponse:
    import mlnb
    from mlnb.core.caller import default_principal

    status = Status(
        api=API,
        version=mlnb.__version__,
        workspace=WorkspaceState(
            id="",
            path=str(host.path),
            state=state,
            error=error.message if error else None,
            error_code=error.code if error else None,
            hint=error.hint if error else None,
        ),
        supervisor=SupervisorState(running=False),
        user=default_principal(),
        counts=Counts(),
    )
    return RawResponse(status.model_dump_json(exclude_none=True).encode())


def workspace_id(ws: Workspace) -> str:
    """Return a stable id of the workspace's metastore, without telling its address."""
    import hashlib

    return hashlib.sha256(ws.metastore.url.encode()).hexdigest()[:16]


def counts(ws: Workspace) -> Counts:
    """Ask the services what runs, waits and alerts; all of it comes from the metastore."""
    jobs = len(ws.jobs.runs(active=True, limit=500).items)
    alerts = [alert for alert in ws.monitors.alerts() if alert.enabled and alert.state == "TRIGGERED"]
    return Counts(running=ws.runs.count_running() + jobs, requests=ws.models.count_open_requests(), alerts=len(alerts))


def _principal(ws: Workspace) -> str:
    who = identity.current.get()
    return who.principal(ws.user) if who else ws.user


def get_journal(ws: Workspace, q: JournalQuery) -> JournalPage:
    """Return the events after an id, or the newest ones."""
    last_id = ws.journal.last_id()
    if q.after is not None and q.after > last_id:
        # The client's journal was another one: the workspace was replaced.
        return JournalPage(events=[], last_id=last_id, gap=True)
    events = ws.journal.tail(q.limit, after=q.after, subjects=q.subjects, actions=q.actions)
    gap = q.after is not None and len(events) == q.limit and events[-1].id < last_id
    entries = [
        JournalEntry(
            id=event.id,
            time=event.time,
            actor=event.actor,
            action=event.action,
            subject=event.subject,
            summary=summary(event),
        )
        for event in events
    ]
    return JournalPage(events=entries, last_id=last_id, gap=gap)


def get_supervisor(ws: Workspace, q: Empty) -> SupervisorState:
    """Say whether the supervisor runs."""
    return _supervisor(ws.supervisor.status())


def start_supervisor(ws: Workspace, q: Empty) -> SupervisorState:
    """Start the supervisor unless it runs."""
    return _supervisor(ws.supervisor.start())


def stop_supervisor(ws: Workspace, q: Empty) -> SupervisorState:
    """Stop the supervisor."""
    return _supervisor(ws.supervisor.stop())


def _supervisor(status: SupervisorStatus) -> SupervisorState:
    return SupervisorState(running=status.running, pid=status.pid, since=status.since, message=status.message or None)


def who_am_i(ws: Workspace, q: Empty) -> WhoAmI:
    """Say who the caller is to the workspace and how that was found."""
    who = identity.current.get() or identity.Identity()
    return WhoAmI(
        principal=who.principal(ws.user),
        groups=list(who.caller(ws.user).groups),
        how=who.how,
        provider=who.provider,
        credential=who.credential,
        authorization=ws.settings.authorization,
    )


class StateKey(Record):
    """What is remembered under which key."""

    key: str = Field(min_length=1, max_length=200)


class StatePut(StateKey):
    """A value to remember."""

    value: Any


class StateValue(Record):
    """What is remembered; no value when there is none."""

    value: Any = None


def get_state(ws: Workspace, q: StateKey) -> StateValue:
    """Return what a screen remembers for the caller."""
    return StateValue(value=ws.state.get(q.key))


def put_state(ws: Workspace, q: StatePut) -> StateValue:
    """Remember something for the caller."""
    ws.state.put(q.key, q.value)
    return StateValue(value=q.value)


def get_openapi(ws: Workspace, q: RawRequest) -> RawResponse:
    """Return the OpenAPI document of this server."""
    from mlnb.server.openapi import text

    return RawResponse(text().encode())


_TAG = "Workspace"
ROUTES = [
    Route("GET", STATUS_PATH, get_status, Empty, Status, "status", tag=_TAG, summary="Status", row="LAB-6"),
    Route("GET", f"{NATIVE}/journal", get_journal, JournalQuery, JournalPage, "journal", tag=_TAG, row="LAB-9"),
    Route("GET", f"{NATIVE}/supervisor", get_supervisor, Empty, SupervisorState, "supervisor", tag=_TAG, row="REST-6"),
    Route(
        "POST",
        f"{NATIVE}/supervisor/start",
        start_supervisor,
        Empty,
        SupervisorState,
        "supervisor",
        pool="slow",
        tag=_TAG,
        row="REST-6",
    ),
    Route(
        "POST",
        f"{NATIVE}/supervisor/stop",
        stop_supervisor,
        Empty,
        SupervisorState,
        "supervisor",
        pool="slow",
        tag=_TAG,
        row="REST-6",
    ),
    Route("GET", "/openapi.json", get_openapi, None, None, "status", pool="slow", raw=True, tag=_TAG, row="REST-5"),
    Route("GET", f"{NATIVE}/whoami", who_am_i, Empty, WhoAmI, "status", tag=_TAG, row="REST-8"),
    Route("GET", f"{NATIVE}/me/state/{{key}}", get_state, StateKey, StateValue, "state", tag=_TAG, row="LAB-3"),
    Route("PUT", f"{NATIVE}/me/state/{{key}}", put_state, StatePut, StateValue, "state", tag=_TAG, row="LAB-3"),
]
