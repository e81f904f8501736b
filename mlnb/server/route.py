"""The operations table's entry: what binds a verb and a path to one call on the workspace.

This module knows neither Tornado nor Jupyter. The HTTP handler, the OpenAPI document, a widget's comm in the kernel and the tests all
derive from the same list of routes, so a path, its models and its rights are written down exactly once, next to each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from mlnb.door import Workspace

Verb = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
Action = Literal["read", "write", "execute"]
Pool = Literal["fast", "slow", "mlflow"]

NATIVE = "/api/1.0"
"""Native base: paths under it are ours, all other ``/api`` paths are the platform's."""

_PARAMETER = re.compile(r"\{(\w+)(\*?)\}")


class PlatformModel(BaseModel):
    """Base of requests and responses of the platform's own paths.

    Newer clients send fields that we do not know yet: they are ignored, where our own paths refuse them (``Record``).
    """

    model_config = ConfigDict(extra="ignore", populate_by_name=True, protected_namespaces=())


class Empty(PlatformModel):
    """A request without parameters, or the answer ``{}``."""


@dataclass(frozen=True)
class RawRequest:
    """What a ``raw`` route gets instead of a model.

    Attributes
    ----------
    verb, path
        As sent; the path is relative to ``{base_url}/mlnb`` and still percent-encoded: what decides by it decodes it first.
    params
        The values of the path's ``{names}``.
    query
        Query parameters, each with all its values.
    headers
        Request headers; keys are lower case. Credentials (authorization, cookie) are not among them.
    body
        The body's bytes, unparsed.
    upload
        The file that holds the body instead, where it was received piece by piece; it is gone after the call.
    """

    verb: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    upload: Path | None = None


@dataclass(frozen=True)
class RawResponse:
    """Bytes that go out as they are; any route's call may return one instead of its response model."""

    body: bytes | Iterator[bytes] = b""
    content_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """One operation: a verb and a path, the call that answers it, and its two models.

    Parameters
    ----------
    verb
        The HTTP method. A GET route also answers HEAD.
    path
        Relative to ``{base_url}/mlnb``, for example ``/api/1.0/tables/{name}/preview``. A parameter ``{name}`` takes one percent-encoded
        path part; ``{path*}``, only at the end, takes the rest with its slashes.
    call
        ``call(ws, q)``: one service call. ``q`` is an instance of ``request``, filled from path, query and body (path wins). Runs in a
        thread with the caller in the context; raises ``MlnbError`` for everything a user can cause.
    request, response
        Pydantic models. ``request=None`` when nothing is read, ``response=None`` for an answer without a body.
    resource
        The name on the door (``catalog``, ``runs``, …); Jupyter's authorizer is asked about ``mlnb:<resource>``.
    action
        ``read``, ``write`` or ``execute``; by default from the verb.
    status
        Of a successful answer.
    pool
        ``slow`` for SQL, profiles and files, which must not keep quick reads waiting (``mlflow`` is the mount's own).
    raw
        ``q`` is a `RawRequest` and the answer a `RawResponse`.
    public
        Needs no login. Only for answers that say nothing about the workspace.
    tag, summary
        For the OpenAPI document.
    row
        The acceptance row of the design this route serves.
    """

    verb: Verb
    path: str
    call: Callable[[Workspace, Any], Any]
    request: type[BaseModel] | None
    response: type[BaseModel] | None
    resource: str
    action: Action | None = None
    status: int = 200
    pool: Pool = "fast"
    raw: bool = False
    public: bool = False
    tag: str = ""
    summary: str = ""
    row: str = ""

    @property
    def effective_action(self) -> Action:
        """What the authorizer is asked: the stated action, else ``read`` for GET and HEAD and ``write`` for the rest."""
        if self.action is not None:
            return self.action
        return "read" if self.verb in ("GET", "HEAD") else "write"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the path's parameters, in order."""
        return tuple(match.group(1) for match in _PARAMETER.finditer(self.path))

    @property
    def native(self) -> bool:
        """Whether the path is ours rather than the platform's."""
        return self.path.startswith(NATIVE + "/")


def routes_under(prefix: str, **common: Any) -> Callable[..., Route]:
    """Return a maker of routes that share the beginning of their paths and other fields.

    Parameters
    ----------
    prefix
        What all their paths begin with.
    common
        Fields of `Route` that hold unless a route gives its own.
    """

    def make(
        verb: Verb,
        path: str,
        call: Callable[[Workspace, Any], Any],
        request: type[BaseModel] | None,
        response: type[BaseModel] | None,
        summary: str,
        row: str | None = None,
        **own: Any,
    ) -> Route:
        fields = common | own | ({} if row is None else {"row": row})
        return Route(verb, prefix + path, call, request, response, summary=summary, **fields)

    return make
