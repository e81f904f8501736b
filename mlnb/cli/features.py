"""``mlnb features``: look at feature tables and publish them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace
    from mlnb.features.records import FeatureTableInfo


@click.group()
def features() -> None:
    """Feature tables: what there is, and what is in the online store."""


@features.command("list")
@click.option("--filter", "text", default="", help="Part of a name, a description or a feature.")
@json_option
@workspace_command
def list_tables(ws: Workspace, text: str, json_flag: bool) -> None:
    """List feature tables."""
    tables = ws.features.tables(filter=text)
    rows = [table if json_flag else _row(table) for table in tables]
    emit(
        rows, json_flag, empty="No feature tables yet. Make one with ws.features.create_table(name, primary_keys, df)."
    )


@features.command()
@click.argument("name")
@json_option
@workspace_command
def show(ws: Workspace, name: str, json_flag: bool) -> None:
    """Show a feature table."""
    emit(ws.features.get_table(name), json_flag)


@features.command()
@click.argument("name")
@json_option
@workspace_command
def publish(ws: Workspace, name: str, json_flag: bool) -> None:
    """Put a feature table's newest version into the online store."""
    emit(ws.features.publish_table(name), json_flag)


def _row(table: FeatureTableInfo) -> dict[str, object]:
    return {
        "name": table.name,
        "key": ", ".join(table.primary_keys),
        "features": len(table.features),
        "rows": table.rows,
        "version": table.version,
        "online": f"version {table.online.published_version}" if table.online else "",
        "updated_at": table.updated_at,
    }
