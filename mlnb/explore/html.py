"""The profile as one static page: no script, inline SVG, JupyterLab's theme inside Lab and the system's outside.

A pure function of ``Profile.to_dict()``. Everything that came from data is escaped. When the page would grow over its limit, it shows
fewer bars, then details of the most interesting columns only; the list of all columns is kept as long as possible.
"""

from __future__ import annotations

from html import escape as _escape
from typing import Any

from .svg import distribution, pattern_bar, power_bar, spark

Json = dict[str, Any]

#: Bars per drawn histogram and detailed columns, from rich to poor, until the page fits.
LEVELS = ((40, 60), (24, 60), (16, 40), (12, 20), (8, 0))

_LIGHT = {
    "fg": ("--jp-content-font-color1", "#1f2933"),
    "muted": ("--jp-content-font-color2", "#5b6672"),
    "bg": ("--jp-layout-color0", "#ffffff"),
    "panel": ("--jp-layout-color1", "#ffffff"),
    "soft": ("--jp-layout-color2", "#f1f4f7"),
    "line": ("--jp-border-color2", "#d9dfe5"),
    "bar": ("--jp-brand-color2", "#64a5e8"),
    "bar2": ("--jp-brand-color1", "#1f75cb"),
    "rate": ("--jp-warn-color1", "#d9650b"),
    "bad": ("--jp-error-color1", "#c62828"),
    "warn": ("--jp-warn-color1", "#b45f06"),
    "info": ("--jp-info-color1", "#0b7285"),
    "ok": ("--jp-success-color1", "#2e7d32"),
}
_DARK = {
    "fg": "#e3e8ee",
    "muted": "#9aa7b4",
    "bg": "#12171d",
    "panel": "#171d24",
    "soft": "#212a33",
    "line": "#323d49",
    "bar": "#3d7fc4",
    "bar2": "#6cb0f5",
    "rate": "#ff9d4d",
    "bad": "#ff7b72",
    "warn": "#f0b429",
    "info": "#4fc3d9",
    "ok": "#66bb6a",
}
# The class is written twice: Lab's own rules for rendered HTML weigh as much as one class and one element, and come later.
_RULES = """
.mlnb-eda{font:13px/1.5 var(--jp-content-font-family,system-ui,-apple-system,"Segoe UI",sans-serif);color:var(--e-fg);background:var(--e-panel);
border:1px solid var(--e-line);border-radius:8px;max-width:1080px;overflow:hidden}
.mlnb-eda.mlnb-eda *{box-sizing:border-box}
.mlnb-eda.mlnb-eda header{padding:16px 20px 14px;border-bottom:1px solid var(--e-line)}
.mlnb-eda.mlnb-eda .t{font-size:19px;font-weight:600;margin:0;overflow-wrap:anywhere}
.mlnb-eda.mlnb-eda .s{color:var(--e-muted);margin:1px 0 12px}
.mlnb-eda.mlnb-eda .f{display:flex;flex-wrap:wrap;gap:8px 30px;margin:0}
.mlnb-eda.mlnb-eda .f div{min-width:62px}
.mlnb-eda.mlnb-eda .f b{display:block;font-size:17px;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums}
.mlnb-eda.mlnb-eda .f span{color:var(--e-muted);font-size:11.5px}
.mlnb-eda.mlnb-eda section{padding:13px 20px 15px;border-bottom:1px solid var(--e-line)}
.mlnb-eda.mlnb-eda section:last-child{border-bottom:0}
.mlnb-eda.mlnb-eda h3{font-size:11.5px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:var(--e-muted);margin:0 0 9px;line-height:1.4}
.mlnb-eda.mlnb-eda .i{display:grid;grid-template-columns:74px 1fr;gap:0 12px;padding:6px 12px;margin:0 0 4px;border-left:3px solid var(--c);background:var(--e-soft);
border-radius:0 4px 4px 0}
.mlnb-eda.mlnb-eda .i>b{color:var(--c);color:color-mix(in srgb,var(--c) 65%,var(--e-fg));font-size:11px;letter-spacing:.03em;line-height:19.5px;font-weight:700}
.mlnb-eda.mlnb-eda .i p{margin:0;overflow-wrap:anywhere}
.mlnb-eda.mlnb-eda .i small{color:var(--e-muted);font-size:12px}
.mlnb-eda.mlnb-eda .i code{float:right;font:10.5px/19.5px var(--jp-code-font-family,ui-monospace,monospace);color:var(--e-muted);background:none;padding:0 0 0 12px}
.mlnb-eda.mlnb-eda .BLOCKED{--c:var(--e-bad)}.mlnb-eda.mlnb-eda .WARNING{--c:var(--e-warn)}.mlnb-eda.mlnb-eda .INFO{--c:var(--e-info)}
.mlnb-eda.mlnb-eda .good{--c:var(--e-ok)}
.mlnb-eda.mlnb-eda details.m>summary{cursor:pointer;color:var(--e-muted);padding:3px 0}
.mlnb-eda.mlnb-eda .r,.mlnb-eda.mlnb-eda .c>summary{display:grid;align-items:center;gap:0 16px;min-height:30px}
.mlnb-eda.mlnb-eda .r{grid-template-columns:minmax(110px,190px) minmax(120px,1fr) 128px 44px;font-variant-numeric:tabular-nums}
.mlnb-eda.mlnb-eda .n{font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.mlnb-eda.mlnb-eda .c{border-top:1px solid var(--e-line)}
.mlnb-eda.mlnb-eda .c:first-of-type{border-top:0}
.mlnb-eda.mlnb-eda .c>summary{grid-template-columns:12px minmax(90px,160px) 76px 122px minmax(164px,1.1fr) minmax(110px,1.2fr);padding:5px 0;cursor:pointer;list-style:none}
.mlnb-eda.mlnb-eda .c>summary::-webkit-details-marker{display:none}
.mlnb-eda.mlnb-eda .c>summary:hover{background:var(--e-soft)}
.mlnb-eda.mlnb-eda .c>summary:before{content:"";width:0;height:0;border:4px solid transparent;border-left:6px solid var(--e-muted);margin-left:3px}
.mlnb-eda.mlnb-eda .c[open]>summary:before{border-left-color:transparent;border-top:6px solid var(--e-muted);margin:5px 0 0}
.mlnb-eda.mlnb-eda .x>summary{cursor:default}.mlnb-eda.mlnb-eda .x>summary:before{visibility:hidden}
.mlnb-eda.mlnb-eda .k{color:var(--e-muted);font-size:11.5px}
.mlnb-eda.mlnb-eda .v{color:var(--e-muted);font-size:12px;font-variant-numeric:tabular-nums;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.mlnb-eda.mlnb-eda .d{display:grid;grid-template-columns:minmax(300px,560px) minmax(220px,1fr);gap:8px 30px;padding:8px 0 16px 26px}
.mlnb-eda.mlnb-eda dl{display:grid;grid-template-columns:max-content 1fr;gap:1px 14px;margin:0;align-content:start;font-variant-numeric:tabular-nums}
.mlnb-eda.mlnb-eda.mlnb-eda dt{color:var(--e-muted);float:none;width:auto;font-weight:400;white-space:nowrap}
.mlnb-eda.mlnb-eda.mlnb-eda dd{margin:0;float:none;width:auto;overflow-wrap:anywhere}
.mlnb-eda.mlnb-eda svg{display:block;max-width:100%;overflow:visible}
.mlnb-eda.mlnb-eda svg text{font-size:10px;fill:var(--e-muted);font-family:inherit}
.mlnb-eda.mlnb-eda .b{fill:var(--e-bar)}.mlnb-eda.mlnb-eda .b2{fill:var(--e-bar2)}.mlnb-eda.mlnb-eda .g{fill:var(--e-soft)}.mlnb-eda.mlnb-eda .nu{fill:var(--e-warn)}
.mlnb-eda.mlnb-eda .ra{fill:none;stroke:var(--e-rate);stroke-width:1.6}.mlnb-eda.mlnb-eda .rb{fill:var(--e-rate);opacity:.18}.mlnb-eda.mlnb-eda .rd{fill:var(--e-rate)}
.mlnb-eda.mlnb-eda .ax{stroke:var(--e-line);stroke-width:1}.mlnb-eda.mlnb-eda .w{stroke:var(--e-fg);stroke-width:1.2;opacity:.65}
.mlnb-eda.mlnb-eda .le{color:var(--e-muted);font-size:11.5px;margin:2px 0 0}
.mlnb-eda.mlnb-eda .le i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 0;vertical-align:-1px}
.mlnb-eda.mlnb-eda .le i+span{margin-right:14px}
@media(max-width:720px){.mlnb-eda.mlnb-eda .c>summary{grid-template-columns:12px 1fr 82px 128px}.mlnb-eda.mlnb-eda .c>summary .v{display:none}.mlnb-eda.mlnb-eda .d{grid-template-columns:1fr}}
"""


def _style() -> str:
    light = ";".join(f"--e-{name}:var({variable},{value})" for name, (variable, value) in _LIGHT.items())
    dark = ";".join(f"--e-{name}:var({_LIGHT[name][0]},{value})" for name, value in _DARK.items())
    # Inside Lab the --jp variables are set and the system's preference changes nothing.
    return f"<style>.mlnb-eda{{{light}}}@media(prefers-color-scheme:dark){{.mlnb-eda{{{dark}}}}}{_RULES}</style>"


def render_page(profile: Json, *, standalone: bool = False, max_kb: int = 100) -> str:
    """Return the page of a profile, not larger than ``max_kb`` kilobytes."""
    limit = max_kb * 1000 - (400 if standalone else 0)
    body = ""
    for bars, details in LEVELS:
        body = _page(profile, bars, details, None)
        if len(body.encode()) <= limit:
            break
    shown = len(profile["columns"])
    while len(body.encode()) > limit and shown > 1:
        shown = shown * 2 // 3
        body = _page(profile, LEVELS[-1][0], 0, shown)
    if not standalone:
        return body
    title = e(profile["source"]["name"])
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    page = "<style>:root{color-scheme:light dark}body{margin:24px auto;max-width:1080px;padding:0 12px}</style>"
    return f'<!doctype html><html lang="en"><head>{head}{page}</head><body>{body}</body></html>'


def e(value: object) -> str:
    """Escape text from data."""
    return _escape(str(value), quote=True)


def number(value: Any) -> str:
    """A figure for reading: four significant digits, thousands separated; times as they are."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return e(value.removesuffix(" 00:00:00"))
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        # Years, codes and times of day read badly with a separator.
        return f"{int(value):,}" if abs(value) >= 10_000 else str(int(value))
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def percent(value: float) -> str:
    """A percentage that never rounds something to nothing."""
    if value in (0, 100):
        return f"{value:.0f} %"
    if value < 0.1:
        return "< 0.1 %"
    return "> 99.9 %" if value > 99.9 else f"{value:.1f} %"


def _page(profile: Json, bars: int, details: int, shown: int | None) -> str:
    columns = _by_interest(profile)
    detailed = {column["column_name"] for column in columns[:details]}
    ordered = profile["columns"]
    if shown is not None:
        kept = {column["column_name"] for column in columns[:shown]}
        ordered = [column for column in ordered if column["column_name"] in kept]
    rows = "".join(_column(column, profile, bars, column["column_name"] in detailed) for column in ordered)
    left = len(profile["columns"]) - len(ordered)
    rows += (
        f'<p class="k">{left:,} more columns are not shown here; all figures are in the profile.</p>' if left else ""
    )
    title = f"{len(profile['columns']):,} columns"
    parts = [
        _header(profile),
        _findings(profile),
        _ranking(profile, bars),
        f"<section><h3>{title}</h3>{rows}</section>",
    ]
    if profile["correlations"]["pairs"]:
        parts.append(_correlations(profile))
    return f'<div class="mlnb-eda">{_style()}{"".join(parts)}</div>'


def _by_interest(profile: Json) -> list[Json]:
    """Columns with findings first, then by what they predict."""
    weight = {"BLOCKED": 3.0, "WARNING": 2.0, "INFO": 0.5}
    score: dict[str, float] = {}
    for finding in profile.get("findings", ()):
        name = finding.get("column")
        score[name] = max(score.get(name, 0), weight[finding["severity"]])
    target = (profile.get("target") or {}).get("column")

    def interest(column: Json) -> float:
        name = column["column_name"]
        power = (column.get("association") or {}).get("value", 0)
        return -(9.0 if name == target else score.get(name, 0) + power)

    return sorted(profile["columns"], key=interest)


# -- sections ----------------------------------------------------------------------------------------------------------


def _header(profile: Json) -> str:
    source, rows, columns = profile["source"], profile["rows"], profile["columns"]
    kinds: dict[str, int] = {}
    for column in columns:
        kinds[column["kind"]] = kinds.get(column["kind"], 0) + 1
    cells = rows * len(columns)
    facts = [
        (f"{rows:,}", "rows"),
        (
            f"{len(columns):,}",
            ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda k: -k[1])),
        ),
        (percent(100 * profile["missing_cells"] / cells if cells else 0), "of cells missing"),
        (f"{profile['duplicate_rows']:,}" if profile.get("duplicate_rows") is not None else "–", "duplicate rows"),
        (_size(profile["memory_bytes"]), "in memory"),
    ]
    target = profile.get("target")
    if target:
        base = target.get("base")
        if target["task"] == "classification":
            shown, label = percent(100 * (base or 0)), f"{target['column']} = {target['positive']}"
        else:
            shown, label = number(base), f"mean {target['column']}"
        facts.append((shown, label))
    boxes = "".join(f"<div><b>{e(value)}</b><span>{e(label)}</span></div>" for value, label in facts)
    version = f", version {source['version']}" if source.get("version") is not None else ""
    timing = f"{source['kind']}{version} · {profile['timing']['seconds']:.1f} s · figures exact over all rows"
    if profile["sample_rows"] < rows:
        timing += f", associations from {profile['sample_rows']:,} of them"
    return (
        f'<header><p class="t">{e(source["name"])}</p><p class="s">{e(timing)}</p><div class="f">{boxes}</div></header>'
    )


def _size(value: float) -> str:
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def _findings(profile: Json) -> str:
    findings = profile.get("findings", [])
    if not findings:
        text = "Nothing to worry about was found."
        return f'<section><h3>Findings</h3><div class="i good"><b>OK</b><p>{text}</p></div></section>'
    serious = [_finding(item) for item in findings if item["severity"] != "INFO"]
    notes = [_finding(item) for item in findings if item["severity"] == "INFO"]
    shown, hidden = serious[:30], serious[30:]
    if len(notes) <= 3 and not hidden:
        shown, notes = shown + notes, []
    body = "".join(shown)
    rest = hidden + notes
    if rest:
        label = f"{len(rest)} more note{'s' if len(rest) > 1 else ''}"
        body += f'<details class="m"><summary>{label}</summary>{"".join(rest[:40])}</details>'
    return f"<section><h3>Findings</h3>{body}</section>"


def _finding(item: Json) -> str:
    words = {"BLOCKED": "Stop", "WARNING": "Look", "INFO": "Note"}
    hint = f"<small>{e(item['hint'])}</small>" if item.get("hint") else ""
    text = f"<p><code>{e(item['code'])}</code>{e(item['message'])} {hint}</p>"
    return f'<div class="i {item["severity"]}"><b>{words[item["severity"]]}</b>{text}</div>'


def _ranking(profile: Json, bars: int) -> str:
    target = profile.get("target")
    known = sorted((c for c in profile["columns"] if c.get("association")), key=lambda c: -c["association"]["value"])
    if not target or not known:
        return ""
    figure = "AUC" if known[0]["association"]["metric"] == "auc" else "R²"
    floor = 0.5 if figure == "AUC" else 0.0
    rows = "".join(
        f'<div class="r"><span class="n" title="{e(c["column_name"])}">{e(c["column_name"])}</span>'
        f"{power_bar(c['association'], floor)}{pattern_bar(c['association']['shape'])}<span>{c['association']['value']:.3f}</span></div>"
        for c in known[: max(8, bars // 2)]
    )
    drawn = f"share of {target['column']} = {target['positive']}" if target["task"] == "classification" else "mean"
    lead = f"{figure} of one column alone, out of fold, with its 95 % interval; right: {drawn} along the column"
    return f'<section><h3>What predicts {e(target["column"])}</h3><p class="k" style="margin:0 0 4px">{e(lead)}</p>{rows}</section>'


def _correlations(profile: Json) -> str:
    pairs = profile["correlations"]["pairs"][:8]
    rows = "".join(
        f"<dt>{e(pair['left'])} · {e(pair['right'])}</dt><dd>{pair['pearson']:+.3f} linear, {pair['spearman']:+.3f} by rank</dd>"
        for pair in pairs
    )
    return f"<section><h3>Strongest correlations</h3><dl>{rows}</dl></section>"


# -- one column --------------------------------------------------------------------------------------------------------


def _column(column: Json, profile: Json, bars: int, detailed: bool) -> str:
    name = column["column_name"]
    summary = (
        f'<span class="n" title="{e(name)}">{e(name)}</span><span class="k">{e(column["kind"])}</span>'
        f'{spark(column, bars)}<span class="v">{_missing(column)}</span><span class="v">{_range(column)}</span>'
    )
    if not detailed:
        return f'<details class="c x"><summary>{summary}</summary></details>'
    return f'<details class="c"><summary>{summary}</summary>{_details(column, profile, bars)}</details>'


def _missing(column: Json) -> str:
    distinct = column.get("distinct_count")
    text = f"{distinct:,} distinct" if distinct is not None else ""
    return f"{text} · {percent(column['percent_null'])} missing" if column["num_nulls"] else text


def _range(column: Json) -> str:
    if column.get("median") is not None:
        return f"{number(column['min'])} … <b>{number(column['median'])}</b> … {number(column['max'])}"
    items = column.get("frequent_items") or []
    return e(", ".join(item["item"] for item in items[:4]))


def _details(column: Json, profile: Json, bars: int) -> str:
    target = profile.get("target") or {}
    picture = distribution(column, bars, target)
    legend = ""
    association = column.get("association")
    if association and association["shape"]:
        what = (
            f"share of {target['column']} = {target['positive']}"
            if target["task"] == "classification"
            else f"mean {target['column']}"
        )
        legend = (
            '<p class="le"><i style="background:var(--e-bar)"></i><span>rows</span>'
            f'<i style="background:var(--e-rate)"></i><span>{e(what)}, 95 % interval</span></p>'
        )
    facts = "".join(f"<dt>{e(label)}</dt><dd>{value}</dd>" for label, value in _facts(column))
    return f'<div class="d"><div>{picture}{legend}</div><dl>{facts}</dl></div>'


def _facts(column: Json) -> list[tuple[str, str]]:
    facts = [("type", e(column["data_type"])), ("values", f"{column['count']:,}")]
    if column["num_nulls"]:
        facts.append(("missing", f"{column['num_nulls']:,} ({percent(column['percent_null'])})"))
    if column.get("distinct_count") is not None:
        facts.append(("distinct", f"{column['distinct_count']:,}"))
    if column.get("avg") is not None:
        spread = f" ± {number(column['stddev'])}" if column.get("stddev") is not None else ""
        facts.append(("mean", number(column["avg"]) + spread))
    levels = column.get("quantiles") or {}
    if levels:
        facts.append(("5 – 95 %", f"{number(levels['0.05'])} – {number(levels['0.95'])}"))
        facts.append(("25 – 75 %", f"{number(levels['0.25'])} – {number(levels['0.75'])}"))
    for label, key in (
        ("zeros", "num_zeros"),
        ("negative", "num_negative"),
        ("infinite", "num_inf"),
        ("NaN", "num_nan"),
    ):
        if column.get(key):
            facts.append((label, f"{column[key]:,}"))
    if column.get("skew") is not None:
        facts.append(("skewness", number(round(column["skew"], 2))))
    if column.get("outliers") and column["outliers"]["count"]:
        facts.append(("outliers", f"{column['outliers']['count']:,} ({percent(100 * column['outliers']['share'])})"))
    if column.get("max_length") is not None:
        facts.append(("length", f"{column['min_length']} – {column['max_length']}"))
    association = column.get("association")
    if association:
        figure = "AUC" if association["metric"] == "auc" else "R²"
        facts.append((figure, f"{association['value']:.3f} ({association['lower']:.3f} – {association['upper']:.3f})"))
    items = column.get("frequent_items") or []
    if items and column.get("histogram"):
        facts.append(("most often", ", ".join(f"{e(i['item'])} ({i['count']:,})" for i in items[:3])))
    return facts
