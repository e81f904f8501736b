"""What plain MLflow does behind our back, and what a crash leaves behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from mlnb.core.caller import calling

if TYPE_CHECKING:
    from mlnb.door import Workspace


@pytest.fixture
def client(registry_ws: Workspace) -> Any:
    """The plain MLflow client."""
    from mlflow import MlflowClient

    return MlflowClient(registry_ws.tracking.uri, registry_ws.tracking.uri)


def _story(ws: Workspace, name: str) -> list[tuple[str, bool]]:
    return [(item.activity_type, item.observed) for item in reversed(ws.models.activities(name))]


def test_versions_and_aliases_of_plain_mlflow_are_journaled_once(
    registry_ws: Workspace, run_id: str, model_name: str, client: Any
) -> None:
    import mlflow

    mlflow.register_model(f"runs:/{run_id}/model", model_name)
    client.set_registered_model_alias(model_name, "champion", "1")
    expected = [("CREATED_MODEL", True), ("NEW_VERSION", True), ("APPLIED_TRANSITION", True)]
    assert _story(registry_ws, model_name) == expected
    assert registry_ws.models.reconcile() == 0
    client.delete_registered_model_alias(model_name, "champion")
    client.set_model_version_tag(model_name, "1", "note", "x")
    assert _story(registry_ws, model_name)[3:] == [("UPDATED_VERSION", True), ("REMOVED_ALIAS", True)]
    client.delete_model_version(model_name, "1")
    assert _story(registry_ws, model_name)[-1] == ("DELETED_VERSION", True)
    client.delete_registered_model(model_name)
    registry_ws.models.reconcile()
    (gone,) = registry_ws.journal.tail(1)
    assert (gone.action, gone.payload) == ("registered_model.deleted", {"observed": True})


def test_our_own_changes_are_not_taken_for_outside_ones(registry_ws: Workspace, run_id: str, model_name: str) -> None:
    registry_ws.models.register(f"runs:/{run_id}/model", model_name, alias="challenger")
    registry_ws.models.promote(model_name, 1, "@champion")
    registry_ws.models.delete_alias(model_name, "challenger")
    assert all(not observed for _, observed in _story(registry_ws, model_name))
    assert registry_ws.models.reconcile() == 0


def test_a_protected_alias_moved_outside_is_marked_and_closes_its_request(
    registry_ws: Workspace, train: Any, model_name: str, client: Any
) -> None:
    registry_ws.models.register(f"runs:/{train(scope='signed')}/model", model_name)
    with calling(principal="ada"):
        registry_ws.models.request(model_name, 1, "@champion")
    client.set_registered_model_alias(model_name, "champion", "1")
    assert registry_ws.models.requests(model_name) == []
    assert ("UNREVIEWED_CHANGE", True) in _story(registry_ws, model_name)
    assert registry_ws.journal.verify().ok


def test_an_unchanged_registry_costs_next_to_nothing_to_look_at(registry_ws: Workspace) -> None:
    registry_ws.models.reconcile()
    start = time.process_time()
    for _ in range(20):
        registry_ws.models.reconcile()
    assert (time.process_time() - start) / 20 < 0.02


#: Imports once, then forks for every call; the fork is killed at the point named.
_FORKS = """
import json, os, signal, sys
import mlflow
from mlflow.store.model_registry import sqlalchemy_store
from mlnb.core.caller import calling
from mlnb.door import Workspace
from mlnb.registry.operations import Operations

for line in sys.stdin:
    folder, point, person, call = json.loads(line)
    child = os.fork()
    if child == 0:
        try:
            setattr(Operations, point, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            ws = Workspace(folder)
            ws.tracking.configure()
            with calling(principal=person):
                eval(call, {"ws": ws})
        finally:
            os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture(scope="module")
def killed_at(registry_ws: Workspace) -> Iterator[Callable[[str, str, str], None]]:
    """Run a call as a person in another process that is killed when it comes to a point of ``Operations``."""
    command = [sys.executable, "-W", "ignore", "-c", _FORKS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(point: str, person: str, call: str) -> None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps([str(registry_ws.path), point, person, call]) + "\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == str(int(signal.SIGKILL))

        yield run
        process.kill()


def test_killed_between_mlflow_and_metastore_the_next_pass_finishes(
    registry_ws: Workspace, run_id: str, model_name: str, killed_at: Any
) -> None:
    registry_ws.models.register(f"runs:/{run_id}/model", model_name)
    killed_at("_finish", "ada", f"ws.models.promote('{model_name}', 1, '@champion', comment='mine')")
    moved = registry_ws.models.activities(model_name)[0]
    assert (moved.actor, moved.activity_type, moved.comment, moved.observed) == (
        "ada",
        "APPLIED_TRANSITION",
        "mine",
        False,
    )
    assert registry_ws.models.reconcile() == 0


def test_killed_before_mlflow_a_set_is_repeated(
    registry_ws: Workspace, run_id: str, model_name: str, killed_at: Any
) -> None:
    registry_ws.models.register(f"runs:/{run_id}/model", model_name)
    killed_at("_apply", "ada", f"ws.models.promote('{model_name}', 1, '@champion')")
    assert registry_ws.models.get(model_name).aliases == {"champion": 1}
    assert registry_ws.models.activities(model_name)[0].actor == "ada"


@pytest.mark.parametrize(("point", "versions"), [("_apply", 0), ("_finish", 1)])
def test_a_killed_registration_is_finished_or_given_up(
    registry_ws: Workspace, run_id: str, model_name: str, killed_at: Any, point: str, versions: int
) -> None:
    registry_ws.models.create(model_name)
    killed_at(point, "ada", f"ws.models.register('runs:/{run_id}/model', '{model_name}')")
    model = registry_ws.models.get(model_name)
    assert len(model.versions) == versions
    created = [item for item in registry_ws.models.activities(model_name) if item.activity_type == "NEW_VERSION"]
    assert [(item.actor, item.observed) for item in created] == [("ada", False)] * versions


def test_an_approval_killed_half_way_is_finished_with_its_request(
    registry_ws: Workspace, train: Any, evaluate: Any, model_name: str, killed_at: Any
) -> None:
    run = train(scope="signed")
    evaluate(run)
    registry_ws.models.register(f"runs:/{run}/model", model_name)
    with calling(principal="eve"):
        registry_ws.models.request(model_name, 1, "@champion")
    killed_at("_finish", "bob", f"ws.models.approve('{model_name}', 1, '@champion')")
    (request,) = registry_ws.models.requests(model_name, state=None)
    assert (request.state, request.closed_by, request.approved_by) == ("approved", "bob", ["bob"])
    assert registry_ws.models.get(model_name).aliases == {"champion": 1}


def test_when_mlflow_refuses_the_approval_can_be_given_again(
    registry_ws: Workspace, train: Any, evaluate: Any, model_name: str, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.exceptions import MlflowException

    from mlnb.core.errors import MlnbError

    run = train(scope="signed")
    evaluate(run)
    models = registry_ws.models
    models.register(f"runs:/{run}/model", model_name)
    models.request(model_name, 1, "@champion")
    with monkeypatch.context() as patch:

        def refuse(*_: object) -> None:
            raise MlflowException("disk full")

        patch.setattr(type(client), "set_registered_model_alias", refuse)
        with calling(principal="bob"), pytest.raises(MlnbError) as caught:
            models.approve(model_name, 1, "@champion")
    assert caught.value.code == "REGISTRY_UNAVAILABLE"
    assert models.requests(model_name)[0].approved_by == []
    assert models.get(model_name).aliases == {}
    with calling(principal="bob"):
        assert models.approve(model_name, 1, "@champion").applied
