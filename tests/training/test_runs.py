"""A run records itself and always ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mlnb.training.recording.batches import MetricError
from mlnb.training.recording.source import Cell
from mlnb.training.records import (
    ModelNotLoggableError,
    RunActiveError,
    TrackingUnavailableError,
    run_data,
    run_sessions,
)


def session_of(ws: Any, run_id: str) -> Any:
    with ws.metastore.connect() as connection:
        return connection.execute(sa.select(run_sessions).where(run_sessions.c.run_id == run_id)).mappings().one()


def actions_of(ws: Any, run_id: str) -> list[str]:
    return [event.action for event in ws.journal.tail(100, subjects=[f"run:{run_id}"])]


def test_a_run_ends_finished_and_plain_mlflow_sees_everything(ws: Any) -> None:
    import mlflow

    with ws.runs.start("first", experiment="flights", tags={"team": "ops"}, note="a try", seed=3) as run:
        assert mlflow.active_run().info.run_id == run.run_id
        run.log(auc=0.7)
        run.log({"loss": 0.5}, step=1)
        run.log_params(depth=6, text="x" * 9000)
        mlflow.log_metric("by_hand", 1.0)
        print("training")
    assert mlflow.active_run() is None
    assert mlflow.last_active_run().info.run_id == run.run_id
    stored = ws.tracking.client().get_run(run.run_id)
    assert stored.info.status == "FINISHED"
    assert stored.info.end_time >= stored.info.start_time
    cost = {name: stored.data.metrics.pop(name) for name in ("mlnb/process_cpu_seconds", "mlnb/process_peak_rss_mb")}
    assert stored.data.metrics == {"auc": 0.7, "loss": 0.5, "by_hand": 1.0}
    assert 0 < cost["mlnb/process_cpu_seconds"] < 60
    assert 50 < cost["mlnb/process_peak_rss_mb"] < 20_000
    assert stored.data.params["depth"] == "6"
    assert len(stored.data.params["text"]) <= 6000
    assert stored.data.tags["team"] == "ops"
    assert stored.data.tags["mlflow.note.content"] == "a try"
    assert stored.data.tags["mlflow.user"] == "ada"
    files = {item.path for item in ws.tracking.client().list_artifacts(run.run_id, "mlnb")}
    assert {"mlnb/environment.lock", "mlnb/stdout.log", "mlnb/seeds.json", "mlnb/source.py"} <= files
    assert ws.runs.output("first") == "training\n"
    assert session_of(ws, run.run_id)["state"] == "ENDED"
    assert actions_of(ws, run.run_id) == ["run.started", "run.ended"]
    assert not Path("mlruns").exists()


def test_a_run_that_raises_ends_failed_with_its_traceback(ws: Any) -> None:
    import mlflow

    with pytest.raises(ZeroDivisionError), ws.runs.start("bad") as run:
        run.log(auc=0.1)
        1 / 0
    record = ws.runs.get("bad")
    assert record.status == "FAILED"
    assert record.error == "ZeroDivisionError: division by zero"
    assert record.metrics == {"auc": 0.1}
    assert "1 / 0" in ws.runs.read_artifact("bad", "mlnb/error.txt").decode()
    assert mlflow.active_run() is None


def test_an_interrupted_run_ends_killed(ws: Any) -> None:
    with pytest.raises(KeyboardInterrupt), ws.runs.start("stopped"):
        raise KeyboardInterrupt
    assert ws.runs.get("stopped").status == "KILLED"


@pytest.mark.parametrize(
    ("code", "status"), [(None, "FINISHED"), (0, "FINISHED"), (2, "FAILED"), ("no data", "FAILED")]
)
def test_a_script_that_exits_ends_its_run_as_its_exit_code_says(ws: Any, code: object, status: str) -> None:
    with pytest.raises(SystemExit), ws.runs.start("script"):
        sys.exit(code)
    assert ws.runs.get("script").status == status


def test_the_active_run_is_as_before_whatever_the_code_does(ws: Any) -> None:
    import mlflow

    ws.tracking.configure()
    outer = mlflow.start_run(experiment_id=ws.tracking.experiment_id("outer"))
    with pytest.raises(RunActiveError) as caught:
        ws.runs.start("inner")
    assert caught.value.code == "RUN_ALREADY_ACTIVE"
    assert "nested" in (caught.value.hint or "")
    with ws.runs.start("child", experiment="outer", nested=True) as child:
        left_open = mlflow.start_run(nested=True, run_name="forgotten")
    assert mlflow.active_run().info.run_id == outer.info.run_id
    client = ws.tracking.client()
    assert client.get_run(left_open.info.run_id).info.status == "FINISHED"
    assert client.get_run(left_open.info.run_id).data.tags["mlnb.closed_by"] == "cell_end"
    assert client.get_run(child.run_id).data.tags["mlflow.parentRunId"] == outer.info.run_id
    assert any("forgotten" in note for note in child.summary.notes)
    mlflow.end_run()
    with ws.runs.start("self-ender") as run:
        mlflow.end_run()
        mlflow.log_metric("stray", 1.0)
    assert mlflow.active_run() is None
    assert ws.runs.get(run).status == "FINISHED"


def test_tables_read_and_written_are_recorded_with_their_versions(ws: Any, table: str, frame: Any) -> None:
    earlier = ws.catalog.read(table)
    ws.catalog.append(table, frame.head(5))
    cell = Cell("model = earlier.mean()", {"earlier": earlier})
    with ws.runs.start("data", cell=cell) as run:
        rows = run.read(table)
        ws.sql(f"SELECT count(*) AS n FROM {table}").rows()
        ws.catalog.create_table("main.ml.scored", rows[["delay"]])
    data = {(item.direction, item.name, item.version, item.observed) for item in ws.runs.get("data").data}
    assert data == {
        ("read", table, 1, True),
        ("read", table, 0, False),
        ("written", "main.ml.scored", 0, True),
    }
    inputs = ws.tracking.client().get_run(run.run_id).inputs.dataset_inputs
    assert {item.dataset.name for item in inputs} == {table}
    assert {item.dataset.source_type for item in inputs} == {"delta_table"}
    assert [(pin.version, pin.owner) for pin in ws.catalog.pins(table)] == [
        (0, f"run:{run.run_id}"),
        (1, f"run:{run.run_id}"),
    ]
    history = ws.catalog.history("main.ml.scored")
    assert history[0].run_id == run.run_id
    with ws.metastore.connect() as connection:
        assert len(connection.execute(sa.select(run_data)).all()) == 3


def test_a_cell_gives_parameters_metrics_and_names(ws: Any) -> None:
    source = "depth = 6\npassword = 'hunter2'\nauc = 0.7\nscores = {'f1': 0.5}"
    namespace: dict[str, Any] = {}
    with ws.runs.start("cell", params="auto", metrics=["auc", "scores"], cell=Cell(source, namespace, "abc", 4)) as run:
        exec(source, namespace)
        run.note_result({"loss": 0.25})
    record = ws.runs.get(run)
    assert record.params == {"depth": "6", "auc": "0.7", "scores.f1": "0.5"}
    assert record.metrics == {"auc": 0.7, "f1": 0.5, "loss": 0.25}
    assert record.source.code == source
    assert record.source.cell_id == "abc"
    assert "hunter2" not in str(record.params)
    assert session_of(ws, run.run_id)["execution_count"] == 4


def test_the_commit_is_recorded(ws: Any) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q", "-b", "trunk"], check=True)
    Path("code.py").write_text("x = 1\n")
    subprocess.run([*git, "add", "code.py"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "one"], check=True)
    with ws.runs.start("clean", cell=Cell("x = 1", {})):
        pass
    Path("code.py").write_text("x = 2\n")
    with ws.runs.start("dirty", cell=Cell("x = 1", {})):
        pass
    clean, dirty = ws.runs.get("clean").git, ws.runs.get("dirty").git
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert (clean.commit, clean.branch, clean.dirty) == (head, "trunk", False)
    assert dirty.dirty is True


@pytest.mark.parametrize("kind", ["sklearn", "lightgbm", "pipeline"])
def test_models_are_logged_with_signature_and_requirements_without_a_process(ws: Any, frame: Any, kind: str) -> None:
    import mlflow
    from lightgbm import LGBMClassifier
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    makers = {
        "sklearn": lambda: RandomForestClassifier(n_estimators=3),
        "lightgbm": lambda: LGBMClassifier(n_estimators=3, verbose=-1),
        "pipeline": lambda: make_pipeline(StandardScaler(), LGBMClassifier(n_estimators=3, verbose=-1)),
    }
    inputs = frame[["delay", "distance"]]
    namespace = {"inputs": inputs, "clf": makers[kind]().fit(inputs, frame["late"])}
    cell = Cell("clf = make().fit(inputs, y)", namespace)
    started = []
    sys.addaudithook(lambda event, args: started.append(args[0]) if event == "subprocess.Popen" else None)
    with ws.runs.start(kind, cell=cell, log_models=True) as run:
        run.log_model(namespace["clf"], "second", input_example=inputs)
    assert [program for program in started if program != "git"] == []
    record = ws.runs.get(run)
    assert [model.name for model in record.models] == ["second", "clf"]
    for model in record.models:
        info = mlflow.models.get_model_info(model.uri)
        assert info.signature.inputs.input_names() == ["delay", "distance"]
        requirements = (Path(mlflow.artifacts.download_artifacts(model.uri)) / "requirements.txt").read_text()
        assert "scikit-learn==" in requirements
        assert f"mlflow=={mlflow.__version__}" in requirements
        loaded = mlflow.pyfunc.load_model(f"runs:/{run.run_id}/{model.name}")
        assert len(loaded.predict(inputs.head(3))) == 3


def test_what_is_no_model_is_refused_and_the_run_goes_on(ws: Any) -> None:
    with ws.runs.start("model") as run:
        with pytest.raises(ModelNotLoggableError) as caught:
            run.log_model({"not": "a model"})
    assert caught.value.code == "MODEL_NOT_LOGGABLE"
    assert ws.runs.get(run).status == "FINISHED"


def test_a_metric_that_is_no_number_is_refused_and_nothing_is_logged(ws: Any) -> None:
    with ws.runs.start("metric") as run, pytest.raises(MetricError) as caught:
        run.log(auc=0.5, name="text")
    assert caught.value.code == "METRIC_NOT_A_NUMBER"
    assert ws.runs.get(run).metrics == {}


def test_figures_are_kept_and_served_as_data_urls(ws: Any) -> None:
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    import plotly.graph_objects as go

    plt.plot([3, 4])
    before = plt.gcf().number
    with ws.runs.start("pictures", cell=Cell("", {})) as run:
        plt.figure()
        plt.plot([1, 2])
        run.log_figure(go.Figure(go.Scatter(y=[1, 2])), "lines")
        run.log_figure(plt.gcf(), "drawn.svg")
    plt.close("all")
    figures = {figure.path: figure.data_url for figure in ws.runs.figures(run)}
    assert set(figures) == {
        "mlnb/figures/drawn.svg",
        "mlnb/figures/lines.plotly.json",
        "mlnb/figures/figure_3.png",
    }
    assert figures["mlnb/figures/drawn.svg"].startswith("data:image/svg+xml;base64,")
    assert figures["mlnb/figures/lines.plotly.json"].startswith("data:application/vnd.plotly.v1+json;base64,")
    assert before is not None
    with ws.runs.start("outside") as run, pytest.raises(Exception, match="outside"):
        run.log_figure(go.Figure(), "../../../evil")


def test_a_store_that_takes_no_run_stops_the_cell_before_it_runs(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.exceptions import MlflowException

    ran = []
    context = ws.runs.start("never")

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise MlflowException("database is locked")

    monkeypatch.setattr(ws.tracking.client(), "create_run", refuse)
    with pytest.raises(TrackingUnavailableError) as caught:
        with context:
            ran.append(1)
    assert caught.value.code == "TRACKING_UNAVAILABLE"
    assert ran == []
    assert ws.runs.search().total == 0


def test_the_end_of_a_run_outlasts_a_busy_store(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.exceptions import MlflowException

    client = ws.tracking.client()
    real, tries = client.set_terminated, []

    def busy(*args: Any, **kwargs: Any) -> Any:
        tries.append(1)
        if len(tries) < 3:
            raise MlflowException("database is locked")
        return real(*args, **kwargs)

    monkeypatch.setattr("mlnb.training.recording.store.RETRIES_S", (0.01, 0.01, 0.01))
    monkeypatch.setattr(client, "set_terminated", busy)
    with ws.runs.start("patient"):
        pass
    assert ws.runs.get("patient").status == "FINISHED"


def test_an_experiment_is_the_notebooks_own_unless_one_is_named(ws: Any) -> None:
    import mlflow

    from mlnb.core.caller import calling

    with calling(notebook="analysis/flights.ipynb"), ws.runs.start("own", cell=Cell("1", {})):
        pass
    assert ws.runs.get("own").experiment_name == "analysis/flights.ipynb"
    assert ws.runs.get("own").source.notebook == "analysis/flights.ipynb"
    ws.tracking.configure()
    mlflow.set_experiment(experiment_id=ws.tracking.experiment_id("chosen"))
    try:
        with ws.runs.start("by choice"):
            pass
        assert ws.runs.get("by choice").experiment_name == "chosen"
    finally:
        mlflow.tracking.fluent._active_experiment_id = None
    names = [item.name for item in ws.runs.experiments()]
    assert names[0] == "chosen"
    assert "Default" not in names
    location = ws.tracking.client().get_experiment_by_name("analysis/flights.ipynb").artifact_location
    assert str(ws.path) in location


def test_bad_options_are_refused_before_anything_happens(ws: Any) -> None:
    from mlnb.core.errors import MlnbError

    ws.catalog.exists("main.ml.flights")  # a fresh workspace journals its first schema
    before = ws.journal.last_id()
    for options in ({"params": "all"}, {"seed": -1}, {"scope": "nope"}, {"experiment": ""}, {"experiment": "x" * 1000}):
        with pytest.raises(MlnbError) as caught:
            ws.runs.start("never", **options)
        assert caught.value.hint
    assert ws.runs.search().total == 0
    assert ws.journal.last_id() == before
