"""The activity feed of a model: a view of the journal, in the platform's words where it has them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .names import subject
from .records import Activities, Activity

if TYPE_CHECKING:
    from mlnb.core.journal import Event, Journal

_VERSION = re.compile(r"model_version:.*/(\d+)")

Text = Callable[[dict[str, Any]], str]


def _moved(payload: dict[str, Any]) -> str:
    before = payload.get("previous")
    after = f" (before: version {before})" if before and before != payload.get("version") else ""
    return f"moved @{payload.get('alias')} to version {payload.get('version')}{after}"


def _approved(payload: dict[str, Any]) -> str:
    missing = payload.get("missing")
    more = f", still needed: {', '.join(missing)}" if missing else ""
    return f"approved version {payload.get('version')} for {payload.get('to')}{more}"


#: action → the activity's type and its words after the actor's name.
_KINDS: dict[str, tuple[str, Text]] = {
    "registered_model.created": ("CREATED_MODEL", lambda _: "created the model"),
    "registered_model.updated": ("UPDATED_MODEL", lambda _: "changed description or tags"),
    "registered_model.deleted": ("DELETED_MODEL", lambda _: "deleted the model"),
    "registered_model.alias_set": ("APPLIED_TRANSITION", _moved),
    "registered_model.alias_deleted": (
        "REMOVED_ALIAS",
        lambda p: f"took @{p.get('alias')} from version {p.get('version')}",
    ),
    "model_version.created": ("NEW_VERSION", lambda p: f"registered version {p.get('version')}"),
    "model_version.updated": (
        "UPDATED_VERSION",
        lambda p: f"changed description or tags of version {p.get('version')}",
    ),
    "model_version.deleted": ("DELETED_VERSION", lambda p: f"deleted version {p.get('version')}"),
    "model_version.transitioned": (
        "APPLIED_TRANSITION",
        lambda p: f"moved a version from {p.get('from')} to {p.get('to')}",
    ),
    "model_version.unreviewed_change": (
        "UNREVIEWED_CHANGE",
        lambda p: f"moved protected {p.get('to')} to version {p.get('version')} without the approvals it needs",
    ),
    "transition_request.created": (
        "REQUESTED_TRANSITION",
        lambda p: f"asked for version {p.get('version')} to become {p.get('to')}",
    ),
    "transition_request.approved": ("APPROVED_REQUEST", _approved),
    "transition_request.rejected": (
        "REJECTED_REQUEST",
        lambda p: f"rejected version {p.get('version')} for {p.get('to')}",
    ),
    "transition_request.cancelled": (
        "CANCELLED_REQUEST",
        lambda p: f"cancelled the request of version {p.get('version')} for {p.get('to')}",
    ),
}


def feed(journal: Journal, name: str, version: int | None, limit: int) -> Activities:
    """Return the newest activities of a model, or of one of its versions, newest first."""
    subjects = [subject(name), f"model_version:{name}/*"] if version is None else [subject(name, version)]
    events = journal.tail(limit, subjects=subjects, actions=list(_KINDS))
    return Activities(_activity(event) for event in reversed(events))


def _activity(event: Event) -> Activity:
    kind, text = _KINDS[event.action]
    payload = event.payload
    found = _VERSION.fullmatch(event.subject)
    alias = payload.get("alias")
    return Activity(
        id=event.id,
        time=event.time,
        actor=event.actor,
        activity_type=kind,
        version=payload.get("version") or (int(found.group(1)) if found else None),
        to=payload.get("to") or (f"@{alias}" if alias else None),
        comment=payload.get("comment") or None,
        observed=bool(payload.get("observed")),
        text=text(payload),
    )
