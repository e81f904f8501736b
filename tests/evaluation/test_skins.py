"""The same evaluation from a cell, the command line and over REST."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from mlnb.cli.main import cli
from mlnb.core.errors import InvalidParameterError
from mlnb.display import html_of
from mlnb.training.scoring.expressions import split_expressions
from tests.shells import the_shell, with_magics

from .conftest import TABLE, Made


@pytest.fixture
def shell(ws: Any) -> Iterator[Any]:
    with with_magics(the_shell()) as made:
        yield made


def test_a_cell_evaluates_a_run_a_variable_and_compares(ws: Any, made: Made, shell: Any) -> None:
    from mlnb.magics import spec
    from mlnb.magics.base import UsageError
    from mlnb.magics.run import run_magic

    def run(line: str) -> Any:
        return run_magic(shell, spec("evaluate"), line, None)

    result = run(f'strong --data {TABLE} --target good --slices "region, age < 30" --threshold auc=0.5 --explain')
    assert result.run_id == made.strong_run
    assert {"region", "age < 30"} <= {row.slice_key for row in result.slices}
    assert (result.passed, result.importances[0].column) == (True, "income")
    assert shell.user_ns["_evaluation"] is result
    page = html_of(result) or ""
    for word in (
        "found: predicted worst where",
        "by region, the worst first",
        "what it rests on",
        "threshold:roc_auc",
        "<svg",
    ):
        assert word in page, word
    found = run(f"strong --data {TABLE} --target good --compare weak")
    assert found.verdict == "BETTER"
    assert "challenger beside champion" in (html_of(found) or "")
    shell.user_ns |= {"fitted": lambda rows: (rows["income"] > 0).astype(int), "rows": made.rows}
    assert run("fitted --data rows --target good --metrics accuracy").metrics["accuracy_score"] > 0.6
    assert "r2_score" in run("fitted --data rows --target good --model-type regressor").metrics
    turned = run("strong --data rows --target good --pos-label 0").metrics
    assert turned["recall_score"] == run("strong --data rows --target good").metrics["true_negatives"] / sum(
        made.rows["good"] == 0
    )
    before = ws.journal.last_id()
    with pytest.raises(UsageError, match="threshold auc"):
        run(f"strong --data {TABLE} --target good --threshold auc")
    with pytest.raises(InvalidParameterError, match="which rows"):
        run("strong")
    with pytest.raises(UsageError, match="--slices has no meaning"):
        run(f"strong --data {TABLE} --target good --compare weak --slices region")
    assert ws.journal.last_id() == before


def test_threshold_card_and_check_show_themselves(ws: Any, made: Made) -> None:
    result = ws.evaluation.evaluate(made.strong, TABLE, targets="good", protected=["sex"], bootstrap=0)
    assert "far they are from everybody else" in (html_of(result) or "")
    threshold = ws.evaluation.choose_threshold(result, cost={"false_positive": 1, "false_negative": 5})
    assert "least cost" in str(threshold)
    assert "<svg" in (html_of(threshold) or "")
    card = ws.evaluation.card("strong", keep=True)
    page = html_of(card) or ""
    assert "Where it is worst" in page
    assert card.sha256 in page
    assert "holds" in (html_of(ws.evaluation.verify_card("strong")) or "")


def test_the_command_leaves_with_an_error_when_a_threshold_is_not_reached(ws: Any, made: Made) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(cli, ["evaluate", "strong", "--data", TABLE, "--target", "good", *arguments])

    fine = run("--threshold", "roc_auc=0.5", "--json")
    assert fine.exit_code == 0, fine.output
    assert json.loads(fine.output)["validation"][0]["status"] == "pass"
    short = run("--threshold", "roc_auc=0.999")
    assert short.exit_code == 1
    assert "✗ threshold:roc_auc" in short.output
    assert "pos_label 'maybe' is no class" in str(run("--pos-label", "maybe").exception)
    assert run("--model-type", "regressor", "--threshold", "r2_score=0.9").exit_code == 1
    assert run("--compare", "weak").exit_code == 0
    assert run("--compare", "strong").exit_code == 1


def test_routes_compare_choose_and_keep_cards(ws: Any, made: Made) -> None:
    from mlnb.server.evaluation import ROUTES
    from mlnb.server.evaluation_judging import ROUTES as JUDGING

    by_path = {(item.verb, item.path.removeprefix("/api/1.0/")): item for item in (*ROUTES, *JUDGING)}

    def ask(verb: str, path: str, **values: Any) -> Any:
        found = by_path[verb, path]  # type: ignore[index]
        answer = found.call(ws, found.request(**values))  # type: ignore[misc]
        return json.loads(answer.model_dump_json(exclude_none=True))

    made_one = ask(
        "POST",
        "evaluations",
        model=made.strong,
        data=TABLE,
        targets="good",
        thresholds={"roc_auc": {"min_absolute_change": 0.01}, "log_loss": 0.9},
        baseline=made.weak,
        protected=["sex"],
        bootstrap=0,
    )
    assert [item["status"] for item in made_one["validation"]] == ["pass", "pass"]
    assert len(ask("GET", "evaluations/{id}", id=made_one["id"])["curves"]) == 3
    assert len(ask("GET", "runs/{id}/evaluations", id="strong")["evaluations"][0]["curves"]) == 3
    found = ask("POST", "evaluations/compare", challenger=made.strong, champion=made.weak, data=TABLE, targets="good")
    assert found["verdict"] == "BETTER"
    assert ask("GET", "comparisons/{id}", id=found["id"]) == found
    assert found["id"] in {item["id"] for item in ask("GET", "runs/{id}/comparisons", id="strong")["comparisons"]}
    at = ask("POST", "evaluations/{id}/threshold", id=made_one["id"], cost={"false_positive": 1, "false_negative": 3})
    assert 0 < at["value"] < 1
    card = ask("GET", "runs/{id}/card", id="strong")
    assert ask("POST", "runs/{id}/card/verify", id="strong", card=card) == {"valid": True, "changed": [], "missing": []}
    assert ask("POST", "runs/{id}/card", id="strong")["sha256"] == card["sha256"]
    assert ask("POST", "runs/{id}/card/verify", id="strong")["valid"]


def test_expressions_are_split_at_commas_outside_brackets_and_quotes() -> None:
    assert split_expressions("a, b IN ('x, y', 'z') , upper(c)") == ["a", "b IN ('x, y', 'z')", "upper(c)"]
    assert split_expressions(" , ") == []
