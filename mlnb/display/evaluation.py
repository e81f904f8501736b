"""How an evaluation looks in a cell: metrics with their intervals, the slices of the metric that counts, the curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.display import html
from mlnb.training.scoring.metrics import FACTS, greater_is_better

if TYPE_CHECKING:
    from mlnb.evaluation.records import EvaluationResult, SliceRow

#: Slices shown of each column, the worst first.
_MOST_SLICES = 20
#: Rows below which a slice is not judged; it is shown faded.
_SMALL = 30


def evaluation_html(result: EvaluationResult) -> str:
    """Render an evaluation."""
    at = f"@{result.data_version}" if result.data_version is not None else ""
    worst = result.worst
    rows: list[tuple[str, Any]] = [
        ("data", html.Safe(f"{html.code(result.data + at)} {result.n_rows:,} rows")),
        ("model", html.code(result.model_uri) if result.model_uri else None),
        ("target", result.targets),
        (
            f"worst {worst.slice_key}" if worst else "",
            f"{worst.slice_value}: {worst.metric} {worst.value:.4g} on {worst.n:,} rows" if worst else None,
        ),
        *(
            (name.replace("_", " "), result.metrics[name])
            for name in FACTS
            if name in result.metrics and name != "example_count"
        ),
    ]
    links = {"Open run": f"mlnb:run/{result.run_id}"} if result.run_id else {}
    notes = [html.Safe(f'<p class="muted">{html.escape(note)}</p>') for note in result.notes]
    return html.card(
        f"Evaluation on {result.data.rsplit('.', 1)[-1]}",
        rows,
        links,
        body=[_columns(_metrics(result), *_slices(result)), _curves(result), *notes],
    )


def _columns(*parts: Any) -> Any:
    """Put parts side by side as far as there is room."""
    inside = "".join(f"<div>{part}</div>" for part in parts if part)
    return html.Safe(f'<div style="display:flex;flex-wrap:wrap;gap:4px 36px;align-items:flex-start">{inside}</div>')


def _metrics(result: EvaluationResult) -> Any:
    names = ["metric", "value", "interval", *(["change"] if result.changes else [])]
    lines = []
    first = [result.primary] if result.primary in result.metrics else []
    for name in dict.fromkeys([*first, *result.metrics]):
        value = result.metrics[name]
        if name not in FACTS:
            bounds = result.intervals.get(name)
            text = f"{bounds[0]:.4g} to {bounds[1]:.4g}" if bounds else ""
            change = result.changes.get(name)
            lines.append(
                [name, value, text, *([f"{change:+.4g}" if change is not None else ""] if result.changes else [])]
            )
    return html.Safe(f"<h4>metrics</h4>{html.table(lines, names)}") if lines else ""


def _slices(result: EvaluationResult) -> list[Any]:
    metric = result.primary
    if metric is None:
        return []
    rows = [row for row in result.slices if row.metric == metric]
    parts: list[Any] = []
    for key in dict.fromkeys(row.slice_key for row in rows):
        group = sorted(
            (row for row in rows if row.slice_key == key),
            key=lambda row: row.value,
            reverse=not greater_is_better(metric),
        )
        large = [row for row in group if row.n >= _SMALL] + [row for row in group if row.n < _SMALL]
        heading = f"<h4>{html.escape(metric)} by {html.escape(key)}, the worst first</h4>"
        parts.append(html.Safe(heading + _slice_table(large, key)))
    return parts


def _slice_table(rows: list[SliceRow], key: str) -> html.Safe:
    top = max((abs(row.value) for row in rows), default=1.0) or 1.0
    lines = []
    for row in rows[:_MOST_SLICES]:
        bounds = f"{row.lower:.3f} to {row.upper:.3f}" if row.lower is not None and row.upper is not None else ""
        note = "too few to judge" if row.n < _SMALL else ""
        lines.append([row.slice_value, row.n, row.value, _bar(row, top), bounds, note])
    more = f'<p class="muted">… and {len(rows) - _MOST_SLICES} more</p>' if len(rows) > _MOST_SLICES else ""
    return html.Safe(html.table(lines, [key, "rows", "value", "", "interval", ""]) + more)


def _bar(row: SliceRow, top: float) -> Any:
    """Draw the value as a bar and its interval as a line across the end."""
    width = 120.0
    parts = [
        f'<rect class="bar" x="0" y="3" height="8" width="{abs(row.value) / top * width:.1f}" opacity="{0.35 if row.n < _SMALL else 0.75}"/>'
    ]
    if row.lower is not None and row.upper is not None and row.lower >= 0:
        low, high = (min(value / top * width, width * 1.15) for value in (row.lower, row.upper))
        parts.append(f'<line x1="{low:.1f}" x2="{high:.1f}" y1="7" y2="7" stroke="currentColor" stroke-width="1.5"/>')
    return html.Safe(
        f'<svg width="{width * 1.15:.0f}" height="14" role="img" aria-label="{row.value:.4g}">{"".join(parts)}</svg>'
    )


def _curves(result: EvaluationResult) -> Any:
    if not result.curves:
        return ""
    from mlnb.evaluation.keeping.charts import curve_svg

    pictures = "".join(curve_svg(curve) for curve in result.curves)
    return html.Safe(f'<div style="display:flex;flex-wrap:wrap;gap:8px">{pictures}</div>')


FORMATTERS = {"EvaluationResult": evaluation_html}
