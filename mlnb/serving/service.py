"""``ws.endpoints``: registered versions as REST endpoints.

Verbs write desired state and return; the supervisor makes it true. Nothing here holds a process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError, InvalidStateError
from mlnb.core.files import last_lines
from mlnb.core.supervisor import Reconciler

from . import metrics
from .client import Answer, post, request_body, response_of
from .config import ServingSettings, check_name
from .deploying import Deployer, Wish, refuse_later
from .describe import Describer, seconds_of, state_of
from .errors import EndpointExistsError, EndpointFailedError, EndpointNotReadyError
from .platform import ConfigInput, PlatformEndpoint, deploy_arguments, view
from .records import Endpoint, EndpointSummary, QueryResponse, Traffic
from .store import ACTIVE, DELETED, STOPPED, Store
from .tokens import MANAGE, TokenFiles

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.features.service import Features
    from mlnb.registry.service import Models

_POLL_S: Final = 0.1

#: Inside the class below ``list`` is the verb.
Lines = list[str]
Summaries = list[EndpointSummary]


class Endpoints:
    """Deploys models and asks the endpoints.

    Parameters
    ----------
    ground
        The workspace's stores.
    catalog
        Holds the inference tables.
    features
        Publishes what a model looks up.
    models
        The registry.
    """

    def __init__(self, ground: Ground, catalog: Catalog, features: Features, models: Models) -> None:
        self._ground = ground
        self._settings = ground.settings.section("serving", ServingSettings)
        self._store = Store(ground)
        self._tokens = TokenFiles(ground.files, ground.path / "serving" / "tokens")
        self._deployer = Deployer(ground, catalog, features, models, self._store, self._tokens, self._settings)
        self._describe = Describer(self._store, ground.journal, self._tokens, self._settings)

    def reconcilers(self) -> Sequence[Reconciler]:
        """Return what the supervisor keeps true."""
        from .supervise import EndpointReconciler

        return [EndpointReconciler(self._ground, self._store, self._settings)]

    # Deploying

    def deploy(
        self,
        model: str,
        version: int | str | None = None,
        *,
        endpoint: str | None = None,
        inference_table: bool | str = True,
        durable: bool | None = None,
        port: int | None = None,
        wait: bool = True,
        timeout: float = 600,
        on_progress: Callable[[str], None] | None = None,
        **later: Any,
    ) -> Endpoint:
        """Serve a registered version: a new endpoint, or a new version behind an endpoint that exists.

        An endpoint that answers goes on answering until the new version does.

        Parameters
        ----------
        model, version
            ``models:/catalog.schema.model@alias``, ``catalog.schema.model/3``, or name and version apart.
        endpoint
            Its name; the model's by default.
        inference_table
            Where requests are recorded: beside the model, ``schema.prefix``, or False for nowhere.
        durable
            Whether an answer waits until the request is recorded, so that none is ever missing. True unless said otherwise.
        port
            Take this port, or fail with ``PORT_IN_USE``.
        wait, timeout
            Return when it answers, within this many seconds.
        on_progress
            Called with each new message while waiting.

        Raises
        ------
        NotFoundError
            When model, version or alias do not exist.
        EndpointFailedError
            When it could not be started; the reason is in the message.
        """
        refuse_later(later)
        wish = Wish(endpoint, inference_table, durable, port)
        name = self._deployer.request(model, version, wish, on_progress or (lambda _message: None))
        self._ground.supervisor.ensure()
        return self.wait(name, timeout=timeout, on_progress=on_progress) if wait else self.get(name)

    def create(self, name: str, config: ConfigInput) -> PlatformEndpoint:
        """Create an endpoint from the platform's configuration; returns at once, while it starts.

        Raises
        ------
        EndpointExistsError
            When the name is in use.
        """
        if self._store.endpoint(check_name(name)) is not None:
            raise EndpointExistsError(
                f"Endpoint {name} exists.", hint="Update its config (PUT …/config), or choose another name."
            )
        self.deploy(endpoint=name, wait=False, **deploy_arguments(config))
        return self.as_platform(name)

    def update_config(self, name: str, config: ConfigInput) -> PlatformEndpoint:
        """Change what an endpoint serves, by the platform's configuration; returns at once, while the new version starts."""
        self._describe.row(name)
        self.deploy(endpoint=name, wait=False, **deploy_arguments(config))
        return self.as_platform(name)

    def wait(self, name: str, timeout: float = 600, *, on_progress: Callable[[str], None] | None = None) -> Endpoint:
        """Return the endpoint once it answers and no update is under way.

        Raises
        ------
        EndpointFailedError
            When starting or updating it failed.
        EndpointNotReadyError
            When ``timeout`` seconds pass; it goes on starting.
        """
        said = ""

        def look() -> Endpoint | None:
            nonlocal said
            row = self._describe.row(name)
            if row.desired != ACTIVE:
                raise InvalidStateError(
                    f"Endpoint {name} is {row.desired.lower()}.", hint=f"Start it: %deploy start {name}."
                )
            if row.pending_version is None:
                if row.config_update == "UPDATE_FAILED":
                    raise EndpointFailedError(
                        f"Endpoint {name} could not be started: {row.message}.", hint=self._log_hint(name)
                    )
                if row.ready == "READY":
                    return self.get(name)
            if on_progress is not None and row.message and row.message != said:
                said = row.message
                on_progress(said)
            return None

        found = self._ground.supervisor.wait_until(look, timeout=timeout, poll_s=_POLL_S)
        if found is None:
            raise EndpointNotReadyError(
                f"Endpoint {name} does not answer after {timeout:g} s: {said or 'starting'}.", hint=self._log_hint(name)
            )
        return found

    def _log_hint(self, name: str) -> str:
        from .supervise import log_file

        return f"Its log: %deploy logs {name} ({log_file(self._ground.path, name)})."

    def start(self, name: str, *, wait: bool = True, timeout: float = 600) -> Endpoint:
        """Start a stopped endpoint, or try one that failed again; nothing happens when it runs."""
        row = self._describe.row(name)
        if row.desired == STOPPED or (row.config_update == "UPDATE_FAILED" and row.config_version is None):
            values: dict[str, Any] = {
                "desired": ACTIVE,
                "config_update": "NOT_UPDATING",
                "message": "waiting for the supervisor",
            }
            with self._store.begin():
                if row.config_version is None:
                    version = self._describe.newest_version(row.id)
                    self._store.set_entity(row.id, version, "DEPLOYMENT_CREATING")
                    values |= {"pending_version": version, "config_update": "IN_PROGRESS"}
                self._store.update(row.id, **values)
                self._store.event("started", name)
        self._ground.supervisor.ensure()
        return self.wait(name, timeout=timeout) if wait else self.get(name)

    def stop(self, name: str, *, wait: bool = True, timeout: float = 60) -> Endpoint:
        """Stop an endpoint; it keeps its name, port, token and tables, and :meth:`start` brings it back."""
        row = self._describe.row(name)
        if row.desired != STOPPED:
            with self._store.begin():
                if row.pending_version is not None:
                    self._store.close_config(row.id, row.pending_version, "CANCELED")
                state = {"ready": "NOT_READY", "config_update": "NOT_UPDATING", "message": "stopping"}
                self._store.update(row.id, desired=STOPPED, pending_version=None, **state)
                self._store.event("stopped", name)
        self._ground.supervisor.ensure()
        if wait:
            self._wait_for_end(row.id, name, timeout)
        return self.get(name)

    def delete(self, name: str, *, wait: bool = True, timeout: float = 60) -> None:
        """Delete an endpoint; its inference tables stay."""
        row = self._describe.row(name)
        with self._store.begin():
            self._store.update(row.id, desired=DELETED, pending_version=None, ready="NOT_READY", message="deleting")
            self._store.event("deleted", name)
        self._tokens.remove(name)
        self._ground.supervisor.ensure()
        if wait:
            self._wait_for_end(row.id, name, timeout)

    def _wait_for_end(self, endpoint_id: str, name: str, timeout: float) -> None:
        """Wait until no process is left (a deleted endpoint: until its row is gone)."""

        def look() -> bool | None:
            row = self._store.by_id(endpoint_id)
            over = row is None or (row.desired == STOPPED and not self._store.processes(endpoint_id))
            return over or None

        if self._ground.supervisor.wait_until(look, timeout=timeout, poll_s=_POLL_S):
            return
        raise EndpointNotReadyError(f"Endpoint {name} has not ended within {timeout:g} s.", hint=self._log_hint(name))

    # Looking

    def list(self) -> Summaries:
        """Return all endpoints, by name."""
        return self._describe.every()

    def get(self, name: str) -> Endpoint:
        """Return an endpoint with its inputs, address, latency and history.

        Raises
        ------
        EndpointNotFoundError
            With the nearest names as hint.
        """
        return self._describe.one(name)

    def as_platform(self, name: str) -> PlatformEndpoint:
        """Return an endpoint in the platform's shape."""
        row = self._describe.row(name)
        return view(self._store, row, self._describe.url(row))

    def series(self, name: str, window: str | int = "1h", step: int = 60) -> Traffic:
        """Return traffic and latency by time step.

        Parameters
        ----------
        window
            Seconds, or ``30m``, ``1h``, ``7d``.
        step
            Seconds, at least 60.
        """
        row = self._describe.row(name)
        seconds = seconds_of(window)
        if step < 60 or seconds // step > 2000:
            raise InvalidParameterError(
                f"step {step} s does not fit a window of {seconds} s.", hint="At least 60 s, at most 2,000 steps."
            )
        with self._store.connect() as connection:
            return metrics.traffic(connection, row.id, window_s=seconds, step_s=step)

    def logs(self, name: str, tail: int = 200) -> Lines:
        """Return the last lines of the endpoint's log."""
        from .supervise import log_file

        self._describe.row(name)
        path = log_file(self._ground.path, name)
        return last_lines(path, tail) if tail >= 1 else []

    # Asking

    def query(
        self,
        name: str,
        *,
        dataframe_records: Any = None,
        dataframe_split: Any = None,
        inputs: Any = None,
        instances: Any = None,
        params: Mapping[str, Any] | None = None,
        client_request_id: str | None = None,
        timeout: float | None = None,
    ) -> QueryResponse:
        """Ask an endpoint; a data frame may stand for ``dataframe_records`` or ``dataframe_split``.

        Raises
        ------
        BadRequestError
            With every wrong field.
        EndpointNotReadyError
            When it does not answer.
        """
        body = request_body(
            dataframe_records=dataframe_records,
            dataframe_split=dataframe_split,
            inputs=inputs,
            instances=instances,
            params=params,
            client_request_id=client_request_id,
        )
        return response_of(self.invoke(name, body, timeout=timeout))

    def test(self, name: str) -> QueryResponse:
        """Ask an endpoint with its own example; the request is recorded like any other."""
        example = self._describe.config(self._describe.row(name)).example or {}
        return self.query(name, dataframe_split=example.get("dataframe_split"))

    def invoke(
        self, name: str, body: bytes, *, content_type: str = "application/json", timeout: float | None = None
    ) -> Answer:
        """Send a body to an endpoint as the current caller and return its answer as it is.

        Raises
        ------
        EndpointNotReadyError
            When it is stopped, failed or does not answer.
        """
        row = self._describe.row(name)
        token = self._tokens.read(name, MANAGE)
        if row.port is None or row.desired != ACTIVE or token is None or state_of(row) == "FAILED":
            why = f": {row.message}" if row.message else ""
            raise EndpointNotReadyError(
                f"Endpoint {name} is {state_of(row)}{why}.", hint=f"Start it: %deploy start {name}."
            )
        return post(
            self._settings.host,
            row.port,
            token,
            body,
            requester=current_caller().principal,
            content_type=content_type,
            timeout=timeout or self._settings.request_timeout_s + 3,
        )
