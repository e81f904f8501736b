"""Scoring development rows is free; scoring held-out rows is one counted look a model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlnb.core.caller import calling
from mlnb.core.errors import PermissionDeniedError
from mlnb.evaluation.asking.held_out import look_notes
from mlnb.evaluation.records import EvaluationDataError
from mlnb.scope.holdout_records import HoldoutLook, HoldoutNotFoundError, HoldoutSpentError

TABLE = "main.default.people"


class Model:
    """Knows one column."""

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = weight

    def predict(self, frame: pd.DataFrame) -> Any:
        return (frame["x"] * self.weight > 0).astype(int)


@pytest.fixture
def table(ws: Any) -> str:
    draw = np.random.default_rng(0)
    x = draw.normal(size=600)
    frame = pd.DataFrame({"customer": range(600), "x": x, "y": (x + draw.normal(size=600) > 0).astype(int)})
    ws.catalog.write(TABLE, frame)
    ws.scopes.holdouts.declare(TABLE, key="customer", fraction=0.25, looks=2)
    return TABLE


def test_an_evaluation_leaves_held_out_rows_out_in_jobs_too(ws: Any, table: str) -> None:
    kept = len(ws.catalog.read(table))
    for source in ("kernel", "job"):
        with calling(source=source):
            result = ws.evaluation.evaluate(Model(), table, targets="y", bootstrap=0)
            frame = ws.evaluation.evaluate(Model(), ws.catalog.read(table, filtered=False), targets="y", bootstrap=0)
        assert (result.n_rows, frame.n_rows) == (kept, kept)
        assert result.look is None
        assert f"{600 - kept} of 600 rows held out." in result.notes
    ws.sql(f"CREATE VIEW main.default.v AS SELECT x, y FROM {table}")
    with calling(source="job"):
        assert ws.evaluation.evaluate(Model(), "main.default.v", targets="y", bootstrap=0).n_rows == kept
    assert ws.scopes.holdouts.get(table).looks_used == 0


def test_held_out_rows_are_one_look_a_model(ws: Any, table: str) -> None:
    held = 600 - len(ws.catalog.read(table))
    first = ws.evaluation.evaluate(Model(), table, targets="y", holdout=True, bootstrap=50)
    assert (first.n_rows, first.look, first.looks_allowed) == (held, 1, 2)
    assert f"Look 1 of 2 at the held-out rows of {table}." in first.notes
    again = ws.evaluation.evaluate(Model(), table, targets="y", holdout=True, bootstrap=50)
    assert (again.look, again.metrics) == (1, first.metrics)
    assert "nothing was counted" in " ".join(again.notes)
    other = ws.evaluation.evaluate(Model(-1.0), table, targets="y", holdout=True, bootstrap=50)
    assert other.look == 2
    assert other.optimism > 0
    assert "The best of 2 looks is too good by about" in " ".join(other.notes)
    with pytest.raises(HoldoutSpentError):
        ws.evaluation.evaluate(Model(2.5), table, targets="y", holdout=True)
    stored = ws.evaluation.get(other.id)
    assert (stored.look, stored.optimism, stored.model_digest) == (2, other.optimism, other.model_digest)
    looks = ws.scopes.holdouts.looks(table)
    assert [look.metrics["accuracy_score"] for look in looks] == [
        first.metrics["accuracy_score"],
        other.metrics["accuracy_score"],
    ]


@pytest.mark.parametrize("looks", [2, 5, 20])
def test_the_best_of_several_looks_is_too_good_by_less_than_is_said(looks: int) -> None:
    look = HoldoutLook(
        id="l",
        holdout_id="h",
        number=looks,
        allowed=looks,
        model_digest="d",
        metric_set="auc",
        purpose="evaluate",
        actor="ada",
        actor_kind="user",
        at=0,
    )
    notes, optimism = look_notes(look, "auc", (0.7 - 1.96 * 0.01, 0.7 + 1.96 * 0.01))
    best = np.random.default_rng(0).normal(scale=0.01, size=(4000, looks)).max(axis=1).mean()
    assert best < optimism < 2.2 * best
    assert f"best of {looks} looks" in notes[-1]
    assert look_notes(look, "auc", None)[1] is None


def test_a_free_repetition_shows_nothing_new(ws: Any, table: str) -> None:
    first = ws.evaluation.evaluate(Model(), table, targets="y", holdout=True, bootstrap=0)
    ws.catalog.append(table, pd.DataFrame({"customer": range(600, 900), "x": 1.0, "y": 0}))
    again = ws.evaluation.evaluate(Model(), table, targets="y", holdout=True, bootstrap=0)
    assert (again.data_version, again.metrics) == (first.data_version, first.metrics)


def test_logging_a_model_twice_is_no_new_look(ws: Any, table: str) -> None:
    rows = ws.catalog.read(table)
    fitted = LogisticRegression().fit(rows[["customer", "x"]], rows["y"])
    uris = []
    for name in ("a", "b"):
        with ws.runs.start(name) as run:
            uris.append(run.log_model(fitted, "model").uri)
    assert uris[0] != uris[1]
    looks = [ws.evaluation.evaluate(uri, table, targets="y", holdout=True, bootstrap=0).look for uri in uris]
    assert looks == [1, 1]
    assert ws.scopes.holdouts.get(table).looks_used == 1


def test_what_fails_costs_no_look(ws: Any, table: str) -> None:
    class Broken:
        def predict(self, frame: pd.DataFrame) -> Any:
            raise KeyError("nothing")

    with pytest.raises(EvaluationDataError):
        ws.evaluation.evaluate(Broken(), table, targets="y", holdout=True)
    with calling(agent="helper"), pytest.raises(PermissionDeniedError):
        ws.evaluation.evaluate(Model(), table, targets="y", holdout=True)
    ws.catalog.write("main.default.plain", pd.DataFrame({"x": [1.0], "y": [1]}))
    with pytest.raises(HoldoutNotFoundError):
        ws.evaluation.evaluate(Model(), "main.default.plain", targets="y", holdout=True)
    with pytest.raises(EvaluationDataError):
        ws.evaluation.evaluate(Model(), ws.catalog.read(table), targets="y", holdout=True)
    assert ws.scopes.holdouts.get(table).looks_used == 0


def test_held_out_rows_of_a_frame_are_scored_with_values_as_targets(ws: Any, table: str) -> None:
    everything = ws.catalog.read(table, filtered=False)
    result = ws.evaluation.evaluate(Model(), everything, targets=everything["y"].to_numpy(), holdout=True, bootstrap=0)
    assert result.n_rows == 600 - len(ws.catalog.read(table))


def test_a_run_that_only_scored_held_out_rows_was_not_trained_on_them(ws: Any, table: str) -> None:
    with ws.runs.start("score") as run:
        ws.evaluation.evaluate(Model(), table, targets="y", holdout=True, bootstrap=0)
    (item,) = [item for item in ws.runs.get(run.run_id).data if item.name == table]
    assert item.holdout == "excluded"
    assert [look.purpose for look in ws.scopes.holdouts.looks(table)] == ["evaluate"]
