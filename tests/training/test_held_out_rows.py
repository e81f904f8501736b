"""What a run received of held-out rows is found, counted and stands with the run."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mlnb.core.caller import calling
from mlnb.training.recording.source import Cell

TABLE = "main.default.people"


@pytest.fixture
def people(ws: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"customer": range(300), "amount": range(300), "label": [i % 2 for i in range(300)]})
    ws.catalog.write(TABLE, frame)
    ws.scopes.holdouts.declare(TABLE, key="customer", fraction=0.25, looks=2)
    return ws.catalog.read(TABLE, filtered=False)


def run(ws: Any, code: str, **names: Any) -> Any:
    """Run a cell as the magic does, with these variables in the notebook."""
    names = {"ws": ws, **names}
    with ws.runs.start("r", cell=Cell(code, namespace=names)) as context:
        exec(code, names)
    return ws.runs.get(context.run_id), context


def status(record: Any, table: str = TABLE) -> str:
    return next(item.holdout for item in record.data if item.name == table)


def test_a_filtered_read_is_clean(ws: Any, people: pd.DataFrame) -> None:
    record, _ = run(ws, f"df = ws.catalog.read('{TABLE}')")
    assert status(record) == "excluded"
    assert ws.scopes.holdouts.get(TABLE).looks_used == 0


def test_held_out_rows_in_a_variable_are_a_counted_look(ws: Any, people: pd.DataFrame) -> None:
    record, context = run(ws, "n = len(people)", people=people)
    assert status(record) == "included"
    (look,) = ws.scopes.holdouts.looks(TABLE)
    assert (look.purpose, look.run_id) == ("training", record.run_id)
    assert record.tags["mlnb.holdout"] == "included"
    assert "held-out rows" in " ".join(context.summary.notes)


def test_rows_read_past_the_catalog_are_found_by_their_key(ws: Any, people: pd.DataFrame) -> None:
    stranger = pd.DataFrame(people.to_dict("list"))
    record, _ = run(ws, "n = stranger.shape", stranger=stranger)
    assert status(record) == "included"


def test_a_frame_that_only_shares_a_name_is_not_taken_for_the_table(ws: Any, people: pd.DataFrame) -> None:
    other = pd.DataFrame({"customer": range(300), "a": 1, "b": 2, "c": 3})
    record, _ = run(ws, "n = other.shape", other=other)
    assert [(item.kind, item.holdout) for item in record.data] == [("frame", "none")]
    assert ws.scopes.holdouts.get(TABLE).looks_used == 0


def test_unfiltered_rows_without_their_key_cannot_be_told(ws: Any, people: pd.DataFrame) -> None:
    record, _ = run(ws, "n = X.shape", X=people[["amount", "label"]])
    assert status(record) == "unknown"


def test_filtered_rows_without_their_key_are_clean(ws: Any, people: pd.DataFrame) -> None:
    record, _ = run(ws, "n = X.shape", X=ws.catalog.read(TABLE)[["amount", "label"]])
    assert status(record) == "excluded"


def test_an_unfiltered_query_is_not_taken_for_clean(ws: Any, people: pd.DataFrame) -> None:
    with calling(source="job"):
        record, _ = run(ws, f"s = ws.sql('SELECT amount, label FROM {TABLE}').to_pandas()")
    assert status(record) == "unknown"
    with calling(source="job"):
        record, _ = run(ws, f"s = ws.sql('SELECT * FROM {TABLE}').to_pandas()")
    assert status(record) == "included"


def test_a_table_without_the_key_is_mixed(ws: Any, people: pd.DataFrame) -> None:
    ws.sql(f"CREATE TABLE main.default.sums AS SELECT label, sum(amount) AS s FROM {TABLE} GROUP BY label")
    record, _ = run(ws, "df = ws.catalog.read('main.default.sums')")
    assert status(record, "main.default.sums") == "mixed"


def test_a_training_set_is_clean_though_its_features_are_read_whole(ws: Any, people: pd.DataFrame) -> None:
    with calling(source="job"):
        record, _ = run(ws, f"df = ws.features.create_training_set('{TABLE}', label='label').load_df()")
    assert status(record) == "excluded"


def test_more_runs_than_looks_end_all_the_same(ws: Any, people: pd.DataFrame) -> None:
    for _ in range(3):
        record, context = run(ws, "n = len(people)", people=people)
        assert record.status == "FINISHED"
    assert "No look was left" in " ".join(context.summary.notes)
    assert ws.scopes.holdouts.get(TABLE).looks_used == 2


def test_what_a_query_made_of_a_filtered_table_is_no_touch(ws: Any, people: pd.DataFrame) -> None:
    sums = ws.sql(f"SELECT row_number() OVER (ORDER BY amount) AS customer, amount, label FROM {TABLE}").to_pandas()
    assert "table" not in sums.attrs["mlnb.source"]
    record, _ = run(ws, "n = len(sums)", sums=sums)
    assert "included" not in [item.holdout for item in record.data]
    assert ws.scopes.holdouts.get(TABLE).looks_used == 0
    record, _ = run(ws, f"df = ws.sql('SELECT * FROM {TABLE}').to_pandas()")
    assert status(record) == "excluded"
