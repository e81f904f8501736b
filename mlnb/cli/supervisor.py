"""``mlnb up``, ``mlnb down``, ``mlnb status``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace


@click.command()
@click.option("--foreground", is_flag=True, help="Run it in this terminal until Ctrl+C, for example under systemd.")
@workspace_command
def up(ws: Workspace, foreground: bool) -> None:
    """Start the supervisor of this workspace.

    It keeps endpoints, job runs and monitor refreshes going, with or without Jupyter. One runs per workspace: when it runs already,
    this says so.
    """
    if foreground:
        from mlnb.door import main

        sys.exit(main([str(ws.path)]))
    before = ws.supervisor.status()
    status = ws.supervisor.start()
    word = "runs already" if before.running else "started"
    click.echo(f"The supervisor {word} (process {status.pid}). Workspace: {ws.path}")


@click.command()
@workspace_command
def down(ws: Workspace) -> None:
    """Stop the supervisor.

    What it started goes on, and the next supervisor adopts it; stop an endpoint with `mlnb endpoints stop NAME`.
    """
    if not ws.supervisor.status().running:
        click.echo("The supervisor does not run.")
        return
    ws.supervisor.stop()
    click.echo("The supervisor stopped. Endpoints that were running go on; `mlnb up` adopts them.")


@click.command()
@json_option
@workspace_command
def status(ws: Workspace, json_flag: bool) -> None:
    """Show the workspace, its supervisor and what needs attention."""
    from mlnb.server.route import Empty
    from mlnb.server.status import get_status

    found = get_status(ws, Empty())
    if json_flag:
        emit(found, True)
        return
    supervisor = f"runs (process {found.supervisor.pid})" if found.supervisor.running else "does not run: mlnb up"
    counts = found.counts
    rows = {
        "workspace": found.workspace.path,
        "user": found.user,
        "version": found.version,
        "supervisor": supervisor,
        "running": f"{counts.running} runs and jobs",
        "waiting": f"{counts.requests} requests for a decision",
        "alerts": f"{counts.alerts} open",
        "journal": f"{ws.journal.last_id()} events",
    }
    if os.environ.get("MLNB_WORKSPACE"):
        rows["chosen by"] = "MLNB_WORKSPACE"
    emit(rows)
