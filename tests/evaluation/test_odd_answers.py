"""Models, targets and cards that are not as one would wish: a clear error before anything is kept, or the one thing that was meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlnb.core.errors import InvalidParameterError
from mlnb.evaluation.records import EvaluationDataError

from .conftest import make_loans

ROWS = make_loans(600, 5)
TABLE = "main.default.rows"


def gappy(rows: pd.DataFrame) -> Any:
    return np.where(rows["age"] > 70, np.nan, rows["income"])


class Distances:
    """Says it has probabilities, and gives distances."""

    classes_ = np.array([0, 1])

    def predict(self, rows: pd.DataFrame) -> Any:
        return (rows["income"] > 0).astype(int).to_numpy()

    def predict_proba(self, rows: pd.DataFrame) -> Any:
        return np.column_stack([-3 * rows["income"], 3 * rows["income"]])


class Sure:
    """Knows one column, gives a probability."""

    classes_ = np.array([0, 1])

    def predict(self, rows: pd.DataFrame) -> Any:
        return (rows["income"] > 0).astype(int).to_numpy()

    def predict_proba(self, rows: pd.DataFrame) -> Any:
        score = 1 / (1 + np.exp(-2 * rows["income"].to_numpy()))
        return np.column_stack([1 - score, score])


@pytest.mark.parametrize(
    ("model", "target", "kind", "said"),
    [
        (gappy, "debt", "regressor", r"missing in \d+ of 600 rows"),
        (lambda rows: rows["income"] / 0.0, "debt", "regressor", "infinite in 600 of 600 rows"),
        (lambda rows: rows["region"], "debt", "regressor", "is no number"),
        (lambda rows: rows["income"], "region", "regressor", "is no number"),
        (Distances(), "good", None, "outside 0 to 1"),
        (lambda rows: np.where(rows["age"] > 70, np.nan, 0.3), "good", "classifier", "missing in"),
    ],
)
def test_answers_that_are_no_numbers_are_refused_and_cost_no_look(
    ws: Any, model: Any, target: str, kind: Any, said: str
) -> None:
    ws.catalog.write(TABLE, ROWS.assign(customer=range(600)))
    ws.scopes.holdouts.declare(TABLE, key="customer", fraction=0.3)
    before = ws.journal.last_id()
    for data, held in ((ROWS, False), (TABLE, True)):
        with pytest.raises(EvaluationDataError, match=said if data is ROWS else said.split(" in ")[0]) as caught:
            ws.evaluation.evaluate(model, data, targets=target, model_type=kind, holdout=held, bootstrap=0)
        assert caught.value.hint
    assert ws.journal.last_id() == before
    assert ws.scopes.holdouts.get(TABLE).looks_used == 0


def test_what_fails_after_the_model_answered_costs_no_look_either(ws: Any) -> None:
    ws.catalog.write(TABLE, ROWS.assign(customer=range(600)))
    ws.scopes.holdouts.declare(TABLE, key="customer", fraction=0.3)
    wrong: list[dict[str, Any]] = [
        {"slices": ["cast(region AS INT) > 3"]},
        {"protected": ["cast(region AS INT) > 3"]},
        {"evaluator_config": {"sample_weights": [1.0] * 600}},
    ]
    for options in wrong:
        with pytest.raises(Exception, match=r".") as caught:
            ws.evaluation.evaluate(Sure(), TABLE, targets="good", holdout=True, bootstrap=0, **options)
        assert getattr(caught.value, "hint", None), caught.value
    assert ws.scopes.holdouts.get(TABLE).looks_used == 0
    assert ws.evaluation.list() == []


def test_the_positive_class_may_be_written_as_text(ws: Any) -> None:
    plain = ws.evaluation.evaluate(Sure(), ROWS, targets="good", pos_label=0, bootstrap=0)
    for given in ("0", False, 0.0):
        same = ws.evaluation.evaluate(Sure(), ROWS, targets="good", pos_label=given, bootstrap=0)
        assert same.metrics == plain.metrics
    by_config = ws.evaluation.evaluate(Sure(), ROWS, targets="good", evaluator_config={"pos_label": 0}, bootstrap=0)
    assert by_config.metrics["recall_score"] == plain.metrics["recall_score"]
    flags = ROWS.assign(good=ROWS["good"].astype(bool))
    assert (
        ws.evaluation.evaluate(Sure(), flags, targets="good", pos_label="false", bootstrap=0).metrics == plain.metrics
    )
    with pytest.raises(EvaluationDataError, match="is no class"):
        ws.evaluation.evaluate(Sure(), ROWS, targets="good", pos_label="yes", bootstrap=0)
    several = ws.evaluation.evaluate(
        lambda rows: np.full(len(rows), "west"),
        ROWS,
        targets="region",
        pos_label="west",
        metrics=["accuracy"],
        bootstrap=0,
    )
    assert "No class is taken as positive: the target has 3." in several.notes


def test_a_card_may_use_short_names_and_its_first_metric_leads(ws: Any) -> None:
    ws.catalog.write(TABLE, ROWS)
    ws.scopes.put(
        "short",
        """
target: {table: main.default.rows, column: good, positive: 1}
problem: classification
metrics:
  - {name: auc, min: 0.5, by: [sex], slice_min: 0.4}
  - {name: precision_at_k, k: 0.2, primary: true, min: 0.3, by: [region], slice_min: 0.2}
owner: user:ada
""",
    )
    with ws.runs.start("sure") as run:
        found = ws.evaluation.evaluate(Sure(), scope="short", bootstrap=200)
    assert found.primary == "precision_at_k"
    assert found.worst.slice_key in ("region", "sex")
    lower, upper = found.intervals["precision_at_k"]
    assert lower < found.metrics["precision_at_k"] < upper
    west = next(
        row
        for row in found.slices
        if (row.slice_key, row.slice_value, row.metric) == ("region", "west", "precision_at_k")
    )
    assert west.lower <= west.value <= west.upper
    gates = {item.gate: item.status for item in ws.evaluation.gates(run.run_id, scope="short").results}
    assert (gates["metric:auc"], gates["metric:precision_at_k"], gates["slices"]) == ("pass", "pass", "pass")
    beside = ws.evaluation.compare(Sure(), lambda rows: np.clip(rows["debt"], 0.01, 0.99), scope="short", bootstrap=200)
    assert beside.primary == "precision_at_k"
    assert beside.metric("precision_at_k").lower is not None


def test_a_slice_with_too_few_rows_of_a_class_is_left_out_and_the_result_says_so(ws: Any) -> None:
    rows = ROWS.assign(part=np.where(np.arange(600) < 100, "odd", "plain"))
    rows.loc[3:99, "good"] = 0
    found = ws.evaluation.evaluate(Sure(), rows, targets="good", slices="part", bootstrap=0)
    metrics = {(item.slice_value, item.metric) for item in found.slices}
    assert ("odd", "accuracy_score") in metrics
    assert ("odd", "roc_auc") not in metrics
    assert ("plain", "roc_auc") in metrics
    assert "roc_auc is left out of a slice with too few rows of a class." in found.notes
    numbers = ws.evaluation.evaluate(
        lambda frame: frame["debt"], rows.assign(flat=1.0), targets="flat", slices="part", bootstrap=0
    )
    assert not any("left out" in note for note in numbers.notes)


def test_weights_are_refused_rather_than_half_obeyed(ws: Any) -> None:
    with pytest.raises(InvalidParameterError, match="every row counts once"):
        ws.evaluation.evaluate(
            Sure(), ROWS, targets="good", evaluator_config={"sample_weights": np.ones(600)}, bootstrap=0
        )
