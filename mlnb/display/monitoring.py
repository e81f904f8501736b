"""How monitors look in a cell: a verdict, drift as a heat map of columns by windows, and quality over time.

The pictures are inline SVG without script. Colours are the theme's own with different opacity, so they fit light and dark; what is
past the limit has another hue *and* is said in words, and each row of the map tells its numbers when pointed at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlnb.display import html

if TYPE_CHECKING:
    from mlnb.monitoring.records import Alert, MonitorInfo, MonitorRefreshInfo, RetrainingDecision
    from mlnb.monitoring.summary import DriftMatrix, MetricSeries
    from mlnb.monitoring.verdict import MonitorVerdict

#: More columns or windows than this cannot be read in a cell; the rest is counted, neighbouring windows are merged.
MAX_COLUMNS = 20
MAX_WINDOWS = 80

_LABEL_WIDTH, _MAP_WIDTH, _ROW = 150, 640, 16
_DAY_MS = 86_400_000
_TONES = {"alert": "bad", "ok": "ok", "learning": "info", "unknown": "muted"}
_STATES = {"TRIGGERED": "bad", "OK": "ok", "UNKNOWN": "muted"}
_DECISIONS = {"RETRAIN": "bad", "WAIT": "warn", "KEEP": "ok"}

_STYLE = """<style>
.jp-mlnb-out .lo{fill:var(--jp-brand-color1,#1976d2)}.jp-mlnb-out .hi{fill:var(--jp-error-color1,#c62828)}
.jp-mlnb-out .line{fill:none;stroke:var(--jp-brand-color1,#1976d2);stroke-width:1.6}
.jp-mlnb-out .dot{fill:var(--jp-brand-color1,#1976d2)}
.jp-mlnb-out .limit{stroke:var(--jp-error-color1,#c62828);stroke-dasharray:4 3;stroke-width:1}
.jp-mlnb-out .base{fill:none;stroke:var(--jp-ui-font-color2,#757575);stroke-dasharray:2 3;stroke-width:1.2}
.jp-mlnb-out .axis{stroke:var(--jp-border-color2,#c8c8c8);stroke-width:1}
.jp-mlnb-out .empty{fill:var(--jp-layout-color2,#f0f0f0)}
.jp-mlnb-out .charts{display:flex;flex-wrap:wrap;gap:18px}
</style>"""


def verdict_html(verdict: MonitorVerdict) -> str:
    """Render a monitor at a glance."""
    last = verdict.last_refresh
    newest = None
    if verdict.newest_start is not None and verdict.newest_end is not None:
        newest = f"{_span(verdict.newest_start, verdict.newest_end)}, {verdict.newest_rows or 0:,} rows"
    decision = verdict.decision
    facts = [
        ("newest window", newest),
        (
            "compared with",
            html.code(verdict.info.baseline_table_name) if verdict.info.baseline_table_name else "the window before",
        ),
        (
            "refreshed",
            f"{html.when(last.end_time_ms)} ({last.windows or 0} windows)" if last and last.end_time_ms else None,
        ),
        ("note", last.message if last else None),
        ("problem", verdict.info.latest_monitor_failure_msg),
    ]
    body = [html.Safe(_STYLE), html.Safe(f"<p>{html.escape(_sentence(verdict.text))}</p>")]
    body += [_alerts(verdict.alerts)] if verdict.alerts else []
    if decision is not None:
        shown = html.tag(decision.decision.lower(), _DECISIONS[decision.decision])
        body.append(html.Safe(f"<p>Retraining: {shown} {html.escape(decision.reason)}</p>"))
    if verdict.matrix is not None and verdict.matrix.columns:
        body += [html.Safe(f"<h4>Drift: {html.escape(verdict.matrix.metric)}</h4>"), heat_map(verdict.matrix)]
    if verdict.quality:
        charts = "".join(series_chart(series) for series in verdict.quality)
        body += [html.Safe("<h4>Quality over time</h4>"), html.Safe(f'<div class="charts">{charts}</div>')]
    title = html.Safe(f"Monitor {html.code(verdict.info.table_name)}")
    return html.card(title, facts, body=body, state=(verdict.state, _TONES[verdict.state]))


def heat_map(matrix: DriftMatrix) -> html.Safe:
    """Draw drift by column (rows) and window (across), the columns that drift most on top."""
    spans, rows, drifted = _merged(matrix)
    columns = matrix.columns[:MAX_COLUMNS]
    limit = matrix.threshold
    top = max((abs(v) for row in rows for v in row if v is not None), default=1.0) or 1.0
    width = max(2.0, min(26.0, _MAP_WIDTH / len(spans)))
    height = _ROW * len(columns)
    parts = [_time_axis(spans, width, height)]
    for number, column in enumerate(columns):
        cells = list(zip(rows[number], drifted[number], strict=True))
        parts.append(_map_row(number, column, cells, spans, width, (limit, top)))
    more = len(matrix.columns) - len(columns)
    legend = _legend(limit, top)
    words = f"{matrix.metric} of {len(matrix.columns)} columns in {len(matrix.windows)} windows"
    size = f'width="{_LABEL_WIDTH + width * len(spans):.0f}" height="{height + 34}"'
    svg = f'<svg {size} role="img" aria-label="{html.escape(words)}">{"".join(parts)}</svg>'
    rest = f'<p class="muted">… and {more} columns that drift less</p>' if more > 0 else ""
    return html.Safe(f"{svg}{legend}{rest}")


def _merged(
    matrix: DriftMatrix,
) -> tuple[list[tuple[int, int]], list[list[float | None]], list[list[bool]]]:
    """Windows, values and marks of the map; when there are too many windows, neighbours become one with their mean."""
    step = math.ceil(len(matrix.windows) / MAX_WINDOWS) or 1
    starts = range(0, len(matrix.windows), step)
    spans = [(matrix.windows[i].start, matrix.windows[min(i + step, len(matrix.windows)) - 1].end) for i in starts]
    rows: list[list[float | None]] = []
    for line in matrix.values[:MAX_COLUMNS]:
        parts = [[value for value in line[i : i + step] if value is not None] for i in starts]
        rows.append([sum(part) / len(part) if part else None for part in parts])
    # A merged cell is marked when most of its windows are.
    marks = []
    for flags in matrix.drifted[:MAX_COLUMNS]:
        parts_of = [flags[i : i + step] for i in starts]
        marks.append([2 * sum(part) > len(part) for part in parts_of])
    return spans, rows, marks


def _map_row(
    number: int,
    column: str,
    cells: Sequence[tuple[float | None, bool]],
    spans: Sequence[tuple[int, int]],
    width: float,
    scale: tuple[float | None, float],
) -> str:
    """One row: cells of the same shade are one path, which keeps the picture small."""
    y = 14 + number * _ROW
    limit, top = scale
    paths: dict[tuple[str, int], list[str]] = {}
    for place, (value, is_drift) in enumerate(cells):
        cell = f"M{_LABEL_WIDTH + place * width:.1f},{y}h{max(width - 1, 1):.1f}v{_ROW - 2}h-{max(width - 1, 1):.1f}z"
        paths.setdefault(_shade(value, limit, top, is_drift), []).append(cell)
    shapes = "".join(
        f'<path class="{tone}" fill-opacity="{shade / 10:g}" d="{"".join(cells)}"/>'
        for (tone, shade), cells in paths.items()
    )
    known = [(abs(value), value, span) for (value, _), span in zip(cells, spans, strict=True) if value is not None]
    said = "nothing to compare"
    if known:
        _, highest, when = max(known)
        said = f"newest {known[-1][1]:.3g}, highest {highest:.3g} in {_span(*when)}"
    name = column if len(column) <= 24 else column[:23] + "…"
    text = f'<text x="{_LABEL_WIDTH - 6}" y="{y + 11}" text-anchor="end">{html.escape(name)}</text>'
    return f"<g><title>{html.escape(column)}: {html.escape(said)}</title>{text}{shapes}</g>"


def _shade(value: float | None, limit: float | None, top: float, is_drift: bool) -> tuple[str, int]:
    """Hue and opacity in tenths; what has drifted has another hue."""
    if value is None:
        return "empty", 10
    size = abs(value)
    if is_drift and limit is not None:
        span = max(top - limit, 1e-12)
        return "hi", 4 + round(6 * min(1.0, max(0.0, size - limit) / span))
    return "lo", max(1, round(6 * min(1.0, size / (limit or top))))


def _time_axis(spans: Sequence[tuple[int, int]], width: float, height: int) -> str:
    """Dates above the map, as many as fit."""
    every = max(1, math.ceil(64 / width))
    labels = []
    for place in range(0, len(spans), every):
        x = _LABEL_WIDTH + place * width
        if x + 60 <= _LABEL_WIDTH + width * len(spans) or place == 0:  # a date that would be cut off is left out
            labels.append(f'<text x="{x:.0f}" y="10">{_day(spans[place][0])}</text>')
        labels.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="12" y2="{height + 14}"/>')
    return "".join(labels)


def _legend(limit: float | None, top: float) -> str:
    below = f"0 … {limit:.3g}" if limit is not None else f"0 … {top:.3g}"
    parts = [
        f'<svg width="14" height="11"><rect class="lo" width="14" height="11" fill-opacity=".4"/></svg> {below}',
    ]
    if limit is not None:
        parts.append(
            f'<svg width="14" height="11"><rect class="hi" width="14" height="11"/></svg> above {limit:.3g} and more than chance'
        )
    return f'<p class="muted">{" &nbsp; ".join(parts)}</p>'


def series_chart(series: MetricSeries, width: int = 400, height: int = 150) -> html.Safe:
    """Draw one metric over time, with its limit and the baseline's value."""
    lines = [line for line in series.series if any(value is not None for value in line.values)]
    known = [value for line in lines for value in line.values if value is not None]
    if not known or not series.t:
        return html.Safe("")
    limit = series.threshold
    low, high = (
        min([*known, *([limit] if limit is not None else [])]),
        max([*known, *([limit] if limit is not None else [])]),
    )
    pad = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
    low, high = low - pad, high + pad
    left, right, top, bottom = 44, 10, 8, 22
    span = max(series.t[-1] - series.t[0], 1)

    def x(t: int) -> float:
        return left + (width - left - right) * (t - series.t[0]) / span

    def y(value: float) -> float:
        return top + (height - top - bottom) * (high - value) / (high - low)

    parts = [f'<line class="axis" x1="{left}" x2="{width - right}" y1="{height - bottom}" y2="{height - bottom}"/>']
    ticks = (low + pad, high - pad)
    parts += [f'<text x="{left - 6}" y="{y(v) + 3:.0f}" text-anchor="end">{v:.3g}</text>' for v in ticks]
    if limit is not None:
        parts.append(f'<line class="limit" x1="{left}" x2="{width - right}" y1="{y(limit):.1f}" y2="{y(limit):.1f}"/>')
    parts += [_line(line.name, line.values, series.t, x, y) for line in lines]
    for place, anchor in ((0, "start"), (-1, "end")):
        parts.append(
            f'<text x="{x(series.t[place]):.0f}" y="{height - 8}" text-anchor="{anchor}">{_day(series.t[place])}</text>'
        )
    current = next((line for line in lines if line.name != "baseline"), lines[0])
    newest = next((value for value in reversed(current.values) if value is not None), None)
    title = series.metric if series.column == ":table" else f"{series.metric} of {series.column}"
    said = f"{title} by {series.granularity}: {known[0]:.3g} … {newest:.3g}" if newest is not None else title
    svg = f'<svg width="{width}" height="{height}" role="img" aria-label="{html.escape(said)}">{"".join(parts)}</svg>'
    return html.Safe(f'<div><div class="muted">{html.escape(said)}</div>{svg}</div>')


def _line(name: str, values: Sequence[float | None], times: Sequence[int], x: Any, y: Any) -> str:
    points = [(x(t), y(value), value, t) for t, value in zip(times, values, strict=True) if value is not None]
    path = "M" + "L".join(f"{px:.1f},{py:.1f}" for px, py, _, _ in points)
    if name == "baseline":
        return f'<path class="base" d="{path}"><title>baseline {points[0][2]:.3g}</title></path>'
    dots = ""
    if len(points) <= 60:
        dots = "".join(
            f'<circle class="dot" cx="{px:.1f}" cy="{py:.1f}" r="2.4"><title>{_day(t)}: {value:.4g}</title></circle>'
            for px, py, value, t in points
        )
    return f'<path class="line" d="{path}"/>{dots}'


def info_html(info: MonitorInfo) -> str:
    """Render a monitor's configuration."""
    profile: Any = info.profile
    labels = getattr(profile, "labels", None)
    return html.card(
        html.Safe(f"Monitor {html.code(info.table_name)}"),
        [
            ("watches", profile.type.replace("_", " ")),
            ("windows", ", ".join(info.granularities) or None),
            ("baseline", html.code(info.baseline_table_name) if info.baseline_table_name else None),
            ("slices", ", ".join(info.slicing_exprs) or None),
            ("labels", f"{labels.table}: {labels.label_col} by {labels.request_id_col}" if labels else None),
            ("profile", html.code(info.profile_metrics_table_name)),
            ("drift", html.code(info.drift_metrics_table_name)),
            ("problem", info.latest_monitor_failure_msg),
        ],
        state=(
            info.status.removeprefix("MONITOR_STATUS_").lower(),
            "bad" if info.latest_monitor_failure_msg else "info",
        ),
    )


def refresh_html(refresh: MonitorRefreshInfo) -> str:
    """Render what a refresh did."""
    seconds = None
    if refresh.start_time_ms and refresh.end_time_ms:
        seconds = f"{(refresh.end_time_ms - refresh.start_time_ms) / 1000:.1f} s"
    tones = {"SUCCESS": "ok", "FAILED": "bad"}
    facts = [("windows", refresh.windows), ("rows", refresh.rows), ("took", seconds), ("note", refresh.message)]
    return html.card("Refresh", facts, state=(refresh.state.lower(), tones.get(refresh.state, "info")))


def alert_html(alert: Alert) -> str:
    """Render an alert with what it saw."""
    rule = alert.rule
    rows = [
        [
            _span(v.start, v.end),
            v.column,
            v.value,
            v.rows,
            html.tag("yes", "bad") if v.holds else html.tag(v.why or "no"),
        ]
        for v in alert.evidence
    ]
    facts = [
        ("on", html.code(alert.table_name)),
        ("speaks when", f"{rule.metric} is {rule.direction} {rule.threshold:g} in {rule.k} of {rule.n} windows"),
        ("value", alert.last_value),
        ("since", html.when(alert.since) or None),
    ]
    body = [html.table(rows, ["window", "column", "value", "rows", "holds"], limit=12)] if rows else []
    return html.card(f"Alert {alert.name}", facts, body=body, state=(alert.state.lower(), _STATES[alert.state]))


def decision_html(decision: RetrainingDecision) -> str:
    """Render a decision about retraining with what it rests on."""
    evidence = decision.evidence
    rows = [
        [a["name"], a["metric"], a.get("value"), f"{a['direction']} {a['threshold']:g}", a["state"].lower()]
        for a in evidence.get("alerts", [])
    ]
    facts = [
        ("why", decision.reason),
        ("model", html.code(evidence["model"]) if evidence.get("model") else None),
        ("data up to", _day(evidence["as_of"]) if evidence.get("as_of") else None),
        ("decided", f"{html.when(decision.time)} by {decision.decided_by}"),
    ]
    body = [html.table(rows, ["alert", "metric", "value", "limit", "state"])] if rows else []
    state = (decision.decision.lower(), _DECISIONS[decision.decision])
    return html.card("Retraining", facts, body=body, state=state)


def _alerts(alerts: Sequence[Alert]) -> html.Safe:
    rows = [
        [
            html.tag(
                alert.state.lower() if alert.enabled else "off", _STATES[alert.state] if alert.enabled else "muted"
            ),
            alert.name,
            f"{alert.rule.metric} {alert.rule.direction} {alert.rule.threshold:g}",
            alert.last_value,
        ]
        for alert in alerts
    ]
    return html.table(rows, ["", "alert", "condition", "value"])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _day(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.strftime("%Y-%m-%d" if milliseconds % _DAY_MS == 0 else "%Y-%m-%d %H:%M")


def _span(start: int, end: int) -> str:
    """A window as people write it: one day as its date, else from and to, the last day included."""
    if end - start == _DAY_MS or end == start:
        return _day(start)
    return f"{_day(start)} to {_day(end - _DAY_MS) if (end - start) % _DAY_MS == 0 else _day(end)}"


FORMATTERS = {
    "MonitorVerdict": verdict_html,
    "MonitorInfo": info_html,
    "MonitorRefreshInfo": refresh_html,
    "Alert": alert_html,
    "RetrainingDecision": decision_html,
}
