"""The OpenAPI document says what the table says."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from pydantic import Field

from mlnb.core.records import Record
from mlnb.server.openapi import document, text
from mlnb.server.route import Route
from mlnb.server.router import load_routes


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return document()


def test_every_route_is_described_once(whole: dict[str, Any]) -> None:
    described = {(verb.upper(), path) for path, verbs in whole["paths"].items() for verb in verbs}
    wanted = {(route.verb, route.path.replace("*}", "}")) for route in load_routes() if route.tag != "MLflow"}
    assert described == wanted


def test_operation_ids_are_unique_and_names_for_code(whole: dict[str, Any]) -> None:
    ids = [operation["operationId"] for verbs in whole["paths"].values() for operation in verbs.values()]
    assert [name for name, n in Counter(ids).items() if n > 1] == []
    assert [name for name in ids if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


def test_every_reference_resolves(whole: dict[str, Any]) -> None:
    refs = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(whole)))
    assert refs - set(whole["components"]["schemas"]) == set()


def test_every_path_parameter_is_declared(whole: dict[str, Any]) -> None:
    for path, verbs in whole["paths"].items():
        for operation in verbs.values():
            declared = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
            assert declared == re.findall(r"\{(\w+)\}", path), path


def test_the_text_is_the_same_each_time() -> None:
    assert text() == text()


class Inner(Record):
    value: float | None = None


class Ask(Record):
    name: str
    size: int | None = None
    inner: Inner | None = None


class Answer(Record):
    comment: str | None = None
    state: str = "ok"
    tags: dict[str, str] = Field(default_factory=dict)
    rows: list[float | None]


class Body(Record):
    name: str
    new_name: str


def test_answers_leave_out_what_is_absent_and_always_have_their_defaults() -> None:
    routes = [
        Route("GET", "/api/1.0/x/{name}", lambda ws, q: None, Ask, Answer, "x"),
        Route("POST", "/api/1.0/x/{name}", test_every_route_is_described_once, Body, Answer, "x"),
    ]
    found = document(routes)
    schema = found["components"]["schemas"]["Answer"]
    assert schema["properties"]["comment"] == {"type": "string"}
    assert schema["required"] == ["state", "tags", "rows"]
    assert schema["properties"]["rows"]["items"]["anyOf"] == [{"type": "number"}, {"type": "null"}]
    get = found["paths"]["/api/1.0/x/{name}"]["get"]
    assert {p["name"]: (p["in"], p["required"]) for p in get["parameters"]} == {
        "name": ("path", True),
        "size": ("query", False),
        "inner": ("query", False),
    }
    body = found["paths"]["/api/1.0/x/{name}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert list(body["properties"]) == ["new_name"]
    assert body["required"] == ["new_name"]


def test_two_records_of_the_same_name_get_the_stage_in_front() -> None:
    from mlnb.server.openapi import _short_names

    found = ["mlnb__explore__records__Comparison", "mlnb__server__catalog__Page", "Plain-Input", "Plain-Output"]
    names = _short_names(dict.fromkeys(found))
    assert list(names.values()) == ["ExploreComparison", "CatalogPage", "PlainInput", "Plain"]


async def test_it_is_served(ask: Any) -> None:
    status, body = await ask("GET", "openapi.json")
    assert (status, body["openapi"]) == (200, "3.1.0")
