"""Runs in the background over REST and in the shell: the same facts as in Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from mlnb.cli.runs import runs as command
from mlnb.core.caller import calling
from mlnb.core.errors import InvalidParameterError, InvalidStateError, NotFoundError, PermissionDeniedError
from mlnb.server import runs_background
from mlnb.server.router import Router, load_routes


@pytest.fixture
def ask(ws: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Call a route as the server does and return the JSON it sends."""
    monkeypatch.setattr(ws.supervisor, "ensure", lambda: None)

    def call(verb: str, path: str, **values: Any) -> Any:
        match = Router(load_routes(["training", "runs_background"])).find(verb, f"api/1.0/{path}")
        assert match.route.request is not None
        assert match.route.response is not None
        with calling(source="rest"):
            answer = match.route.call(ws, match.route.request(**values, **match.params))
        assert isinstance(answer, match.route.response)
        return json.loads(answer.model_dump_json(exclude_none=True))

    return call


def test_a_run_is_started_followed_and_stopped_over_rest(ws: Any, ask: Callable[..., Any]) -> None:
    (ws.root / "models").mkdir()
    made = ask("POST", "runs/background", code="print(1)", name="n", notebook="models/a.ipynb", cells_above=["x = 1"])
    run_id = made["run_id"]
    assert (made["state"], made["status"], made["executor"]) == ("QUEUED", "SCHEDULED", "local")
    assert [cell["source"] for cell in made["cells"]] == ["x = 1", "print(1)"]
    assert ws.runs.get(run_id).experiment_name == "models/a.ipynb"
    row = ws.runs._background.store.row(run_id)
    assert row.options["cwd"] == str(ws.root / "models")
    assert row.options["python"] is None  # the server's Python, not whoever asks
    assert row.caller["source"] == "rest"
    assert ask("GET", "runs/background")["runs"][0]["run_id"] == run_id
    assert ask("GET", f"runs/{run_id[:8]}/background")["name"] == "n"
    assert ask("GET", f"runs/{run_id}/log") == {"text": "", "offset": 0, "next_offset": 0, "total": 0, "done": False}
    assert ws.runs.trash(run_id).refused[0].reason.endswith("is running; stop it first")
    assert ask("POST", f"runs/{run_id}/stop")["state"] == "QUEUED"
    assert ws.runs._background.store.row(run_id).desired_state == "KILLED"
    next(item for item in ws.runs.reconcilers() if item.name == "runs-background").tick(0)
    assert ask("POST", f"runs/{run_id}/stop")["status"] == "KILLED"
    assert ask("GET", "runs/background")["runs"] == []
    assert ask("GET", "runs/background", state="ENDED")["runs"][0]["error"]["message"].startswith("It was stopped")


def test_what_cannot_be_is_refused_over_rest(ws: Any, ask: Callable[..., Any]) -> None:
    with pytest.raises(PermissionDeniedError):
        ask("POST", "runs/background", code="1", notebook="../../etc/a.ipynb")
    with pytest.raises(InvalidParameterError, match="no code"):
        ask("POST", "runs/background", code="")
    with pytest.raises(NotFoundError):
        ask("GET", "runs/nowhere/background")
    with ws.runs.start("here", experiment="e") as run:
        with pytest.raises(NotFoundError, match="no run in the background"):
            ask("GET", f"runs/{run.run_id}/background")
        with pytest.raises(InvalidStateError, match="cannot be stopped from here"):
            ask("POST", f"runs/{run.run_id}/stop")
    assert ask("POST", f"runs/{run.run_id}/stop")["state"] == "ENDED"
    with pytest.raises(InvalidParameterError, match="limit"):
        ask("GET", f"runs/{run.run_id}/log", limit=0)


def test_the_log_of_any_run_is_read_in_parts(ws: Any, ask: Callable[..., Any]) -> None:
    with ws.runs.start("here", experiment="e") as run:
        print("first\nsecond")
    part = ask("GET", f"runs/{run.run_id}/log", limit=6)
    assert (part["text"], part["next_offset"], part["done"]) == ("first\n", 6, False)
    part = ask("GET", f"runs/{run.run_id}/log", offset=6)
    assert (part["text"], part["total"], part["done"]) == ("second\n", 13, True)
    assert ask("GET", f"runs/{run.run_id}/log", offset=-7)["text"] == "second\n"
    printed = CliRunner().invoke(command, ["log", "here", "--follow"])
    assert printed.output == "first\nsecond\n"


def test_the_shell_lists_and_stops_runs(ws: Any, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    runner = CliRunner()
    assert "Nothing runs in the background" in runner.invoke(command, ["running"]).output
    made = ask("POST", "runs/background", code="print(1)", name="n", experiment="e")
    (listed,) = json.loads(runner.invoke(command, ["running", "--json"]).output)
    assert listed["run_id"] == made["run_id"]
    assert "0 of 1" in runner.invoke(command, ["running"]).output
    stopped = runner.invoke(command, ["stop", "n", "--no-wait"])
    assert stopped.exit_code == 0
    assert ws.runs._background.store.row(made["run_id"]).desired_state == "KILLED"


def test_every_route_that_starts_or_stops_needs_the_right_to_execute() -> None:
    assert {route.effective_action for route in runs_background.ROUTES if route.verb == "POST"} == {"execute"}
