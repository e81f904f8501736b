"""``mlnb eda``: profile a table or a file."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlnb.cli.output import emit, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace

_FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)


@click.command()
@click.argument("source")
@click.option("--target", metavar="COLUMN", help="The column to predict: rank the others, look for leakage.")
@click.option("--time", "time_column", metavar="COLUMN", help="When a row happened: periods, gaps, drift.")
@click.option("--group", metavar="COLUMN", help="What rows belong to; its rows stay together.")
@click.option("--compare", metavar="SOURCE", help="Lay another table or file beside it.")
@click.option("--split", metavar="COLUMN", help="Compare the two sides of this column.")
@click.option("--columns", metavar="A,B", help="Look at these columns only.")
@click.option("--exclude", metavar="COLUMN", multiple=True, help="Leave this column out; may be repeated.")
@click.option("--where", metavar="SQL", help="A condition that the rows satisfy.")
@click.option("--sample", metavar="N|none", default="auto", help="Rows of the first page (default 100,000).")
@click.option("--no-scan", is_flag=True, help="Stay with the sample: do not read all rows.")
@click.option("--precise", is_flag=True, help="Quantiles, distinct and top values exactly too.")
@click.option("--scope", metavar="NAME", help="A scope card: its target, and the columns it forbids.")
@click.option("--include-holdout", metavar="REASON", help="With held-out rows: one counted look.")
@click.option("--fresh", is_flag=True, help="Make it again also when this version was profiled before.")
@click.option("--log", "log_run", is_flag=True, help="Log page and figures to a new MLflow run.")
@click.option("--html", "page", type=_FILE, help="Save the page to this file.")
@click.option("--notebook", type=click.Path(dir_okay=False), help="Also write a notebook in plain pandas to this file.")
@click.option(
    "--json",
    "figures",
    is_flag=False,
    flag_value="-",
    type=_FILE,
    help="Print the figures as JSON, or save them to this file.",
)
@workspace_command
def eda(
    ws: Workspace,
    source: str,
    compare: str | None,
    split: str | None,
    columns: str | None,
    exclude: tuple[str, ...],
    sample: str,
    no_scan: bool,
    precise: bool,
    scope: str | None,
    fresh: bool,
    log_run: bool,
    page: Path | None,
    figures: Path | None,
    notebook: str | None,
    **roles: Any,
) -> None:
    """Show what SOURCE (a table name, or a CSV or Parquet file) holds and what is wrong with it."""
    if notebook is not None and (compare is not None or split is not None):
        raise click.UsageError("--notebook is of one table or file: leave --compare and --split away.")
    options: dict[str, Any] = {
        **roles,
        "columns": [name.strip() for name in columns.split(",") if name.strip()] if columns else None,
        "exclude": exclude,
        "sample": _sample(sample),
    }
    made: Any
    if compare is not None or split is not None:
        made = ws.explore.compare(source, compare, split=split, **options)
    else:
        made = ws.explore.profile(
            source, scan=not no_scan, precise=precise, scope=scope, reuse=not fresh, on_progress=_progress(), **options
        )
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", nl=False, err=True)
    if page is not None:
        ws.files.write_atomic(page, made.to_html(standalone=True))
    if log_run:
        click.echo(f"Logged to run {ws.explore.log(made)}.", err=True)
    if notebook is not None:
        written = ws.explore.notebook(
            source,
            notebook,
            target=roles["target"],
            time_column=roles["time_column"],
            profile=made,
            where=roles["where"],
        )
        click.echo(f"Wrote {written}.", err=True)
    if figures is not None and str(figures) != "-":
        ws.files.write_atomic(figures, made.model_dump_json(indent=2, exclude_none=True, by_alias=True))
    if figures is not None and str(figures) == "-":
        emit(made.to_dict(), True)
    else:
        click.echo(made.to_text(shutil.get_terminal_size().columns))


def _sample(text: str) -> int | str | None:
    if text == "auto":
        return text
    if text.lower() == "none":
        return None
    if not text.isdigit():
        raise click.BadParameter(f"{text!r} is neither a number of rows nor none.", param_hint="--sample")
    return int(text)


def _progress() -> Any:
    """Return what says on a terminal how far the scan is; it takes its line back."""
    if not sys.stderr.isatty():
        return None

    def tell(share: float | None, text: str) -> None:
        done = f"{share:4.0%} " if share is not None else ""
        click.echo(f"\r\x1b[K{done}{text}", nl=False, err=True)

    return tell
