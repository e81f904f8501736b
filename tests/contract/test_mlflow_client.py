"""The unmodified MLflow client through the Jupyter server: the same answers as on the store itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def client(lab: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client with the server's address as tracking URI and the Jupyter token as only credential."""
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", lab.token)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    return MlflowClient(tracking_uri=lab.host, registry_uri=lab.host)


def test_a_run_with_metrics_and_artifacts_is_the_same_on_both_sides(client: Any, seeded: Any, tmp_path: Path) -> None:
    experiment = client.create_experiment("contract")
    run = client.create_run(experiment, run_name="first", tags={"kind": "test"})
    for step in range(3):
        client.log_metric(run.info.run_id, "auc", 0.7 + step / 100, step=step)
    client.log_param(run.info.run_id, "depth", 7)
    (tmp_path / "report.txt").write_text("late: 31 %")
    client.log_artifact(run.info.run_id, str(tmp_path / "report.txt"))
    client.set_terminated(run.info.run_id)

    found = client.search_runs([experiment], filter_string="metrics.auc > 0.71", order_by=["metrics.auc DESC"])
    assert [one.info.run_id for one in found] == [run.info.run_id]
    assert [metric.value for metric in client.get_metric_history(run.info.run_id, "auc")] == [0.7, 0.71, 0.72]
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["report.txt"]
    copy = client.download_artifacts(run.info.run_id, "report.txt", str(tmp_path))
    assert Path(copy).read_text() == "late: 31 %"

    direct = seeded.tracking.client().get_run(run.info.run_id)
    assert direct.data.to_dictionary() == found[0].data.to_dictionary()
    assert direct.info.status == "FINISHED"
    assert Path(direct.info.artifact_uri).is_relative_to(seeded.path / "artifacts")


def test_the_fluent_interface_works_with_the_address_alone(client: Any, lab: Any) -> None:
    import mlflow

    before = mlflow.get_tracking_uri()
    try:
        mlflow.set_tracking_uri(lab.host)
        mlflow.set_experiment("fluent")
        with mlflow.start_run() as run:
            mlflow.log_metrics({"a": 1.0, "b": 2.0})
            mlflow.log_dict({"x": 1}, "d.json")
        assert mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/d.json") == {"x": 1}
        assert mlflow.get_run(run.info.run_id).data.metrics == {"a": 1.0, "b": 2.0}
    finally:
        mlflow.set_tracking_uri(before)


def test_many_runs_come_in_pages(client: Any) -> None:
    experiment = client.create_experiment("pages")
    for i in range(7):
        client.create_run(experiment, run_name=f"r{i}")
    first = client.search_runs([experiment], max_results=3)
    second = client.search_runs([experiment], max_results=3, page_token=first.token)
    third = client.search_runs([experiment], max_results=3, page_token=second.token)
    names = [run.info.run_name for page in (first, second, third) for run in page]
    assert sorted(names) == [f"r{i}" for i in range(7)]
    assert not third.token


def test_the_registry_works_with_aliases_and_deletes(client: Any) -> None:
    client.create_registered_model("m.contract", tags={"a": "b"})
    experiment = client.create_experiment("registry")
    run = client.create_run(experiment)
    version = client.create_model_version("m.contract", f"runs:/{run.info.run_id}/model", run.info.run_id)
    client.set_registered_model_alias("m.contract", "champion", version.version)
    assert client.get_model_version_by_alias("m.contract", "champion").version == version.version
    client.delete_registered_model_alias("m.contract", "champion")
    client.delete_registered_model("m.contract")
    assert [model.name for model in client.search_registered_models("name = 'm.contract'")] == []


def test_errors_are_mlflows_own(client: Any) -> None:
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException) as caught:
        client.get_run("0" * 32)
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    client.create_experiment("twice")
    with pytest.raises(MlflowException) as caught:
        client.create_experiment("twice")
    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_a_wrong_token_is_refused(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "wrong")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    # Another name of the same host: MLflow keeps the cookie that a right token brought.
    stranger = MlflowClient(tracking_uri=lab.host.replace("127.0.0.1", "localhost"))
    with pytest.raises(MlflowException, match="UNAUTHENTICATED"):
        stranger.search_experiments()


# -- files -----------------------------------------------------------------------------------------------------------------


def test_files_travel_through_the_server_and_lie_where_kernels_look_for_them(
    client: Any, seeded: Any, tmp_path: Path
) -> None:
    run = client.create_run(client.create_experiment("files"))
    assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
    (tmp_path / "big.bin").write_bytes(bytes(range(256)) * 40_000)
    (tmp_path / "tree" / "a").mkdir(parents=True)
    (tmp_path / "tree" / "a" / "späte Flüge 1.txt").write_text("x")
    client.log_artifact(run.info.run_id, str(tmp_path / "big.bin"), "data")
    client.log_artifacts(run.info.run_id, str(tmp_path / "tree"))

    kept = seeded.tracking.client().get_run(run.info.run_id).info.artifact_uri
    assert Path(kept).is_relative_to(seeded.path / "artifacts")
    assert (Path(kept) / "data" / "big.bin").stat().st_size == 256 * 40_000
    assert {item.path for item in seeded.runs.artifacts(run.info.run_id)} == {"data/big.bin", "a/späte Flüge 1.txt"}
    assert [(file.path, file.is_dir) for file in client.list_artifacts(run.info.run_id)] == [
        ("a", True),
        ("data", True),
    ]
    (tmp_path / "copy").mkdir()
    copy = client.download_artifacts(run.info.run_id, "data/big.bin", str(tmp_path / "copy"))
    assert Path(copy).read_bytes() == (tmp_path / "big.bin").read_bytes()
    whole = client.download_artifacts(run.info.run_id, "", str(tmp_path / "copy"))
    assert (Path(whole) / "a" / "späte Flüge 1.txt").read_text() == "x"


def test_a_run_of_a_notebook_is_read_and_added_to_from_afar(client: Any, seeded: Any, tmp_path: Path) -> None:
    with seeded.runs.start("here", experiment="folder/my notebook.ipynb") as run:
        run.log(auc=0.75)
    (tmp_path / "late.txt").write_text("late")
    client.log_artifact(run.run_id, str(tmp_path / "late.txt"))
    assert "late.txt" in {item.path for item in seeded.runs.artifacts(run.run_id)}
    found = client.get_run(run.run_id)
    assert (found.data.metrics["auc"], found.info.status) == (0.75, "FINISHED")
    assert "mlnb" in {file.path for file in client.list_artifacts(run.run_id)}


def test_a_client_made_to_send_parts_sends_the_file_whole(
    client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "1000000")
    run = client.create_run(client.create_experiment("parts"))
    (tmp_path / "big.bin").write_bytes(b"x" * 6_000_000)
    client.log_artifact(run.info.run_id, str(tmp_path / "big.bin"))
    assert client.list_artifacts(run.info.run_id)[0].file_size == 6_000_000


def test_a_part_of_a_file_and_its_size_are_answered(client: Any, lab: Any) -> None:
    import requests

    run = client.create_run(client.create_experiment("part"))
    client.log_text(run.info.run_id, "0123456789", "digits.txt")
    address = (
        f"{lab.host}/api/2.0/mlflow-artifacts/artifacts/{run.info.experiment_id}/{run.info.run_id}/artifacts/digits.txt"
    )
    headers = {"Authorization": f"Bearer {lab.token}"}
    part = requests.get(address, headers=headers | {"Range": "bytes=3-5"}, timeout=120)
    assert (part.status_code, part.text, part.headers["Content-Range"]) == (206, "345", "bytes 3-5/10")
    head = requests.head(address, headers=headers, timeout=120)
    assert (head.status_code, head.headers["Content-Length"], head.text) == (200, "10", "")


@pytest.mark.parametrize(
    "path", ["../../metastore.db", "..%2F..%2Fmetastore.db", "x/../../../metastore.db", "%2Fetc%2Fhosts"]
)
def test_no_file_outside_the_artifacts_is_sent_written_or_removed(lab: Any, path: str) -> None:
    import requests

    host = lab.host + "/api/2.0/mlflow-artifacts/artifacts/"
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {lab.token}"
        for verb in ("GET", "PUT", "DELETE"):
            request = session.prepare_request(requests.Request(verb, host, data=b"x" if verb == "PUT" else None))
            request.url = host + path  # as it is written: the library would resolve the dots
            answer = session.send(request)
            assert answer.status_code in (400, 403, 404), (verb, path)
            assert b"SQLite" not in answer.content
    assert (lab.workspace / "metastore.db").stat().st_size > 1000


def test_what_lies_above_runs_cannot_be_removed_nor_experiments_put_anywhere(
    client: Any, lab: Any, tmp_path: Path
) -> None:
    import requests
    from mlflow.exceptions import MlflowException

    experiment = client.create_experiment("kept")
    run_id = client.create_run(experiment).info.run_id
    client.log_text(run_id, "here", "a.txt")
    headers = {"Authorization": f"Bearer {lab.token}"}
    for path in ("", experiment, f"{experiment}/", f"{experiment}/{run_id}", f"{experiment}/x/../{run_id}"):
        answer = requests.delete(f"{lab.host}/api/2.0/mlflow-artifacts/artifacts/{path}", headers=headers, timeout=120)
        assert answer.status_code in (400, 404, 405), path
    assert [item.path for item in client.list_artifacts(run_id)] == ["a.txt"]
    with pytest.raises(MlflowException, match="outside this workspace"):
        client.create_experiment("elsewhere", artifact_location=str(tmp_path))


# -- models ----------------------------------------------------------------------------------------------------------------


def test_a_model_is_logged_registered_and_loaded_from_afar_and_here(
    client: Any, lab: Any, seeded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    model = LogisticRegression().fit(x, [0, 0, 1, 1])
    before, registry = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    try:
        mlflow.set_tracking_uri(lab.host)
        mlflow.set_registry_uri(lab.host)
        mlflow.set_experiment("models")
        with mlflow.start_run() as run:
            logged = mlflow.sklearn.log_model(
                model,
                name="model",
                pip_requirements=["scikit-learn"],
                serialization_format="cloudpickle",
                input_example=x,
            )
            mlflow.log_metric("auc", 0.9, model_id=logged.model_id)
        assert list(mlflow.sklearn.load_model(logged.model_uri).predict(x)) == [0, 0, 1, 1]
        version = mlflow.register_model(logged.model_uri, "main.ml.afar")
        client.set_registered_model_alias("main.ml.afar", "challenger", version.version)
        assert list(mlflow.pyfunc.load_model("models:/main.ml.afar@challenger").predict(x)) == [0, 0, 1, 1]
        found = client.search_logged_models([run.info.experiment_id], filter_string="metrics.auc > 0.8")
        assert [item.model_id for item in found] == [logged.model_id]
    finally:
        mlflow.set_tracking_uri(before)
        mlflow.set_registry_uri(registry)
    assert [item.name for item in seeded.runs.get(run.info.run_id).models] == ["model"]
    assert seeded.models.version("main.ml.afar", "@challenger").run_id == run.info.run_id
    seeded.tracking.configure()
    assert list(mlflow.pyfunc.load_model(logged.model_uri).predict(x)) == [0, 0, 1, 1]


# -- the same answers ------------------------------------------------------------------------------------------------------


def test_every_call_about_runs_answers_as_it_does_on_the_store(client: Any, seeded: Any) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType

    direct = seeded.tracking.client()
    experiment = client.create_experiment("same", tags={"team": "late"})
    run = client.create_run(experiment, start_time=1_000, run_name="one").info.run_id
    child = client.create_run(experiment, tags={"mlflow.parentRunId": run}, run_name="two").info.run_id
    metrics = [Metric(f"m{i % 10}", i / 7, 1_000 + i, i) for i in range(900)]
    metrics += [Metric("nan", float("nan"), 1, 0), Metric("inf", float("inf"), 1, 0)]
    client.log_batch(
        run, metrics, [Param("depth", "5"), Param("long", "x" * 6000)], [RunTag("k", "v"), RunTag("gone", "1")]
    )
    client.delete_tag(run, "gone")
    data = Dataset("main.ml.flights", "abc", "delta_table", "{}", schema="{}", profile="{}")
    client.log_inputs(run, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])
    client.update_run(run, name="renamed")
    client.set_terminated(run, "FAILED", 2_000)

    def both(ask: Any) -> None:
        far, here = ask(client), ask(direct)
        assert far == here
        assert far

    def plain(run: Any) -> Any:
        about = {key: value for key, value in dict(run.info).items() if key != "artifact_uri"}
        return repr((about, run.data.to_dictionary(), run.inputs.to_dictionary()))

    both(lambda c: plain(c.get_run(run)))
    both(lambda c: [(m.value, m.step, m.timestamp) for m in c.get_metric_history(run, "m3")])
    for text in (
        "metrics.m3 > 10",
        "params.depth = '5'",
        "attributes.run_name LIKE 'ren%'",
        "tags.k = 'v'",
        "dataset.name = 'main.ml.flights'",
    ):
        both(lambda c, text=text: [r.info.run_id for r in c.search_runs([experiment], text)])
    both(lambda c: [plain(r) for r in c.search_runs([experiment], order_by=["attributes.start_time ASC"])])
    both(lambda c: dict(c.get_experiment_by_name("same").tags))
    client.rename_experiment(experiment, "same again")
    client.set_experiment_tag(experiment, "a", "b")
    both(lambda c: [e.name for e in c.search_experiments(filter_string="tags.a = 'b'")])

    client.delete_run(child)
    both(lambda c: [r.info.run_id for r in c.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)])
    assert seeded.runs.search(experiments=["same again"]).ids == [run]
    client.restore_run(child)
    client.delete_experiment(experiment)
    both(lambda c: [e.experiment_id for e in c.search_experiments(ViewType.DELETED_ONLY)])
    client.restore_experiment(experiment)
    assert set(seeded.runs.search("params.depth = '5'", experiments=["same again"]).ids) == {run}


# -- the platform's client -------------------------------------------------------------------------------------------------


def test_the_platforms_experiments_interface_works_unmodified(sdk: Any, seeded: Any) -> None:
    from databricks.sdk.errors import BadRequest, NotFound
    from databricks.sdk.service import ml

    api = sdk.experiments
    experiment = api.create_experiment("platform").experiment_id
    assert api.get_by_name("platform").experiment.experiment_id == experiment
    assert experiment in [item.experiment_id for item in api.list_experiments()]
    assert [item.name for item in api.search_experiments(filter="name = 'platform'")] == ["platform"]
    runs = []
    for i in range(4):
        made = api.create_run(experiment_id=experiment, run_name=f"r{i}", start_time=1000 + i).run.info.run_id
        api.log_metric("auc", 0.5 + i / 10, 1000 + i, run_id=made, step=0)
        api.log_param("depth", str(i), run_id=made)
        api.set_tag("kind", "test", run_id=made)
        api.update_run(run_id=made, status=ml.UpdateRunStatus.FINISHED, end_time=2000)
        runs.append(made)
    api.log_batch(run_id=runs[0], metrics=[ml.Metric(key="f1", value=0.3, timestamp=1, step=1)])
    assert [m.value for m in api.get_history("auc", run_id=runs[0])] == [0.5]
    found = list(
        api.search_runs(experiment_ids=[experiment], filter="metrics.auc > 0.65", order_by=["metrics.auc DESC"])
    )
    assert [item.info.run_id for item in found] == [runs[3], runs[2]]
    assert list(api.list_artifacts(run_id=runs[0])) == []
    api.delete_run(runs[3])
    assert api.get_run(runs[3]).run.info.lifecycle_stage == "deleted"
    api.restore_run(runs[3])
    assert api.delete_runs(experiment, 1001).runs_deleted == 2
    assert set(seeded.runs.search(experiments=[experiment]).ids) == set(runs[2:])
    assert api.restore_runs(experiment, 0, max_runs=1).runs_restored == 1
    assert api.restore_runs(experiment, 0).runs_restored == 1
    with pytest.raises(BadRequest):
        api.delete_runs(experiment, 1, max_runs=20_000)
    with pytest.raises(NotFound):
        api.delete_runs("424242", 1)
    model = api.create_logged_model(experiment, name="m", source_run_id=runs[0]).model
    assert api.get_logged_model(model.info.model_id).model.info.name == "m"
    api.delete_logged_model(model.info.model_id)
    assert "platform" in [item.name for item in api.list_experiments()]
    client_models = [item.name for item in sdk.model_registry.list_models()]
    assert client_models == sorted(client_models)
