"""Answering an operation, whatever carried it: fill the request model, make the one call, write the JSON.

Nothing here knows HTTP libraries; the Tornado handler and a widget's comm both end up in `perform`.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydantic_core
from pydantic import BaseModel, ValidationError

from mlnb.core.errors import FieldViolation, InvalidParameterError
from mlnb.server.errors import PayloadTooLargeError, UnsupportedMediaTypeError
from mlnb.server.route import RawRequest, RawResponse, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace

# Jupyter's own: authentication, activity tracking. They are not part of any operation.
_JUPYTER_QUERY = frozenset({"token", "_xsrf", "no_track_activity"})


@dataclass(frozen=True)
class Incoming:
    """A request without its transport.

    Attributes
    ----------
    params
        Decoded values of the path's parameters.
    query
        Query parameters with all their values.
    headers
        Lower-case names.
    body
        Unparsed bytes.
    upload
        The file that holds them instead.
    """

    verb: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    upload: Path | None = None


def perform(route: Route, ws: Workspace, incoming: Incoming, *, max_json_bytes: int) -> RawResponse:
    """Answer an operation.

    Raises
    ------
    MlnbError
        For everything the caller can mend; nothing has changed then.
    """
    if route.raw:
        q: Any = RawRequest(
            incoming.verb,
            incoming.path,
            incoming.params,
            own_query(incoming.query),
            incoming.headers,
            incoming.body,
            incoming.upload,
        )
    else:
        q = bind(route, incoming, max_json_bytes)
    return encode(route, route.call(ws, q))


def bind(route: Route, incoming: Incoming, max_json_bytes: int) -> BaseModel | None:
    """Fill the route's request model from path, body and query; the path wins."""
    sent = parse_body(incoming, max_json_bytes)
    if route.request is None:
        return None
    values: dict[str, Any] = _from_query(own_query(incoming.query), route.request)
    values.update(sent)
    values.update(incoming.params)
    try:
        return route.request.model_validate(values)
    except ValidationError as error:
        raise _invalid(error) from None


def own_query(query: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Leave out what is Jupyter's: its own parameters, and the bare number Lab appends against caches."""
    return {
        key: values
        for key, values in query.items()
        if key not in _JUPYTER_QUERY and not (key.isdigit() and values == [""])
    }


def parse_body(incoming: Incoming, max_json_bytes: int) -> dict[str, Any]:
    """Parse a JSON object; no body is an empty one."""
    body = incoming.body
    refuse_large(body, max_json_bytes)
    if not body.strip():
        return {}
    kind = incoming.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMediaTypeError(f"The body is {kind}.", hint="Send JSON with Content-Type: application/json.")
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise InvalidParameterError("The body is nested too deeply.") from None
    except ValueError as error:  # a JSONDecodeError, broken UTF-8, a refused constant
        raise InvalidParameterError(f"The body is not JSON: {error}.", hint="Send one JSON object.") from None
    if not isinstance(value, dict):
        raise InvalidParameterError("The body is not a JSON object.", hint='Send an object, for example {"name": "x"}.')
    if b"\\ud" in body.lower() and _has_half_characters(value):
        raise InvalidParameterError(
            "The body holds half a character.",
            hint=r"Write both halves, such as \ud83d\ude00, or the character itself.",
        )
    return value


def _has_half_characters(value: Any) -> bool:
    """Return whether a text is in it that no file and no database can hold."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def refuse_large(body: bytes, max_json_bytes: int) -> None:
    """Refuse a body that takes more memory to read than anybody's message needs.

    Raises
    ------
    PayloadTooLargeError
        With the setting that allows it.
    """
    if len(body) > max_json_bytes:
        raise PayloadTooLargeError(
            f"The body has {len(body):,} bytes; at most {max_json_bytes:,} are accepted.",
            hint="Send less at once, or raise max_json_bytes in [server] of mlnb.toml.",
        )


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON value; write it as a string")


def _from_query(query: Mapping[str, list[str]], model: type[BaseModel]) -> dict[str, Any]:
    """Give lists to fields that take lists, and single values to the rest; ``a.b=1`` becomes a nested object."""
    lists = _list_fields(model)
    found: dict[str, Any] = {}
    for key, values in query.items():
        if key in lists:
            found[key] = values
        elif "." in key and key not in model.model_fields:
            head, _, tail = key.partition(".")
            nested = found.setdefault(head, {})
            if isinstance(nested, dict):
                nested[tail] = values[-1]
        else:
            found[key] = values[-1]
    return found


def _list_fields(model: type[BaseModel]) -> set[str]:
    names: set[str] = set()
    for name, info in model.model_fields.items():
        if _takes_list(info.annotation):
            names.update({name, info.alias or name})
    return names


def _takes_list(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return any(_takes_list(part) for part in typing.get_args(annotation))
    if origin is typing.Annotated:
        return _takes_list(typing.get_args(annotation)[0])
    kind = origin or annotation
    return isinstance(kind, type) and kind is not str and issubclass(kind, (list, tuple, set, frozenset, Sequence))


def _invalid(error: ValidationError) -> InvalidParameterError:
    fields = [FieldViolation(_path(item["loc"]), _says(item)) for item in error.errors(include_url=False)]
    first = fields[0]
    more = f" (and {len(fields) - 1} more)" if len(fields) > 1 else ""
    where = f"{first.field}: " if first.field else ""
    return InvalidParameterError(f"{where}{first.description}{more}.", fields=fields)


def _path(location: Sequence[int | str]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _says(item: Any) -> str:
    if item["type"] == "extra_forbidden":
        return "unknown field"
    if item["type"] == "missing":
        return "required"
    text = str(item["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:].rstrip(".")


def encode(route: Route, value: Any) -> RawResponse:
    """Write a call's result as JSON: without absent values, times as they are, NaN and the infinities as strings."""
    if isinstance(value, RawResponse):
        return value
    if value is None:
        return RawResponse(b"{}" if route.response is not None else b"", status=route.status)
    if isinstance(value, BaseModel):
        plain = value.model_dump(mode="json", exclude_none=True, by_alias=True)
    else:
        model = route.response
        plain = (
            model.model_validate(value).model_dump(mode="json", exclude_none=True, by_alias=True) if model else value
        )
    return RawResponse(pydantic_core.to_json(plain, inf_nan_mode="strings"), status=route.status)
