"""Inline SVG of a page: small, themed by the page's own classes, without script.

Pictures hold shapes only. Their words are HTML beside them, so that a viewer that drops SVG (Lab, in a notebook that is not trusted) still
shows every figure, and a screen reader reads a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

Json = dict[str, Any]

#: Size of the small picture in a column's line and of the large one in its details.
SPARK = (120, 24)
LARGE = (540, 120)


def f(value: float) -> str:
    """A coordinate, as short as it can be."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def picture(width: float, height: float, body: str, label: str = "", *, stretch: bool = False, css: str = "") -> str:
    """An SVG element; with a label it is read as a picture, without it is decoration of the words beside it."""
    wide = "100%" if stretch else f(width)
    ratio = ' preserveAspectRatio="none"' if stretch else ""
    said = f' role="img" aria-label="{escape(label, quote=True)}"' if label else ' aria-hidden="true"'
    return (
        f'<svg width="{wide}" height="{f(height)}" viewBox="0 0 {f(width)} {f(height)}"{ratio}{said}{css}>{body}</svg>'
    )


def merge(counts: Sequence[int], bars: int) -> list[int]:
    """Neighbouring bars added up until there are at most ``bars``."""
    if len(counts) <= bars:
        return list(counts)
    size = -(-len(counts) // bars)
    return [sum(counts[i : i + size]) for i in range(0, len(counts), size)]


def bars_path(counts: Sequence[float], width: float, height: float, top: float = 0) -> str:
    """All bars as one path: a tenth of the bytes of one element per bar."""
    highest = max(counts, default=0) or 1
    step = width / max(1, len(counts))
    gap = 1 if step > 4 else 0.3
    parts = []
    for i, count in enumerate(counts):
        if count > 0:
            tall = max(1.0, height * count / highest)
            parts.append(f"M{f(i * step)} {f(top + height)}v{f(-tall)}h{f(step - gap)}v{f(tall)}z")
    return "".join(parts)


def steps_path(counts: Sequence[float], height: int) -> str:
    """The outline of bars of width 1, for a small picture: half the bytes again."""
    highest = max(counts, default=0) or 1
    parts, last = [f"M0 {height}"], height
    for count in counts:
        level = height - (max(1, round(height * count / highest)) if count > 0 else 0)
        parts.append(f"V{level}h1" if level != last else "h1")
        last = level
    return "".join(parts) + f"V{height}z"


def spark(column: Json, bars: int) -> str:
    """The small picture in a column's line; ``bars`` is 0 where there is no room for one."""
    width, height = SPARK
    histogram = column.get("histogram")
    counts = merge(histogram["counts"], bars) if histogram and bars else []
    if counts:
        body, units = f'<path class="b" d="{steps_path(counts, height)}"/>', len(counts)
    else:
        counts = [item["count"] for item in (column.get("frequent_items") or [])[: min(10, bars)]]
        body, units = f'<path class="b" d="{bars_path(counts, 100, height)}"/>', 100
    if not counts:
        return "<span></span>"
    box = f'viewBox="0 0 {units} {height}" preserveAspectRatio="none" aria-hidden="true"'
    return f'<svg width="{width}" height="{height}" {box}>{body}</svg>'


def power_bar(association: Json, floor: float) -> str:
    """What a column predicts: a bar from ``floor`` to 1 and a whisker for the interval; pale where it is not available."""

    def x(value: float) -> float:
        return 100 * max(0.0, min(1.0, (value - floor) / (1 - floor)))

    low, high = x(association["lower"]), x(association["upper"])
    pale = ' class="no"' if association.get("unavailable") else ""
    return f'<div class="p"><i{pale} style="width:{f(x(association["value"]))}%"></i><u style="left:{f(low)}%;width:{f(high - low)}%"></u></div>'


def shape_picture(shape: list[Json], base: float | None, *, ordered: bool) -> str:
    """The target along a column's bins: a line where the bins have an order, dots where they are levels; dashed is the whole."""
    points = [b["mean"] for b in shape if b["label"] not in ("missing", "rare levels")][:24]
    if len(points) < 2:
        return ""
    width, height = SPARK
    low, high = min(points), max(points)
    if base is not None:
        low, high = min(low, base), max(high, base)
    span = (high - low) or 1.0

    def y(value: float) -> str:
        return f(2.5 + (height - 5) * (1 - (value - low) / span))

    step = width / len(points)
    if ordered:
        body = f'<path class="ra" d="M{"L".join(f"{f((i + 0.5) * step)} {y(p)}" for i, p in enumerate(points))}"/>'
    else:
        dots = "".join(f"M{f((i + 0.5) * step - 2)} {y(p)}a2 2 0 1 0 4 0a2 2 0 1 0-4 0" for i, p in enumerate(points))
        body = f'<path class="rd" d="{dots}"/>'
    line = f'<path class="ax me" d="M0 {y(base)}H{width}"/>' if base is not None else ""
    return picture(width, height, line + body)


def histogram(counts: Sequence[int], label: str) -> str:
    """The large histogram on its base line."""
    return _units(len(counts), 100, LARGE[1], f'<path class="b" d="{steps_path(counts, 100)}"/>', label)


def rates(shape: list[Json], low: float, high: float, base: float | None, label: str) -> str:
    """The target per bin, bins side by side in equal widths, with intervals and the whole as a dashed line."""
    span = (high - low) or 1.0

    def y(value: float) -> int:
        return round(2 + 96 * (1 - (value - low) / span))

    bands = "".join(f"M{i} {y(b['upper'])}h1V{y(b['lower'])}H{i}z" for i, b in enumerate(shape))
    means = "".join(f"M{i} {y(b['mean'])}h1" for i, b in enumerate(shape))
    line = f'<path class="ax me" d="M0 {y(base)}H{len(shape)}"/>' if base is not None else ""
    return _units(len(shape), 100, 76, f'{line}<path class="rb" d="{bands}"/><path class="ra" d="{means}"/>', label)


def _units(wide: int, high: int, height: float, body: str, label: str) -> str:
    """A picture that is ``wide`` bins wide and fills its place."""
    said = f'role="img" aria-label="{escape(label, quote=True)}"'
    return f'<svg width="100%" height="{f(height)}" viewBox="0 0 {wide} {high}" preserveAspectRatio="none" {said}>{body}</svg>'


def interval(mean: float, lower: float, upper: float, low: float, high: float, base: float | None = None) -> str:
    """A mean with its interval between ``low`` and ``high``; dashed is the whole."""
    span = (high - low) or 1.0

    def x(value: float) -> str:
        return f(100 * max(0.0, min(1.0, (value - low) / span)))

    whole = f'<s style="left:{x(base)}%"></s>' if base is not None else ""
    return f'<div class="o1">{whole}<u style="left:{x(lower)}%;right:{f(100 - float(x(upper)))}%"></u><i style="left:{x(mean)}%"></i></div>'


def bar(share: float, css: str = "") -> str:
    """A share of one as a bar."""
    long = max(0.8, 100 * max(0.0, min(1.0, share))) if share > 0 else 0
    kind = f' class="{css}"' if css else ""
    return f'<div class="p"><i{kind} style="width:{f(long)}%"></i></div>'


def two_bars(left: Sequence[float], right: Sequence[float], *, ordered: bool) -> str:
    """Two distributions over the same bins: the left one as bars, the right one as a line (a dot per level without order)."""
    width, height = 160.0, 34.0
    highest = max([*left, *right], default=0.0) or 1.0
    count = max(len(left), len(right), 1)
    step = width / count

    def y(value: float) -> float:
        return float(height - (height - 2) * value / highest)

    bars = "".join(
        f"M{f(i * step)} {f(height)}V{f(y(v))}h{f(step - 1)}V{f(height)}z" for i, v in enumerate(left) if v > 0
    )
    if ordered:
        over = "M0 " + f(y(right[0])) + "".join(f"V{f(y(v))}h{f(step)}" for v in right) if right else ""
        drawn = f'<path class="ra" d="{over}"/>'
    else:
        marks = "".join(f"M{f(i * step)} {f(y(v))}h{f(step - 1)}" for i, v in enumerate(right))
        drawn = f'<path class="ra" style="stroke-width:2.5" d="{marks}"/>'
    return picture(width, height, f'<path class="b" d="{bars}"/>{drawn}')


def curve(points: list[tuple[float, float, float, float]], label: str) -> str:
    """A line with its band: x, value, lower, upper."""
    width, height = 420.0, 130.0
    xs = [p[0] for p in points]
    low, high = min(p[2] for p in points), max(p[3] for p in points)
    left, right = min(xs), max(xs)

    def at(x: float, y: float) -> str:
        return f"{f(4 + (width - 8) * (x - left) / ((right - left) or 1))} {f(4 + (height - 8) * (1 - (y - low) / ((high - low) or 1)))}"

    band = "L".join([*(at(p[0], p[3]) for p in points), *(at(p[0], p[2]) for p in reversed(points))])
    line = "L".join(at(p[0], p[1]) for p in points)
    dots = "".join(
        f'<circle class="rd" cx="{c[0]}" cy="{c[1]}" r="3"/>' for c in (at(p[0], p[1]).split() for p in points)
    )
    body = f'<path class="rb" d="M{band}z"/><path class="ra" d="M{line}"/>{dots}<path class="ax" d="M0 {f(height - 0.5)}H{f(width)}"/>'
    return picture(width, height, body, label)


# -- cells -------------------------------------------------------------------------------------------------------------

#: Strength from which a cell is drawn, and its darkness.
_STRENGTHS = ((0.9, 1.0), (0.7, 0.72), (0.5, 0.5), (0.3, 0.32), (0.1, 0.14))


def _strength(value: float, scale: float) -> float | None:
    return next((dark for floor, dark in _STRENGTHS if abs(value) / scale >= floor), None)


def heat_map(matrix: list[list[float | None]], cell: float, label: str) -> str:
    """The lower half of a matrix of correlations: one path per colour and darkness, cells as dashes of one line."""
    paths: dict[tuple[str, float], list[str]] = {}
    for i, row in enumerate(matrix):
        for j, value in enumerate(row[:i]):
            dark = None if value is None else _strength(value, 1.0)
            if value is not None and dark is not None:
                paths.setdefault(("hp" if value > 0 else "hn", dark), []).append(f"M{j} {i}h.93")
    n = len(matrix)
    ground = "".join(f"M0 {i}h{i - 0.07:.2f}" for i in range(1, n))
    body = f'<path class="hg" d="{ground}" style="stroke:var(--e-soft)"/>' + "".join(
        f'<path class="{css}" stroke-opacity="{dark}" d="{"".join(cells)}"/>' for (css, dark), cells in paths.items()
    )
    side = f(cell * (n - 1))
    said = f'role="img" aria-label="{escape(label, quote=True)}"'
    return f'<svg width="{side}" height="{side}" viewBox="0 .5 {n - 1} {n - 1}" {said}><g stroke-width=".93">{body}</g></svg>'


def strip(values: Sequence[float | None], full: float) -> str:
    """One cell per period: the darker, the more it differs; a gap where it is not known."""
    cells: dict[float, str] = {}
    for i, value in enumerate(values):
        if value is not None:
            dark = next((d for floor, d in ((1, 1.0), (0.5, 0.55), (0.25, 0.3)) if value / full >= floor), 0.09)
            cells[dark] = cells.get(dark, "") + f"M{i} .5h.93"
    body = "".join(f'<path class="hd" stroke-opacity="{dark}" d="{path}"/>' for dark, path in cells.items())
    box = f'viewBox="0 0 {max(1, len(values))} 1" preserveAspectRatio="none" aria-hidden="true"'
    return f'<svg width="100%" height="16" {box}>{body}</svg>'
