"""Requests, approvals and gates: who may move what, and on which evidence."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mlnb.core.caller import calling
from mlnb.core.errors import MlnbError

if TYPE_CHECKING:
    from mlnb.door import Workspace

TO = "@champion"


@pytest.fixture(scope="module")
def runs(train: Any, evaluate: Any) -> dict[str, str]:
    """Runs that work towards each card, evaluated; ``bad`` fails its metric, ``blind`` has no evidence."""
    made = {card: train(scope=card) for card in ("plain", "signed", "four_eyes")}
    for run in made.values():
        evaluate(run)
    made["bad"] = train(scope="plain")
    evaluate(made["bad"], flip=True)
    made["blind"] = train(scope="plain", read=False)
    return made


@contextmanager
def refused(code: str, *texts: str) -> Iterator[None]:
    """Expect an error with this code, its message or hint holding each text."""
    with pytest.raises(MlnbError) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.hint
    for text in texts:
        assert text in caught.value.message + caught.value.hint


def test_without_a_card_a_lone_user_asks_nobody(registry_ws: Workspace, run_id: str, model_name: str) -> None:
    registry_ws.models.register(f"runs:/{run_id}/model", model_name, alias="champion")
    assert registry_ws.models.get(model_name).aliases == {"champion": 1}
    report = registry_ws.models.check(model_name, 1)
    assert report.passed
    assert [result.gate for result in report.results] == ["scope", "signature", "artifact"]


def test_the_card_comes_from_the_run_to_the_model(
    registry_ws: Workspace, runs: dict[str, str], run_id: str, model_name: str
) -> None:
    registry_ws.models.register(f"runs:/{runs['plain']}/model", model_name)
    registry_ws.models.register(f"runs:/{run_id}/model", model_name)
    assert registry_ws.models.get(model_name).tags["mlnb.scope"] == "plain"
    report = registry_ws.models.check(model_name, 2)
    assert (report.scope_name, report.scope_version) == ("plain", 1)


def test_a_good_model_passes_its_gates_and_moves(registry_ws: Workspace, runs: dict[str, str], model_name: str) -> None:
    registry_ws.models.register(f"runs:/{runs['plain']}/model", model_name, alias="champion")
    report = registry_ws.models.check(model_name, 1)
    assert report.passed
    gates = ["metric:roc_auc", "data", "lineage", "replayable", "signature", "artifact"]
    assert [result.gate for result in report.results] == gates
    assert "main.ml.labels" in str(report.results[0].evidence)


def test_a_gate_blocks_with_observed_required_and_hint(
    registry_ws: Workspace, runs: dict[str, str], model_name: str
) -> None:
    models = registry_ws.models
    models.register(f"runs:/{runs['bad']}/model", model_name)
    with pytest.raises(MlnbError) as caught:
        models.promote(model_name, 1, TO)
    error = caught.value
    assert error.code == "INVALID_STATE"
    assert "metric:roc_auc" in error.message
    assert "required ≥ 0.7" in error.message
    assert error.hint
    (violation,) = error.details["violations"]
    assert violation["subject"] == "metric:roc_auc"
    (gate,) = [result for result in error.details["gates"]["results"] if result["gate"] == "metric:roc_auc"]
    assert gate["observed"] < 0.7
    assert models.get(model_name).aliases == {}


def test_other_aliases_are_free(registry_ws: Workspace, runs: dict[str, str], model_name: str) -> None:
    registry_ws.models.register(f"runs:/{runs['bad']}/model", model_name, alias="challenger")
    assert registry_ws.models.get(model_name).aliases == {"challenger": 1}


def test_missing_evidence_blocks_and_says_what_produces_it(
    registry_ws: Workspace, runs: dict[str, str], model_name: str
) -> None:
    models = registry_ws.models
    with refused("INVALID_STATE", "metric:roc_auc", "lineage", "evaluat"):
        models.register(f"runs:/{runs['blind']}/model", model_name, alias="champion")
    assert registry_ws.tracking.client().search_registered_models(f"name = '{model_name}'") == []


def test_a_protected_alias_has_to_be_asked_for(registry_ws: Workspace, runs: dict[str, str], model_name: str) -> None:
    models = registry_ws.models
    with refused("PERMISSION_DENIED", "user:bob", "--request"):
        models.register(f"runs:/{runs['signed']}/model", model_name, alias="champion")
    assert registry_ws.tracking.client().search_registered_models(f"name = '{model_name}'") == []
    models.register(f"runs:/{runs['signed']}/model", model_name)
    for call in (models.promote, lambda name, version, to: models.set_alias(name, to, version)):
        for to in (TO, "@Champion", "@production"):
            with refused("PERMISSION_DENIED", "--request"):
                call(model_name, 1, to)


def test_request_and_approval_move_the_alias_and_tell_the_story(
    registry_ws: Workspace, runs: dict[str, str], model_name: str
) -> None:
    models = registry_ws.models
    with calling(principal="ada"):
        models.register(f"runs:/{runs['signed']}/model", model_name)
        request = models.request(model_name, 1, TO, comment="July looks good")
        assert (request.creator, request.missing_roles, request.state) == ("ada", ["approver"], "open")
        with refused("RESOURCE_ALREADY_EXISTS", request.id):
            models.request(model_name, 1, TO)
        with refused("PERMISSION_DENIED", "user:bob"):
            models.approve(model_name, 1, TO)
        with refused("PERMISSION_DENIED", "user:bob"):
            models.reject(model_name, 1, TO)
    assert not models.check(model_name, 1).passed
    with calling(principal="bob"):
        approval = models.approve(model_name, 1, TO, comment="agreed")
    assert approval.applied
    assert approval.transition is not None
    assert models.get(model_name).aliases == {"champion": 1}
    assert models.requests(model_name) == []
    assert models.requests(model_name, state="approved")[0].approved_by == ["bob"]
    assert models.check(model_name, 1).passed
    story = [
        (item.actor, item.activity_type, item.to, item.comment) for item in reversed(models.activities(model_name))
    ]
    assert story == [
        ("ada", "NEW_VERSION", None, None),
        ("ada", "REQUESTED_TRANSITION", TO, "July looks good"),
        ("bob", "APPLIED_TRANSITION", TO, "agreed"),
        ("bob", "APPROVED_REQUEST", TO, "agreed"),
    ]
    assert models.activities(model_name, 1) == models.activities(model_name)
    with refused("PERMISSION_DENIED", "--request"):
        models.delete_alias(model_name, "champion")


def test_four_eyes_and_every_role(registry_ws: Workspace, runs: dict[str, str], model_name: str) -> None:
    models = registry_ws.models
    with calling(principal="eve"):
        models.register(f"runs:/{runs['four_eyes']}/model", model_name)
        models.request(model_name, 1, TO)
    with calling(principal="bob"):
        first = models.approve(model_name, 1, TO)
        assert (first.applied, first.missing_roles, first.roles) == (False, ["owner"], ["risk"])
    assert models.get(model_name).aliases == {}
    with calling(principal="ada"):
        models.request(model_name, 1, TO)  # joins the request, and may no longer approve it
        with refused("PERMISSION_DENIED", "Four eyes"):
            models.approve(model_name, 1, TO)
        models.cancel_request(model_name, 1, TO)
        second = models.approve(model_name, 1, TO)
    assert second.applied
    assert models.get(model_name).aliases == {"champion": 1}


def test_the_author_may_not_approve_under_four_eyes(
    registry_ws: Workspace, runs: dict[str, str], model_name: str
) -> None:
    models = registry_ws.models
    with calling(principal="bob"):
        models.register(f"runs:/{runs['four_eyes']}/model", model_name)
    with calling(principal="eve"):
        models.request(model_name, 1, TO)
    with calling(principal="bob"), refused("PERMISSION_DENIED", "made this version"):
        models.approve(model_name, 1, TO)


def test_a_decision_closes_the_requests_of_everybody_and_cancelling_only_ones_own(
    registry_ws: Workspace, runs: dict[str, str], model_name: str
) -> None:
    models = registry_ws.models
    models.register(f"runs:/{runs['signed']}/model", model_name)
    for person in ("ada", "eve"):
        with calling(principal=person):
            models.request(model_name, 1, TO)
    with calling(principal="eve"):
        with refused("PERMISSION_DENIED"):
            models.cancel_request(model_name, 1, TO, creator="ada")
        models.cancel_request(model_name, 1, TO)
    assert [request.creator for request in models.requests(model_name)] == ["ada"]
    with calling(principal="eve"):
        models.request(model_name, 1, TO)
    with calling(principal="carol"):
        models.reject(model_name, 1, TO, comment="weak on B6")
    assert models.requests(model_name) == []
    assert {request.state for request in models.requests(model_name, state=None)} == {"rejected", "cancelled"}
    assert models.activities(model_name)[0].activity_type == "REJECTED_REQUEST"


def test_an_approval_blocked_by_a_gate_is_not_recorded(
    registry_ws: Workspace, runs: dict[str, str], model_name: str
) -> None:
    models = registry_ws.models
    models.register(f"runs:/{runs['signed']}/model", model_name)
    models.register(f"runs:/{runs['bad']}/model", model_name)  # judged by the model's card
    with calling(principal="ada"):
        models.request(model_name, 2, TO)
    before = registry_ws.journal.last_id()
    with calling(principal="bob"), refused("INVALID_STATE", "metric:roc_auc"):
        models.approve(model_name, 2, TO)
    assert registry_ws.journal.last_id() == before
    assert models.requests(model_name)[0].approved_by == []


def test_what_a_decision_rested_on_is_kept(registry_ws: Workspace, runs: dict[str, str], model_name: str) -> None:
    import sqlalchemy as sa

    from mlnb.scope.records import gate_results

    registry_ws.models.register(f"runs:/{runs['plain']}/model", model_name)
    registry_ws.models.promote(model_name, 1, TO)
    with registry_ws.metastore.connect() as connection:
        query = sa.select(gate_results).where(gate_results.c.subject == f"model_version:{model_name}/1")
        rows = {row["gate"]: row for row in connection.execute(query).mappings()}
    assert rows["metric:roc_auc"]["status"] == "pass"
    assert rows["metric:roc_auc"]["observed"] >= 0.7
    assert (rows["metric:roc_auc"]["scope_name"], rows["metric:roc_auc"]["scope_version"]) == ("plain", 1)


def test_two_who_approve_at_once_move_the_alias_once(
    registry_ws: Workspace, runs: dict[str, str], model_name: str
) -> None:
    models = registry_ws.models
    models.register(f"runs:/{runs['signed']}/model", model_name)
    models.request(model_name, 1, TO)
    start, outcomes = threading.Barrier(2), []

    def approve(person: str) -> None:
        with calling(principal=person):
            start.wait(10)
            try:
                outcomes.append(models.approve(model_name, 1, TO).applied)
            except MlnbError as error:
                outcomes.append(error.code)

    threads = [threading.Thread(target=approve, args=(person,)) for person in ("bob", "carol")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    moves = [item for item in models.activities(model_name) if item.activity_type == "APPLIED_TRANSITION"]
    assert len(moves) == 1
    assert outcomes.count(True) == 1
    assert set(outcomes) <= {True, "NO_OPEN_REQUEST", "RESOURCE_CONFLICT"}


def test_the_workflow_on_postgresql(
    postgres_url: str, workspace_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow
    import pandas as pd
    from mlflow.models import infer_signature
    from sklearn.linear_model import LinearRegression

    from mlnb.door import Workspace as Opened

    folder = tmp_path / ".mlnb"
    shutil.copytree(workspace_template, folder, ignore=shutil.ignore_patterns("metastore.db*"))
    monkeypatch.setenv("MLNB_METASTORE_URL", postgres_url)
    ws = Opened(folder)
    ws.tracking.configure()
    try:
        ws.scopes.put("card", "problem: other\nmetrics: [{name: m}]\nsignoff: {approvers: [bob]}\n")
        data = pd.DataFrame({"x": [1.0, 2.0]})
        with mlflow.start_run(experiment_id=ws.tracking.experiment_id("e")) as run:
            model = LinearRegression().fit(data, data["x"])
            signature = infer_signature(data, model.predict(data))
            mlflow.sklearn.log_model(model, name="model", signature=signature, pip_requirements=["scikit-learn"])
            mlflow.set_tag("mlnb.scope", "card")
        ws.models.register(f"runs:/{run.info.run_id}/model", "main.default.pg")
        ws.models.request("main.default.pg", 1, TO)
        with pytest.raises(MlnbError):
            ws.models.request("main.default.pg", 1, TO)
        with calling(principal="bob"):
            with refused("INVALID_STATE", "metric:m"):
                ws.models.approve("main.default.pg", 1, TO)
            ws.models.reject("main.default.pg", 1, TO)
        ws.tracking.client().set_registered_model_alias("main.default.pg", "champion", "1")
        assert [item.activity_type for item in ws.models.activities("main.default.pg", limit=2)] == [
            "UNREVIEWED_CHANGE",
            "APPLIED_TRANSITION",
        ]
        assert ws.journal.verify().ok
    finally:
        ws.close()
