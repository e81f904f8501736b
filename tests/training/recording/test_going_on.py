"""Runs that go on, values that wait for a store that does not answer, and MLflow's limits."""

from __future__ import annotations

import fcntl
import json
import math
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from mlnb.core.caller import calling
from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError
from mlnb.training.recording.source import Cell
from mlnb.training.recording.store import RunStore, send_file
from mlnb.training.records import RunAliveError, RunNotFoundError, run_sessions


def start(ws: Any, name: str | None = None, **options: Any) -> Any:
    with calling(notebook="a.ipynb"):
        return ws.runs.start(name, **options)


# -- going on ------------------------------------------------------------------------------------------------------------------------


def test_a_run_goes_on_where_it_ended(ws: Any) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        start(ws, "long", params={"depth": 3}, cell=Cell("first()", {}, "c1")) as run,
    ):
        run.log(auc=0.5)
        print("part one")
        1 / 0
    with start(ws, resume="long", params={"depth": 4, "rate": 0.1}, cell=Cell("second()", {}, "c1")) as again:
        again.log(auc=0.7)
        print("part two")
    assert again.run_id == run.run_id
    record = ws.runs.get("long")
    assert (record.status, record.error, record.metrics) == ("FINISHED", None, {"auc": 0.7})
    # MLflow refuses to change a parameter: the first stays, what was used now is told
    assert record.params == {"depth": "3", "rate": "0.1"}
    assert json.loads(record.tags["mlnb.resume.1.params"]) == {"depth": "4"}
    assert record.source.code == "second()"
    assert ws.runs.read_artifact(run, "mlnb/part_1/cell.py") == b"first()"
    assert ws.runs.read_artifact(run, "mlnb/part_1/stdout.log") == b"part one\n"
    assert [event.action for event in ws.journal.tail(20, subjects=[f"run:{run.run_id}"])] == [
        "run.started",
        "run.ended",
        "run.resumed",
        "run.ended",
    ]
    with start(ws, resume=run.run_id[:8]) as third:
        pass
    assert (third.run_id, ws.runs.get(run).tags["mlnb.resumed"]) == (run.run_id, "2")
    assert ws.runs.search().total == 1


def test_resume_alone_means_the_newest_run_of_this_cell(ws: Any) -> None:
    for name, cell_id in (("one", "c1"), ("two", "c1"), ("other", "c2")):
        with start(ws, name, cell=Cell("1", {}, cell_id)):
            pass
    with start(ws, resume=True, cell=Cell("1", {}, "c1")) as run:
        pass
    assert run.name == "two"
    with pytest.raises(RunNotFoundError) as caught:
        start(ws, resume=True, cell=Cell("1", {}, "c9"))
    assert "--resume NAME" in (caught.value.hint or "")


def test_a_name_means_the_newest_run_of_the_experiment(ws: Any) -> None:
    ids = []
    for experiment in ("a", "b"):
        with start(ws, "same", experiment=experiment) as run:
            ids.append(run.run_id)
    with start(ws, resume="same", experiment="a") as run:
        pass
    assert run.run_id == ids[0]
    assert ws.runs.get(run).experiment_name == "a"


def test_a_run_that_lives_elsewhere_or_is_in_the_trash_does_not_go_on(ws: Any) -> None:
    code = (
        "import sys, mlnb\nws = mlnb.workspace(sys.argv[1])\n"
        "with ws.runs.start('alive', experiment='e'):\n    print('open', flush=True)\n    sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(ws.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        with pytest.raises(RunAliveError) as caught:
            start(ws, resume="alive", experiment="e")
        assert caught.value.code == "RUN_ACTIVE"
        assert str(child.pid) in caught.value.message
        child.kill()
        child.wait(60)
        # nobody has swept yet: that the process is gone is seen here
        with start(ws, resume="alive", experiment="e") as run:
            pass
        assert ws.runs.get("alive").status == "FINISHED"
    finally:
        child.kill()
        child.wait(60)
    ws.tracking.client().delete_run(run.run_id)
    with pytest.raises(RunNotFoundError):
        start(ws, resume=run.run_id)
    with pytest.raises(RunNotFoundError):
        start(ws, resume="never")


def test_a_run_of_another_computer_goes_on_only_when_nothing_was_heard_of_it_for_long(ws: Any) -> None:
    def leave(silent_minutes: int) -> None:
        values = {"state": "RUNNING", "host": "another-computer", "heartbeat_at": now_ms() - silent_minutes * 60_000}
        with ws.metastore.begin() as connection:
            connection.execute(run_sessions.update().values(values))

    with start(ws, "far"):
        pass
    leave(10)
    with pytest.raises(RunAliveError, match="on another-computer"):
        start(ws, resume="far")
    leave(16)
    with start(ws, resume="far") as again:
        pass
    assert ws.runs.get(again).tags["mlnb.resumed"] == "1"


# -- a store that does not answer ----------------------------------------------------------------------------------------------------


@pytest.fixture
def down(ws: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Switch that lets MLflow's store answer or not, as a locked database does."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

    state = {"down": False}
    client = ws.tracking.client()
    for name in ("log_batch", "log_inputs", "set_terminated", "set_tag"):
        real = getattr(client, name)

        def call(*args: Any, real: Any = real, **kwargs: Any) -> Any:
            if state["down"]:
                raise MlflowException("database is locked", error_code=TEMPORARILY_UNAVAILABLE)
            return real(*args, **kwargs)

        monkeypatch.setattr(client, name, call)
    monkeypatch.setattr("mlnb.training.recording.store.RETRIES_S", ())
    monkeypatch.setattr("mlnb.training.recording.store._PAUSE_S", 0.0)

    def switch(*, on: bool) -> None:
        state["down"] = on

    return switch


def unsent(ws: Any) -> list[Path]:
    return sorted((ws.path / "unsent").glob("*"))


def test_values_wait_for_the_store_and_are_sent_in_order_within_the_run(ws: Any, down: Any) -> None:
    with start(ws, "short") as run:
        run.log(loss=3.0)
        down(on=True)
        for step, loss in enumerate((2.0, 1.0, 0.5), start=1):
            run.log({"loss": loss}, step=step)
        assert len(unsent(ws)) == 1
        down(on=False)
        run.log({"loss": 0.25}, step=4)
        assert unsent(ws) == []
    history = ws.tracking.client().get_metric_history(run.run_id, "loss")
    assert [item.value for item in sorted(history, key=lambda item: item.step)] == [3.0, 2.0, 1.0, 0.5, 0.25]
    assert ws.runs.get(run).metrics == {"loss": 0.25}


def test_a_run_that_ends_while_the_store_is_down_is_finished_later_by_whoever_cares(ws: Any, down: Any) -> None:
    with start(ws, "cut off", params={"depth": 3}) as run:
        down(on=True)
        run.log(auc=0.7)
    assert any("kept in the workspace" in note for note in run.summary.notes)
    assert ws.runs.get(run).status == "RUNNING"
    (path,) = unsent(ws)
    with path.open("a") as file:
        file.write('{"call": "batch", "metr')  # the process was killed while it wrote
    for on in (True, False):
        down(on=on)
        for reconciler in ws.runs.reconcilers():
            if reconciler.name == "unsent-values":
                reconciler.tick(now_ms() + 60_000)
        assert bool(unsent(ws)) == on
    record = ws.runs.get(run)
    assert (record.status, record.metrics, record.params) == ("FINISHED", {"auc": 0.7}, {"depth": "3"})
    assert record.tags["mlnb.unsent"] == "sent later"
    assert abs((record.end_time or 0) - now_ms()) < 60_000


def test_a_value_that_waits_for_the_file_while_it_is_sent_and_removed_is_not_lost(
    ws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ws.path / "unsent" / "some-run.jsonl"
    path.parent.mkdir()
    path.write_text("sent by now\n")
    store = RunStore(ws, ws.tracking.client(), "some-run")
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # whoever sends holds it
        usual, is_open = fcntl.flock, threading.Event()
        monkeypatch.setattr(fcntl, "flock", lambda *given: is_open.set() or usual(*given))
        thread = threading.Thread(target=store._keep, args=({"call": "end", "status": "FINISHED", "end_time": 1},))
        thread.start()
        assert is_open.wait(60)
        path.unlink()
    thread.join(60)
    assert json.loads(path.read_text())["status"] == "FINISHED"


def test_what_is_sent_leaves_the_rest_and_a_line_that_was_cut_off_spoils_no_other(ws: Any) -> None:
    with start(ws, "parts") as run:
        pass
    path = ws.path / "unsent" / f"{run.run_id}.jsonl"
    path.parent.mkdir()

    def batch(name: str) -> dict[str, Any]:
        return {"call": "batch", "metrics": [[name, 1.0, now_ms(), 0]], "params": [], "tags": []}

    path.write_text(json.dumps(batch("one")) + "\n" + json.dumps(batch("cut"))[:30])
    RunStore(ws, ws.tracking.client(), run.run_id)._keep(batch("two"))
    client, sent = ws.tracking.client(), []

    class Failing:
        def log_batch(self, *args: Any) -> None:
            if sent:
                raise OSError("the store went away")
            sent.append(args)
            client.log_batch(*args)

    assert not send_file(Failing(), path)  # type: ignore[arg-type]
    assert [json.loads(line)["metrics"][0][0] for line in path.read_text().splitlines() if line] == ["two"]
    assert send_file(client, path)
    assert ws.runs.get(run).metrics == {"one": 1.0, "two": 1.0}
    assert not list(path.parent.iterdir())


def test_what_the_store_refuses_is_told_at_once_and_not_kept(ws: Any) -> None:
    from mlflow.exceptions import MlflowException

    with start(ws, "refused") as run:
        run.log_params(depth=1)
        with pytest.raises(MlflowException):
            run.log_params(depth=2)
    assert unsent(ws) == []
    assert ws.runs.get(run).status == "FINISHED"


# -- limits --------------------------------------------------------------------------------------------------------------------------


def test_long_texts_are_cut_with_a_mark_and_kept_whole_as_files(ws: Any) -> None:
    text = "ä" * 9000
    with start(ws, "long", tags={"why": text}, params={"prompt": text}) as run:
        run.set_tag("later", text + "!")
    record = ws.runs.get(run)
    assert (len(record.tags["why"]), record.tags["why"][-1]) == (8000, "…")
    assert (len(record.params["prompt"]), record.params["prompt"][-1]) == (6000, "…")
    assert ws.runs.read_artifact(run, "mlnb/long/tags.why.txt").decode() == text
    assert ws.runs.read_artifact(run, "mlnb/long/tags.later.txt").decode() == text + "!"
    assert ws.runs.read_artifact(run, "mlnb/long/params.prompt.txt").decode() == text


def test_more_values_than_one_batch_takes_and_no_numbers(ws: Any) -> None:
    with start(ws, "many") as run:
        run.log_params({f"p{index}": "x" * 3000 for index in range(250)})
        run.log({f"m{index}": float(index) for index in range(1500)})
        run.log(nan=math.nan, infinite=math.inf)
    record = ws.runs.get(run)
    assert (len(record.params), len(record.metrics)) == (250, 1502)
    assert math.isnan(record.metrics["nan"])
    assert record.status == "FINISHED"


# -- autologging, limits in time -----------------------------------------------------------------------------------------------------

FIT = "from sklearn.linear_model import LogisticRegression\nmodel = LogisticRegression(C=0.5).fit(X, y)"


def fit_in(ws: Any, name: str, **options: Any) -> Any:
    import numpy as np

    X = np.random.default_rng(0).normal(size=(60, 2))
    namespace: dict[str, Any] = {"X": X, "y": (X[:, 0] > 0).astype(int)}
    with start(ws, name, cell=Cell(FIT, namespace), **options) as run:
        exec(FIT, namespace)
    return ws.runs.get(run)


def test_libraries_log_inside_a_cell_and_nowhere_else(ws: Any, recwarn: pytest.WarningsRecorder) -> None:
    from mlflow.utils.autologging_utils import autologging_is_disabled

    logged = fit_in(ws, "on")
    assert logged.params["solver"] == "lbfgs"
    assert logged.metrics["training_accuracy_score"] > 0.9
    assert logged.models == []
    assert [str(item.message) for item in recwarn if "y_pred" in str(item.message)] == []
    assert autologging_is_disabled("sklearn")
    before = ws.runs.search().total
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    LogisticRegression().fit(np.array([[0.0], [1.0]]), [0, 1])
    assert ws.runs.search().total == before
    off = fit_in(ws, "off", autolog=False)
    assert (off.params, off.metrics) == ({}, {})
    # again in the same process: wrapped functions are not wrapped twice
    assert fit_in(ws, "again").params == logged.params


def test_a_loop_of_fits_is_not_logged_fit_by_fit_unless_asked_for(ws: Any, cell: Any) -> None:
    loop = "import numpy as np\nfrom sklearn.linear_model import LogisticRegression\nfor C in (0.1, 1.0):\n    LogisticRegression(C=C).fit(np.array([[0.0], [1.0]]), [0, 1])"
    assert cell(f"%%mlrun --name loop\n{loop}").success
    assert "solver" not in ws.runs.get("loop").params
    assert cell(f"%%mlrun --name asked --autolog\n{loop}").success
    assert ws.runs.get("asked").params["solver"] == "lbfgs"


def test_autologging_that_the_user_switched_on_stays_theirs(ws: Any) -> None:
    import mlflow
    from mlflow.utils.autologging_utils import AUTOLOGGING_INTEGRATIONS, autologging_is_disabled

    mlflow.sklearn.autolog(log_models=False, log_post_training_metrics=False, silent=True)
    try:
        config = dict(AUTOLOGGING_INTEGRATIONS["sklearn"])
        record = fit_in(ws, "theirs")
        assert record.params["solver"] == "lbfgs"
        assert AUTOLOGGING_INTEGRATIONS["sklearn"] == config
        assert not autologging_is_disabled("sklearn")
    finally:
        mlflow.sklearn.autolog(disable=True)
    assert fit_in(ws, "ours again").params["solver"] == "lbfgs"
    assert autologging_is_disabled("sklearn")


def test_a_value_of_the_cell_that_mlflow_logged_otherwise_does_not_spoil_the_rest(ws: Any) -> None:
    namespace: dict[str, Any] = {}
    source = "import mlflow\ndepth = 3\nrate = 0.1\nmlflow.log_param('depth', 5)"
    with start(ws, "both", cell=Cell(source, namespace), params="auto") as run:
        exec(source, namespace)
    assert ws.runs.get(run).params == {"depth": "5", "rate": "0.1"}
    assert run.summary.params["depth"] == "5"


def test_a_cell_that_takes_too_long_is_killed_and_says_why(ws: Any, cell: Any, shell: Any) -> None:
    result = cell("%%mlrun --name slow --timeout 0.005\nimport time\ntime.sleep(60)\nslept = True")
    assert "slept" not in shell.user_ns
    assert result.error_in_exec.code == "RUN_TIMEOUT"
    record = ws.runs.get("slow")
    assert record.status == "KILLED"
    assert "--timeout" in (record.error or "")
    converts = "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    raise ValueError('the solver was aborted')"
    assert cell(f"%%mlrun --name converted --timeout 0.005\n{converts}").error_in_exec.code == result.error_in_exec.code
    assert cell("%%mlrun --name quick --timeout 5\n1").success
    assert cell("%%mlrun --timeout 0\n1").error_in_exec.code == "INVALID_PARAMETER_VALUE"
    assert cell("%%mlrun --name own --timeout 5\nraise KeyboardInterrupt").error_in_exec.__class__ is KeyboardInterrupt


# -- saying it before doing it -------------------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_be_recorded_and_changes_nothing(ws: Any, cell: Any, shell: Any, table: str) -> None:
    from mlnb.display import html_of

    cell(f"import mlnb\nrows = mlnb.workspace().catalog.read('{table}')\nimport numpy as np\nextra = np.zeros((50, 2))")
    before, files = ws.journal.last_id(), sorted(os.listdir(ws.path))
    result = cell("%%mlrun --dry-run --seed 3 --no-figures --log-models\ndepth = 6\nran = rows, extra\n{'auc': 1.0}")
    plan = result.result
    assert "ran" not in shell.user_ns
    assert (ws.journal.last_id(), ws.runs.search().total) == (before, 0)
    assert set(files) <= set(os.listdir(ws.path))
    said = {item.item: item.value for item in plan.items}
    assert f"{table}@0" in said["tables"]
    assert said["frames from elsewhere"] == "extra: 50 rows"
    assert said["parameters"] == "depth=6"
    assert (said["seeds"], said["figures"]) == ("3", None)
    assert {item.item: item.missing for item in plan.items}["repository"] == "not in a git repository"
    assert "mlnb/cell.py" in str(plan)
    assert "Nothing was run" in (html_of(plan) or "")
    assert cell("%%mlrun --dry-run --metrics nope\n1").error_in_exec.code == "NAME_NOT_DEFINED"


def test_options_that_switch_something_off_are_kept(ws: Any, cell: Any) -> None:
    body = "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\nplt.figure()\nplt.plot([1])\nprint('x')"
    assert cell(f"%%mlrun --name off --no-figures --no-stdout --no-autolog --no-system-metrics\n{body}").success
    assert ws.runs.figures("off") == []
    assert ws.runs.output("off") == ""
    assert cell(f"%%mlrun --name on\n{body}\nplt.close()").success
    assert ws.runs.output("on") == "x\n"
    for wrong in ("--data rows", "--data =t", "--data rows=main.ml.nope", "--resume nothing"):
        error = cell(f"%%mlrun {wrong}\n1").error_in_exec
        assert isinstance(error, MlnbError)
        assert error.hint
