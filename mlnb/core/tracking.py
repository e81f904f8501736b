"""The workspace's MLflow: where it is, a client for it, and experiments whose artifacts stay in the workspace."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

#: Where MLflow looks up the address of its store, and what was written there by a workspace of this process.
_ADDRESS = "MLFLOW_TRACKING_URI"
_announced: str | None = None
#: The tracking server that a workspace of this process uses.
_server: str | None = None

_loading = threading.Lock()
_PLAINLY = threading.Lock()
_loaded = threading.Event()


def load_mlflow() -> None:
    """Import MLflow, one thread at a time; whoever uses it in a process with several threads calls this first.

    Its modules import one another in circles. Two threads that begin with different ones would wait for each other, and Python ends
    that by handing out modules that are half made.
    """
    if _loaded.is_set():
        return
    with _loading:
        import mlflow.exceptions
        import mlflow.models
        import mlflow.tracking
        import mlflow.utils.search_utils  # noqa: F401

        _loaded.set()


def folder_name(experiment: str) -> str:
    """Return the folder of an experiment's artifacts: its name where that is one in every place, else what is left of it and a hash.

    MLflow takes ``%20`` in a path for a space and a folder for a part of an address, so neither may need quoting.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", experiment).strip("._")[:80]
    return (
        plain
        if plain == experiment
        else f"{plain or 'experiment'}-{hashlib.sha256(experiment.encode()).hexdigest()[:8]}"
    )


def is_server(uri: str) -> bool:
    """Whether MLflow's store is a server reached over HTTP."""
    return uri.startswith(("http://", "https://"))


def _served_by(uri: str) -> None:
    global _server
    if is_server(uri):
        _server = uri


def artifact_repository(uri: str) -> Any:
    """Return what reads and writes the files at an address; ``mlflow-artifacts:`` means this process's tracking server."""
    load_mlflow()
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    return get_artifact_repository(uri, tracking_uri=_server)


class Tracking:
    """MLflow's addresses and client (``ws.tracking``); MLflow is imported when it is first asked for.

    Attributes
    ----------
    uri
        Tracking and registry URI.
    artifact_root
        Folder or URL below which every experiment keeps its artifacts; empty where the tracking server decides.
    """

    def __init__(self, uri: str, artifact_root: str) -> None:
        self.uri = uri
        self.artifact_root = artifact_root
        self._lock = threading.Lock()
        self._client: MlflowClient | None = None

    def client(self) -> MlflowClient:
        """Return the client of this workspace's stores (one per process)."""
        with self._lock:
            if self._client is None:
                # A new store tells of each of its hundred tables, in red, in whatever cell comes first.
                for name in ("mlflow.store.db.utils", "alembic"):
                    logging.getLogger(name).setLevel(logging.WARNING)
                load_mlflow()
                self._keep_artifacts_here()
                _served_by(self.uri)
                if self.uri.startswith("http"):
                    # MLflow tries for four minutes; a cell should not. What cannot be sent is kept and sent later.
                    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
                    os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
                from mlflow.tracking import MlflowClient

                from .tracking_store import ensure_store

                ensure_store(self.uri)
                self._client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            return self._client

    def prepare(self) -> None:
        """Make MLflow's tables where there are none yet, before plain MLflow calls would, which take no care of one another."""
        path = self.uri.removeprefix("sqlite:///")
        if path != self.uri and not os.path.exists(path):
            self.client()

    def configure(self) -> None:
        """Make plain ``mlflow`` calls of this process go to this workspace's stores."""
        load_mlflow()
        self._keep_artifacts_here()
        import mlflow

        if mlflow.get_tracking_uri() != self.uri:
            mlflow.set_tracking_uri(self.uri)
        if mlflow.get_registry_uri() != self.uri:
            mlflow.set_registry_uri(self.uri)

    @contextmanager
    def plainly(self) -> Iterator[None]:
        """Let what asks MLflow's store of the process come to this workspace's for a while, one thread at a time.

        MLflow's own registry looks a logged model up there, whatever store it was itself made for; a server has not chosen one.
        """
        load_mlflow()
        import mlflow
        from mlflow.tracking._tracking_service.utils import _use_tracking_uri

        with _PLAINLY:
            if mlflow.get_tracking_uri() == self.uri:
                yield
                return
            named = os.environ.get(_ADDRESS)
            try:
                # MLflow's own: a store that nobody has chosen stays one that nobody has chosen.
                with _use_tracking_uri(self.uri):
                    yield
            finally:
                if named is None:
                    os.environ.pop(_ADDRESS, None)
                else:
                    os.environ[_ADDRESS] = named

    def announce(self) -> None:
        """Let plain ``mlflow`` calls of this process come to this workspace's stores, unless the user chose others.

        MLflow reads the environment when it is first asked where to go, so nothing is imported here. A store that is named there, or
        was set with ``mlflow.set_tracking_uri``, which names it there too, is the user's choice and stays.
        """
        global _announced
        if os.environ.get(_ADDRESS) in (None, "", _announced):
            os.environ[_ADDRESS] = _announced = self.uri
            self._keep_artifacts_here()

    def _keep_artifacts_here(self) -> None:
        """Give MLflow the root for experiments that name none, its own "Default" among them.

        It would otherwise put them into ``./mlruns`` of whatever folder the process happens to be in; this variable is how MLflow's
        own server tells its workers.
        """
        if self.artifact_root:
            os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = self.artifact_root

    def experiment_id(self, name: str) -> str:
        """Return the id of an experiment, creating it with its artifacts inside the workspace.

        MLflow would otherwise put them into ``./mlruns`` of whatever folder the process happens to be in.
        """
        client = self.client()
        from mlflow.exceptions import MlflowException

        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            location = f"{self.artifact_root}/{folder_name(name)}" if self.artifact_root else None
            try:
                return str(client.create_experiment(name, artifact_location=location))
            except MlflowException:
                # Somebody created it in between.
                experiment = client.get_experiment_by_name(name)
                if experiment is None:
                    raise
        if experiment.lifecycle_stage == "deleted":
            client.restore_experiment(experiment.experiment_id)
        return str(experiment.experiment_id)
