"""The profile as one static page: no script, inline SVG, JupyterLab's theme inside Lab and the system's outside.

A pure function of ``Profile.to_dict()``. Everything that came from data is escaped. When the page would grow over its limit, the sections
above the columns show less, then columns lose details and bars, the least interesting first; the list of all columns is cut last.
"""

from __future__ import annotations

from dataclasses import dataclass

from .columns import columns
from .findings import findings
from .target import learning_curve, ranking, slices
from .theme import document, style
from .time import timeline
from .together import correlations, duplicates, missing
from .words import Json, basis_mark, cut, e, number, percent, plural, rate, size

#: Up to so many columns a page stays under ``SMALL_KB``.
SMALL_COLUMNS = 30
SMALL_KB = 60
#: Columns that get details at most.
DETAILED = 80


@dataclass(frozen=True)
class Richness:
    """How much each section shows."""

    bars: int
    findings: int
    code: int
    ranked: int
    heat: int
    lines: int


LEVELS = (
    Richness(32, 30, 30, 20, 30, 8),
    Richness(24, 20, 12, 15, 24, 6),
    Richness(20, 12, 5, 10, 24, 5),
    Richness(16, 6, 2, 8, 16, 3),
)
#: Part of the page that the sections beside the columns may fill.
SECTIONS = 0.35
#: The same where many columns have to be listed.
SECTIONS_WIDE = 0.2


def render_page(profile: Json, *, standalone: bool = False, max_kb: int = 100) -> str:
    """Return the page of a profile, not larger than ``max_kb`` kilobytes."""
    small = len(profile["columns"]) <= SMALL_COLUMNS
    limit = (min(max_kb, SMALL_KB) if small else max_kb) * 1000 - (900 if standalone else 100)
    above = below = ""
    part = SECTIONS_WIDE if len(profile["columns"]) > DETAILED else SECTIONS
    rich = LEVELS[-1]
    for rich in LEVELS:
        above, below = _above(profile, rich), _below(profile, rich)
        if len((above + below).encode()) <= limit * part:
            break
    room = limit - len((style() + above + below).encode())
    body = f'<div class="mlnb-eda"><div class="e1">{style()}{above}{columns(profile, room, rich.bars, DETAILED)}{below}</div></div>'
    return document(f"Profile of {cut(profile['source']['name'], 80)}", body) if standalone else body


def _above(profile: Json, rich: Richness) -> str:
    """What a reader needs first."""
    return (
        _header(profile)
        + findings(profile.get("findings") or [], rich.findings, rich.code)
        + ranking(profile, rich.ranked)
        + slices(profile, rich.lines)
        + timeline(profile, rich.lines)
    )


def _below(profile: Json, rich: Richness) -> str:
    return (
        correlations(profile, rich.heat)
        + missing(profile, rich.lines)
        + duplicates(profile, rich.lines)
        + learning_curve(profile)
        + _footer(profile)
    )


# -- header ------------------------------------------------------------------------------------------------------------


def _header(profile: Json) -> str:
    boxes = " ".join(f"<div><b>{value}</b> <span>{label}</span></div>" for value, label in _facts(profile))
    return (
        f'<header><h2>{cut(profile["source"]["name"], 200)}</h2><p class="s">{_origin(profile)}</p>'
        f'{_first_page(profile)}{_holdout(profile.get("holdout"))}<div class="f">{boxes}</div></header>'
    )


def _origin(profile: Json) -> str:
    source, sample = profile["source"], profile["sample_rows"]
    kind = "data frame" if source["kind"] == "frame" else e(source["kind"])
    words = [kind + (f" version {source['version']}" if source.get("version") is not None else "")]
    words.append(f"{profile['timing']['seconds']:.1f} s")
    if not profile.get("complete", True):
        return " · ".join(words)
    if sample < profile["rows"]:
        words.append(f"counts over all rows, relations from a sample of {sample:,}")
    else:
        words.append("everything over all rows")
    return " · ".join(words)


def _first_page(profile: Json) -> str:
    """A page that does not rest on all rows says so where it cannot be missed."""
    if profile.get("complete", True):
        return ""
    text = f"First page, from a sample of {plural(profile['sample_rows'], 'row')}: figures are estimates until all rows are scanned."
    return f'<p class="u WARNING">{text}</p>'


def _holdout(note: Json | None) -> str:
    """The line on held-out rows: left out, looked at, or not to be told."""
    if not note:
        return ""
    text = note.get("note") or ""
    if not text and note.get("excluded"):
        of = f" of {note['total']:,}" if note.get("total") is not None else ""
        text = f"{note['excluded']:,}{of} rows held out"
    if note.get("included"):
        look = (
            f" (look {note['look']} of {note['looks_allowed']})"
            if note.get("look") and note.get("looks_allowed")
            else ""
        )
        text = f"Held-out rows are included{look}: {note['included']}"
    if not text:
        return ""
    tone = "WARNING" if note.get("included") or not note.get("known", True) else "INFO"
    return f'<p class="u {tone}">{cut(text, 300)}</p>'


def _facts(profile: Json) -> list[tuple[str, str]]:
    rows, shown = profile["rows"], profile["columns"]
    kinds: dict[str, int] = {}
    for column in shown:
        kinds[column["kind"]] = kinds.get(column["kind"], 0) + 1
    cells = rows * len(shown)
    told = ", ".join(f"{count:,} {e(kind)}" for kind, count in sorted(kinds.items(), key=lambda k: -k[1]))
    facts = [
        (f"{rows:,}", "row" if rows == 1 else "rows"),
        (f"{len(shown):,}", f"columns: {told}" if told else "columns"),
        (percent(100 * profile["missing_cells"] / cells if cells else 0), "of cells missing"),
        (_duplicates(profile), "duplicate rows"),
        (size(profile["memory_bytes"]), "in memory"),
    ]
    target = profile.get("target")
    if target:
        share = target["task"] == "classification"
        label = f"{target['column']} = {target.get('positive')}" if share else f"mean {target['column']}"
        sure = basis_mark(target, "base", profile["sample_rows"]) if profile["complete"] else ""
        facts.append((rate(target.get("base"), share) + sure, cut(label, 40)))
    return facts


def _duplicates(profile: Json) -> str:
    count = profile.get("duplicate_rows")
    if count is None:
        return "–"
    about = (profile.get("duplicates") or {}).get("basis", "exact") != "exact"
    return f"≈ {count:,}" if about else f"{count:,}"


def _footer(profile: Json) -> str:
    """How the page was made, and what its marks mean."""
    notes = "".join(f"<li>{cut(note, 300)}</li>" for note in (profile.get("notes") or [])[:12])
    bases = {basis for column in profile["columns"] for basis in (column.get("basis") or {}).values()}
    marks = []
    if "bound" in bases:
        marks.append("≈ within a stated bound")
    if "sample" in bases:
        marks.append(f"† from a sample of {profile['sample_rows']:,} rows")
    legend = f"Figures are exact but for those marked: {'; '.join(marks)}." if marks else "All figures are exact."
    if not profile.get("complete", True):
        legend = f"All figures are from a sample of {number(profile['sample_rows'])} rows."
    return f'<section><h3>How this was made</h3><ul class="k">{notes}<li>{legend}</li></ul></section>'
