"""Where a notebook is now: its kernel keeps the path it was started with, and a rename is in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

RENAMED = "notebook.renamed"
#: Tag of an experiment whose notebook was deleted.
NOTEBOOK_TAG = "mlnb.notebook"
#: Renames that are followed from one path.
_MOST = 20


def current_path(ground: Ground, path: str, *, since: int | None = None) -> str:
    """Return the path of a notebook that was at ``path`` when this process was started.

    Parameters
    ----------
    since
        Milliseconds; renames before this concern another file that had the path. By default this process's start.
    """
    after = _process_start() if since is None else since
    for _ in range(_MOST):
        parents = _with_parents(path)
        found = ground.journal.tail(20, subjects=[f"notebook:{name}" for name in parents], actions=[RENAMED])
        event = next((event for event in found if event.time >= after), None)
        if event is None:
            return path
        old = event.subject.removeprefix("notebook:")
        path, after = str(event.payload["to"]) + path[len(old) :], event.time + 1
    return path


def former_paths(ground: Ground, path: str) -> list[str]:
    """Return the paths that a notebook had before, the newest first."""
    events = [event for event in reversed(ground.journal.tail(500, actions=[RENAMED])) if event.payload.get("to")]
    found: list[str] = []
    for event in events:
        old, new = event.subject.removeprefix("notebook:"), str(event.payload["to"])
        if path == new or path.startswith(f"{new}/"):
            path = old + path[len(new) :]
            found.append(path)
    return found[:_MOST]


def _with_parents(path: str) -> list[str]:
    """Return a path and the folders it lies in: any of them may have been renamed."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _process_start() -> int:
    from mlnb.core.processes import current_process

    return int(current_process().created * 1000)
