"""``%mlnb``: the workspace at a glance, and a list of the magics."""

from __future__ import annotations

import argparse

from mlnb.display import html
from mlnb.magics import MAGICS as ALL
from mlnb.magics.base import MagicCall, MagicSpec, parser

_DOC = """The workspace at a glance.

%mlnb          where it is, whether the supervisor runs, what happened last
%mlnb help     what each magic does
%mlnb journal  the newest events"""


class Overview:
    """What ``%mlnb`` shows: facts, then a table, as HTML and as text."""

    def __init__(self, title: str, facts: dict[str, object], rows: list[dict[str, object]]) -> None:
        self.title = title
        self.facts = facts
        self.rows = rows

    def _repr_html_(self) -> str:
        body = [html.table(self.rows)] if self.rows else []
        return html.card(self.title, self.facts, body=body)

    def __repr__(self) -> str:
        width = max((len(name) for name in self.facts), default=0)
        lines = [self.title, *(f"  {name:<{width}}  {value}" for name, value in self.facts.items())]
        return "\n".join([*lines, *("  " + "  ".join(str(value) for value in row.values()) for row in self.rows)])


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%mlnb", _DOC)
    made.add_argument("what", nargs="?", default="status", choices=["status", "help", "journal"], help="what to show")
    made.add_argument("-n", "--limit", type=int, default=10, help="how many events (default: 10)")
    return made


def _run(call: MagicCall) -> object:
    if call.args.what == "help":
        return _help()
    events = call.ws.journal.tail(call.args.limit)
    rows: list[dict[str, object]] = [
        {"time": html.when(event.time), "who": event.actor, "what": event.action, "subject": event.subject}
        for event in reversed(events)
    ]
    if call.args.what == "journal":
        return Overview("Journal", {}, rows)
    status = call.ws.supervisor.status()
    facts: dict[str, object] = {
        "workspace": call.ws.path,
        "user": call.ws.user,
        "supervisor": f"runs, process {status.pid}" if status.running else "does not run",
        "events": call.ws.journal.last_id(),
    }
    return Overview("mlnb", facts, rows)


def _help() -> Overview:
    rows: list[dict[str, object]] = []
    for name, (_, kinds, text) in ALL.items():
        forms = " ".join(("%" if kind == "line" else "%%") + name for kind in kinds)
        rows.append({"magic": forms, "what it does": text})
    return Overview("Magics of mlnb", {"details": "any magic with --help"}, rows)


MAGICS = [MagicSpec(name="mlnb", kinds=("line",), run=_run, make_parser=_make_parser)]
