"""``mlnb journal``: read the journal and check that nobody changed it."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from mlnb.cli.output import emit, fail, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.core.journal import Event
    from mlnb.door import Workspace


@click.group()
def journal() -> None:
    """Read the journal and verify that nobody changed it."""


@journal.command()
@click.option("--limit", "-n", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many events.")
@click.option("--subject", "subjects", multiple=True, help="Only this subject; table:main.* is a prefix. Repeatable.")
@click.option("--action", "actions", multiple=True, help="Only this action; table.* is a prefix. Repeatable.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens next, until Ctrl+C.")
@json_option
@workspace_command
def tail(
    ws: Workspace, limit: int, subjects: tuple[str, ...], actions: tuple[str, ...], follow: bool, json_flag: bool
) -> None:
    """Show the newest events, oldest first."""
    wanted: dict[str, Any] = {"subjects": list(subjects) or None, "actions": list(actions) or None}
    events = ws.journal.tail(limit, **wanted)
    if not follow:
        rows = events if json_flag else [_row(event) for event in events]
        emit(rows, json_flag, empty="The journal has no such event.")
        return
    last = ws.journal.last_id()
    for event in events:
        _line(event, json_flag)
    while True:
        time.sleep(0.5)
        for event in ws.journal.tail(500, after=last, **wanted):
            last = event.id
            _line(event, json_flag)


@journal.command()
@json_option
@workspace_command
def verify(ws: Workspace, json_flag: bool) -> None:
    """Recompute the hash chain; exit code 1 names the first event that was changed."""
    report = ws.journal.verify()
    if json_flag:
        emit(report, True)
        sys.exit(0 if report.ok else 1)
    if not report.ok:
        fail(
            f"The journal is broken at event {report.broken_id}: {report.reason}.",
            "Somebody or something wrote to the metastore directly. Compare it with a backup from that event on.",
        )
    click.echo(f"The journal is intact: {report.events} events.")


def _row(event: Event) -> dict[str, object]:
    return {
        "id": event.id,
        "time": event.time,
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "payload": event.payload,
    }


def _line(event: Event, json_flag: bool) -> None:
    if json_flag:
        click.echo(event.model_dump_json())
        return
    stamp = time.strftime("%H:%M:%S", time.localtime(event.time / 1000))
    payload = json.dumps(event.payload, ensure_ascii=False) if event.payload else ""
    click.echo(f"{event.id:>6}  {stamp}  {event.actor}  {event.action}  {event.subject}  {payload}".rstrip())
