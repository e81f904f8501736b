"""Routes of hold-outs: rows kept for the final test, and who looked at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from mlnb.core.records import Record
from mlnb.scope.holdout_records import Holdout, HoldoutLook
from mlnb.server.route import NATIVE, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ListHoldouts(Record):
    """With ``retired`` also those of the past."""

    retired: bool = False


class HoldoutPage(Record):
    """Hold-outs, by table."""

    holdouts: list[Holdout]


class DeclareHoldout(Record):
    """A table and one rule: ``key`` with ``fraction``, ``time`` with ``since``, or ``column`` with ``value``."""

    table: str
    key: list[str] | str | None = None
    fraction: float | None = None
    time: str | None = None
    since: str | int | None = None
    column: str | None = None
    value: bool | int | str | None = None
    looks: int | None = None
    may_look: list[str] = Field(default_factory=list)
    scope: str | None = None


class GetHoldout(Record):
    """Which one: its id, or its table's name."""

    id: str


class LookList(Record):
    """Looks taken, oldest first."""

    looks: list[HoldoutLook]


class RenewHoldout(Record):
    """How many more looks, and why."""

    id: str
    looks: int
    reason: str


class OpenHoldout(Record):
    """What the look is for."""

    id: str
    reason: str


class RetireHoldout(Record):
    """Why its rows are held out no longer."""

    id: str
    reason: str = ""


def list_holdouts(ws: Workspace, q: ListHoldouts) -> HoldoutPage:
    """List hold-outs."""
    return HoldoutPage(holdouts=[ws.scopes.holdouts.get(one.id) for one in ws.scopes.holdouts.list(retired=q.retired)])


def declare_holdout(ws: Workspace, q: DeclareHoldout) -> Holdout:
    """Hold rows of a table out."""
    return ws.scopes.holdouts.declare(**q.model_dump())


def get_holdout(ws: Workspace, q: GetHoldout) -> Holdout:
    """Return a hold-out."""
    return ws.scopes.holdouts.get(q.id)


def list_looks(ws: Workspace, q: GetHoldout) -> LookList:
    """List the looks at a hold-out."""
    return LookList(looks=list(ws.scopes.holdouts.looks(q.id)))


def open_holdout(ws: Workspace, q: OpenHoldout) -> HoldoutLook:
    """Take one look."""
    return ws.scopes.holdouts.open(q.id, q.reason)


def renew_holdout(ws: Workspace, q: RenewHoldout) -> Holdout:
    """Allow more looks."""
    return ws.scopes.holdouts.renew(q.id, q.looks, q.reason)


def retire_holdout(ws: Workspace, q: RetireHoldout) -> Holdout:
    """Hold the rows out no longer."""
    return ws.scopes.holdouts.retire(q.id, q.reason)


def _route(verb: Any, path: str, call: Any, request: Any, response: Any, summary: str) -> Route:
    return Route(
        verb,
        f"{NATIVE}/holdouts{path}",
        call,
        request,
        response,
        resource="scopes",
        pool="slow",  # rows are counted
        tag="Hold-outs",
        summary=summary,
        row="HLD-2",
    )


ROUTES = [
    _route("GET", "", list_holdouts, ListHoldouts, HoldoutPage, "List hold-outs"),
    _route("POST", "", declare_holdout, DeclareHoldout, Holdout, "Hold rows of a table out"),
    _route("GET", "/{id}", get_holdout, GetHoldout, Holdout, "Return a hold-out, by its id or its table's name"),
    _route("GET", "/{id}/looks", list_looks, GetHoldout, LookList, "List the looks at a hold-out"),
    _route("POST", "/{id}/open", open_holdout, OpenHoldout, HoldoutLook, "Take one look at a hold-out"),
    _route("POST", "/{id}/renew", renew_holdout, RenewHoldout, Holdout, "Allow more looks at a hold-out"),
    _route("POST", "/{id}/retire", retire_holdout, RetireHoldout, Holdout, "Hold the rows out no longer"),
]
