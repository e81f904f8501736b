"""Training sets never hold held-out rows, wherever the label rows come from and whoever makes them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from mlnb.core.caller import calling

LABELS = "main.default.labels"


@pytest.fixture
def labels(ws: Any) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"customer": range(300), "region": ["n", "s", "w"] * 100, "churned": [i % 2 for i in range(300)]}
    )
    ws.catalog.write(LABELS, frame)
    ws.scopes.holdouts.declare(LABELS, key="customer", fraction=0.25)
    return frame


def held(ws: Any) -> set[int]:
    return set(ws.catalog.read(LABELS, where=ws.scopes.holdouts.held(LABELS), filtered=False)["customer"])


@pytest.mark.parametrize("source", ["kernel", "job"])
def test_a_table_of_labels_comes_without_held_out_rows_in_jobs_too(ws: Any, labels: pd.DataFrame, source: Any) -> None:
    with calling(source=source):
        made = ws.features.create_training_set(LABELS, label="churned")
        rows = made.load_df()
    assert not held(ws) & set(rows["customer"])
    assert len(rows) == 300 - len(held(ws))
    assert made.holdout.note == f"{len(held(ws))} of 300 rows held out."
    assert f"{len(held(ws))} of 300 rows held out" in repr(made)


def test_frames_with_held_out_rows_lose_them(ws: Any, labels: pd.DataFrame) -> None:
    everything = ws.catalog.read(LABELS, filtered=False)
    made = ws.features.create_training_set(everything, label="churned")
    assert not held(ws) & set(made.load_df()["customer"])
    assert made.holdout.excluded == len(held(ws))
    assert list(made.load_df()["churned"]) == [c % 2 for c in made.load_df()["customer"]]


def test_a_frame_of_unknown_origin_says_that_it_cannot_be_told(ws: Any, labels: pd.DataFrame) -> None:
    made = ws.features.create_training_set(pa.table({"customer": [1, 2], "churned": [0, 1]}), label="churned")
    assert made.rows == 2
    assert made.holdout.known is False


def test_without_a_holdout_nothing_is_said(ws: Any) -> None:
    made = ws.features.create_training_set(pd.DataFrame({"x": [1, 2], "y": [0, 1]}), label="y")
    assert made.holdout is None
    assert "held" not in repr(made)


def test_a_client_that_opens_the_workspace_by_itself_holds_back_the_same_rows(
    ws: Any, labels: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlnb.features import FeatureEngineeringClient, current

    # As in a process that never opened the workspace by its door.
    monkeypatch.setattr(current, "_open", type(current._open)())
    made = FeatureEngineeringClient().create_training_set(df=LABELS, feature_lookups=[], label="churned")
    assert not held(ws) & set(made.load_df()["customer"])
