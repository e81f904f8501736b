"""Routes and commands of runs: the same facts as in Python."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from mlnb.cli.runs import runs as command
from mlnb.server import runs_finding, training
from mlnb.server.route import Route


def route(path: str) -> Route:
    routes = (*training.ROUTES, *runs_finding.ROUTES)
    return next(item for item in routes if item.path == f"/api/1.0/{path}")


def ask(ws: Any, path: str, **values: Any) -> Any:
    """Call a route as the server does and return the JSON it sends."""
    found = route(path)
    assert found.request is not None
    assert found.response is not None
    answer = found.call(ws, found.request(**values))
    assert isinstance(answer, found.response)
    return json.loads(answer.model_dump_json(exclude_none=True))


@pytest.fixture
def run_id(ws: Any) -> str:
    with ws.runs.start("first", experiment="flights", params={"depth": 6}, tags={"team": "ops"}) as run:
        run.log(auc=0.7, bad=float("nan"))
    return str(run.run_id)


def test_experiments_and_columns_are_listed(ws: Any, run_id: str) -> None:
    (experiment,) = ask(ws, "experiments")["experiments"]
    assert experiment["name"] == "flights"
    assert experiment["runs"] == 1
    found = ask(ws, "experiments/{id}/columns", id=experiment["experiment_id"])
    assert found["truncated"] is False
    assert {"key": "metrics.auc", "type": "number", "runs": 1} in found["columns"]
    assert {"key": "tags.team", "type": "string", "runs": 1} in found["columns"]


def test_a_block_of_runs_is_columnar_and_holds_what_json_cannot(ws: Any, run_id: str) -> None:
    page = ask(ws, "runs/query", columns=["attributes.run_name", "metrics.auc", "metrics.bad"], limit=10)
    assert page["ids"] == [run_id]
    assert page["total"] == 1
    assert [column["values"] for column in page["columns"]] == [["first"], [0.7], ["NaN"]]
    assert [column["type"] for column in page["columns"]] == ["string", "number", "number"]
    default = ask(ws, "runs/query")
    assert [column["key"] for column in default["columns"]][:4] == [
        "attributes.run_name",
        "attributes.status",
        "attributes.start_time",
        "attributes.end_time",
    ]


def test_a_run_is_shown_whole(ws: Any, run_id: str) -> None:
    shown = ask(ws, "runs/{id}", id=run_id[:8])
    assert shown["run_id"] == run_id
    assert shown["params"] == {"depth": "6"}
    assert shown["metrics"] == {"auc": 0.7, "bad": "NaN"}
    assert shown["source"]["code"]
    assert shown["evaluations"] == []
    assert shown["figures"] == []
    assert {"path", "size"} == set(shown["artifacts"][0])
    assert ask(ws, "runs/{id}/artifacts", id=run_id)["artifacts"] == shown["artifacts"]


def test_the_commands_list_and_show_runs(ws: Any, run_id: str) -> None:
    runner = CliRunner()
    listed = runner.invoke(command, ["list", "--json", "--sort", "metrics.auc DESC"])
    assert listed.exit_code == 0
    assert json.loads(listed.output)[0]["run_id"] == run_id
    table = runner.invoke(command, ["list", "metrics.auc > 0.5", "--column", "metrics.auc"]).output
    assert run_id[:8] in table
    assert "0.7" in table
    shown = runner.invoke(command, ["show", "first", "--json"])
    assert json.loads(shown.output)["params"] == {"depth": "6"}
    assert "params.depth  6" in " ".join(runner.invoke(command, ["show", "@last"]).output.split("\n")).replace(
        "   ", " "
    )
    assert json.loads(runner.invoke(command, ["experiments", "--json"]).output)[0]["name"] == "flights"


def test_a_wrong_name_leaves_the_command_with_code_one_and_a_hint(ws: Any, run_id: str, capsys: Any) -> None:
    from mlnb.cli.main import main

    with pytest.raises(SystemExit) as caught:
        main(["runs", "show", "frist"])
    assert caught.value.code == 1
    error = capsys.readouterr().err
    assert "RUN_NOT_FOUND" in error
    assert "Did you mean first?" in error
