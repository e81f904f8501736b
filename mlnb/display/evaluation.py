"""How an evaluation looks in a cell: metrics with their intervals, where it is worst, for whom, what was asked of it, the curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.display import html
from mlnb.training.scoring.metrics import FACTS, greater_is_better
from mlnb.training.scoring.regions import FOUND

if TYPE_CHECKING:
    from mlnb.evaluation.records import EvaluationResult, SliceRow
    from mlnb.evaluation.records_compare import CardCheck, Comparison, ModelCard, Threshold

#: Slices shown of each column, the worst first.
_MOST_SLICES = 20
_MOST_GROUPS = 20
_LOSSES = ("log_loss", "accuracy_score", "root_mean_squared_error")
_MOST_COLUMNS = 12
#: Facts beside the metrics; the counts are in the confusion matrix.
_SHOWN_FACTS = tuple(
    name for name in FACTS if name != "example_count" and not name.endswith(("positives", "negatives"))
)
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
            f"worst {worst.slice_key}" if worst and worst.slice_key != FOUND else "worst where",
            f"{worst.slice_value}: {worst.metric} {worst.value:.4g}{_bounds(worst)} on {worst.n:,} rows"
            if worst
            else None,
        ),
        *((name.replace("_", " "), result.metrics[name]) for name in _SHOWN_FACTS if name in result.metrics),
        ("says yes from", result.threshold),
        ("compared with", html.code(result.baseline_uri) if result.baseline_uri else None),
    ]
    links = {"Open run": f"mlnb:run/{result.run_id}"} if result.run_id else {}
    notes = [html.Safe(f'<p class="muted">{html.escape(note)}</p>') for note in result.notes]
    return html.card(
        f"Evaluation on {result.data.rsplit('.', 1)[-1]}",
        rows,
        links,
        body=[
            _validation(result),
            _columns(_metrics(result), *_slices(result), _importances(result)),
            _found(result),
            _fairness(result),
            _curves(result),
            *notes,
        ],
    )


def _bounds(row: SliceRow) -> str:
    return f" ({row.lower:.3g} to {row.upper:.3g})" if row.lower is not None and row.upper is not None else ""


def _validation(result: EvaluationResult) -> Any:
    """Return what the thresholds asked for, as the gates of a scope card look."""
    if not result.validation:
        return ""
    from mlnb.display.scope import gates_table
    from mlnb.scope.gates import make_report

    return gates_table(make_report(result.validation))


def _found(result: EvaluationResult) -> Any:
    """Return the regions that nobody asked for: conditions that can be given as slices."""
    rows = [row for row in result.slices if row.slice_key == FOUND and row.metric == result.primary]
    if not rows:
        return ""
    # The loss is what they were found by; the metric that counts may say otherwise.
    loss = next((name for name in _LOSSES if name in result.metrics and name != result.primary), None)
    of_loss = {row.slice_value: row for row in result.slices if row.slice_key == FOUND and row.metric == loss}
    lines = []
    for row in rows:
        beside = of_loss.get(row.slice_value)
        line = [html.code(row.slice_value), row.n, row.value, _bounds(row).strip(" ()")]
        lines.append([*line, *([beside.value, _bounds(beside).strip(" ()")] if beside is not None else [])])
    names = ["where", "rows", str(result.primary), "interval", *([str(loss), "interval"] if of_loss else [])]
    table = html.table(lines, names)
    return html.Safe(f"<h4>found: predicted worst where</h4>{table}")


def _fairness(result: EvaluationResult) -> Any:
    """Return the rates of the protected groups beside everybody else's, a line for each group."""
    if not result.fairness:
        return ""
    names = list(dict.fromkeys(gap.metric for gap in result.fairness))
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    for gap in result.fairness:
        groups.setdefault((gap.group_key, gap.group_value, gap.positive or ""), {})[gap.metric] = gap
    has_classes = any(key[2] for key in groups)
    lines = []
    for key, gaps in list(groups.items())[:_MOST_GROUPS]:
        cells = [f"{gaps[name].value:.3f} ({gaps[name].difference:+.3f})" if name in gaps else "" for name in names]
        lines.append([f"{key[0]}: {key[1]}", *([key[2]] if has_classes else []), *cells])
    heads = ["group", *(["class"] if has_classes else []), *(name.replace("_", " ") for name in names)]
    more = f'<p class="muted">… and {len(groups) - _MOST_GROUPS} more</p>' if len(groups) > _MOST_GROUPS else ""
    return html.Safe(f"<h4>groups, and how far they are from everybody else</h4>{html.table(lines, heads)}{more}")


def _importances(result: EvaluationResult) -> Any:
    shown = [item for item in result.importances if item.value > 0][:_MOST_COLUMNS]
    if not shown:
        return ""
    top = shown[0].value
    lines = [
        [
            item.column,
            item.value,
            html.Safe(
                f'<svg width="90" height="14" role="img" aria-label="{item.value:.3g}">'
                f'<rect class="bar" x="0" y="3" height="8" width="{item.value / top * 90:.1f}" opacity="0.75"/></svg>'
            ),
        ]
        for item in shown
    ]
    return html.Safe(f"<h4>what it rests on</h4>{html.table(lines, ['column', 'rise of the loss', ''])}")


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
    rows = [row for row in result.slices if row.metric == metric and row.slice_key != FOUND]
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


_VERDICTS = {"BETTER": "ok", "NOT_WORSE": "ok", "WORSE": "bad", "INCONCLUSIVE": "warn"}


def comparison_html(found: Comparison) -> str:
    """Render challenger beside champion: every difference with its interval around no difference."""
    at = f"@{found.data_version}" if found.data_version is not None else ""
    primary = found.metric(found.primary)
    rows: list[tuple[str, Any]] = [
        ("data", html.Safe(f"{html.code(found.data + at)} {found.n_rows:,} rows")),
        ("challenger", html.code(found.challenger_uri) if found.challenger_uri else None),
        ("champion", html.code(found.champion_uri) if found.champion_uri else None),
        ("margin", found.margin or None),
        ("rows to decide", primary.rows_needed if primary is not None else None),
    ]
    lines = []
    for item in found.metrics:
        bounds = f"{item.lower:+.4g} to {item.upper:+.4g}" if item.lower is not None and item.upper is not None else ""
        verdict = html.tag(item.verdict.lower().replace("_", " "), _VERDICTS[item.verdict])
        lines.append(
            [item.metric, item.challenger, item.champion, f"{item.difference:+.4g}", _whisker(item), bounds, verdict]
        )
    table = html.table(lines, ["metric", "challenger", "champion", "gain", "", "interval", ""])
    notes = [html.Safe(f'<p class="muted">{html.escape(note)}</p>') for note in found.notes]
    links = {"Open run": f"mlnb:run/{found.run_id}"} if found.run_id else {}
    state = (found.verdict.lower().replace("_", " "), _VERDICTS[found.verdict])
    return html.card(f"{found.primary}: challenger beside champion", rows, links, body=[table, *notes], state=state)


def _whisker(item: Any) -> Any:
    """Draw a difference and its interval around zero, on the metric's own scale."""
    if item.lower is None or item.upper is None:
        return ""
    reach = max(abs(item.lower), abs(item.upper)) or 1.0
    low, high, middle = (70 + value / reach * 66 for value in (item.lower, item.upper, item.difference))
    return html.Safe(
        f'<svg width="140" height="14" role="img" aria-label="{item.difference:+.4g}">'
        '<line x1="70" x2="70" y1="1" y2="13" stroke="currentColor" stroke-opacity="0.4"/>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="7" y2="7" stroke="currentColor" stroke-width="1.5"/>'
        f'<circle class="bar" cx="{middle:.1f}" cy="7" r="3.5"/></svg>'
    )


def threshold_html(found: Threshold) -> str:
    """Render a chosen threshold with what was optimised."""
    from mlnb.evaluation.keeping.charts import curve_svg

    rows: list[tuple[str, Any]] = [
        ("chosen by", found.rule),
        ("precision", found.precision),
        ("recall", found.recall),
        ("says yes to", found.positive_rate),
        ("cost a row", found.cost),
        ("model", html.code(found.model_uri) if found.model_uri else None),
    ]
    state = ("kept with the model", "ok") if found.stored else None
    picture = html.Safe(curve_svg(found.curve, found.value)) if found.curve is not None else ""
    return html.card(f"Threshold {found.value:.4g}", rows, body=[picture], state=state)


def model_card_html(card: ModelCard) -> str:
    """Render a model card section by section."""
    parts = []
    for section in dict.fromkeys(fact.section for fact in card.facts):
        lines = [[fact.label, _cut(fact.value), fact.source] for fact in card.facts if fact.section == section]
        parts.append(html.Safe(f"<h4>{html.escape(section)}</h4>{html.table(lines, ['', '', 'from'])}"))
    foot = f"SHA-256 of {len(card.facts)} facts: {card.sha256}"
    links = {"Open run": f"mlnb:run/{card.run_id}"}
    return html.card(
        f"Model card: {card.title}", links=links, body=[*parts, html.Safe(f'<p class="muted">{html.escape(foot)}</p>')]
    )


def _cut(value: Any) -> Any:
    text = str(value)
    return value if len(text) <= 200 else text[:199] + "…"


def card_check_html(check: CardCheck) -> str:
    """Render whether a card still holds."""
    rows = [("changed", ", ".join(check.changed) or None), ("no longer on record", ", ".join(check.missing) or None)]
    state = ("holds", "ok") if check.valid else ("does not hold", "bad")
    return html.card("Model card", rows, state=state)


FORMATTERS = {
    "EvaluationResult": evaluation_html,
    "Comparison": comparison_html,
    "Threshold": threshold_html,
    "ModelCard": model_card_html,
    "CardCheck": card_check_html,
}
