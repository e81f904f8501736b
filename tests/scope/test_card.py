"""The card's parser: what it reads, what it refuses and with which hint."""

from __future__ import annotations

import pytest

from mlnb.scope.card import ScopeCardError, dump_card, parse_card

FULL = """
target: {table: main.ml.flight_labels, column: late, positive: true, event_time: sched_dep, horizon: 2h}
problem: classification
data: {inputs: [main.ml.flight_labels], min_rows: 1000, forbidden: [arr_delay], sufficiency: half a year}
metrics: [{name: roc_auc, primary: true, min: 0.7, by: [carrier], slice_min: 0.6}, {name: log_loss, max: 0.65}]
baseline: {rule: "@champion", require: not_worse}
serving: {mode: realtime, latency_p95_ms: 50, freshness: 1d}
signoff: {roles: [{role: owner, who: [user:ada]}, {role: risk, who: group:risk}], four_eyes: true}
owner: ada
review_by: 2027-01-31
"""


def test_every_field_is_read_and_principals_are_completed() -> None:
    card = parse_card(FULL)
    assert card.primary.name == "roc_auc"
    assert card.metrics[1].max == 0.65
    assert card.owner == "user:ada"
    assert [role.who for role in card.signoff.all_roles] == [["user:ada"], ["group:risk"]]
    assert str(card.review_by) == "2027-01-31"
    assert card.target is not None
    assert card.target.horizon == "2h"


def test_a_printed_card_reads_back_as_the_same_card() -> None:
    card = parse_card(FULL)
    assert parse_card(dump_card(card)) == card


def test_approvers_are_the_short_form_of_one_role() -> None:
    card = parse_card(
        {"problem": "regression", "metrics": [{"name": "rmse", "max": 3}], "signoff": {"approvers": "ada"}}
    )
    assert [(role.role, role.who) for role in card.signoff.all_roles] == [("approver", ["user:ada"])]


METRIC = "metrics: [{name: auc, min: 0.7}]"
REFUSED = [
    (
        "targt: {table: a, column: b}\nproblem: classification\n" + METRIC,
        "targt: unknown key 'targt'",
        "Did you mean target?",
    ),
    (
        f"problem: classification\n{METRIC}\nserving: {{latency_p95: 5}}",
        "serving.latency_p95",
        "Did you mean latency_p95_ms?",
    ),
    ("problem: classification\nmetrics: [{name: auc, mim: 0.7}]", "metrics[0].mim", "Did you mean min"),
    (f"problem: classification\n{METRIC}\nfairness: {{}}", "fairness", None),
    ("problem: classification", "metrics", None),
    ("problem: classification\nmetrics: []", "metrics", None),
    (f"problem: clasification\n{METRIC}", "problem", None),
    ("problem: other\nmetrics: [{name: auc, min: .nan}]", "metrics[0].min", None),
    ("problem: other\nmetrics: [{name: auc, min: 2, max: 1}]", "min 2 is above max 1", None),
    ("problem: other\nmetrics: [{name: auc, slice_min: 2}]", "need by", None),
    ("problem: other\nmetrics: [{name: auc, by: [x]}]", "nothing reads it", None),
    ("problem: other\nmetrics: [{name: auc}, {name: auc}]", "'auc' is given twice", None),
    ("problem: other\nmetrics: [{name: a, primary: true}, {name: b, primary: true}]", "only one metric", None),
    (f"problem: other\n{METRIC}\nreview_by: tomorrow", "review_by", None),
    (f"problem: other\n{METRIC}\nowner: 'two words'", "owner", None),
    (f"problem: other\n{METRIC}\nbaseline: {{rule: champion}}", "baseline.rule", None),
    (f"problem: other\n{METRIC}\ntarget: {{table: a, column: b, horizon: soon}}", "target.horizon", None),
    (f"problem: other\n{METRIC}\nsignoff: {{roles: [{{role: a, who: []}}]}}", "signoff.roles[0].who", None),
    (f"problem: other\nproblem: regression\n{METRIC}", "in line 2", "brackets"),
    ("metrics: [", "is not YAML", "brackets"),
    ("just words", "set of YAML keys", "problem: classification"),
    ("", "set of YAML keys", "problem: classification"),
    ("? [a, b]\n: 1", "not YAML", None),
]


@pytest.mark.parametrize(("text", "message", "hint"), REFUSED, ids=[row[1] for row in REFUSED])
def test_a_wrong_card_is_refused_with_the_field_and_a_hint(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(ScopeCardError) as caught:
        parse_card(text)
    assert caught.value.code == "INVALID_SCOPE_CARD"
    assert message in caught.value.message
    assert caught.value.hint
    if hint:
        assert hint in caught.value.hint
