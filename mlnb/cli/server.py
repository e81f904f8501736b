"""``mlnb server``: what the HTTP interface offers."""

from __future__ import annotations

import click

from mlnb.cli.output import emit, json_option


@click.group()
def server() -> None:
    """Describe the HTTP interface of the Jupyter server extension."""


@server.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 document."""
    from mlnb.server.openapi import text

    click.echo(text(), nl=False)


@server.command()
@json_option
def routes(json_flag: bool) -> None:
    """List every operation: verb, path, and what Jupyter's authorizer is asked."""
    from mlnb.server.router import load_routes

    rows = [
        {
            "verb": route.verb,
            "path": route.path,
            "resource": f"mlnb:{route.resource}",
            "action": route.effective_action,
            "summary": route.summary,
        }
        for route in load_routes()
    ]
    emit(rows, json_flag, columns=("verb", "path", "resource", "action"))
