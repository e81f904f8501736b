"""``mlnb runs``: look at experiments and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlnb.cli.output import emit, json_option, workspace_command
from mlnb.cli.runs_background import COMMANDS as BACKGROUND
from mlnb.cli.runs_finding import COMMANDS as FINDING
from mlnb.cli.runs_keeping import COMMANDS as KEEPING
from mlnb.cli.runs_replay import COMMANDS as REPLAY

if TYPE_CHECKING:
    from mlnb.door import Workspace
    from mlnb.training.records import RunRecord


@click.group()
def runs() -> None:
    """Experiments and runs."""


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
        direction: ", ".join(str(item) for item in record.data if item.direction == direction)
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


for _command in (*FINDING, *BACKGROUND, *KEEPING, *REPLAY):
    runs.add_command(_command)
