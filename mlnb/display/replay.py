"""How a replay looks in a cell: the verdict, what was compared, and why it came out differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.display import html

if TYPE_CHECKING:
    from mlnb.training.records_replay import Cause, ReplayReport, RunSourceCode

_TONES = {"IDENTICAL": "ok", "WITHIN_TOLERANCE": "ok", "DIFFERENT": "warn", "FAILED": "bad"}
_MEANING = {
    "IDENTICAL": "Made again in a clean process, it comes out exactly the same.",
    "WITHIN_TOLERANCE": "Made again in a clean process, it comes out the same within the tolerance.",
    "DIFFERENT": "Made again in a clean process, it comes out differently.",
    "FAILED": "It could not be made again.",
}
_STANDING = {"edited": "edited since", "deleted": "not in the notebook", "unknown": ""}
_MOST = 20
_PRE = (
    '<pre style="margin:2px 0 6px;padding:4px 8px;overflow-x:auto;font-size:12px;'
    'background:var(--jp-layout-color2,#f3f3f3);border-radius:3px">{}</pre>'
)


def report_html(report: ReplayReport) -> str:
    """Render a replay."""
    verdict = report.verdict
    state = (report.state.lower(), "info") if verdict is None else (verdict.lower().replace("_", " "), _TONES[verdict])
    how = {
        "executed": "the cells the run follows from"
        if report.mode == "cells"
        else "the notebook down to the run's cell",
        "data": "tables at the versions of then" if report.data == "pinned" else "tables as they are now",
        "packages": None if report.env == "same" else "from the run's lock",
        "tolerance": None if verdict != "WITHIN_TOLERANCE" else f"{report.atol:g} + {report.rtol:g}·|x|",
        "error": (report.error or {}).get("message"),
    }
    meaning = _MEANING[verdict] if verdict is not None else "It runs in a process of its own."
    body: list[Any] = [html.Safe(f"<p>{html.escape(meaning)}</p>"), html.pairs(how), _compared(report)]
    body += [_cause(cause) for cause in report.causes]
    body += [html.Safe(f'<p class="muted">{html.escape(text)}</p>') for text in report.remarks]
    links = {"Run": f"mlnb:run/{report.run_id}", "Replay": f"mlnb:run/{report.replay_run_id}"}
    return html.card(f"Replay of run {report.run_id[:8]}", links=links, body=body, state=state)


def _compared(report: ReplayReport) -> Any:
    rows: list[list[Any]] = [[item.key, item.a, item.b, item.difference] for item in report.metrics[:_MOST]]
    table = html.table(rows, ["metric", "then", "replay", "difference"], limit=_MOST) if rows else ""
    changed = [[item.key, item.a, item.b] for item in report.params if item.change != "same"]
    params = html.table(changed, ["parameter", "then", "replay"], limit=_MOST) if changed else ""
    models = [[item.key, item.a, item.b, "same" if item.change == "same" else "different"] for item in report.models]
    predictions = html.table(models, ["model", "then", "replay", ""], limit=_MOST) if models else ""
    same = sum(item.change == "same" for item in report.params)
    note = html.Safe(f'<p class="muted">{same} parameters are the same.</p>') if same else ""
    return html.Safe(f"{table}{params}{note}{predictions}")


def _cause(cause: Cause) -> Any:
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in cause.details)
    listed = f'<ul style="margin:2px 0 4px 18px">{lines}</ul>' if lines else ""
    return html.Safe(f"<div>{html.tag(cause.kind, 'warn')} {html.escape(cause.message)}{listed}</div>")


def source_html(source: RunSourceCode) -> str:
    """Render the cells a run follows from."""
    tone = "ok" if source.reproducible == "clean" else "muted" if source.reproducible == "unknown" else "warn"
    reasons = "".join(f"<li>{html.escape(text)}</li>" for text in source.reasons)
    body: list[Any] = [html.Safe(f'<ul style="margin:2px 0 4px 18px">{reasons}</ul>')] if reasons else []
    for cell in source.cells:
        if cell.in_closure:
            number = cell.execution_count if cell.execution_count is not None else cell.position + 1
            said = _STANDING.get(cell.standing, "")
            mark = f" {html.tag(said, 'warn')}" if said else ""
            head = f"<div class='muted'>[{number}]{' the run' if cell.is_run else ''}{mark}</div>"
            body.append(html.Safe(f"{head}{_PRE.format(html.escape(cell.source))}"))
    if not source.cells and source.cell:
        body.append(html.Safe(_PRE.format(html.escape(source.cell))))
    left = sum(not cell.in_closure for cell in source.cells)
    if left:
        body.append(
            html.Safe(f'<p class="muted">{left} more cells had been executed; the run does not use what they made.</p>')
        )
    return html.card(
        f"What run {source.run_id[:8]} follows from",
        [("notebook", source.notebook_path)],
        links={"Open run": f"mlnb:run/{source.run_id}"},
        body=body,
        state=(source.reproducible.replace("_", " "), tone),
    )


FORMATTERS = {"ReplayReport": report_html, "RunSourceCode": source_html}
