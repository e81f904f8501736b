"""Slices by expression, regions that nobody named, rates of protected groups, and what the predictions rest on."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from mlnb.core.errors import InvalidParameterError
from mlnb.evaluation.records import ColumnNotFoundError
from mlnb.training.scoring.fairness import group_gaps
from mlnb.training.scoring.importance import column_importances, explain_rows
from mlnb.training.scoring.losses import row_losses
from mlnb.training.scoring.metrics import Predictions
from mlnb.training.scoring.regions import FOUND, worst_regions
from mlnb.training.scoring.slices import Slice, make_slices

from .conftest import TABLE, Made


def test_slices_are_columns_and_expressions_as_in_monitoring(ws: Any, made: Made) -> None:
    result = ws.evaluation.evaluate(
        made.strong, TABLE, targets="good", slices=["region", "age < 30", "upper(sex)"], bootstrap=50
    )
    pieces = {(row.slice_key, row.slice_value): row for row in result.slices if row.metric == "accuracy_score"}
    assert {key for key in pieces if key[0] == "age < 30"} == {("age < 30", "true"), ("age < 30", "false")}
    assert {key[1] for key in pieces if key[0] == "upper(sex)"} == {"F", "M"}
    young = made.rows["age"] < 30
    row = pieces["age < 30", "true"]
    assert row.n == young.sum()
    assert row.lower < row.value < row.upper
    direct = ws.evaluation.evaluate(made.strong, made.rows[young], targets="good", bootstrap=0)
    assert row.value == pytest.approx(direct.metrics["accuracy_score"])


@pytest.mark.parametrize(
    ("text", "error", "word"),
    [
        ("regoin", ColumnNotFoundError, "region"),
        ("age <", InvalidParameterError, "not an expression"),
        ("agge < 3", InvalidParameterError, "agge"),
        ("good = 1", InvalidParameterError, "good"),
        ("(SELECT max(age) FROM x) = 1", InvalidParameterError, "sub-query"),
        ("1 = 1", InvalidParameterError, "no column"),
    ],
)
def test_a_slice_that_cannot_be_used_is_refused_with_the_reason(
    ws: Any, made: Made, text: str, error: type[Exception], word: str
) -> None:
    with pytest.raises(error) as caught:
        ws.evaluation.evaluate(made.strong, TABLE, targets="good", slices=[text])
    assert word in str(caught.value)
    assert ws.evaluation.list() == []


def test_the_region_where_a_model_knows_nothing_is_found_and_can_be_asked_for_again(ws: Any, made: Made) -> None:
    result = ws.evaluation.evaluate(made.strong, TABLE, targets="good", bootstrap=100)
    found = [row for row in result.slices if row.slice_key == FOUND and row.metric == "roc_auc"]
    assert found
    worst = found[0]
    assert "region = 'west'" in worst.slice_value
    assert "amount > " in worst.slice_value
    limit = float(worst.slice_value.split("amount > ")[1].split(" ")[0])
    assert 45 <= limit <= 55
    assert worst.n >= 30
    assert worst.upper < result.intervals["roc_auc"][0]
    assert result.worst == worst  # nobody asked for another slice
    assert any("one half" in note for note in result.notes)
    again = ws.evaluation.evaluate(made.strong, TABLE, targets="good", slices=[worst.slice_value], bootstrap=0)
    row = next(
        row
        for row in again.slices
        if (row.slice_key, row.slice_value) == (worst.slice_value, "true") and row.metric == "roc_auc"
    )
    assert row.n > 1.5 * worst.n  # on all rows now, not on the half it was measured on
    assert row.value < 0.5 < result.metrics["roc_auc"]


def test_nothing_is_found_where_only_chance_differs() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"number": rng.normal(size=2000), "word": rng.choice(list("abcdef"), 2000), "when": pd.Timestamp("2025-01-01")}
    )
    frame["when"] += pd.to_timedelta(rng.integers(0, 10_000, 2000), unit="min")
    found = [worst_regions(frame, rng.exponential(size=2000), seed=seed) for seed in range(20)]
    assert sum(map(len, found)) <= 1


def test_a_condition_holds_for_exactly_the_rows_it_was_found_for(ws: Any) -> None:
    rng = np.random.default_rng(1)
    size = 3000
    frame = pd.DataFrame(
        {
            "id": range(size),
            "a b": np.where(rng.random(size) < 0.1, np.nan, rng.normal(size=size)),
            "word": pd.Series(rng.choice(["it's", "x", "y"], size), dtype="category"),
            "flag": rng.random(size) < 0.5,
            "at": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 86_400 * 30, size), unit="s"),
        }
    )
    bad = (frame["word"] == "it's") & (frame["at"] > "2025-01-20")
    loss = rng.exponential(size=size) + 4 * bad + 2.0 * (frame["flag"] & frame["a b"].isna())
    found = worst_regions(frame, loss.to_numpy())
    assert any("it\\'s" in piece.value and "TIMESTAMP '2025-01-20" in piece.value for piece in found)
    for piece in found:
        query = f"SELECT id FROM rows_of WHERE {piece.value}"
        inside = set(ws.sql(query, frames={"rows_of": frame}).to_pandas()["id"])
        assert set(frame["id"].iloc[piece.rows]) <= inside
        assert len(inside) < 3 * len(piece)


def test_rates_equal_fairlearns_formulas_one_class_against_all_others() -> None:
    rng = np.random.default_rng(2)
    truth, label = rng.integers(0, 3, 600), rng.integers(0, 3, 600)
    group = pd.Series(rng.choice(["f", "m"], 600))
    found = group_gaps(Predictions("classifier", truth, label, None, ("a", "b", "c")), list(make_slices(group, "sex")))
    assert len(found) == 2 * 3 * 4
    for gap in found:
        positive = "abc".index(gap.positive or "")
        y, p = truth == positive, label == positive
        mine, rest = (group == gap.group_value).to_numpy(), (group != gap.group_value).to_numpy()
        rate = {
            "predictive_parity": lambda rows: sk.precision_score(y[rows], p[rows]),
            "equal_opportunity": lambda rows: sk.recall_score(y[rows], p[rows]),
            "predictive_equality": lambda rows: 1 - sk.recall_score(~y[rows], ~p[rows]),  # false-positive rate
            "statistical_parity": lambda rows: p[rows].mean(),  # selection rate
        }[gap.metric]
        assert gap.value == pytest.approx(rate(mine), abs=1e-12)
        assert gap.difference == pytest.approx(rate(mine) - rate(rest), abs=1e-12)
        assert gap.ratio == pytest.approx(rate(mine) / rate(rest), abs=1e-12)


def test_protected_groups_can_be_named_without_a_card(ws: Any, made: Made) -> None:
    result = ws.evaluation.evaluate(made.strong, TABLE, targets="good", protected=["sex", "age < 25"], bootstrap=0)
    assert {(gap.group_key, gap.group_value) for gap in result.fairness} == {
        ("sex", "f"),
        ("sex", "m"),
        ("age < 25", "yes"),
    }
    assert len(result.fairness) == 3 * 4
    assert ws.evaluation.get(result.id).fairness == result.fairness


def test_expressions_from_elsewhere_may_not_call_what_reads_this_machine(ws: Any, made: Made) -> None:
    from mlnb.core.caller import calling
    from mlnb.core.errors import MlnbError

    for options in ({"slices": ["getenv(region) = 'x'"]}, {"protected": ["getenv(region) = 'x'"]}):
        with calling(source="rest"), pytest.raises(MlnbError) as caught:
            ws.evaluation.evaluate(made.strong, TABLE, targets="good", bootstrap=0, **options)
        assert "getenv" in str(caught.value)
    assert ws.evaluation.list() == []


def test_a_ratio_to_a_rate_of_zero_is_left_out() -> None:
    truth, label = np.array([1, 1, 0, 0]), np.array([1, 1, 0, 0])
    predictions = Predictions("classifier", truth, label, None, (0, 1))
    found = group_gaps(predictions, [Slice("g", "a", np.array([0, 1]))])
    assert {gap.metric: gap.ratio for gap in found}["statistical_parity"] is None


def test_explanations_work_on_text_columns_and_are_what_the_gate_asks_for(ws: Any) -> None:
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {"word": rng.choice(["a", "b", "c"], 800), "x": rng.normal(size=800), "none": rng.normal(size=800)}
    )
    rows["y"] = (rows["x"] + 3 * (rows["word"] == "a") + rng.normal(size=800) > 1).astype(int)
    ws.catalog.write("main.default.words", rows)
    inputs = rows[["word", "x", "none"]]
    change = make_column_transformer((OneHotEncoder(), ["word"]), remainder="passthrough")
    with ws.runs.start("text") as run:
        uri = run.log_model(make_pipeline(change, LogisticRegression()).fit(inputs, rows["y"]), "model").uri
    ws.scopes.put(
        "words",
        {
            "target": {"table": "main.default.words", "column": "y", "positive": 1},
            "problem": "classification",
            "metrics": [{"name": "roc_auc", "primary": True, "min": 0.5}],
            "explainability": "per_prediction",
        },
    )
    result = ws.evaluation.evaluate(uri, scope="words", bootstrap=0)
    assert [item.column for item in result.importances][:2] == ["word", "x"]
    noise = result.importances[-1]
    assert noise.column == "none"
    assert noise.lower < 0.01
    gate = next(item for item in ws.evaluation.gates("text", scope="words").results if item.gate == "explainability")
    assert gate.status == "pass"
    kept = json.loads(ws.runs.read_artifact("text", "explanations/global.json"))
    assert [item["column"] for item in kept["columns"]][:2] == ["word", "x"]
    single = pd.read_parquet(io.BytesIO(ws.runs.read_artifact("text", "explanations/per_prediction.parquet")))
    parts = single[["from word", "from x", "from none"]].sum(axis=1)
    assert (single["base"] + parts).to_numpy() == pytest.approx(single["prediction"].to_numpy())
    import mlflow

    scores = mlflow.sklearn.load_model(uri).predict_proba(inputs.iloc[single["row"]])[:, 1]
    assert single["prediction"].to_numpy() == pytest.approx(scores)
    a = (rows["word"].iloc[single["row"]] == "a").to_numpy()
    assert single.loc[a, "from word"].mean() > 0.1 > single.loc[~a, "from word"].mean()


def test_importance_is_the_rise_of_the_loss_and_a_column_without_effect_has_none() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"used": rng.normal(size=500), "unused": rng.normal(size=500)})
    truth = frame["used"].to_numpy()

    def loss(rows: pd.DataFrame, places: Any) -> Any:
        return row_losses(Predictions("regressor", truth[places], rows["used"].to_numpy()))

    found = {item.column: item for item in column_importances(loss, frame, ["used", "unused"])}
    assert found["unused"].value == 0.0
    assert found["used"].lower < 2 * frame["used"].var() < found["used"].upper + 0.4
    explained = explain_rows(lambda rows, _: rows["used"].to_numpy(), frame, ["used", "unused"])
    assert explained.parts[:, 1] == pytest.approx(0.0)
    assert explained.base + explained.parts[:, 0] == pytest.approx(frame["used"].to_numpy()[explained.rows])
