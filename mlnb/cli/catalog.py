"""``mlnb sql`` and ``mlnb catalog``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from mlnb.cli.catalog_care import optimize, restore, vacuum
from mlnb.cli.catalog_discovery import export_openlineage, lineage, search
from mlnb.cli.catalog_rights import grants
from mlnb.cli.output import emit, fail, json_option, workspace_command
from mlnb.cli.serve import serve

if TYPE_CHECKING:
    from mlnb.door import Workspace


@click.command()
@click.argument("statement")
@click.option("--param", "-p", "params", multiple=True, metavar="NAME=VALUE", help="Value of :NAME; JSON, else text.")
@click.option(
    "--limit", type=click.IntRange(min=0), default=100, show_default=True, help="Print at most this many rows."
)
@json_option
@workspace_command
def sql(ws: Workspace, statement: str, params: tuple[str, ...], limit: int, json_flag: bool) -> None:
    """Run one SQL STATEMENT ("-" reads it from standard input)."""
    text = sys.stdin.read() if statement == "-" else statement
    result = ws.sql(text, dict(_param(item) for item in params))
    shown = result.rows(limit)
    emit(shown, json_flag, columns=result.columns, empty="No rows." if result.columns else repr(result))
    if not json_flag and result.num_rows > limit:
        click.echo(f"… {result.num_rows - limit:,} more rows (--limit shows more)")


def _param(item: str) -> tuple[str, Any]:
    name, equals, text = item.partition("=")
    if not equals or not name.isidentifier():
        fail(f"{item!r} is no parameter.", "Write --param NAME=VALUE.")
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text


@click.group()
def catalog() -> None:
    """Look at catalogs, schemas and tables."""


catalog.add_command(serve)


@catalog.command()
@click.argument("name", default="")
@json_option
@workspace_command
def ls(ws: Workspace, name: str, json_flag: bool) -> None:
    """List catalogs, the schemas of a catalog, or the tables of catalog.schema."""
    token, rows = None, []
    while True:
        page = ws.catalog.tree(name, page_token=token)
        rows += [{"name": n.name, "kind": n.kind, "detail": n.detail, "comment": n.comment} for n in page.items]
        token = page.next_page_token
        if token is None:
            break
    emit(rows, json_flag, empty="Nothing here yet. Load a file: mlnb ingest FILE --as main.default.NAME")


@catalog.command()
@click.argument("name")
@json_option
@workspace_command
def describe(ws: Workspace, name: str, json_flag: bool) -> None:
    """Show a table: its columns, size, key and where it lies."""
    info = ws.catalog.table(name).info
    if json_flag:
        emit(info, json_flag)
        return
    about = {
        "name": info.full_name,
        "comment": info.comment,
        "version": info.version,
        "rows": info.num_rows,
        "bytes": info.size_bytes,
        "files": info.num_files,
        "primary key": ", ".join(info.primary_key) or None,
        "owner": info.owner,
        "location": info.storage_location,
        "created_at": info.created_at,
        "updated_at": info.updated_at,
    }
    emit({key: value for key, value in about.items() if value is not None})
    click.echo()
    emit([{"column": c.name, "type": c.type_text, "comment": c.comment} for c in info.columns])


@catalog.command()
@click.argument("name")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many commits.")
@json_option
@workspace_command
def history(ws: Workspace, name: str, limit: int, json_flag: bool) -> None:
    """List a table's commits, newest first."""
    columns = ["version", "time", "operation", "user", "notebook", "run_id", "rows"]
    rows = [
        {**commit.to_dict(), "time": commit.timestamp, "rows": commit.num_affected_rows or None}
        for commit in ws.catalog.history(name, limit)
    ]
    emit(rows, json_flag, columns=columns)


for command in (restore, optimize, vacuum, search, lineage, grants, export_openlineage):
    catalog.add_command(command)
