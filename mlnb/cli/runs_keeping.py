"""``mlnb runs tag|pin|…|trash|restore|purge|usage``: what is done to runs that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace
    from mlnb.training.records_keeping import ActionReport

_RUNS = click.argument("runs", nargs=-1, required=True)


@click.command()
@_RUNS
@click.option("--set", "pair", metavar="K=V", help="Set this tag.")
@click.option("--remove", metavar="K", help="Take this tag away.")
@json_option
@workspace_command
def tag(ws: Workspace, runs: tuple[str, ...], pair: str | None, remove: str | None, json_flag: bool) -> None:
    """Set a tag on RUNS, or take one away."""
    if (pair is None) == (remove is None):
        raise click.UsageError("Say what to do: --set NAME=VALUE or --remove NAME.")
    if remove is not None:
        _report(ws.runs.untag(runs, remove), json_flag)
        return
    key, equals, value = (pair or "").partition("=")
    if not equals:
        raise click.BadParameter(f"{pair!r} is not of the form name=value.", param_hint="--set")
    _report(ws.runs.tag(runs, key, value), json_flag)


@click.command()
@_RUNS
@json_option
@workspace_command
def pin(ws: Workspace, runs: tuple[str, ...], json_flag: bool) -> None:
    """Pin RUNS: they stand first, and no purge takes them."""
    _report(ws.runs.pin(runs), json_flag)


@click.command()
@_RUNS
@json_option
@workspace_command
def unpin(ws: Workspace, runs: tuple[str, ...], json_flag: bool) -> None:
    """Take pins away."""
    _report(ws.runs.unpin(runs), json_flag)


@click.command()
@click.argument("run")
@click.argument("name")
@json_option
@workspace_command
def rename(ws: Workspace, run: str, name: str, json_flag: bool) -> None:
    """Give RUN another NAME."""
    _report(ws.runs.rename(run, name), json_flag)


@click.command()
@click.argument("run")
@click.argument("text")
@json_option
@workspace_command
def annotate(ws: Workspace, run: str, text: str, json_flag: bool) -> None:
    """Write the note TEXT on RUN; an empty one takes it away."""
    _report(ws.runs.annotate(run, text), json_flag)


@click.command()
@_RUNS
@click.option("--to", "experiment", required=True, metavar="EXPERIMENT", help="Name or id.")
@json_option
@workspace_command
def move(ws: Workspace, runs: tuple[str, ...], experiment: str, json_flag: bool) -> None:
    """Move RUNS, with those nested below them, to another experiment."""
    _report(ws.runs.move(runs, experiment), json_flag)


@click.command()
@_RUNS
@json_option
@workspace_command
def trash(ws: Workspace, runs: tuple[str, ...], json_flag: bool) -> None:
    """Put RUNS, with those nested below them, into the trash."""
    _report(ws.runs.trash(runs), json_flag)


@click.command()
@_RUNS
@json_option
@workspace_command
def restore(ws: Workspace, runs: tuple[str, ...], json_flag: bool) -> None:
    """Take RUNS out of the trash."""
    _report(ws.runs.restore(runs), json_flag)


@click.command()
@click.argument("runs", nargs=-1)
@click.option("--older-than", metavar="TIME", help="Only those in the trash at least so long: 30d, 12h.")
@click.option("--yes", is_flag=True, help="Remove them; without it, only what would be removed is shown.")
@json_option
@workspace_command
def purge(ws: Workspace, runs: tuple[str, ...], older_than: str | None, yes: bool, json_flag: bool) -> None:
    """Remove runs in the trash for good: RUNS, or all that are there longer than trash_days."""
    plan = ws.runs.purge(runs or None, older_than=older_than, dry_run=not yes)
    if json_flag:
        emit(plan, json_flag)
        return
    click.echo(str(plan))
    if plan.runs and not yes:
        click.echo("Nothing was removed. Add --yes to remove them; this cannot be undone.")


@click.command()
@click.argument("experiment")
@json_option
@workspace_command
def usage(ws: Workspace, experiment: str, json_flag: bool) -> None:
    """Show the room that the runs of EXPERIMENT (name or id) take."""
    found = ws.runs.usage(experiment)
    emit(found, True) if json_flag else click.echo(str(found))


def _report(report: ActionReport, json_flag: bool) -> None:
    emit(report, True) if json_flag else click.echo(str(report))


COMMANDS = (tag, pin, unpin, rename, annotate, move, trash, restore, purge, usage)
