"""Whether two logged models are the same: they answer the same for rows that they take, wherever those are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlnb.training.replaying.predictions import compare_models


@pytest.fixture
def frame() -> pd.DataFrame:
    """Two columns and an outcome."""
    rng = np.random.default_rng(0)
    made = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80)})
    return made.assign(y=(made["a"] + rng.normal(size=80) > 0).astype(int))


def logged(ws: Any, name: str, model: Any, signature: Any) -> Any:
    with ws.runs.start(name) as run:
        run.log_model(model, "model", signature=signature)
    return ws.runs.get(run)


def compared(ws: Any, one: Any, two: Any, variables: dict[str, Any], rtol: float = 0.0) -> tuple[list[str], list[str]]:
    found, notes = compare_models(one, two, ws.catalog, variables, rtol=rtol, atol=0.0)
    return [item.change for item in found], notes


@pytest.mark.parametrize("named", [True, False])
def test_rows_of_the_kernel_tell_models_apart_that_name_the_same_classes(
    ws: Any, frame: pd.DataFrame, named: bool
) -> None:
    from mlflow.models import infer_signature

    rows = frame[["a", "b"]] if named else frame[["a", "b"]].to_numpy()
    models = [LogisticRegression(C=C).fit(rows, frame["y"]) for C in (1.0, 1.0, 1.02)]
    assert np.array_equal(models[0].predict(rows), models[2].predict(rows))
    one, same, other = (logged(ws, f"run {n}", model, infer_signature(rows)) for n, model in enumerate(models))
    variables = {"_hidden": rows, "text": "rows", "few": frame.head(0), "rows": frame if named else rows}
    assert compared(ws, one, same, variables) == (["same"], [])
    assert compared(ws, one, other, variables) == (["changed"], [])
    assert compared(ws, one, other, variables, rtol=0.5) == (["same"], [])
    # without rows only the files can say that they are the same, and nothing that they are not
    assert compared(ws, one, same, {}) == (["same"], [])
    changes, notes = compared(ws, one, other, {})
    assert not changes
    assert "no rows are known" in notes[0]


def test_models_that_look_features_up_are_compared_by_their_keys(ws: Any, frame: pd.DataFrame) -> None:
    import mlflow.sklearn

    from mlnb.features import FeatureLookup

    ws.catalog.create_schema("main.fs", if_not_exists=True)
    features = frame[["a", "b"]].assign(k=range(len(frame)))
    ws.features.create_table("main.fs.people", primary_keys=["k"], df=features)
    outcomes = pd.DataFrame({"k": range(len(frame)), "y": frame["y"]})
    ids = []
    for C in (1.0, 1.0, 5.0):
        lookups = [FeatureLookup("main.fs.people", lookup_key="k")]
        made = ws.features.create_training_set(outcomes, lookups, label="y", exclude_columns=["k"])
        rows = made.load_df()
        model = LogisticRegression(C=C).fit(rows[["a", "b"]], rows["y"])
        with ws.runs.start(f"looked up {C}") as run:
            ws.features.log_model(model, "model", flavor=mlflow.sklearn, training_set=made)
        ids.append(ws.runs.get(run))
    one, same, other = ids
    assert compared(ws, one, same, {"outcomes": outcomes}) == (["same"], [])
    flipped = compare_models(one, other, ws.catalog, {"outcomes": outcomes}, rtol=0.0, atol=0.0)[0]
    assert [item.key for item in flipped] == ["model"]
    assert "80 predictions" in (flipped[0].a or "")
