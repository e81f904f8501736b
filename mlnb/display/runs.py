"""How runs look in a cell when there are several: a page of them, groups, two that differ, many side by side, curves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.display import html
from mlnb.display.curves import curves_svg
from mlnb.training.comparing.values import has_direction, upwards

if TYPE_CHECKING:
    from mlnb.training.records import ColumnList, PageColumn, RunGroup, RunPage
    from mlnb.training.records_compare import RunComparison
    from mlnb.training.records_diff import CellDiff, DataDiff, MetricDiff, RunDiff, RunHead, ValueDiff
    from mlnb.training.records_pages import CurveList

TONES = {"FINISHED": "ok", "FAILED": "bad", "KILLED": "warn", "RUNNING": "info"}
#: Lines of one kind that are shown; what is left out is counted.
_MOST = 40
#: Letters of a text in a table of runs.
_CELL = 32
_SCROLL = '<div style="overflow-x:auto">{}</div>'
_PRE = (
    '<pre style="margin:4px 0;padding:6px 8px;overflow-x:auto;font-family:var(--jp-code-font-family,monospace);font-size:12px;'
    'line-height:1.4;background:var(--jp-layout-color2,#f5f5f5);border-radius:3px">{}</pre>'
)
_TITLES = {
    "metrics": "Metrics", "params": "Parameters", "cells": "Cells", "data": "Data", "environment": "Packages", "git": "Git",
    "tags": "Tags", "artifacts": "Files",
}  # fmt: skip
_SIGNS = {"added": "+", "removed": "−", "changed": "≠", "moved": "↕", "same": "="}


class Groups(list["RunGroup"]):
    """Groups of runs, as ``%runs --group`` returns them."""

    def __init__(self, by: str, groups: Iterable[RunGroup]) -> None:
        super().__init__(groups)
        self.by = by

    def _repr_html_(self) -> str:
        return groups_html(self)

    def __repr__(self) -> str:
        return "\n".join(f"{self.by} = {group.value}: {group.runs} runs" for group in self) or "no runs"


def page_html(page: RunPage) -> str:
    """Render a block of runs as a table; the best of each metric among them is marked."""
    if not page.ids:
        return html.card("No runs", body=["Nothing matches. Run a cell with %%mlrun and it is listed here."])
    shown = [column for column in page.columns if column.key not in ("attributes.end_time", "attributes.run_id")]
    best = {column.key: _best(column) for column in shown}
    pinned, children = set(page.pinned or ()), page.children or {}
    lines = []
    for index, run_id in enumerate(page.ids):
        cells = [_cell(column.key, column.values[index], best=index == best[column.key]) for column in shown]
        inside = f" +{children[run_id]}" if run_id in children else ""
        mark = " ★" if run_id in pinned else ""
        name = html.link(run_id[:8], f"mlnb:run/{run_id}")
        lines.append([html.Safe(f'<span style="white-space:nowrap">{name}{inside}{mark}</span>'), *cells])
    title = f"{len(page.ids)} of {page.total:,} runs" if len(page.ids) < page.total else f"{page.total:,} runs"
    names = ["run", *(column.key.removeprefix("attributes.") for column in shown)]
    notes = [text for text, wanted in (("★ pinned", pinned & set(page.ids)), ("+n runs inside", children)) if wanted]
    foot = html.Safe(f'<p class="muted">{", ".join(notes)}</p>') if notes else ""
    right = [place for place, column in enumerate(shown, 1) if column.type == "number"]
    return html.card(title, body=[html.Safe(_SCROLL.format(_figures(names, lines, right, most=100))), foot])


def columns_html(found: ColumnList) -> str:
    """Render the columns of an experiment."""
    return html.card("Columns", body=[html.table([item.model_dump() for item in found.columns], limit=200)])


def groups_html(groups: Groups) -> str:
    """Render groups with the mean of each metric, and the span from least to greatest."""
    metrics = list(dict.fromkeys(key for group in groups for key in group.metrics))
    lines = []
    for group in groups:
        cells: list[Any] = []
        for key in metrics:
            found = group.metrics.get(key)
            if found is None or found.mean is None:
                cells.append("")
                continue
            span = f"{html.number(found.min)} – {html.number(found.max)}"
            cells.append(html.Safe(f'{html.number(found.mean)} <span class="muted">{span}</span>'))
        lines.append([group.value if group.value is not None else html.Safe("<em>none</em>"), group.runs, *cells])
    names = [groups.by, "runs", *(f"{key} (mean, span)" for key in metrics)]
    return html.card(
        f"{sum(group.runs for group in groups):,} runs by {groups.by}", body=[html.table(lines, names, limit=100)]
    )


def diff_html(diff: RunDiff) -> str:
    """Render what differs between two runs, the numbers first."""
    parts = [
        _section("metrics", _metrics(diff.metrics)),
        _section("params", _values(diff.params)),
        _section("data", _data(diff.data)),
        _section("cells", _cells(diff.cells)),
        _section("environment", _values(diff.environment, folded=True)),
        _section("git", _git(diff)),
        _section("tags", _values(diff.tags)),
        _section("artifacts", _values(diff.artifacts, folded=True)),
    ]
    same = ", ".join(_TITLES[area].lower() for area in _TITLES if area in diff.same)
    notes = [html.Safe(f'<p class="muted">{html.escape(note)}</p>') for note in diff.notes]
    head = html.Safe(f"{_side('a', diff.a)}{_side('b', diff.b)}")
    alike = html.Safe(f'<p class="muted">The same: {html.escape(same)}.</p>') if same else ""
    return html.page(html.Safe("<h3>What differs</h3>"), head, *parts, alike, *notes)


def comparison_html(found: RunComparison) -> str:
    """Render runs as columns, only what differs."""
    names = ["", *(run.name for run in found.runs)]
    parts: list[Any] = []
    for area in ("metrics", "params", "tags", "attributes"):
        rows = [row for row in getattr(found, area) if row.differs and row.key not in ("start_time", "end_time")]
        if rows:
            lines = [[row.key, *(_shown(row.key, _whole(value)) for value in row.values)] for row in rows]
            parts += [html.Safe(f"<h4>{area.capitalize()}</h4>"), html.Safe(_SCROLL.format(html.table(lines, names)))]
    title = f"{len(found.runs)} runs, what differs" if parts else f"{len(found.runs)} runs, nothing differs"
    return html.card(title, body=parts)


def curves_html(found: CurveList) -> str:
    """Render curves as one picture for each metric."""
    if not found.curves:
        return html.card("No values", body=["None of these runs has logged these metrics."])
    by_metric: dict[str, list[Any]] = {}
    for curve in found.curves:
        by_metric.setdefault(curve.metric, []).append(curve)
    parts: list[Any] = []
    for metric, curves in by_metric.items():
        parts += [html.Safe(f"<h4>{html.escape(metric)}</h4>"), html.Safe(curves_svg(curves, found.x))]
    return html.card("Over time" if found.x != "step" else "Over steps", body=parts)


def _side(which: str, run: RunHead) -> str:
    state = html.tag(run.status.lower(), TONES.get(run.status, "muted"))
    name = html.link(run.name, f"mlnb:run/{run.run_id}")
    rest = ", ".join(str(part) for part in (run.experiment_name, html.when(run.start_time), run.notebook) if part)
    return f'<p><strong>{which}</strong> {name} {state} <span class="muted">{html.escape(rest)}</span></p>'


def _section(area: str, body: str) -> html.Safe:
    return html.Safe(f"<h4>{_TITLES[area]}</h4>{body}") if body else html.Safe("")


def _metrics(diffs: Sequence[MetricDiff]) -> str:
    rows = [item for item in diffs if item.change != "same"]
    errors = any(item.standard_errors is not None for item in rows)
    lines = []
    for item in rows:
        line = [item.key, *(_number(value, best=item.better == side) for side, value in (("a", item.a), ("b", item.b)))]
        line.append(html.Safe(f"{item.difference:+.4g}") if item.difference is not None else _word(item.change))
        if errors:
            line.append("" if item.standard_errors is None else html.Safe(f"{item.standard_errors:+.1f}"))
        lines.append(line)
    names = ["", "a", "b", "b − a", *(["in standard errors"] if errors else [])]
    return _figures(names, lines, (1, 2, 3, 4)) if lines else ""


def _values(diffs: Sequence[ValueDiff], *, folded: bool = False) -> str:
    rows = [item for item in diffs if item.change != "same"]
    if not rows:
        return ""
    lines = [[html.code(item.key), _short(item.a), _short(item.b), _word(item.change)] for item in rows]
    table = html.table(lines, ["", "a", "b", ""], limit=_MOST)
    if not folded or len(rows) <= 8:
        return table
    return f"<details><summary>{len(rows)} differ</summary>{table}</details>"


def _data(diffs: Sequence[DataDiff]) -> str:
    lines = []
    for item in diffs:
        if item.change == "same":
            continue
        sides = [
            ", ".join(
                part
                for part in (
                    f"version {version}" if version is not None else "",
                    f"{rows:,} rows" if rows is not None else "",
                    (print_ or "")[:12] if version is None else "",
                )
                if part
            )
            for version, rows, print_ in (
                (item.a_version, item.a_rows, item.a_fingerprint),
                (item.b_version, item.b_rows, item.b_fingerprint),
            )
        ]
        columns = [
            *(f"+ {name}" for name in item.columns_added),
            *(f"− {name}" for name in item.columns_removed),
            *item.columns_retyped,
        ]
        lines.append([item.name, item.direction, *sides, ", ".join(columns), _word(item.change)])
    return html.table(lines, ["", "", "a", "b", "columns", ""], limit=_MOST) if lines else ""


def _cells(diffs: Sequence[CellDiff]) -> str:
    rows = [item for item in diffs if item.change != "same"]
    if not rows:
        return ""
    parts = []
    for item in rows[:_MOST]:
        where = item.b_position if item.b_position is not None else item.a_position
        title = f"{_SIGNS[item.change]} {item.change}: {'the run’s own cell' if item.is_run else f'cell executed as number {(where or 0) + 1}'}"
        body = _PRE.format(_coloured(item.diff)) if item.diff else ""
        opened = " open" if item.is_run or len(rows) <= 3 else ""
        parts.append(
            f"<details{opened}><summary>{html.escape(title)}</summary>{body}</details>"
            if body
            else f"<p>{html.escape(title)}</p>"
        )
    more = f'<p class="muted">… and {len(rows) - _MOST:,} more</p>' if len(rows) > _MOST else ""
    return "".join(parts) + more


def _coloured(diff: str) -> str:
    tones = {"+": "ok", "-": "bad", "@": "muted"}
    lines = []
    for line in diff.splitlines()[:400]:
        tone = tones.get(line[:1])
        text = html.escape(line)
        lines.append(f'<span class="{tone}">{text}</span>' if tone else str(text))
    return "\n".join(lines)


def _git(diff: RunDiff) -> str:
    if "git" in diff.same:
        return ""
    sides = []
    for which, git in (("a", diff.git_a), ("b", diff.git_b)):
        if git.commit is None:
            sides.append([which, html.Safe('<span class="muted">no commit known</span>'), "", ""])
        else:
            changed = "with changes not committed" if git.dirty else ""
            sides.append([which, html.code(git.commit[:10]), git.branch or "", changed])
    commits = "".join(f"<li>{html.escape(line)}</li>" for line in diff.git_commits[:20])
    listed = f'<ul style="margin:4px 0;padding-left:20px">{commits}</ul>' if commits else ""
    return f"{html.table(sides, ['', 'commit', 'branch', ''])}{listed}"


def _figures(names: Sequence[str], lines: Sequence[Sequence[Any]], right: Sequence[int], most: int = _MOST) -> str:
    """Render a table whose columns of figures stand on the right, also where a figure is marked or missing."""
    css = [' class="num"' if place in right else "" for place in range(len(names))]
    head = "".join(f"<th{c}>{html.escape(name)}</th>" for c, name in zip(css, names, strict=True))
    rows = [
        "".join(f"<td{c}>{_plain(value)}</td>" for c, value in zip(css, line, strict=True)) for line in lines[:most]
    ]
    more = f'<p class="muted">… and {len(lines) - most:,} more</p>' if len(lines) > most else ""
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _plain(value: Any) -> str:
    return html.number(_whole(value)) if isinstance(value, (int, float)) else html.escape(value)


def _whole(value: Any) -> Any:
    """Return a count, which MLflow keeps as 40000.0, as one."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _word(change: str) -> html.Safe:
    tone = {"added": "ok", "removed": "bad"}.get(change, "muted")
    return html.Safe(f'<span class="{tone}" style="white-space:nowrap">{_SIGNS[change]} {change}</span>')


def _number(value: float | None, *, best: bool) -> Any:
    if value is None:
        return ""
    text = html.number(_whole(value))
    return html.Safe(f"<strong>{text}</strong>") if best else html.Safe(text)


def _short(value: str | None) -> str:
    return "" if value is None else value if len(value) <= 120 else f"{value[:119]}…"


def _cell(key: str, value: Any, *, best: bool = False) -> Any:
    if best:
        return html.Safe(f'<strong title="best of those shown">{html.number(value)}</strong>')
    if isinstance(value, str) and len(value) > _CELL:
        # A line stays a line: what is longer is in the title, and on the run's page.
        text = html.escape(f"{' '.join(value.split())[: _CELL - 1]}…")
        return html.Safe(f'<span style="white-space:nowrap" title="{html.escape(_short(value))}">{text}</span>')
    return _shown(key, value)


def _shown(key: str, value: Any) -> Any:
    name = key.rpartition(".")[2]
    if name == "status":
        return html.tag(str(value).lower(), TONES.get(str(value), "muted"))
    if name in ("start_time", "end_time"):
        return html.Safe(f'<span style="white-space:nowrap">{html.when(value)}</span>')
    return _short(value) if isinstance(value, str) else value


def _best(column: PageColumn) -> int | None:
    """Return where the best value of a metric stands, when several differ and the way that is better is known."""
    if not column.key.startswith("metrics."):
        return None
    real = [(value, place) for place, value in enumerate(column.values) if value is not None and math.isfinite(value)]
    if len({value for value, _ in real}) < 2:
        return None
    name = column.key.removeprefix("metrics.").partition("@")[0]
    return (max if upwards(name) else min)(real)[1] if has_direction(name) else None


FORMATTERS = {
    "RunPage": page_html,
    "ColumnList": columns_html,
    "RunDiff": diff_html,
    "RunComparison": comparison_html,
    "CurveList": curves_html,
}
