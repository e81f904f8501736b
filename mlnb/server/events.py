"""From the journal to Jupyter's event bus: what a kernel commits appears in the panels within a second.

A thread keeps one connection on which SQLite says whether anybody else has committed, reads what is new and hands it to the loop. No
payload travels: data stays behind reads that ask for rights.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlnb.core.journal import Event
    from mlnb.core.metastore import ChangeWatch
    from mlnb.core.progress import ProgressRow
    from mlnb.door import Workspace
    from mlnb.server.host import Host

JOURNAL = "https://mlnb.dev/events/journal/v1"
PROGRESS = "https://mlnb.dev/events/progress/v1"

log = logging.getLogger("mlnb.server")

_INTERVAL_S = 0.25  # also the most often a subject's progress is told
_BATCH = 500
_MOST_RUNS = 50  # changed runs that are told of one by one
_LOOK_FOR_WORKSPACE_S = 1.0


def _schema(identifier: str, title: str, properties: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "$id": identifier,
        "version": "1",
        "title": title,
        "description": title,
        "personal-data": True,
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


SCHEMAS = (
    _schema(
        JOURNAL,
        "Something changed in the mlnb workspace",
        {
            "id": {"type": "integer", "description": "Position in the journal"},
            "time": {"type": "integer", "description": "Milliseconds UTC"},
            "actor": {"type": "string", "description": "Who did it"},
            "action": {"type": "string", "description": "What was done, noun.verb"},
            "subject": {"type": "string", "description": "What it was done to, kind:name"},
            "summary": {"type": "string", "description": "One sentence"},
        },
    ),
    _schema(
        PROGRESS,
        "Long work in the mlnb workspace went on",
        {
            "subject": {"type": "string", "description": "What is worked on, kind:name"},
            "state": {"type": "string", "description": "Its state"},
            "done": {"type": "number", "description": "Units done"},
            "total": {"type": "number", "description": "Units in all, 0 when unknown"},
            "message": {"type": "string", "description": "What is going on"},
        },
    ),
)


def register_schemas(event_logger: Any) -> None:
    """Register the schemas while the server starts: a listener hears only what is registered before it subscribes."""
    for schema in SCHEMAS:
        if schema["$id"] not in event_logger.schemas:
            event_logger.register_event_schema(schema)


def summary(event: Event) -> str:
    """Say an event in a few words, without its payload."""
    noun, _, verb = event.action.replace("_", " ").partition(".")
    kind, _, name = event.subject.partition(":")
    kind = kind.replace("_", " ")
    text = f"{kind} {name} {verb}" if noun == kind else f"{kind} {name}: {noun} {verb}"
    return text[:1].upper() + text[1:].strip()


def journal_message(event: Event) -> dict[str, Any]:
    """Return the message of a journal event."""
    return {
        "id": event.id,
        "time": event.time,
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "summary": summary(event),
    }


def progress_message(row: ProgressRow) -> dict[str, Any]:
    """Return the message of a progress row."""
    return row.model_dump(include={"subject", "state", "done", "total", "message"})


class Watcher:
    """Follows one workspace and emits its news on one Jupyter server.

    It waits until the workspace exists, without creating it, so that a folder in which mlnb was never used stays as it is. It ends
    when the server's loop does.
    """

    def __init__(self, server_app: Any) -> None:
        self._app = server_app
        self._loop: Any = None
        self._stop = threading.Event()
        self._opened = threading.Event()

    def start(self, host: Host) -> None:
        """Start the thread; called on the loop once the server runs."""
        import asyncio

        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, args=(host,), name="mlnb-events", daemon=True).start()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stop.set()

    def opened(self, host: Host, ws: Workspace) -> None:
        """Start the supervisor of a workspace that has just been opened, unless the settings say no."""
        if host_settings(ws).supervisor:
            ws.supervisor.start(wait=False)
        self._opened.set()

    def _run(self, host: Host) -> None:
        while not self._ended():
            try:
                if host.is_open or host.exists():
                    self._follow(host.workspace())
            except Exception:
                # Shown once per reason by the request that meets it; here it must only not end the thread.
                log.debug("mlnb: the workspace cannot be followed", exc_info=True)
            self._opened.wait(_LOOK_FOR_WORKSPACE_S)
            self._opened.clear()

    def _ended(self) -> bool:
        return self._stop.is_set() or self._loop is None or self._loop.is_closed()

    def _follow(self, ws: Workspace) -> None:
        watch = ws.metastore.watch()
        feed = Feed(ws)
        try:
            while not self._ended():
                messages = feed.take() if self._news(ws, watch) else []
                for schema_id, data in messages + feed.runs():
                    self._tell(schema_id, data)
        finally:
            watch.close()
            feed.close()

    def _news(self, ws: Workspace, watch: ChangeWatch) -> bool:
        changed = watch.wait(_INTERVAL_S, stop=self._stop, interval=_INTERVAL_S)
        # PostgreSQL's watch sees the journal only; progress rows are asked for every time.
        return changed or ws.metastore.dialect != "sqlite"

    def _tell(self, schema_id: str, data: dict[str, Any]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._emit, schema_id, data)
        except RuntimeError:  # the loop has just been closed
            self._stop.set()

    def _emit(self, schema_id: str, data: dict[str, Any]) -> None:
        try:
            self._app.event_logger.emit(schema_id=schema_id, data=data)
        except Exception:
            log.exception("mlnb: an event could not be told")


class Feed:
    """The news of a workspace since it was made."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._last_id = ws.journal.last_id()
        from mlnb.core.clock import now_ms
        from mlnb.training.reading.news import RunNews

        self._since = now_ms()
        self._runs = RunNews(ws.tracking.uri)
        self._told: dict[str, tuple[int, dict[str, Any]]] = {}

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the messages that are new, as pairs of schema id and data."""
        messages: list[tuple[str, dict[str, Any]]] = []
        while events := self._ws.journal.tail(_BATCH, after=self._last_id):
            self._last_id = events[-1].id
            messages += [(JOURNAL, journal_message(event)) for event in events]
            if len(events) < _BATCH:
                break
        return messages + [(PROGRESS, data) for data in self._progress()]

    def runs(self) -> list[tuple[str, dict[str, Any]]]:
        """Return messages about runs that changed in MLflow's store; many at once are told of as their experiments.

        They are no events of the journal, which knows only what went through this workspace's services: their id is that of the last one.
        """
        changed = self._runs.take()
        subjects = [f"run:{run_id}" for run_id, _ in changed]
        if len(changed) > _MOST_RUNS:
            subjects = [f"experiment:{found}" for found in dict.fromkeys(experiment for _, experiment in changed)]
        from mlnb.core.clock import now_ms

        about = {"id": self._last_id, "time": now_ms(), "actor": "mlflow", "action": "run.observed"}
        return [
            (JOURNAL, {**about, "subject": subject, "summary": f"{subject.replace(':', ' ').capitalize()} changed"})
            for subject in subjects
        ]

    def close(self) -> None:
        """Close what is kept open."""
        self._runs.close()

    def _progress(self) -> list[dict[str, Any]]:
        # A row may be overwritten again within the millisecond last seen, so that millisecond is read twice and compared.
        rows = self._ws.progress.since(self._since - 1)
        news: list[dict[str, Any]] = []
        told: dict[str, tuple[int, dict[str, Any]]] = {}
        for row in rows:
            data = progress_message(row)
            if self._told.get(row.subject) != (row.updated_at, data):
                news.append(data)
            told[row.subject] = (row.updated_at, data)
        if rows:
            self._since = max(row.updated_at for row in rows)
            self._told = {subject: seen for subject, seen in told.items() if seen[0] >= self._since}
        return news


def host_settings(ws: Workspace) -> Any:
    """Return the section ``[server]`` of a workspace."""
    from mlnb.server.settings import ServerSettings

    return ws.settings.section("server", ServerSettings)
