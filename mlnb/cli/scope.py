"""``mlnb scope``: look at, write and sign scope cards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace


@click.group()
def scope() -> None:
    """Scope cards: what a model is for, how good it has to be, who signs."""


@scope.command("list")
@json_option
@workspace_command
def list_cards(ws: Workspace, json_flag: bool) -> None:
    """List the cards."""
    rows = [card if json_flag else _row(card) for card in ws.scopes.list()]
    emit(rows, json_flag, empty="No scope cards yet. Write one with %%scope NAME in a notebook or `mlnb scope put`.")


@scope.command()
@click.argument("name")
@click.option("--version", type=int, help="This version instead of the newest.")
@json_option
@workspace_command
def show(ws: Workspace, name: str, version: int | None, json_flag: bool) -> None:
    """Show a card as YAML."""
    card = ws.scopes.get(name, version)
    if json_flag:
        emit(card, json_flag)
    else:
        click.echo(str(card).rstrip())


@scope.command()
@click.argument("name")
@json_option
@workspace_command
def history(ws: Workspace, name: str, json_flag: bool) -> None:
    """List the versions of a card, newest first."""
    emit([card if json_flag else _row(card) for card in ws.scopes.history(name)], json_flag)


@scope.command()
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@workspace_command
def put(ws: Workspace, name: str, file: Path) -> None:
    """Write a card from a YAML file."""
    card = ws.scopes.put(name, file.read_text(encoding="utf-8"))
    click.echo(f"Scope card {name} is at version {card.version}, {card.state}.")
    for note in card.notes:
        click.echo(f"Note: {note}")


@scope.command()
@click.argument("name")
@click.argument("role")
@click.option("--reject", is_flag=True, help="Sign against it.")
@click.option("--comment", default="", help="Why.")
@workspace_command
def sign(ws: Workspace, name: str, role: str, reject: bool, comment: str) -> None:
    """Sign the newest version of a card in a role."""
    card = ws.scopes.sign(name, role, "reject" if reject else "approve", comment)
    click.echo(f"Scope card {name}, version {card.version}, is {card.state}.")


@scope.command()
@click.argument("problem")
@json_option
@workspace_command
def template(ws: Workspace, problem: str, json_flag: bool) -> None:
    """Print a card to begin with: classification, regression, forecasting, …."""
    found = ws.scopes.template(problem)
    if json_flag:
        emit(found, json_flag)
    else:
        click.echo(found.yaml.rstrip())


@scope.command()
@click.argument("name")
@click.argument("run")
@json_option
@workspace_command
def check(ws: Workspace, name: str, run: str, json_flag: bool) -> None:
    """Judge a run by a card; leaves with exit code 1 when a gate blocks."""
    report = ws.evaluation.gates(ws.runs.resolve(run), scope=name)
    if json_flag:
        emit(report, json_flag)
    else:
        click.echo(str(report))
    if not report.passed:
        raise SystemExit(1)


@scope.command()
@click.argument("name")
@click.argument("before", type=int, required=False)
@click.argument("after", type=int, required=False)
@json_option
@workspace_command
def diff(ws: Workspace, name: str, before: int | None, after: int | None, json_flag: bool) -> None:
    """Say what differs between two versions of a card, the newest and the one before by default."""
    found = ws.scopes.diff(name, before, after)
    if json_flag:
        emit(found, json_flag)
    else:
        click.echo(str(found))


@scope.command()
@click.argument("name")
@click.option("--reason", default="", help="Why.")
@workspace_command
def retire(ws: Workspace, name: str, reason: str) -> None:
    """Retire a card: nothing passes its gates from now on."""
    card = ws.scopes.retire(name, reason)
    click.echo(f"Scope card {name}, version {card.version}, is {card.state}.")


def _row(card: object) -> dict[str, object]:
    from mlnb.scope.records import Scope

    assert isinstance(card, Scope)
    return {
        "name": card.name,
        "version": card.version,
        "state": card.state,
        "problem": card.card.problem,
        "primary": card.card.primary.name,
        "owner": card.card.owner,
        "created_at": card.created_at,
    }
