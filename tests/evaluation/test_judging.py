"""Thresholds as MLflow means them, decisions by cost and share, and model cards that can be checked."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest

from mlnb.core.errors import InvalidParameterError, InvalidStateError
from mlnb.evaluation.keeping.per_row import RowsNotKeptError
from mlnb.evaluation.measuring.mlflow_eval import ExtraMetricError
from mlnb.evaluation.records_compare import ModelCard, NoCardError
from mlnb.scope.thresholds import MetricLimits, failures, read_limits
from mlnb.training.scoring.decisions import ThresholdError, by_cost, by_precision, by_recall

from .conftest import TABLE, Made


def test_thresholds_agree_with_mlflows_own_validation() -> None:
    from mlflow.models import EvaluationResult, MetricThreshold
    from mlflow.models.evaluation.validation import ModelValidationFailedException, validate_evaluation_results

    tried = 0
    limits = itertools.product((None, 0.5), (None, 0.1), (None, 0.0, 0.2), (True, False))
    values = (
        (None, None),
        (0.5, 0.4),
        (0.4, 0.5),
        (0.6, 0.5),
        (0.5, 0.5),
        (0.0, 0.0),
        (-0.3, -0.5),
        (0.7, None),
        (0.1, 0.0),
    )
    for (threshold, absolute, relative, better), (value, before) in itertools.product(list(limits), values):
        if threshold is absolute is relative is None:
            continue
        given = MetricThreshold(threshold, absolute, relative, better)
        candidate = EvaluationResult({} if value is None else {"m": value}, {})
        baseline = EvaluationResult({"m": before}, {}) if before is not None else None
        try:
            validate_evaluation_results({"m": given}, candidate, baseline)
            theirs = ""
        except ModelValidationFailedException as error:
            theirs = error.message
        except (TypeError, KeyError):  # a relative change of 0.0 without a baseline
            assert relative == 0.0
            assert before is None
            theirs = None  # type: ignore[assignment]
        ours = " ".join(failures("m", read_limits("m", given, greater_is_better=better), value, before))
        if theirs is None:
            assert "missing" in ours
        else:
            assert ours == theirs.replace("\n", " "), (given, value, before)
        tried += 1
    assert tried > 150


def test_what_is_no_number_passes_no_threshold() -> None:
    for limits in ({"threshold": 0.1}, {"min_absolute_change": 0.1}, {"min_relative_change": 0.0}):
        for better in (True, False):
            assert failures("m", MetricLimits(**limits, greater_is_better=better), float("nan"), 0.5)


@pytest.mark.parametrize(
    "wrong",
    [None, True, "high", {}, {"threshold": "x"}, {"min_absolute_change": -1}, {"min_relative_change": 2}, {"min": 1}],
)
def test_a_threshold_that_cannot_be_read_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidParameterError):
        read_limits("roc_auc", wrong, greater_is_better=True)


def test_an_evaluation_says_which_thresholds_it_reaches_beside_a_baseline(ws: Any, made: Made) -> None:
    from mlflow.models import MetricThreshold

    result = ws.evaluation.evaluate(
        made.strong,
        TABLE,
        targets="good",
        baseline=made.weak,
        thresholds={
            "auc": MetricThreshold(threshold=0.99, min_absolute_change=0.01, greater_is_better=True),
            "log_loss": {"min_relative_change": 0.05},
            "accuracy": 0.5,
            "lift": 1,
        },
        bootstrap=0,
    )
    verdicts = {item.gate.removeprefix("threshold:"): item for item in result.validation}
    assert {name: item.status for name, item in verdicts.items()} == {
        "roc_auc": "fail",
        "log_loss": "pass",
        "accuracy_score": "pass",
        "lift": "unknown",
    }
    assert "threshold check failed" in verdicts["roc_auc"].message
    assert all(item.hint for item in verdicts.values() if item.blocks)
    assert not result.passed
    assert result.changes["roc_auc"] > 0
    assert result.baseline_uri == made.weak
    assert ws.evaluation.comparison(result.comparison_id).verdict == "BETTER"
    stored = ws.evaluation.get(result.id)
    assert (stored.validation, stored.baseline_uri) == (result.validation, made.weak)
    import mlflow

    mlflow.validate_evaluation_results(
        {"roc_auc": MetricThreshold(threshold=0.5, greater_is_better=True)}, stored.result
    )


def test_a_threshold_on_a_misspelt_metric_says_what_was_meant(ws: Any, made: Made) -> None:
    limits = {"accurracy_score": 0.5, "r2_score": 0.5}
    result = ws.evaluation.evaluate(made.strong, TABLE, targets="good", thresholds=limits, bootstrap=0)
    first, second = result.validation
    assert (first.status, first.hint) == ("unknown", "Did you mean accuracy_score?")
    assert "does it have probabilities" in second.hint
    assert result.passed is False


def test_metrics_of_the_users_own_are_logged_beside_ours(ws: Any, made: Made) -> None:
    from mlflow.models import make_metric

    def share_said_yes(predictions: Any, targets: Any) -> float:
        return float(predictions.mean())

    own = make_metric(eval_fn=lambda predictions, targets, metrics: 2.0, greater_is_better=True, name="twice")
    result = ws.evaluation.evaluate(
        made.strong, TABLE, targets="good", extra_metrics=[share_said_yes, own], bootstrap=0
    )
    assert result.metrics["twice"] == 2.0
    assert result.metrics["share_said_yes"] == pytest.approx(result.metrics["predicted_positive_rate"])
    assert ws.runs.get("strong").metrics["twice"] == 2.0

    def broken(predictions: Any, targets: Any) -> float:
        raise KeyError("no such thing")

    before = ws.journal.last_id()
    with pytest.raises(ExtraMetricError, match="no such thing"):
        ws.evaluation.evaluate(made.strong, TABLE, targets="good", extra_metrics=[broken])
    assert ws.journal.last_id() == before


def test_a_threshold_costs_least_of_all() -> None:
    rng = np.random.default_rng(0)
    score = rng.random(2000).round(3)
    truth = (rng.random(2000) < score).astype(int)

    def cost(at: float) -> float:
        said = score >= at
        return float((said & (truth == 0)).sum() * 1 + (~said & (truth == 1)).sum() * 4) / 2000

    found = by_cost(truth, score, false_positive=1, false_negative=4)
    assert found.optimised == pytest.approx(min(cost(at) for at in np.unique(score)))
    assert cost(found.value) == pytest.approx(found.optimised)
    assert found.value == pytest.approx(1 / 5, abs=0.08)  # what theory says of calibrated scores
    nobody = by_cost(np.array([0, 1, 1]), np.array([0.9, 0.8, 0.1]), false_positive=10, false_negative=1)
    assert (nobody.recall, nobody.positive_rate, nobody.value > 0.9) == (0.0, 0.0, True)


def test_a_threshold_reaches_what_is_asked_and_no_more() -> None:
    truth, score = np.array([1, 1, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.5])
    by_p, by_r = by_precision(truth, score, 0.75), by_recall(truth, score, 0.6)
    assert (by_p.value, by_p.precision, by_p.recall) == (0.6, 0.75, 1.0)
    assert (by_r.value, by_r.precision, by_r.recall) == (0.8, 1.0, 2 / 3)
    with pytest.raises(ThresholdError, match=r"highest is 0\.5"):
        by_precision(np.array([0, 1]), np.array([0.9, 0.1]), 0.6)
    with pytest.raises(ThresholdError):
        by_cost(np.array([1, 1]), np.array([0.9, 0.1]), false_positive=1, false_negative=1)


def test_a_chosen_threshold_is_kept_with_the_model_and_later_evaluations_decide_there(ws: Any, made: Made) -> None:
    result = ws.evaluation.evaluate(made.strong, TABLE, targets="good", bootstrap=0)
    found = ws.evaluation.choose_threshold(result.id, recall=0.9, store=True)
    assert found.stored
    assert found.recall >= 0.9
    assert found.curve.y_label == "recall"
    model_id = ws.runs.get("strong").models[0].model_id
    assert float(ws.tracking.client().get_logged_model(model_id).tags["mlnb.threshold"]) == found.value
    assert json.loads(ws.runs.read_artifact("strong", "mlnb/threshold.json"))["value"] == found.value
    again = ws.evaluation.evaluate(made.strong, TABLE, targets="good", bootstrap=0)
    assert again.threshold == found.value
    assert again.metrics["recall_score"] == pytest.approx(found.recall)
    assert again.metrics["roc_auc"] == result.metrics["roc_auc"]
    assert any("threshold kept with the model" in note for note in again.notes)
    turned = ws.evaluation.evaluate(made.strong, TABLE, targets="good", pos_label=0, bootstrap=0)
    assert not any("threshold kept" in note for note in turned.notes)
    with pytest.raises(InvalidStateError, match="took 0 as positive, the model 1"):
        ws.evaluation.choose_threshold(turned.id, recall=0.5, store=True)
    assert float(ws.tracking.client().get_logged_model(model_id).tags["mlnb.threshold"]) == found.value


@pytest.mark.parametrize(
    "wrong",
    [{}, {"recall": 0.5, "precision": 0.5}, {"recall": 0}, {"precision": 2}, {"cost": {"false": 1}}, {"cost": (0, 0)}],
)
def test_a_question_without_one_clear_aim_is_refused(ws: Any, made: Made, wrong: dict[str, Any]) -> None:
    result = ws.evaluation.evaluate(
        lambda rows: 1 / (1 + np.exp(-rows["income"])), made.rows, targets="good", bootstrap=0
    )
    with pytest.raises(InvalidParameterError):
        ws.evaluation.choose_threshold(result, **wrong)


def test_thresholds_need_scores_rows_and_no_held_out_ones(ws: Any, made: Made) -> None:
    labels = ws.evaluation.evaluate(
        lambda rows: (rows["income"] > 0).astype(int), made.rows, targets="good", bootstrap=0
    )
    with pytest.raises(InvalidParameterError, match="no probabilities"):
        ws.evaluation.choose_threshold(labels, recall=0.5)
    with pytest.raises(RowsNotKeptError):
        ws.evaluation.choose_threshold(labels.id, recall=0.5)
    ws.catalog.write("main.default.kept", made.rows.assign(customer=range(2000)))
    ws.scopes.holdouts.declare("main.default.kept", key="customer", fraction=0.3)
    final = ws.evaluation.evaluate(made.strong, "main.default.kept", targets="good", holdout=True, bootstrap=0)
    with pytest.raises(InvalidStateError, match="held-out"):
        ws.evaluation.choose_threshold(final, recall=0.5)
    from mlnb.evaluation.keeping.per_row import from_parquet

    assert not from_parquet(ws.runs.read_artifact("strong", final.rows_uri)).has_truth


CARD = """
target: {table: main.default.loans, column: good, positive: 1}
problem: classification
metrics: [{name: roc_auc, primary: true, min: 0.6, min_absolute_change: 0.01}]
baseline: {rule: "@champion", require: better}
fairness: {protected: [sex], max_gap: {equal_opportunity: 0.5}}
owner: user:ada
"""


def test_a_card_says_what_is_on_record_and_a_check_finds_what_changed(ws: Any, made: Made) -> None:
    ws.scopes.put("loans", CARD)
    with pytest.raises(NoCardError):
        ws.evaluation.verify_card("strong")
    ws.evaluation.evaluate(made.strong, scope="loans", baseline=made.weak, bootstrap=50)
    card = ws.evaluation.card("strong", scope="loans", keep=True)
    values = {fact.id: fact.value for fact in card.facts}
    assert values["scope"] == "loans@1"
    assert values["target"] == "good = 1 of main.default.loans"
    assert values["metric:roc_auc"].startswith("0.")
    assert values["verdict"].startswith("BETTER")
    assert values["fairness:equal_opportunity"]
    assert values["gate:metric:roc_auc"] == "unknown"  # the champion has no alias of the registry here
    assert "region = 'west'" in " ".join(fact.label for fact in card.facts if fact.id.startswith("found:"))
    assert "not scored on held-out rows" in values["limits"]
    assert card.markdown.startswith("# Model card: loans")
    assert ws.runs.read_artifact("strong", "mlnb/card.md").decode() == card.markdown
    assert ws.evaluation.verify_card("strong").valid
    ws.evaluation.evaluate(made.strong, scope="loans", bootstrap=0)
    assert ws.evaluation.verify_card("strong").valid  # a later evaluation does not make an earlier one untrue
    client = ws.tracking.client()
    client.set_tag(made.strong_run, "mlnb.reproducible", "edited")
    (path,) = (path for path in ws.path.rglob("model.pkl") if made.strong.rsplit("/", 1)[-1] in str(path))
    path.write_bytes(path.read_bytes() + b" ")
    assert set(ws.evaluation.verify_card("strong").changed) >= {"model.sha256"}


def test_a_card_whose_text_was_changed_is_found_out(ws: Any, made: Made) -> None:
    ws.evaluation.evaluate(made.strong, TABLE, targets="good", bootstrap=0)
    card = ws.evaluation.card("strong", keep=True)
    body = card.to_dict()
    at = next(place for place, fact in enumerate(body["facts"]) if fact["id"] == "metric:roc_auc")
    body["facts"][at]["value"] = "0.99"
    check = ws.evaluation.verify_card("strong", ModelCard.model_validate(body))
    assert not check.valid
    assert "metric:roc_auc" in check.changed
    body["facts"].append({**body["facts"][at], "id": "metric:luck", "source": "nowhere"})
    assert "metric:luck" in ws.evaluation.verify_card("strong", ModelCard.model_validate(body)).missing


def test_a_card_of_a_run_that_nobody_evaluated_says_so(ws: Any, made: Made) -> None:
    card = ws.evaluation.card("weak")
    assert "the model was not evaluated" in {fact.id: fact.value for fact in card.facts}["limits"]
    assert "mlnb/card.json" not in {item.path for item in ws.runs.artifacts("weak")}


def test_the_registry_and_the_run_are_judged_by_the_comparison_with_the_champion(ws: Any, made: Made) -> None:
    ws.scopes.put("loans", CARD)
    name = "main.default.scorer"
    ws.models.register(made.weak, name, alias="champion")
    second = ws.models.register(made.strong, name)
    ws.tracking.client().set_registered_model_tag(name, "mlnb.scope", "loans")

    def gate(report: Any, which: str) -> Any:
        return next(item for item in report.results if item.gate == which)

    ws.evaluation.evaluate(made.strong, scope="loans", bootstrap=0)
    before = ws.evaluation.gates("strong", scope="loans")
    assert gate(before, "beats:@champion").status == "unknown"
    assert gate(before, "metric:roc_auc").status == "unknown"
    found = ws.evaluation.compare(f"models:/{name}/{second.version}", "@champion", scope="loans")
    assert found.champion_uri == f"models:/{name}@champion"
    for report in (ws.evaluation.gates("strong", scope="loans"), ws.models.check(name, second.version)):
        beats = gate(report, "beats:@champion")
        assert (beats.status, beats.observed) == ("pass", "BETTER")
        assert "comparison" in beats.evidence
        assert "better, difference +" in beats.message
        metric = gate(report, "metric:roc_auc")
        assert metric.status == "pass"
        assert "The baseline has" in metric.message
    # Held-out rows count from now on; the comparison was of others, and its own two numbers stand beside each other.
    ws.catalog.write("main.default.kept", made.rows.assign(customer=range(2000)))
    ws.scopes.holdouts.declare("main.default.kept", key="customer", fraction=0.2)
    final = ws.evaluation.evaluate(made.strong, "main.default.kept", targets="good", holdout=True, bootstrap=0)
    ours, theirs = (f"{value:.4g}" for value in (found.metric("roc_auc").challenger, found.metric("roc_auc").champion))
    report = ws.evaluation.gates("strong", scope="loans")
    assert f"roc_auc is {final.metrics['roc_auc']:.4g}" in gate(report, "metric:roc_auc").message
    assert f"The baseline has {theirs} beside {ours}." in gate(report, "metric:roc_auc").message
    assert f"roc_auc is {ours}, @champion has {theirs}" in gate(report, "beats:@champion").message
    card = ws.evaluation.card("strong", scope="loans")
    assert {fact.id: fact.value for fact in card.facts}["gate:beats:@champion"] == "pass"


def test_the_gate_on_replays_reads_the_runs_mark_and_the_newest_replay_on_the_same_data(ws: Any, made: Made) -> None:
    from mlnb.training.records_replay import replays

    ws.scopes.put("loans", CARD)

    def gate() -> Any:
        return next(one for one in ws.evaluation.gates("strong", scope="loans").results if one.gate == "replayable")

    assert gate().status == "waived"
    client = ws.tracking.client()
    client.set_tag(made.strong_run, "mlflow.source.name", "train.ipynb")
    client.set_tag(made.strong_run, "mlflow.source.type", "NOTEBOOK")
    client.set_tag(made.strong_run, "mlnb.reproducible", "edited")
    assert (gate().status, gate().observed) == ("fail", "edited")

    def replayed(number: int, verdict: str, **more: Any) -> None:
        row = {"replay_run_id": f"{number:032x}", "run_id": made.strong_run, "state": "ENDED", "verdict": verdict}
        options = {"run_id": made.strong_run, "token": f"t{number}", **more.pop("options", {})}
        row |= {"options": options, "created_by": "user:ada", "created_at": number, "ended_at": number, **more}
        with ws.metastore.begin() as connection:
            connection.execute(replays.insert().values(row))

    replayed(1, "IDENTICAL")
    assert (gate().status, gate().evidence) == ("pass", "replay 00000000")
    replayed(2, "DIFFERENT", options={"data": "latest"})
    replayed(3, "FAILED", state="STOPPED")
    assert gate().status == "pass"
    causes = [{"kind": "seeds", "message": "No seed was set."}]
    replayed(4, "DIFFERENT", differences={"causes": causes})
    assert gate().status == "fail"
    assert "No seed was set." in gate().message
