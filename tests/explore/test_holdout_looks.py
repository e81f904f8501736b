"""Held-out rows in explore: left out wherever it can be told, seen only by a look that is counted once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlnb.core.errors import MlnbError
from mlnb.explore.questions import Drill, GridQuery
from mlnb.explore.records import ColumnNotFoundError

TABLE = "main.default.customers"
CANARY = "canary-of-the-test-set"


@pytest.fixture
def customers(ws: Any) -> pd.DataFrame:
    """A table whose last rows are held out; their text occurs nowhere else."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": range(800), "day": np.arange(800) // 10, "spent": rng.normal(50, 9, 800)})
    frame["note"] = np.where(frame["day"] >= 60, CANARY, "fine")
    frame["churned"] = rng.random(800) > 0.8
    ws.catalog.create_table(TABLE, frame)
    ws.scopes.holdouts.declare(TABLE, time="day", since=60, looks=2)
    return frame


def _looks(ws: Any) -> int:
    return len(ws.scopes.holdouts.looks(TABLE))


def test_held_out_rows_are_in_no_page_answer_or_file(ws: Any, customers: Any) -> None:
    profile = ws.explore.profile(TABLE, target="churned")
    assert (profile.rows, profile.holdout.excluded) == (600, 200)
    said = [profile.to_html(standalone=True), profile.model_dump_json(), ws.explore.html(profile.id)]
    rows = Drill(kind="rows", x="note")
    said.append(ws.explore.drill(profile.id, rows).model_dump_json())
    ws.explore.grids._frames.drop(profile.id)  # as after a restart: the table is opened again
    said.append(ws.explore.drill(profile.id, Drill(kind="bars", x="note")).model_dump_json())
    said.append(ws.explore.grid(profile.id, GridQuery(limit=500)).model_dump_json())
    said.append(ws.explore.profile(ws.catalog.read(TABLE), name="frame").model_dump_json())
    said.append(ws.explore.profile(ws.explore.query(f"SELECT * FROM {TABLE}")).model_dump_json())
    said += [path.read_text() for path in (ws.path / "explore").rglob("*.*")]
    assert not [text[:80] for text in said if CANARY in text]
    assert _looks(ws) == 0


def test_including_them_is_one_counted_look_that_is_never_repeated_from_the_store(ws: Any, customers: Any) -> None:
    profile = ws.explore.profile(TABLE, include_holdout="final check")
    assert (profile.rows, profile.holdout.included, _looks(ws)) == (800, "final check", 1)
    with pytest.raises(MlnbError, match="not kept"):
        ws.explore.grids._frames.drop(profile.id)
        ws.explore.drill(profile.id, Drill(kind="bars", x="note"))
    assert _looks(ws) == 1


@pytest.mark.parametrize(
    "options", [{"target": "churn"}, {"columns": ["nope"]}, {"where": "spent >"}, {"include_holdout": " "}]
)
def test_wrong_input_costs_no_look(ws: Any, customers: Any, options: dict[str, Any]) -> None:
    with pytest.raises(MlnbError):
        ws.explore.profile(TABLE, **({"include_holdout": "final check"} | options))
    assert _looks(ws) == 0


def test_a_spent_holdout_is_an_error_and_nothing_is_stored(ws: Any, customers: Any) -> None:
    for _ in range(2):
        ws.explore.profile(TABLE, include_holdout="final check", columns=["spent"])
    before = len(ws.explore.list(TABLE).items)
    with pytest.raises(MlnbError) as error:
        ws.explore.profile(TABLE, include_holdout="once more", columns=["spent", "day"])
    assert error.value.code == "HOLDOUT_SPENT"
    assert len(ws.explore.list(TABLE).items) == before


def test_a_frame_with_held_out_rows_fails_the_leakage_check(ws: Any, customers: Any) -> None:
    frame = customers.copy()
    frame.attrs["mlnb.source"] = {"table": TABLE, "version": 0, "filtered": False}
    verdict = ws.explore.leakage(frame, "churned", name="frame")
    assert "LEAK_HOLDOUT" in {finding.code for finding in verdict.blocked}
    with pytest.raises(ColumnNotFoundError):
        ws.explore.leakage(frame, "churn")


def test_a_frame_of_a_filtered_query_passes_the_leakage_check_and_costs_no_look(ws: Any, customers: Any) -> None:
    frame = ws.sql(f"SELECT * FROM {TABLE}").to_pandas()
    profile = ws.explore.profile(frame, name="frame", include_holdout="final check")
    assert (profile.rows, profile.holdout.known, profile.holdout.excluded) == (600, True, 200)
    assert _looks(ws) == 0
    verdict = ws.explore.leakage(frame, "churned", name="frame")
    assert "LEAK_HOLDOUT" not in {finding.code for finding in (*verdict.blocked, *verdict.warnings)}


def test_a_comparison_of_filtered_queries_can_tell_which_rows_are_held_out(ws: Any, customers: Any) -> None:
    early, late = (ws.sql(f"SELECT spent, churned FROM {TABLE} WHERE day {sign} 30").to_pandas() for sign in "<>")
    found = ws.explore.compare(early, late)
    assert "Cannot tell" not in found.to_html() + found.to_text()
    assert found.left.holdout.excluded == 200
