"""Gates on data, hold-out, leaks, fairness, explanations and business metrics: each verdict from facts alone."""

from __future__ import annotations

from typing import Any

import pytest

from mlnb.scope.card import ScopeCard, parse_card
from mlnb.scope.gates import Facts, GateResult, GroupFact, LeakFact, LookFact, ReplayFact, SliceFact, TableFact, judge

BASE: dict[str, Any] = {
    "target": {"table": "a.b.t", "column": "y", "positive": True},
    "problem": "classification",
    "metrics": [{"name": "roc_auc", "min": 0.7}],
}


def card(**changes: Any) -> ScopeCard:
    return parse_card({**BASE, **changes})


def verdict(asked: ScopeCard, facts: Facts, gate: str, **options: Any) -> GateResult | None:
    return next((one for one in judge(asked, facts, **options).results if one.gate == gate), None)


def status(asked: ScopeCard, facts: Facts, gate: str, **options: Any) -> str | None:
    found = verdict(asked, facts, gate, **options)
    if found is not None and found.blocks:
        assert found.hint, "what blocks says what to do"
    return found.status if found is not None else None


def table(**facts: Any) -> Facts:
    return Facts(tables=[TableFact(name="a.b.t", version=1, **facts)])


@pytest.mark.parametrize(("positives", "expected"), [(500, "pass"), (499, "fail"), (None, "unknown")])
def test_positive_rows_are_counted(positives: int | None, expected: str) -> None:
    assert status(card(data={"min_positive": 500}), table(positives=positives), "data") == expected


@pytest.mark.parametrize(("age", "expected"), [(7 * 86_400, "pass"), (7 * 86_400 + 1, "fail"), (None, "unknown")])
def test_the_newest_row_is_young_enough(age: float | None, expected: str) -> None:
    assert status(card(data={"max_age": "7d"}), table(age_s=age), "data") == expected


HELD = {"holdout": {"key": "customer", "fraction": 0.2}}


@pytest.mark.parametrize(
    ("what", "look", "expected"),
    [
        ("excluded", LookFact(number=1, allowed=5), "pass"),
        ("excluded", None, "unknown"),
        ("included", LookFact(number=1, allowed=5), "fail"),
        ("mixed", LookFact(number=1, allowed=5), "fail"),
        ("unknown", LookFact(number=1, allowed=5), "unknown"),
        ("none", LookFact(number=5, allowed=5, optimism=0.02), "pass"),
    ],
)
def test_held_out_rows_are_scored_and_never_trained_on(what: str, look: LookFact | None, expected: str) -> None:
    facts = table(holdout=what).model_copy(update={"look": look})
    assert status(card(**HELD), facts, "holdout") == expected


def test_without_a_holdout_in_the_card_only_held_out_rows_in_training_matter() -> None:
    assert status(card(), table(holdout="none"), "holdout") is None
    assert status(card(), table(holdout="excluded"), "holdout") is None
    assert status(card(), table(holdout="included"), "holdout") == "fail"


def test_optimism_is_said() -> None:
    facts = table(holdout="none").model_copy(update={"look": LookFact(number=3, allowed=5, optimism=0.021)})
    found = verdict(card(**HELD), facts, "holdout")
    assert found is not None
    assert "The best of 3 looks is too good by about 0.021." in found.message


LEAK = LeakFact(code="LEAK_COPY", column="copy", message="copy equals y.")


@pytest.mark.parametrize(
    ("leaks", "inputs", "how", "asked", "expected"),
    [
        ([LEAK], ["copy", "x"], "block", None, "fail"),
        ([LEAK], None, "block", None, "fail"),
        ([LEAK], ["x"], "block", None, "pass"),
        ([LEAK], ["copy"], "warn", None, "waived"),
        ([LEAK], ["copy"], "off", None, None),
        ([], ["copy"], "block", None, "pass"),
        (None, ["copy"], "block", None, None),
        (None, ["copy"], "block", "checked", "unknown"),
    ],
)
def test_an_open_leak_among_the_inputs_blocks(
    leaks: list[LeakFact] | None, inputs: list[str] | None, how: str, asked: str | None, expected: str | None
) -> None:
    wanted = card(data={"leakage": asked} if asked else {})
    assert status(wanted, Facts(leaks=leaks, inputs=inputs), "leakage", leakage_gate=how) == expected


def group(difference: float, n: int = 100, **bounds: float) -> GroupFact:
    return GroupFact(
        group_key="sex",
        group_value="f",
        metric="equal_opportunity",
        value=0.5,
        difference=difference,
        n=n,
        rest=100,
        **bounds,
    )


FAIR = {"fairness": {"protected": ["sex"], "max_gap": {"equal_opportunity": 0.1}}}


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([group(0.1)], "pass"),
        ([group(-0.2)], "fail"),
        ([group(0.05), group(-0.2)], "fail"),
        ([group(-0.2, lower=0.05, upper=0.35)], "pass"),
        ([group(-0.2, lower=0.11, upper=0.3)], "fail"),
        ([group(-0.5, n=29)], "unknown"),
        (None, "unknown"),
    ],
)
def test_protected_groups_are_treated_alike(groups: list[GroupFact] | None, expected: str) -> None:
    assert status(card(**FAIR), Facts(fairness=groups), "fairness:equal_opportunity") == expected


@pytest.mark.parametrize(
    ("wanted", "files", "expected"),
    [
        ("global", ["explanations/global/shap.png"], "pass"),
        ("global", ["explanations/per_prediction.parquet"], "pass"),
        ("per_prediction", ["explanations/global/shap.png"], "unknown"),
        ("per_prediction", ["explanations/per_prediction.parquet"], "pass"),
        ("global", [], "unknown"),
        ("none", [], None),
    ],
)
def test_explanations_are_looked_for(wanted: str, files: list[str], expected: str | None) -> None:
    assert status(card(explainability=wanted), Facts(artifacts=files), "explainability") == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(10.0, "pass"), (9.0, "fail"), ("no such table", "unknown"), (None, "unknown")]
)
def test_a_business_metric_is_the_cards_own_number(value: float | str | None, expected: str) -> None:
    wanted = card(metrics=[{"name": "saved", "kind": "business", "sql": "SELECT 1", "min": 10}])
    facts = Facts(business={} if value is None else {"saved": value})
    assert status(wanted, facts, "metric:saved") == expected


def test_a_card_that_asks_for_none_of_it_is_judged_as_before() -> None:
    gates = [one.gate for one in judge(card(), Facts()).results]
    assert gates == ["metric:roc_auc", "lineage", "signature"]


@pytest.mark.parametrize(
    ("known", "expected", "said"),
    [
        (None, None, ""),
        (ReplayFact(mark="clean", environment=True), "pass", "stand in the notebook"),
        (ReplayFact(mark="clean"), "unknown", "packages"),
        (ReplayFact(mark="out_of_order", environment=True), "fail", "out of order"),
        (ReplayFact(mark="edited", environment=True), "fail", "edited"),
        (ReplayFact(mark="unknown", environment=True), "unknown", "not known"),
        (ReplayFact(environment=True), "waived", "not started in the cell"),
        (ReplayFact(mark="edited", verdict="IDENTICAL"), "pass", "the same"),
        (ReplayFact(verdict="WITHIN_TOLERANCE", message="rtol 0.1, atol 0."), "pass", "rtol 0.1"),
        (ReplayFact(mark="clean", environment=True, verdict="DIFFERENT", message="No seed."), "fail", "No seed."),
        (ReplayFact(mark="clean", environment=True, verdict="FAILED"), "unknown", "could not be made again"),
    ],
)
def test_a_replay_settles_whether_a_run_can_be_made_again_else_its_mark_does(
    known: ReplayFact | None, expected: str | None, said: str
) -> None:
    facts = Facts(replay=known)
    assert status(card(), facts, "replayable") == expected
    found = verdict(card(), facts, "replayable")
    assert found is None or said in found.message


def test_a_wide_gap_of_few_rows_does_not_hide_a_narrow_one_that_is_sure() -> None:
    asked = card(fairness={"protected": ["g"], "max_gap": {"equal_opportunity": 0.05}})

    def gap(value: str, difference: float, lower: float, upper: float) -> GroupFact:
        return GroupFact(
            group_key="g",
            group_value=value,
            metric="equal_opportunity",
            value=0.5,
            difference=difference,
            n=100,
            rest=100,
            lower=lower,
            upper=upper,
        )

    open_one, sure = gap("few", 0.2, 0.0, 0.4), gap("many", -0.1, 0.08, 0.12)
    assert status(asked, Facts(fairness=[open_one]), "fairness:equal_opportunity") == "pass"
    found = verdict(asked, Facts(fairness=[open_one, sure]), "fairness:equal_opportunity")
    assert found is not None
    assert (found.status, found.observed) == ("fail", 0.1)
    assert "g many" in found.message


def test_a_slice_whose_interval_crosses_its_limit_passes_and_says_so() -> None:
    asked = card(metrics=[{"name": "roc_auc", "min": 0.7, "by": ["g"], "slice_min": 0.6}])
    worst = SliceFact(slice_key="g", slice_value="a", metric="roc_auc", value=0.62, n=80, lower=0.5, upper=0.7)
    facts = Facts(metrics={"roc_auc": 0.8}, slices=[worst])
    found = verdict(asked, facts, "slices")
    assert found is not None
    assert (found.status, "Its interval 0.5 to 0.7 crosses the limit." in found.message) == ("pass", True)
