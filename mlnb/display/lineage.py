"""Lineage in a cell: a drawing from left to right, and the same as a list; who reads a table, as bars."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

from mlnb.display.html import Safe, card, escape, number, table, when

if TYPE_CHECKING:
    from mlnb.catalog.insights import Insights
    from mlnb.catalog.lineage.records import LineageEdge, LineageGraph, LineageNode

_WIDTH, _HEIGHT, _ACROSS, _DOWN = 192, 40, 46, 16
_LETTERS = 28


def graph_html(graph: LineageGraph) -> str:
    """Render a lineage graph."""
    nodes = {node.id: node for node in graph.nodes}
    focus = nodes.get(graph.focus)
    title = f"Lineage of {focus.name if focus else graph.focus}"
    if not graph.edges:
        return card(title, body=["Nothing was recorded that this comes from, or that was made of it."])
    ranks = _ranks(graph.focus, graph.edges, list(nodes))
    links = [
        {
            "from": f"{_short(nodes, edge.source)}.{link.source}",
            "to": f"{_short(nodes, edge.target)}{f'.{link.target}' if link.target else ' (which rows)'}",
            "how": link.kind,
        }
        for edge in graph.edges
        for link in edge.columns
        if edge.source in nodes and edge.target in nodes
    ]
    steps = [
        {
            "from": _short(nodes, edge.source),
            "to": _short(nodes, edge.target),
            "by": ", ".join(sorted({maker.label for maker in edge.by})),
            "times": edge.count,
            "last": when(edge.last_seen),
        }
        for edge in sorted(graph.edges, key=lambda edge: ranks[edge.source])
    ]
    body: list[str] = [_drawing(graph, nodes, ranks), table(steps)]
    if links:
        body += [Safe("<h4>Columns</h4>"), table(links)]
    if graph.truncated:
        body.append("There is more than is shown: ask with a smaller depth or another direction.")
    return card(title, body=body)


def _short(nodes: dict[str, LineageNode], key: str) -> str:
    return nodes[key].name if key in nodes else key


def _ranks(focus: str, edges: list[LineageEdge], ids: list[str]) -> dict[str, int]:
    """Return how many steps before (negative) or after the focus each node is."""
    after, before = defaultdict(list), defaultdict(list)
    for edge in edges:
        after[edge.source].append(edge.target)
        before[edge.target].append(edge.source)
    ranks = {focus: 0}
    for neighbours, step in ((before, -1), (after, 1)):
        waiting = deque([focus])
        while waiting:
            here = waiting.popleft()
            for there in neighbours[here]:
                if there not in ranks:
                    ranks[there] = ranks[here] + step
                    waiting.append(there)
    return defaultdict(int, ranks) | {key: ranks.get(key, 0) for key in ids}


def _drawing(graph: LineageGraph, nodes: dict[str, LineageNode], ranks: dict[str, int]) -> Safe:
    first = min(ranks[key] for key in nodes)
    columns: dict[int, list[str]] = defaultdict(list)
    for key in nodes:
        columns[ranks[key] - first].append(key)
    tallest = max(map(len, columns.values()))
    height, width = tallest * (_HEIGHT + _DOWN) + _DOWN, len(columns) * (_WIDTH + _ACROSS) - _ACROSS + 4
    places = {}
    for column, keys in columns.items():
        free = (tallest - len(keys)) * (_HEIGHT + _DOWN) / 2
        for row, key in enumerate(keys):
            places[key] = (2 + column * (_WIDTH + _ACROSS), _DOWN + free + row * (_HEIGHT + _DOWN))
    lines = "".join(
        _line(places[e.source], places[e.target]) for e in graph.edges if e.source in places and e.target in places
    )
    boxes = "".join(_box(nodes[key], *places[key], focus=key == graph.focus) for key in places)
    name = escape(f"{len(nodes)} objects, {len(graph.edges)} steps; the table below lists them")
    return Safe(
        f'<div style="overflow-x:auto"><svg role="img" aria-label="{name}" width="{width}" height="{height:.0f}" '
        f'viewBox="0 0 {width} {height:.0f}">{lines}{boxes}</svg></div>'
    )


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    x1, y1, x2, y2 = start[0] + _WIDTH, start[1] + _HEIGHT / 2, end[0], end[1] + _HEIGHT / 2
    bend = max(30, (x2 - x1) / 2)
    path = f"M{x1},{y1:.1f} C{x1 + bend:.0f},{y1:.1f} {x2 - bend:.0f},{y2:.1f} {x2 - 6},{y2:.1f}"
    tip = f"M{x2 - 7},{y2 - 4:.1f} L{x2},{y2:.1f} L{x2 - 7},{y2 + 4:.1f} z"
    colour = "var(--jp-ui-font-color3,#9e9e9e)"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/><path d="{tip}" fill="{colour}"/>'


def _box(node: LineageNode, x: float, y: float, *, focus: bool) -> str:
    name = node.name if len(node.name) <= _LETTERS else "…" + node.name[1 - _LETTERS :]
    edge = "var(--jp-brand-color1,#1976d2)" if focus else "var(--jp-border-color1,#bdbdbd)"
    about = " · ".join(part for part in (node.kind, node.badge, "dropped" if node.dropped else None) if part)
    weight = 600 if focus else 400
    return (
        f"<g><title>{escape(node.name)}</title>"
        f'<rect x="{x}" y="{y:.1f}" width="{_WIDTH}" height="{_HEIGHT}" rx="4" fill="var(--jp-layout-color1,#fff)" '
        f'stroke="{edge}" stroke-width="{2 if focus else 1}"/>'
        f'<text x="{x + 9}" y="{y + 17:.1f}" style="font-size:12px;font-weight:{weight};fill:var(--jp-ui-font-color1,#212121)">'
        f"{escape(name)}</text>"
        f'<text x="{x + 9}" y="{y + 32:.1f}">{escape(about)}</text></g>'
    )


def insights_html(found: Insights) -> str:
    """Render who reads a table."""
    body = [_days(found)]
    if found.readers:
        body.append(table([{"who": r.principal, "reads": r.reads, "last": when(r.last)} for r in found.readers]))
    if found.places:
        body.append(
            table([{"where": p.name, "kind": p.kind, "reads": p.reads, "last": when(p.last)} for p in found.places])
        )
    used = [{"column": c.name, "reads": c.reads} for c in found.columns if c.reads]
    unused = [c.name for c in found.columns if not c.reads]
    if used:
        body.append(table(used))
    if unused and used:
        body.append(Safe(f'<p class="muted">Never read: {escape(", ".join(unused[:30]))}</p>'))
    state = (f"{found.reads:,} read{'' if found.reads == 1 else 's'} in {found.days} days", "info")
    return card(f"Who reads {found.name}", body=body, state=state)


def _days(found: Insights) -> Safe:
    most = max((day.reads for day in found.per_day), default=0)
    if not most:
        return Safe("")
    bars = "".join(
        f'<rect class="bar" x="{i * 8}" y="{40 - 38 * day.reads / most:.1f}" width="6" height="{38 * day.reads / most:.1f}">'
        f"<title>{escape(day.day)}: {number(day.reads)}</title></rect>"
        for i, day in enumerate(found.per_day)
    )
    return Safe(f'<svg role="img" aria-label="Reads per day" width="{len(found.per_day) * 8}" height="42">{bars}</svg>')


FORMATTERS = {"LineageGraph": graph_html, "Insights": insights_html}
