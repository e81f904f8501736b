"""One table from error code to HTTP status, and the one shape of an error body.

The shape is the platform's, so its client raises its own exception classes; the hint travels in ``details``, where that client looks
for it too. Two sentences must never be written here: the platform's client retries for minutes on messages that contain the usual
apologies for a fault ("unexpected …", "please try again later …").
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mlnb.core.errors import FieldViolation, InvalidParameterError, MlnbError, UnavailableError
from mlnb.core.files import translate_storage_error

STATUS: dict[str, int] = {
    "INVALID_PARAMETER_VALUE": 400,
    "BAD_REQUEST": 400,
    "INVALID_STATE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "RESOURCE_DOES_NOT_EXIST": 404,
    "ENDPOINT_NOT_FOUND": 404,
    "RESOURCE_ALREADY_EXISTS": 409,
    "RESOURCE_CONFLICT": 409,
    "ABORTED": 409,
    "PRECONDITION_FAILED": 412,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RESOURCE_EXHAUSTED": 429,
    "REQUEST_LIMIT_EXCEEDED": 429,
    "CANCELLED": 499,
    "INTERNAL_ERROR": 500,
    "DATA_LOSS": 500,
    "NOT_IMPLEMENTED": 501,
    "TEMPORARILY_UNAVAILABLE": 503,
    # 507 and not 503: clients repeat 503 for minutes, and a full disk does not mend itself.
    "STORAGE_ERROR": 507,
}
"""Status of each code. A class with a code of its own gets the status of the nearest ancestor's code that is listed."""

_GOOGLE = "type.googleapis.com/google.rpc."
_RETRY_AFTER_S = 2


@dataclass(frozen=True)
class ErrorAnswer:
    """Status, JSON body and headers of an error."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return the body as UTF-8."""
        return json.dumps(self.body, ensure_ascii=False, allow_nan=False).encode()


class TooManyRequestsError(UnavailableError):
    """Every worker is busy and the queue is full."""

    code = "RESOURCE_EXHAUSTED"


class PayloadTooLargeError(InvalidParameterError):
    """The body is larger than the limit."""

    code = "PAYLOAD_TOO_LARGE"


class UnsupportedMediaTypeError(InvalidParameterError):
    """The body is not JSON by its own statement."""

    code = "UNSUPPORTED_MEDIA_TYPE"


def status_of(error: MlnbError, path: str = "") -> int:
    """Return the HTTP status of an error.

    Parameters
    ----------
    error
        Its code decides, else the nearest code among its base classes, else 400.
    path
        Under ``/mlflow`` an existing name is a 400, as MLflow's own clients expect.
    """
    stated = getattr(error, "http_status", None)
    if isinstance(stated, int):
        return stated
    codes = [error.code, *(vars(base).get("code") for base in type(error).__mro__ if base is not MlnbError)]
    code = next((code for code in codes if code in STATUS), None)
    if code == "RESOURCE_ALREADY_EXISTS" and "/mlflow" in path:
        return 400
    return STATUS[code] if code else 400


def translate(error: BaseException) -> MlnbError | None:
    """Return the user's view of an exception of a library, ``None`` for a fault of ours.

    MLflow's own errors are written for users; storage errors mean a full or read-only disk. The text of anything else stays inside.
    """
    if isinstance(error, MlnbError):
        return error
    if type(error).__module__.split(".")[0] == "mlflow" and hasattr(error, "error_code"):
        status = error.get_http_status_code() if hasattr(error, "get_http_status_code") else 500
        if status < 500:
            translated = MlnbError(str(getattr(error, "message", error)), code=str(error.error_code))
            translated.http_status = status  # type: ignore[attr-defined]
            return translated
        return None
    if isinstance(error, OSError):
        return translate_storage_error(error, error.filename or "the workspace")
    return None


def answer(error: BaseException, *, path: str = "", request_id: str = "") -> ErrorAnswer:
    """Turn an exception into status, body and headers; what we did not foresee becomes a 500 that says nothing of it."""
    known = translate(error)
    if known is None:
        message = f"The server met a fault. Its log has the details under request {request_id}."
        return ErrorAnswer(500, body("INTERNAL_ERROR", message, request_id=request_id))
    status = status_of(known, path)
    headers = {"Retry-After": str(_RETRY_AFTER_S)} if status in (429, 503) else {}
    if allowed := getattr(known, "allowed", None):
        headers["Allow"] = ", ".join(allowed)
    return ErrorAnswer(
        status,
        body(
            known.code,
            known.message,
            hint=known.hint,
            fields=known.fields,
            facts=known.details,
            request_id=request_id,
        ),
        headers,
    )


def body(
    code: str,
    message: str,
    *,
    hint: str | None = None,
    fields: Iterable[FieldViolation] = (),
    facts: dict[str, Any] | None = None,
    request_id: str = "",
) -> dict[str, Any]:
    """Build the body ``{error_code, message, details}``.

    ``details`` is a list of typed objects; all metadata values are strings, because the platform's client drops others.
    """
    facts = dict(facts or {})
    violations = facts.pop("violations", None)
    metadata = {
        key: value if isinstance(value, str) else json.dumps(value, default=str) for key, value in facts.items()
    }
    if hint:
        metadata["hint"] = hint
    details: list[dict[str, Any]] = [
        {"@type": f"{_GOOGLE}ErrorInfo", "reason": code, "domain": "mlnb", "metadata": metadata}
    ]
    if wrong := [{"field": item.field, "description": item.description} for item in fields]:
        details.append({"@type": f"{_GOOGLE}BadRequest", "field_violations": wrong})
    if violations:
        details.append({"@type": f"{_GOOGLE}PreconditionFailure", "violations": violations})
    if request_id:
        details.append({"@type": f"{_GOOGLE}RequestInfo", "request_id": request_id, "serving_data": ""})
    return {"error_code": code, "message": message, "details": details}
