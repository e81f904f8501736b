"""Routes of serving: what the screens ask for, the platform's own paths, and the way to an endpoint below the Lab URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from mlnb.core.records import Record
from mlnb.server.route import NATIVE, Empty, PlatformModel, RawRequest, RawResponse, Route
from mlnb.serving.platform import ConfigInput, PlatformEndpoint
from mlnb.serving.records import Endpoint, EndpointSummary, Traffic

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ListEndpoints(Record):
    """No parameters."""


class EndpointSummaries(Record):
    """All endpoints, by name."""

    endpoints: list[EndpointSummary]


class NamedEndpoint(Record):
    """An endpoint by its name."""

    name: str


class GetTraffic(Record):
    """Traffic of a window, ``1h``, in steps of so many seconds."""

    name: str
    window: str = "1h"
    step: int = Field(default=60, ge=60)


class GetLogs(Record):
    """The last lines of an endpoint's log."""

    name: str
    tail: int = Field(default=200, ge=1, le=5000)


class LogLines(Record):
    """Lines of a log, oldest first."""

    lines: list[str]


class PlatformName(PlatformModel):
    """An endpoint by its name."""

    name: str


class CreateEndpoint(PlatformModel):
    """A new endpoint."""

    name: str
    config: ConfigInput


class PlatformEndpoints(PlatformModel):
    """All endpoints."""

    endpoints: list[PlatformEndpoint]


class UpdateConfig(ConfigInput):
    """A new configuration of an endpoint."""

    name: str


class GetServedModelLogs(PlatformModel):
    """The log of a served model."""

    name: str
    served_model_name: str


class ServedModelLogs(PlatformModel):
    """The log of a served model, as one text."""

    logs: str


def list_endpoints(ws: Workspace, _: ListEndpoints) -> EndpointSummaries:
    """List endpoints."""
    return EndpointSummaries(endpoints=ws.endpoints.list())


def get_endpoint(ws: Workspace, q: NamedEndpoint) -> Endpoint:
    """Return an endpoint with its inputs, address, latency and history."""
    return ws.endpoints.get(q.name)


def get_traffic(ws: Workspace, q: GetTraffic) -> Traffic:
    """Return traffic by time step."""
    return ws.endpoints.series(q.name, q.window, q.step)


def get_logs(ws: Workspace, q: GetLogs) -> LogLines:
    """Return the last lines of the log."""
    return LogLines(lines=ws.endpoints.logs(q.name, q.tail))


def start_endpoint(ws: Workspace, q: NamedEndpoint) -> Endpoint:
    """Start a stopped endpoint; the answer does not wait for it."""
    return ws.endpoints.start(q.name, wait=False)


def stop_endpoint(ws: Workspace, q: NamedEndpoint) -> Endpoint:
    """Stop an endpoint; the answer does not wait for it."""
    return ws.endpoints.stop(q.name, wait=False)


def list_platform_endpoints(ws: Workspace, _: Empty) -> PlatformEndpoints:
    """List endpoints in the platform's shape."""
    return PlatformEndpoints(endpoints=[ws.endpoints.as_platform(item.name) for item in ws.endpoints.list()])


def create_endpoint(ws: Workspace, q: CreateEndpoint) -> PlatformEndpoint:
    """Create an endpoint; it starts in the background."""
    return ws.endpoints.create(q.name, q.config)


def get_platform_endpoint(ws: Workspace, q: PlatformName) -> PlatformEndpoint:
    """Return an endpoint in the platform's shape."""
    return ws.endpoints.as_platform(q.name)


def delete_endpoint(ws: Workspace, q: PlatformName) -> Empty:
    """Delete an endpoint; it ends in the background."""
    ws.endpoints.delete(q.name, wait=False)
    return Empty()


def update_config(ws: Workspace, q: UpdateConfig) -> PlatformEndpoint:
    """Change what an endpoint serves; the new version starts in the background."""
    return ws.endpoints.update_config(q.name, q)


def served_model_logs(ws: Workspace, q: GetServedModelLogs) -> ServedModelLogs:
    """Return the log of a served model."""
    return ServedModelLogs(logs="\n".join(ws.endpoints.logs(q.name, 1000)))


def invoke(ws: Workspace, q: RawRequest) -> RawResponse:
    """Send a request on to its endpoint, as the caller, and its answer back as it is."""
    answer = ws.endpoints.invoke(q.params["name"], q.body, content_type=q.headers.get("content-type", ""))
    headers = dict(answer.headers)
    content_type = headers.pop("content-type", "application/json")
    return RawResponse(answer.body, content_type, answer.status, headers)


def _ours(verb: Any, path: str, call: Any, request: Any, response: Any, summary: str, **more: Any) -> Route:
    return Route(
        verb,
        f"{NATIVE}/endpoints{path}",
        call,
        request,
        response,
        resource="endpoints",
        tag="Serving",
        summary=summary,
        **more,
    )


def _platform(verb: Any, path: str, call: Any, request: Any, response: Any, summary: str, **more: Any) -> Route:
    address = f"/api/2.0/serving-endpoints{path}"
    return Route(verb, address, call, request, response, resource="endpoints", tag="Serving", summary=summary, **more)


ROUTES = [
    _ours("GET", "", list_endpoints, ListEndpoints, EndpointSummaries, "List endpoints", row="SRV-1"),
    _ours("GET", "/{name}", get_endpoint, NamedEndpoint, Endpoint, "An endpoint's page", row="SRV-1"),
    _ours("GET", "/{name}/traffic", get_traffic, GetTraffic, Traffic, "Traffic by time", row="SRV-6"),
    _ours("GET", "/{name}/logs", get_logs, GetLogs, LogLines, "Last lines of the log", row="SRV-13"),
    _ours("POST", "/{name}/start", start_endpoint, NamedEndpoint, Endpoint, "Start an endpoint", row="SRV-1"),
    _ours("POST", "/{name}/stop", stop_endpoint, NamedEndpoint, Endpoint, "Stop an endpoint", row="SRV-1"),
    _platform("GET", "", list_platform_endpoints, Empty, PlatformEndpoints, "List endpoints", row="SRV-1"),
    _platform(
        "POST", "", create_endpoint, CreateEndpoint, PlatformEndpoint, "Create an endpoint", row="SRV-1", pool="slow"
    ),
    _platform("GET", "/{name}", get_platform_endpoint, PlatformName, PlatformEndpoint, "Get an endpoint", row="SRV-1"),
    _platform("DELETE", "/{name}", delete_endpoint, PlatformName, Empty, "Delete an endpoint", row="SRV-1"),
    _platform(
        "PUT",
        "/{name}/config",
        update_config,
        UpdateConfig,
        PlatformEndpoint,
        "Serve another version",
        row="SRV-1",
        pool="slow",
    ),
    _platform(
        "GET",
        "/{name}/served-models/{served_model_name}/logs",
        served_model_logs,
        GetServedModelLogs,
        ServedModelLogs,
        "Log of a served model",
        row="SRV-13",
    ),
    Route(
        "POST",
        "/serving-endpoints/{name}/invocations",
        invoke,
        None,
        None,
        resource="endpoints",
        action="execute",
        raw=True,
        tag="Serving",
        summary="Ask an endpoint",
        row="SRV-1",
    ),
]
