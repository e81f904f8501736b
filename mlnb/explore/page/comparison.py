"""A comparison as one static page: what differs between two tables, versions or splits, the most different column first."""

from __future__ import annotations

from . import svg
from .findings import findings
from .theme import document, style
from .words import Json, cut, named, number, percent, plural

_WORDS = {"differs": ("differs", "WARNING"), "same": ("same", "good"), "unknown": ("too few rows", "INFO")}
#: Rows, findings and findings with code, from rich to poor, until the page fits; the last one shows no pictures.
LEVELS = ((400, 20, 20), (200, 15, 8), (120, 10, 3), (60, 6, 1), (20, 3, 0))


def render_comparison(comparison: Json, *, standalone: bool = False, max_kb: int = 100) -> str:
    """Return the page of a comparison, not larger than ``max_kb`` kilobytes."""
    limit = max_kb * 1000 - (900 if standalone else 100)
    body = ""
    for shown, found, coded in LEVELS:
        parts = [
            style(),
            _header(comparison),
            findings(
                comparison.get("findings") or [],
                found,
                coded,
                nothing="Nothing speaks against using both sides together.",
            ),
            _schema(comparison.get("schema") or {}),
            _together(comparison),
            _columns(comparison, shown),
            _footer(comparison),
        ]
        body = f'<div class="mlnb-eda"><div class="e1">{"".join(parts)}</div></div>'
        if len(body.encode()) <= limit:
            break
    title = f"{cut(comparison['left']['name'], 60)} against {cut(comparison['right']['name'], 60)}"
    return document(title, body) if standalone else body


def _header(comparison: Json) -> str:
    left, right = comparison["left"], comparison["right"]
    differing = sum(column["verdict"] == "differs" for column in comparison["columns"])
    facts = [
        (f"{left['rows']:,}", f"rows in {cut(left['name'], 40)}"),
        (f"{right['rows']:,}", f"rows in {cut(right['name'], 40)}"),
        (f"{differing:,} of {len(comparison['columns']):,}", "columns differ"),
    ]
    apart = comparison.get("separability")
    if apart:
        facts.append((f"{apart['auc']:.2f}", "AUC of a classifier that tells them apart"))
    boxes = " ".join(f"<div><b>{value}</b> <span>{label}</span></div>" for value, label in facts)
    notes = "".join(_holdout(side) for side in (left, right))
    words = f'<p style="margin-top:8px">{cut(comparison["words"], 400)}</p>' if comparison.get("words") else ""
    return (
        f'<header><h2>{cut(left["name"], 90)} <small style="font-weight:400">against</small> {cut(right["name"], 90)}</h2>'
        f'<p class="s">{_origins(left, right)} · {comparison["timing"]["seconds"]:.1f} s</p>{words}{notes}<div class="f">{boxes}</div></header>'
    )


def _origins(left: Json, right: Json) -> str:
    """What the sides are; said once of two frames that are the same kind of thing."""
    first, second = _origin(left), _origin(right)
    if first == second and left["source"]["kind"] == "frame":
        return f"two {_what(left['source'], plural=True)}{first.removeprefix(_what(left['source']))}"
    return first if first == second else f"{first} · {second}"


def _origin(side: Json) -> str:
    source = side["source"]
    version = f" version {source['version']}" if source.get("version") is not None else ""
    sampled = f" (a sample of {side['sample_rows']:,} rows)" if side["sample_rows"] < side["rows"] else ""
    return f"{_what(source)}{version}{sampled}"


def _what(source: Json, *, plural: bool = False) -> str:
    """What rows are: a frame that nobody named is a data frame, one that was read from a table says so."""
    if source["kind"] != "frame":
        return f"{cut(source['kind'], 12)} {cut(source['name'], 60)}"
    known = source["name"] in ("data frame", "frame", "relation", "Arrow table")
    noun = (source["name"] if source["name"] in ("relation", "Arrow table") else "data frame") + ("s" if plural else "")
    article = "" if plural else "an " if noun[0] == "A" else "a "
    name = source["name"].removeprefix("data frame of ")
    return f"{article}{noun}" if known else f"{article}{noun} of {cut(name, 60)}"


def _holdout(side: Json) -> str:
    note = side.get("holdout") or {}
    text = note.get("note") or (f"{note['excluded']:,} rows held out" if note.get("excluded") else "")
    return f'<p class="u">{cut(side["name"], 40)}: {cut(text, 200)}</p>' if text else ""


def _schema(schema: Json) -> str:
    """Columns that only one side has, and those of another type."""
    lines = []
    for field, words in (("added", "only on the right"), ("removed", "only on the left")):
        names = schema.get(field) or []
        if names:
            chips = " ".join(f'<span class="y">{cut(name, 30)}</span>' for name in names[:30])
            more = f" and {len(names) - 30:,} more" if len(names) > 30 else ""
            lines.append(f"<li>{plural(len(names), 'column')} {words}: {chips}{more}</li>")
    for name, before, after in (schema.get("retyped") or [])[:30]:
        lines.append(
            f'<li>{named(name)} is <span class="y">{cut(before, 30)}</span> on the left and <span class="y">{cut(after, 30)}</span> on the right</li>'
        )
    return f"<section><h3>Other columns</h3><ul>{''.join(lines)}</ul></section>" if lines else ""


def _together(comparison: Json) -> str:
    """What both sides share, and how well a classifier tells them apart."""
    overlap, apart = comparison.get("overlap") or {}, comparison.get("separability")
    lines = []
    if overlap.get("rows") is not None:
        share = f" ({percent(100 * overlap['share'])})" if overlap.get("share") else ""
        lines.append(f"{plural(overlap['rows'], 'identical row')} on both sides{share}")
    if overlap.get("groups") is not None:
        total = f" of {overlap['groups_total']:,}" if overlap.get("groups_total") is not None else ""
        lines.append(f"{overlap['groups']:,}{total} groups are on both sides")
    if overlap.get("time_start"):
        lines.append(f"both have rows from {number(overlap['time_start'])} to {number(overlap.get('time_end'))}")
    text = f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>" if lines else ""
    if apart:
        interval = f"{apart['lower']:.3f} to {apart['upper']:.3f}"
        text += f"<p>A classifier tells the sides apart with an AUC of <b>{apart['auc']:.3f}</b> <small>(95 % interval {interval}; 0.5 is chance)</small></p>"
        text += _importances(apart.get("top") or [])
    return f"<section><h3>What both sides share, and what tells them apart</h3>{text}</section>" if text else ""


def _importances(top: list[tuple[str, float]]) -> str:
    useful = [(name, weight) for name, weight in top if weight > 0][:8]
    if not useful:
        return ""
    most = max(weight for _, weight in useful)
    rows = "".join(
        f'<tr><th scope="row" class="w0">{named(name)}</th><td>{svg.bar(weight / most)}</td><td class="z">{weight:.3f}</td></tr>'
        for name, weight in useful
    )
    return f'<table><thead><tr><th scope="col" class="w0">Told apart by</th><th scope="col"></th><th scope="col" class="z">Importance</th></tr></thead><tbody>{rows}</tbody></table>'


def _columns(comparison: Json, shown: int) -> str:
    """Columns in the order of the record: the most different first."""
    found = comparison["columns"]
    if not found:
        return ""
    rows = "".join(_column(column, pictures=i < 60) for i, column in enumerate(found[:shown]))
    left, right = cut(comparison["left"]["name"], 40), cut(comparison["right"]["name"], 40)
    legend = (
        f'<p class="k"><i class="j" style="background:var(--e-bar)"></i>{left} &nbsp; <i class="j" style="background:var(--e-rate)"></i>{right}. '
        "A column differs by an effect (stability index of 0.2 or distance of 0.1 and more) that is also significant.</p>"
    )
    head = (
        '<thead><tr><th scope="col" class="w0">Column</th><th scope="col">Both sides</th><th scope="col" class="z">Index</th>'
        '<th scope="col" class="z">Distance</th><th scope="col">In words</th></tr></thead>'
    )
    rest = len(found) - shown
    more = f'<p class="k">{rest:,} more columns that differ less are not shown.</p>' if rest > 0 else ""
    return f"<section><h3>{plural(len(found), 'column')} on both sides</h3>{legend}<table>{head}<tbody>{rows}</tbody></table>{more}</section>"


def _column(column: Json, *, pictures: bool) -> str:
    word, tone = _WORDS.get(column["verdict"], (column["verdict"], "INFO"))
    left, right = column.get("left") or [], column.get("right") or []
    drawn = (
        svg.two_bars(left, right, ordered=column["kind"] in ("numeric", "datetime"))
        if pictures and left and right
        else ""
    )
    dot = f'<i class="e {tone}" title="{word}"></i>'
    more = [
        f"{label} {column[field]:.3g}"
        for label, field in (
            ("KS", "ks"),
            ("Wasserstein", "wasserstein"),
            ("total variation", "tv"),
            ("adjusted p", "p_adjusted"),
        )
        if column.get(field) is not None
    ]
    words = column.get("words") or word
    return (
        f'<tr><th scope="row">{dot}{named(column["column"])}</th><td style="width:176px">{drawn}</td>'
        f'<td class="z" title="{"; ".join(more)}">{_figure(column.get("psi"))}</td><td class="z">{_figure(column.get("js"))}</td>'
        f'<td class="w1">{cut(words, 240)}</td></tr>'
    )


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _footer(comparison: Json) -> str:
    notes = "".join(f"<li>{cut(note, 300)}</li>" for note in (comparison.get("notes") or [])[:12])
    return f'<section><h3>How this was made</h3><ul class="k">{notes}</ul></section>' if notes else ""
