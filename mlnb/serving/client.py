"""Asking an endpoint over HTTP: what ``ws.endpoints.query`` and the path below the Lab URL use."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mlnb.core.errors import FieldViolation, InvalidParameterError, MlnbError

from .errors import BadRequestError, EndpointNotReadyError, ModelFailedError
from .records import QueryResponse
from .tokens import REQUESTER_HEADER

#: Headers of an endpoint's answer that go on to the client.
FORWARDED = ("content-type", "x-request-id", "served-model-name", "x-mlnb-ignored-fields", "retry-after", "allow")


@dataclass(frozen=True)
class Answer:
    """An endpoint's answer as it came; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(
    host: str,
    port: int,
    token: str,
    body: bytes,
    *,
    requester: str | None = None,
    content_type: str = "application/json",
    timeout: float = 300,
) -> Answer:
    """Send a request to an endpoint.

    Raises
    ------
    EndpointNotReadyError
        When nobody answers. The request was then not answered, and may or may not have been seen.
    """
    headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type, "Connection": "close"}
    if requester:
        headers[REQUESTER_HEADER] = quote(requester, safe="@:. ")
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("POST", "/invocations", body=body, headers=headers)
        response = connection.getresponse()
        content = response.read()
        return Answer(response.status, {key.lower(): value for key, value in response.getheaders()}, content)
    except (OSError, http.client.HTTPException) as error:
        raise EndpointNotReadyError(
            f"Nobody answers at {host}:{port} ({type(error).__name__}).",
            hint="See its state: %deploy status NAME; its log: %deploy logs NAME.",
        ) from error
    finally:
        connection.close()


def request_body(
    *,
    dataframe_records: Any = None,
    dataframe_split: Any = None,
    inputs: Any = None,
    instances: Any = None,
    params: Mapping[str, Any] | None = None,
    client_request_id: str | None = None,
) -> bytes:
    """Return the JSON body of a query; a data frame stands for its rows.

    Raises
    ------
    InvalidParameterError
        When not exactly one kind of data is given.
    """
    given = {
        name: value
        for name, value in (
            ("dataframe_records", dataframe_records),
            ("dataframe_split", dataframe_split),
            ("inputs", inputs),
            ("instances", instances),
        )
        if value is not None
    }
    if len(given) != 1:
        raise InvalidParameterError(
            f"Give exactly one of dataframe_records, dataframe_split, inputs, instances (given: {', '.join(given) or 'none'}).",
            hint='ws.endpoints.query("flights", dataframe_records=[{"carrier": "UA", …}])',
        )
    kind, value = next(iter(given.items()))
    body: dict[str, Any] = {}
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        body["dataframe_split"] = {"columns": [str(name) for name in value.columns], "data": _frame_rows(value)}
    else:
        body[kind] = value.as_dict() if hasattr(value, "as_dict") else value
    if params:
        body["params"] = dict(params)
    if client_request_id is not None:
        body["client_request_id"] = client_request_id
    return json.dumps(_without_nan(body), default=_plain, allow_nan=False).encode()


def _without_nan(value: Any) -> Any:
    """Return data with NaN as null: JSON has no word for it, and frames turned into records are full of it."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and value != value else value


def _frame_rows(frame: Any) -> list[list[Any]]:
    return [[_plain_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]


def _plain_cell(value: Any) -> Any:
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if value != value:  # NaN, NaT
        return None
    return value if isinstance(value, float) else _plain(value)


def _plain(value: Any) -> Any:
    """Turn numpy scalars, times and the like into JSON values."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):
        return _plain_cell(value.item())
    if hasattr(value, "tolist"):
        return value.tolist()
    return None if type(value).__name__ == "NAType" else str(value)


def response_of(answer: Answer) -> QueryResponse:
    """Return the predictions of an answer.

    Raises
    ------
    MlnbError
        The error the endpoint answered with, its fields and hint included.
    """
    if answer.status != 200:
        raise error_of(answer)
    ignored = answer.headers.get("x-mlnb-ignored-fields", "")
    return QueryResponse(
        predictions=json.loads(answer.body)["predictions"],
        served_model_name=answer.headers.get("served-model-name", ""),
        request_id=answer.headers.get("x-request-id", ""),
        ignored_fields=ignored.split(",") if ignored else [],
    )


def error_of(answer: Answer) -> MlnbError:
    """Return an endpoint's error as ours."""
    try:
        body = json.loads(answer.body)
        details = {detail["@type"].rsplit(".", 1)[-1]: detail for detail in body.get("details", [])}
    except (ValueError, KeyError, TypeError):
        return ModelFailedError(f"The endpoint answered {answer.status}.")
    fields = [
        FieldViolation(item["field"], item["description"])
        for item in details.get("BadRequest", {}).get("field_violations", [])
    ]
    hint = details.get("ErrorInfo", {}).get("metadata", {}).get("hint")
    kind = (
        BadRequestError
        if answer.status in (400, 413, 415)
        else EndpointNotReadyError
        if answer.status in (429, 503)
        else ModelFailedError
    )
    request = answer.headers.get("x-request-id", "")
    return kind(
        body.get("message", ""),
        code=body.get("error_code"),
        fields=fields,
        hint=hint,
        details={"request_id": request} if request else {},
    )
