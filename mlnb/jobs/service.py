"""The verbs of jobs: `ws.jobs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, NotFoundError, did_you_mean
from mlnb.core.notebooks.files import choose_kernel, find_notebook, is_executed, read_notebook
from mlnb.core.records import Page
from mlnb.jobs.document import read_settings
from mlnb.jobs.folder import executed_notebook, read_cells, run_folder, write_input
from mlnb.jobs.parameters import NotebookCheck, find_parameters, inject_parameters
from mlnb.jobs.records import CellRun, Job, JobRun, JobSettings, JobSummary, TaskRun, jobs, new_id
from mlnb.jobs.store import Row, RunStore

if TYPE_CHECKING:
    from mlnb.core.ground import Ground
    from mlnb.core.supervisor import Reconciler

#: Seconds between two looks at a run that is waited for.
_POLL_SECONDS = 0.2


class Jobs:
    """Notebooks as jobs, and their runs.

    Parameters
    ----------
    ground
        The workspace the jobs live in.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._store = RunStore(ground)

    def reconcilers(self) -> Sequence[Reconciler]:
        """What the supervisor runs for this stage."""
        from mlnb.jobs.engine import JobEngine

        return [JobEngine(self._ground)]

    # -- jobs ------------------------------------------------------------------------------------------------------------

    def create(self, settings: Mapping[str, Any] | JobSettings) -> Job:
        """Create a job from a job document.

        Parameters
        ----------
        settings
            The platform's document with one task that has a `notebook_task`. What it says about clusters and libraries is
            ignored, with a warning on the job; what would change its meaning is refused.

        Raises
        ------
        NotProvidedError
            The document asks for something that is not provided.
        InvalidParameterError
            The document is not valid.
        NotFoundError
            There is no such notebook.
        """
        honoured, warnings = read_settings(settings)
        read_notebook(self.find_notebook(honoured.task.notebook_task.notebook_path))
        now, actor = now_ms(), current_caller().principal
        job_id = new_id()
        values = {
            "job_id": job_id,
            "name": honoured.name,
            "settings": honoured.model_dump(mode="json", exclude_none=True),
            "creator": actor,
            "run_as": actor,
            "version": 1,
            "created_ms": now,
            "updated_ms": now,
            "deleted": False,
        }
        with self._ground.metastore.begin() as conn:
            conn.execute(jobs.insert().values(values))
            payload = {"name": honoured.name, "notebook": honoured.task.notebook_task.notebook_path}
            self._ground.journal.append("job.created", f"job:{job_id}", payload)
        return self.get(job_id).model_copy(update={"warnings": warnings})

    def from_notebook(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        max_retries: int = 0,
        timeout_seconds: int = 0,
    ) -> Job:
        """Make a notebook a job.

        Parameters
        ----------
        path
            A saved notebook, absolute or relative to the notebook root.
        name
            Default: the file name.
        parameters
            Values for this job, on top of the notebook's own defaults.
        max_retries
            How often a failed run is tried again.
        timeout_seconds
            After this a run is interrupted; 0 means never.
        """
        file = self.find_notebook(str(path))
        notebook = read_notebook(file)
        choose_kernel(notebook)
        inject_parameters(notebook, parameters or {})  # refuses values that do not fit, before there is a job
        defaults = {item.name: item.default for item in find_parameters(notebook)} | dict(parameters or {})
        task = {
            "task_key": "notebook",
            "notebook_task": {"notebook_path": self._shown(file), "base_parameters": dict(parameters or {})},
            "max_retries": max_retries,
        }
        document = {
            "name": name or file.stem,
            "tasks": [task],
            "parameters": [{"name": key, "default": _text(value)} for key, value in defaults.items()],
            "timeout_seconds": timeout_seconds,
            "queue": {"enabled": True},
        }
        return self.create(document)

    def check(self, path: str | Path) -> NotebookCheck:
        """Say whether a notebook can run as a job, and which parameters it offers.

        Raises
        ------
        MlnbError
            It cannot: the file or its kernel is missing, or it is not a Python notebook.
        """
        file = self.find_notebook(str(path))
        notebook = read_notebook(file)
        return NotebookCheck(
            path=self._shown(file),
            kernel=choose_kernel(notebook),
            cells=sum(is_executed(cell) for cell in notebook.cells),
            parameters=find_parameters(notebook),
        )

    def get(self, job: int | str) -> Job:
        """Return a job by its id, or by its name when only one has it."""
        rows = self._jobs()
        found = [row for row in rows if row.job_id == job or row.name == job or str(row.job_id) == job]
        if len(found) == 1:
            return _job(found[0])
        if found:
            ids = ", ".join(str(row.job_id) for row in found)
            raise InvalidParameterError(f"{len(found)} jobs are named {job!r}.", hint=f"Use one of their ids: {ids}.")
        hint = did_you_mean(str(job), [row.name for row in rows]) or "See ws.jobs.list() or `mlnb jobs list`."
        raise NotFoundError(f"Job {job} does not exist.", hint=hint)

    def list(self, name: str | None = None, *, limit: int = 100, page_token: str | None = None) -> Page[Job]:
        """List jobs, newest first; `name` keeps those that are named so."""
        rows = [row for row in self._jobs() if name is None or row.name.lower() == name.lower()]
        if page_token is not None:
            if not page_token.isdigit():
                raise InvalidParameterError("The page token is not valid.", hint="Start again without one.")
            rows = [row for row in rows if row.job_id < int(page_token)]
        more = str(rows[limit - 1].job_id) if len(rows) > limit else None
        return Page(items=[_job(row) for row in rows[:limit]], next_page_token=more)

    def summaries(self) -> Sequence[JobSummary]:
        """List jobs with the newest run of each: the panel's list."""
        rows = self._jobs()
        last = self._store.last_runs([row.job_id for row in rows])
        runs = {run.job_id: run for run in self._runs(list(last.values()))}
        return [
            JobSummary(
                job_id=row.job_id,
                name=row.name,
                notebook=_job(row).notebook,
                created_at=row.created_ms,
                last_run=runs.get(row.job_id),
            )
            for row in rows
        ]

    def delete(self, job: int | str) -> None:
        """Delete a job. Its runs and their notebooks stay."""
        job_id = self.get(job).job_id
        with self._ground.metastore.begin() as conn:
            conn.execute(jobs.update().where(jobs.c.job_id == job_id).values(deleted=True, updated_ms=now_ms()))
            self._ground.journal.append("job.deleted", f"job:{job_id}", {})

    def _jobs(self) -> Sequence[Row]:
        with self._ground.metastore.connect() as conn:
            query = sa.select(jobs).where(jobs.c.deleted.is_(False)).order_by(jobs.c.job_id.desc())
            return conn.execute(query).all()

    # -- runs ------------------------------------------------------------------------------------------------------------

    def run_now(
        self,
        job: int | str,
        *,
        job_parameters: Mapping[str, Any] | None = None,
        idempotency_token: str | None = None,
        start: bool = True,
    ) -> JobRun:
        """Run a job once.

        The notebook is taken as it is saved now; editing it later does not change this run. The supervisor does the work, and
        is started when it is not running.

        Parameters
        ----------
        job
            Id or name.
        job_parameters
            Values for this run.
        idempotency_token
            A second call with the same token returns the run of the first.
        start
            Start the supervisor when none runs.

        Raises
        ------
        MlnbError
            The notebook or its kernel is missing, or a value does not fit its parameter. There is no run then.
        """
        found = self.get(job)
        known = self._store.by_token(found.job_id, idempotency_token) if idempotency_token else None
        if known is None:
            known = self._create_run(found, dict(job_parameters or {}), idempotency_token)
        if start:
            self._ground.supervisor.ensure()
        return self.run(known)

    def _create_run(self, job: Job, given: dict[str, Any], token: str | None) -> int:
        task = job.settings.task.notebook_task
        file = self.find_notebook(task.notebook_path)
        notebook = read_notebook(file)
        choose_kernel(notebook)
        own = {parameter.name: parameter.default for parameter in find_parameters(notebook)}
        chosen = _choose(job.settings, own, given)
        prepared = inject_parameters(notebook, chosen)
        task_run_id = new_id()
        write_input(self._ground, task_run_id, prepared, file)
        caller = current_caller()
        values = {
            "job_id": job.job_id,
            "settings": job.settings.model_dump(mode="json", exclude_none=True),
            "parameters": chosen,
            "creator": caller.principal,
            "idempotency_token": token,
        }
        return self._store.create(values, sum(is_executed(cell) for cell in prepared.cells), task_run_id)

    def run(self, run_id: int) -> JobRun:
        """Return a run; the id of one of its attempts will do."""
        row = self._store.row(int(run_id))
        if row is not None and row.kind == "task":
            row = self._store.row(row.parent_run_id)
        if row is None:
            raise NotFoundError(f"Run {run_id} does not exist.", hint="See ws.jobs.runs() or `mlnb jobs runs`.")
        return self._runs([row])[0]

    def runs(self, job: int | str | None = None, *, active: bool | None = None, limit: int = 25) -> Page[JobRun]:
        """List runs, newest first."""
        job_id = None if job is None else self.get(job).job_id
        return Page(items=[*self._runs(self._store.runs(job_id=job_id, active=active, limit=limit))])

    def cancel(self, run_id: int) -> JobRun:
        """Ask a run to stop.

        The running cell is interrupted, and its kernel killed when that does not help. What has been computed stays in the
        executed notebook. A run that is over stays as it is.
        """
        run = self.run(run_id)
        if not run.is_over:
            self._store.request_cancel(run.run_id)
            self._ground.supervisor.ensure()
        return self.run(run.run_id)

    def wait(self, run_id: int, timeout: float | None = None) -> JobRun:
        """Wait until a run is over, or `timeout` seconds have passed, and return it as it is then."""

        def look() -> JobRun | None:
            run = self.run(run_id)
            return run if run.is_over else None

        over = self._ground.supervisor.wait_until(look, timeout=timeout, poll_s=_POLL_SECONDS)
        return over or self.run(run_id)

    def cells(self, run_id: int) -> Sequence[CellRun]:
        """Return the cells of a run's newest attempt, live while it runs."""
        run = self.run(run_id)
        if run.task is None:
            return []
        return read_cells(run_folder(self._ground, run.task.run_id), is_over=run.is_over)

    def notebook(self, run_id: int) -> Path:
        """Return the path of a run's executed notebook, as far as it has come."""
        run = self.run(run_id)
        path = executed_notebook(run_folder(self._ground, run.task.run_id)) if run.task else None
        if path is None:
            raise NotFoundError(f"Run {run_id} has no notebook.", hint="It was skipped, or its folder was removed.")
        return path

    def _runs(self, rows: Sequence[Row]) -> Sequence[JobRun]:
        attempts = self._store.attempts([row.run_id for row in rows])
        runs = [_run(row, [self._task(item) for item in attempts[row.run_id]]) for row in rows]
        for run in runs:
            run._service = self
        return runs

    def _task(self, row: Row) -> TaskRun:
        folder = run_folder(self._ground, row.run_id)
        return TaskRun(
            run_id=row.run_id,
            task_key=row.task_key,
            attempt=row.attempt,
            state=row.life_cycle,
            result=row.result,
            code=row.code,
            message=row.message,
            start_time=row.start_ms,
            end_time=row.end_ms,
            cells_done=row.cells_done,
            cells_total=row.cells_total,
            error=row.error,
            error_trace=row.error_trace,
            notebook_path=str(folder / "notebook.ipynb"),
            log_path=str(folder / "log.txt"),
        )

    # -- notebooks -------------------------------------------------------------------------------------------------------

    def find_notebook(self, path: str) -> Path:
        """Find the file that a notebook path means.

        Paths are taken from the notebook root, also absolute ones and `/Workspace/…`; `.ipynb` may be left out. From the shell
        or a kernel, any other absolute path works too; over HTTP nothing outside the notebook root is reachable.
        """
        restricted = current_caller().source == "rest"
        return find_notebook(path, self._ground.root, self._ground.files, restricted=restricted)

    def _shown(self, file: Path) -> str:
        root = self._ground.root.resolve()
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


def _job(row: Row) -> Job:
    return Job(
        job_id=row.job_id,
        name=row.name,
        settings=JobSettings.model_validate(row.settings),
        creator=row.creator,
        run_as=row.run_as,
        created_at=row.created_ms,
        updated_at=row.updated_ms,
    )


def _run(row: Row, tasks: list[TaskRun]) -> JobRun:
    return JobRun(
        run_id=row.run_id,
        job_id=row.job_id,
        name=row.settings["name"],
        state=row.life_cycle,
        result=row.result,
        message=row.message,
        trigger=row.trigger,
        creator=row.creator,
        created_at=row.created_ms,
        start_time=row.start_ms,
        end_time=row.end_ms,
        cells_done=row.cells_done,
        cells_total=row.cells_total,
        parameters=row.parameters,
        notebook=row.settings["tasks"][0]["notebook_task"]["notebook_path"],
        error=row.error,
        tasks=tasks,
    )


def _choose(settings: JobSettings, own: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a run: the notebook's own defaults < the task's < the job's < this run's.

    A job document holds text only. Where that text is just the notebook's default, or the task's value, the latter is kept as it
    is: text need not read back as the same value.
    """
    chosen = dict(settings.task.notebook_task.base_parameters)
    for parameter in settings.parameters:
        known = chosen.get(parameter.name, own.get(parameter.name))
        if parameter.default != _text(known):
            chosen[parameter.name] = parameter.default
    return chosen | dict(given)


def _text(value: Any) -> str:
    """A parameter's default as text, which is all that a job document can hold."""
    return value if isinstance(value, str) else repr(value)
