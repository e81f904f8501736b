"""Registering, finding and moving versions on a real MLflow store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlnb.core.errors import MlnbError
from mlnb.registry.records import Transition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlnb.door import Workspace


def test_a_registered_version_is_what_plain_mlflow_sees(registry_ws: Workspace, run_id: str, model_name: str) -> None:
    from mlflow import MlflowClient

    version = registry_ws.models.register(
        f"runs:/{run_id}/model", model_name, alias="challenger", description="first", tags={"season": "2013"}
    )
    assert (version.version, version.aliases, version.run_id) == (1, ["challenger"], run_id)
    assert version.signature is not None
    assert [column.name for column in version.signature.inputs] == ["hour", "wind"]
    assert "roc_auc" in {row.metric for row in version.metrics}

    client = MlflowClient(registry_ws.tracking.uri, registry_ws.tracking.uri)
    seen = client.get_model_version_by_alias(model_name, "challenger")
    assert (seen.version, seen.description, seen.tags["season"]) == (1, "first", "2013")
    assert seen.tags["mlnb.artifact_digest"] == version.artifact_digest


def test_mlflow_loads_the_version_by_alias(registry_ws: Workspace, run_id: str, model_name: str, frame: Any) -> None:
    import mlflow

    registry_ws.models.register(f"runs:/{run_id}/model", model_name, alias="challenger")
    model = mlflow.pyfunc.load_model(f"models:/{model_name}@challenger")
    assert len(model.predict(frame[["hour", "wind"]])) == 100


def test_every_registration_is_a_new_version_and_the_logged_model_knows_it(
    registry_ws: Workspace, run_id: str, model_name: str
) -> None:
    first = registry_ws.models.register(f"runs:/{run_id}/model", model_name)
    second = registry_ws.models.register(f"models:/{first.logged_model_id}", model_name)
    assert (first.version, second.version) == (1, 2)
    assert registry_ws.models.get(model_name).latest_version == 2
    tags = registry_ws.tracking.client().get_logged_model(first.logged_model_id).tags
    assert f'"name": "{model_name}", "version": 2' in tags["mlflow.modelVersions"]


def test_versions_are_found_by_number_alias_and_address(registry_ws: Workspace, run_id: str, model_name: str) -> None:
    models = registry_ws.models
    models.register(f"runs:/{run_id}/model", model_name, alias="challenger")
    for text in (
        f"models:/{model_name}@challenger",
        f"models:/{model_name}/1",
        f"{model_name}@challenger",
        f"{model_name}/1",
    ):
        assert models.resolve(text).version == 1
    assert models.version(model_name, "@challenger") == models.version(model_name, "1") == models.version(model_name, 1)
    assert (models.local_path(f"{model_name}/1") / "MLmodel").is_file()


def test_a_bare_mlflow_name_is_shown_with_three_levels_and_found_by_both(registry_ws: Workspace, run_id: str) -> None:
    import mlflow

    mlflow.register_model(f"runs:/{run_id}/model", "bare_name")
    assert registry_ws.models.get("bare_name").name == "main.default.bare_name"
    assert registry_ws.models.version("main.default.bare_name", 1).uri == "models:/bare_name/1"
    assert registry_ws.models.register(f"runs:/{run_id}/model", "main.default.bare_name").version == 2


def test_moving_an_alias_names_who_had_it_before(registry_ws: Workspace, run_id: str, model_name: str) -> None:
    models = registry_ws.models
    for _ in range(2):
        models.register(f"runs:/{run_id}/model", model_name)
    models.promote(model_name, 1, "@champion")
    moved = models.promote(model_name, "2", "champion", comment="better")
    assert isinstance(moved, Transition)
    assert (moved.version, moved.previous) == (2, 1)
    again = models.promote(model_name, 2, "@champion")
    assert isinstance(again, Transition)
    assert again.event_id is None  # nothing to do, nothing journaled
    models.delete_alias(model_name, "champion")
    assert models.get(model_name).aliases == {}


def test_search_filters_and_counts_open_requests(registry_ws: Workspace, run_id: str, model_name: str) -> None:
    models = registry_ws.models
    models.register(f"runs:/{run_id}/model", model_name)
    before = models.count_open_requests()
    models.request(model_name, 1, "@champion")
    assert models.count_open_requests() == before + 1
    (line,) = models.search(f"name = '{model_name}'").items
    assert (line.latest_version, line.open_requests) == (1, 1)
    (version,) = models.search_versions(f"name = '{model_name}'").items
    assert version.open_requests[0].target == "@champion"
    with pytest.raises(MlnbError) as caught:
        models.search("nonsense")
    assert caught.value.code == "INVALID_PARAMETER_VALUE"


BAD: list[tuple[str, Callable[[Any, str, str], Any], str]] = [
    ("unknown run", lambda m, run, name: m.register("runs:/0000/model", name), "MODEL_NOT_FOUND"),
    ("unknown model in run", lambda m, run, name: m.register(f"runs:/{run}/modle", name), "MODEL_NOT_FOUND"),
    ("unknown logged model", lambda m, run, name: m.register("models:/m-0000", name), "MODEL_NOT_FOUND"),
    ("a folder", lambda m, run, name: m.register("/etc", name), "INVALID_PARAMETER_VALUE"),
    ("a bad name", lambda m, run, name: m.register(f"runs:/{run}/model", "main.ml.a/b"), "INVALID_PARAMETER_VALUE"),
    (
        "alias latest",
        lambda m, run, name: m.register(f"runs:/{run}/model", name, alias="latest"),
        "INVALID_PARAMETER_VALUE",
    ),
    ("alias v3", lambda m, run, name: m.set_alias(name, "v3", 1), "INVALID_PARAMETER_VALUE"),
    ("alias with space", lambda m, run, name: m.set_alias(name, "a b", 1), "INVALID_PARAMETER_VALUE"),
    ("a stage", lambda m, run, name: m.promote(name, 1, "Production"), "INVALID_PARAMETER_VALUE"),
    (
        "reserved tag",
        lambda m, run, name: m.register(f"runs:/{run}/model", name, tags={"mlnb.operation": "x"}),
        "INVALID_PARAMETER_VALUE",
    ),
    ("unknown model", lambda m, run, name: m.get(name + "x"), "MODEL_NOT_FOUND"),
    ("unknown version", lambda m, run, name: m.version(name, 9), "MODEL_VERSION_NOT_FOUND"),
    ("no version", lambda m, run, name: m.version(name, "nine"), "INVALID_PARAMETER_VALUE"),
    ("unknown alias", lambda m, run, name: m.resolve(f"{name}@champon"), "ALIAS_NOT_FOUND"),
    ("delete an alias that is not there", lambda m, run, name: m.delete_alias(name, "other"), "ALIAS_NOT_FOUND"),
    ("create twice", lambda m, run, name: m.create(name), "RESOURCE_ALREADY_EXISTS"),
    ("approve without request", lambda m, run, name: m.approve(name, 1, "@other"), "NO_OPEN_REQUEST"),
    ("reject without request", lambda m, run, name: m.reject(name, 1, "@other"), "NO_OPEN_REQUEST"),
    ("cancel without request", lambda m, run, name: m.cancel_request(name, 1, "@other"), "NO_OPEN_REQUEST"),
    ("request what it has", lambda m, run, name: m.request(name, 1, "@champion"), "INVALID_STATE"),
    ("request twice", lambda m, run, name: m.request(name, 1, "@next"), "RESOURCE_ALREADY_EXISTS"),
    ("no such state", lambda m, run, name: m.requests(state="lost"), "INVALID_PARAMETER_VALUE"),
]


@pytest.fixture(scope="module")
def settled(registry_ws: Workspace, run_id: str) -> str:
    """A model with a champion and an open request, which bad input leaves as it is."""
    registry_ws.models.register(f"runs:/{run_id}/model", "main.ml.settled", alias="champion")
    registry_ws.models.request("main.ml.settled", 1, "@next")
    return "main.ml.settled"


@pytest.mark.parametrize(("call", "code"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_input_has_code_and_hint_and_changes_nothing(
    registry_ws: Workspace, run_id: str, settled: str, call: Callable[[Any, str, str], Any], code: str
) -> None:
    models = registry_ws.models
    before = (models.get(settled), registry_ws.journal.last_id(), len(models.search().items))
    with pytest.raises(MlnbError) as caught:
        call(models, run_id, settled)
    assert caught.value.code == code
    assert caught.value.hint
    assert (models.get(settled), registry_ws.journal.last_id(), len(models.search().items)) == before


def test_a_model_without_signature_is_refused(registry_ws: Workspace, model_name: str, train: Any) -> None:
    run = train(signature=False)
    with pytest.raises(MlnbError) as caught:
        registry_ws.models.register(f"runs:/{run}/model", model_name)
    assert caught.value.code == "SIGNATURE_MISSING"
    assert "signature=" in str(caught.value.hint)
    assert registry_ws.tracking.client().search_registered_models(f"name = '{model_name}'") == []


def test_the_nearest_names_are_the_hint(registry_ws: Workspace, run_id: str, model_name: str) -> None:
    registry_ws.models.register(f"runs:/{run_id}/model", model_name, alias="challenger")
    hints = []
    for text in (f"{model_name}@chalenger", f"{model_name.replace('model', 'modl')}@challenger"):
        with pytest.raises(MlnbError) as caught:
            registry_ws.models.resolve(text)
        hints.append(str(caught.value.hint))
    assert "challenger" in hints[0]
    assert "main.ml.model_" in hints[1]


def test_changed_files_are_noticed_before_use_and_by_the_gate(
    registry_ws: Workspace, model_name: str, train: Any, evaluate: Any
) -> None:
    run = train()
    evaluate(run)
    version = registry_ws.models.register(f"runs:/{run}/model", model_name)
    folder = registry_ws.models.local_path(version)
    with (folder / "requirements.txt").open("a") as file:
        file.write("evil\n")
    with pytest.raises(MlnbError) as caught:
        registry_ws.models.local_path(version)
    assert caught.value.code == "MODEL_FILES_CHANGED"
    report = registry_ws.models.check(model_name, 1)
    assert [result.gate for result in report.blocking] == ["artifact"]
    with pytest.raises(MlnbError, match="changed after registration"):
        registry_ws.models.promote(model_name, 1, "@champion")


def test_files_outside_the_workspace_are_not_loaded(registry_ws: Workspace, model_name: str, tmp_path: Any) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    client = registry_ws.tracking.client()
    client.create_registered_model(model_name)
    client.create_model_version(model_name, str(tmp_path))
    with pytest.raises(MlnbError) as caught:
        registry_ws.models.local_path(f"{model_name}/1")
    assert caught.value.code == "STORAGE_ERROR"


def test_a_logged_model_is_registered_where_plain_mlflow_goes_elsewhere(
    registry_ws: Workspace, run_id: str, model_name: str, tmp_path: Path
) -> None:
    """As in the Jupyter server, which has chosen no store of its own; MLflow's registry asks that one for the model."""
    import mlflow

    elsewhere = f"sqlite:///{tmp_path}/other.db"
    mlflow.set_tracking_uri(elsewhere)
    model = registry_ws.runs.get(run_id).models[0]
    try:
        assert registry_ws.models.register(model.uri, model_name).version == 1
        assert mlflow.get_tracking_uri() == elsewhere
    finally:
        registry_ws.tracking.configure()
