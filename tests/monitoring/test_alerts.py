"""Alerts and decisions: k of n windows, effect and chance, labels that are still missing, and what is put on record."""

from __future__ import annotations

import pytest
from monitoring_data import make_log

from mlnb.core.errors import AlreadyExistsError, InvalidParameterError, NotFoundError
from mlnb.monitoring.alerts import interval


@pytest.fixture
def drifting(watched, monitors, catalog):
    """Two quiet days, then two shifted ones, with labels for the first three."""
    watched(make_log(2, 300))
    for day in (2, 3):
        late = make_log(1, 300, first_day=day, shift=1.2)
        catalog.append("main.default.log", late.rows)
        if day == 2:
            catalog.append("main.default.truth", late.labels)
    monitors.refresh("log")
    return monitors


def test_an_alert_needs_k_of_the_last_n_windows_and_the_newest(drifting, ws):
    fires = drifting.alert("log", "two of three", metric="js", threshold=0.2)
    assert (fires.state, fires.rule.metric, fires.rule.granularity) == ("UNKNOWN", "js_distance", "1 day")
    drifting.alert("log", "three of three", metric="js", threshold=0.2, k=3, n=3)
    drifting.alert("log", "other column", metric="js", threshold=0.2, columns=["carrier"])
    drifting.alert("log", "too few windows", metric="js", threshold=0.2, k=5, n=9)
    states = {alert.name: alert.state for alert in drifting.evaluate("log")}
    assert states == {
        "two of three": "TRIGGERED",
        "three of three": "OK",
        "other column": "OK",
        "too few windows": "UNKNOWN",
    }
    found = next(alert for alert in drifting.alerts("log") if alert.name == "two of three")
    assert {item.column for item in found.evidence} == {"x", "prediction"}
    assert found.last_value > 0.2
    assert [item.holds for item in found.evidence if item.column == "x"] == [False, True, True]
    event = ws.journal.tail(actions=["alert.triggered"])
    assert [(e.subject, e.payload["columns"]) for e in event] == [
        ("monitor:main.default.log/two of three", ["prediction", "x"])
    ]


def test_a_refresh_evaluates_and_an_alert_that_ends_says_so(watched, monitors, catalog, ws):
    watched(make_log(1, 300))
    catalog.append("main.default.log", make_log(1, 300, first_day=1, shift=1.2).rows)
    monitors.alert("log", "psi", metric="psi", threshold=0.3, k=1, n=1)
    monitors.refresh("log")
    assert monitors.alerts("log")[0].state == "TRIGGERED"
    assert monitors.summaries()[0].state == "alert"
    catalog.append("main.default.log", make_log(1, 300, first_day=2).rows)
    monitors.refresh("log")
    assert monitors.alerts("log")[0].state == "OK"
    assert [e.action for e in ws.journal.tail(actions=["alert.triggered", "alert.ok"])] == [
        "alert.triggered",
        "alert.ok",
    ]
    assert monitors.summaries()[0].state == "ok"


def test_a_disabled_alert_is_silent(drifting):
    made = drifting.alert("log", "js", metric="js", threshold=0.2, k=1, n=1)
    drifting.disable(made.id)
    assert drifting.evaluate("log")[0].state == "UNKNOWN"
    assert drifting.enable(made.id).enabled
    assert drifting.evaluate("log")[0].state == "TRIGGERED"


def test_large_but_within_chance_and_few_rows_do_not_count(watched, monitors):
    watched(make_log(2, 25))
    monitors.refresh("log")
    monitors.alert("log", "few", metric="js", threshold=0.05, k=1, n=1)
    monitors.alert("log", "chance", metric="js", threshold=0.05, k=1, n=1, min_rows=1)
    monitors.alert("log", "plain", metric="js", threshold=0.05, k=1, n=1, min_rows=1, p_adjusted=None)
    found = {alert.name: alert for alert in monitors.evaluate("log")}
    assert {name: alert.state for name, alert in found.items()} == {"few": "OK", "chance": "OK", "plain": "TRIGGERED"}
    assert not any(item.holds for item in found["few"].evidence)
    assert "may be chance" in {item.why for item in found["chance"].evidence}


def test_quality_waits_for_labels_and_uses_the_near_end_of_its_interval(drifting):
    drifting.alert("log", "auc", metric="roc_auc", direction="below", threshold=0.99, k=3, n=3)
    drifting.alert("log", "within its interval", metric="roc_auc", direction="below", threshold=0.73, k=1, n=3)
    found = {alert.name: alert for alert in drifting.evaluate("log")}
    auc = found["auc"]
    assert (auc.state, len(auc.evidence)) == ("TRIGGERED", 3)  # the fourth day has no labels yet
    assert all(item.lower < item.value < item.upper for item in auc.evidence)
    assert found["within its interval"].state == "OK"


def test_intervals_are_those_of_wilson_and_hanley_mcneil():
    low, high = interval("accuracy_score", 0.8, {}, 100)
    assert (low, high) == (pytest.approx(0.7112, abs=1e-3), pytest.approx(0.8666, abs=1e-3))
    matrix = [{"label": "0", "prediction": "0", "count": 100}, {"label": "1", "prediction": "1", "count": 50}]
    low, high = interval("roc_auc_score", 0.75, {"confusion_matrix": matrix}, 150)
    assert high - low == pytest.approx(2 * 1.96 * 0.04468, abs=1e-3)
    assert interval("log_loss", 0.5, {}, 100) is None


def test_is_metric_violated_is_the_plain_comparison_of_the_template(drifting):
    asked = {"num_evaluation_windows": 3, "num_violation_windows": 2, "column": "x"}
    assert drifting.is_metric_violated("log", "js_distance", 0.2, direction="above", **asked)
    assert not drifting.is_metric_violated("log", "js_distance", 0.9, direction="above", **asked)
    assert drifting.is_metric_violated("log", "avg", 0.9, direction="above", **asked)
    assert not drifting.is_metric_violated("log", "avg", 0.9, direction="below", **asked)
    assert drifting.is_metric_violated("log", "roc_auc_score", 0.999, direction="below", num_violation_windows=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "psy", "threshold": 1}, "no metric 'psy'"),
        ({"metric": "psi", "threshold": 1, "k": 4, "n": 3}, "k = 4 of n = 3"),
        ({"metric": "psi", "threshold": 1, "granularity": "1 month"}, "not monitored by 1 month"),
        ({"metric": "psi", "threshold": 1, "k": 0}, "k: "),
        ({"metric": "psi", "threshold": 1, "direction": "sideways"}, "direction: "),
    ],
)
def test_a_rule_that_cannot_be_is_refused(watched, monitors, options, message):
    watched(make_log(1, 20))
    with pytest.raises(InvalidParameterError) as error:
        monitors.alert("log", "bad", **options)
    assert message in error.value.message
    assert monitors.alerts() == []


def test_names_of_alerts_are_unique_and_unknown_ones_get_a_hint(watched, monitors):
    watched(make_log(1, 20))
    monitors.alert("log", "drift", metric="psi", threshold=0.2)
    with pytest.raises(AlreadyExistsError):
        monitors.alert("log", "drift", metric="js", threshold=0.2)
    with pytest.raises(NotFoundError) as error:
        monitors.decide_retraining("log", alerts=["drifts"])
    assert "drift" in error.value.hint


def test_a_decision_is_on_record_with_its_evidence_and_asks_once_per_cooldown(drifting, ws):
    nothing = drifting.decide_retraining("log")
    assert (nothing.decision, "No alert is set" in nothing.reason) == ("KEEP", True)
    drifting.alert("log", "js", metric="js", threshold=0.2)
    first = drifting.decide_retraining("log", job_id=7, parameters={"n": 1})
    again = drifting.decide_retraining("log")
    later = drifting.decide_retraining("log", cooldown_days=0)
    assert [d.decision for d in (first, again, later)] == ["RETRAIN", "WAIT", "RETRAIN"]
    shown = first.evidence["alerts"][0]
    assert (shown["name"], shown["metric"], shown["threshold"]) == ("js", "js_distance", 0.2)
    assert all(window["value"] for window in shown["windows"])
    assert first.evidence["model"] == "main.ml.m/1"
    assert [d.id for d in drifting.decisions("log")] == [later.id, again.id, first.id, nothing.id]
    requested = ws.journal.tail(actions=["monitor.retrain_requested"])
    assert [e.payload["decision_id"] for e in requested] == [first.id, later.id]
    assert requested[0].payload["job_id"] == 7
    assert requested[0].payload["as_of"] == first.evidence["as_of"]
    assert len(ws.journal.tail(actions=["monitor.retrain_declined"])) == 2
    assert ws.journal.verify().ok


def test_keep_when_no_alert_is_triggered(watched, monitors):
    watched(make_log(3, 300))
    monitors.refresh("log")
    monitors.alert("log", "js", metric="js", threshold=0.2)
    decision = monitors.decide_retraining("log")
    assert (decision.decision, decision.reason) == ("KEEP", "None of 1 alerts is triggered.")
    assert decision.evidence["alerts"][0]["state"] == "OK"


def test_without_a_baseline_drift_is_from_the_window_before(watched, monitors):
    watched(make_log(1, 20), baseline_table_name=None)
    assert monitors.alert("log", "a", metric="psi", threshold=0.2).rule.drift_type == "CONSECUTIVE"
    with pytest.raises(InvalidParameterError, match="has no baseline to drift from"):
        monitors.alert("log", "b", metric="psi", threshold=0.2, drift_type="BASELINE")
