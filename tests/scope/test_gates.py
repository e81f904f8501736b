"""Every gate: when it passes, fails or has no evidence, and what it says then."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlnb.scope.card import ScopeCard, parse_card
from mlnb.scope.gates import BaselineFact, Facts, GateResult, SliceFact, TableFact, judge

BASE: dict[str, Any] = {"problem": "classification", "metrics": [{"name": "auc", "primary": True, "min": 0.7}]}
GOOD = Facts(
    metrics={"auc": 0.8},
    tables=[TableFact(name="main.ml.labels", version=3, n_rows=5000)],
    signature=True,
    inputs=["dep_hour", "wind"],
    evidence="evaluation e1 on main.ml.labels@3",
)


def card(**more: Any) -> ScopeCard:
    return parse_card(BASE | more)


def gate(name: str, wanted: ScopeCard | None, facts: Facts) -> GateResult:
    return next(result for result in judge(wanted, facts).results if result.gate == name)


def slices(**values: tuple[float, int]) -> list[SliceFact]:
    return [
        SliceFact(slice_key="carrier", slice_value=key, metric="auc", value=value, n=n)
        for key, (value, n) in values.items()
    ]


def test_a_good_model_passes_every_gate() -> None:
    report = judge(card(), GOOD)
    assert report.passed
    assert [result.gate for result in report.results] == ["metric:auc", "lineage", "signature"]


def test_without_a_card_only_signature_and_artifact_are_judged() -> None:
    report = judge(None, Facts(signature=True, artifact_digest="a" * 64, artifact_found="a" * 64))
    assert report.passed
    assert [result.gate for result in report.results] == ["signature", "artifact"]


def test_a_failing_metric_names_observed_and_required_and_what_to_do() -> None:
    result = gate("metric:auc", card(), GOOD.model_copy(update={"metrics": {"auc": 0.66}}))
    assert (result.status, result.observed, result.required) == ("fail", 0.66, "≥ 0.7")
    assert result.evidence == "evaluation e1 on main.ml.labels@3"
    assert result.hint


METRICS = [
    ({"min": 0.7}, 0.7, "pass"),
    ({"min": 0.7}, 0.69999, "fail"),
    ({"max": 0.3}, 0.3, "pass"),
    ({"max": 0.3}, 0.31, "fail"),
    ({"min": 0.2, "max": 0.3}, 0.25, "pass"),
    ({"min": 0.2, "max": 0.3}, 0.35, "fail"),
    ({"min": 0.7}, None, "unknown"),
    ({"min": 0.7}, math.nan, "fail"),
    ({"min": 0.7}, -math.inf, "fail"),
    ({}, 0.1, "pass"),
    ({}, math.nan, "fail"),
    ({}, None, "unknown"),
]


@pytest.mark.parametrize(("limits", "value", "status"), METRICS, ids=str)
def test_metric_limits(limits: dict[str, float], value: float | None, status: str) -> None:
    wanted = parse_card({"problem": "other", "metrics": [{"name": "m", **limits}]})
    metrics = {} if value is None else {"m": value}
    result = gate("metric:m", wanted, GOOD.model_copy(update={"metrics": metrics}))
    assert result.status == status
    result.model_dump_json()  # infinities and NaN have no place in JSON
    assert (result.hint is None) == (status == "pass")


def test_an_interval_across_the_limit_passes_and_says_so() -> None:
    result = gate(
        "metric:auc", card(), GOOD.model_copy(update={"metrics": {"auc": 0.71}, "intervals": {"auc": (0.68, 0.74)}})
    )
    assert result.status == "pass"
    assert "crosses the limit" in result.message


BY_CARRIER = {"metrics": [{"name": "auc", "min": 0.7, "by": ["carrier"], "slice_min": 0.6}]}
SLICES: list[tuple[list[SliceFact], str, str]] = [
    (slices(AA=(0.8, 100), B6=(0.6, 100)), "pass", "B6"),
    (slices(AA=(0.8, 100), B6=(0.5, 100)), "fail", "B6"),
    (slices(AA=(0.8, 100), B6=(0.5, 29)), "pass", "1 below 30 rows"),
    (slices(AA=(0.8, 29)), "unknown", "below 30 rows"),
    ([], "unknown", "not measured"),
    (slices(AA=(math.nan, 100), B6=(0.9, 100)), "fail", "AA"),
]


@pytest.mark.parametrize(("facts", "status", "message"), SLICES, ids=[row[2] + row[1] for row in SLICES])
def test_the_worst_large_slice_decides(facts: list[SliceFact], status: str, message: str) -> None:
    result = gate("slices", card(**BY_CARRIER), GOOD.model_copy(update={"slices": facts}))
    assert result.status == status
    assert message in result.message


def test_a_failing_slice_metric_is_named_before_one_without_evidence() -> None:
    two = {"metrics": [*BY_CARRIER["metrics"], {"name": "recall", "by": ["origin"], "slice_min": 0.5}]}
    result = gate("slices", card(**two), GOOD.model_copy(update={"slices": slices(AA=(0.1, 100))}))
    assert result.status == "fail"
    assert "AA" in result.message
    assert "origin" in result.message


def test_lineage_needs_tables_at_versions() -> None:
    assert gate("lineage", card(), GOOD).status == "pass"
    assert gate("lineage", card(), GOOD.model_copy(update={"tables": []})).status == "unknown"
    assert gate("lineage", card(), GOOD.model_copy(update={"tables": None})).status == "unknown"
    loose = GOOD.model_copy(update={"tables": [TableFact(name="x")]})
    assert gate("lineage", card(), loose).status == "unknown"


DATA = [
    ({"inputs": ["main.ml.labels"]}, {}, "pass"),
    ({"inputs": ["main.ml.other"]}, {}, "fail"),
    ({"inputs": ["main.ml.other"]}, {"tables": None}, "unknown"),
    ({"min_rows": 5000}, {}, "pass"),
    ({"min_rows": 5001}, {}, "fail"),
    ({"min_rows": 1}, {"tables": [TableFact(name="a", version=1)]}, "unknown"),
    ({"forbidden": ["arr_delay"]}, {}, "pass"),
    ({"forbidden": ["wind"]}, {}, "fail"),
    ({"forbidden": ["wind"]}, {"inputs": None}, "unknown"),
]


@pytest.mark.parametrize(("needs", "change", "status"), DATA, ids=str)
def test_data_needs(needs: dict[str, Any], change: dict[str, Any], status: str) -> None:
    assert gate("data", card(data=needs), GOOD.model_copy(update=change)).status == status


@pytest.mark.parametrize(("signature", "status"), [(True, "pass"), (False, "fail"), (None, "unknown")])
def test_signature(signature: bool | None, status: str) -> None:
    assert gate("signature", None, Facts(signature=signature)).status == status


@pytest.mark.parametrize(("found", "status"), [("a", "pass"), ("b", "fail"), (None, "unknown")])
def test_changed_files_fail_the_artifact_gate(found: str | None, status: str) -> None:
    assert gate("artifact", None, Facts(signature=True, artifact_digest="a", artifact_found=found)).status == status


def test_latency_is_judged_only_with_evidence() -> None:
    wanted = card(serving={"latency_p95_ms": 50})
    assert "latency" not in [result.gate for result in judge(wanted, GOOD).results]
    assert gate("latency", wanted, GOOD.model_copy(update={"latency_p95_ms": 50.0})).status == "pass"
    assert gate("latency", wanted, GOOD.model_copy(update={"latency_p95_ms": 51.0})).status == "fail"


BASELINES = [
    ("better", BaselineFact(exists=False), "pass"),
    ("better", None, "unknown"),
    ("better", BaselineFact(version=1, value=0.7, same_data=False), "unknown"),
    ("better", BaselineFact(version=1, value=0.7, same_data=True), "pass"),
    ("better", BaselineFact(version=1, value=0.8, same_data=True), "fail"),
    ("not_worse", BaselineFact(version=1, value=0.8, same_data=True), "pass"),
    ("not_worse", BaselineFact(version=1, value=0.9, same_data=True), "fail"),
]


@pytest.mark.parametrize(("require", "known", "status"), BASELINES, ids=str)
def test_the_baseline_is_beaten_on_the_same_data(require: str, known: BaselineFact | None, status: str) -> None:
    wanted = card(baseline={"rule": "@champion", "require": require})
    assert gate("beats:@champion", wanted, GOOD.model_copy(update={"baseline": known})).status == status


def test_each_role_needs_an_approval_when_approvals_are_asked_for() -> None:
    wanted = card(signoff={"roles": [{"role": "owner", "who": ["ada"]}, {"role": "risk", "who": ["bob"]}]})
    assert judge(wanted, GOOD).passed
    report = judge(wanted, GOOD.model_copy(update={"approvals": {"owner": "ada"}}))
    assert [result.gate for result in report.blocking] == ["approval:risk"]
    assert "user:bob" in str(report.blocking[0].hint)
    assert report.without("approval:").passed


@given(low=st.floats(-1, 1), value=st.floats(allow_nan=True, allow_infinity=True))
def test_a_report_passes_exactly_when_nothing_blocks(low: float, value: float) -> None:
    wanted = parse_card({"problem": "other", "metrics": [{"name": "m", "min": low}]})
    report = judge(wanted, GOOD.model_copy(update={"metrics": {"m": value}}))
    assert report.passed == (value >= low)
    assert report.passed == (not report.blocking)
