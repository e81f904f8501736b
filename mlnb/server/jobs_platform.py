"""The platform's Jobs API, 2.2 and 2.1: the paths its client uses for jobs and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field

from mlnb.core.errors import NotProvidedError
from mlnb.jobs.records import Job, JobRun
from mlnb.server.route import Empty, PlatformModel, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace


class CreateJob(PlatformModel):
    """A job document."""

    model_config = ConfigDict(extra="allow")


class JobId(PlatformModel):
    """A job by its id."""

    job_id: int


class RunId(PlatformModel):
    """A run by its id, of the job run or of its task."""

    run_id: int


class PlatformJob(PlatformModel):
    """A job as the platform shows it."""

    job_id: int
    creator_user_name: str
    run_as_user_name: str
    created_time: int
    settings: dict[str, Any]
    has_more: bool | None = None


class ListPlatformJobs(PlatformModel):
    """Filter and page of jobs."""

    name: str | None = None
    limit: int = 20
    page_token: str | None = None
    expand_tasks: bool = False


class PlatformJobs(PlatformModel):
    """A page of jobs."""

    jobs: list[PlatformJob]
    has_more: bool
    next_page_token: str | None = None


class RunNow(PlatformModel):
    """Start a run of a job."""

    job_id: int
    job_parameters: dict[str, Any] | None = None
    notebook_params: dict[str, Any] | None = None
    idempotency_token: str | None = Field(default=None, max_length=64)
    only: list[str] | None = None
    jar_params: list[str] | None = None
    python_params: list[str] | None = None
    spark_submit_params: list[str] | None = None


class RunNowAnswer(PlatformModel):
    """The new run."""

    run_id: int
    number_in_job: int


class PlatformRun(PlatformModel):
    """A run as the platform shows it; of a job run with its task."""

    run_id: int
    job_id: int
    run_name: str
    creator_user_name: str
    number_in_job: int
    original_attempt_run_id: int | None = None
    attempt_number: int | None = None
    run_type: str = "JOB_RUN"
    trigger: str
    state: dict[str, Any]
    status: dict[str, Any]
    start_time: int
    end_time: int
    run_duration: int | None = None
    job_parameters: list[dict[str, Any]] | None = None
    tasks: list[dict[str, Any]] | None = None


class ListPlatformRuns(PlatformModel):
    """Filter of runs."""

    job_id: int | None = None
    active_only: bool = False
    completed_only: bool = False
    limit: int = 25


class PlatformRuns(PlatformModel):
    """Runs, newest first."""

    runs: list[PlatformRun]
    has_more: bool = False


class RunOutput(PlatformModel):
    """What a task run left."""

    metadata: PlatformRun
    notebook_output: dict[str, Any]
    error: str | None = None
    error_trace: str | None = None


def create_job(ws: Workspace, q: CreateJob) -> JobId:
    """Create a job."""
    return JobId(job_id=ws.jobs.create(q.model_dump()).job_id)


def get_job(ws: Workspace, q: JobId) -> PlatformJob:
    """Return a job."""
    return _platform_job(ws.jobs.get(q.job_id), tasks=True)


def list_platform_jobs(ws: Workspace, q: ListPlatformJobs) -> PlatformJobs:
    """List jobs."""
    page = ws.jobs.list(q.name, limit=min(q.limit or 20, 100), page_token=q.page_token or None)
    jobs = [_platform_job(job, tasks=q.expand_tasks) for job in page.items]
    return PlatformJobs(jobs=jobs, has_more=page.next_page_token is not None, next_page_token=page.next_page_token)


def delete_job(ws: Workspace, q: JobId) -> Empty:
    """Delete a job."""
    ws.jobs.delete(q.job_id)
    return Empty()


def run_now(ws: Workspace, q: RunNow) -> RunNowAnswer:
    """Run a job once."""
    for name in ("only", "jar_params", "python_params", "spark_submit_params"):
        if getattr(q, name):
            raise NotProvidedError(f"{name!r} is not provided.", hint="Give values as job_parameters.")
    values = {**(q.notebook_params or {}), **(q.job_parameters or {})}
    run = ws.jobs.run_now(q.job_id, job_parameters=values, idempotency_token=q.idempotency_token)
    return RunNowAnswer(run_id=run.run_id, number_in_job=run.run_id)


def get_run(ws: Workspace, q: RunId) -> PlatformRun:
    """Return a run; a task run's id gives the task run."""
    return _platform_run(ws.jobs.run(q.run_id), q.run_id)


def list_runs(ws: Workspace, q: ListPlatformRuns) -> PlatformRuns:
    """List runs."""
    active = True if q.active_only else False if q.completed_only else None
    page = ws.jobs.runs(q.job_id, active=active, limit=min(q.limit or 25, 25))
    return PlatformRuns(runs=[_platform_run(run, run.run_id) for run in page.items])


def cancel_run(ws: Workspace, q: RunId) -> Empty:
    """Cancel a run."""
    ws.jobs.cancel(q.run_id)
    return Empty()


def get_run_output(ws: Workspace, q: RunId) -> RunOutput:
    """Return what a run left; its notebook is at the native path."""
    run = ws.jobs.run(q.run_id)
    task = run.task
    return RunOutput(
        metadata=_platform_run(run, task.run_id if task else run.run_id),
        notebook_output={"truncated": False},
        error=run.error,
        error_trace=task.error_trace if task else None,
    )


def _platform_job(job: Job, *, tasks: bool) -> PlatformJob:
    settings = job.settings.model_dump(mode="json", exclude_none=True)
    if not tasks:
        del settings["tasks"]
    return PlatformJob(
        job_id=job.job_id,
        creator_user_name=job.creator,
        run_as_user_name=job.run_as,
        created_time=job.created_at,
        settings={**settings, "format": "MULTI_TASK"},
    )


def _platform_run(run: JobRun, run_id: int) -> PlatformRun:
    task = next((item for item in run.tasks if item.run_id == run_id), None)
    shown = task or run
    common = {
        "run_name": run.name,
        "job_id": run.job_id,
        "creator_user_name": run.creator,
        "number_in_job": run.run_id,
        "trigger": run.trigger,
    }
    state = _state(shown.state, shown.result, shown.error or shown.message)
    times = _times(shown.start_time or run.created_at, shown.end_time)
    if task is not None:
        first = run.tasks[0].run_id
        return PlatformRun(
            run_id=run_id, attempt_number=task.attempt, original_attempt_run_id=first, **common, **state, **times
        )
    parameters = [{"name": name, "value": str(value)} for name, value in run.parameters.items()]
    newest = run.task
    tasks = []
    if newest is not None:
        tasks.append(
            {
                "run_id": newest.run_id,
                "task_key": newest.task_key,
                "attempt_number": newest.attempt,
                "notebook_task": {"notebook_path": run.notebook},
                **_state(newest.state, newest.result, newest.error or newest.message),
                **_times(newest.start_time or run.created_at, newest.end_time),
            }
        )
    return PlatformRun(run_id=run.run_id, **common, **state, **times, job_parameters=parameters, tasks=tasks)


def _times(start: int, end: int | None) -> dict[str, Any]:
    return {"start_time": start, "end_time": end or 0, "run_duration": end - start if end else None}


def _state(life_cycle: str, result: str | None, message: str | None) -> dict[str, Any]:
    """Both forms of a run's state that clients read."""
    state = {"life_cycle_state": life_cycle, "result_state": result, "state_message": message or ""}
    over = life_cycle in ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")
    status: dict[str, Any] = {"state": "TERMINATED" if over else life_cycle}
    if over:
        codes = {"SUCCESS": "SUCCESS", "CANCELED": "USER_CANCELED", "TIMEDOUT": "RUN_EXECUTION_ERROR"}
        internal = life_cycle == "INTERNAL_ERROR"
        status["termination_details"] = {
            "code": "INTERNAL_ERROR" if internal else codes.get(result or "", "RUN_EXECUTION_ERROR"),
            "type": "SUCCESS" if result == "SUCCESS" else "INTERNAL_ERROR" if internal else "CLIENT_ERROR",
            "message": message or "",
        }
        if life_cycle == "SKIPPED":
            status["termination_details"]["code"] = "MAX_CONCURRENT_RUNS_EXCEEDED"
    return {"state": {k: v for k, v in state.items() if v is not None}, "status": status}


def _platform(verb: Any, path: str, call: Any, request: Any, response: Any, summary: str, **more: Any) -> list[Route]:
    common = {"resource": "jobs", "tag": "Jobs", "summary": summary, "row": "NB-1", **more}
    return [Route(verb, f"/api/{v}/jobs/{path}", call, request, response, **common) for v in ("2.2", "2.1")]


PLATFORM_ROUTES = [
    *_platform("POST", "create", create_job, CreateJob, JobId, "Create a job"),
    *_platform("GET", "get", get_job, JobId, PlatformJob, "Return a job"),
    *_platform("GET", "list", list_platform_jobs, ListPlatformJobs, PlatformJobs, "List jobs"),
    *_platform("POST", "delete", delete_job, JobId, Empty, "Delete a job"),
    *_platform("POST", "run-now", run_now, RunNow, RunNowAnswer, "Run a job", action="execute"),
    *_platform("GET", "runs/get", get_run, RunId, PlatformRun, "Return a run"),
    *_platform("GET", "runs/list", list_runs, ListPlatformRuns, PlatformRuns, "List runs"),
    *_platform("POST", "runs/cancel", cancel_run, RunId, Empty, "Cancel a run", action="execute"),
    *_platform("GET", "runs/get-output", get_run_output, RunId, RunOutput, "Return what a run left"),
]
