"""Routes of the model registry: what the screens ask for, and the platform's own paths (`registry_platform`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from mlnb.core.records import Record
from mlnb.registry.records import Activity, Approval, ModelVersion, RegisteredModel, Transition, TransitionRequest
from mlnb.scope.gates import GateReport
from mlnb.server.registry_platform import PLATFORM_ROUTES
from mlnb.server.route import NATIVE, routes_under

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ListModels(Record):
    """Filter (MLflow's language) and page of models."""

    filter: str | None = None
    max_results: int = Field(default=200, ge=1, le=500)
    page_token: str | None = None


class ModelLine(Record):
    """One model in a list."""

    name: str
    description: str | None = None
    latest_version: int | None = None
    aliases: dict[str, int]
    open_requests: int
    updated_at: int


class ModelLines(Record):
    """A page of models."""

    models: list[ModelLine]
    next_page_token: str | None = None


class GetModel(Record):
    """A model by its name."""

    name: str


class GetVersion(Record):
    """A version by number or ``@alias``."""

    name: str
    version: str


class ListActivities(Record):
    """Whose feed, and how much of it."""

    name: str
    version: str | None = None
    limit: int = Field(default=100, ge=1, le=500)


class ActivityList(Record):
    """A feed, newest first."""

    activities: list[Activity]


class GetGates(Record):
    """A version on its way to an alias."""

    name: str
    version: str
    to: str = "@champion"


class MakeVersion(Record):
    """A logged model and the name it is registered under; the model is created when there is none of that name."""

    name: str
    model_uri: str
    alias: str | None = None
    description: str | None = None


class Move(Record):
    """A version, the alias it is to get, and why."""

    name: str
    version: str
    to: str
    comment: str | None = None


class ListRequests(Record):
    """Which requests; ``state=all`` for closed ones too."""

    state: str = "open"


class RequestList(Record):
    """Requests, newest first."""

    requests: list[TransitionRequest]


def list_models(ws: Workspace, q: ListModels) -> ModelLines:
    """List models."""
    page = ws.models.search(q.filter, max_results=q.max_results, page_token=q.page_token)
    fields = set(ModelLine.model_fields)
    lines = [ModelLine(**model.model_dump(include=fields)) for model in page.items]
    return ModelLines(models=lines, next_page_token=page.next_page_token)


def get_model(ws: Workspace, q: GetModel) -> RegisteredModel:
    """Return a model with its versions and requests."""
    return ws.models.get(q.name)


def get_version(ws: Workspace, q: GetVersion) -> ModelVersion:
    """Return a version with its signature."""
    return ws.models.version(q.name, q.version)


def list_activities(ws: Workspace, q: ListActivities) -> ActivityList:
    """Return what happened to a model."""
    return ActivityList(activities=ws.models.activities(q.name, q.version, limit=q.limit))


def get_gates(ws: Workspace, q: GetGates) -> GateReport:
    """Judge a version by its scope card."""
    return ws.models.check(q.name, q.version, q.to)


def make_version(ws: Workspace, q: MakeVersion) -> ModelVersion:
    """Register a logged model as the next version."""
    return ws.models.register(q.model_uri, q.name, alias=q.alias, description=q.description)


def create_request(ws: Workspace, q: Move) -> TransitionRequest:
    """Ask for a version to get an alias."""
    return ws.models.request(q.name, q.version, q.to, comment=q.comment)


def approve_request(ws: Workspace, q: Move) -> Approval:
    """Approve what was asked for."""
    return ws.models.approve(q.name, q.version, q.to, comment=q.comment)


def reject_request(ws: Workspace, q: Move) -> Approval:
    """Reject what was asked for."""
    return ws.models.reject(q.name, q.version, q.to, comment=q.comment)


def cancel_request(ws: Workspace, q: Move) -> Approval:
    """Take back one's own request."""
    return ws.models.cancel_request(q.name, q.version, q.to, comment=q.comment)


def promote_version(ws: Workspace, q: Move) -> Transition | TransitionRequest:
    """Let an unprotected alias name a version."""
    return ws.models.promote(q.name, q.version, q.to, comment=q.comment)


def list_requests(ws: Workspace, q: ListRequests) -> RequestList:
    """List the requests of all models."""
    return RequestList(requests=ws.models.requests(state=None if q.state == "all" else q.state))


_route = routes_under(NATIVE, resource="models", tag="Models")


_VERSION = "/models/{name}/versions/{version}"

ROUTES = [
    _route("GET", "/models", list_models, ListModels, ModelLines, "List models", "REG-27"),
    _route("GET", "/models/{name}", get_model, GetModel, RegisteredModel, "Return a model", "REG-4"),
    _route(
        "GET",
        "/models/{name}/activities",
        list_activities,
        ListActivities,
        ActivityList,
        "Return a model's feed",
        "REG-3",
    ),
    _route(
        "POST",
        "/models/{name}/versions",
        make_version,
        MakeVersion,
        ModelVersion,
        "Register a logged model",
        "REG-1",
        pool="slow",
    ),
    _route("GET", _VERSION, get_version, GetVersion, ModelVersion, "Return a version", "REG-14"),
    _route("GET", f"{_VERSION}/gates", get_gates, GetGates, GateReport, "Judge a version", "REG-20"),
    _route("POST", f"{_VERSION}/requests", create_request, Move, TransitionRequest, "Ask for an alias", "REG-2"),
    _route("POST", f"{_VERSION}/approve", approve_request, Move, Approval, "Approve a request", "REG-2"),
    _route("POST", f"{_VERSION}/reject", reject_request, Move, Approval, "Reject a request", "REG-2"),
    _route("POST", f"{_VERSION}/cancel", cancel_request, Move, Approval, "Cancel a request", "REG-2"),
    _route("POST", f"{_VERSION}/promote", promote_version, Move, Transition, "Move an alias", "REG-2"),
    _route("GET", "/requests", list_requests, ListRequests, RequestList, "List requests", "REG-4"),
    *PLATFORM_ROUTES,
]
