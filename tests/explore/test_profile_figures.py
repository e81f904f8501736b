"""Figures of a profile for plotly, and the page of a comparison."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlnb.core.errors import InvalidParameterError


def frame(rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "x": rng.normal(size=rows),
            "level": rng.choice(["a", "b"], rows),
            "at": pd.date_range("2024-01-01", periods=rows, freq="h"),
            "y": rng.random(rows) < 0.3,
        }
    )


def test_figures_hold_what_the_profile_holds(profile):
    made = profile(frame(), target="y", time_column="at")
    bars = made.figure("distribution", "x").data[0]
    assert sum(bars.y) == sum(made.column("x").histogram.counts)
    assert list(made.figure("distribution", "level").data[0].x) == [i.item for i in made.column("level").frequent_items]
    assert made.figure("distribution", "at").layout.xaxis.type == "date"
    assert len(made.figure("by_target", "x").data[0].y) == len(made.column("x").association.shape)
    assert len(made.figure("trend").data) == 2
    assert made.figure("pairs").data[0].type == "heatmap"


def test_a_figure_without_what_it_needs_is_refused(profile):
    made = profile(frame())
    for kind, column in (("by_target", "x"), ("trend", None), ("pie", None), ("distribution", None)):
        with pytest.raises(InvalidParameterError):
            made.figure(kind, column)


def test_a_comparison_is_a_page_and_a_text_that_fit(ws):
    evil = "<script>alert(1)</script>"
    left = frame()
    right = frame().assign(x=lambda f: f.x + 3, extra=1, level=evil)
    made = ws.explore.compare(left, right, names=("before", evil))
    page = made.to_html(standalone=True)
    assert "<script" not in page
    assert len(page.encode()) < 100_000
    assert page.index("differ") < page.index("Both sides")
    assert "extra" in page
    for width in (60, 200):
        text = made.to_text(width)
        assert max(map(len, text.splitlines())) <= width
        assert "! x" in text
