"""Routes of jobs: what the screens ask for, and the platform's own paths (`jobs_platform`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from mlnb.core.records import Record
from mlnb.jobs.parameters import NotebookParameter
from mlnb.jobs.records import CellRun, JobRun
from mlnb.server.jobs_platform import PLATFORM_ROUTES
from mlnb.server.route import NATIVE, RawResponse, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ListJobs(Record):
    """No parameters."""


class JobRunLine(Record):
    """One run in a list."""

    run_id: int
    job_id: int
    name: str
    state: str
    result: str | None = None
    created_at: int
    start_time: int | None = None
    end_time: int | None = None
    cells_done: int
    cells_total: int


class JobLine(Record):
    """One job with its newest run."""

    job_id: int
    name: str
    notebook: str | None = None
    created_at: int
    last_run: JobRunLine | None = None


class JobLines(Record):
    """All jobs, newest first."""

    jobs: list[JobLine]


class ListJobRuns(Record):
    """How many runs, and of which job."""

    limit: int = Field(default=50, ge=1, le=500)
    job_id: int | None = None


class JobRunLines(Record):
    """Runs, newest first."""

    runs: list[JobRunLine]


class GetJobRun(Record):
    """A run by its id."""

    run_id: int


class JobRunPage(JobRunLine):
    """A run with its cells."""

    parameters: dict[str, Any]
    attempt: int
    creator: str
    message: str | None = None
    error: str | None = None
    error_trace: str | None = None
    notebook: str | None = None
    cells: list[CellRun]


class FromNotebook(Record):
    """A saved notebook that becomes a job."""

    path: str
    name: str | None = None
    parameters: dict[str, Any] | None = None
    run_now: bool = True


class FromNotebookAnswer(Record):
    """The new job, and its first run when one was asked for."""

    job_id: int
    run_id: int | None = None


class CheckNotebook(Record):
    """A saved notebook that may become a job."""

    path: str


class CheckNotebookAnswer(Record):
    """What the form of *Export as job* is filled from."""

    path: str
    kernel: str
    cells: int
    parameters: list[NotebookParameter]


def list_jobs(ws: Workspace, _: ListJobs) -> JobLines:
    """List jobs with the newest run of each."""
    lines = []
    for job in ws.jobs.summaries():
        last = _line(job.last_run) if job.last_run else None
        fields = {"job_id": job.job_id, "name": job.name, "notebook": job.notebook, "created_at": job.created_at}
        lines.append(JobLine(**fields, last_run=last))
    return JobLines(jobs=lines)


def list_job_runs(ws: Workspace, q: ListJobRuns) -> JobRunLines:
    """List runs of all jobs or one."""
    return JobRunLines(runs=[_line(run) for run in ws.jobs.runs(q.job_id, limit=q.limit).items])


def get_job_run(ws: Workspace, q: GetJobRun) -> JobRunPage:
    """Return a run with its cells as they stand."""
    run = ws.jobs.run(q.run_id)
    task = run.task
    return JobRunPage(
        **_line(run).model_dump(),
        parameters=run.parameters,
        attempt=task.attempt if task else 0,
        creator=run.creator,
        message=run.message,
        error=run.error or (task.error if task else None),
        error_trace=task.error_trace if task else None,
        notebook=run.notebook,
        cells=list(ws.jobs.cells(q.run_id)),
    )


def get_job_run_notebook(ws: Workspace, q: GetJobRun) -> RawResponse:
    """Return the executed notebook as far as it has come."""
    return RawResponse(ws.jobs.notebook(q.run_id).read_bytes())


def cancel_job_run(ws: Workspace, q: GetJobRun) -> JobRunLine:
    """Ask a run to stop."""
    return _line(ws.jobs.cancel(q.run_id))


def from_notebook(ws: Workspace, q: FromNotebook) -> FromNotebookAnswer:
    """Make a notebook a job, and run it."""
    job = ws.jobs.from_notebook(q.path, name=q.name, parameters=q.parameters)
    run = ws.jobs.run_now(job.job_id) if q.run_now else None
    return FromNotebookAnswer(job_id=job.job_id, run_id=run.run_id if run else None)


def check_notebook(ws: Workspace, q: CheckNotebook) -> CheckNotebookAnswer:
    """Say whether a notebook can run as a job, and which parameters it offers."""
    return CheckNotebookAnswer.model_validate(ws.jobs.check(q.path).model_dump())


def _line(run: JobRun) -> JobRunLine:
    return JobRunLine(**{name: getattr(run, name) for name in JobRunLine.model_fields})


def _ours(verb: Any, path: str, call: Any, request: Any, response: Any, summary: str, **more: Any) -> Route:
    return Route(verb, NATIVE + path, call, request, response, resource="jobs", tag="Jobs", summary=summary, **more)


ROUTES = [
    _ours("GET", "/jobs", list_jobs, ListJobs, JobLines, "List jobs with their newest run", row="NB-1"),
    _ours("POST", "/jobs/from-notebook", from_notebook, FromNotebook, FromNotebookAnswer, "Export as job", row="NB-1"),
    _ours("GET", "/jobs/check", check_notebook, CheckNotebook, CheckNotebookAnswer, "Check a notebook", row="JOB-8"),
    _ours("GET", "/job-runs", list_job_runs, ListJobRuns, JobRunLines, "List job runs", row="JOB-1"),
    _ours("GET", "/job-runs/{run_id}", get_job_run, GetJobRun, JobRunPage, "A run with its cells", row="JOB-1"),
    _ours("GET", "/job-runs/{run_id}/notebook", get_job_run_notebook, GetJobRun, None, "Executed notebook", row="NB-5"),
    _ours(
        "POST",
        "/job-runs/{run_id}/cancel",
        cancel_job_run,
        GetJobRun,
        JobRunLine,
        "Cancel a run",
        action="execute",
        row="JOB-2",
    ),
    *PLATFORM_ROUTES,
]
