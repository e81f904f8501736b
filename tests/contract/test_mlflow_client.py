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
