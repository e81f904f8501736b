"""MLflow's own REST API inside this process, on the workspace's stores.

``mlflow.set_tracking_uri("<lab url>/mlnb")`` works with the unmodified client and the Jupyter token. The open MLflow server is a WSGI
application; it is imported when first asked, and runs in its own pool of threads. A second process would only add memory, a port and
a secret.
"""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from mlnb.core.errors import NotProvidedError
from mlnb.core.tracking import is_server, load_mlflow
from mlnb.server import mlflow_rules as rules
from mlnb.server.errors import body as error_body
from mlnb.server.mlflow_artifacts import ROUTES as ARTIFACT_ROUTES
from mlnb.server.mlflow_artifacts import Addresses
from mlnb.server.mlflow_forward import forward
from mlnb.server.operations import refuse_large
from mlnb.server.route import Action, RawRequest, RawResponse, Route, Verb

if TYPE_CHECKING:
    from mlnb.door import Workspace

_CHUNK = 256 * 1024
_lock = threading.Lock()
_mounted: tuple[str, str] | None = None  # the stores that MLflow's module-level handlers are bound to

# Headers of MLflow's answer that go on; the rest belongs to the connection or to Jupyter.
_PASSED_ON = frozenset({"content-disposition", "content-length", "etag", "last-modified"})


def call(ws: Workspace, q: RawRequest) -> RawResponse:
    """Answer a request of MLflow's client."""
    from mlnb.server.settings import ServerSettings

    settings = ws.settings.section("server", ServerSettings)
    if settings.mlflow == "off":
        raise NotProvidedError(
            "MLflow's API is switched off here.", hint='Set mlflow = "in-process" in [server] of mlnb.toml.'
        )
    refuse_large(q.body, settings.max_json_bytes)
    q = rules.read(q)
    if is_server(ws.tracking.uri):
        rules.before(ws, q, None)
        return _told(ws, q, forward(ws.tracking.uri, q), lambda body: body)
    addresses = Addresses(ws.tracking.artifact_root)
    sent = replace(q, body=addresses.incoming(q.body)) if _is_json(q.headers.get("content-type", "")) else q
    rules.before(ws, sent, [root for root in (addresses.folder, ws.root) if root is not None])
    return _told(ws, sent, run_wsgi(_application(ws), environ(sent), sent), addresses.outgoing)


def _told(ws: Workspace, q: RawRequest, answer: RawResponse, change: Callable[[bytes], bytes]) -> RawResponse:
    """Return an answer as the client gets it, and write down what the call did; what is no message goes on as it comes."""
    if not answer.body or not _is_json(answer.content_type):
        return answer
    body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
    if answer.status < 300:
        rules.after(ws, q, body)
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return replace(answer, body=change(body), headers=headers)


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _application(ws: Workspace) -> Callable[..., Any]:
    """Import MLflow's application and bind its stores to the workspace."""
    global _mounted
    wanted = (ws.tracking.uri, ws.tracking.artifact_root)
    with _lock, _without_its_host_checks():
        load_mlflow()
        from mlflow.server import app, handlers

        if _mounted != wanted:
            handlers._tracking_store = None
            handlers._model_registry_store = None
            handlers.initialize_backend_stores(wanted[0], wanted[0], default_artifact_root=wanted[1])
            _mounted = wanted
    application: Callable[..., Any] = app
    return application


@contextmanager
def _without_its_host_checks() -> Iterator[None]:
    """Switch MLflow's own host and origin checks off while it is imported: Jupyter has made both.

    It installs them when it finds a web server among the loaded modules, which another extension may have put there.
    """
    name = "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE"
    if "mlflow.server" in sys.modules:
        yield
        return
    before = os.environ.get(name)
    os.environ[name] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def environ(q: RawRequest) -> dict[str, Any]:
    """Build the WSGI environment of a request.

    The platform's client sends the parameters of DELETE in the query; MLflow reads them only from a JSON body, so they are moved.
    """
    body, query = q.body, urlencode([(key, value) for key, values in q.query.items() for value in values])
    headers = dict(q.headers)
    if q.verb == "DELETE" and not body and query:
        body, query = json.dumps({key: values[-1] for key, values in q.query.items()}).encode(), ""
        headers["content-type"] = "application/json"
    result: dict[str, Any] = {
        "REQUEST_METHOD": q.verb,
        "SCRIPT_NAME": "",
        # WSGI wants the decoded bytes as latin-1 text.
        "PATH_INFO": unquote(q.path, encoding="latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "HTTP_HOST": "localhost",
    }
    if "content-type" in headers:
        result["CONTENT_TYPE"] = headers["content-type"]
    for name, value in headers.items():
        if name not in ("content-type", "content-length", "host", "origin", "referer"):
            result["HTTP_" + name.upper().replace("-", "_")] = value
    return result


def run_wsgi(application: Callable[..., Any], environment: dict[str, Any], q: RawRequest) -> RawResponse:
    """Run a WSGI application once and stream its body."""
    started: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        started["status"], started["headers"] = int(status.split()[0]), headers
        return lambda data: None

    parts = application(environment, start_response)
    status = started["status"]
    headers = {name.lower(): value for name, value in started["headers"]}
    kind = headers.get("content-type", "application/octet-stream")
    if status >= 400 and not kind.startswith("application/json"):
        _close(parts)
        return _plain_error(status, q)
    passed = {name: value for name, value in headers.items() if name in _PASSED_ON}
    if q.verb == "HEAD" or status == 204:
        _close(parts)
        return RawResponse(b"", kind, status, passed)
    return RawResponse(_chunks(parts), kind, status, passed)


def _chunks(parts: Any) -> Iterator[bytes]:
    """Regroup a body into pieces worth sending, and close it at the end."""
    buffer = bytearray()
    try:
        for part in parts:
            buffer += part
            if len(buffer) >= _CHUNK:
                yield bytes(buffer)
                buffer.clear()
        if buffer:
            yield bytes(buffer)
    finally:
        _close(parts)


def _close(parts: Any) -> None:
    close = getattr(parts, "close", None)
    if close is not None:
        close()


def _plain_error(status: int, q: RawRequest) -> RawResponse:
    """Replace an HTML error page of the framework by our error body."""
    code, message = {
        404: ("ENDPOINT_NOT_FOUND", f"MLflow has no operation at {q.verb} {q.path}."),
        405: ("BAD_REQUEST", f"{q.path} does not answer {q.verb}."),
    }.get(status, ("INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST", "MLflow refused the request."))
    return RawResponse(json.dumps(error_body(code, message)).encode(), status=status)


_VERBS: tuple[Verb, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")
_BASES = ("/api/2.0/mlflow", "/api/3.0/mlflow", "/ajax-api/2.0/mlflow", "/ajax-api/3.0/mlflow")

# Reads that MLflow's clients send as POST, because a filter may be long.
_READING_POSTS = (
    "experiments/search",
    "experiments/search-datasets",
    "runs/search",
    "logged-models/search",
    "traces/search",
    "datasets/search",
)

# Lists of the platform that the open server has only as searches.
_LISTS = ("experiments/list", "registered-models/list")
_MOST_FOUND = 1000


def _list(ws: Workspace, q: RawRequest) -> RawResponse:
    return _search(ws, replace(q, path=q.path.removesuffix("list") + "search"))


def _search(ws: Workspace, q: RawRequest) -> RawResponse:
    """Search with the platform's default for how many: its client leaves the number out or sends 0, which the open server refuses."""
    if q.body:
        try:
            wanted = json.loads(q.body)
            if not wanted.get("max_results"):
                return call(ws, replace(q, body=json.dumps({**wanted, "max_results": _MOST_FOUND}).encode()))
        except (ValueError, AttributeError):  # MLflow says what is wrong with it
            pass
    elif q.query.get("max_results", ["0"])[-1] == "0":
        return call(ws, replace(q, query={**q.query, "max_results": [str(_MOST_FOUND)]}))
    return call(ws, q)


def _route(verb: Verb, path: str, action: Action | None = None, answer: Callable[..., Any] = call) -> Route:
    return Route(
        verb, path, answer, None, None, "mlflow", action=action, pool="mlflow", raw=True, tag="MLflow", row="REST-2"
    )


def _routes() -> Iterator[Route]:
    for base in _BASES:
        for verb in _VERBS:
            yield _route(verb, f"{base}/{{rest*}}")
        for path in _LISTS:
            yield _route("GET", f"{base}/{path}", answer=_list)
        for path in _READING_POSTS:
            yield _route("POST", f"{base}/{path}", "read", _search if path == "experiments/search" else call)
        yield _route("GET", f"{base}/experiments/search", answer=_search)
    yield from ARTIFACT_ROUTES
    yield _route("GET", "/get-artifact")
    yield _route("GET", "/model-versions/get-artifact")
    yield _route("GET", "/version")


ROUTES = list(_routes())
