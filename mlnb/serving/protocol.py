"""HTTP as the endpoint speaks it: errors with the platform's body, request bodies under limits, JSON answers.

Plain ASGI: nothing here knows models, so every refusal (token, length, type, method) costs no more than it must.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from mlnb.core.errors import FieldViolation, MlnbError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

#: Violations named in one answer; the rest is counted in words.
MAX_VIOLATIONS = 20


class HttpError(MlnbError):
    """A request that is answered with an error.

    Parameters
    ----------
    status
        HTTP status.
    code, message
        ``error_code`` and ``message`` of the body; the message never holds data of the request.
    fields
        The wrong fields.
    headers
        Further response headers.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fields: Sequence[FieldViolation] = (),
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, code=code, fields=fields, hint=hint)
        self.status = status
        self.headers = dict(headers or {})


def bad_request(message: str, *, fields: Sequence[FieldViolation] = (), hint: str | None = None) -> HttpError:
    """Return the 400 of a body that cannot be used; the first fields are named in the message too."""
    if fields:
        shown = "; ".join(f"{item.field}: {item.description}" for item in fields[:5])
        message = f"{message.rstrip('.')}: {shown}" + ("; …" if len(fields) > 5 else "")
    return HttpError(400, "BAD_REQUEST", message, fields=fields[:MAX_VIOLATIONS], hint=hint)


def error_body(error: HttpError, request_id: str) -> dict[str, Any]:
    """Return the JSON body of an error: ``error_code``, ``message``, ``details`` as the platform types them."""
    details: list[dict[str, Any]] = []
    if error.fields:
        violations = [{"field": item.field, "description": item.description} for item in error.fields]
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "field_violations": violations})
    if error.hint:
        details.append(
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": error.code,
                "domain": "mlnb",
                "metadata": {"hint": error.hint},
            }
        )
    details.append({"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": request_id})
    return {"error_code": error.code, "message": error.message, "details": details}


def header(scope: Scope, name: bytes) -> str | None:
    """Return a request header (its name in lower case), None when absent."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return None


def require_json(scope: Scope) -> None:
    """Refuse a body that is not declared as JSON with 415."""
    declared = (header(scope, b"content-type") or "").split(";", 1)[0].strip().lower()
    if declared not in ("application/json", "application/json-patch+json") and not declared.endswith("+json"):
        raise HttpError(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            f"Content-Type is {declared or 'not given'}; this endpoint reads application/json.",
            hint="Send the header Content-Type: application/json.",
        )


async def read_body(scope: Scope, receive: Receive, *, max_bytes: int, idle_s: float) -> bytes:
    """Read the request's body.

    Raises
    ------
    HttpError
        413 when it is longer than ``max_bytes``, by its declared length or while reading; 408 when nothing comes for ``idle_s``.
    """
    declared = header(scope, b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > max_bytes:
        raise _too_long(max_bytes)
    parts: list[bytes] = []
    length = 0
    while True:
        try:
            async with asyncio.timeout(idle_s):
                message = await receive()
        except TimeoutError:
            raise HttpError(
                408, "REQUEST_TIMEOUT", f"The body stopped arriving for {idle_s:g} s.", headers={"connection": "close"}
            ) from None
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client went away")
        part = message.get("body", b"")
        length += len(part)
        if length > max_bytes:
            raise _too_long(max_bytes)
        if part:
            parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_long(max_bytes: int) -> HttpError:
    # The rest of the body is not read, so the connection cannot be used again.
    return HttpError(
        413,
        "REQUEST_TOO_LARGE",
        f"The body is longer than {max_bytes // (1024 * 1024)} MB.",
        hint="Send fewer rows at a time.",
        headers={"connection": "close"},
    )


async def respond(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send one complete response."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})
