"""``mlnb eda``: profile a table or a file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace


@click.command()
@click.argument("source")
@click.option("--target", metavar="COLUMN", help="The column to predict: rank the others, look for leakage.")
@click.option("--columns", metavar="A,B", help="Look at these columns only.")
@click.option("--sample", type=int, metavar="N", help="Rows for associations (default 100,000).")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Save the page to this file.")
@json_option
@workspace_command
def eda(
    ws: Workspace,
    source: str,
    target: str | None,
    columns: str | None,
    sample: int | None,
    page: Path | None,
    json_flag: bool,
) -> None:
    """Show what SOURCE (a table name or a CSV or Parquet file) holds and what is wrong with it."""
    chosen = [name.strip() for name in columns.split(",") if name.strip()] if columns else None
    profile = ws.explore.profile(source, target=target, columns=chosen, sample=sample)
    if page is not None:
        ws.files.write_atomic(page, profile.to_html(standalone=True))
    if json_flag:
        emit(json.loads(profile.model_dump_json(exclude_none=True)), json_flag)
    else:
        click.echo(profile.to_text(shutil.get_terminal_size().columns))
