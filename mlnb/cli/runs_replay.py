"""``mlnb runs replay|source``: run a run again, and see what it executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace


@click.command()
@click.argument("run")
@click.option(
    "--notebook", is_flag=True, help="All code cells of the notebook as it was, not only those the run follows from."
)
@click.option("--env", type=click.Choice(["same", "locked"]), default="same", show_default=True, help="Packages.")
@click.option("--data", type=click.Choice(["pinned", "latest"]), default="pinned", show_default=True, help="Tables.")
@click.option("--rtol", type=float, default=1e-9, show_default=True, help="Relative tolerance of metrics.")
@click.option("--atol", type=float, default=0.0, show_default=True, help="Absolute tolerance of metrics.")
@click.option("--timeout", type=float, metavar="MINUTES", help="Stop it after so long.")
@click.option("--wait/--no-wait", default=True, help="Return when it is over.")
@json_option
@workspace_command
def replay(
    ws: Workspace,
    run: str,
    notebook: bool,
    env: str,
    data: str,
    rtol: float,
    atol: float,
    timeout: float | None,
    wait: bool,
    json_flag: bool,
) -> None:
    """Make a run again in a clean process; ends with status 1 when it does not come out the same."""
    report = ws.runs.replay(
        run,
        mode="notebook" if notebook else "cells",
        env=env,  # type: ignore[arg-type]
        data=data,  # type: ignore[arg-type]
        rtol=rtol,
        atol=atol,
        timeout=timeout * 60 if timeout else None,
        wait=wait,
    )
    if json_flag:
        emit(report, json_flag)
    else:
        click.echo(str(report))
    if report.verdict in ("DIFFERENT", "FAILED"):
        raise SystemExit(1)


@click.command()
@click.argument("run")
@json_option
@workspace_command
def source(ws: Workspace, run: str, json_flag: bool) -> None:
    """Print the cells a run follows from, and whether the notebook makes it again."""
    found = ws.runs.source(run)
    if json_flag:
        emit(found, json_flag)
    else:
        click.echo(str(found))


COMMANDS = (replay, source)
