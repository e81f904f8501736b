"""Inline SVG of a profile page: small, themed by the page's own classes, without script."""

from __future__ import annotations

from html import escape
from typing import Any

Json = dict[str, Any]

#: Size of the small picture in a column's line and of the large one in its details.
SPARK = (120, 24)
LARGE = (540, 190)
#: Levels drawn in details of a categorical column.
DRAWN_LEVELS = 10


def _f(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _bars_path(counts: list[int], width: float, height: float, left: float = 0, top: float = 0, gap: float = 1) -> str:
    """All bars as one path: a tenth of the bytes of one element per bar."""
    highest = max(counts, default=0) or 1
    step = width / max(1, len(counts))
    gap = gap if step > 4 else 0.3
    parts = []
    for i, count in enumerate(counts):
        if count == 0:
            continue
        tall = max(1.0, height * count / highest)
        parts.append(f"M{_f(left + i * step)} {_f(top + height)}v{_f(-tall)}h{_f(step - gap)}v{_f(tall)}z")
    return "".join(parts)


def merge(counts: list[int], bars: int) -> list[int]:
    """Neighbouring bars added up until there are at most ``bars``."""
    if len(counts) <= bars:
        return counts
    size = -(-len(counts) // bars)
    return [sum(counts[i : i + size]) for i in range(0, len(counts), size)]


def spark(column: Json, bars: int) -> str:
    """The small picture in a column's line."""
    width, height = SPARK
    histogram = column.get("histogram")
    if histogram:
        counts, kind = merge(histogram["counts"], bars), "b"
    else:
        counts, kind = [item["count"] for item in (column.get("frequent_items") or [])], "b2"
    if not counts:
        return f'<svg width="{width}" height="{height}"></svg>'
    path = _bars_path(counts, width, height - 1)
    return f'<svg width="{width}" height="{height}" role="img" aria-label="distribution"><path class="{kind}" d="{path}"/></svg>'


def power_bar(association: Json, floor: float) -> str:
    """What a column predicts: a bar from ``floor`` to 1 and a whisker for the interval."""
    width, scale = 400.0, 1 - floor

    def x(value: float) -> float:
        return float(max(0.0, min(1.0, (value - floor) / scale)) * width)

    low, high = x(association["lower"]), x(association["upper"])
    return (
        f'<svg width="100%" height="14" viewBox="0 0 {_f(width)} 14" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="g" width="{_f(width)}" height="14" rx="2"/><rect class="b" width="{_f(x(association["value"]))}" height="14" rx="2"/>'
        f'<path class="w" d="M{_f(low)} 7H{_f(high)}M{_f(low)} 4v6M{_f(high)} 4v6"/></svg>'
    )


def pattern_bar(shape: list[Json]) -> str:
    """The target along a column's bins, as a thin line."""
    points = [b["mean"] for b in shape if b["label"] not in ("missing", "rare levels")]
    if len(points) < 2:
        return "<span></span>"
    width, height = SPARK
    low, high = min(points), max(points)
    step, span = width / (len(points) - 1), (high - low) or 1.0
    line = "L".join(f"{_f(i * step)} {_f(2 + (height - 4) * (1 - (p - low) / span))}" for i, p in enumerate(points))
    return f'<svg width="{width}" height="{height}" aria-hidden="true"><path class="ra" d="M{line}"/></svg>'


def distribution(column: Json, bars: int, target: Json) -> str:
    """The large picture: a histogram or the most frequent values, with the target beside it."""
    base = target.get("base")
    share = target.get("task") == "classification"
    association = column.get("association")
    shape = association["shape"] if association else []
    if column.get("histogram"):
        return _histogram(column, bars, shape, base, share)
    if column.get("frequent_items"):
        return _levels(column, shape, base, share)
    return ""


def _histogram(column: Json, bars: int, shape: list[Json], base: float | None, share: bool) -> str:
    width, height = LARGE
    upper = 100 if shape else 160
    histogram = column["histogram"]
    counts = merge(histogram["counts"], bars)
    edges = histogram["edges"]
    parts = [f'<path class="b" d="{_bars_path(counts, width, upper - 6, top=6)}"/>']
    parts.append(f'<path class="ax" d="M0 {upper}.5H{width}"/>')
    ends = (_edge(column, edges[0]), _edge(column, (edges[0] + edges[-1]) / 2), _edge(column, edges[-1]))
    for x, anchor, text in zip((0, width / 2, width), ("start", "middle", "end"), ends, strict=True):
        parts.append(f'<text x="{_f(x)}" y="{upper + 13}" text-anchor="{anchor}">{escape(text)}</text>')
    outside = [(n, w) for n, w in ((histogram["below"], "below"), (histogram["above"], "above")) if n]
    if outside:
        text = ", ".join(f"{n:,} {where}" for n, where in outside)
        parts.append(f'<text x="{width}" y="9" text-anchor="end">{text} the range</text>')
    tall = upper + 18
    if shape:
        parts.append(_rates(shape, base, tall + 14, share))
        tall = height + 30
    return f'<svg width="{width}" height="{tall}" viewBox="0 0 {width} {tall}" role="img" aria-label="histogram">{"".join(parts)}</svg>'


def _edge(column: Json, value: float) -> str:
    if column["kind"] == "datetime":
        from datetime import UTC, datetime, timedelta

        try:
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
        except OverflowError:
            return ""
        return f"{moment:%Y-%m-%d}"
    return f"{value:,.4g}" if abs(value) < 100_000 else f"{value:,.0f}"


def _rate(value: float, share: bool) -> str:
    return f"{100 * value:.3g} %" if share else f"{value:,.4g}"


def _rates(shape: list[Json], base: float | None, top: float, share: bool) -> str:
    """Target per bin, bins side by side in equal widths, with intervals and the overall mean as a dashed line."""
    width, height = LARGE[0], 70.0
    low, high = min(b["lower"] for b in shape), max(b["upper"] for b in shape)
    if base is not None:
        low, high = min(low, base), max(high, base)
    span = (high - low) or 1.0

    def y(value: float) -> float:
        return float(top + height * (1 - (value - low) / span))

    step = width / len(shape)
    dots = "".join(
        f"M{_f(step * (i + 0.5) - 2)} {_f(y(b['mean']))}a2 2 0 1 0 4 0a2 2 0 1 0 -4 0" for i, b in enumerate(shape)
    )
    bands = "".join(
        f"M{_f(step * i + 1)} {_f(y(b['upper']))}h{_f(step - 2)}V{_f(y(b['lower']))}h{_f(2 - step)}z"
        for i, b in enumerate(shape)
    )
    parts = [f'<path class="rb" d="{bands}"/><path class="rd" d="{dots}"/>']
    if base is not None:
        parts.append(f'<path class="ax" stroke-dasharray="3 3" d="M0 {_f(y(base))}H{width}"/>')
    first, last = shape[0]["label"], shape[-1]["label"]
    bottom = top + height + 12
    parts.append(
        f'<text x="0" y="{_f(bottom)}">{escape(first)}</text><text x="{width}" y="{_f(bottom)}" text-anchor="end">{escape(last)}</text>'
    )
    best = max(range(len(shape)), key=lambda i: shape[i]["mean"])
    x = min(width - 20, max(20, step * (best + 0.5)))
    label = _rate(shape[best]["mean"], share)
    parts.append(f'<text x="{_f(x)}" y="{_f(y(shape[best]["upper"]) - 4)}" text-anchor="middle">{label}</text>')
    return "".join(parts)


def _levels(column: Json, shape: list[Json], base: float | None, share: bool) -> str:
    """Horizontal bars of the most frequent values; the target's share of each beside them."""
    items = column["frequent_items"][:DRAWN_LEVELS]
    rates = {b["label"]: b for b in shape}
    width, row, name = LARGE[0], 18, 150
    area = 190 if shape else 310
    highest = items[0]["count"] or 1
    shown = [rates[item["item"]] for item in items if item["item"] in rates]
    span = max((b["upper"] for b in shown), default=1.0) or 1.0
    floor = min((b["lower"] for b in shown), default=0.0)
    if shown and base is not None:
        floor, span = min(floor, base), max(span, base)
    parts = []
    for i, item in enumerate(items):
        top = i * row
        text = item["item"] if len(item["item"]) <= 24 else item["item"][:23] + "…"
        long = max(1.0, area * item["count"] / highest)
        parts.append(f'<text x="{name - 6}" y="{top + 12}" text-anchor="end">{escape(text)}</text>')
        parts.append(f'<rect class="b" x="{name}" y="{top + 3}" width="{_f(long)}" height="{row - 6}"/>')
        parts.append(f'<text x="{_f(name + long + 5)}" y="{top + 12}">{item["count"]:,}</text>')
        rate = rates.get(item["item"])
        if rate:
            left, room = name + area + 60, width - name - area - 100

            def x(value: float, left: float = left, room: float = room) -> float:
                return float(left + room * (value - floor) / ((span - floor) or 1.0))

            parts.append(f'<path class="ra" d="M{_f(x(rate["lower"]))} {top + 9}H{_f(x(rate["upper"]))}"/>')
            parts.append(f'<circle class="rd" cx="{_f(x(rate["mean"]))}" cy="{top + 9}" r="3"/>')
            parts.append(f'<text x="{width}" y="{top + 12}" text-anchor="end">{_rate(rate["mean"], share)}</text>')
    if shape and base is not None:
        mark = name + area + 60 + (width - name - area - 100) * (base - floor) / ((span - floor) or 1.0)
        parts.append(f'<path class="ax" stroke-dasharray="3 3" d="M{_f(mark)} 0V{len(items) * row}"/>')
    tall = len(items) * row + 4
    return f'<svg width="{width}" height="{tall}" viewBox="0 0 {width} {tall}" role="img" aria-label="most frequent values">{"".join(parts)}</svg>'
