"""Questions of outputs, answered in the kernel that holds the rows.

A component on the page sends ``{id, method, path, query, body}`` over a comm of target ``mlnb.view``; the answer ``{id, status, headers}``
comes back with its body as one binary buffer. The first message says which workspace the kernel uses, which need not be the server's. The operations table decides what a path means, so this and the server say the same.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, MlnbError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mlnb.server.route import RawResponse
    from mlnb.server.router import Router

TARGET = "mlnb.view"

#: Bytes of a question and of an answer; a larger file is written by the user's own code.
MAX_REQUEST = 1_000_000
MAX_ANSWER = 64_000_000

_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
#: Paths that need no workspace: frames of this process. A first look at a frame makes no folder.
_GRIDS = "api/1.0/explore/grids/"
_EXPLORE = "api/1.0/explore/"

_beacons: list[Any] = []
_comms: dict[str, Any] = {}
_lock = threading.Lock()
_routers: dict[bool, Router] = {}


class AnswerTooLargeError(InvalidParameterError):
    """What was asked for is too large for a message."""

    code = "PAYLOAD_TOO_LARGE"


def install(shell: InteractiveShell) -> None:
    """Register the comm target, where the shell is a kernel's."""
    manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
    if manager is not None and TARGET not in manager.targets:
        manager.register_target(TARGET, opened)
        # A page asks which comms there are before it opens one: this one says that somebody answers. Nobody is told of it.
        from comm import create_comm

        beacon = create_comm(target_name=TARGET, primary=False)
        manager.register_comm(beacon)
        _beacons.append(beacon)


def remove(shell: InteractiveShell) -> None:
    """Take the comm target away."""
    manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
    if manager is not None:
        manager.targets.pop(TARGET, None)
        while _beacons:
            manager.unregister_comm(_beacons.pop())
        for comm in list(_comms.values()):
            comm.close()  # the page hears of it, and shows what was saved
        _comms.clear()


def opened(comm: Any, _: Any) -> None:
    """Answer every message of a comm that a page opened."""

    def on_message(message: dict[str, Any]) -> None:
        head, buffers = answer(message["content"]["data"])
        comm.send(head, buffers=buffers)

    comm.on_msg(on_message)
    comm.on_close(lambda _: _comms.pop(comm.comm_id, None))
    _comms[comm.comm_id] = comm
    comm.send({"ready": True, "workspace": _place()})


def answer(request: Any) -> tuple[dict[str, Any], list[bytes]]:
    """Answer one question; what goes wrong is an answer too.

    Returns
    -------
    tuple
        ``{id, status, headers}`` and the body as a list of one buffer.
    """
    number = request.get("id") if isinstance(request, dict) else None
    try:
        found = _perform(request)
        body = _whole(found.body)
        headers = {"content-type": found.content_type, **{k.lower(): v for k, v in found.headers.items()}}
        return {"id": number, "status": found.status, "headers": headers}, [body]
    except KeyboardInterrupt:
        stopped = MlnbError("The answer was stopped.", code="CANCELLED")
        return _refused(number, stopped, request)
    except Exception as error:
        return _refused(number, error, request)


def _refused(number: Any, error: BaseException, request: Any) -> tuple[dict[str, Any], list[bytes]]:
    import uuid

    from mlnb.server.errors import answer as as_answer

    path = str(request.get("path", "")) if isinstance(request, dict) else ""
    told = as_answer(error, path=path, request_id=uuid.uuid4().hex)
    return {"id": number, "status": told.status, "headers": {"content-type": "application/json"}}, [told.to_bytes()]


def _perform(request: Any) -> RawResponse:
    from mlnb.core.caller import calling, current_caller
    from mlnb.server.operations import Incoming, perform

    verb, path, query, body = _parts(request)
    match = _router(path).find(verb, path)
    incoming = Incoming(
        verb=verb,
        path="/" + path,
        params=match.params,
        query=query,
        headers={"content-type": "application/json"},
        body=body,
    )
    # A job's output is asked by whoever looks at it now, in the kernel's name.
    source = "job" if current_caller().job_run_id else "kernel"
    with calling(source=source):
        return perform(match.route, _workspace(path), incoming, max_json_bytes=MAX_REQUEST)


def _parts(request: Any) -> tuple[str, str, dict[str, list[str]], bytes]:
    """Take a message apart, or say what is wrong with it."""
    if not isinstance(request, dict):
        raise InvalidParameterError("A question is an object with id, method and path.")
    verb, path = str(request.get("method", "GET")).upper(), request.get("path")
    if verb not in _VERBS or not isinstance(path, str) or len(path) > 8_192:
        raise InvalidParameterError("A question needs a method and a path.")
    query: dict[str, list[str]] = {}
    asked = request.get("query") or {}
    if not isinstance(asked, dict):
        raise InvalidParameterError("The query of a question is an object.")
    for key, value in asked.items():
        values = value if isinstance(value, list) else [value]
        texts = ["true" if one is True else "false" if one is False else str(one) for one in values if one is not None]
        if texts:
            query[str(key)] = texts
    sent = request.get("body")
    return verb, path.strip("/"), query, b"" if sent is None else json.dumps(sent).encode()


def _router(path: str) -> Router:
    """Return the table for a path; that of explore alone is quicker to load, and all that most outputs need."""
    from mlnb.server.router import MODULES, Router, load_routes

    explore = path.startswith(_EXPLORE)
    with _lock:
        if explore not in _routers:
            modules = [name for name in MODULES if name.startswith("explore")] if explore else MODULES
            _routers[explore] = Router(load_routes(modules))
        return _routers[explore]


def _place() -> str:
    """Return the folder of the workspace this process uses, or would use: being asked makes none."""
    from mlnb import door
    from mlnb.core.ground import find_workspace

    opened = next(iter(door._opened.values()), None)
    return str(opened.path if opened is not None else find_workspace())


def _workspace(path: str) -> Any:
    if path.startswith(_GRIDS) and not path.endswith("/profile"):
        from types import SimpleNamespace

        from mlnb.explore.asking.grids import here

        return SimpleNamespace(explore=SimpleNamespace(grids=here()))
    from mlnb.magics.base import current_workspace

    return current_workspace()


def _whole(body: Any) -> bytes:
    """Return a body as bytes; one that is made piece by piece ends where it gets too large."""
    if isinstance(body, bytes):
        parts = [body]
        size = len(body)
    else:
        parts, size = [], 0
        for part in body:
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER:
                break
    if size > MAX_ANSWER:
        raise AnswerTooLargeError(
            f"The answer has more than {MAX_ANSWER // 1_000_000} MB.",
            hint="Narrow the rows with a filter, or write the file in a cell: df.to_parquet('rows.parquet').",
        )
    return b"".join(parts)
