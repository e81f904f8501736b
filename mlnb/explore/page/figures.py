"""Figures of a profile for plotly: drawn from what the profile holds, so they need no rows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from ..records import ColumnProfile, Profile

KINDS = ("distribution", "by_target", "trend", "pairs")


def figure(profile: Profile, kind: str, column: str | None = None) -> Figure:
    """Return a plotly figure: ``distribution`` or ``by_target`` of a column, ``trend`` (rows and target over time), ``pairs`` (correlations)."""
    import plotly.graph_objects as go

    if kind not in KINDS:
        raise InvalidParameterError(f"There is no figure {kind!r}.", hint=f"Kinds: {', '.join(KINDS)}.")
    if kind == "trend":
        made = _trend(go, profile)
    elif kind == "pairs":
        made = _pairs(go, profile)
    else:
        if column is None:
            raise InvalidParameterError(f"A figure of kind {kind} needs a column.")
        found = profile.column(column)
        made = _distribution(go, found) if kind == "distribution" else _by_target(go, profile, found)
    made.update_layout(margin={"l": 60, "r": 20, "t": 50, "b": 50}, bargap=0.02)
    return made


def _distribution(go: Any, column: ColumnProfile) -> Figure:
    if column.histogram is not None and column.histogram.counts:
        edges = column.histogram.edges
        scale = 1000.0 if column.kind == "datetime" else 1.0  # plotly's times are milliseconds
        widths = [(high - low) / scale for low, high in itertools.pairwise(edges)]
        middles = [(low + high) / 2 / scale for low, high in itertools.pairwise(edges)]
        made = go.Figure(go.Bar(x=middles, y=column.histogram.counts, width=widths))
        if column.kind == "datetime":
            made.update_xaxes(type="date")
    else:
        items = column.frequent_items
        made = go.Figure(go.Bar(x=[item.item for item in items], y=[item.count for item in items]))
        made.update_xaxes(type="category")
    return made.update_layout(title=f"{column.column_name}: distribution", yaxis_title="rows")


def _by_target(go: Any, profile: Profile, column: ColumnProfile) -> Figure:
    if profile.target is None or column.association is None or not column.association.shape:
        raise InvalidParameterError(
            f"The profile says nothing of a target along {column.column_name}.", hint="Make it with target=."
        )
    shape = column.association.shape
    above = [b.upper - b.mean for b in shape]
    below = [b.mean - b.lower for b in shape]
    error = {"type": "data", "symmetric": False, "array": above, "arrayminus": below}
    made = go.Figure(
        go.Scatter(x=[b.label for b in shape], y=[b.mean for b in shape], error_y=error, mode="lines+markers")
    )
    made.update_xaxes(type="category", title=column.column_name)
    if profile.target.base is not None:
        made.add_hline(y=profile.target.base, line_dash="dot")
    return made.update_layout(
        title=f"{profile.target.column} by {column.column_name}", yaxis_title=profile.target.column
    )


def _trend(go: Any, profile: Profile) -> Figure:
    if profile.timeline is None or not profile.timeline.periods:
        raise InvalidParameterError("The profile has no time column.", hint="Make it with time_column=.")
    periods = profile.timeline.periods
    made = go.Figure(go.Bar(x=[p.start for p in periods], y=[p.rows for p in periods], name="rows", opacity=0.5))
    if any(p.target is not None for p in periods):
        line = go.Scatter(
            x=[p.start for p in periods], y=[p.target for p in periods], name="target", yaxis="y2", mode="lines+markers"
        )
        made.add_trace(line)
        made.update_layout(yaxis2={"overlaying": "y", "side": "right", "title": "target"})
    return made.update_layout(title=f"Along {profile.timeline.column}", yaxis_title="rows")


def _pairs(go: Any, profile: Profile) -> Figure:
    found = profile.correlations
    if not found.columns:
        raise InvalidParameterError("The profile holds no correlations.", hint="At least two columns are needed.")
    heat = go.Heatmap(
        z=found.matrix, x=found.columns, y=found.columns, zmin=-1, zmax=1, colorscale="RdBu", reversescale=True
    )
    return go.Figure(heat).update_layout(title="Which columns go together", yaxis_autorange="reversed")
