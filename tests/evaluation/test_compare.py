"""Challenger beside champion: same rows, paired intervals, a verdict, one look, the champion asked once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mlnb.core.errors import InvalidParameterError
from mlnb.evaluation.asking import predict
from mlnb.evaluation.judging.gating import Gating
from mlnb.evaluation.keeping.per_row import from_parquet
from mlnb.evaluation.records_compare import ComparisonNotFoundError, RowsMismatchError
from mlnb.training.scoring.metrics import Predictions, compute_metrics
from mlnb.training.scoring.paired import compare_predictions, judge, rows_needed

from .conftest import TABLE, Made, make_loans


def two_models(rows: int, seed: int, *, gain: float = 0.0) -> tuple[Predictions, Predictions]:
    """Two noisy scores of the same truth, equally good unless the first has ``gain``."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=rows)
    truth = (rng.random(rows) < 1 / (1 + np.exp(-2 * signal))).astype(np.int64)
    pair = []
    for noise in (1.0 - gain, 1.0):
        score = 1 / (1 + np.exp(-(2 * signal + noise * rng.normal(size=rows))))
        pair.append(Predictions("classifier", truth, (score >= 0.5).astype(np.int64), score, (0, 1)))
    return pair[0], pair[1]


@pytest.mark.parametrize("rows", [900, 8000])
def test_paired_intervals_agree_with_resampling_row_by_row(rows: int) -> None:
    ours, theirs = two_models(rows, 3)
    rng, drawn = np.random.default_rng(4), []
    for _ in range(150):
        taken = rng.integers(0, rows, rows)
        one, other = compute_metrics(ours.take(taken)), compute_metrics(theirs.take(taken))
        drawn.append({name: one[name] - other[name] for name in one})
    for item in compare_predictions(ours, theirs, draws=1500):
        values = np.array([row[item.metric] for row in drawn]) * (1 if item.greater_is_better else -1)
        spread = values.std()
        assert item.lower == pytest.approx(np.quantile(values, 0.025), abs=0.5 * spread), item.metric
        assert item.upper == pytest.approx(np.quantile(values, 0.975), abs=0.5 * spread), item.metric


def test_pairing_decides_where_two_single_intervals_overlap() -> None:
    from mlnb.training.scoring.intervals import bootstrap_intervals

    ours, theirs = two_models(1500, 5, gain=0.6)
    verdicts = {item.metric: item.verdict for item in compare_predictions(ours, theirs)}
    one, other = (bootstrap_intervals(p)["roc_auc"] for p in (ours, theirs))
    assert one[0] < other[1]
    assert verdicts["roc_auc"] == "BETTER"


@pytest.mark.parametrize(
    ("lower", "upper", "margin", "verdict"),
    [
        (0.01, 0.03, 0.0, "BETTER"),
        (0.01, 0.03, 0.02, "NOT_WORSE"),
        (-0.01, 0.03, 0.02, "NOT_WORSE"),
        (-0.03, 0.03, 0.02, "INCONCLUSIVE"),
        (-0.03, -0.01, 0.0, "WORSE"),
        (-0.03, -0.01, 0.02, "INCONCLUSIVE"),
        (0.0, 0.1, 0.0, "INCONCLUSIVE"),
    ],
)
def test_the_verdict_follows_the_interval_and_the_margin(
    lower: float, upper: float, margin: float, verdict: str
) -> None:
    assert judge(lower, upper, margin) == verdict


def test_the_rows_that_would_decide_do_decide() -> None:
    needed = rows_needed(0.01, -0.01, 0.03, 0.0, 1000)
    assert needed is not None
    half = 0.02 * np.sqrt(1000 / needed)
    assert judge(0.01 - half, 0.01 + half, 0.0) == "BETTER"
    assert 4000 <= needed <= 4010
    assert rows_needed(0.0, -0.02, 0.02, 0.0, 1000) is None
    first = rows_needed(0.03, -0.03, 0.09, 0.02, 1000)  # 0.06 on each side: not worse is decided long before better
    assert first is not None
    assert 1440 <= first <= 1443


def test_metrics_of_regressors_and_many_classes_are_compared_too() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=3000)
    good, bad = (Predictions("regressor", truth, truth + s * rng.normal(size=3000)) for s in (0.5, 0.6))
    found = {item.metric: item for item in compare_predictions(good, bad)}
    assert found["root_mean_squared_error"].verdict == "BETTER"
    assert found["root_mean_squared_error"].difference > 0  # turned: less error is better
    assert found["r2_score"].verdict == "BETTER"
    names = rng.integers(0, 3, size=3000)
    right, wrong = (np.where(rng.random(3000) < share, names, rng.integers(0, 3, size=3000)) for share in (0.9, 0.5))
    many = [Predictions("classifier", names, label, None, ("a", "b", "c")) for label in (right, wrong)]
    assert {item.verdict for item in compare_predictions(*many)} == {"BETTER"}


def test_a_better_model_is_called_better_and_the_comparison_is_kept(ws: Any, made: Made) -> None:
    found = ws.evaluation.compare(made.strong, made.weak, TABLE, targets="good")
    assert (found.primary, found.verdict, found.n_rows, found.data_version) == ("roc_auc", "BETTER", 2000, 0)
    item = found.metric("roc_auc")
    assert item.lower < item.difference < item.upper
    assert item.difference == pytest.approx(item.challenger - item.champion)
    assert found.run_id == made.strong_run
    assert ws.evaluation.comparison(found.id) == found
    assert ws.evaluation.comparisons("strong") == [found]
    assert ws.evaluation.comparisons("weak") == []
    event = ws.journal.tail(1)[0]
    assert (event.action, event.subject) == ("evaluation.compared", f"run:{made.strong_run}")
    back = ws.evaluation.compare(made.weak, made.strong, TABLE, targets="good", metrics=["log_loss"])
    assert (back.primary, back.verdict, [row.metric for row in back.metrics]) == ("log_loss", "WORSE", ["log_loss"])


def test_the_champion_is_asked_once_for_many_challengers(ws: Any, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ws.evaluation.compare(made.strong, made.weak, TABLE, targets="good")
    asked: list[str | None] = []
    make = predict.make_predictions
    monkeypatch.setattr(
        "mlnb.evaluation.asking.question.make_predictions",
        lambda scorer, *rest, **options: asked.append(scorer.uri) or make(scorer, *rest, **options),
    )
    again = ws.evaluation.compare(made.strong, made.weak, TABLE, targets="good")
    assert asked == [made.strong]
    assert again.metrics == first.metrics
    assert any("on record" in note for note in again.notes)
    ws.catalog.append(TABLE, make_loans(50, 7))
    ws.evaluation.compare(made.strong, made.weak, TABLE, targets="good")
    assert asked == [made.strong, made.strong, made.weak]


def test_held_out_rows_cost_the_challenger_one_look_and_repeating_costs_none(ws: Any, made: Made) -> None:
    table = "main.default.guarded"
    ws.catalog.write(table, made.rows.assign(customer=range(2000)))
    ws.scopes.holdouts.declare(table, key="customer", fraction=0.5, looks=2)
    ws.evaluation.evaluate(made.weak, table, targets="good", holdout=True, bootstrap=0)
    for wrong in ({"margin": -1}, {"metrics": ["rmse"]}, {"bootstrap": -1}):
        with pytest.raises(InvalidParameterError):
            ws.evaluation.compare(made.strong, made.weak, table, targets="good", holdout=True, **wrong)
    looks = [ws.evaluation.compare(made.strong, made.weak, table, targets="good", holdout=True).look for _ in range(2)]
    assert looks == [2, 2]
    assert ws.scopes.holdouts.get(table).looks_used == 2
    final = ws.evaluation.evaluate(made.strong, table, targets="good", holdout=True, bootstrap=0)
    assert final.look == 2


def test_the_cache_holds_no_truth_of_any_row(ws: Any, made: Made) -> None:
    ws.evaluation.compare(made.strong, made.weak, TABLE, targets="good")
    (file,) = (ws.path / "cache" / "predictions").iterdir()
    assert not from_parquet(file.read_bytes()).has_truth
    file.write_bytes(b"not parquet")
    assert ws.evaluation.compare(made.strong, made.weak, TABLE, targets="good").verdict == "BETTER"


def test_two_evaluations_are_compared_by_the_predictions_on_record(ws: Any, made: Made) -> None:
    one, other = (ws.evaluation.evaluate(uri, TABLE, targets="good", bootstrap=0) for uri in (made.strong, made.weak))
    direct = ws.evaluation.compare(made.strong, made.weak, TABLE, targets="good")
    kept = ws.evaluation.compare(one.id, other)
    assert [row.metric for row in kept.metrics] == [row.metric for row in direct.metrics]
    assert [row.champion for row in kept.metrics] == pytest.approx([row.champion for row in direct.metrics])
    assert kept.verdict == "BETTER"


def test_evaluations_of_different_rows_are_refused(ws: Any, made: Made) -> None:
    one = ws.evaluation.evaluate(made.strong, TABLE, targets="good", bootstrap=0)
    ws.catalog.write(TABLE, make_loans(2000, 9), mode="overwrite")
    other = ws.evaluation.evaluate(made.weak, TABLE, targets="good", bootstrap=0)
    before = ws.journal.last_id()
    with pytest.raises(RowsMismatchError) as caught:
        ws.evaluation.compare(one, other)
    assert caught.value.code == "EVALUATION_ROWS_MISMATCH"
    assert "0 are the same" in caught.value.message
    assert ws.journal.last_id() == before


def test_a_champion_whose_threshold_was_chosen_meanwhile_is_asked_again(ws: Any, made: Made) -> None:
    before = ws.evaluation.compare(made.strong, made.weak, TABLE, targets="good", bootstrap=100)
    assert "on record" in " ".join(
        ws.evaluation.compare(made.strong, made.weak, TABLE, targets="good", bootstrap=100).notes
    )
    own = ws.evaluation.evaluate(made.weak, TABLE, targets="good", bootstrap=0)
    chosen = ws.evaluation.choose_threshold(own.id, recall=0.95, store=True)
    after = ws.evaluation.compare(made.strong, made.weak, TABLE, targets="good", bootstrap=100)
    assert after.metric("recall_score").champion == pytest.approx(chosen.recall)
    assert after.metric("recall_score").champion > before.metric("recall_score").champion
    assert after.metric("roc_auc").champion == before.metric("roc_auc").champion


def test_of_comparisons_with_the_champion_one_on_held_out_rows_counts_first(ws: Any, made: Made) -> None:
    from mlnb.scope.card import parse_card

    card = parse_card(
        "problem: classification\nmetrics: [{name: roc_auc, primary: true, min: 0.5}]\nbaseline: {rule: '@champion'}\n"
    )
    newest = ws.evaluation.compare(made.strong, made.weak, TABLE, targets="good", bootstrap=100)
    newest = newest.model_copy(update={"champion_uri": "models:/credit@champion"})
    other = newest.model_copy(update={"champion_uri": "models:/credit/1", "look": 2})
    looked = newest.model_copy(update={"look": 1, "id": "looked-at"})
    known = [newest, other, looked]
    gating = Gating(ws.evaluation._stage, SimpleNamespace(of=lambda run_id, limit: known))
    assert "held-out rows" in gating.facts(made.strong_run, None, card).baseline.evidence
    known.remove(looked)
    assert "held-out rows" not in gating.facts(made.strong_run, None, card).baseline.evidence
    known.remove(newest)
    assert gating.facts(made.strong_run, None, card).baseline is None


def test_an_alias_needs_a_registered_challenger(ws: Any, made: Made) -> None:
    with pytest.raises(InvalidParameterError) as caught:
        ws.evaluation.compare(made.strong, "@champion", TABLE, targets="good")
    assert "models:/NAME@champion" in (caught.value.hint or "")
    with pytest.raises(ComparisonNotFoundError):
        ws.evaluation.comparison("nothing")
    assert ws.evaluation.comparisons() == []


def test_the_gate_reads_the_verdict_and_says_how_many_rows_would_decide(ws: Any, made: Made) -> None:
    from mlnb.scope.card import parse_card
    from mlnb.scope.gates import BaselineFact, Facts, judge

    card = parse_card(
        "problem: classification\nmetrics: [{name: roc_auc, primary: true, min: 0.5}]\nbaseline: {rule: '@champion'}\n"
    )

    def gate(verdict: str) -> Any:
        known = BaselineFact(
            value=0.7, same_data=True, verdict=verdict, difference=0.01, lower=-0.01, upper=0.03, rows_needed=4001
        )
        report = judge(card, Facts(metrics={"roc_auc": 0.71}, baseline=known))
        return next(item for item in report.results if item.gate == "beats:@champion")

    assert gate("BETTER").status == "pass"
    assert gate("NOT_WORSE").status == "fail"
    assert gate("WORSE").status == "fail"
    unsure = gate("INCONCLUSIVE")
    assert unsure.status == "unknown"
    assert "4,001 rows" in unsure.hint
