"""The platform's own client asks an endpoint that really runs, through the Jupyter server."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

MODEL = "main.ml.doubles"


@pytest.fixture
def endpoint(seeded: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An endpoint with a small model, deployed as a kernel would; it and its supervisor are ended afterwards."""
    import mlflow
    import pandas as pd
    from mlflow.models import infer_signature
    from sklearn.linear_model import LinearRegression

    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]})
    model = LinearRegression().fit(frame, frame["a"] * 2)
    seeded.catalog.create_schema("main.ml", if_not_exists=True)
    seeded.tracking.configure()
    with mlflow.start_run(experiment_id=seeded.tracking.experiment_id("contract-serving")):
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(frame, model.predict(frame)),
            pip_requirements=["scikit-learn"],
            serialization_format="cloudpickle",
        )
    version = seeded.models.register(logged.model_uri, MODEL)
    try:
        seeded.endpoints.deploy(f"models:/{MODEL}/{version.version}", endpoint="doubles", timeout=150)
        yield "doubles"
    finally:
        seeded.endpoints.delete("doubles", timeout=30)
        supervisor = seeded.supervisor.status()
        seeded.supervisor.stop()
        if supervisor.pid is not None:
            _wait_for_end(supervisor.pid)


def _wait_for_end(pid: int) -> None:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)


def test_an_endpoint_is_listed_read_and_queried(sdk: Any, endpoint: str) -> None:
    from databricks.sdk.errors import BadRequest, NotFound
    from databricks.sdk.service.serving import DataframeSplitInput, EndpointStateReady

    assert endpoint in [one.name for one in sdk.serving_endpoints.list()]
    found = sdk.serving_endpoints.get(endpoint)
    assert found.state.ready == EndpointStateReady.READY
    entity = found.config.served_entities[0]
    assert (entity.entity_name, entity.entity_version) == (MODEL, "1")

    records = sdk.serving_endpoints.query(endpoint, dataframe_records=[{"a": 4.0, "b": 1.0}, {"a": 5.0, "b": 0.0}])
    assert [round(value, 6) for value in records.predictions] == [8.0, 10.0]
    split = DataframeSplitInput(columns=["a", "b"], data=[[6.0, 0.0]])
    assert round(sdk.serving_endpoints.query(endpoint, dataframe_split=split).predictions[0], 6) == 12.0

    with pytest.raises(BadRequest, match="b"):
        sdk.serving_endpoints.query(endpoint, dataframe_records=[{"a": 4.0}])
    with pytest.raises(NotFound):
        sdk.serving_endpoints.get("nothing")
    with pytest.raises(NotFound):
        sdk.serving_endpoints.query("nothing", dataframe_records=[{"a": 1}])
