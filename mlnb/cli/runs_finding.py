"""``mlnb runs list|diff|compare|csv``: find runs and compare them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlnb.door import Workspace

_EMPTY = "No runs. Run a cell with %%mlrun in a notebook."


def _which(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which runs and which columns."""
    for option in reversed(
        (
            click.argument("filter", default=""),
            click.option("--experiment", "-e", help="Only of this experiment (name or id)."),
            click.option("--sort", multiple=True, help='Such as "metrics.roc_auc DESC"; the newest first by default.'),
            click.option("--column", "columns", multiple=True, help="Such as metrics.roc_auc; may be repeated."),
            click.option("--state", multiple=True, help="Such as FAILED; may be repeated."),
            click.option("--deleted", is_flag=True, help="Those in the trash."),
        )
    ):
        command = option(command)
    return command


def _asked(experiment: str | None, sort: tuple[str, ...], state: tuple[str, ...], deleted: bool) -> dict[str, Any]:
    states = [item.upper() for item in state] or None
    return {"experiments": experiment, "order_by": sort, "state": states, "deleted": deleted}


@click.command("list")
@_which
@click.option("--group", help="A line for each value of a parameter, tag or attribute.")
@click.option("--limit", default=20, show_default=True, help="At most so many.")
@json_option
@workspace_command
def list_runs(
    ws: Workspace,
    filter: str,
    columns: tuple[str, ...],
    group: str | None,
    limit: int,
    json_flag: bool,
    **which: Any,
) -> None:
    """List runs; FILTER is MLflow's: "metrics.roc_auc > 0.7"."""
    asked = _asked(**which)
    if group is not None:
        groups = ws.runs.groups(group, filter, columns=list(columns) or None, **asked)
        rows: list[Any] = [
            {group: item.value, "runs": item.runs, **{key: found.mean for key, found in item.metrics.items()}}
            for item in groups
        ]
        emit(groups if json_flag else rows, json_flag, empty=_EMPTY)
        return
    page = ws.runs.search(filter, columns=list(columns) or None, limit=limit, **asked)
    for line in [] if asked["deleted"] else ws.runs.unknown(columns, filter, experiments=asked["experiments"]):
        click.echo(line, err=True)
    rows = page.rows()
    emit(rows if json_flag else [_shown(row) for row in rows], json_flag, empty=_EMPTY)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Shorten the id and the keys for reading."""
    short = {key.removeprefix("attributes."): value for key, value in row.items()}
    return {**short, "run_id": row["run_id"][:8]}


@click.command()
@click.argument("a")
@click.argument("b")
@json_option
@workspace_command
def diff(ws: Workspace, a: str, b: str, json_flag: bool) -> None:
    """Say what differs between two runs: ids, names, @last or @best:METRIC."""
    found = ws.runs.diff(a, b)
    emit(found, True) if json_flag else click.echo(str(found))


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--all", "everything", is_flag=True, help="Also what is the same.")
@json_option
@workspace_command
def compare(ws: Workspace, runs: tuple[str, ...], everything: bool, json_flag: bool) -> None:
    """Show runs side by side: what differs between their parameters, metrics and tags."""
    found = ws.runs.compare(runs)
    if json_flag:
        emit(found, True)
        return
    names = [f"{run.name} {run.run_id[:8]}" for run in found.runs]
    rows = [
        {"": f"{area}.{row.key}", **dict(zip(names, row.values, strict=True))}
        for area in ("attributes", "params", "metrics", "tags")
        for row in getattr(found, area)
        if row.differs or everything
    ]
    emit(rows, empty="Nothing differs.")


@click.command("csv")
@_which
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File; standard output by default."
)
@workspace_command
def csv_runs(ws: Workspace, filter: str, columns: tuple[str, ...], output: Path | None, **which: Any) -> None:
    """Write runs as CSV, at most 50,000; by default with every metric and parameter of the newest."""
    parts = ws.runs.csv(filter, columns=list(columns) or None, **_asked(**which))
    if output is None:
        for part in parts:
            click.echo(part, nl=False)
        return
    ws.files.write_atomic(output, "".join(parts))
    click.echo(f"Written to {output}.", err=True)


COMMANDS = (list_runs, diff, compare, csv_runs)
