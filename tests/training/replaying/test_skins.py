"""Replays and executed cells in a notebook, over REST and in the shell: the same facts as in Python."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlnb.catalog.isolation import isolate, join
from mlnb.cli.runs import runs as command
from mlnb.core.errors import InvalidStateError, NotFoundError
from mlnb.display.replay import report_html, source_html
from mlnb.server.router import Router, load_routes
from tests.shells import with_magics

CELLS = {
    "load": "import mlnb\nws = mlnb.workspace()\nrows = ws.catalog.read('main.default.rows')",
    "run": "%%mlrun --name first --no-autolog\n{'n': float(len(ws.catalog.read('main.default.rows')))}",
}


@pytest.fixture
def lost(ws: Any, session_shell: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The shell in which a run was made whose table is gone: replays of it fail without a kernel."""
    monkeypatch.setenv("MLNB_NOTEBOOK", "work.ipynb")
    nodes = [
        {"cell_type": "code", "id": name, "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for name, source in CELLS.items()
    ]
    text = json.dumps({"cells": nodes, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    (Path(ws.root) / "work.ipynb").write_text(text)
    ws.catalog.create_table("main.default.rows", [{"v": 1}])
    with with_magics(session_shell):
        for name, source in CELLS.items():
            assert session_shell.run_cell(source, store_history=True, cell_id=name).success
        ws.catalog.drop("main.default.rows", force=True)
        yield session_shell


@pytest.fixture
def ask(ws: Any) -> Callable[..., Any]:
    """Call a route as the server does and return the JSON it sends."""

    def call(verb: str, path: str, **values: Any) -> Any:
        match = Router(load_routes(["training", "runs_finding", "runs_replay"])).find(verb, f"api/1.0/{path}")
        assert match.route.request is not None
        assert match.route.response is not None
        answer = match.route.call(ws, match.route.request(**values, **match.params))
        assert isinstance(answer, match.route.response)
        return json.loads(answer.model_dump_json(exclude_none=True))

    return call


def test_code_and_replays_over_rest(lost: Any, ws: Any, ask: Callable[..., Any]) -> None:
    source = ask("GET", "runs/first/source")
    assert source["reproducible"] == "clean"
    assert [cell["source"] for cell in source["cells"] if cell["in_closure"]] == list(CELLS.values())
    assert [cell["id"] for cell in ask("GET", "runs/first/notebook")["cells"]] == list(CELLS)
    made = ask("POST", "runs/first/replay", data="pinned", timeout=60)
    assert (made["verdict"], made["state"], made["causes"][0]["kind"]) == ("FAILED", "ENDED", "data")
    assert ask("GET", f"replays/{made['replay_run_id']}") == made
    assert ask("GET", "runs/first/replays")["replays"] == [made]
    with pytest.raises(NotFoundError):
        ask("GET", f"replays/{ws.runs.resolve('first')}")


def test_code_and_replays_in_the_shell(lost: Any, ws: Any) -> None:
    runner = CliRunner()
    printed = runner.invoke(command, ["source", "first"])
    assert printed.output.startswith("# clean\n")
    assert CELLS["load"] in printed.output
    failed = runner.invoke(command, ["replay", "first"])
    assert failed.exit_code == 1
    assert "FAILED" in failed.output
    assert "data: Data of then is not there any more." in failed.output
    told = runner.invoke(command, ["replay", "first", "--json", "--no-wait"])
    assert json.loads(told.output)["verdict"] == "FAILED"


def test_replay_in_a_cell(lost: Any, ws: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert lost.run_cell("report = %replay first --rtol 1e-6").success
    report = lost.user_ns["report"]
    assert (report.verdict, report.rtol) == ("FAILED", 1e-6)
    wrong = lost.run_cell("%replay first --cells --notebook")
    assert "not allowed with" in str(wrong.error_in_exec)
    assert not lost.run_cell("%replay nobody").success
    assert "0 is no time" in str(lost.run_cell("%replay first --timeout 0").error_in_exec)
    assert ws.runs.wait_for_replay(report.replay_run_id) == ws.runs.replay_report(report.replay_run_id)
    shown = report_html(report)
    assert "It could not be made again." in shown
    assert "main.default.rows version 0" in shown
    assert repr(report).splitlines()[0].endswith(f"of run {report.run_id[:8]}: FAILED")
    assert "  data: Data of then is not there any more." in str(report)
    assert "What run" in source_html(ws.runs.source("first"))


def test_looks_at_held_out_rows_are_answered_with_what_was_seen(ws: Any) -> None:
    ws.catalog.create_table("main.default.held", [{"k": k, "v": k} for k in range(50)], primary_key="k")
    ws.catalog.create_schema("main.replay_x")
    holdouts = ws.scopes.holdouts
    holdouts.declare("main.default.held", key=["k"], fraction=0.5, looks=1)
    look = holdouts.look("main.default.held", purpose="evaluate", model_digest="one", metric_set="auc", run_id="r")
    holdouts.seen(look, {"auc": 0.7})
    isolate(ws.catalog, "main.replay_x", {}).repeats = "r"
    try:
        again = holdouts.look("main.default.held", purpose="evaluate", model_digest="other", metric_set="auc")
        assert (again.id, again.repeated, again.metrics) == (look.id, True, {"auc": 0.7})
        with pytest.raises(InvalidStateError, match="takes no looks"):
            holdouts.look("main.default.held", purpose="open", model_digest="other")
    finally:
        join(ws.catalog)
    assert holdouts.get("main.default.held").looks_used == 1


def test_an_environment_that_cannot_be_made_fails_with_the_packages_that_differ(
    lost: Any, ws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlnb.training.background.worker import work

    monkeypatch.setattr(ws.supervisor, "ensure", lambda: None)
    ws.catalog.undrop("main.default.rows")
    lock = "# python {}\nmlnb-has-no-such-part==0.0.1\n".format(".".join(map(str, sys.version_info[:3])))
    ws.runs.write_artifacts("first", {"mlnb/environment.lock": lock})
    begun = ws.runs.replay("first", env="locked")
    assert (begun.state, begun.verdict) == ("QUEUED", None)  # it takes minutes: nobody waits for it here
    assert work(ws, begun.replay_run_id) == 0
    report = ws.runs.replay_report(begun.replay_run_id)
    assert (report.verdict, [cause.kind for cause in report.causes]) == ("FAILED", ["environment"])
    assert report.causes[0].message.startswith("The environment of then cannot be made here: ")
    assert "mlnb-has-no-such-part: 0.0.1 then, not there now" in report.causes[0].details
    assert not [path for path in (ws.path / "environments" / "runs").glob("*") if path.is_dir()]
    ws.runs.write_artifacts("first", {"mlnb/environment.lock": ""})
    report = ws.runs.replay("first", env="locked")
    assert (report.verdict, report.causes[0].message) == ("FAILED", "The run keeps no lock of its environment.")
