"""The path tree: finds the route of a request without trying hundreds of patterns in turn.

It works on the path as it was sent and decodes each part by itself, so a table called ``a/b`` (``a%2Fb``) stays one part.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from mlnb.core.errors import NotFoundError
from mlnb.server.route import Route
from mlnb.server.unprovided import not_provided

MODULES = (
    "status",
    "unity",
    "sql",
    "unity_tables",
    "unity_rights",
    "unity_objects",
    "catalog",
    "discovery",
    "lineage_tracking",
    "governance",
    "files",
    "ingest",
    "tree",
    "objects",
    "tables_care",
    "scope",
    "holdouts",
    "explore",
    "explore_grids",
    "features",
    "training",
    "runs_notebook",
    "runs_finding",
    "runs_background",
    "runs_keeping",
    "runs_files",
    "runs_replay",
    "evaluation",
    "evaluation_judging",
    "registry",
    "serving",
    "monitoring",
    "jobs",
    "mlflow_mount",
    "mlflow_links",
)
"""The route modules, in this order; each exports ``ROUTES``."""


class EndpointNotFoundError(NotFoundError):
    """No route answers this path."""

    code = "ENDPOINT_NOT_FOUND"


class MethodNotAllowedError(NotFoundError):
    """The path exists, the verb does not."""

    code = "BAD_REQUEST"
    http_status = 405

    def __init__(self, verb: str, path: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{path} does not answer {verb}.", hint=f"It answers {', '.join(allowed)}.")
        self.allowed = tuple(allowed)


@dataclass
class Match:
    """A route and the decoded values of its path parameters."""

    route: Route
    params: dict[str, str]


@dataclass
class _Node:
    """One part of a path: its named continuations, its parameter, and the routes that end or take the rest here."""

    static: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)
    rest: dict[str, Route] = field(default_factory=dict)


class Router:
    """Finds routes by verb and path.

    Parameters
    ----------
    routes
        The operations table.

    Raises
    ------
    ValueError
        When two routes match the same request, which is a mistake in the table.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._root = _Node()
        for route in self.routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        parts = split_path(route.path)
        table = node.routes
        for i, part in enumerate(parts):
            if part.startswith("{") and part.endswith("*}"):
                if i != len(parts) - 1:
                    raise ValueError(f"{route.path}: a rest parameter must come last")
                table = node.rest
                break
            if part.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.static.setdefault(part, _Node())
            table = node.routes
        if route.verb in table:
            raise ValueError(f"{route.verb} {route.path} and {table[route.verb].path} match the same requests")
        table[route.verb] = route

    def find(self, verb: str, path: str) -> Match:
        """Return the route for a verb and a raw (percent-encoded) path.

        Raises
        ------
        EndpointNotFoundError, MethodNotAllowedError
            When nothing answers.
        NotProvidedError
            When the platform has this path and we do not.
        """
        parts = split_path(path)
        ends: list[tuple[dict[str, Route], list[str]]] = []
        for table, values in _walk(self._root, parts, 0, []):
            route = table.get(verb) or (table.get("GET") if verb == "HEAD" else None)
            if route is not None:
                return Match(route, dict(zip(route.parameters, values, strict=True)))
            ends.append((table, values))
        if ends:
            raise MethodNotAllowedError(verb, unquote(path), sorted({name for table, _ in ends for name in table}))
        if (absent := not_provided(verb, unquote(path))) is not None:
            raise absent
        raise EndpointNotFoundError(
            f"No operation at {verb} {unquote(path)}.", hint="GET openapi.json lists every path of this server."
        )


def _walk(
    node: _Node, parts: Sequence[str], at: int, values: list[str]
) -> Iterable[tuple[dict[str, Route], list[str]]]:
    """Yield the route tables a path reaches, the most literal first."""
    if at == len(parts):
        if node.routes:
            yield node.routes, values
        return
    part = parts[at]
    if part in node.static:
        yield from _walk(node.static[part], parts, at + 1, values)
    if node.parameter is not None and part:
        yield from _walk(node.parameter, parts, at + 1, [*values, unquote(part)])
    if node.rest:
        yield node.rest, [*values, "/".join(unquote(rest) for rest in parts[at:])]


def split_path(path: str) -> list[str]:
    """Split a path into its parts; a slash at either end does not count."""
    return path.strip("/").split("/")


def load_routes(modules: Iterable[str] = MODULES) -> list[Route]:
    """Import the route modules that exist and return their routes."""
    routes: list[Route] = []
    for name in modules:
        if importlib.util.find_spec(f"mlnb.server.{name}") is not None:
            routes.extend(importlib.import_module(f"mlnb.server.{name}").ROUTES)
    return routes
