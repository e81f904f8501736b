"""``mlnb endpoints``: serve models and look at endpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlnb.cli.output import emit, fail, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace
    from mlnb.serving.records import Endpoint

_COLUMNS = ("name", "state", "model", "url", "requests", "errors", "message")


@click.group()
def endpoints() -> None:
    """REST endpoints of registered model versions."""


@endpoints.command("list")
@json_option
@workspace_command
def list_endpoints(ws: Workspace, json_flag: bool) -> None:
    """List the endpoints."""
    found = ws.endpoints.list()
    rows: list[Any] = list(found)
    if not json_flag:
        rows = [{**item.to_dict(), "model": f"{item.model_name} version {item.model_version}"} for item in found]
    emit(
        rows,
        json_flag,
        columns=None if json_flag else _COLUMNS,
        empty="No endpoints yet. Deploy a model: mlnb endpoints deploy CATALOG.SCHEMA.MODEL@ALIAS --name NAME.",
    )


@endpoints.command()
@click.argument("model")
@click.option("--name", help="Name of the endpoint (default: the model's).")
@click.option("--port", type=int, help="Take this port or fail (default: a free one).")
@click.option("--log", metavar="SCHEMA[.PREFIX]|off", help="Where requests are recorded (default: beside the model).")
@click.option("--durable/--no-durable", default=None, help="Whether an answer waits until its request is recorded.")
@click.option("--wait/--no-wait", default=True, help="Return when it answers.")
@click.option("--timeout", type=float, default=600, show_default=True, metavar="SECONDS", help="Wait at most so long.")
@json_option
@workspace_command
def deploy(
    ws: Workspace,
    model: str,
    name: str | None,
    port: int | None,
    log: str | None,
    durable: bool | None,
    wait: bool,
    timeout: float,
    json_flag: bool,
) -> None:
    """Serve MODEL (models:/CATALOG.SCHEMA.MODEL@ALIAS or …/VERSION); an endpoint that exists gets the new version."""
    found = ws.endpoints.deploy(
        model,
        endpoint=name,
        port=port,
        inference_table=True if log is None else False if log == "off" else log,
        durable=durable,
        wait=wait,
        timeout=timeout,
        on_progress=None if json_flag else lambda message: click.echo(message, err=True),
    )
    _show(found, json_flag)


@endpoints.command()
@click.argument("name")
@json_option
@workspace_command
def show(ws: Workspace, name: str, json_flag: bool) -> None:
    """Show an endpoint's state, address and the line that queries it."""
    _show(ws.endpoints.get(name), json_flag)


@endpoints.command()
@click.argument("name")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@workspace_command
def query(ws: Workspace, name: str, file: Path | None, json_flag: bool) -> None:
    """Ask an endpoint with the JSON records in FILE, or with its own example."""
    if file is None:
        answer = ws.endpoints.test(name)
    else:
        try:
            records = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            fail(f"{file} is not JSON: {error}", "Write a list of records: [{…}, {…}].")
        answer = ws.endpoints.query(name, dataframe_records=records if isinstance(records, list) else [records])
    if json_flag:
        emit(answer, json_flag)
        return
    emit([{"row": row, "prediction": value} for row, value in enumerate(answer.predictions)])


@endpoints.command()
@click.argument("name")
@click.option("--tail", type=int, default=50, show_default=True, help="How many lines.")
@json_option
@workspace_command
def logs(ws: Workspace, name: str, tail: int, json_flag: bool) -> None:
    """Print the end of an endpoint's log."""
    lines = ws.endpoints.logs(name, tail)
    if json_flag:
        emit([{"line": line} for line in lines], json_flag)
    else:
        for line in lines:
            click.echo(line)


@endpoints.command()
@click.argument("name")
@json_option
@workspace_command
def start(ws: Workspace, name: str, json_flag: bool) -> None:
    """Start a stopped endpoint."""
    _show(ws.endpoints.start(name), json_flag)


@endpoints.command()
@click.argument("name")
@json_option
@workspace_command
def stop(ws: Workspace, name: str, json_flag: bool) -> None:
    """Stop an endpoint; `start` brings it back at the same address."""
    _show(ws.endpoints.stop(name), json_flag)


@endpoints.command()
@click.argument("name")
@workspace_command
def delete(ws: Workspace, name: str) -> None:
    """Delete an endpoint; its inference tables stay."""
    ws.endpoints.delete(name)
    click.echo(f"Endpoint {name} is deleted; its inference tables stay.")


def _show(endpoint: Endpoint, json_flag: bool) -> None:
    if json_flag:
        emit(endpoint, json_flag)
    else:
        click.echo(str(endpoint))
