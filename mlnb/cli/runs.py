"""``mlnb runs``: look at experiments and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlnb.cli.output import emit, json_option, workspace_command
from mlnb.cli.runs_background import COMMANDS as BACKGROUND
from mlnb.cli.runs_keeping import COMMANDS as KEEPING

if TYPE_CHECKING:
    from mlnb.door import Workspace
    from mlnb.training.records import RunRecord


@click.group()
def runs() -> None:
    """Experiments and runs."""


@runs.command("list")
@click.argument("filter", default="")
@click.option("--experiment", "-e", help="Only of this experiment (name or id).")
@click.option("--sort", multiple=True, help='Such as "metrics.roc_auc DESC"; the newest first by default.')
@click.option("--column", "columns", multiple=True, help="Show this column, such as metrics.roc_auc; may be repeated.")
@click.option("--limit", default=20, show_default=True, help="At most so many.")
@json_option
@workspace_command
def list_runs(
    ws: Workspace,
    filter: str,
    experiment: str | None,
    sort: tuple[str, ...],
    columns: tuple[str, ...],
    limit: int,
    json_flag: bool,
) -> None:
    """List runs; FILTER is MLflow's: "metrics.roc_auc > 0.7"."""
    page = ws.runs.search(filter, experiments=experiment, order_by=sort, columns=list(columns) or None, limit=limit)
    rows = page.rows()
    if not json_flag:
        rows = [_shown(row) for row in rows]
    emit(rows, json_flag, empty="No runs. Run a cell with %%mlrun in a notebook.")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Shorten the id and the keys for reading."""
    short = {key.removeprefix("attributes."): value for key, value in row.items()}
    return {**short, "run_id": row["run_id"][:8]}


@runs.command()
@json_option
@workspace_command
def experiments(ws: Workspace, json_flag: bool) -> None:
    """List experiments, the last used first."""
    emit(ws.runs.experiments(), json_flag, empty="No experiments yet.")


@runs.command()
@click.argument("run")
@json_option
@workspace_command
def show(ws: Workspace, run: str, json_flag: bool) -> None:
    """Show a run: id, the first 8 of it, name, @last or @best:METRIC."""
    record = ws.runs.get(run)
    evaluations = ws.evaluation.list(record.run_id)
    if json_flag:
        emit({**record.to_dict(), "evaluations": [item.to_dict() for item in evaluations]}, json_flag)
        return
    emit(_facts(record))
    for item in evaluations:
        click.echo("")
        click.echo(str(item))


def _facts(record: RunRecord) -> dict[str, Any]:
    data = {
        direction: ", ".join(f"{item.name}@{item.version}" for item in record.data if item.direction == direction)
        for direction in ("read", "written")
    }
    facts: dict[str, Any] = {
        "run_id": record.run_id,
        "name": record.name,
        "experiment": record.experiment_name,
        "status": record.status,
        "start_time": record.start_time,
        "end_time": record.end_time,
        "user": record.user,
        "error": record.error,
        "notebook": record.source.notebook,
        "commit": record.git.commit,
        **data,
        "models": ", ".join(model.uri for model in record.models),
        **{f"params.{key}": value for key, value in record.params.items()},
        **{f"metrics.{key}": value for key, value in record.metrics.items()},
    }
    return {key: value for key, value in facts.items() if value not in (None, "")}


for _command in (*BACKGROUND, *KEEPING):
    runs.add_command(_command)
