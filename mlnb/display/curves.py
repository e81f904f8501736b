"""Curves as a picture without a script: SVG that follows Lab's theme."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mlnb.display import html

if TYPE_CHECKING:
    from mlnb.training.records_pages import Curve

_WIDTH, _HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 8, 24
#: Colour and dash of the curves in turn: told apart without colour, too.
_COLOURS = (
    "var(--jp-brand-color1,#1976d2)", "var(--jp-warn-color1,#d97706)", "var(--jp-success-color1,#2e7d32)",
    "var(--jp-error-color1,#c62828)", "var(--jp-info-color1,#00838f)", "var(--jp-ui-font-color2,#616161)",
)  # fmt: skip
_DASHES = ("", "6 3", "2 3", "8 3 2 3")
#: Curves that are drawn; more cannot be told apart.
_MOST = 24


def curves_svg(curves: Sequence[Curve], axis: str) -> str:
    """Return a line for each curve, with axes and a legend of the runs."""
    drawn = [curve for curve in curves if curve.x][:_MOST]
    if not drawn:
        return '<p class="muted">No value is a number.</p>'
    xs = _span(value for curve in drawn for value in (curve.x[0], curve.x[-1]))
    ys = _span(value for curve in drawn for value in curve.y if abs(value) < 1e300)
    across, up = _scale(xs, _LEFT, _WIDTH - _RIGHT), _scale(ys, _HEIGHT - _BOTTOM, _TOP)
    lines = "".join(_line(curve, number, across, up) for number, curve in enumerate(drawn))
    names = ", ".join(curve.run_id[:8] for curve in drawn)
    label = html.escape(f"{drawn[0].metric} of {len(drawn)} runs: {names}")
    picture = (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} {_HEIGHT}" style="max-width:100%;width:{_WIDTH}px">'
        f"{_axes(xs, ys, across, up, axis)}{lines}</svg>"
    )
    legend = "".join(_legend(curve, number) for number, curve in enumerate(drawn))
    more = f'<p class="muted">… and {len(curves) - _MOST} more curves</p>' if len(curves) > _MOST else ""
    return f'{picture}<div style="display:flex;flex-wrap:wrap;gap:2px 14px">{legend}</div>{more}'


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Return round numbers inside a span, about as many as wanted."""
    if high <= low:
        return [low]
    raw = (high - low) / wanted
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * size for factor in (1, 2, 5, 10) if factor * size >= raw)
    first = math.ceil(low / step)
    return [index * step for index in range(first, math.floor(high / step) + 1)]


def _span(values: object) -> tuple[float, float]:
    found = list(values)  # type: ignore[call-overload]
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    if low == high:
        return low - 0.5, high + 0.5
    return low, high


def _scale(span: tuple[float, float], begin: float, end: float) -> Callable[[float], float]:
    return lambda value: begin + (value - span[0]) / (span[1] - span[0]) * (end - begin)


def _line(curve: Curve, number: int, across: Callable[[float], float], up: Callable[[float], float]) -> str:
    points = [(across(x), min(2 * _HEIGHT, max(-_HEIGHT, up(y)))) for x, y in zip(curve.x, curve.y, strict=True)]
    colour, dash = _look(number)
    if len(points) == 1:
        return f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="3" fill="{colour}"/>'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dash}"/>'


def _look(number: int) -> tuple[str, str]:
    return _COLOURS[number % len(_COLOURS)], _DASHES[number // len(_COLOURS) % len(_DASHES)]


def _axes(
    xs: tuple[float, float],
    ys: tuple[float, float],
    across: Callable[[float], float],
    up: Callable[[float], float],
    axis: str,
) -> str:
    parts = []
    for value in ticks(*ys, wanted=7):
        y = up(value)
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--jp-border-color3,#e5e5e5)"/>'
            f'<text x="{_LEFT - 6}" y="{y + 3:.1f}" text-anchor="end">{value:.4g}</text>'
        )
    for value in ticks(*xs):
        text = _time(value, axis)
        parts.append(f'<text x="{across(value):.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{text}</text>')
    return "".join(parts)


def _time(value: float, axis: str) -> str:
    if axis == "time":
        return str(html.when(int(value)))[5:16]
    if axis == "relative_time":
        return f"{value / 1000:,.4g} s"
    return f"{value:,.6g}"


def _legend(curve: Curve, number: int) -> str:
    colour, dash = _look(number)
    mark = f'<svg width="22" height="10"><line x1="0" x2="22" y1="5" y2="5" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/></svg>'
    last = html.number(curve.y[-1])
    name = html.link(curve.run_id[:8], f"mlnb:run/{curve.run_id}")
    return f'<span>{mark} {name} <span class="muted">{last}</span></span>'
