"""The whole card: every field is read, wrong ones are refused, templates are cards, versions can be compared and retired."""

from __future__ import annotations

from typing import Any, get_args

import pandas as pd
import pytest

from mlnb.core.caller import calling
from mlnb.core.errors import InvalidParameterError, InvalidStateError, MlnbError, PermissionDeniedError
from mlnb.scope.card import Problem, ScopeCardError, dump_card, parse_card
from mlnb.scope.gates import Facts
from mlnb.scope.holdout_records import HoldoutExistsError
from mlnb.scope.service import ScopeChangedError, ScopeNameTakenError

TABLE = "main.default.customers"
CARD = """
target: {table: main.default.customers, column: churned, positive: true, event_time: as_of, horizon: 30d}
problem: classification
data: {inputs: [main.default.usage], min_rows: 5000, min_positive: 500, max_age: 7d, forbidden: [cancel_reason], leakage: checked,
       sufficiency: two full seasons}
metrics: [{name: roc_auc, primary: true, min: 0.80}, {name: precision_at_k, k: 0.1, min: 0.35, by: [region], slice_min: 0.30},
          {name: saved_revenue, kind: business, sql: "select 12000", min: 10000}]
baseline: {rule: "@Champion", require: better}
serving: {mode: realtime, latency_p95_ms: 100, throughput_rps: 50, freshness: 1d}
fairness: {protected: [gender, age < 25], max_gap: {equal_opportunity: 0.05}}
explainability: per_prediction
holdout: {key: [customer_id], fraction: 0.2, looks: 5, may_look: [group:reviewers]}
signoff: {roles: [{role: owner, who: [user:ada]}, {role: risk, who: [group:risk]}], four_eyes: true}
owner: user:ada
review_by: 2027-01-31
"""


@pytest.fixture
def customers(ws: Any) -> str:
    rows = {"customer_id": range(300), "churned": [i % 2 == 0 for i in range(300)], "as_of": pd.Timestamp("2024-01-01")}
    ws.catalog.write(TABLE, pd.DataFrame(rows))
    return TABLE


def test_the_complete_card_prints_and_reads_back_as_itself() -> None:
    card = parse_card(CARD)
    assert parse_card(dump_card(card)) == card
    assert card.holdout is not None
    assert card.holdout.key == ["customer_id"]


PLAIN = "problem: classification\nmetrics: [{name: auc, min: 0.7}]\n"
TARGET = "target: {table: a.b.c, column: y}\n"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (PLAIN + "holdout: {key: [k]}", "holdout needs target"),
        (PLAIN + TARGET + "holdout: {key: [k], time: t, since: 1}", "holdout"),
        (PLAIN + TARGET + "holdout: {time: t}", "holdout"),
        (PLAIN + TARGET + "holdout: {key: [k], fraction: 2}", "holdout.fraction"),
        (PLAIN + TARGET + "holdout: {key: [k], lokks: 2}", "Did you mean looks?"),
        (PLAIN + TARGET + "data: {min_positive: 5}", "target.positive"),
        (PLAIN + "data: {max_age: soon}", "data.max_age"),
        (PLAIN + "data: {max_age: 7d}", "which table"),
        (PLAIN + "fairness: {protected: [sex], max_gap: {equality: 0.1}}", "equal_opportunity"),
        (PLAIN + "fairness: {protected: [], max_gap: {equal_opportunity: 0.1}}", "fairness.protected"),
        (PLAIN + "explainability: sometimes", "explainability"),
        (
            "problem: regression\nmetrics: [{name: rmse}]\nfairness: {protected: [s], max_gap: {equal_opportunity: 0.1}}",
            "two classes",
        ),
        ("problem: ranking\nmetrics: [{name: precision_at_k}]", "k belongs to"),
        ("problem: ranking\nmetrics: [{name: roc_auc, k: 0.1}]", "k belongs to"),
        ("problem: other\nmetrics: [{name: saved, kind: business}]", "go together"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_field(text: str, field: str) -> None:
    with pytest.raises(ScopeCardError) as raised:
        parse_card(text)
    assert field in f"{raised.value.message} {raised.value.hint}"


@pytest.mark.parametrize("query", ["DROP TABLE main.default.t", "SELECT 1; SELECT 2", "SELEC 1"])
def test_a_business_metric_is_one_query(ws: Any, query: str) -> None:
    body = {"problem": "other", "metrics": [{"name": "saved", "kind": "business", "sql": query}]}
    with pytest.raises(ScopeCardError):
        ws.scopes.put("c", body)
    assert list(ws.scopes.list()) == []


@pytest.mark.parametrize("problem", get_args(Problem))
def test_every_template_is_a_card_as_it_stands(ws: Any, problem: str) -> None:
    found = ws.scopes.template(problem)
    assert parse_card(found.yaml).problem == problem
    assert parse_card(found.card) == parse_card(found.yaml)
    assert ws.scopes.put(problem, found.yaml).notes, "its table is still to come"


def test_an_unknown_template_is_told_with_the_known_ones(ws: Any) -> None:
    with pytest.raises(InvalidParameterError) as raised:
        ws.scopes.template("classifcation")
    assert "classification" in (raised.value.hint or "")


# -- the hold-out of a card ----------------------------------------------------------------------------------------------------------------


def test_writing_a_card_declares_its_holdout_once(ws: Any, customers: str) -> None:
    for _ in range(2):
        ws.scopes.put("churn", CARD)
    holdout = ws.scopes.holdouts.get(customers)
    assert (holdout.scope_name, holdout.looks_allowed, holdout.may_look) == ("churn", 5, ["group:reviewers"])
    assert len(ws.catalog.read(customers)) < 300
    assert [event.action for event in ws.journal.tail(100) if event.action == "holdout.declared"] == [
        "holdout.declared"
    ]


def test_a_card_replaces_only_the_version_that_its_writer_has_seen(ws: Any, customers: str) -> None:
    assert ws.scopes.put("churn", CARD, replaces=0).version == 1
    changed = CARD.replace("2027-01-31", "2030-01-31")
    with pytest.raises(ScopeNameTakenError, match="already"):
        ws.scopes.put("churn", changed, replaces=0)
    assert ws.scopes.put("churn", changed, replaces=1).version == 2
    with pytest.raises(ScopeChangedError) as raised:
        ws.scopes.put("churn", CARD, replaces=1)
    assert "version 2" in raised.value.message
    assert ws.scopes.get("churn").version == 2
    ws.scopes.retire("churn")
    assert ws.scopes.put("churn", CARD, replaces=0).version == 3


def test_a_card_whose_holdout_cannot_be_declared_is_not_written(ws: Any, customers: str) -> None:
    ws.scopes.holdouts.declare(customers, key="customer_id", fraction=0.5)
    with pytest.raises(HoldoutExistsError):
        ws.scopes.put("churn", CARD)
    assert list(ws.scopes.list()) == []
    with pytest.raises(MlnbError):
        ws.scopes.put("churn", CARD.replace("[customer_id]", "[custmer_id]"))
    assert list(ws.scopes.list()) == []


def test_a_holdout_begins_when_its_table_is_there(ws: Any) -> None:
    assert "when the table is there" in " ".join(ws.scopes.put("churn", CARD).notes)
    ws.catalog.write(TABLE, pd.DataFrame({"customer_id": [1], "churned": [True], "as_of": pd.Timestamp("2024-01-01")}))
    assert ws.scopes.put("churn", CARD).version == 1
    assert ws.scopes.holdouts.get(TABLE).scope_name == "churn"


def test_only_signers_of_the_card_renew_and_retire_its_holdout(ws: Any, customers: str) -> None:
    ws.scopes.put("churn", CARD)
    for right in ("USE CATALOG ON CATALOG main", "USE SCHEMA ON SCHEMA main.default", f"MANAGE ON TABLE {customers}"):
        ws.sql(f"GRANT {right} TO bob")
    with calling(principal="bob"):
        for forbidden in (
            lambda: ws.scopes.holdouts.renew(customers, 1, "please"),
            lambda: ws.scopes.holdouts.retire(customers),
        ):
            with pytest.raises(PermissionDeniedError) as raised:
                forbidden()
            assert "user:ada" in (raised.value.hint or "")
    assert ws.scopes.holdouts.renew(customers, 1, "a new season").looks_allowed == 6


# -- versions ------------------------------------------------------------------------------------------------------------------------------


def test_versions_are_compared_field_by_field(ws: Any) -> None:
    ws.scopes.put("c", PLAIN)
    ws.scopes.put(
        "c", "problem: classification\nmetrics: [{name: auc, min: 0.8}, {name: f1, min: 0.5}]\nexplainability: global\n"
    )
    diff = ws.scopes.diff("c")
    changes = {item.field: (item.before, item.after) for item in diff.changes}
    assert changes == {
        "metrics[auc].min": (0.7, 0.8),
        "metrics[f1].name": (None, "f1"),
        "metrics[f1].min": (None, 0.5),
        "explainability": (None, "global"),
    }
    assert ws.scopes.diff("c", 2, 2).changes == []


def test_a_retired_card_passes_nothing_and_comes_back_unsigned(ws: Any) -> None:
    ws.scopes.put("c", PLAIN)
    assert ws.scopes.sign("c", "owner").state == "AGREED"
    with calling(principal="bob"), pytest.raises(PermissionDeniedError):
        ws.scopes.retire("c")
    assert ws.scopes.retire("c", "replaced").state == "RETIRED"
    report = ws.scopes.check("c", Facts(metrics={"auc": 0.9}))
    assert report.blocking[0].gate == "scope"
    with pytest.raises(InvalidStateError):
        ws.scopes.sign("c", "owner")
    again = ws.scopes.put("c", PLAIN)
    assert (again.version, again.state, again.signatures) == (2, "DRAFT", [])
    assert "scope.retired" in [event.action for event in ws.journal.tail(20)]


def test_an_assistant_may_not_sign(ws: Any) -> None:
    ws.scopes.put("c", PLAIN)
    with calling(agent="helper"), pytest.raises(PermissionDeniedError):
        ws.scopes.sign("c", "owner")


def test_a_card_past_its_review_says_so(ws: Any) -> None:
    assert ws.scopes.put("c", PLAIN + "review_by: 2020-01-01\n").notes == ["It was to be reviewed by 2020-01-01."]


def test_a_shown_card_says_by_how_much_the_baseline_has_to_be_beaten() -> None:
    from mlnb.display.scope import scope_html
    from mlnb.scope.records import Scope

    goals = [
        {"name": "roc_auc", "min": 0.7, "min_absolute_change": 0.01, "primary": True},
        {"name": "log_loss", "min_relative_change": 0.05},
    ]
    found = parse_card({"problem": "classification", "metrics": goals, "baseline": {"rule": "@champion"}})
    text = scope_html(Scope(name="s", version=1, state="DRAFT", card=found, sha256="", created_by="ada", created_at=0))
    assert "≥ 0.7 and better than @champion by 0.01" in text
    assert "better than @champion by 0.05 of its size" in text
