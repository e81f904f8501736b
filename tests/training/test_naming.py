"""Names of parameters and metrics: what a person wrote down comes first, wherever they are listed."""

from __future__ import annotations

from mlnb.display.training import summary_html
from mlnb.training.comparing.values import metric_diffs, value_diffs
from mlnb.training.naming import written_first
from mlnb.training.records import RunSummary


def test_insides_of_pipelines_autologging_and_the_computer_come_last() -> None:
    names = ["system/cpu", "training_auc", "encoder", "encoder__dtype", "steps", "auc", "depth"]
    assert written_first(names) == ["auc", "depth", "encoder", "encoder__dtype", "steps", "training_auc", "system/cpu"]


def test_a_name_is_inside_nothing_without_a_pipeline() -> None:
    assert written_first(["verbose", "_seed", "__hidden", "depth"]) == ["verbose", "_seed", "__hidden", "depth"]


def test_a_difference_begins_with_the_metrics_of_both_runs() -> None:
    found = metric_diffs({"auc": 0.7, "training_auc": 0.9, "z": 1.0}, {"accuracy": 0.8, "z": 2.0, "auc": 0.6}, {}, {})
    assert [item.key for item in found] == ["auc", "z", "accuracy", "training_auc"]


def test_a_difference_of_parameters_begins_with_those_written_down() -> None:
    found = value_diffs({"encoder__dtype": "int", "encoder": "E()"}, {"trees": "60", "encoder__dtype": "int"})
    assert [item.key for item in found] == ["trees", "encoder", "encoder__dtype"]


def test_the_card_of_a_run_counts_what_a_library_says_and_shows_what_the_code_assigns() -> None:
    run = RunSummary(
        run_id="a" * 32,
        name="forest",
        experiment_id="1",
        experiment_name="delays",
        status="FINISHED",
        duration_ms=1000,
        params={"encoder": "E(1)", "encoder__dtype": "int", "trees": "60", "depth": "10"},
    )
    shown = summary_html(run)
    assert "trees = 60" in shown
    assert "depth = 10" in shown
    assert "encoder" not in shown
    assert "and 2 more" in shown
