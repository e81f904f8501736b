"""How results of SQL, tables and loads look in a cell."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
from typing import TYPE_CHECKING, Any

from mlnb.display import html
from mlnb.display.lineage import FORMATTERS as LINEAGE

if TYPE_CHECKING:
    from mlnb.catalog.ingest.records import IngestPlan
    from mlnb.catalog.records import Commit, IngestReport
    from mlnb.catalog.sql.result import SqlResult
    from mlnb.catalog.table import Table

#: Most rows and columns of a grid; notebooks are files that people send around.
ROWS = 100
COLUMNS = 60
#: Bytes of rows, so that a grid stays below what one output may have.
BUDGET = 70_000
#: Characters of one cell.
CELL = 160

_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")

_STYLE = html.Safe("""<style>
.jp-mlnb-out.jp-mlnb-out .grid{max-height:420px;overflow:auto;width:fit-content;max-width:100%;border:1px solid var(--jp-border-color3,#e5e5e5);border-radius:3px}
.jp-mlnb-out.jp-mlnb-out .grid table{margin:0;width:max-content}
.jp-mlnb-out.jp-mlnb-out .grid th{position:sticky;top:0;background:var(--jp-layout-color2,#f3f3f3);padding:3px 10px;line-height:1.25}
.jp-mlnb-out.jp-mlnb-out .grid td{padding:2px 10px;white-space:pre;max-width:420px;overflow:hidden;text-overflow:ellipsis}
.jp-mlnb-out.jp-mlnb-out .grid tr:nth-child(even) td{background:var(--jp-rendermime-table-row-background,rgba(128,128,128,.06))}
.jp-mlnb-out.jp-mlnb-out .grid .type{display:block;font-weight:400;font-size:10px;color:var(--jp-ui-font-color3,#8a8a8a)}
.jp-mlnb-out.jp-mlnb-out .why{white-space:nowrap}
.jp-mlnb-out.jp-mlnb-out .grid .null{color:var(--jp-ui-font-color3,#9e9e9e);font-style:italic}
</style>""")


def result_html(result: SqlResult) -> str:
    """Render the rows of a statement: a grid with types, and how many rows there are in all."""
    if not result.columns:
        return html.page(html.Safe(f'<p>{_words(result)} done <span class="muted">· {_seconds(result)}</span></p>'))
    if "num_affected_rows" in result.columns:
        return _written(result)
    table = result.to_arrow().slice(0, ROWS)
    grid, shown = _grid(
        result.columns[:COLUMNS], result.types, table.select(list(range(min(COLUMNS, table.num_columns))))
    )
    return html.page(_STYLE, grid, html.Safe(f'<p class="muted">{_counted(result, shown)}</p>'), _notes(result))


def _notes(result: SqlResult) -> html.Safe:
    """Render what was left out of the rows."""
    return html.Safe("".join(f'<p class="muted">{html.escape(note)}</p>' for note in result.notes))


def _written(result: SqlResult) -> str:
    rows = result.rows(1)[0]["num_affected_rows"]
    target = result.writes[0] if result.writes else None
    what = "nothing was written" if target is None else f"{target.name}, version {target.version}"
    done = _DONE.get(result.kind, "written")
    return html.card(f"{rows:,} row{'' if rows == 1 else 's'} {done}", [("table", what), ("took", _seconds(result))])


_DONE = {"UPDATE": "updated", "DELETE": "deleted", "MERGE": "merged", "TRUNCATE": "deleted"}


def _words(result: SqlResult) -> html.Safe:
    return html.escape(result.kind.replace("_", " "))


def _counted(result: SqlResult, shown: int) -> str:
    total = result.num_rows
    parts = [f"{total:,} row{'' if total == 1 else 's'}" + (f", the first {shown:,} shown" if shown < total else "")]
    if len(result.columns) > COLUMNS:
        parts.append(f"{len(result.columns)} columns, the first {COLUMNS} shown")
    parts += [str(html.code(f"{read.name}@v{read.version}")) for read in result.reads[:5]]
    return " · ".join([*parts, _seconds(result)])


def _seconds(result: SqlResult) -> str:
    return f"{result.metrics.get('duration_ms', 0) / 1000:.2f} s"


def _grid(names: list[str], types: list[str], table: Any) -> tuple[html.Safe, int]:
    """Render rows until they reach the budget; return the grid and how many rows it has."""
    numeric = [kind.startswith(_NUMBERS) for kind in types]
    head = "".join(
        f'<th{" class=num" if number else ""}>{html.escape(name)}<span class="type">{html.escape(kind)}</span></th>'
        for name, kind, number in zip(names, types, numeric, strict=False)
    )
    lines: list[str] = []
    used = len(head)
    for row in table.to_pylist() if len(set(names)) == len(names) else []:
        line = "".join(_cell(row[name], number) for name, number in zip(names, numeric, strict=False))
        used += len(line.encode()) + 9
        if used > BUDGET and lines:
            break
        lines.append(f"<tr>{line}</tr>")
    body = f'<div class="grid"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    return html.Safe(body), len(lines)


def _cell(value: Any, number: bool) -> str:
    if value is None:
        return f'<td class="null{" num" if number else ""}">null</td>'
    text = _text(value)
    title = f' title="{html.escape(text[:1000])}"' if len(text) > CELL else ""
    short = text if len(text) <= CELL else text[: CELL - 1] + "…"
    return f"<td{' class=num' if number else ''}{title}>{html.escape(short)}</td>"


def _text(value: Any) -> str:
    """Show a value: digits are kept, times are UTC."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, (int, str, decimal.Decimal)):
        return str(value)
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S") + (
            f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
        )
    if isinstance(value, bytes):
        return base64.b64encode(value[:120]).decode()
    if isinstance(value, (list, dict)):
        return json.dumps(value, default=str, ensure_ascii=False)
    return str(value)


def table_html(table: Table) -> str:
    """Render a table: what it holds and its first rows."""
    info = table.info
    facts = [
        ("rows", html.number(info.num_rows)),
        ("size", _size(info.size_bytes, info.num_files or 0) if info.size_bytes else None),
        ("version", table.version),
        ("primary key", html.code(", ".join(info.primary_key)) if info.primary_key else None),
        ("time column", html.code(info.timeseries) if info.timeseries else None),
        ("changed", f"{html.when(info.updated_at)} by {info.updated_by}"),
        ("about", info.comment),
    ]
    found = table.scan(limit=10)
    grid, _ = _grid(found.columns[:COLUMNS], found.types, found.to_arrow())
    return html.card(info.full_name, [fact for fact in facts if fact[1] is not None], body=[_STYLE, grid])


def _size(size: int, files: int) -> str:
    text = f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB"
    return f"{text} in {files} file{'' if files == 1 else 's'}"


def ingest_html(report: IngestReport) -> str:
    """Render what loading files did: counts, types with reasons, what the user should know."""
    state = (f"{report.rejected:,} rejected", "warn") if report.rejected else ("all rows fit", "ok")
    facts: list[tuple[str, Any]] = [
        ("table", f"{report.table}, version {report.version}"),
        ("rows", html.number(report.rows)),
        ("rejected rows", html.code(report.rejects_table) if report.rejects_table else None),
        ("skipped", f"{', '.join(report.skipped_files)} (loaded before)" if report.skipped_files else None),
    ]
    columns = [
        [html.code(c.name), c.type, html.Safe(f"<span class=why>{html.escape(c.reason)}</span>")]
        for c in report.columns
    ]
    body: list[Any] = [_STYLE, html.table(columns, ["column", "type", "why"], limit=COLUMNS)] if columns else []
    body += [html.Safe(f'<p class="warn">{html.escape(text)}</p>') for text in report.warnings]
    return html.card("Loaded", [fact for fact in facts if fact[1] is not None], body=body, state=state)


def plan_html(plan: IngestPlan) -> str:
    """Render what loading files would do: types with reasons and samples, ten rows, and the lines that would be rejected."""
    state = ("would be refused", "bad") if plan.refused else ("nothing is written yet", "info")
    known = [file for file in plan.files if file.loaded_before]
    facts: list[tuple[str, Any]] = [
        ("files", f"{len(plan.files):,}" + (f", {len(known):,} loaded before" if known else "")),
        ("rows", html.number(plan.num_rows)),
        ("rejected", html.number(plan.rejected) if plan.rejected else None),
        ("table", plan.table.name + ("" if plan.table.exists else " (new)") if plan.table else None),
    ]
    columns = [
        [
            html.code(c.name),
            c.type,
            html.Safe(f"<span class=why>{html.escape(c.reason)}</span>"),
            ", ".join(c.samples),
            c.missing or "",
        ]
        for c in plan.columns
    ]
    body: list[Any] = [_STYLE]
    if plan.refused:
        told = " ".join(filter(None, [plan.refused.message, plan.refused.hint]))
        body.append(html.Safe(f'<p class="bad" style="white-space:pre-wrap">{html.escape(told)}</p>'))
    body.append(html.table(columns, ["column", "type", "why", "samples", "missing"], limit=COLUMNS))
    notes = [*plan.warnings, *(f"{c.name}: {text}" for c in plan.columns for text in c.warnings)]
    body += [html.Safe(f'<p class="warn">{html.escape(text)}</p>') for text in notes]
    if plan.rejects:
        rejects = [[f"{r.file}:{r.line:,}", r.column or "", r.reason, html.code(r.raw[:CELL])] for r in plan.rejects]
        shown = f", the first {len(rejects):,} shown" if len(rejects) < plan.rejected else ""
        body.append(html.Safe(f"<h4>{plan.rejected:,} rejected{shown}</h4>"))
        body.append(html.table(rejects, ["line", "column", "why", "text"]))
    body += [html.Safe("<h4>First rows</h4>"), _first_rows(plan)]
    name = plan.source[0] if len(plan.source) == 1 else f"{len(plan.source):,} sources"
    return html.card(f"Loading {name}", [fact for fact in facts if fact[1] is not None], body=body, state=state)


def _first_rows(plan: IngestPlan) -> html.Safe:
    columns = plan.columns[:COLUMNS]
    numeric = [column.type.split("(")[0] in _NUMBERS for column in columns]
    head = "".join(
        f"<th{' class=num' if number else ''}>{html.escape(c.name)}<span class=type>{html.escape(c.type)}</span></th>"
        for c, number in zip(columns, numeric, strict=True)
    )
    lines = "".join(
        f"<tr>{''.join(_cell(value, number) for value, number in zip(row, numeric, strict=False))}</tr>"
        for row in plan.rows
    )
    return html.Safe(f'<div class="grid"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>')


def progress_html(done: float, total: float, message: str) -> str:
    """Render how far a piece of work is; a total of 0 is unknown."""
    share = min(done / total, 1.0) if total else 0.0
    bar = (
        f'<progress max="1" value="{share:.3f}" style="width:240px;vertical-align:middle"></progress> {share:.0%} '
        if total
        else ""
    )
    return html.page(html.Safe(f'{bar}<span class="muted">{html.escape(message)}</span>'))


def commit_html(commit: Commit) -> str:
    """Render one commit of a table: what was done, by whom, and how many rows it touched."""
    rows = [
        (name.removeprefix("num_").replace("_", " "), html.number(value))
        for name, value in commit.metrics.items()
        if "rows" in name
    ]
    facts = [("operation", commit.operation.lower()), *rows, ("by", commit.user), ("at", html.when(commit.timestamp))]
    return html.card(f"Version {commit.version}", [fact for fact in facts if fact[1] is not None])


def about_html(info: Any) -> str:
    """Render what a catalog, schema, table, volume or function is."""
    kind = type(info).__name__.removesuffix("Info").lower()
    facts = [
        ("comment", info.comment),
        ("owner", info.owner),
        ("columns", len(info.columns) if hasattr(info, "columns") else None),
        ("path", getattr(info, "path", None)),
        ("signature", getattr(info, "signature", None)),
        ("changed", html.when(info.updated_at)),
    ]
    return html.card(info.full_name, facts, state=(kind, "info"))


FORMATTERS = {
    "SqlResult": result_html,
    "Table": table_html,
    "IngestReport": ingest_html,
    "IngestPlan": plan_html,
    "Commit": commit_html,
    **LINEAGE,
    **dict.fromkeys(("CatalogInfo", "SchemaInfo", "TableInfo", "VolumeInfo", "FunctionInfo"), about_html),
}
