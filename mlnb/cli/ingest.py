"""``mlnb ingest``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlnb.cli.output import emit, fail, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.catalog.ingest.records import IngestPlan
    from mlnb.catalog.records import IngestReport
    from mlnb.door import Workspace


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--as", "table", metavar="NAME", help="The table, catalog.schema.table.")
@click.option(
    "--mode",
    type=click.Choice(["append", "create", "replace"]),
    default="append",
    show_default=True,
    help="Add to the table, make a new one, or replace its rows.",
)
@click.option("--preview", is_flag=True, help="Say what would happen, and write nothing.")
@click.option("--type", "types", multiple=True, metavar="COLUMN=TYPE", help="Type of a column; the others are found.")
@click.option("--max-rejects", type=float, default=0.1, show_default=True, help="Share of rows that may fail to fit.")
@click.option(
    "--format",
    type=click.Choice(["auto", "csv", "json", "jsonl", "parquet"]),
    default="auto",
    show_default=True,
    help="What the files are; auto goes by name and content.",
)
@click.option("--date-format", metavar="FORMAT", help="How dates are written, for example dd/MM/yyyy.")
@click.option("--delimiter", metavar="C", help="Of a CSV, when it is not found right.")
@click.option("--encoding", default="utf-8", show_default=True, help="Of a CSV.")
@click.option("--null", "nulls", multiple=True, metavar="TEXT", help="A text that means a missing value.")
@click.option("--pattern", metavar="GLOB", help="Load only the files of a folder that match.")
@click.option("--force", is_flag=True, help="Load files again that were loaded before.")
@click.option("--merge-schema", is_flag=True, help="Add new columns to the table.")
@json_option
@workspace_command
def ingest(
    ws: Workspace,
    paths: tuple[str, ...],
    table: str | None,
    preview: bool,
    types: tuple[str, ...],
    nulls: tuple[str, ...],
    json_flag: bool,
    **options: Any,
) -> None:
    """Load CSV, JSON or Parquet files into a table, each file once.

    Rows that do not fit are kept in the table _rejected_NAME with file, line and reason. --preview shows types, reasons and what would
    be rejected first.
    """
    options |= {"types": dict(_type(item) for item in types), "nulls": list(nulls) or None}
    if preview:
        plan = ws.catalog.preview_ingest(list(paths), name=table, **options)
        emit(plan, json_flag) if json_flag else _show(plan)
        return
    if table is None:
        fail("The table's name is missing.", "Add --as main.default.NAME, or --preview to look first.")
    report = ws.catalog.ingest(list(paths), str(table), **options)
    emit(report, json_flag) if json_flag else _tell(report)


def _type(item: str) -> tuple[str, str]:
    name, equals, kind = item.partition("=")
    if not equals:
        fail(f"{item!r} is no type.", "Write --type COLUMN=TYPE, for example --type zip=string.")
    return name, kind


def _show(plan: IngestPlan) -> None:
    columns = [
        {
            "column": c.name,
            "type": c.type,
            "why": c.reason,
            "samples": ", ".join(c.samples),
            "missing": c.missing or None,
        }
        for c in plan.columns
    ]
    emit(columns)
    click.echo(f"\n{plan.num_rows:,} rows in {len(plan.files):,} files; {plan.rejected:,} do not fit.")
    if plan.rejects:
        emit(
            [{"file": r.file, "line": r.line, "column": r.column, "why": r.reason, "text": r.raw} for r in plan.rejects]
        )
    for note in [*plan.warnings, *(f"{c.name}: {text}" for c in plan.columns for text in c.warnings)]:
        click.echo(f"Note: {note}")
    if plan.refused is not None:
        click.echo(f"This would be refused: {plan.refused.message}")
        if plan.refused.hint:
            click.echo(f"Hint: {plan.refused.hint}")


def _tell(report: IngestReport) -> None:
    click.echo(f"{report.rows:,} rows into {report.table}, version {report.version}.")
    for path in report.skipped_files:
        click.echo(f"Skipped {path}: it was loaded before (--force loads it again).")
    if report.rejected:
        click.echo(f"{report.rejected:,} rows do not fit; see {report.rejects_table}.")
    for warning in report.warnings:
        click.echo(f"Note: {warning}")
