"""How runs in the background look in a cell: live where a page knows our components, else as HTML that is brought up to date."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from mlnb.display import html
from mlnb.display.views import View, known_workspace

if TYPE_CHECKING:
    from mlnb.training.background.handle import BackgroundRun
    from mlnb.training.records_background import BackgroundInfo

log = logging.getLogger("mlnb.display")

_TONES = {"FINISHED": "ok", "FAILED": "bad", "KILLED": "warn", "RUNNING": "info"}
_MARKS = {"waiting": "·", "running": "▸", "done": "✓", "failed": "✗", "skipped": "–"}
#: Bytes of the end of the log that an output holds.
_TAIL = 4000
_MOST_CELLS = 12
#: Seconds between two looks of an output at its run; a page with our components looks by itself.
_LOOK_S = 2.0
_MOST_FAILURES = 10
_PRE = (
    "max-height:220px;overflow:auto;margin:8px 0 0;padding:6px 8px;white-space:pre-wrap;"
    "background:var(--jp-layout-color2,#f3f3f3);border-radius:3px;font-size:12px"
)


class BackgroundView(View):
    """A run in the background: its cells, its log as it comes, Stop.

    Parameters
    ----------
    run
        The run in hand.
    """

    component = "BackgroundRun"

    def __init__(self, run: BackgroundRun) -> None:
        self._run = run
        self._widget: Any = None
        super().__init__(f"mlnb:run/{run.run_id}", workspace_id=known_workspace(), id=run.run_id)
        self.look()

    def look(self) -> bool:
        """Bring what is shown up to date; return whether it has changed."""
        before = self.snapshot
        self._info, self._log = self._run.info, self._run.log(-_TAIL)
        self.snapshot = {"info": self._info.to_dict(), "log": self._log}
        return before != self.snapshot

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self._info.state == "ENDED"

    def widget(self) -> Any:
        """Return the view as a widget: the same one each time, or every look would leave one behind."""
        if self._widget is None:
            self._widget = super().widget()
        else:
            self._widget.view = self.to_dict()
        return self._widget

    def to_html(self) -> str:
        """Return how far it is, without a button."""
        return info_html(self._info, self._log)

    def to_text(self) -> str:
        """Return how far it is, on one line, and the end of the log."""
        return str(self._info) + (f"\n{self._log.rstrip()}" if self._log.strip() else "")


def show_live(run: BackgroundRun) -> None:
    """Show a run below the cell and bring the output up to date until the run is over."""
    from IPython import display

    show: Any = display.display
    view = BackgroundView(run)
    handle = show(view, display_id=True)
    if handle is not None:
        threading.Thread(target=_follow, args=(view, handle), name=f"follow-{run.run_id[:8]}", daemon=True).start()


def _follow(view: BackgroundView, handle: Any) -> None:
    over, failures = threading.Event(), 0
    while failures < _MOST_FAILURES and not over.wait(_LOOK_S):
        try:
            if view.look():
                handle.update(view)
            if view.is_over:
                return
            failures = 0
        except Exception:  # a store that is busy now is free at the next look; the run goes on either way
            failures += 1
            log.debug("the output of a run in the background is not brought up to date", exc_info=True)


def info_html(info: BackgroundInfo, log: str = "") -> str:
    """Render a run in the background."""
    took = None
    if info.started_at and info.ended_at:
        took = f"{(info.ended_at - info.started_at) / 1000:.1f} s"
    rows = [
        ("started", html.when(info.started_at) or None),
        ("took", took),
        ("on", None if info.executor == "local" else info.executor),
        ("error", (info.error or {}).get("message")),
    ]
    stop = None
    if info.state != "ENDED":
        call = html.code(f'ws.runs.stop("{info.run_id[:8]}")')
        stop = html.Safe(f'<p class="muted">Stop it: {call}</p>')
    shown = html.Safe(f'<pre style="{_PRE}">{html.escape(log)}</pre>') if log.strip() else ""
    return html.card(
        f"Run {info.name} in the background",
        rows,
        links={"Open run": f"mlnb:run/{info.run_id}"},
        body=[_cells(info), shown, *([stop] if stop else [])],
        state=(info.status.lower(), _TONES.get(info.status, "muted")),
    )


def _cells(info: BackgroundInfo) -> Any:
    cells = info.cells[-_MOST_CELLS:]
    rows = [
        [
            f"{_MARKS[cell.state]} {cell.index + 1}",
            html.code(cell.source.strip().partition("\n")[0][:80]),
            f"{cell.duration_ms / 1000:.1f} s" if cell.duration_ms is not None else "",
        ]
        for cell in cells
    ]
    return html.table(rows, ["cell", "", "took"]) if rows else ""


def list_html(found: list[BackgroundInfo]) -> str:
    """Render several as a table."""
    if not found:
        return html.card("Nothing runs in the background", body=["Head a cell with %%mlrun --background."])
    rows = [
        [
            html.link(item.run_id[:8], f"mlnb:run/{item.run_id}"),
            item.name,
            html.tag(item.status.lower(), _TONES.get(item.status, "muted")),
            f"{sum(cell.state == 'done' for cell in item.cells)} of {len(item.cells)}",
            next((cell.line for cell in item.cells if cell.state == "running"), ""),
        ]
        for item in found
    ]
    return html.card("Runs in the background", body=[html.table(rows, ["run", "name", "status", "cells", "doing"])])


class Listing:
    """Several runs in the background, as a cell shows them.

    Parameters
    ----------
    found
        The runs.
    """

    def __init__(self, found: list[BackgroundInfo]) -> None:
        self.found = found

    def _repr_html_(self) -> str:
        return list_html(self.found)

    def __repr__(self) -> str:
        return "\n".join(str(item) for item in self.found) or "nothing runs in the background"


FORMATTERS = {"BackgroundInfo": info_html, "BackgroundRun": lambda run: info_html(run.info, run.log(-_TAIL))}
