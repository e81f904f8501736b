"""What is killed comes back, what is replaced fails no request, and nothing acknowledged is lost or doubled."""

from __future__ import annotations

import os
import signal
from collections import Counter
from typing import Any

import pytest

from mlnb.core.errors import ConflictError, InvalidStateError, NotFoundError, NotProvidedError
from mlnb.core.processes import identify
from mlnb.registry.registration import SignatureMissingError
from mlnb.serving.errors import EndpointFailedError, EndpointNotReadyError
from tests.waiting import until

from .conftest import MODEL, ROW, Client, Load, logged, register, train

pytestmark = pytest.mark.usefixtures("served")


def ready_with_another_process(ws: Any, pid: int) -> Any:
    endpoint = ws.endpoints.get("delays")
    return endpoint if endpoint.state == "READY" and endpoint.process.pid not in (None, pid) else None


def assert_recorded_once(ws: Any, acknowledged: list[str], rows_each: int = 2) -> None:
    payload = Counter(logged(ws)["databricks_request_id"])
    rows = Counter(logged(ws, "main.ml.delays_payload_rows")["databricks_request_id"])
    assert len(set(acknowledged)) == len(acknowledged)
    assert [request for request in acknowledged if payload[request] != 1] == []
    assert [request for request in acknowledged if rows[request] != rows_each] == []
    assert max(payload.values()) == 1
    assert ws.catalog.spool("main.ml.delays_payload").status().rejected == 0
    assert ws.catalog.spool("main.ml.delays_payload_rows").status().rejected == 0


def test_an_endpoint_outlives_a_killed_supervisor_and_is_adopted(served: Any) -> None:
    before = served.endpoints.get("delays")
    supervisor = served.supervisor.status().pid
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: identify(supervisor) is None)
    assert not served.supervisor.status().running
    assert Client(served).send(body={"dataframe_records": [ROW]})[0] == 200
    served.supervisor.ensure()
    log = served.supervisor.log_path
    until(lambda: f"adopted process {before.process.pid}" in log.read_text())
    assert served.endpoints.get("delays").process == before.process


def test_killed_in_the_middle_of_requests_nothing_acknowledged_is_lost_or_doubled(served: Any) -> None:
    pid = served.endpoints.get("delays").process.pid
    with Load(served) as load:
        until(lambda: len(load.acknowledged) > 50)
        os.kill(pid, signal.SIGKILL)
        back = until(lambda: ready_with_another_process(served, pid), 150)
        count = len(load.acknowledged)
        until(lambda: len(load.acknowledged) > count + 20)
    # What was in flight failed; what came while it was started again waited in the backlog and was answered.
    assert len(load.failures) <= 3
    assert [event.action for event in back.events][:2] == ["endpoint.recovered", "endpoint.failed"]
    assert_recorded_once(served, load.acknowledged)


def test_a_new_version_takes_over_without_a_failed_request_and_may_have_more_inputs(served: Any) -> None:
    import numpy as np

    model, frame, late = train(1)
    wider = frame.assign(gust=np.where(np.arange(len(frame)) % 3 == 0, np.nan, 5.0))
    register(served, model, wider, late)
    old = served.endpoints.get("delays").process.pid
    with Load(served) as load:
        until(lambda: len(load.acknowledged) > 20)
        updated = served.endpoints.deploy(f"{MODEL}/2", endpoint="delays", wait=False)
        assert (updated.state, updated.model_version, updated.updating_to) == ("READY", 1, 2)
        with pytest.raises(ConflictError):
            served.endpoints.deploy(f"{MODEL}/1", endpoint="delays")
        until(lambda: len([row for row in served.endpoints._store.processes() if row.pid]) == 2)
        os.kill(served.supervisor.status().pid, signal.SIGKILL)  # half-way through the change
        served.supervisor.ensure()
        served.endpoints.wait("delays", timeout=150)
        count = load.versions["delays-2"]
        until(lambda: load.versions["delays-2"] > count + 20)
        until(lambda: identify(old) is None)
    assert load.failures == []
    assert load.versions["delays-1"] > 20
    assert served.endpoints.get("delays").model_version == 2
    assert_recorded_once(served, load.acknowledged)
    rows = logged(served, "main.ml.delays_payload_rows")
    assert set(rows["model_version"]) == {"1", "2"}
    assert rows["gust"].isna().all()


def test_an_update_that_fails_changes_nothing(served: Any) -> None:
    class Broken:
        """A model that can be loaded and never answers; local, so that it is pickled with its code."""

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            return {}

        def fit(self, *_: Any) -> Any:
            return self

        def predict(self, frame: Any) -> Any:
            raise RuntimeError("this model is broken")

    _, frame, late = train(0)
    broken = register(served, Broken(), frame, late)
    with pytest.raises(EndpointFailedError, match="this model is broken"):
        served.endpoints.deploy(f"{MODEL}/{broken.version}", endpoint="delays", timeout=150)
    endpoint = served.endpoints.get("delays")
    assert (endpoint.state, endpoint.model_version) == ("READY", 2)
    assert "this model is broken" in (endpoint.message or "")
    assert endpoint.events[0].action == "endpoint.failed"
    assert Client(served).send(body={"dataframe_records": [ROW]})[1]["served-model-name"] == "delays-2"
    assert served.endpoints.as_platform("delays").state.config_update == "UPDATE_FAILED"


@pytest.mark.parametrize(
    ("model", "options", "error", "says"),
    [
        ("main.ml.delay@champion", {}, NotFoundError, "main.ml.delay"),
        (f"{MODEL}@champion", {}, NotFoundError, "@champion"),
        (f"{MODEL}/99", {}, NotFoundError, "no version 99"),
        (f"{MODEL}/1", {"endpoint": "no good"}, ValueError, ""),
        (f"{MODEL}/1", {"shadow": True}, NotProvidedError, "shadow"),
        (f"{MODEL}/1", {"traffic": {"a": 50}}, NotProvidedError, "traffic"),
        (f"{MODEL}/1", {"port": 70_000}, ValueError, ""),
    ],
)
def test_what_cannot_be_deployed_is_refused_and_nothing_is_left(
    served: Any, model: str, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    from mlnb.core.errors import InvalidParameterError

    expected = InvalidParameterError if error is ValueError else error
    before = (served.journal.last_id(), [item.name for item in served.endpoints.list()])
    with pytest.raises(expected) as caught:
        served.endpoints.deploy(model, **{"endpoint": "other", **options})
    assert says in str(caught.value)
    assert [item.name for item in served.endpoints.list()] == before[1]
    assert not [event for event in served.journal.tail(50, after=before[0]) if event.action.startswith("endpoint.")]


def test_a_model_without_signature_is_refused_with_the_line_that_adds_one(served: Any) -> None:
    import mlflow

    model, _, _ = train(0)
    served.tracking.configure()
    with mlflow.start_run(experiment_id=served.tracking.experiment_id("serving")):
        mlflow.sklearn.log_model(
            model,
            name="bare",
            pip_requirements=["scikit-learn"],
            serialization_format="cloudpickle",
            registered_model_name="main.ml.bare",
        )
    with pytest.raises(SignatureMissingError) as caught:
        served.endpoints.deploy("main.ml.bare/1")
    assert "infer_signature" in (caught.value.hint or "")


def test_an_endpoint_stops_starts_again_at_its_address_and_is_deleted(served: Any) -> None:
    client, before = Client(served), served.endpoints.get("delays")
    stopped = served.endpoints.stop("delays")
    assert (stopped.state, stopped.process.pid) == ("STOPPED", None)
    with pytest.raises(ConnectionRefusedError):
        client.send(body={"dataframe_records": [ROW]})
    with pytest.raises(EndpointNotReadyError, match="STOPPED"):
        served.endpoints.query("delays", dataframe_records=[ROW])
    with pytest.raises(InvalidStateError):
        served.endpoints.wait("delays", timeout=1)
    started = served.endpoints.start("delays", timeout=150)
    assert (started.state, started.url) == ("READY", before.url)
    assert client.send(body={"dataframe_records": [ROW]})[0] == 200
    pid = started.process.pid
    served.endpoints.delete("delays")
    assert identify(pid) is None
    assert served.endpoints.list() == []
    assert served.catalog.exists("main.ml.delays_payload")
    assert served.journal.verify().ok
