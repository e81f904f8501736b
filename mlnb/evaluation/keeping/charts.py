"""Pictures of curves as small SVG files: readable on a light and a dark page, without a plotting library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from ..records import CurveRow

_WIDTH, _HEIGHT = 296, 240
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 26, 12, 40
# Middle tones stand out from white and from black alike.
_INK, _GRID, _LINE, _GUIDE = "#7d8590", "#7d859040", "#3b82c4", "#b0803c"


def curve_svg(curve: CurveRow, mark: float | None = None) -> str:
    """Return the picture of a curve, with a line across at ``mark``."""
    x_range, y_range = _ranges(curve)
    x = _Scale(*x_range, _LEFT, _WIDTH - _RIGHT)
    y = _Scale(*y_range, _HEIGHT - _BOTTOM, _TOP)
    points = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in zip(curve.x, curve.y, strict=True))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'font-family="system-ui,sans-serif" font-size="11" role="img" aria-label="{escape(curve.name)}">',
        f'<text x="{_LEFT}" y="16" font-weight="600" fill="{_INK}">{escape(curve.name)}</text>',
        *_axes(x, y, curve),
        _guide(x, y, curve),
        f'<polyline points="{points}" fill="none" stroke="{_LINE}" stroke-width="2" stroke-linejoin="round"/>',
    ]
    if mark is not None and x.low <= mark <= x.high:
        parts.append(
            f'<line x1="{x(mark):.1f}" y1="{_TOP}" x2="{x(mark):.1f}" y2="{_HEIGHT - _BOTTOM}" '
            f'stroke="{_GUIDE}" stroke-width="1.5" stroke-dasharray="4 3"/>'
        )
    if curve.counts:  # groups of rows: each point is one
        parts += [
            f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{_LINE}"/>'
            for a, b in zip(curve.x, curve.y, strict=True)
        ]
    return "".join([*parts, "</svg>"])


def bars_svg(title: str, bars: Sequence[tuple[str, float, float, float]], label: str) -> str:
    """Return named values with their intervals as bars, in the order given."""
    height = 44 + 20 * max(len(bars), 1) + 30
    left, right = 132, _WIDTH + 64 - _RIGHT
    ends = [end for _, value, low, high in bars for end in (value, low, high)]
    x = _Scale(min([0.0, *ends]), max([*ends, 1e-9]), left, right)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH + 64} {height}" width="{_WIDTH + 64}" height="{height}" '
        f'font-family="system-ui,sans-serif" font-size="11" role="img" aria-label="{escape(title)}">',
        f'<text x="8" y="16" font-weight="600" fill="{_INK}">{escape(title)}</text>',
        f'<line x1="{x(0):.1f}" y1="26" x2="{x(0):.1f}" y2="{height - 28}" stroke="{_GRID}"/>',
    ]
    for place, (name, value, low, high) in enumerate(bars):
        y = 30 + 20 * place
        start, end = sorted((x(0), x(value)))
        short = name if len(name) <= 19 else name[:18] + "…"
        parts += [
            f'<text x="{left - 8}" y="{y + 12}" text-anchor="end" fill="{_INK}">{escape(short)}<title>{escape(name)}</title></text>',
            f'<rect x="{start:.1f}" y="{y + 2}" width="{max(end - start, 0.5):.1f}" height="12" rx="1.5" fill="{_LINE}"/>',
            f'<line x1="{x(low):.1f}" y1="{y + 8}" x2="{x(high):.1f}" y2="{y + 8}" stroke="{_INK}" stroke-width="1.5"/>',
        ]
    parts.append(
        f'<text x="{(left + right) / 2:.0f}" y="{height - 8}" text-anchor="middle" fill="{_INK}">{escape(label)}</text>'
    )
    return "".join([*parts, "</svg>"])


class _Scale:
    """Maps values to pixels."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high, self._start, self._end = low, high, start, end

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self._start + share * (self._end - self._start)

    @property
    def ticks(self) -> list[float]:
        return [self.low + (self.high - self.low) * step / 4 for step in range(5)]


def _ranges(curve: CurveRow) -> tuple[tuple[float, float], tuple[float, float]]:
    if curve.name in ("ROC", "Precision and recall"):
        return (0.0, 1.0), (0.0, 1.0)
    if curve.name == "Calibration":
        # one scale for both axes, so that the diagonal means what it should
        both = (0.0, min(1.0, math.ceil(max([*curve.x, *curve.y, 0.1]) * 5) / 5))
        return both, both
    if curve.name == "Threshold":
        return (min(0.0, *curve.x), max(1.0, *curve.x)), (0.0, max([*curve.y, 1e-9]) * 1.05)
    return _spread(curve.x), _spread([*curve.y, 0.0])


def _spread(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = (high - low) * 0.06 or 1.0
    return low - margin, high + margin


def _axes(x: _Scale, y: _Scale, curve: CurveRow) -> list[str]:
    parts = []
    for tick in x.ticks:
        parts.append(
            f'<line x1="{x(tick):.1f}" y1="{_TOP}" x2="{x(tick):.1f}" y2="{_HEIGHT - _BOTTOM}" stroke="{_GRID}"/>'
        )
        parts.append(
            f'<text x="{x(tick):.1f}" y="{_HEIGHT - _BOTTOM + 14}" text-anchor="middle" fill="{_INK}">{tick:.3g}</text>'
        )
    for tick in y.ticks:
        parts.append(
            f'<line x1="{_LEFT}" y1="{y(tick):.1f}" x2="{_WIDTH - _RIGHT}" y2="{y(tick):.1f}" stroke="{_GRID}"/>'
        )
        parts.append(f'<text x="{_LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end" fill="{_INK}">{tick:.3g}</text>')
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 6}" text-anchor="middle" fill="{_INK}">{escape(curve.x_label)}</text>'
    )
    parts.append(
        f'<text transform="translate(11,{middle}) rotate(-90)" text-anchor="middle" fill="{_INK}">{escape(curve.y_label)}</text>'
    )
    return parts


def _guide(x: _Scale, y: _Scale, curve: CurveRow) -> str:
    """Return the line of a model without skill, or of a perfectly calibrated one."""
    if curve.name in ("ROC", "Calibration"):
        ends = (x.low, y.low, x.high, y.high)
    elif curve.name == "Residuals":
        ends = (x.low, 0.0, x.high, 0.0)
    else:
        return ""
    start, end = (x(ends[0]), y(ends[1])), (x(ends[2]), y(ends[3]))
    return (
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
        f'stroke="{_GUIDE}" stroke-width="1.5" stroke-dasharray="4 3"/>'
    )
