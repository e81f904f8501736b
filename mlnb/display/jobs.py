"""How jobs and their runs look in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.display import html

if TYPE_CHECKING:
    from mlnb.jobs.records import Job, JobRun

_TONES = {"SUCCESS": "ok", "FAILED": "bad", "TIMEDOUT": "bad", "CANCELED": "warn", "RUNNING": "info"}


def job_html(job: Job) -> str:
    """Render a job: its notebook and what can be set."""
    parameters = [[item.name, item.default] for item in job.settings.parameters]
    return html.card(
        f"Job {job.name}",
        [("job id", str(job.job_id)), ("notebook", html.code(job.notebook)), ("created", html.when(job.created_at))],
        body=[
            html.table(parameters, ["parameter", "default"]) if parameters else "",
            *(html.Safe(f'<p class="muted">{html.escape(text)}</p>') for text in job.warnings),
        ],
    )


def run_html(run: JobRun) -> str:
    """Render a run: how far it is or how it ended, and where its notebook is."""
    state = run.result or run.state
    task = run.task
    seconds = (run.end_time - run.start_time) / 1000 if run.end_time and run.start_time else None
    return html.card(
        f"Run of {run.name}",
        [
            ("run id", str(run.run_id)),
            ("cells", f"{run.cells_done} of {run.cells_total}"),
            ("attempt", task.attempt + 1 if task and task.attempt else None),
            ("started", html.when(run.start_time) or None),
            ("took", f"{seconds:.1f} s" if seconds is not None else None),
            ("parameters", ", ".join(f"{k} = {v}" for k, v in run.parameters.items()) or None),
            ("executed notebook", html.code(task.notebook_path) if task and task.notebook_path else None),
            ("error", run.error),
        ],
        state=(state.lower(), _TONES.get(state, "muted")),
    )


FORMATTERS = {"Job": job_html, "JobRun": run_html}
