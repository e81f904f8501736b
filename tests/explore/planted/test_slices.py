"""Slices are found where the target differs, and not where chance made it look so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlnb.explore.target.associations import associate_all
from mlnb.explore.target.slices import find_slices

N = 8000


def slices(look, frame, target="y", exclude=()):
    seen = look(frame)
    return find_slices(seen, associate_all(seen, target), exclude)


def named(found):
    return [{condition.column: condition.value for condition in item.conditions} for item in found]


def frame_of(rng, n=N):
    return pd.DataFrame(
        {
            "region": rng.choice(["north", "south", "east", "west"], n),
            "plan": rng.choice(["free", "paid"], n),
            "age": rng.integers(18, 90, n),
            "noise": rng.normal(size=n),
        }
    )


def test_a_slice_of_two_conditions_is_found_and_measured(look, rng):
    frame = frame_of(rng)
    inside = (frame["region"] == "north") & (frame["plan"] == "free")
    frame["y"] = rng.random(N) < np.where(inside, 0.6, 0.2)
    found = slices(look, frame)
    assert {"region": "north", "plan": "free"} in named(found)[:2]
    best = next(f for f in found if len(f.conditions) == 2 and f.high)
    assert best.rows == int(inside.sum())
    assert best.lower < 0.6 < best.upper
    assert best.target == pytest.approx(0.6, abs=0.06)


def test_low_slices_come_after_high_ones(look, rng):
    frame = frame_of(rng)
    frame["y"] = rng.random(N) < frame["region"].map({"north": 0.7, "south": 0.4, "east": 0.4, "west": 0.1})
    found = slices(look, frame)
    highs = [item.high for item in found]
    assert highs == sorted(highs, reverse=True)
    assert {"region": "west"} in named([f for f in found if not f.high])
    assert all((f.lower > 0.4) if f.high else (f.upper < 0.4) for f in found)


def test_ranges_of_numbers_have_their_ends(look, rng):
    frame = frame_of(rng)
    frame["y"] = np.where(frame["age"] > 75, 100.0, 10.0) + rng.normal(0, 5, N)
    best = slices(look, frame)[0]
    [condition] = best.conditions
    assert condition.column == "age"
    inside = frame["age"].between(condition.low, condition.high)
    assert best.rows == int(inside.sum())
    assert best.target == pytest.approx(frame["y"][inside].mean(), rel=0.05)


def test_noise_has_no_slices(look):
    told = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        frame = frame_of(rng, 4000)
        for i in range(8):
            frame[f"c{i}"] = rng.choice(list("abcdef"), 4000)
        frame["y"] = rng.random(4000) < 0.3
        told += len(slices(look, frame))
    assert told <= 2


def test_a_second_condition_that_adds_nothing_is_left_out(look, rng):
    frame = frame_of(rng)
    frame["y"] = rng.random(N) < np.where(frame["region"] == "north", 0.7, 0.2)
    high = [f for f in slices(look, frame) if f.high]
    assert named(high) == [{"region": "north"}]


def test_the_same_rows_under_two_names_are_one_slice(look, rng):
    frame = frame_of(rng)
    frame["code"] = frame["region"].str.upper()
    frame["y"] = rng.random(N) < np.where(frame["region"] == "north", 0.7, 0.2)
    assert sum(f.high for f in slices(look, frame)) == 1


@pytest.mark.parametrize(("rows", "expected"), [(200, True), (40, False)])
def test_a_slice_needs_rows_enough(look, rng, rows, expected):
    frame = frame_of(rng)
    rare = np.arange(N) < rows
    frame["code"] = np.where(rare, "rare", "usual")
    frame["y"] = rng.random(N) < np.where(rare, 0.95, 0.2)
    assert ({"code": "rare"} in named(slices(look, frame))) == expected


def test_excluded_and_unavailable_columns_make_no_slice(look, rng):
    frame = frame_of(rng)
    frame["y"] = rng.random(N) < np.where(frame["region"] == "north", 0.7, 0.2)
    assert slices(look, frame, exclude=["region"]) == []
    seen = look(frame)
    assert find_slices(seen, associate_all(seen, "y", forbidden=[("region", "no")])) == []


def test_without_a_target_or_with_few_rows_there_are_none(look, rng):
    frame = frame_of(rng, 100)
    frame["y"] = frame["region"] == "north"
    assert slices(look, frame) == []
    assert find_slices(look(frame), None) == []
