"""``mlnb catalog serve``: the catalog for clients elsewhere, without Jupyter."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import click

from mlnb.cli.output import workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="0 takes a free one.")
@click.option("--address", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 is everywhere.")
@workspace_command
def serve(ws: Workspace, port: int, address: str) -> None:
    """Answer the catalog's REST API (Unity Catalog 2.1, SQL statements, files) without Jupyter.

    The token is MLNB_TOKEN, or a new one that is printed. Whoever has it acts as the workspace's user.
    """
    from mlnb.server.standalone import serve as run

    token = os.environ.get("MLNB_TOKEN") or secrets.token_urlsafe(24)

    def started(at: int) -> None:
        shown = "the value of MLNB_TOKEN" if os.environ.get("MLNB_TOKEN") else token
        click.echo(f"Catalog at http://{address}:{at}  token: {shown}")
        click.echo(f"Open clients (Unity Catalog's own): http://{address}:{at}/oss")

    try:
        run(ws.path, token, address=address, port=port, started=started)
    except OSError as error:
        raise click.ClickException(f"Cannot listen on {address}:{port}: {error.strerror}.") from error
    except KeyboardInterrupt:
        click.echo("Stopped.")
