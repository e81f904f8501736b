"""The path tree: the right route or a clear error, whatever is asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlnb.core.errors import NotProvidedError
from mlnb.server.route import Empty, Route
from mlnb.server.router import MODULES, EndpointNotFoundError, MethodNotAllowedError, Router, load_routes


def _route(verb: Any, path: str) -> Route:
    return Route(verb, path, lambda ws, q: None, Empty, Empty, "test")


TABLE = [
    _route("GET", "/api/1.0/tables"),
    _route("GET", "/api/1.0/tables/{name}"),
    _route("POST", "/api/1.0/tables/{name}"),
    _route("GET", "/api/1.0/tables/{name}/history"),
    _route("GET", "/api/1.0/tables/query"),
    _route("GET", "/api/1.0/{kind}/{name}/comment"),
    _route("GET", "/api/2.0/mlflow/{rest*}"),
    _route("POST", "/api/2.0/mlflow/runs/search"),
]
ROUTER = Router(TABLE)

names = st.text(min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("verb", "path", "found", "params"),
    [
        ("GET", "/api/1.0/tables", "/api/1.0/tables", {}),
        ("GET", "/api/1.0/tables/", "/api/1.0/tables", {}),
        ("GET", "/api/1.0/tables/a.b.c", "/api/1.0/tables/{name}", {"name": "a.b.c"}),
        ("HEAD", "/api/1.0/tables/a.b.c", "/api/1.0/tables/{name}", {"name": "a.b.c"}),
        ("GET", "/api/1.0/tables/query", "/api/1.0/tables/query", {}),
        ("GET", "/api/1.0/tables/a%2Fb%25/history", "/api/1.0/tables/{name}/history", {"name": "a/b%"}),
        ("GET", "/api/1.0/tables/x/comment", "/api/1.0/{kind}/{name}/comment", {"kind": "tables", "name": "x"}),
        ("GET", "/api/2.0/mlflow/runs/get", "/api/2.0/mlflow/{rest*}", {"rest": "runs/get"}),
        ("POST", "/api/2.0/mlflow/runs/search", "/api/2.0/mlflow/runs/search", {}),
    ],
)
def test_the_most_literal_route_wins(verb: str, path: str, found: str, params: dict[str, str]) -> None:
    match = ROUTER.find(verb, path)
    assert (match.route.path, match.params) == (found, params)


def test_a_wrong_verb_is_told_with_the_right_ones() -> None:
    with pytest.raises(MethodNotAllowedError) as caught:
        ROUTER.find("DELETE", "/api/1.0/tables/x")
    assert caught.value.allowed == ("GET", "POST")


def test_a_post_below_a_rest_parameter_that_only_reads_is_refused() -> None:
    with pytest.raises(MethodNotAllowedError):
        ROUTER.find("POST", "/api/2.0/mlflow/runs/get")


def test_a_path_of_the_platform_that_is_not_provided_names_the_equivalent() -> None:
    with pytest.raises(NotProvidedError) as caught:
        ROUTER.find("GET", "/api/2.0/clusters/list")
    assert "cluster" in (caught.value.hint or "")
    with pytest.raises(EndpointNotFoundError):
        ROUTER.find("GET", "/api/2.0/no-such-thing/list")
    with pytest.raises(EndpointNotFoundError):
        ROUTER.find("GET", "/api/1.0/clusters")


def test_two_routes_for_the_same_requests_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="match the same requests"):
        Router([_route("GET", "/a/{x}"), _route("GET", "/a/{y}")])
    with pytest.raises(ValueError, match="must come last"):
        Router([_route("GET", "/a/{x*}/b")])


@given(kind=names, name=names)
def test_any_name_survives_the_path(kind: str, name: str) -> None:
    path = f"/api/1.0/{quote(kind, safe='')}/{quote(name, safe='')}/comment"
    match = ROUTER.find("GET", path)
    assert match.params == {"kind": kind, "name": name}


@given(
    verb=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "BREW"]),
    path=st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(["api", "1.0", "tables", "%", "%zz", "..", "", "{name}", "ö", "query"]), max_size=8
        ).map("/".join),
    ),
)
def test_no_path_crashes_the_router(verb: str, path: str) -> None:
    try:
        match = ROUTER.find(verb, path)
    except (EndpointNotFoundError, MethodNotAllowedError, NotProvidedError):
        return
    assert set(match.params) == set(match.route.parameters)


def test_every_route_module_exists_and_the_table_has_no_doubles() -> None:
    import importlib.util

    missing = [name for name in MODULES if importlib.util.find_spec(f"mlnb.server.{name}") is None]
    assert missing == []
    Router(load_routes())


def test_every_route_states_its_models_its_resource_and_its_row() -> None:
    wrong = [
        f"{route.verb} {route.path}"
        for route in load_routes()
        if not (route.resource and route.row and route.tag)
        or (not route.raw and route.request is None)
        or any(name not in route.request.model_fields for name in route.parameters if route.request is not None)
    ]
    assert wrong == []
