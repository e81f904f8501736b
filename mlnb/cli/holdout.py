"""``mlnb holdout``: rows kept for the final test, and who looked at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace
    from mlnb.scope.holdout_records import Holdout, HoldoutLook


@click.group()
def holdout() -> None:
    """Hold-outs: rows kept for the final test, with counted looks."""


@holdout.command("list")
@click.option("--retired", is_flag=True, help="Also those of the past.")
@json_option
@workspace_command
def list_holdouts(ws: Workspace, retired: bool, json_flag: bool) -> None:
    """List what is held out."""
    found = [ws.scopes.holdouts.get(one.id) for one in ws.scopes.holdouts.list(retired=retired)]
    rows = [one if json_flag else _row(one) for one in found]
    emit(rows, json_flag, empty="No rows are held out. Declare with `mlnb holdout declare TABLE --key COLUMN`.")


@holdout.command()
@click.argument("table")
@click.option("--key", multiple=True, metavar="COLUMN", help="All rows of one key are on one side; may be repeated.")
@click.option("--fraction", type=float, help="Share of the keys, 0.2 by default.")
@click.option("--time", metavar="COLUMN", help="Rows from --since on.")
@click.option("--since", help="A time, date or number.")
@click.option("--column", help="Rows whose column has --value.")
@click.option("--value", help="The value that marks held-out rows.")
@click.option("--looks", type=int, help="Looks allowed.")
@click.option("--may-look", multiple=True, metavar="WHO", help="user:NAME, group:NAME or agent:NAME.")
@click.option("--scope", metavar="CARD", help="The scope card whose signers decide about renewal.")
@workspace_command
def declare(
    ws: Workspace,
    table: str,
    key: tuple[str, ...],
    fraction: float | None,
    time: str | None,
    since: str | None,
    column: str | None,
    value: str | None,
    looks: int | None,
    may_look: tuple[str, ...],
    scope: str | None,
) -> None:
    """Hold rows of a table out."""
    made = ws.scopes.holdouts.declare(
        table,
        key=list(key) or None,
        fraction=fraction,
        time=time,
        since=since,
        column=column,
        value=value,
        looks=looks,
        may_look=list(may_look),
        scope=scope,
    )
    click.echo(str(made))


@holdout.command()
@click.argument("table")
@json_option
@workspace_command
def show(ws: Workspace, table: str, json_flag: bool) -> None:
    """Show a hold-out."""
    found = ws.scopes.holdouts.get(table)
    if json_flag:
        emit(found, json_flag)
    else:
        click.echo(str(found))


@holdout.command()
@click.argument("table")
@json_option
@workspace_command
def looks(ws: Workspace, table: str, json_flag: bool) -> None:
    """List the looks taken, oldest first."""
    rows = [one if json_flag else _look(one) for one in ws.scopes.holdouts.looks(table)]
    emit(rows, json_flag, empty="Nobody has looked yet.")


@holdout.command()
@click.argument("table")
@click.option("--looks", "more", type=int, required=True, help="How many more looks.")
@click.option("--reason", required=True, help="Why more looks do not spoil the test.")
@workspace_command
def renew(ws: Workspace, table: str, more: int, reason: str) -> None:
    """Allow more looks; a signer of its scope card may."""
    click.echo(str(ws.scopes.holdouts.renew(table, more, reason)))


@holdout.command()
@click.argument("table")
@click.option("--reason", default="", help="Why.")
@workspace_command
def retire(ws: Workspace, table: str, reason: str) -> None:
    """Hold the rows out no longer."""
    click.echo(str(ws.scopes.holdouts.retire(table, reason)))


def _row(one: Holdout) -> dict[str, object]:
    return {
        "table": one.table_name,
        "rule": str(one.rule),
        "held out": f"{one.excluded or 0:,} of {one.total:,}" if one.total is not None else "",
        "looks": f"{one.looks_used} of {one.looks_allowed}",
        "state": one.state,
        "scope": one.scope_name or "",
    }


def _look(one: HoldoutLook) -> dict[str, object]:
    return {
        "look": f"{one.number} of {one.allowed}",
        "purpose": one.purpose,
        "by": f"{one.actor} ({one.actor_kind})",
        "reason": one.reason or "",
        "run": (one.run_id or "")[:8],
        "at": one.at,
    }
