"""A workspace with registered models and one endpoint that really runs, shared by the tests of this folder."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

MODEL = "main.ml.delays"


def train(seed: int) -> tuple[Any, Any, Any]:
    """Fit a small pipeline that takes a number, a text, a time and an optional number."""
    import numpy as np
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "distance": random.uniform(100, 3000, 300),
            "carrier": random.choice(["UA", "AA", "B6"], 300),
            "seats": random.integers(50, 300, 300),
            "wind": np.where(random.random(300) < 0.2, np.nan, random.uniform(0, 40, 300)),
            "requested_at": pd.date_range("2013-01-01", periods=300, freq="h"),
        }
    )
    late = (frame["distance"] + 40 * frame["wind"].fillna(0) > 2000).astype(int)
    columns = ColumnTransformer(
        [
            ("text", OneHotEncoder(handle_unknown="ignore"), ["carrier"]),
            ("rest", SimpleImputer(), ["distance", "seats", "wind"]),
        ]
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=200)).fit(frame, late)
    return model, frame, late


def register(ws: Any, model: Any, frame: Any, predictions: Any, *, name: str = MODEL, example: bool = True) -> Any:
    """Log a model in an experiment of the workspace and register it."""
    import mlflow
    from mlflow.models import infer_signature

    ws.tracking.configure()
    with mlflow.start_run(experiment_id=ws.tracking.experiment_id("serving")):
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(frame, predictions),
            input_example=frame.head(2) if example else None,
            pip_requirements=["scikit-learn"],
            serialization_format="cloudpickle",
        )
    return ws.models.register(logged.model_uri, name)


@pytest.fixture(scope="package")
def shared(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A workspace of these tests whose spools are flushed quickly; endpoints and supervisor are ended afterwards."""
    from mlnb import door

    folder = tmp_path_factory.mktemp("serving") / ".mlnb"
    shutil.copytree(workspace_template, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLNB_WORKSPACE", str(folder))
        patch.setenv("MLNB_USER", "ada")
        patch.setenv("MLNB_CATALOG__SPOOL_SECONDS", "0.3")
        patch.chdir(folder.parent)
        ws = door.open_workspace(folder)
        try:
            yield ws
        finally:
            end(ws)
            ws.close()
            door._opened.pop(folder, None)


def end(ws: Any) -> None:
    """Stop every endpoint and the supervisor, whatever state the tests left."""
    for endpoint in ws.endpoints.list():
        with contextlib.suppress(Exception):
            ws.endpoints.delete(endpoint.name, timeout=20)
    with contextlib.suppress(Exception):
        ws.supervisor.stop()
    for row in ws.endpoints._store.processes():
        with contextlib.suppress(ProcessLookupError):
            if row.pid:
                os.kill(row.pid, signal.SIGKILL)


@pytest.fixture(scope="package")
def served(shared: Any) -> Any:
    """The workspace with the endpoint ``delays`` answering."""
    model, frame, late = train(0)
    shared.catalog.create_schema("main.ml", if_not_exists=True)
    register(shared, model, frame, late)
    shared.endpoints.deploy(f"models:/{MODEL}/1", endpoint="delays", timeout=150)
    return shared


ROW: Mapping[str, Any] = {
    "distance": 1500.0,
    "carrier": "UA",
    "seats": 120,
    "wind": 12.5,
    "requested_at": "2013-08-01T14:00:00Z",
}


class Client:
    """Speaks HTTP to an endpoint, as curl would."""

    def __init__(self, ws: Any, name: str = "delays") -> None:
        self.port = int(ws.endpoints.get(name).url.split(":")[2].split("/")[0])
        self.token = Path(ws.endpoints.get(name).token_file).read_text().strip()

    def send(
        self,
        method: str = "POST",
        path: str = "/invocations",
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = "own",
        timeout: float = 60,
    ) -> tuple[int, dict[str, str], Any]:
        """Send one request; return status, headers and the parsed body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        sent = {"Content-Type": "application/json"} if body is not None else {}
        if token is not None:
            sent["Authorization"] = f"Bearer {self.token if token == 'own' else token}"
        content = body if isinstance(body, (bytes, str)) or body is None else json.dumps(body)
        try:
            connection.request(method, path, content, {**sent, **(headers or {})})
            response = connection.getresponse()
            raw = response.read()
            found = {key.lower(): value for key, value in response.getheaders()}
            return response.status, found, json.loads(raw) if raw else None
        finally:
            connection.close()


class Load:
    """Clients that send requests until told to stop, and note what came back."""

    def __init__(self, ws: Any, clients: int = 3) -> None:
        self._client = Client(ws)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]
        self.acknowledged: list[str] = []
        self.versions: Counter[str] = Counter()
        self.failures: list[str] = []

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(160)

    def _run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        headers = {"Authorization": f"Bearer {self._client.token}", "Content-Type": "application/json"}
        body = json.dumps({"dataframe_records": [ROW, ROW]})
        while not self._stop.is_set():
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self._client.port, timeout=150)
                connection.request("POST", "/invocations", body, headers)
                response = connection.getresponse()
                response.read()
                if response.status != 200:
                    raise OSError(f"status {response.status}")
                self.acknowledged.append(response.headers["x-request-id"])
                self.versions[response.headers["served-model-name"]] += 1
                if response.headers.get("connection") == "close":
                    connection = None
                time.sleep(0.01)  # leave the endpoint some of the computer
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection = None
                time.sleep(0.05)


def logged(ws: Any, table: str = "main.ml.delays_payload") -> Any:
    """Return an inference table as a frame, with everything that waits in its spool."""
    ws.catalog.spool(table).flush()
    return ws.catalog.read(table)
