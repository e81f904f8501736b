"""``mlnb catalog search|lineage|export-openlineage``: data found, and where it comes from, on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.catalog.lineage.records import LineageGraph
    from mlnb.door import Workspace


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--type", "types", multiple=True, help="Only this kind: table, column, model, run, …; may be repeated.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="At most this many hits.")
@json_option
@workspace_command
def search(ws: Workspace, words: tuple[str, ...], types: tuple[str, ...], limit: int, json_flag: bool) -> None:
    """Find tables, columns, models, runs and everything else that has a name.

    Filters may stand among the WORDS: type:table tag:pii owner:ada certificationStatus:certified schema:main.sales.
    """
    page = ws.catalog.search(" ".join(words), types=list(types), max_results=limit)
    rows = [
        {
            "kind": hit.kind,
            "name": hit.full_name,
            "badge": hit.badge,
            "found in": hit.matched,
            "text": _plain(hit.snippet),
        }
        for hit in page.items
    ]
    emit(rows, json_flag, empty="Nothing found. Fewer or shorter words find more.")


def _plain(text: str) -> str:
    return text.replace("⟦", "").replace("⟧", "")


@click.command()
@click.argument("name")
@click.option(
    "--kind", default="table", show_default=True, help="table, run, model_version (main.ml.churn/7), external, …"
)
@click.option("--column", help="Follow only this column.")
@click.option(
    "--direction",
    type=click.Choice(["upstream", "downstream", "both"]),
    default="both",
    show_default=True,
    help="What it comes from, or what is made of it.",
)
@click.option("--depth", type=click.IntRange(1, 10), default=1, show_default=True, help="How many steps.")
@json_option
@workspace_command
def lineage(
    ws: Workspace,
    name: str,
    kind: str,
    column: str | None,
    direction: Literal["upstream", "downstream", "both"],
    depth: int,
    json_flag: bool,
) -> None:
    """Show what an object comes from and what is made of it."""
    graph = ws.catalog.lineage(name, kind=kind, column=column, direction=direction, depth=depth)
    if json_flag:
        emit(graph, json_flag)
    else:
        emit(
            _rows(graph),
            empty=f"No lineage is recorded for {name}. It appears with the next statement that reads or writes it.",
        )


def _rows(graph: LineageGraph) -> list[dict[str, Any]]:
    return [
        {
            "from": edge.source,
            "to": edge.target,
            "columns": ", ".join(f"{link.source} > {link.target}" for link in edge.columns if link.target) or None,
            "how": edge.kind,
            "times": edge.count,
            "by": edge.by[0].label if edge.by else None,
        }
        for edge in graph.edges
    ]


@click.command("export-openlineage")
@click.argument("name", default="")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file; standard output without."
)
@workspace_command
def export_openlineage(ws: Workspace, name: str, output: Path | None) -> None:
    """Write the OpenLineage events of a table, or of all, one JSON object a line."""
    events = ws.catalog.openlineage(name or None)
    text = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
    if output is None:
        click.echo(text, nl=False)
    else:
        ws.files.write_atomic(output, text)
        click.echo(f"{len(events)} events in {output}.")
