"""``mlnb sql``, ``mlnb ingest`` and ``mlnb catalog``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlnb.cli.catalog_care import optimize, restore, vacuum
from mlnb.cli.output import emit, fail, json_option, workspace_command
from mlnb.cli.serve import serve

if TYPE_CHECKING:
    from mlnb.catalog.records import IngestReport
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
    emit(shown, json_flag, columns=result.columns, empty="No rows.")
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


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--as", "table", required=True, metavar="NAME", help="The table, catalog.schema.table.")
@click.option(
    "--mode",
    type=click.Choice(["append", "create", "replace"]),
    default="append",
    show_default=True,
    help="Add to the table, make a new one, or replace its rows.",
)
@click.option("--type", "types", multiple=True, metavar="COLUMN=TYPE", help="Type of a column; the others are found.")
@click.option("--max-rejects", type=float, default=0.1, show_default=True, help="Share of rows that may fail to fit.")
@click.option("--force", is_flag=True, help="Load files again that were loaded before.")
@json_option
@workspace_command
def ingest(
    ws: Workspace,
    paths: tuple[str, ...],
    table: str,
    mode: str,
    types: tuple[str, ...],
    max_rejects: float,
    force: bool,
    json_flag: bool,
) -> None:
    """Load CSV or Parquet files into a table, each file once.

    Rows that do not fit are kept in the table _rejected_NAME with file, line and reason.
    """
    chosen = dict(_type(item) for item in types)
    files = [Path(path) for path in paths]
    report = ws.catalog.ingest(files, table, mode=mode, types=chosen, max_rejects=max_rejects, force=force)
    if json_flag:
        emit(report, json_flag)
    else:
        _tell(report)


def _type(item: str) -> tuple[str, str]:
    name, equals, kind = item.partition("=")
    if not equals:
        fail(f"{item!r} is no type.", "Write --type COLUMN=TYPE, for example --type zip=string.")
    return name, kind


def _tell(report: IngestReport) -> None:
    click.echo(f"{report.rows:,} rows into {report.table}, version {report.version}.")
    for path in report.skipped_files:
        click.echo(f"Skipped {path}: it was loaded before (--force loads it again).")
    if report.rejected:
        click.echo(f"{report.rejected:,} rows do not fit; see {report.rejects_table}.")
    for warning in report.warnings:
        click.echo(f"Note: {warning}")


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


for command in (restore, optimize, vacuum):
    catalog.add_command(command)
