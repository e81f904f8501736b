"""Filling the request model and writing the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import Field

from mlnb.core.errors import MlnbError
from mlnb.core.records import Record
from mlnb.server.operations import Incoming, bind, encode
from mlnb.server.route import PlatformModel, RawResponse, Route


class Nested(PlatformModel):
    state: str | None = None


class Ask(Record):
    name: str
    limit: int = Field(default=10, ge=1, le=500)
    columns: list[str] | None = None
    force: bool = False


class PlatformAsk(PlatformModel):
    name: str
    filter: Nested | None = None


class Answer(Record):
    name: str
    comment: str | None = None
    values: list[float | None] = Field(default_factory=list)


def _route(request: type, response: Any = Answer, path: str = "/api/1.0/things/{name}") -> Route:
    return Route("POST", path, lambda ws, q: None, request, response, "test")


def _bind(request: type, **incoming: Any) -> Any:
    incoming.setdefault("params", {"name": "x"})
    return bind(_route(request), Incoming("POST", "/", **incoming), 10_000)


def test_path_wins_over_body_and_body_over_query() -> None:
    q = _bind(Ask, body=b'{"name": "body", "limit": 3}', query={"limit": ["9"], "force": ["true"]})
    assert (q.name, q.limit, q.force) == ("x", 3, True)


def test_lists_take_all_values_of_a_query_and_the_rest_the_last() -> None:
    q = _bind(Ask, query={"columns": ["a", "b,c"], "limit": ["1", "2"]})
    assert (q.columns, q.limit) == (["a", "b,c"], 2)
    assert _bind(Ask, query={"columns": ["a"]}).columns == ["a"]


def test_parameters_of_jupyter_and_labs_cache_number_are_not_ours() -> None:
    q = _bind(Ask, query={"token": ["t"], "_xsrf": ["x"], "1732222222222": [""], "no_track_activity": ["1"]})
    assert q == Ask(name="x")


def test_a_nested_object_may_come_with_dots() -> None:
    assert _bind(PlatformAsk, query={"filter.state": ["READY"], "novel": ["1"]}).filter == Nested(state="READY")


@pytest.mark.parametrize(
    ("incoming", "code", "says"),
    [
        ({"body": b"{"}, "INVALID_PARAMETER_VALUE", "not JSON"),
        ({"body": b"\xff\xfe{}"}, "INVALID_PARAMETER_VALUE", "not JSON"),
        ({"body": b"[1]"}, "INVALID_PARAMETER_VALUE", "not a JSON object"),
        ({"body": b'{"limit": NaN}'}, "INVALID_PARAMETER_VALUE", "NaN"),
        ({"body": rb'{"name": "\ud83d"}'}, "INVALID_PARAMETER_VALUE", "half a character"),
        ({"body": b"[" * 9000}, "INVALID_PARAMETER_VALUE", ""),
        ({"body": b'{"limit": 0}'}, "INVALID_PARAMETER_VALUE", "limit"),
        ({"body": b'{"limt": 1}'}, "INVALID_PARAMETER_VALUE", "limt: unknown field"),
        ({"body": b'{"a": "' + b"x" * 10_000 + b'"}'}, "PAYLOAD_TOO_LARGE", "10,000"),
        (
            {"body": b"limit=1", "headers": {"content-type": "application/x-www-form-urlencoded"}},
            "UNSUPPORTED_MEDIA_TYPE",
            "form",
        ),
    ],
)
def test_a_wrong_body_is_refused_by_name(incoming: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(MlnbError) as caught:
        _bind(Ask, **incoming)
    assert caught.value.code == code
    assert says in caught.value.message


def test_a_wrong_field_is_named_with_its_path() -> None:
    with pytest.raises(MlnbError) as caught:
        _bind(Ask, body=b'{"columns": ["a", 3]}')
    assert [field.field for field in caught.value.fields] == ["columns[1]"]


def test_absent_values_are_left_out_and_odd_numbers_become_strings() -> None:
    answer = Answer(name="x", values=[1.5, None, float("nan"), float("inf"), float("-inf")])
    body = encode(_route(Ask), answer).body
    assert json.loads(body) == {"name": "x", "values": [1.5, None, "NaN", "Infinity", "-Infinity"]}


def test_any_call_may_answer_with_bytes() -> None:
    raw = RawResponse(b"x", "text/plain", 201)
    assert encode(_route(Ask), raw) is raw
    assert encode(_route(Ask), None).body == b"{}"
    assert encode(_route(Ask, None), None).body == b""
