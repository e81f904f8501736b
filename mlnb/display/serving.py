"""How endpoints and their answers look in a cell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlnb.display import html

if TYPE_CHECKING:
    from mlnb.serving.records import Endpoint, EndpointSummary, QueryResponse

_TONES = {"READY": "ok", "NOT_READY": "info", "FAILED": "bad", "STOPPED": "muted"}

#: Inputs listed on the card; the rest is counted.
_MOST_INPUTS = 30


def endpoint_html(endpoint: Endpoint) -> str:
    """Render an endpoint: where it is, how to ask it, what it takes, how quick it is."""
    version = f"{endpoint.model_name} version {endpoint.model_version}"
    if endpoint.updating_to is not None:
        version += f" (version {endpoint.updating_to} is starting beside it)"
    p50, p95 = endpoint.latency.p50, endpoint.latency.p95
    quick = f"{p50:.1f} ms median, {p95:.1f} ms for 95 % (last hour)" if p50 is not None and p95 is not None else None
    log = endpoint.inference_table
    return html.card(
        f"Endpoint {endpoint.name}",
        [
            ("model", version),
            ("address", html.code(endpoint.url) if endpoint.url else None),
            ("recorded in", html.Safe(f"{html.code(log)} and {html.code(f'{log}_rows')}") if log else "nowhere"),
            (
                "requests",
                f"{endpoint.requests:,}, of them {endpoint.errors:,} with an error" if endpoint.requests else None,
            ),
            ("answers in", quick),
            ("why", endpoint.message),
        ],
        body=[_ask(endpoint), _inputs(endpoint)],
        state=(endpoint.state.lower().replace("_", " "), _TONES[endpoint.state]),
    )


def _ask(endpoint: Endpoint) -> html.Safe:
    if not endpoint.url:
        return html.Safe("")
    lines = "".join(f"<p>{html.code(line)}</p>" for line in (endpoint.curl, endpoint.python))
    return html.Safe(f"<h4>Ask it</h4>{lines}")


def _inputs(endpoint: Endpoint) -> html.Safe:
    if not endpoint.inputs:
        return html.Safe("")
    rows = [[item.name, item.type, "yes" if item.required else "no"] for item in endpoint.inputs]
    return html.Safe(f"<h4>Inputs</h4>{html.table(rows, ['name', 'type', 'required'], limit=_MOST_INPUTS)}")


def summary_html(endpoint: EndpointSummary) -> str:
    """Render one line of the list of endpoints."""
    return html.card(
        f"Endpoint {endpoint.name}",
        [
            ("model", f"{endpoint.model_name} version {endpoint.model_version}"),
            ("address", html.code(endpoint.url) if endpoint.url else None),
            ("why", endpoint.message),
        ],
        state=(endpoint.state.lower().replace("_", " "), _TONES[endpoint.state]),
    )


def response_html(response: QueryResponse) -> str:
    """Render an answer: the predictions, and what was ignored."""
    rows = [
        [i, value if isinstance(value, (int, float, str)) else json.dumps(value)]
        for i, value in enumerate(response.predictions)
    ]
    ignored = ", ".join(response.ignored_fields)
    return html.card(
        "Predictions",
        [
            ("answered by", response.served_model_name),
            ("request", html.code(response.request_id)),
            ("ignored fields", ignored or None),
        ],
        body=[html.table(rows, ["row", "prediction"])],
    )


FORMATTERS = {"Endpoint": endpoint_html, "EndpointSummary": summary_html, "QueryResponse": response_html}
