"""What keeps an evaluation from saying more than it knows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mlnb.core.errors import NotFoundError
from mlnb.evaluation.records import EvaluationDataError

from .conftest import TABLE, Made, make_loans


def test_a_run_keeps_the_value_it_found_itself_and_the_evaluations_stands_beside_it(ws: Any, made: Made) -> None:
    with ws.runs.start("tested", experiment="loans") as run:
        model = _fitted()
        run.log_model(model, "model", input_example=make_loans(20, 1)[["income", "debt"]])
        run.log(roc_auc=0.5)
    result = ws.evaluation.evaluate("tested", TABLE, targets="good", bootstrap=200)
    found = ws.runs.get("tested").metrics
    assert found["roc_auc"] == 0.5
    assert found["eval_roc_auc"] == result.metrics["roc_auc"]
    assert found["accuracy_score"] == result.metrics["accuracy_score"]
    again = ws.evaluation.evaluate("tested", TABLE, targets="good", bootstrap=0)
    found = ws.runs.get("tested").metrics
    assert (found["roc_auc"], found["eval_roc_auc"]) == (0.5, again.metrics["roc_auc"])
    assert "eval_accuracy_score" not in found

    ws.evaluation.evaluate("strong", TABLE, targets="good", bootstrap=200)
    diff = {item.key: item for item in ws.runs.diff("tested", "strong").metrics}
    assert diff["roc_auc"].standard_errors is None, "an interval of other rows is not the interval of this value"
    assert diff["accuracy_score"].standard_errors is not None or diff["accuracy_score"].change == "same"


def test_rows_the_models_run_has_read_are_named(ws: Any, made: Made) -> None:
    with ws.runs.start("reader", experiment="loans") as run:
        rows = run.read(TABLE)
        run.log_model(_fitted(), "model", input_example=rows.head(5)[["income", "debt"]])
    warned = ws.evaluation.evaluate("reader", TABLE, targets="good", bootstrap=0)
    assert any("The run that made the model read main.default.loans too" in note for note in warned.notes)
    part = ws.evaluation.evaluate("reader", made.rows.tail(500), targets="good", bootstrap=0)
    unread = ws.evaluation.evaluate("strong", TABLE, targets="good", bootstrap=0)
    assert not any("too good" in note for note in (*part.notes, *unread.notes))


def test_few_rows_say_that_their_intervals_are_too_narrow(ws: Any, made: Made) -> None:
    def notes(rows: Any) -> list[str]:
        return [note for note in ws.evaluation.evaluate("strong", rows, targets="good").notes if "narrower" in note]

    yes, no = made.rows[made.rows["good"] == 1], made.rows[made.rows["good"] == 0]
    (few,) = notes(pd.concat([yes.head(6), no.head(7)]))
    assert few.startswith("Only 13 rows, 6 of the rarest class")
    (rare,) = notes(pd.concat([yes.head(2), no.head(500)]))
    assert rare.startswith("Only 502 rows, 2 of the rarest class")
    assert notes(made.rows) == []


def test_a_misspelt_table_is_said_before_the_model_is_loaded(
    ws: Any, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlnb.evaluation.asking.question.load_scorer", lambda *_: pytest.fail("loaded for nothing"))
    with pytest.raises(NotFoundError) as caught:
        ws.evaluation.evaluate("strong", "main.default.laons", targets="good")
    assert caught.value.hint == f"Did you mean {TABLE}?"


def test_a_target_the_model_has_never_heard_of_is_refused_and_nothing_is_kept(ws: Any, made: Made) -> None:
    with pytest.raises(EvaluationDataError, match="answers 0, 1, region holds 'north', 'south', 'west'"):
        ws.evaluation.evaluate("strong", TABLE, targets="region")
    assert ws.evaluation.list("strong") == []
    assert "f1_score" not in ws.runs.get("strong").metrics
    texts = made.rows.assign(good=made.rows["good"].astype(str))
    with pytest.raises(EvaluationDataError, match="no row can be right"):
        ws.evaluation.evaluate("strong", texts, targets="good")
    yes = made.rows[made.rows["good"] == 1]
    assert ws.evaluation.evaluate("strong", yes, targets="good", bootstrap=0).n_rows == len(yes)


def _fitted() -> Any:
    from sklearn.linear_model import LogisticRegression

    seen = make_loans(1500, 1)
    return LogisticRegression().fit(seen[["income", "debt"]], seen["good"])
