"""The analyses as parts of a profile."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlnb.explore.leakage.screen import gate
from mlnb.explore.records import Profile

N = 3000


@pytest.fixture
def frame(rng):
    x = rng.normal(size=N)
    region = rng.choice(["north", "south", "east"], N)
    y = rng.random(N) < np.where((region == "north") & (x > 0), 0.8, 0.2)
    gap = rng.random(N) < 0.2
    return pd.DataFrame(
        {
            "x": x,
            "region": region,
            "a": np.where(gap, np.nan, rng.normal(size=N)),
            "b": np.where(gap, np.nan, rng.normal(size=N)),
            "leak": y.astype(int),
            "y": y,
        }
    )


def test_a_profile_holds_what_the_analyses_found(profile, frame):
    result = profile(frame, target="y", learning_curve=True)
    assert [f.column for f in gate(result.findings).blocked] == ["leak"]
    assert result.ranking[0].column_name == "leak"
    assert result.missing_together.groups[0].columns == ["a", "b"]
    assert len(result.correlations.columns) == 6
    conditions = [{c.column: c.value for c in piece.conditions} for piece in result.slices]
    assert any(piece.get("region") == "north" for piece in conditions)
    assert not any("leak" in piece for piece in conditions)
    assert 0.6 < result.learning_curve.points[-1].value < 0.95
    assert Profile.model_validate(result.to_dict()).slices == result.slices


def test_the_first_page_of_a_sample_has_them_too(profile, frame):
    result = profile(frame, target="y", sample=1500)
    assert [f.column for f in gate(result.findings).blocked] == ["leak"]
    assert result.missing_together.rows == 1500
    assert result.column("x").basis["association"] == "sample"


def test_a_curve_that_cannot_be_drawn_is_a_note_and_no_error(profile, frame):
    result = profile(frame.head(100), target="y", learning_curve=True)
    assert result.learning_curve is None
    assert any("learning curve" in note for note in result.notes)


def test_without_a_target_there_is_no_talk_of_one(profile, frame):
    result = profile(frame)
    assert result.slices == []
    assert not [f for f in result.findings if f.code.startswith("LEAK_")]
    assert result.missing_together.groups[0].target is None
