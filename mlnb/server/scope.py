"""Routes of scope cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.core.records import Record
from mlnb.scope.gates import GateReport
from mlnb.scope.records import Scope, ScopeDiff, ScopeTemplate
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
    """A card: ``body`` is YAML text or the object it stands for, ``replaces`` the version it began with (0: none)."""

    name: str
    body: str | dict[str, Any]
    replaces: int | None = None


class ScopeHistory(Record):
    """Which card."""

    name: str


class CompareScopes(Record):
    """A card and two of its versions; the newest and the one before it by default."""

    name: str
    before: int | None = None
    after: int | None = None


class GetTemplate(Record):
    """A class of problems: classification, regression, forecasting, …."""

    problem: str


class RetireScope(Record):
    """Why nothing is judged by the card any more."""

    name: str
    reason: str = ""


class CheckScope(Record):
    """A card, and the run that it judges."""

    name: str
    run_id: str


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
    return ws.scopes.put(q.name, q.body, replaces=q.replaces)


def sign_scope(ws: Workspace, q: SignScope) -> Scope:
    """Sign a scope card."""
    return ws.scopes.sign(q.name, q.role, q.decision, q.comment)  # type: ignore[arg-type]  # the service refuses other words


def scope_history(ws: Workspace, q: ScopeHistory) -> ScopeList:
    """List the versions of a card."""
    return ScopeList(scopes=ws.scopes.history(q.name))


def compare_scopes(ws: Workspace, q: CompareScopes) -> ScopeDiff:
    """Compare two versions of a card."""
    return ws.scopes.diff(q.name, q.before, q.after)


def get_template(ws: Workspace, q: GetTemplate) -> ScopeTemplate:
    """Return a card to begin with."""
    return ws.scopes.template(q.problem)


def retire_scope(ws: Workspace, q: RetireScope) -> Scope:
    """Retire a card."""
    return ws.scopes.retire(q.name, q.reason)


def check_scope(ws: Workspace, q: CheckScope) -> GateReport:
    """Judge a run by a card."""
    return ws.evaluation.gates(ws.runs.resolve(q.run_id), scope=q.name)


def _route(verb: Any, path: str, call: Any, request: Any, response: Any, summary: str) -> Route:
    return Route(
        verb,
        NATIVE + path,
        call,
        request,
        response,
        resource="scopes",
        pool="slow" if path.endswith("/check") or verb == "PUT" else "fast",
        tag="Scope",
        summary=summary,
        row="SCP-1",
    )


ROUTES = [
    _route("GET", "/scopes", list_scopes, ListScopes, ScopeList, "List scope cards"),
    _route("GET", "/scopes/{name}", get_scope, GetScope, Scope, "Return a scope card"),
    _route("PUT", "/scopes/{name}", put_scope, PutScope, Scope, "Write a scope card"),
    _route(
        "GET", "/scopes/templates/{problem}", get_template, GetTemplate, ScopeTemplate, "Return a card to begin with"
    ),
    _route("GET", "/scopes/{name}/history", scope_history, ScopeHistory, ScopeList, "List the versions of a card"),
    _route("GET", "/scopes/{name}/diff", compare_scopes, CompareScopes, ScopeDiff, "Compare two versions of a card"),
    _route("GET", "/scopes/{name}/check", check_scope, CheckScope, GateReport, "Judge a run by a scope card"),
    _route("POST", "/scopes/{name}/retire", retire_scope, RetireScope, Scope, "Retire a scope card"),
    _route("POST", "/scopes/{name}/sign", sign_scope, SignScope, Scope, "Sign a scope card"),
]
