"""``mlnb runs running|log|stop``: follow and stop runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace

#: Seconds between two looks at a log that is followed.
_LOOK_S = 0.5


@click.command()
@click.option("--all", "ended", is_flag=True, help="Also those that have ended.")
@json_option
@workspace_command
def running(ws: Workspace, ended: bool, json_flag: bool) -> None:
    """List runs in the background, the newest first."""
    states = ["QUEUED", "RUNNING", "STOPPING", "ENDED"] if ended else None
    found = ws.runs.backgrounds(states)
    if json_flag:
        emit(found, json_flag)
        return
    rows = [
        {
            "run_id": item.run_id[:8],
            "name": item.name,
            "status": item.status,
            "state": item.state,
            "cells": f"{sum(cell.state == 'done' for cell in item.cells)} of {len(item.cells)}",
            "started": item.started_at,
            "doing": next((cell.line for cell in item.cells if cell.state == "running"), ""),
        }
        for item in found
    ]
    emit(rows, json_flag, empty="Nothing runs in the background. Head a cell with %%mlrun --background.")


@click.command()
@click.argument("run")
@click.option("--follow", "-f", is_flag=True, help="Go on printing until the run is over.")
@workspace_command
def log(ws: Workspace, run: str, follow: bool) -> None:
    """Print what a run printed: all of it, or on and on while it runs."""
    run_id, offset = ws.runs.resolve(run), 0
    while True:
        part = ws.runs.log(run_id, offset)
        click.echo(part.text, nl=False)
        offset = part.next_offset
        if part.done or (not follow and offset >= part.total):
            return
        if not part.text:
            time.sleep(_LOOK_S)


@click.command()
@click.argument("run")
@click.option("--wait/--no-wait", default=True, help="Return when it has ended.")
@json_option
@workspace_command
def stop(ws: Workspace, run: str, wait: bool, json_flag: bool) -> None:
    """Stop a run: one in the background, or a cell of a notebook's kernel."""
    found = ws.runs.stop(run)
    if wait and found.executor != "kernel":
        found = ws.runs.background_run(found.run_id).wait(60)
    emit(found if json_flag else {"run_id": found.run_id, "name": found.name, "status": found.status}, json_flag)


COMMANDS = (running, log, stop)
