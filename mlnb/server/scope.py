"""Routes of scope cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.core.records import Record
from mlnb.scope.records import Scope
from mlnb.server.route import NATIVE, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ListScopes(Record):
    """No parameters."""


class ScopeList(Record):
    """The newest version of every card."""

    scopes: list[Scope]


class GetScope(Record):
    """Which card, and which version of it."""

    name: str
    version: int | None = None


class PutScope(Record):
    """A card: ``body`` is YAML text or the object it stands for."""

    name: str
    body: str | dict[str, Any]


class SignScope(Record):
    """A decision on a card's newest version, in a role."""

    name: str
    role: str
    decision: str = "approve"
    comment: str = ""


def list_scopes(ws: Workspace, _: ListScopes) -> ScopeList:
    """List scope cards."""
    return ScopeList(scopes=ws.scopes.list())


def get_scope(ws: Workspace, q: GetScope) -> Scope:
    """Return a scope card."""
    return ws.scopes.get(q.name, q.version)


def put_scope(ws: Workspace, q: PutScope) -> Scope:
    """Write a scope card."""
    return ws.scopes.put(q.name, q.body)


def sign_scope(ws: Workspace, q: SignScope) -> Scope:
    """Sign a scope card."""
    return ws.scopes.sign(q.name, q.role, q.decision, q.comment)  # type: ignore[arg-type]  # the service refuses other words


def _route(verb: Any, path: str, call: Any, request: Any, response: Any, summary: str) -> Route:
    return Route(
        verb, NATIVE + path, call, request, response, resource="scopes", tag="Scope", summary=summary, row="SCP-1"
    )


ROUTES = [
    _route("GET", "/scopes", list_scopes, ListScopes, ScopeList, "List scope cards"),
    _route("GET", "/scopes/{name}", get_scope, GetScope, Scope, "Return a scope card"),
    _route("PUT", "/scopes/{name}", put_scope, PutScope, Scope, "Write a scope card"),
    _route("POST", "/scopes/{name}/sign", sign_scope, SignScope, Scope, "Sign a scope card"),
]
