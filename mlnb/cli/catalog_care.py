"""``mlnb catalog restore|optimize|vacuum``: tables kept in order from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace


@click.command()
@click.argument("name")
@click.option("--version", type=click.IntRange(min=0), help="The version to go back to.")
@click.option("--timestamp", help="Or the last version made at or before this time (UTC).")
@json_option
@workspace_command
def restore(ws: Workspace, name: str, version: int | None, timestamp: str | None, json_flag: bool) -> None:
    """Make an earlier version of a table the newest one again."""
    commit = ws.catalog.table(name).restore(version, timestamp)
    if json_flag:
        emit(commit, json_flag)
    else:
        click.echo(f"{name} is as it was; that is version {commit.version} now.")


@click.command()
@click.argument("name")
@click.option("--zorder", multiple=True, metavar="COLUMN", help="Lay rows with near values of this column together.")
@json_option
@workspace_command
def optimize(ws: Workspace, name: str, zorder: tuple[str, ...], json_flag: bool) -> None:
    """Join a table's small files into large ones; the rows stay the same."""
    commit = ws.catalog.table(name).optimize(list(zorder))
    if json_flag:
        emit(commit, json_flag)
        return
    removed, added = (commit.metrics.get(key, 0) for key in ("numFilesRemoved", "numFilesAdded"))
    click.echo(
        f"{removed} files became {added}; version {commit.version}." if removed else "There was nothing to join."
    )


@click.command()
@click.argument("name")
@click.option("--retain-hours", type=click.FloatRange(min=0), help="Keep what versions younger than this need.")
@click.option(
    "--dry-run/--delete", default=True, show_default=True, help="Only say what would be deleted, or delete it."
)
@click.option("--force", is_flag=True, help="Insist on fewer hours than the settings ask for.")
@json_option
@workspace_command
def vacuum(ws: Workspace, name: str, retain_hours: float | None, dry_run: bool, force: bool, json_flag: bool) -> None:
    """Delete files that only old versions of a table need; pinned versions are kept."""
    report = ws.catalog.table(name).vacuum(retain_hours, dry_run, force=force)
    if json_flag:
        emit(report, json_flag)
        return
    what = "would be deleted (--delete does it)" if dry_run else "deleted"
    click.echo(f"{report.files} files, {report.size_bytes:,} bytes {what}.")
    click.echo(f"Versions from {report.oldest_readable} on can be read{' then' if dry_run else ''}.")
    for pin in report.pins:
        click.echo(f"Version {pin.version} is kept for {pin.owner}.")
