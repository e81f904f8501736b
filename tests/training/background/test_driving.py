"""A run in the background is the run a notebook would make, done by a fresh kernel."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from mlnb.core.caller import calling
from mlnb.core.errors import InvalidParameterError, NotFoundError
from mlnb.training.background.executors import ExecutorError
from mlnb.training.background.plan import PlannedCell
from mlnb.training.background.sending import SendError

Driven = Callable[..., Any]
CODE = """depth = 3
print('fitting')
{'auc': base + rows['x'].mean()}"""


def test_it_records_what_a_cell_headed_mlrun_records(ws: Any, driven: Driven) -> None:
    (ws.root / "models").mkdir()
    nbformat.write(
        new_notebook(cells=[new_code_cell(f"%%mlrun\n{CODE}", id="the-cell")]), ws.root / "models/flights.ipynb"
    )
    with calling(notebook="models/flights.ipynb", cell_id="the-cell"):
        run = driven(
            CODE,
            name="first",
            tags={"team": "ops"},
            note="why",
            params="auto",
            seed=7,
            cell_id="the-cell",
            setup=["base = 0.25\nprint('setup')"],
            cells_above=[PlannedCell("import pandas as pd\nrows = pd.DataFrame({'x': [9.0]})", "above")],
            send={"rows": __import__("pandas").DataFrame({"x": [0.5]})},
        )
    record = ws.runs.get(run.run_id)
    assert record.status == "FINISHED"
    assert record.experiment_name == "models/flights.ipynb"
    assert record.metrics["auc"] == 0.75  # what was sent wins over what the cells above made
    assert record.params == {"depth": "3"}
    assert (record.name, record.note, record.tags["team"]) == ("first", "why", "ops")
    assert record.source.notebook == "models/flights.ipynb"
    assert record.source.cell_id == "the-cell"
    assert (record.source.code or "").rstrip() == CODE
    assert record.session is not None
    assert record.session["mode"] == "background"
    source = ws.runs.source(run.run_id)
    assert [text for text in source.reasons if "were sent to it" in text], source.reasons
    info = run.info
    assert (info.state, info.status, info.error) == ("ENDED", "FINISHED", None)
    assert [(cell.state, cell.line) for cell in info.cells] == [("done", "setup"), ("done", ""), ("done", "fitting")]
    assert info.cells[-1].source.startswith("depth = 3")
    assert run.log() == "setup\nfitting\n"
    assert ws.runs.output(run.run_id) == "setup\nfitting\n"
    executed = json.loads(ws.runs.read_artifact(run.run_id, "mlnb/executed.ipynb"))
    assert [cell["source"][0] for cell in executed["cells"]] == ["base = 0.25\n", "import pandas as pd\n", "%%mlrun\n"]
    assert executed["cells"][0]["outputs"][0]["text"] == ["setup\n"]
    events = [event.action for event in ws.journal.tail(20) if event.subject == f"run:{run.run_id}"]
    assert [action for action in events if action != "run.tagged"] == [
        "run.queued", "run.started", "run.ended", "run.released",
    ]  # fmt: skip
    page = ws.runs.search("tags.team = 'ops'")
    assert page.ids == [run.run_id]


def test_a_cell_before_it_that_fails_ends_the_run_as_failed_and_says_which(ws: Any, driven: Driven) -> None:
    run = driven("print('never')", cells_above=["ok = 1", "1 / 0", "print('nor this')"], experiment="e")
    record = ws.runs.get(run.run_id)
    assert record.status == "FAILED"
    assert "division by zero" in (record.error or "")
    assert "ZeroDivisionError" in ws.runs.read_artifact(run.run_id, "mlnb/error.txt").decode()
    assert [cell.state for cell in run.info.cells] == ["done", "failed", "skipped", "skipped"]
    said = "Cell 2 of 4 failed, before the run began (1 / 0): ZeroDivisionError: division by zero"
    assert run.info.error["message"] == said
    assert "ZeroDivisionError" in run.log()
    assert "never" not in run.log()


def test_a_run_whose_code_fails_is_failed_once(ws: Any, driven: Driven) -> None:
    run = driven("print('before')\nraise ValueError('no rows')", experiment="e", params={"depth": 4}, stdout=False)
    record = ws.runs.get(run.run_id)
    assert (record.status, record.error) == ("FAILED", "ValueError: no rows")
    assert record.params == {"depth": "4"}
    ended = [event for event in ws.journal.tail(9, actions=["run.ended"]) if event.subject == f"run:{run.run_id}"]
    assert len(ended) == 1
    assert run.log().startswith("before\n")


def test_whoever_sees_that_a_run_is_over_sees_how_its_cells_ended(
    ws: Any, driven: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlnb.training.background import worker

    usual, seen = worker.end_run, []

    def end_run(*given: Any) -> str:
        seen.extend(cell.state for cell in ws.runs.background_info(given[2]).cells)
        return usual(*given)

    monkeypatch.setattr(worker, "end_run", end_run)
    driven("1 / 0", cells_above=["ok = 1"], experiment="e")
    assert seen == ["done", "failed"]


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"code": "  "}, InvalidParameterError, "no code"),
        ({"code": "a = 1\nb = (a +\n"}, InvalidParameterError, r"error in line 2 .*never closed"),
        ({"code": "!ls\nreturn 3"}, InvalidParameterError, "error in line 2 .*outside function"),
        ({"timeout": 0}, InvalidParameterError, "leaves no time"),
        ({"executor": "cloud"}, ExecutorError, "no executor 'cloud'"),
        ({"executor": "dask"}, ExecutorError, "Dask"),
        ({"nested": True}, InvalidParameterError, "nested has no meaning"),
        ({"scop": "x"}, InvalidParameterError, "There is no option scop"),
        ({"scope": "nowhere"}, NotFoundError, "nowhere"),
        ({"seed": -1}, InvalidParameterError, "negative"),
        ({"send": {"lock": __import__("threading").Lock()}}, SendError, "lock cannot be sent"),
        ({"cwd": "/nowhere/at/all"}, InvalidParameterError, "no folder"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_made(
    ws: Any, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    monkeypatch.setattr(ws.supervisor, "ensure", lambda: pytest.fail("the supervisor was asked"))
    given = {"code": "1", "experiment": "e", **options}
    with pytest.raises(error, match=said):
        ws.runs.background(given.pop("code"), **given)
    assert ws.runs.backgrounds(["QUEUED", "ENDED"]) == []
    assert not (ws.path / "background").exists()
    assert ws.runs.search("").total == 0


@pytest.mark.parametrize("code", ["%time x = 1\n!echo {x}", "%%bash\nfor a in b; do", "  x = await y()", "x?"])
def test_what_only_a_notebook_understands_is_code_too(ws: Any, code: str) -> None:
    ws.runs._background.plan(code, experiment_id="1", name=None, cells_above=(), setup=(), send=None, options={})


def test_variables_that_are_too_large_are_refused_with_the_largest_named(ws: Any) -> None:
    ws.runs._settings.background_send_mb = 0.01
    with pytest.raises(SendError, match="the largest is big"):
        ws.runs.background("1", send={"small": 1, "big": b"x" * 20_000})


def test_nobody_else_on_the_computer_looks_into_what_a_run_was_sent(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ws.supervisor, "ensure", lambda: None)
    run = ws.runs.background("1", experiment="e", send={"key": "hunter2"})
    folder = ws.path / "background" / run.run_id
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "sent.pkl").stat().st_mode & 0o777 == 0o600


def test_functions_and_classes_of_the_notebook_are_sent_with_their_code() -> None:
    import pickle
    import types

    from mlnb.training.background.sending import packed

    module = types.ModuleType("__main__")
    exec("rate = 2\ndef double(x):\n    return rate * x", module.__dict__)
    content = packed({"double": module.__dict__["double"]}, 1)
    assert pickle.loads(content)["double"](21) == 42


def test_a_run_that_has_ended_itself_was_not_ended_by_who_found_its_process_gone(ws: Any, driven: Driven) -> None:
    from mlnb.training.background.ending import Ending, end_run
    from mlnb.training.background.store import BackgroundStore
    from mlnb.training.recording.heartbeat import ENDED_BY_TAG
    from mlnb.training.records_background import background_runs

    run_id = driven("x = 1").run_id
    with ws.metastore.begin() as connection:  # killed right before it wrote this down
        connection.execute(background_runs.update().values(state="RUNNING", ended_at=None))
    late = Ending("KILLED", "process_died", "Its process ended without a word.")
    assert end_run(ws, BackgroundStore(ws), run_id, late) == "FINISHED"
    info = ws.runs.background_info(run_id)
    assert (info.state, info.status, info.error) == ("ENDED", "FINISHED", None)
    assert ENDED_BY_TAG not in ws.runs.get(run_id).tags


def test_a_supervisor_that_does_not_start_is_told_with_what_becomes_of_the_run(
    ws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlnb.core.supervisor import SupervisorError

    def fails() -> None:
        raise SupervisorError("The supervisor did not start within 60 s.", hint="Its log is there.")

    monkeypatch.setattr(ws.supervisor, "ensure", fails)
    with pytest.raises(SupervisorError) as caught:
        ws.runs.background("x = 1", name="waiting")
    (info,) = ws.runs.backgrounds()
    assert (info.name, info.state) == ("waiting", "QUEUED")
    assert f"ws.runs.stop('{info.run_id[:8]}')" in (caught.value.hint or "")
