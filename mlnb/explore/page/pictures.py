"""One picture of data in one line: a distribution, by a target, over time, or pairs. Static, themed, without script.

Each picture is drawn from answers of drill-down, so it counts all allowed rows and never needs them here.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from ..asking.drill import drill
from ..questions import Drill, DrillFilter
from . import svg
from .theme import document, style
from .words import cut, moment, number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..asking.rows import Rows

WIDTH, HEIGHT = 640.0, 220.0
#: Groups that are told apart by colour, columns of a picture of pairs, bins and levels.
GROUPS, PAIRS, BINS, LEVELS = 6, 5, 36, 12
POINTS = 500
_COLOURS = ("deep", "rate", "ok", "bad", "info", "muted")


@dataclass(frozen=True)
class Picture:
    """A picture that a notebook shows as HTML and a terminal as its title.

    Attributes
    ----------
    title
        What is drawn.
    body
        The picture itself.
    note
        What a reader must know: rows held out, points drawn.
    """

    title: str
    body: str
    note: str = ""

    def to_html(self, *, standalone: bool = False) -> str:
        """Return the picture as a fragment, or with ``standalone`` as a whole document."""
        note = f'<p class="k">{escape(self.note)}</p>' if self.note else ""
        page = f'<div class="mlnb-eda"><div class="e1">{style()}<section><h3>{escape(self.title)}</h3>{self.body}{note}</section></div></div>'
        return document(escape(self.title), page) if standalone else page

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        return f"{self.title}. {self.note}".strip()

    __repr__ = __str__


def draw(rows: Rows, kind: str, columns: Sequence[str], *, by: str | None = None, over: str | None = None) -> Picture:
    """Draw ``distribution``, ``by_target`` (``by``), ``trend`` (``over``) or ``pairs`` of columns.

    Raises
    ------
    InvalidParameterError
        For a kind that does not exist, or without the columns that it needs.
    """
    if kind not in ("distribution", "by_target", "trend", "pairs"):
        raise InvalidParameterError(
            f"There is no picture {kind!r}.", hint="Kinds: distribution, by_target, trend, pairs."
        )
    if kind == "pairs":
        return _pairs(rows, columns, by)
    if not columns:
        raise InvalidParameterError(f"A picture of kind {kind} needs a column.")
    if kind == "trend":
        if over is None:
            raise InvalidParameterError("A trend needs the column of time.", hint="Give it with over= (--over).")
        return _trend(rows, columns[0], over, by)
    if kind == "by_target":
        if by is None:
            raise InvalidParameterError("Name the column that tells the groups apart.", hint="Give it with by= (--by).")
        return _by_target(rows, columns[0], by)
    return _distribution(rows, columns[0])


# -- one column --------------------------------------------------------------------------------------------------------


def _numeric(rows: Rows, name: str) -> bool:
    from ..asking.conditions import family

    return family(rows.type_of(name)) in ("number", "time", "date")


def _temporal(rows: Rows, name: str) -> bool:
    from ..asking.conditions import family

    return family(rows.type_of(name)) in ("time", "date")


def _distribution(rows: Rows, name: str) -> Picture:
    if not _numeric(rows, name):
        return Picture(f"{name}: most frequent values", _levels(rows, name))
    found = drill(rows, Drill(kind="hist", x=name, bins=BINS)).columns
    if not found["count"]:
        return Picture(f"{name}: nothing to draw", "")
    body = svg.histogram(found["count"], f"Histogram of {name}")
    axis = _axis(rows, name, found["lower"][0], found["upper"][-1])
    return Picture(f"{name}: distribution", f"<figure>{body}{axis}</figure>", f"{sum(found['count']):,} rows")


def _levels(rows: Rows, name: str) -> str:
    found = drill(rows, Drill(kind="bars", x=name, limit=LEVELS)).columns
    most = max(found["rows"], default=1) or 1
    lines = "".join(
        f'<tr><th scope="row">{cut(label if label is not None else "missing")}</th><td style="width:60%">{svg.bar(count / most)}</td><td class="z">{count:,}</td></tr>'
        for label, count in zip(found["x"], found["rows"], strict=True)
    )
    return f"<table><tbody>{lines}</tbody></table>"


def _axis(rows: Rows, name: str, low: float, high: float) -> str:
    if _temporal(rows, name):
        ends = [moment(value, high - low) for value in (low, (low + high) / 2, high)]
    else:
        ends = [number(float(f"{value:.4g}")) for value in (low, (low + high) / 2, high)]
    return f'<div class="a">{" ".join(f"<span>{end}</span>" for end in ends)}</div>'


# -- by groups ---------------------------------------------------------------------------------------------------------


def _groups(rows: Rows, by: str) -> list[tuple[str, DrillFilter]]:
    """The largest groups, each with the condition that its rows satisfy."""
    from ..asking.conditions import family

    kind = family(rows.type_of(by))
    found = drill(rows, Drill(kind="bars", x=by, limit=GROUPS)).columns["x"]
    groups = []
    for label in found:
        if label is None:
            groups.append(("missing", DrillFilter(column=by, op="is_null")))
            continue
        value: Any = label
        if kind == "bool":
            value = str(label).lower() == "true"
        elif kind == "number":
            value = float(label)
        groups.append((str(label), DrillFilter(column=by, op="=", value=value)))
    return groups


def _colour(i: int) -> str:
    return f"var(--e-{_COLOURS[i % len(_COLOURS)]})"


def _legend(labels: Sequence[str]) -> str:
    marks = " &nbsp; ".join(
        f'<i class="j" style="background:{_colour(i)}"></i>{cut(label, 30)}' for i, label in enumerate(labels)
    )
    return f'<p class="k">{marks}</p>'


def _by_target(rows: Rows, name: str, by: str) -> Picture:
    groups = _groups(rows, by)
    if not _numeric(rows, name):
        return _shares(rows, name, by, groups)
    whole = drill(rows, Drill(kind="hist", x=name, bins=BINS)).columns
    if not whole["count"]:
        return Picture(f"{name} by {by}: nothing to draw", "")
    edges = [*whole["lower"], whole["upper"][-1]]
    shares = []
    for _, condition in groups:
        counts = drill(rows, Drill(kind="hist", x=name, edges=edges, filters=[condition])).columns["count"]
        total = sum(counts) or 1
        shares.append([count / total for count in counts])
    highest = max((value for line in shares for value in line), default=1.0) or 1.0
    step = WIDTH / (len(edges) - 1)
    lines = ""
    for i, line in enumerate(shares):
        path = (
            f"M0 {svg.f(HEIGHT)}"
            + "".join(f"V{svg.f(HEIGHT * (1 - v / highest))}h{svg.f(step)}" for v in line)
            + f"V{svg.f(HEIGHT)}z"
        )
        lines += f'<path d="{path}" style="fill:{_colour(i)};fill-opacity:.13;stroke:{_colour(i)};stroke-width:1.5;vector-effect:non-scaling-stroke"/>'
    body = svg.picture(WIDTH, HEIGHT, lines, f"{name} within each {by}", stretch=True)
    legend = _legend([f"{by} = {label}" for label, _ in groups])
    note = f"Share of each group per bin, highest {unescaped(percent(100 * highest))}"
    return Picture(f"{name} by {by}", f"{legend}<figure>{body}{_axis(rows, name, edges[0], edges[-1])}</figure>", note)


def unescaped(text: str) -> str:
    """Text of a page as plain text."""
    from html import unescape

    return unescape(text)


def _shares(rows: Rows, name: str, by: str, groups: Sequence[tuple[str, DrillFilter]]) -> Picture:
    """How each level of a category divides into groups."""
    counts = [
        dict(zip(found["x"], found["rows"], strict=True))
        for _, condition in groups
        for found in [drill(rows, Drill(kind="bars", x=name, limit=200, filters=[condition])).columns]
    ]
    levels = drill(rows, Drill(kind="bars", x=name, limit=LEVELS)).columns
    lines = ""
    for level, total in zip(levels["x"], levels["rows"], strict=True):
        parts = [group.get(level, 0) for group in counts]
        bars = "".join(
            f'<i style="flex-grow:{max(n, 1e-9):.6g};min-width:0;background:{_colour(i)}" title="{cut(groups[i][0])}: {percent(100 * n / (total or 1))}"></i>'
            for i, n in enumerate(parts)
        )
        words = ", ".join(percent(100 * n / (total or 1)) for n in parts[:3])
        shown = cut(level if level is not None else "missing")
        lines += f'<tr><th scope="row">{shown}</th><td style="width:56%"><div class="t">{bars}</div></td><td class="k">{words}</td><td class="z">{total:,}</td></tr>'
    head = f'<thead><tr><th scope="col">{cut(name)}</th><th scope="col" colspan="2">Share of each {cut(by)}</th><th scope="col" class="z">Rows</th></tr></thead>'
    legend = _legend([f"{by} = {label}" for label, _ in groups])
    return Picture(f"{name} by {by}", f"{legend}<table>{head}<tbody>{lines}</tbody></table>")


# -- over time ---------------------------------------------------------------------------------------------------------


def _trend(rows: Rows, name: str, over: str, by: str | None) -> Picture:
    found = drill(rows, Drill(kind="over_time", x=over, y=name, by=by, aggregate="mean", bins=48)).columns
    labels = list(dict.fromkeys(found["by"]))[:GROUPS] if by is not None else [None]
    times = list(dict.fromkeys(found["x"]))
    place = {time: i for i, time in enumerate(times)}
    lines: list[list[tuple[int, float]]] = [[] for _ in labels]
    for i, (time, value) in enumerate(zip(found["x"], found["value"], strict=True)):
        group = found["by"][i] if by is not None else None
        if value is not None and group in labels:
            lines[labels.index(group)].append((place[time], float(value)))
    values = [value for line in lines for _, value in line]
    if not values:
        return Picture(f"{name} over {over}: nothing to draw", "")
    low, high = min(values), max(values)
    span, step = (high - low) or 1.0, WIDTH / max(1, len(times) - 1)
    body = ""
    for i, line in enumerate(lines):
        if not line:
            continue
        path = "L".join(f"{svg.f(x * step)} {svg.f(4 + (HEIGHT - 8) * (1 - (y - low) / span))}" for x, y in line)
        body += f'<path d="M{path}" style="fill:none;stroke:{_colour(i)};stroke-width:1.7;vector-effect:non-scaling-stroke"/>'
    drawn = svg.picture(WIDTH, HEIGHT, body, f"Mean of {name} over {over}, from {low:.4g} to {high:.4g}", stretch=True)
    ends = [
        unescaped(number(t)) if not isinstance(t, int | float) or not _temporal(rows, over) else moment(t)
        for t in (times[0], times[-1])
    ]
    axis = f'<div class="a"><span>{cut(ends[0])}</span> <span>{cut(ends[1])}</span></div>'
    caption = f"<figcaption><span>mean of {cut(name)}</span> <span>{number(low)} to {number(high)}</span></figcaption>"
    legend = _legend([f"{by} = {label}" for label in labels]) if by is not None else ""
    return Picture(
        f"{name} over {over}", f"{legend}<figure>{caption}{drawn}{axis}</figure>", f"{sum(found['rows']):,} rows"
    )


# -- pairs -------------------------------------------------------------------------------------------------------------


def _pairs(rows: Rows, columns: Sequence[str], by: str | None) -> Picture:
    """Points of each pair below the diagonal, distributions on it."""
    if not 2 <= len(columns) <= PAIRS:
        raise InvalidParameterError(f"A picture of pairs takes 2 to {PAIRS} columns, not {len(columns)}.")
    for name in columns:
        if not _numeric(rows, name):
            raise InvalidParameterError(
                f"The column {name!r} holds no numbers or times.", hint="Choose others for pairs."
            )
    labels = [label for label, _ in _groups(rows, by)] if by is not None else []
    cells = ""
    for i, y in enumerate(columns):
        for j, x in enumerate(columns):
            cells += f"<div>{_cell(rows, x, y, by, labels, i, j)}</div>"
    grid = f'<div style="display:grid;grid-template-columns:repeat({len(columns)},minmax(0,1fr));gap:8px">{cells}</div>'
    legend = _legend([f"{by} = {label}" for label in labels]) if by is not None else ""
    return Picture(f"Pairs of {', '.join(columns)}", legend + grid, f"Up to {POINTS} points of each pair")


def _cell(rows: Rows, x: str, y: str, by: str | None, labels: list[str], i: int, j: int) -> str:
    if i < j:
        return ""
    if i == j:
        found = drill(rows, Drill(kind="hist", x=x, bins=20)).columns
        return (
            f'<p class="k" style="margin:0">{cut(x, 24)}</p>{svg.histogram(found["count"], f"Histogram of {x}")}'
            if found["count"]
            else cut(x, 24)
        )
    found = drill(rows, Drill(kind="scatter", x=x, y=y, by=by, limit=POINTS)).columns
    xs, ys = ([_coordinate(value) for value in found[axis]] for axis in ("x", "y"))
    if not xs:
        return ""
    low_x, low_y = min(xs), min(ys)
    span_x, span_y = (max(xs) - low_x) or 1.0, (max(ys) - low_y) or 1.0
    paths: dict[int, str] = {}
    for at, (a, b) in enumerate(zip(xs, ys, strict=True)):
        label = str(found["by"][at]) if by is not None else None
        colour = labels.index(label) if label in labels else (0 if by is None else len(_COLOURS) - 1)
        paths[colour] = (
            paths.get(colour, "") + f"M{3 + 114 * (a - low_x) / span_x:.0f} {117 - 114 * (b - low_y) / span_y:.0f}h0"
        )
    body = "".join(
        f'<path d="{path}" style="stroke:{_colour(colour)};stroke-width:3;stroke-linecap:round;stroke-opacity:.5;vector-effect:non-scaling-stroke"/>'
        for colour, path in paths.items()
    )
    return svg.picture(120, 120, body, f"{y} against {x}", stretch=True)


def _coordinate(value: Any) -> float:
    if isinstance(value, int | float):
        return float(value)
    from datetime import datetime

    return datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp()
