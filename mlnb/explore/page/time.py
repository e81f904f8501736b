"""The data along time on the page: rows and target per period, gaps, and what changes."""

from __future__ import annotations

from itertools import pairwise

from . import svg
from .words import Json, cut, e, named, number, plural, rate, seconds, target_words

#: Population stability index from which a change matters.
MATTERS = 0.2
WIDTH = 1036.0


def timeline(profile: Json, drift_shown: int) -> str:
    """Rows and target per period, the columns that change, and where times are missing or doubled."""
    found = profile.get("timeline")
    if not found:
        return ""
    periods = found.get("periods") or []
    parts = [f"<p>{_summary(found)}</p>"]
    if len(periods) > 1:
        parts.append(_periods(periods, profile.get("target")))
        parts.append(_drift(found, periods, drift_shown))
    parts.append(_gaps(found))
    return f"<section><h3>Along {cut(found['column'])}</h3>{''.join(parts)}</section>"


def _summary(found: Json) -> str:
    words = [f"{number(found['start'])} to {number(found['end'])}"]
    if found.get("step"):
        words.append(f"usually {seconds(found['step'])} apart")
    words.append(plural(len(found.get("gaps") or []), "gap") if found.get("gaps") else "no gaps")
    if found.get("duplicates"):
        words.append(f"{found['duplicates']:,} rows share their time with another row")
    if found.get("future"):
        words.append(f"<b>{plural(found['future'], 'row')} after now</b>")
    return " · ".join(words)


def period_name(period: Json, periods: list[Json]) -> str:
    """A period by its month where periods are about that long, else by its day or time."""
    start = str(period["start"])
    if len(periods) > 1 and start[8:10] == "01" and all(str(p["start"])[8:10] == "01" for p in periods):
        months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
        return f"{months[int(start[5:7]) - 1]} {start[:4]}"
    same_day = any(str(a["start"])[:10] == str(b["start"])[:10] for a, b in pairwise(periods))
    return start[:16] if same_day else start[:10]


def _periods(periods: list[Json], target: Json | None) -> str:
    count = len(periods)
    most = max(p["rows"] for p in periods)
    first, last = e(period_name(periods[0], periods)), e(period_name(periods[-1], periods))
    said = f"Rows per period, {count} periods, at most {most:,}"
    bars = svg.bars_path([p["rows"] for p in periods], WIDTH, 62)
    rows = f'<path class="b" d="{bars}"/><path class="ax" d="M0 61.5H{WIDTH:.0f}"/>'
    axis = f'<div class="a"><span>{first}</span> <span>{last}</span></div>'
    figure = f"<figure><figcaption><span>Rows per period</span> <span>at most {most:,}</span></figcaption>{svg.picture(WIDTH, 62, rows, said, stretch=True)}{axis}</figure>"
    known = [p for p in periods if p.get("target") is not None]
    if not target or len(known) < 2:
        return figure
    share, base = target["task"] == "classification", target.get("base")
    around = (p.get(side, p["target"]) for p in known for side in ("lower", "upper"))
    ends: list[float] = [end for end in around if end is not None]
    low, high = min(ends), max(ends)
    best, least = max(known, key=lambda p: p["target"]), min(known, key=lambda p: p["target"])
    words = f"lowest {rate(least['target'], share)} ({e(period_name(least, periods))}), highest {rate(best['target'], share)} ({e(period_name(best, periods))})"
    drawn = _line(periods, low, high, base)
    caption = f"<figcaption><span>{cut(target_words(target), 80)} with its 95 % interval</span> <span>{words}</span></figcaption>"
    label = f"{target_words(target)} per period: {words}"
    return figure + f"<figure>{caption}{svg.picture(WIDTH, 80, drawn, label, stretch=True)}{axis}</figure>"


def _line(periods: list[Json], low: float, high: float, base: float | None) -> str:
    step, span = WIDTH / len(periods), (high - low) or 1.0

    def y(value: float) -> str:
        return svg.f(4 + 72 * (1 - (value - low) / span))

    band = line = ""
    pen = "M"
    for i, p in enumerate(periods):
        if p.get("target") is None:
            pen = "M"
            continue
        x, wide = i * step, step - 2
        line += f"{pen}{svg.f(x + step / 2)} {y(p['target'])}"
        pen = "L"
        if p.get("lower") is not None:
            band += f"M{svg.f(x + 1)} {y(p['upper'])}h{svg.f(wide)}V{y(p['lower'])}h{svg.f(-wide)}z"
    whole = f'<path class="ax me" d="M0 {y(base)}H{WIDTH:.0f}"/>' if base is not None and low <= base <= high else ""
    return f'{whole}<path class="rb" d="{band}"/><path class="ra" d="{line}"/>'


def _drift(found: Json, periods: list[Json], shown: int) -> str:
    """Which columns change, each period against the first: one strip per column, and the worst period in words."""
    ranked = sorted(found.get("drift") or [], key=lambda d: (not d.get("differs"), -d["psi"]))
    if not ranked:
        return ""
    moving = [d for d in ranked if d.get("differs")]
    rows = "".join(
        f'<tr><th scope="row" class="w0">{named(d["column"])}</th><td>{svg.strip(d["against_first"], MATTERS)}</td>'
        f'<td class="z">{d["psi"]:.2f}</td><td style="width:190px">{_worst(d, periods)}</td></tr>'
        for d in ranked[: max(shown, min(len(moving), 2 * shown))]
    )
    lead = (
        "No column changes over time."
        if not moving
        else f"{plural(len(moving), 'column')} of {len(ranked):,} {'changes' if len(moving) == 1 else 'change'}."
    )
    text = f"{lead} <small>Each period against the first; the darker, the more it differs (population stability index; {MATTERS} and more matters).</small>"
    head = '<thead><tr><th scope="col" class="w0">Column</th><th scope="col">Difference from the first period, period by period</th><th scope="col" class="z">Most</th><th scope="col">Where</th></tr></thead>'
    return f"<h4>What changes</h4><p>{text}</p><table>{head}<tbody>{rows}</tbody></table>"


def _worst(drift: Json, periods: list[Json]) -> str:
    if not 0 <= drift["worst"] < len(periods):
        return ""
    name = e(period_name(periods[drift["worst"]], periods))
    return f"<b>different in {name}</b>" if drift.get("differs") else f'<span class="k">{name}</span>'


def _gaps(found: Json) -> str:
    gaps = sorted(found.get("gaps") or [], key=lambda gap: -gap["steps"])
    if not gaps:
        return ""
    step = found.get("step")

    def long(gap: Json) -> str:
        return seconds(gap["steps"] * step) if step else f"{gap['steps']:.0f} steps"

    listed = "".join(
        f"<li>{number(gap['start'])} to {number(gap['end'])} <small>nothing for {long(gap)}</small></li>"
        for gap in gaps[:5]
    )
    more = f'<p class="k">{plural(len(gaps) - 5, "shorter gap")} not shown.</p>' if len(gaps) > 5 else ""
    return f"<h4>Gaps</h4><ul>{listed}</ul>{more}"
