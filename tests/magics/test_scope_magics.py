"""``%%scope``, ``%scope`` and ``%holdout`` in a shell: what they do, what they show, and nothing of the held-out rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mlnb.core.errors import InvalidParameterError, InvalidStateError
from mlnb.display import html_of
from mlnb.magics.base import UsageError

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


@pytest.mark.parametrize(
    "line",
    ["--check @last", "--retire", "--sign owner", "--history", "p --reject", "p --comment why", "p --history --diff"],
)
def test_an_option_of_scope_that_would_do_nothing_is_refused(shell: Any, ws: Any, line: str) -> None:
    ws.scopes.put("p", "problem: other\nmetrics: [{name: m}]")
    with pytest.raises(UsageError) as caught:
        shell.run_line_magic("scope", line)
    assert caught.value.hint
    assert ws.scopes.get("p").state == "DRAFT"


def test_a_cell_with_a_card_takes_no_options_and_a_rejection_is_told(shell: Any, ws: Any) -> None:
    with pytest.raises(UsageError, match="takes no --sign"):
        shell.run_cell_magic("scope", "p --sign owner", "problem: other\nmetrics: [{name: m}]")
    assert len(ws.scopes.list()) == 0
    card = shell.run_cell_magic(
        "scope", "p", "problem: other\nmetrics: [{name: m}]\ntarget: {table: main.default.gone, column: y}"
    )
    assert "main.default.gone" in str(card).split("target:")[0]
    rejected = shell.run_line_magic("scope", 'p --sign owner --reject --comment "too weak"')
    head = str(rejected).split("target:")[0]
    assert "rejected as owner by" in head
    assert "too weak" in head
    assert "not signed" not in head
    assert "nothing to compare" in str(shell.run_line_magic("scope", "p --diff"))


def test_a_rule_that_holds_no_row_out_says_so_and_costs_no_look(shell: Any, people: pd.DataFrame) -> None:
    made = shell.run_line_magic("holdout", f"declare {TABLE} --column label --value 7")
    assert "none follows the rule yet" in str(made)
    with pytest.raises(InvalidStateError) as caught:
        shell.run_line_magic("holdout", f"open {TABLE} --reason check")
    assert caught.value.hint
    status = shell.run_line_magic("holdout", TABLE)  # a table alone asks for its status
    assert (status.holdout.looks_used, status.looks) == (0, [])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("delcare main.default.people --key customer", "declare"),
        (f"status {TABLE} --looks 3", "--looks goes with declare and renew"),
        (f"open {TABLE} --key customer", "--key goes with declare"),
        (f"declare {TABLE} --since 2024-01-01", "time="),
        (f"declare {TABLE} --key customer --reason x", "--reason goes with"),
    ],
)
def test_a_line_of_holdout_that_cannot_be_meant_is_refused(
    shell: Any, ws: Any, people: pd.DataFrame, line: str, words: str
) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        shell.run_line_magic("holdout", line)
    assert words in (caught.value.hint or "")
    assert len(ws.scopes.holdouts.list()) == 0


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
