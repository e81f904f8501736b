"""How models, versions, requests, decisions and the feed look in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.display import html
from mlnb.display.scope import gates_table

if TYPE_CHECKING:
    from mlnb.registry.records import (
        Activities,
        Approval,
        ModelVersion,
        RegisteredModel,
        RegisteredModels,
        Transition,
        TransitionRequest,
        TransitionRequests,
    )

_STATES = {"open": "info", "approved": "ok", "rejected": "bad", "cancelled": "muted"}


def _aliases(names: list[str]) -> html.Safe:
    return html.Safe(" ".join(html.tag(f"@{name}", "info") for name in names))


def version_html(version: ModelVersion) -> str:
    """Render a version: where it comes from, what it takes, how good it is."""
    inputs = ", ".join(column.name or column.type for column in version.signature.inputs) if version.signature else None
    metrics = [[row.metric, row.value, row.dataset or "run"] for row in version.metrics]
    return html.card(
        f"{version.name}, version {version.version}",
        [
            ("aliases", _aliases(version.aliases) if version.aliases else None),
            ("description", version.description),
            ("inputs", inputs),
            ("run", html.code(version.run_id) if version.run_id else None),
            ("registered", html.Safe(f"{html.when(version.created_at)} by {html.escape(version.user or 'unknown')}")),
            ("address", html.code(version.uri)),
            ("tags", ", ".join(f"{key}={value}" for key, value in version.tags.items()) or None),
        ],
        body=[
            html.table(metrics, ["metric", "value", "measured on"]) if metrics else "",
            _requests_table(version.open_requests) if version.open_requests else "",
        ],
        state=None if version.status == "READY" else (version.status.lower(), "warn"),
    )


def model_html(model: RegisteredModel) -> str:
    """Render a model with its versions and open requests."""
    rows = []
    for version in model.versions:
        metrics = ", ".join(f"{row.metric} {html.number(row.value)}" for row in version.metrics[:4])
        made = html.when(version.created_at)
        rows.append(
            [version.version, _aliases(version.aliases), metrics, made, version.user, (version.run_id or "")[:8]]
        )
    is_open = [item for item in model.requests if item.state == "open"]
    return html.card(
        model.name,
        [("description", model.description), ("tags", ", ".join(f"{k}={v}" for k, v in model.tags.items()) or None)],
        body=[
            html.table(rows, ["version", "aliases", "metrics", "registered", "by", "run"])
            if rows
            else "No versions yet.",
            _requests_table(is_open) if is_open else "",
        ],
        state=(f"{len(is_open)} open request{'s' if len(is_open) > 1 else ''}", "info") if is_open else None,
    )


def models_html(models: RegisteredModels) -> str:
    """Render a list of models."""
    if not models:
        return html.card(
            "Nothing is registered yet", body=["Log a model in a run, then: %register catalog.schema.model"]
        )
    rows = [
        [
            html.code(model.name),
            model.latest_version,
            html.Safe(
                " ".join(
                    f"{html.tag('@' + alias, 'info')} {version}" for alias, version in sorted(model.aliases.items())
                )
            ),
            model.open_requests or None,
            html.when(model.updated_at),
        ]
        for model in models
    ]
    return html.card(
        "Registered models", body=[html.table(rows, ["name", "latest", "aliases", "open requests", "changed"])]
    )


def _requests_table(requests: list[TransitionRequest]) -> html.Safe:
    rows = [
        [
            html.tag(item.state, _STATES[item.state]),
            item.version,
            item.target,
            item.creator,
            item.comment,
            html.when(item.created_at),
            ", ".join(item.missing_roles) or None,
        ]
        for item in requests
    ]
    return html.table(rows, ["request", "version", "to", "asked by", "comment", "when", "still needed"])


def request_html(request: TransitionRequest) -> str:
    """Render a request and what to do next."""
    how = f"%approve {request.name} {request.version} --to {request.target}"
    return html.card(
        f"{request.name}, version {request.version} to {request.target}",
        [
            ("asked by", request.creator),
            ("comment", request.comment),
            ("approved by", ", ".join(request.approved_by) or None),
            ("still needed", ", ".join(request.missing_roles) or None),
            ("to approve", html.code(how) if request.state == "open" else None),
        ],
        state=(request.state, _STATES[request.state]),
    )


def requests_html(requests: TransitionRequests) -> str:
    """Render requests of several models."""
    if not requests:
        return html.card(
            "No requests", body=["Ask for a protected alias with %promote NAME VERSION --to @champion --request."]
        )
    rows = [
        [
            html.tag(i.state, _STATES[i.state]),
            html.code(i.name),
            i.version,
            i.target,
            i.creator,
            i.comment,
            html.when(i.created_at),
        ]
        for i in requests
    ]
    return html.card("Requests", body=[html.table(rows, ["", "model", "version", "to", "asked by", "comment", "when"])])


def transition_html(transition: Transition) -> str:
    """Render a move and the gates it passed."""
    before = transition.previous
    return html.card(
        f"{transition.name}, version {transition.version} is {transition.to}",
        [
            ("before", f"version {before}" if before and before != transition.version else None),
            ("address", html.code(f"models:/{transition.name}{transition.to}")),
        ],
        body=[gates_table(transition.gates)] if transition.gates else [],
        state=("moved", "ok"),
    )


def approval_html(approval: Approval) -> str:
    """Render a decision, what it rested on and what it did."""
    moved = approval.transition
    tone = {"approved": "ok", "rejected": "bad", "cancelled": "muted"}[approval.decision]
    return html.card(
        f"{approval.name}, version {approval.version} to {approval.to}",
        [
            ("decided by", approval.actor + (f" as {', '.join(approval.roles)}" if approval.roles else "")),
            ("comment", approval.comment),
            ("moved", f"{approval.to} names version {approval.version} now" if moved else None),
            ("still needed", ", ".join(approval.missing_roles) or None),
        ],
        body=[gates_table(approval.gates)] if approval.gates else [],
        state=(approval.decision, tone),
    )


def activities_html(activities: Activities) -> str:
    """Render a feed, newest first."""
    rows = [
        [
            html.when(item.time),
            item.actor,
            item.text,
            item.comment,
            html.tag("outside", "warn") if item.observed else "",
        ]
        for item in activities
    ]
    return html.card(
        "Activity", body=[html.table(rows, ["when", "who", "what", "comment", ""]) if rows else "Nothing happened yet."]
    )


FORMATTERS = {
    "ModelVersion": version_html,
    "RegisteredModel": model_html,
    "RegisteredModels": models_html,
    "TransitionRequest": request_html,
    "TransitionRequests": requests_html,
    "Transition": transition_html,
    "Approval": approval_html,
    "Activities": activities_html,
}
