"""A workspace with one evaluated run whose model every test registers under a name of its own."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mlnb.door import Workspace

CARD = """
problem: classification
target: {table: main.ml.labels, column: late}
data: {inputs: [main.ml.labels], min_rows: 50, forbidden: [arr_delay]}
metrics: [{name: roc_auc, primary: true, min: 0.7}]
"""
SIGNED = CARD + "signoff: {approvers: [user:bob, user:carol]}\n"
FOUR_EYES = CARD + "signoff: {roles: [{role: owner, who: [ada]}, {role: risk, who: [bob]}], four_eyes: true}\n"

Train = Callable[..., str]
Evaluate = Callable[..., None]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def registry_ws(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One workspace for all tests of the registry; MLflow's start is what costs."""
    from mlnb.door import Workspace

    folder = tmp_path_factory.mktemp("registry") / ".mlnb"
    shutil.copytree(workspace_template, folder)
    workspace = Workspace(folder)
    workspace.tracking.configure()
    workspace.catalog.create_schema("main.ml", if_not_exists=True)
    # Several people take part; what they may do with data is not what these tests are about.
    workspace.catalog.grant("main", "account users", "ALL PRIVILEGES", kind="catalog")
    workspace.catalog.write("main.ml.labels", _frame())
    for name, text in (("plain", CARD), ("signed", SIGNED), ("four_eyes", FOUR_EYES)):
        workspace.scopes.put(name, text)
    yield workspace
    workspace.close()


@pytest.fixture(autouse=True)
def plain_mlflow(request: pytest.FixtureRequest) -> None:
    """Plain ``mlflow`` calls go to this workspace, also after a test that opened one of its own."""
    if "registry_ws" in request.fixturenames:
        request.getfixturevalue("registry_ws").tracking.configure()


@pytest.fixture
def model_name() -> str:
    """A registered model's name that no other test uses."""
    return f"main.ml.model_{next(_numbers)}"


def _frame() -> Any:
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(7)
    hour = rng.uniform(5, 23, 100)
    late = (hour + rng.normal(0, 3, 100) > 15).astype("int64")
    return pd.DataFrame({"hour": hour, "wind": rng.normal(10, 3, 100), "late": late})


@pytest.fixture(scope="session")
def frame() -> Any:
    """A hundred flights, late in the evening."""
    return _frame()


@pytest.fixture(scope="session")
def train(registry_ws: Workspace) -> Train:
    """Train in a recorded run and return its id: ``train(scope=None, signature=True, read=True, name="model")``."""

    def run(*, scope: str | None = None, signature: bool = True, read: bool = True, name: str = "model") -> str:
        import mlflow
        from sklearn.linear_model import LogisticRegression

        with registry_ws.runs.start(experiment="flights", scope=scope) as context:
            data = registry_ws.catalog.read("main.ml.labels") if read else _frame()
            features = data[["hour", "wind"]]
            model = LogisticRegression().fit(features, data["late"])
            stated = mlflow.models.infer_signature(features, model.predict(features)) if signature else None
            mlflow.sklearn.log_model(model, name=name, signature=stated, pip_requirements=["scikit-learn"])
        return str(context.run_id)

    return run


@pytest.fixture(scope="session")
def evaluate(registry_ws: Workspace) -> Evaluate:
    """Evaluate a run's model on the table; ``flip=True`` turns the labels round, so that the model is bad."""

    def run(run_id: str, *, flip: bool = False) -> None:
        table = "main.ml.labels"
        if flip:
            data = _frame()
            data["late"] = 1 - data["late"]
            table = "main.ml.flipped"
            registry_ws.catalog.write(table, data, mode="overwrite")
        registry_ws.evaluation.evaluate(f"runs:/{run_id}/model", table, targets="late")

    return run


@pytest.fixture(scope="session")
def run_id(train: Train, evaluate: Evaluate) -> str:
    """A run with a model, lineage and an evaluation, working towards no card."""
    made = train()
    evaluate(made)
    return made
