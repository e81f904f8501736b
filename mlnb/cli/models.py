"""``mlnb models``: registered models, requests and approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace

_TO = click.option("--to", required=True, metavar="ALIAS", help="The alias, such as @champion.")
_COMMENT = click.option("--comment", help="Why.")


@click.group()
def models() -> None:
    """Registered models, their versions, requests and approvals."""


@models.command("list")
@click.option("--filter", "text", metavar="FILTER", help="In MLflow's language: \"name LIKE '%flights%'\".")
@json_option
@workspace_command
def list_models(ws: Workspace, text: str | None, json_flag: bool) -> None:
    """List the models."""
    columns = ["name", "latest_version", "aliases", "open_requests", "updated_at"]
    emit(ws.models.search(text).items, json_flag, columns=columns, empty="Nothing is registered yet.")


@models.command()
@click.argument("name")
@click.argument("version", required=False)
@json_option
@workspace_command
def show(ws: Workspace, name: str, version: str | None, json_flag: bool) -> None:
    """Show a model with its versions, or one version."""
    if version is not None:
        emit(ws.models.version(name, version), json_flag)
        return
    model = ws.models.get(name)
    if json_flag:
        emit(model, json_flag)
        return
    click.echo(str(model))
    emit(model.versions, columns=["version", "aliases", "user", "created_at", "run_id"], empty="No versions yet.")


@models.command()
@click.argument("uri")
@click.argument("name")
@click.option("--alias", help="Give this alias to the new version.")
@click.option("--tag", "tags", metavar="K=V", multiple=True, help="Tag of the version.")
@click.option("--description", help="Description of the version.")
@json_option
@workspace_command
def register(
    ws: Workspace,
    uri: str,
    name: str,
    alias: str | None,
    tags: tuple[str, ...],
    description: str | None,
    json_flag: bool,
) -> None:
    """Register the model at URI (runs:/RUN/NAME or models:/m-…) as the next version of NAME."""
    wrong = [tag for tag in tags if "=" not in tag]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is not of the form name=value.", param_hint="--tag")
    pairs = dict(tag.split("=", 1) for tag in tags)
    version = ws.models.register(uri, name, alias=alias, description=description, tags=pairs)
    emit(version, True) if json_flag else click.echo(str(version))


@models.command()
@click.argument("name")
@click.argument("version")
@_TO
@_COMMENT
@click.option("--request", is_flag=True, help="Ask those whom the scope card names.")
@json_option
@workspace_command
def promote(
    ws: Workspace, name: str, version: str, to: str, comment: str | None, request: bool, json_flag: bool
) -> None:
    """Let an alias name a version, or ask for it."""
    moved = ws.models.promote(name, version, to, comment=comment, request=request)
    emit(moved, True) if json_flag else click.echo(str(moved))


@models.command()
@click.argument("name")
@click.argument("version")
@_TO
@_COMMENT
@json_option
@workspace_command
def approve(ws: Workspace, name: str, version: str, to: str, comment: str | None, json_flag: bool) -> None:
    """Approve what was asked for."""
    decision = ws.models.approve(name, version, to, comment=comment)
    emit(decision, True) if json_flag else click.echo(str(decision))


@models.command()
@click.argument("name")
@click.argument("version")
@_TO
@_COMMENT
@json_option
@workspace_command
def reject(ws: Workspace, name: str, version: str, to: str, comment: str | None, json_flag: bool) -> None:
    """Reject what was asked for."""
    decision = ws.models.reject(name, version, to, comment=comment)
    emit(decision, True) if json_flag else click.echo(str(decision))


@models.command()
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="Closed ones too.")
@json_option
@workspace_command
def requests(ws: Workspace, name: str | None, every: bool, json_flag: bool) -> None:
    """List open requests."""
    columns = ["name", "version", "target", "creator", "state", "comment", "created_at"]
    emit(
        ws.models.requests(name, state=None if every else "open"), json_flag, columns=columns, empty="No open requests."
    )


@models.command()
@click.argument("name")
@click.argument("version")
@click.option("--to", default="@champion", show_default=True, metavar="ALIAS", help="The alias it is judged for.")
@json_option
@workspace_command
def check(ws: Workspace, name: str, version: str, to: str, json_flag: bool) -> None:
    """Judge a version by its scope card; exit code 1 when a gate blocks."""
    report = ws.models.check(name, version, to)
    if json_flag:
        emit(report, json_flag)
    else:
        emit(report.results, columns=["status", "gate", "observed", "required", "message"])
    if not report.passed:
        raise SystemExit(1)


@models.command()
@click.argument("name")
@click.option("--limit", type=int, default=20, show_default=True, help="How many events.")
@json_option
@workspace_command
def activity(ws: Workspace, name: str, limit: int, json_flag: bool) -> None:
    """List what happened to a model, newest first."""
    emit(ws.models.activities(name, limit=limit), json_flag, columns=["time", "actor", "text", "comment"])
