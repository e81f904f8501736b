"""How runs look in a cell: the card below ``%%mlrun``, a run, a page of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.display import html
from mlnb.display.background import FORMATTERS as _BACKGROUND
from mlnb.display.replay import FORMATTERS as _REPLAY
from mlnb.display.runs import FORMATTERS as _RUNS
from mlnb.training.naming import remoteness

if TYPE_CHECKING:
    from mlnb.training.records import RunData, RunGit, RunModel, RunRecord, RunSummary
    from mlnb.training.records_plan import RunPlan

TONES = {"FINISHED": "ok", "FAILED": "bad", "KILLED": "warn", "RUNNING": "info"}
#: Values shown on a card; the run's page has all.
_MOST = 12
_TILE = "display:inline-block;min-width:84px;margin:4px 18px 6px 0;vertical-align:top"
_FIGURE = "font-size:18px;font-weight:600;font-variant-numeric:tabular-nums;color:var(--jp-ui-font-color0,#000)"


def summary_html(run: RunSummary) -> str:
    """Render the card of a run that has just ended."""
    rows: list[tuple[str, Any]] = [
        ("experiment", run.experiment_name),
        ("took", _duration(run.duration_ms)),
        ("error", run.error),
        ("parameters", _chips(run.params)),
        ("in training", _training(run.metrics)),
        ("read", _data(run.data, "read")),
        ("written", _data(run.data, "written")),
        ("model", _models(run.models)),
        ("figures", run.figures or None),
        ("commit", _commit(run.git)),
    ]
    notes = [html.Safe(f'<p class="muted">{html.escape(note)}</p>') for note in run.notes]
    return html.card(
        f"Run {run.name}",
        links={"Open run": f"mlnb:run/{run.run_id}"},
        body=[_tiles(_results(run.metrics)), html.pairs(rows), *notes],
        state=(run.status.lower(), TONES.get(run.status, "muted")),
    )


def plan_html(plan: RunPlan) -> str:
    """Render what a run would record."""
    lines = []
    for one in plan.items:
        value = one.value if one.value else html.Safe(f'<span class="muted">nothing: {html.escape(one.missing)}</span>')
        lines.append([one.item, value, html.code(one.where)])
    head = f"run {plan.run[:8]} goes on" if plan.run else "a new run"
    note = html.Safe(f'<p class="muted">{html.escape(head)} in {html.escape(plan.experiment)}. Nothing was run.</p>')
    table = html.table(lines, ["what", "now", "kept in"], limit=100)
    return html.card(
        "What this run would record", body=[note, html.Safe(f'<div style="overflow-x:auto">{table}</div>')]
    )


def record_html(run: RunRecord) -> str:
    """Render a stored run."""
    place = run.source.notebook
    rows: list[tuple[str, Any]] = [
        ("run id", html.code(run.run_id)),
        ("experiment", run.experiment_name),
        ("started", html.when(run.start_time)),
        ("took", _duration(run.duration_ms) if run.duration_ms is not None else None),
        ("by", run.user),
        ("note", run.note),
        ("error", run.error),
        ("parameters", _chips(run.params, 100)),
        ("from", f"{place}, cell {run.source.cell_id}" if place and run.source.cell_id else place),
        ("read", _data(run.data, "read")),
        ("written", _data(run.data, "written")),
        ("model", _models(run.models)),
        ("commit", _commit(run.git)),
        ("files", f"{len(run.artifacts)}" if run.artifacts else None),
    ]
    return html.card(
        f"Run {run.name}",
        links={"Open run": f"mlnb:run/{run.run_id}"},
        body=[_tiles(run.metrics, 40), html.pairs(rows), _code(run.source.code)],
        state=(run.status.lower(), TONES.get(run.status, "muted")),
    )


def _tiles(metrics: Mapping[str, float], most: int = _MOST) -> Any:
    """Show metrics as what the eye should find first."""
    if not metrics:
        return ""
    tiles = "".join(
        f'<div style="{_TILE}"><div style="{_FIGURE}">{html.number(value)}</div><div class="muted">{html.escape(name)}</div></div>'
        for name, value in list(metrics.items())[:most]
    )
    return html.Safe(f"<div>{tiles}{_more(metrics, most)}</div>")


def _chips(params: Mapping[str, str], most: int = _MOST) -> Any:
    """Show what the code assigns; of what a library says of a pipeline's insides how many there are."""
    if not params:
        return None
    rank = remoteness(params)
    written = [name for name in params if rank(name) == 0]
    shown = [
        f"{name} = {params[name] if len(params[name]) <= 60 else params[name][:59] + '…'}"
        for name in (written or list(params))[:most]
    ]
    most = len(shown)
    return html.Safe(" ".join(html.code(text) for text in shown) + _more(params, most))


def _more(values: Mapping[str, Any], most: int) -> str:
    return f' <span class="muted">and {len(values) - most} more</span>' if len(values) > most else ""


def _code(source: str | None) -> Any:
    if not source:
        return ""
    return html.Safe(f"<details><summary>code</summary><pre>{html.escape(source[:20000])}</pre></details>")


def _results(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return what the code measured, without what autologging says of the training rows; all of it where that is all there is."""
    found = {name: value for name, value in metrics.items() if not name.startswith("training_")}
    return found or dict(metrics)


def _training(metrics: Mapping[str, float]) -> Any:
    """Show what autologging says of the training rows beside better figures."""
    rest = {name: value for name, value in metrics.items() if name.startswith("training_")}
    if not rest or len(rest) == len(metrics):
        return None
    shown = [f"{name.removeprefix('training_')} {html.number(value)}" for name, value in list(rest.items())[:_MOST]]
    return html.Safe(f'<span class="muted">{html.escape(", ".join(shown))}</span>')


def _data(data: Sequence[RunData], direction: str) -> Any:
    found = [_source(item) for item in data if item.direction == direction]
    if not found:
        return None
    more = f' <span class="muted">and {len(found) - _MOST} more</span>' if len(found) > _MOST else ""
    return html.Safe(", ".join(found[:_MOST]) + more)


def _source(item: RunData) -> str:
    """Say a table with its version, the name of a file, a frame with its rows."""
    if item.kind == "table":
        return html.escape(f"{item.name}@{item.version}" if item.version is not None else item.name)
    if item.kind == "frame":
        rows = f" ({item.n_rows:,} rows)" if item.n_rows is not None else ""
        return f"{html.code(item.name)}{html.escape(rows)}"
    name = item.name.rstrip("/").rpartition("/")[2] if item.kind == "file" else item.name
    return f'<span title="{html.escape(item.name)}">{html.escape(name)}</span>'


def _models(models: Sequence[RunModel]) -> Any:
    if not models:
        return None
    return html.Safe(", ".join(f"{html.escape(model.name)} {html.code(model.uri)}" for model in models))


def _commit(git: RunGit) -> str | None:
    if git.commit is None:
        return None
    where = f" on {git.branch}" if git.branch else ""
    return f"{git.commit[:8]}{where}{', with changes not committed' if git.dirty else ''}"


def _duration(milliseconds: int) -> str:
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


FORMATTERS = {
    **_RUNS,
    "RunSummary": summary_html,
    "RunPlan": plan_html,
    "RunRecord": record_html,
    **_BACKGROUND,
    **_REPLAY,
}
