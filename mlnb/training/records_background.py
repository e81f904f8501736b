"""Runs in a process of their own."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field

from mlnb.core.metastore import metadata
from mlnb.core.records import Record

#: One row a run in the background: what is wanted, and the process that does it. Values, status and files live in MLflow as for any run.
background_runs = sa.Table(
    "background_runs",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("desired_state", sa.Text, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("caller", sa.JSON, nullable=False),
    sa.Column("process", sa.JSON),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("timeout_s", sa.Float(precision=53)),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("error", sa.JSON),
    sa.Index("background_runs_state", "state"),
)

BackgroundState = Literal["QUEUED", "RUNNING", "STOPPING", "ENDED"]


class CellState(Record):
    """A cell of a background run: where it stands, how long it took, the first line it printed last."""

    index: int
    source: str = ""
    state: Literal["waiting", "running", "done", "failed", "skipped"] = "waiting"
    duration_ms: int | None = None
    line: str = ""


class BackgroundInfo(Record):
    """A run in the background.

    Attributes
    ----------
    status
        Of the run, as in MLflow.
    log_bytes
        How much it has printed; read it with ``ws.runs.log``.
    cells
        The cells it executes, the run's own last.
    """

    run_id: str
    name: str = ""
    state: BackgroundState = "QUEUED"
    status: str = "SCHEDULED"
    purpose: Literal["run", "replay"] = "run"
    executor: str = "local"
    created_at: int = 0
    started_at: int | None = None
    ended_at: int | None = None
    timeout_s: float | None = None
    log_bytes: int = 0
    cells: list[CellState] = Field(default_factory=list)
    error: dict[str, Any] | None = None

    def __str__(self) -> str:
        where = "in its notebook" if self.executor == "kernel" else "in the background"
        done = sum(cell.state == "done" for cell in self.cells)
        cells = f", cell {done} of {len(self.cells)}" if self.cells else ""
        said = f": {self.error['message']}" if self.error else ""
        return f"{self.name} ({self.run_id[:8]}) {self.status} {where}{cells}{said}"

    __repr__ = __str__


class LogPart(Record):
    """A part of what a run printed: ``offset`` is where it begins, ``next_offset`` where to go on, in bytes."""

    text: str
    offset: int = 0
    next_offset: int = 0
    total: int = 0
    done: bool = False
