"""How runs look in a cell: the card below ``%%mlrun``, a run, a page of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.display import html

if TYPE_CHECKING:
    from mlnb.training.records import ColumnList, RunData, RunGit, RunModel, RunPage, RunRecord, RunSummary

TONES = {"FINISHED": "ok", "FAILED": "bad", "KILLED": "warn", "RUNNING": "info"}
#: Values shown on a card; the run's page has all.
_MOST = 12


def summary_html(run: RunSummary) -> str:
    """Render the card of a run that has just ended."""
    rows: list[tuple[str, Any]] = [
        ("experiment", run.experiment_name),
        ("took", _duration(run.duration_ms)),
        ("error", run.error),
        ("read", _data(run.data, "read")),
        ("written", _data(run.data, "written")),
        ("model", _models(run.models)),
        ("figures", run.figures or None),
        ("commit", _commit(run.git)),
    ]
    notes = [html.Safe(f'<p class="muted">{html.escape(note)}</p>') for note in run.notes]
    return html.card(
        f"Run {run.name}",
        rows,
        {"Open run": f"mlnb:run/{run.run_id}"},
        body=[_values("metrics", run.metrics), _values("parameters", run.params), *notes],
        state=(run.status.lower(), TONES.get(run.status, "muted")),
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
        ("from", f"{place}, cell {run.source.cell_id}" if place and run.source.cell_id else place),
        ("read", _data(run.data, "read")),
        ("written", _data(run.data, "written")),
        ("model", _models(run.models)),
        ("commit", _commit(run.git)),
        ("files", f"{len(run.artifacts)}" if run.artifacts else None),
    ]
    code = (
        html.Safe(f"<details><summary>code</summary><pre>{html.escape(run.source.code[:20000])}</pre></details>")
        if run.source.code
        else ""
    )
    return html.card(
        f"Run {run.name}",
        rows,
        {"Open run": f"mlnb:run/{run.run_id}"},
        body=[_values("metrics", run.metrics, most=100), _values("parameters", run.params, most=100), code],
        state=(run.status.lower(), TONES.get(run.status, "muted")),
    )


def page_html(page: RunPage) -> str:
    """Render a block of runs as a table."""
    if not page.ids:
        return html.card("No runs", body=["Nothing matches. Run a cell with %%mlrun and it is listed here."])
    shown = [column for column in page.columns if column.key not in ("attributes.end_time", "attributes.run_id")]
    names = ["run", *(column.key.removeprefix("attributes.") for column in shown)]
    lines = []
    for index, run_id in enumerate(page.ids):
        cells = [_cell(column.key, column.values[index]) for column in shown]
        lines.append([html.link(run_id[:8], f"mlnb:run/{run_id}"), *cells])
    title = f"{len(page.ids)} of {page.total:,} runs" if len(page.ids) < page.total else f"{page.total:,} runs"
    return html.card(title, body=[html.table(lines, names, limit=100)])


def columns_html(found: ColumnList) -> str:
    """Render the columns of an experiment."""
    return html.card("Columns", body=[html.table([item.model_dump() for item in found.columns], limit=200)])


def _cell(key: str, value: Any) -> Any:
    if key == "attributes.status":
        return html.tag(str(value).lower(), TONES.get(str(value), "muted"))
    return html.when(value) if key.endswith("_time") else value


def _values(title: str, values: Mapping[str, Any], most: int = _MOST) -> Any:
    if not values:
        return ""
    shown = list(values.items())[:most]
    more = f" and {len(values) - most} more" if len(values) > most else ""
    cells = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.number(value)}</dd>" for name, value in shown)
    return html.Safe(
        f"<h4>{html.escape(title)}</h4><dl>{cells}</dl>" + (f'<p class="muted">{more}</p>' if more else "")
    )


def _data(data: Sequence[RunData], direction: str) -> str | None:
    found = [item for item in data if item.direction == direction]
    texts = [f"{item.name}@{item.version}" if item.version is not None else item.name for item in found]
    return ", ".join(texts) or None


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
    "RunSummary": summary_html,
    "RunRecord": record_html,
    "RunPage": page_html,
    "ColumnList": columns_html,
}
