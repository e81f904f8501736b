"""An evaluation by a scope card: its slices, best k and protected groups; gates judged on a real run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlnb.core.caller import calling
from mlnb.scope.card import ScopeCardError
from mlnb.scope.gates import Facts
from mlnb.training.scoring.fairness import RATES, group_gaps
from mlnb.training.scoring.metrics import Predictions
from mlnb.training.scoring.ranking import at_k
from mlnb.training.scoring.regions import FOUND
from mlnb.training.scoring.slices import make_slices

TABLE = "main.default.people"
CARD = """
target: {table: main.default.people, column: y, positive: 1, event_time: at}
problem: classification
data: {min_rows: 400, min_positive: 100, max_age: 2d}
metrics:
  - {name: roc_auc, primary: true, min: 0.6, by: [region], slice_min: 0.5}
  - {name: precision_at_k, k: 0.1, min: 0.6}
  - {name: people, kind: business, sql: "SELECT count(*) FROM main.default.people", min: 1}
fairness: {protected: [sex, age < 25], max_gap: {equal_opportunity: 0.9}}
holdout: {key: customer, fraction: 0.2}
"""


@pytest.fixture
def people(ws: Any) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    size = 1000
    x = draw.normal(size=size)
    frame = pd.DataFrame({"customer": range(size), "x": x, "y": (x + draw.normal(size=size) > 0).astype(int)})
    frame["region"] = draw.choice(["n", "s"], size)
    frame["sex"] = draw.choice(["f", "m"], size)
    frame["age"] = draw.integers(18, 60, size)
    frame["at"] = pd.Timestamp.now("UTC").floor("s") - pd.Timedelta(hours=1)
    ws.catalog.write(TABLE, frame)
    ws.scopes.put("p", CARD)
    return frame


class Model:
    """Knows one column; gives a probability."""

    classes_ = np.array([0, 1])

    def predict(self, frame: pd.DataFrame) -> Any:
        return (frame["x"] > 0).astype(int).to_numpy()

    def predict_proba(self, frame: pd.DataFrame) -> Any:
        score = 1 / (1 + np.exp(-frame["x"].to_numpy()))
        return np.column_stack([1 - score, score])


def test_a_card_says_what_is_evaluated(ws: Any, people: pd.DataFrame) -> None:
    result = ws.evaluation.evaluate(Model(), TABLE, targets="y", scope="p", bootstrap=0)
    assert {item.slice_key for item in result.slices} - {FOUND} == {"region"}
    assert 0.6 < result.metrics["precision_at_k"] <= 1
    groups = {(item.group_key, item.group_value) for item in result.fairness}
    assert groups == {("sex", "f"), ("sex", "m"), ("age < 25", "yes")}
    assert {item.metric for item in result.fairness} == set(RATES)
    assert ws.evaluation.get(result.id).fairness == result.fairness


def test_a_run_is_judged_by_everything_its_card_asks(ws: Any, people: pd.DataFrame) -> None:
    with ws.runs.start("train", scope="p") as run:
        rows = ws.features.create_training_set(TABLE, label="y").load_df()
        model = run.log_model(LogisticRegression().fit(rows[["x", "age"]], rows["y"]), "model")
    before = {item.gate: item for item in ws.evaluation.gates(run.run_id).results}
    assert (before["holdout"].status, before["data"].status) == ("unknown", "pass")
    assert before["metric:people"].status == "pass"
    named = ws.evaluation.evaluate(
        Named(model.uri, ws), TABLE, targets="y", scope="p", holdout=True, run=run.run_id, bootstrap=100
    )
    after = {item.gate: item for item in ws.evaluation.gates(run.run_id).results}
    assert after["holdout"].status == "pass", after["holdout"].message
    assert f"look {named.look} of 5" in after["holdout"].message
    assert {gate: after[gate].status for gate in ("metric:roc_auc", "metric:precision_at_k", "slices", "data")} == {
        "metric:roc_auc": "pass",
        "metric:precision_at_k": "pass",
        "slices": "pass",
        "data": "pass",
    }
    assert after["fairness:equal_opportunity"].status == "pass"
    assert "held-out rows of main.default.people" in (after["metric:roc_auc"].evidence or "")


def test_a_cards_own_query_is_no_look_at_held_out_rows_in_a_job_either(ws: Any, people: pd.DataFrame) -> None:
    kept = len(ws.catalog.read(TABLE, filtered=True))
    assert kept < len(people)
    with calling(source="job"):
        assert ws.evaluation.asked(Facts(), ws.scopes.get("p").card, None).business == {"people": kept}


class Named(Model):
    """Asks a logged model with the columns it was fitted on."""

    def __init__(self, uri: str, ws: Any) -> None:
        import mlflow.sklearn

        ws.tracking.configure()
        self.model = mlflow.sklearn.load_model(uri)

    def predict(self, frame: pd.DataFrame) -> Any:
        return self.model.predict(frame[["x", "age"]])

    def predict_proba(self, frame: pd.DataFrame) -> Any:
        return self.model.predict_proba(frame[["x", "age"]])


def test_data_that_is_too_old_or_has_too_few_positives_fails(ws: Any, people: pd.DataFrame) -> None:
    old = people.assign(at=pd.Timestamp("2020-01-01", tz="UTC"), y=0)
    ws.catalog.write(TABLE, old, mode="overwrite")
    with ws.runs.start("train", scope="p") as run:
        ws.catalog.read(TABLE)
    (gate,) = [item for item in ws.evaluation.gates(run.run_id).results if item.gate == "data"]
    assert gate.status == "fail"
    assert "0 rows have y = 1" in gate.message
    assert "days old" in gate.message


def test_a_run_that_trained_on_held_out_rows_fails_its_gate(ws: Any, people: pd.DataFrame) -> None:
    from mlnb.training.recording.source import Cell

    names = {"rows": ws.catalog.read(TABLE, filtered=False)}
    with ws.runs.start("train", scope="p", cell=Cell("len(rows)", namespace=names)) as run:
        pass
    (gate,) = [item for item in ws.evaluation.gates(run.run_id).results if item.gate == "holdout"]
    assert gate.status == "fail"
    assert TABLE in gate.message


def test_a_group_that_is_neither_column_nor_condition_is_refused(ws: Any, people: pd.DataFrame) -> None:
    ws.scopes.put("q", CARD.replace("[sex, age < 25]", "[gendr]"))
    with pytest.raises(ScopeCardError):
        ws.evaluation.evaluate(Model(), TABLE, targets="y", scope="q")
    assert ws.evaluation.list() == []


def test_an_open_leak_of_a_profile_fails_the_gate_until_it_is_dismissed(ws: Any, people: pd.DataFrame) -> None:
    leaky = ws.catalog.read(TABLE, filtered=False).assign(copy=lambda rows: rows["y"] * 7 + 1)
    ws.catalog.write(TABLE, leaky, mode="overwrite")
    ws.explore.profile(TABLE, target="y")
    with ws.runs.start("train", scope="p") as run:
        ws.catalog.read(TABLE)

    def gate() -> Any:
        return next(item for item in ws.evaluation.gates(run.run_id).results if item.gate == "leakage")

    assert gate().status == "fail"
    assert "copy" in gate().message
    for finding in ws.explore.findings(TABLE):
        if finding.severity == "BLOCKED":
            ws.explore.dismiss(finding.id, "made for this test")
    assert gate().status == "pass"


def test_rates_of_groups_against_the_rest_by_hand() -> None:
    truth, label = np.array([1, 1, 0, 0, 1, 1, 0, 0]), np.array([1, 0, 1, 0, 1, 1, 0, 0])
    predictions = Predictions("classifier", truth, label, label.astype(float), (0, 1))
    groups = [piece for piece in make_slices(pd.Series(list("aaaabbbb")), "g") if piece.value == "a"]
    found = {gap.metric: (gap.value, gap.difference, gap.n, gap.rest) for gap in group_gaps(predictions, groups)}
    assert found == {
        "predictive_parity": (0.5, -0.5, 2, 2),
        "predictive_equality": (0.5, 0.5, 2, 2),
        "equal_opportunity": (0.5, -0.5, 2, 2),
        "statistical_parity": (0.5, 0.0, 4, 4),
    }


def test_the_best_k_by_hand() -> None:
    truth = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 1])
    score = np.array([0.9, 0.8, 0.7, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05])
    predictions = Predictions("classifier", truth, (score > 0.5).astype(int), score, (0, 1))
    wanted = ("precision_at_k", "recall_at_k")
    assert at_k(predictions, dict.fromkeys(wanted, 0.3)) == {"precision_at_k": 2 / 3, "recall_at_k": 2 / 3}
    assert at_k(predictions, dict.fromkeys(wanted, 0.05)) == {"precision_at_k": 1.0, "recall_at_k": 1 / 3}
