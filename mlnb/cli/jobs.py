"""`mlnb run`: one notebook, here and now. `mlnb jobs`: notebooks as jobs, and their runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlnb.cli.output import emit, fail, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.core.notebooks.driver import CellProgress
    from mlnb.door import Workspace
    from mlnb.jobs.records import JobRun

_RUN_COLUMNS = ("run_id", "name", "state", "result", "cells", "created_at", "end_time")


def _values(pairs: tuple[str, ...]) -> dict[str, str]:
    """Parse `-p name=value` options."""
    for pair in pairs:
        if "=" not in pair:
            raise click.BadParameter(f"{pair!r} is not of the form name=value.", param_hint="-p")
    return dict(pair.split("=", 1) for pair in pairs)


@click.command("run")
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="Value of a parameter; may be repeated.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The executed copy (default: NAME.executed.ipynb)."
)
@click.option("--timeout", type=float, metavar="SECONDS", help="Stop the notebook after this time.")
@click.option("--kernel", metavar="NAME", help="Kernel to use instead of the notebook's own.")
def run(notebook: Path, pairs: tuple[str, ...], output: Path | None, timeout: float | None, kernel: str | None) -> None:
    """Run one notebook to its end and keep the executed copy.

    Needs no supervisor. The notebook itself is not changed.
    """
    from mlnb.jobs.client import execute_notebook

    result = execute_notebook(
        notebook,
        output or notebook.with_suffix(".executed.ipynb"),
        parameters=_values(pairs),
        on_progress=_print_progress,
        kernel_name=kernel,
        timeout=timeout,
    )
    click.echo(f"{result.cells_done} cells in {result.seconds:.1f} s. The executed copy is {result.output_path}.")


def _print_progress(cell: CellProgress) -> None:
    if cell.state == "running" and cell.ended is None and not cell.outputs_text:
        return
    if cell.ended is not None:
        seconds = (cell.ended - cell.started) / 1000
        mark = "failed" if cell.state == "error" else "done"
        first = cell.source.strip().partition("\n")[0][:60]
        click.echo(f"[{cell.cells_done}/{cell.cells_total}] {mark} in {seconds:.1f} s  {cell.title or first}")


@click.group()
def jobs() -> None:
    """Notebooks as jobs, and their runs."""


@jobs.command("list")
@json_option
@workspace_command
def list_jobs(ws: Workspace, json_flag: bool) -> None:
    """List the jobs with the newest run of each."""
    found = ws.jobs.summaries()
    if json_flag:
        emit(found, json_flag)
        return
    rows = []
    for job in found:
        last = job.last_run
        state = (last.result or last.state) if last else None
        rows.append({"job_id": job.job_id, "name": job.name, "notebook": job.notebook, "last run": state})
    emit(rows, empty="No jobs yet. Make one with `mlnb jobs create NOTEBOOK` or the notebook's Export as job button.")


@jobs.command("create")
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the job (default: the file's).")
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="Value of a parameter; may be repeated.")
@click.option("--retries", type=int, default=0, help="How often a failed run is tried again.")
@json_option
@workspace_command
def create(
    ws: Workspace, notebook: Path, name: str | None, pairs: tuple[str, ...], retries: int, json_flag: bool
) -> None:
    """Make a notebook a job."""
    path = notebook.resolve() if notebook.exists() else notebook
    emit(ws.jobs.from_notebook(path, name=name, parameters=_values(pairs), max_retries=retries), json_flag)


@jobs.command("run")
@click.argument("job")
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="Value of a parameter; may be repeated.")
@click.option("--wait/--no-wait", default=False, help="Wait for the end; exit code 1 unless it succeeds.")
@json_option
@workspace_command
def run_job(ws: Workspace, job: str, pairs: tuple[str, ...], wait: bool, json_flag: bool) -> None:
    """Run a job (its id or name) once, in the background."""
    started = ws.jobs.run_now(job, job_parameters=_values(pairs))
    shown = started.wait() if wait else started
    emit(shown if json_flag else _row(shown), json_flag)
    if wait and shown.result != "SUCCESS":
        fail(shown.error or f"The run ended as {shown.result or shown.state}.", f"mlnb jobs show {shown.run_id}")


@jobs.command("runs")
@click.option("--job", help="Only runs of this job (id or name).")
@click.option("--limit", type=int, default=25, show_default=True, help="How many runs.")
@json_option
@workspace_command
def list_runs(ws: Workspace, job: str | None, limit: int, json_flag: bool) -> None:
    """List runs, newest first."""
    page = ws.jobs.runs(job, limit=limit)
    rows: list[Any] = page.items if json_flag else [_row(item) for item in page.items]
    emit(rows, json_flag, columns=None if json_flag else _RUN_COLUMNS, empty="No job has run yet.")


@jobs.command("show")
@click.argument("run_id", type=int)
@json_option
@workspace_command
def show(ws: Workspace, run_id: int, json_flag: bool) -> None:
    """Show a run and its cells."""
    found, cells = ws.jobs.run(run_id), ws.jobs.cells(run_id)
    if json_flag:
        emit({**found.to_dict(), "cells": [cell.to_dict() for cell in cells]}, json_flag)
        return
    emit(_row(found))
    rows = [{"cell": c.index + 1, "state": c.state, "source": c.source, "output": c.outputs_text} for c in cells]
    emit([row for row, cell in zip(rows, cells, strict=True) if cell.cell_type == "code"])
    if found.error:
        click.echo(found.error)


@jobs.command("cancel")
@click.argument("run_id", type=int)
@workspace_command
def cancel(ws: Workspace, run_id: int) -> None:
    """Ask a run to stop."""
    emit(_row(ws.jobs.cancel(run_id)))


@jobs.command("delete")
@click.argument("job")
@workspace_command
def delete(ws: Workspace, job: str) -> None:
    """Delete a job; its runs stay."""
    ws.jobs.delete(job)


def _row(found: JobRun) -> dict[str, Any]:
    return {
        "run_id": found.run_id,
        "name": found.name,
        "state": found.state,
        "result": found.result,
        "cells": f"{found.cells_done}/{found.cells_total}",
        "created_at": found.created_at,
        "end_time": found.end_time,
    }
