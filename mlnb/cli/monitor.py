"""`mlnb monitor`: monitors, their refreshes, alerts and decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from mlnb.cli.output import emit, fail, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace


@click.group()
def monitor() -> None:
    """Monitors: drift, quality of predictions, alerts, retraining decisions."""


@monitor.command("list")
@json_option
@workspace_command
def list_monitors(ws: Workspace, json_flag: bool) -> None:
    """List the monitors with their state."""
    found = ws.monitors.summaries()
    if json_flag:
        emit(found, json_flag)
        return
    rows = []
    for item in found:
        last = item.last_refresh.end_time_ms if item.last_refresh else None
        drifted = ", ".join(item.drifted_columns)
        row = {"table": item.table_name, "state": item.state, "drifted": drifted, "alerts": item.alerts_open}
        rows.append({**row, "refreshed_at": last})
    emit(rows, empty="No monitors yet. Make one with %monitor in a notebook or `mlnb monitor endpoint NAME`.")


@monitor.command("endpoint")
@click.argument("name")
@click.option("--time", "time", default="request_time", show_default=True, help="Column that windows follow.")
@click.option(
    "--every", multiple=True, default=("1 day",), show_default=True, help="Width of windows; may be repeated."
)
@click.option("--baseline", metavar="TABLE", help="A table to compare every window with.")
@click.option("--labels", metavar="TABLE:ID:LABEL", help="Where the truth arrives later.")
@click.option("--slice", "slices", multiple=True, help="A column or condition; may be repeated.")
@json_option
@workspace_command
def endpoint(
    ws: Workspace,
    name: str,
    time: str,
    every: tuple[str, ...],
    baseline: str | None,
    labels: str | None,
    slices: tuple[str, ...],
    json_flag: bool,
) -> None:
    """Watch what an endpoint was asked and answered."""
    from mlnb.monitoring.records import LabelSource

    source = None
    if labels:
        parts = labels.split(":")
        if len(parts) != 3:
            raise click.BadParameter(f"{labels!r} is not TABLE:ID:LABEL.", param_hint="--labels")
        source = LabelSource(table=parts[0], request_id_col=parts[1], label_col=parts[2])
    made = ws.monitors.for_endpoint(
        name, labels=source, baseline=baseline, slices=list(slices), granularities=list(every), timestamp_col=time
    )
    emit(made, json_flag)


@monitor.command("refresh")
@click.argument("table")
@click.option("--full", is_flag=True, help="Compute everything again.")
@json_option
@workspace_command
def refresh(ws: Workspace, table: str, full: bool, json_flag: bool) -> None:
    """Compute what is new in a monitored table (or an endpoint's log)."""
    found = ws.monitors.refresh(table, full=full)
    emit(found, json_flag)
    if found.state != "SUCCESS":
        fail(found.message or f"The refresh ended as {found.state}.")


@monitor.command("show")
@click.argument("table")
@json_option
@workspace_command
def show(ws: Workspace, table: str, json_flag: bool) -> None:
    """Show a monitor's verdict: drift, quality, alerts, last decision."""
    verdict = ws.monitors.verdict(table)
    if json_flag:
        emit(verdict, json_flag)
    else:
        click.echo(str(verdict))


@monitor.command("refreshes")
@click.argument("table")
@json_option
@workspace_command
def refreshes(ws: Workspace, table: str, json_flag: bool) -> None:
    """List a monitor's refreshes, newest first."""
    columns = None if json_flag else ("refresh_id", "state", "windows", "rows", "cpu_seconds", "end_time_ms", "message")
    emit(ws.monitors.refreshes(table), json_flag, columns=columns, empty="Not refreshed yet.")


@monitor.command("alert")
@click.argument("table")
@click.argument("metric")
@click.option("--above", type=float, help="Speak when the metric is above this.")
@click.option("--below", type=float, help="Speak when the metric is below this.")
@click.option("--name", help="Default: metric and limit.")
@click.option("-k", type=int, default=2, show_default=True, help="In so many …")
@click.option("-n", type=int, default=3, show_default=True, help="… of the last so many windows.")
@json_option
@workspace_command
def alert(
    ws: Workspace,
    table: str,
    metric: str,
    above: float | None,
    below: float | None,
    name: str | None,
    k: int,
    n: int,
    json_flag: bool,
) -> None:
    """Set an alert on a metric."""
    if (above is None) == (below is None):
        raise click.UsageError("Give one of --above and --below.")
    direction: Literal["above", "below"] = "below" if above is None else "above"
    limit = below if above is None else above
    assert limit is not None
    title = name or f"{metric} {direction} {limit:g}"
    made = ws.monitors.alert(table, title, metric=metric, threshold=limit, direction=direction, k=k, n=n)
    emit(made, json_flag)


@monitor.command("alerts")
@click.argument("table", required=False)
@json_option
@workspace_command
def alerts(ws: Workspace, table: str | None, json_flag: bool) -> None:
    """List alerts of one monitor or all."""
    columns = None if json_flag else ("table_name", "name", "state", "enabled", "last_value", "since")
    emit(ws.monitors.alerts(table), json_flag, columns=columns, empty="No alerts yet: mlnb monitor alert TABLE METRIC.")


@monitor.command("decide")
@click.argument("table")
@click.option("--cooldown", type=float, default=7, show_default=True, help="At most one request in so many days.")
@json_option
@workspace_command
def decide(ws: Workspace, table: str, cooldown: float, json_flag: bool) -> None:
    """Decide whether to retrain, on record."""
    found = ws.monitors.decide_retraining(table, cooldown_days=cooldown)
    emit(found, json_flag, columns=None if json_flag else ("decision", "reason", "time", "decided_by"))


@monitor.command("delete")
@click.argument("table")
@workspace_command
def delete(ws: Workspace, table: str) -> None:
    """Stop monitoring a table; its metric tables stay."""
    ws.monitors.delete(table)
