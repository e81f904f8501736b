"""The unmodified platform client on a real endpoint, through the Jupyter server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

ROWS = [{"x": 1.0, "y": 2.0}, {"x": -3.0, "y": 0.5}]


@pytest.fixture
def registered(seeded: Any) -> Iterator[Any]:
    """The server's workspace with the registered model ``main.ml.sums``."""
    import mlflow
    import pandas as pd
    from mlflow.models import infer_signature
    from sklearn.linear_model import LinearRegression

    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0.0, 5.0, 1.0]})
    model = LinearRegression().fit(frame, frame["x"] + frame["y"])
    seeded.catalog.create_schema("main.ml", if_not_exists=True)
    seeded.tracking.configure()
    with mlflow.start_run(experiment_id=seeded.tracking.experiment_id("contract")):
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(frame, model.predict(frame)),
            pip_requirements=["scikit-learn"],
            serialization_format="cloudpickle",
        )
    seeded.models.register(logged.model_uri, "main.ml.sums")
    yield seeded
    for item in seeded.endpoints.list():
        seeded.endpoints.delete(item.name)
    seeded.supervisor.stop()


def test_the_client_lists_gets_asks_and_deletes_an_endpoint(sdk: Any, registered: Any) -> None:
    from databricks.sdk import errors
    from databricks.sdk.service.serving import DataframeSplitInput, EndpointStateReady

    registered.endpoints.deploy("main.ml.sums/1", timeout=400)  # as a kernel would
    assert [item.name for item in sdk.serving_endpoints.list()] == ["sums"]
    found = sdk.serving_endpoints.get("sums")
    assert found.state.ready == EndpointStateReady.READY
    assert found.config.served_entities[0].entity_name == "main.ml.sums"
    answer = sdk.serving_endpoints.query("sums", dataframe_records=ROWS, client_request_id="sdk-1")
    assert [round(value, 6) for value in answer.predictions] == [3.0, -2.5]
    assert answer.served_model_name == "sums-1"
    split = DataframeSplitInput(columns=["x", "y"], data=[[1.0, 1.0]])
    assert round(sdk.serving_endpoints.query("sums", dataframe_split=split).predictions[0], 6) == 2.0
    with pytest.raises(errors.BadRequest, match=r"rows\[0\]\.y: expected double, got string"):
        sdk.serving_endpoints.query("sums", dataframe_records=[{"x": 1.0, "y": "two"}])
    with pytest.raises(errors.NotFound):
        sdk.serving_endpoints.get("products")
    assert "ready on port" in sdk.serving_endpoints.logs("sums", "sums-1").logs
    registered.catalog.spool("main.ml.sums_payload").flush()
    payload = registered.catalog.read("main.ml.sums_payload")
    assert payload.set_index("client_request_id").loc["sdk-1", "requester"] == "ada"
    sdk.serving_endpoints.delete("sums")
    assert list(sdk.serving_endpoints.list()) == []


def test_the_client_creates_an_endpoint_and_is_told_what_is_not_provided(sdk: Any, registered: Any) -> None:
    from databricks.sdk import errors
    from databricks.sdk.service.serving import EndpointCoreConfigInput, EndpointStateConfigUpdate, ServedEntityInput

    one = ServedEntityInput(
        entity_name="main.ml.sums", entity_version="1", workload_size="Small", scale_to_zero_enabled=False
    )
    waiter = sdk.serving_endpoints.create("again", config=EndpointCoreConfigInput(name="again", served_entities=[one]))
    assert waiter.response.name == "again"
    state = sdk.serving_endpoints.get("again").state
    assert state.config_update in (EndpointStateConfigUpdate.IN_PROGRESS, EndpointStateConfigUpdate.NOT_UPDATING)
    with pytest.raises(errors.ResourceAlreadyExists):
        sdk.serving_endpoints.create("again", config=EndpointCoreConfigInput(name="again", served_entities=[one]))
    with pytest.raises(errors.NotImplemented, match="2 served entities"):
        sdk.serving_endpoints.create("both", config=EndpointCoreConfigInput(name="both", served_entities=[one, one]))
    missing = ServedEntityInput(entity_name="main.ml.products", entity_version="1")
    with pytest.raises(errors.NotFound):
        sdk.serving_endpoints.create("none", config=EndpointCoreConfigInput(name="none", served_entities=[missing]))
    sdk.serving_endpoints.delete("again")
    assert list(sdk.serving_endpoints.list()) == []
