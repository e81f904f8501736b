"""Columns together on the page: correlations, values missing in the same rows, rows that occur twice."""

from __future__ import annotations

from . import svg
from .words import Json, cut, named, number, percent, plural

_MEASURES = {
    "pearson": "linear",
    "spearman": "by rank",
    "cramers_v": "Cramér’s V",
    "correlation_ratio": "correlation ratio",
}
PAIRS = 12


def correlations(profile: Json, drawn: int) -> str:
    """The strongest pairs as a list, and the heat map in clustered order where it fits."""
    found = profile.get("correlations") or {}
    pairs = found.get("pairs") or []
    names, matrix = _chosen(found, drawn)
    if not pairs and len(names) < 3:
        return ""
    heat = _heat_map(names, matrix) if len(names) >= 3 else ""
    left = len(found.get("columns") or []) - len(names) + (found.get("left_out") or 0)
    notes = [f"From {found['rows']:,} rows."] if found.get("rows") else []
    if heat:
        notes.append(
            '<i class="j" style="background:var(--e-rate)"></i>rise together, <i class="j" style="background:var(--e-deep)"></i>one falls as the other rises; the darker, the closer.'
        )
        if left > 0:
            notes.append(f"{left:,} columns that go together with others less are not drawn.")
    listed = _pairs(pairs)
    body = f'<div class="g2"><div>{heat}</div><div>{listed}</div></div>' if heat and listed else heat + listed
    return f'<section><h3>Which columns go together</h3><p class="k">{" ".join(notes)}</p>{body}</section>'


def _chosen(found: Json, drawn: int) -> tuple[list[str], list[list[float | None]]]:
    """The ``drawn`` columns with the strongest relations, in clustered order."""
    names, matrix = found.get("columns") or [], found.get("matrix") or []
    if len(names) <= drawn or drawn < 3:
        return (names, matrix) if len(names) <= drawn else ([], [])

    def strongest(i: int) -> float:
        return max((abs(v) for j, v in enumerate(matrix[i]) if j != i and v is not None), default=0.0)

    keep = sorted(sorted(range(len(names)), key=lambda i: -strongest(i))[:drawn])
    return [names[i] for i in keep], [[matrix[i][j] for j in keep] for i in keep]


def _heat_map(names: list[str], matrix: list[list[float | None]]) -> str:
    """The lower half; each name stands at the end of its row, above its column."""
    cell = max(16, min(28, 400 // len(names)))
    wide = f"{cell * (len(names) - 1)}px"
    labels = "".join(
        f'<li style="height:{cell}px;line-height:{cell}px;padding-left:{cell * i + 6}px">{cut(name, 24)}</li>'
        for i, name in enumerate(names)
    )
    said = f"Correlations of {len(names)} columns; the strongest pairs are listed beside it"
    return (
        f'<div style="position:relative;overflow-x:auto"><div style="position:absolute;top:{cell}px;width:{wide}">{svg.heat_map(matrix, cell, said)}</div>'
        f'<ol style="position:relative;font-size:11.5px;white-space:nowrap">{labels}</ol></div>'
    )


def _pairs(pairs: list[Json]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{named(p["left"])} · {named(p["right"])}</th><td class="z" title="{_both(p)}">{_value(p)}</td>'
        f'<td class="k">{_MEASURES.get(p.get("measure", "pearson"), "")}</td></tr>'
        for p in pairs[:PAIRS]
    )
    head = '<thead><tr><th scope="col">Strongest pairs</th><th scope="col" class="z">Strength</th><th scope="col">Measure</th></tr></thead>'
    return f"<table>{head}<tbody>{rows}</tbody></table>" if rows else ""


def _value(pair: Json) -> str:
    if pair.get("measure", "pearson") in ("pearson", "spearman"):
        value = pair.get("value") or pair.get("pearson") or 0.0
        return f"{value:+.3f}"
    return f"{pair['value']:.3f}"


def _both(pair: Json) -> str:
    told = [(pair.get("pearson"), "linear"), (pair.get("spearman"), "by rank")]
    return ", ".join(f"{value:+.3f} {word}" for value, word in told if value is not None)


def missing(profile: Json, shown: int) -> str:
    """Which columns are missing in the same rows, and how often each pattern occurs."""
    found = profile.get("missing_together")
    if not found or not (found["patterns"] or found["groups"]):
        return ""
    total = found.get("rows") or 0
    sentences = "".join(
        f"<li>{_names(g['columns'])} are missing in the same {plural(g['rows'], 'row')}"
        f" <small>(agreement {g['agreement']:.2f})</small></li>"
        for g in found["groups"][:shown]
    )
    rows = "".join(
        f'<tr><td>{_names(p["columns"])}</td><td class="z">{p["rows"]:,}</td><td class="z">{percent(100 * p["share"])}</td>'
        f'<td class="w2">{svg.bar(p["share"], css="ho")}</td></tr>'
        for p in found["patterns"][:shown]
    )
    whole = ""
    if total:
        share = found["complete_rows"] / total
        whole = (
            f'<tr><td class="k">nothing missing</td><td class="z">{found["complete_rows"]:,}</td>'
            f'<td class="z">{percent(100 * share)}</td><td class="w2">{svg.bar(share)}</td></tr>'
        )
    more = len(found["patterns"]) - shown
    note = f'<p class="k">{plural(more, "rarer pattern")} not shown.</p>' if more > 0 else ""
    head = '<thead><tr><th scope="col">Missing together</th><th scope="col" class="z">Rows</th><th scope="col" class="z">Share</th><th scope="col" class="w2"></th></tr></thead>'
    basis = f'<p class="k">From a sample of {total:,} rows.</p>' if total and total < profile["rows"] else ""
    listed = f'<ul style="margin-bottom:10px">{sentences}</ul>' if sentences else ""
    return f"<section><h3>What is missing together</h3>{basis}{listed}<table>{head}<tbody>{rows}{whole}</tbody></table>{note}</section>"


def _names(names: list[str], shown: int = 8) -> str:
    chips = " ".join(f'<span class="y">{cut(name, 30)}</span>' for name in names[:shown])
    return f"{chips} and {len(names) - shown:,} more" if len(names) > shown else chips


def duplicates(profile: Json, shown: int) -> str:
    """Rows that occur more than once, with examples."""
    found = profile.get("duplicates")
    if not found or not found["rows"]:
        return ""
    sure = ""
    if found.get("lower") is not None and found.get("upper") is not None:
        sure = f", between {percent(100 * found['lower'])} and {percent(100 * found['upper'])} with 95 % confidence"
    about = "about " if found.get("basis", "exact") != "exact" else ""
    text = f"{about}{plural(found['rows'], 'row')} ({percent(100 * found['share'])}{sure}) could be dropped because an equal one remains."
    examples = found.get("examples") or []
    table = ""
    if examples:
        names = list(examples[0]["values"])[:8]
        head = "".join(f'<th scope="col">{cut(name, 20)}</th>' for name in names)
        rows = "".join(
            f"<tr><td>{number(x['count'])} ×</td>{_cells(x['values'], names)}</tr>" for x in examples[:shown]
        )
        left = len(examples[0]["values"]) - len(names)
        tail = f'<p class="k">{plural(left, "more column")} of these rows not shown.</p>' if left > 0 else ""
        table = f'<table><thead><tr><th scope="col">Occurs</th>{head}</tr></thead><tbody>{rows}</tbody></table>{tail}'
    return f"<section><h3>Duplicate rows</h3><p>{text[0].upper() + text[1:]}</p>{table}</section>"


def _cells(values: Json, names: list[str]) -> str:
    return "".join(f"<td>{cut(values.get(name, ''), 24)}</td>" for name in names)
