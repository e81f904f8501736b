"""How a run in the background ends when it did not end itself: its kernel died, cells before it failed, its process is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlnb.core.clock import now_ms

from ..reading.reader import open_reader
from ..recording.artifacts import Artifacts
from ..recording.heartbeat import ENDED_BY_TAG

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .store import BackgroundStore

#: As much of an error as a tag shows.
_LONGEST_LINE = 500


@dataclass(frozen=True)
class Ending:
    """How a run ended as its driver saw it.

    Attributes
    ----------
    status
        The run's status, unless it has ended itself.
    by
        Who ended it: ``stop``, ``timeout``, ``kernel_died``, ``process_died``; None when it ended itself.
    message, trace
        What went wrong.
    files
        Further files to keep with the run.
    """

    status: str
    by: str | None = None
    message: str | None = None
    trace: str | None = None
    code: str = "RUN_FAILED"
    files: Mapping[str, str] | None = None

    @property
    def error(self) -> dict[str, Any] | None:
        """The error as screens show it."""
        return None if self.message is None else {"error_code": self.code, "message": self.message}


def end_run(ground: Ground, store: BackgroundStore, run_id: str, ending: Ending) -> str:
    """End a run in MLflow's store if it is open there, then its row; done twice it changes nothing.

    MLflow itself, which takes seconds to load, is asked only when there is something to write into its store.

    Returns
    -------
    str
        The status it has.
    """
    run = open_reader(ground.tracking.uri, ground.tracking.client).get(run_id)
    if run is None:  # purged meanwhile: nothing is left that could be ended but the row
        store.end(run_id, ending.status, by=ending.by, error=ending.error, announce=False)
        return ending.status
    row = store.row(run_id)
    if row is None or row.state == "ENDED":
        return run.status  # somebody else was first, and knows better
    wanted = store.wanted_status(run_id)
    is_open = run.status in ("RUNNING", "SCHEDULED")
    # A run that has closed itself says how, though MLflow's store may not have heard of it yet.
    status = run.status if not is_open else wanted or ending.status
    files = dict(ending.files or {})
    # Who came too late to end it has not ended it.
    is_own = status == "FINISHED"
    tags = {ENDED_BY_TAG: ending.by} if ending.by and not is_own else {}
    if is_open and wanted is None and ending.message:
        tags["mlnb.error"] = ending.message[:_LONGEST_LINE]
        files["mlnb/error.txt"] = ending.trace or ending.message
    if files:
        Artifacts(run.artifact_uri, ground.files).write(files)
    if tags or is_open:
        client = ground.tracking.client()
        for key, value in tags.items():
            client.set_tag(run_id, key, value)
        if is_open:
            client.set_terminated(run_id, status, now_ms())
    by, error = (None, None) if is_own else (ending.by, ending.error)
    store.end(run_id, status, by=by, error=error, announce=is_open and wanted is None)
    return status
