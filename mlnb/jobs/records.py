"""Jobs and their runs: the records people see, and the tables they live in.

A job document is the platform's Jobs 2.2 JSON, reduced to what is honoured here: one notebook task. A run is two kinds of
row: one for the run of the job, and below it one per attempt of its task, which is what a worker process works on.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, Field, PrivateAttr

from mlnb.core.metastore import metadata
from mlnb.core.records import Record

if TYPE_CHECKING:
    from mlnb.jobs.service import Jobs

LifeCycle = Literal["QUEUED", "PENDING", "RUNNING", "TERMINATING", "TERMINATED", "SKIPPED", "INTERNAL_ERROR"]
Result = Literal["SUCCESS", "FAILED", "TIMEDOUT", "CANCELED"]
CellRunState = Literal["pending", "running", "done", "error"]

#: States a run does not leave again.
FINAL_STATES = ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")

#: Result code of an attempt whose worker process vanished.
WORKER_LOST = "WORKER_LOST"

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("job_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("creator", sa.Text, nullable=False),
    sa.Column("run_as", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("updated_ms", sa.BigInteger, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
)

job_runs = sa.Table(
    "job_runs",
    metadata,
    sa.Column("run_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("parent_run_id", sa.BigInteger),
    sa.Column("job_id", sa.BigInteger, nullable=False),
    sa.Column("task_key", sa.Text),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("run_type", sa.Text, nullable=False),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("idempotency_token", sa.Text),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("life_cycle", sa.Text, nullable=False),
    sa.Column("result", sa.Text),
    sa.Column("code", sa.Text),
    sa.Column("message", sa.Text),
    sa.Column("creator", sa.Text, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("start_ms", sa.BigInteger),
    sa.Column("end_ms", sa.BigInteger),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("worker_id", sa.Text),
    sa.Column("host", sa.Text),
    sa.Column("pid", sa.BigInteger),
    sa.Column("boot_id", sa.Text),
    sa.Column("pid_started", sa.Float),
    sa.Column("lease_until_ms", sa.BigInteger),
    sa.Column("not_before_ms", sa.BigInteger),
    sa.Column("notebook_uri", sa.Text),
    sa.Column("log_uri", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("error_trace", sa.Text),
    sa.Column("cells_total", sa.Integer, nullable=False),
    sa.Column("cells_done", sa.Integer, nullable=False),
    sa.Column("cell_id", sa.Text),
    sa.UniqueConstraint("job_id", "idempotency_token", name="job_runs_token"),
    sa.Index("job_runs_state", "kind", "life_cycle"),
    sa.Index("job_runs_parent", "parent_run_id"),
)


class JobsSettings(BaseModel):
    """The section `[jobs]` of the settings file."""

    max_parallel_tasks: int = Field(default=0, ge=0, description="Workers at once; 0 = cores - 1, at least 1")
    heartbeat_seconds: float = Field(default=5, gt=0)
    lease_seconds: float = Field(default=30, gt=0)


class JobParameter(Record):
    """A parameter of the job with its default."""

    name: str
    default: str = ""


class NotebookTask(Record):
    """Which notebook runs; the path is relative to the notebook root, or absolute."""

    notebook_path: str
    base_parameters: dict[str, Any] = Field(default_factory=dict)
    source: str | None = None


class Task(Record):
    """The one task of a job."""

    task_key: str = Field(min_length=1, max_length=100, pattern=r"^[\w-]+$")
    notebook_task: NotebookTask
    description: str | None = None
    timeout_seconds: int = Field(default=0, ge=0)
    max_retries: int = Field(default=0, ge=0)
    min_retry_interval_millis: int = Field(default=0, ge=0)
    retry_on_timeout: bool = False


class Queue(Record):
    """Whether a run waits while too many others of the job are active; else it is skipped."""

    enabled: bool = False


class JobSettings(Record):
    """What of the platform's job document is honoured."""

    name: str = "Untitled"
    description: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    parameters: list[JobParameter] = Field(default_factory=list)
    tasks: list[Task] = Field(min_length=1, max_length=1)
    timeout_seconds: int = Field(default=0, ge=0)
    max_concurrent_runs: int = Field(default=1, ge=1, le=1000)
    queue: Queue = Field(default_factory=Queue)

    @property
    def task(self) -> Task:
        """The one task."""
        return self.tasks[0]


class Job(Record):
    """A notebook with a name, parameters and a history of runs."""

    job_id: int
    name: str
    settings: JobSettings
    creator: str
    run_as: str
    created_at: int
    updated_at: int
    #: Parts of the document that were kept out because they mean nothing on one computer.
    warnings: list[str] = Field(default_factory=list)

    @property
    def notebook(self) -> str:
        """Path of the notebook."""
        return self.settings.task.notebook_task.notebook_path


class TaskRun(Record):
    """One attempt of a run's task."""

    run_id: int
    task_key: str
    attempt: int
    state: LifeCycle
    result: Result | None = None
    code: str | None = None
    message: str | None = None
    start_time: int | None = None
    end_time: int | None = None
    cells_done: int = 0
    cells_total: int = 0
    error: str | None = None
    error_trace: str | None = None
    notebook_path: str | None = None
    log_path: str | None = None


class JobRun(Record):
    """One run of a job, with the attempts of its task, newest last."""

    run_id: int
    job_id: int
    name: str
    state: LifeCycle
    result: Result | None = None
    message: str | None = None
    trigger: str = "ONE_TIME"
    creator: str = ""
    created_at: int
    start_time: int | None = None
    end_time: int | None = None
    cells_done: int = 0
    cells_total: int = 0
    parameters: dict[str, Any] = Field(default_factory=dict)
    notebook: str | None = None
    error: str | None = None
    tasks: list[TaskRun] = Field(default_factory=list)

    _service: Jobs | None = PrivateAttr(default=None)

    @property
    def is_over(self) -> bool:
        """Whether the run has reached a final state."""
        return self.state in FINAL_STATES

    @property
    def task(self) -> TaskRun | None:
        """The newest attempt."""
        return self.tasks[-1] if self.tasks else None

    def wait(self, timeout: float | None = None) -> JobRun:
        """Wait until the run is over, or `timeout` seconds have passed, and return it as it is then."""
        return self._required().wait(self.run_id, timeout)

    def cancel(self) -> JobRun:
        """Ask the run to stop; see `Jobs.cancel`."""
        return self._required().cancel(self.run_id)

    def _required(self) -> Jobs:
        if self._service is None:
            raise RuntimeError("This record was made without a workspace; use ws.jobs with its run_id.")
        return self._service


class JobSummary(Record):
    """One line of the list of jobs."""

    job_id: int
    name: str
    notebook: str | None = None
    created_at: int
    last_run: JobRun | None = None


class CellRun(Record):
    """One cell of a run: its source, where it stands and the end of what it printed."""

    index: int
    cell_id: str | None = None
    cell_type: str
    source: str
    state: CellRunState
    started: int | None = None
    ended: int | None = None
    outputs_text: str | None = None


_last_id = 0


def new_id() -> int:
    """Make an id for a job or run: microseconds since 1970, so ids sort by age and fit a JavaScript number."""
    global _last_id
    _last_id = max(_last_id + 1, time.time_ns() // 1000)
    return _last_id
