"""``%%scope``, ``%scope`` and ``%holdout`` in a shell: what they do, what they show, and nothing of the held-out rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mlnb.display import html_of

TABLE = "main.default.people"
CARD = """
target: {table: main.default.people, column: label, positive: 1}
problem: classification
metrics: [{name: roc_auc, min: 0.7}]
holdout: {key: customer, fraction: 0.25, looks: 2}
"""


@pytest.fixture
def people(ws: Any) -> pd.DataFrame:
    rows = {
        "customer": range(300),
        "label": [i % 2 for i in range(300)],
        "canary": [f"canary-{i:04}" for i in range(300)],
    }
    frame = pd.DataFrame(rows)
    ws.catalog.write(TABLE, frame)
    return frame


def test_a_card_holds_rows_out_and_queries_say_so(shell: Any, people: pd.DataFrame) -> None:
    card = shell.run_cell_magic("scope", "p", CARD)
    assert "25% by customer, 2 looks" in (html_of(card) or "")
    result = shell.run_cell_magic("sql", "", f"SELECT * FROM {TABLE}")
    held = 300 - len(shell.user_ns["_sqldf"])
    assert held > 30
    assert f"{held} of 300 rows held out." in (html_of(result) or "")
    (listed,) = shell.run_line_magic("holdout", "")
    assert (listed.table_name, listed.excluded, listed.scope_name) == (TABLE, held, "p")


def test_a_holdout_is_declared_looked_at_renewed_and_retired(shell: Any, people: pd.DataFrame) -> None:
    made = shell.run_line_magic("holdout", f"declare {TABLE} --key customer --fraction 0.25 --looks 1")
    frame = shell.run_line_magic("holdout", f'open {TABLE} --reason "final check"')
    assert len(frame) == made.excluded
    status = shell.run_line_magic("holdout", f"status {TABLE}")
    assert [look.reason for look in status.looks] == ["final check"]
    assert "final check" in (html_of(status) or "")
    renewed = shell.run_line_magic("holdout", f'renew {TABLE} --looks 2 --reason "a new season"')
    assert (renewed.looks_allowed, renewed.state) == (3, "ACTIVE")
    assert shell.run_line_magic("holdout", f"retire {TABLE}").state == "RETIRED"
    assert len(shell.run_line_magic("holdout", "")) == 0


def test_templates_differences_and_checks(shell: Any, ws: Any, people: pd.DataFrame) -> None:
    template = shell.run_line_magic("scope", "--template regression")
    assert "problem: regression" in repr(template)
    shell.run_cell_magic("scope", "p", CARD)
    shell.run_cell_magic("scope", "p", CARD.replace("0.7", "0.8"))
    diff = shell.run_line_magic("scope", "p --diff")
    assert [(item.field, item.before, item.after) for item in diff.changes] == [("metrics[roc_auc].min", 0.7, 0.8)]
    assert "metrics[roc_auc].min" in (html_of(diff) or "")
    with ws.runs.start("r") as run:
        pass
    report = shell.run_line_magic("scope", f"p --check {run.run_id}")
    statuses = {item.gate: item.status for item in report.results}
    assert (statuses["holdout"], statuses["metric:roc_auc"]) == ("unknown", "unknown")


def test_no_output_of_a_cell_shows_a_held_out_value(shell: Any, ws: Any, people: pd.DataFrame) -> None:
    shell.run_cell_magic("scope", "p", CARD)
    held = ws.catalog.read(TABLE, where=ws.scopes.holdouts.held(TABLE), filtered=False)["canary"]
    shell.run_cell_magic("sql", "", f"CREATE TABLE main.default.copy AS SELECT customer AS c, canary FROM {TABLE}")
    shell.run_cell_magic("sql", "", f"CREATE VIEW main.default.v AS SELECT canary FROM {TABLE}")
    outputs = [
        shell.run_cell_magic("sql", "", f"SELECT * FROM {TABLE}"),
        shell.run_cell_magic("sql", "", "SELECT * FROM main.default.copy"),
        shell.run_cell_magic("sql", "", "SELECT * FROM main.default.v"),
        shell.run_cell_magic("sql", "", f"SELECT max(canary), min(canary), collect_list(canary) AS all FROM {TABLE}"),
        shell.run_cell_magic("sql", "", f"SELECT * FROM {TABLE} VERSION AS OF 0"),
        shell.run_line_magic("table", TABLE),
        shell.run_line_magic("holdout", f"status {TABLE}"),
        ws.catalog.read(TABLE),
        ws.catalog.table(TABLE).to_polars() if _has_polars() else None,
        ws.features.create_training_set(TABLE, label="label").load_df(),
    ]
    texts = [f"{html_of(one) or ''}{_whole(one)}" for one in outputs]
    assert any("canary-" in text for text in texts)
    for canary in held:
        assert not [text for text in texts if canary in text]


def _has_polars() -> bool:
    import importlib.util

    return importlib.util.find_spec("polars") is not None


def _whole(one: Any) -> str:
    if hasattr(one, "to_arrow") and not isinstance(one, pd.DataFrame):
        return str(one.to_arrow().to_pydict())
    return one.to_csv() if isinstance(one, pd.DataFrame) else repr(one)
