"""Files of runs and models for clients of MLflow that do not share this computer's disk.

MLflow's client writes files where the server says: to a client over HTTP it says ``mlflow-artifacts:/…`` instead of a folder here, and the
client then sends and fetches them through this server. Only the wire knows these addresses; the store keeps the folders, so that kernels,
the registry and endpoints go on reading from the disk. MLflow's own handlers are not used for the bytes: they decode a path until nothing
is left to decode, so not every folder can be named to them, and they take a file only whole and in memory.
"""

from __future__ import annotations

import json
import mimetypes
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidParameterError, NotFoundError, NotProvidedError
from mlnb.core.files import storage_errors
from mlnb.core.tracking import is_server
from mlnb.server.mlflow_forward import forward
from mlnb.server.route import RawRequest, RawResponse, Route
from mlnb.server.sending import send_file

if TYPE_CHECKING:
    from mlnb.door import Workspace

SCHEME = "mlflow-artifacts:/"
#: Fields of MLflow's messages that hold an address, in both spellings that it reads.
_FIELDS: tuple[str, ...] = ("artifact_uri", "artifact_location", "root_uri", "source", "storage_location")
_FIELDS += ("artifactUri", "artifactLocation", "rootUri", "storageLocation")
_ADDRESS = re.compile(rb'("(?:' + "|".join(_FIELDS).encode() + rb')"\s*:\s*)("(?:[^"\\]|\\.)*")')
#: Folders that can be named in an address without quoting, which MLflow undoes as often as it can. Ours are called so.
_PLAIN = re.compile(r"[A-Za-z0-9._/-]+")


class Addresses:
    """Changes the addresses in messages between this server's folders and what clients see.

    Parameters
    ----------
    root
        The workspace's artifact root; one that is no folder of this computer is told as it is.
    """

    def __init__(self, root: str) -> None:
        from mlnb.training.recording.artifacts import local_folder

        self.folder = local_folder(root)
        self._root = root.rstrip("/")

    def outgoing(self, body: bytes) -> bytes:
        """Return a message of MLflow's server as its clients get it."""
        return body if self.folder is None else _ADDRESS.sub(lambda found: self._change(found, "out"), body)

    def incoming(self, body: bytes) -> bytes:
        """Return a message of a client as MLflow's server gets it."""
        if self.folder is None or SCHEME.encode() not in body:
            return body
        return _ADDRESS.sub(lambda found: self._change(found, "in"), body)

    def _change(self, found: re.Match[bytes], way: Literal["in", "out"]) -> bytes:
        value = json.loads(found[2])
        changed = self.told(value) if way == "out" else self.kept(value)
        return found[1] + json.dumps(changed).encode()

    def told(self, address: str) -> str:
        """Return the address a client is told; one outside the root, or with a name that needs quoting, is told as it is."""
        below = address.removeprefix("file://")[len(self._root) :]
        inside = address.removeprefix("file://").startswith(self._root + "/")
        return SCHEME + below.strip("/") if inside and _PLAIN.fullmatch(below) else address

    def kept(self, address: str) -> str:
        """Return the address that the store keeps."""
        return f"{self._root}/{address.removeprefix(SCHEME).strip('/')}" if address.startswith(SCHEME) else address


def _place(ws: Workspace, path: str) -> Path:
    """Return where a client's path lies on the disk.

    Raises
    ------
    PermissionDeniedError
        When it leads outside the artifact root.
    """
    folder = Addresses(ws.tracking.artifact_root).folder
    if folder is None:
        raise NotProvidedError(
            "The artifacts of this workspace are not on this server's disk.",
            hint=f"They are at {ws.tracking.artifact_root}; the client needs its own way there.",
        )
    try:
        return ws.files.inside(folder, path.strip("/"))
    except (OSError, ValueError) as error:
        raise InvalidParameterError(f"{path!r} is no path of a file.", hint="Use a path below the run.") from error


def send(ws: Workspace, q: RawRequest) -> RawResponse:
    """Send a file, or list a folder, which is asked for without a path."""
    if is_server(ws.tracking.uri):
        return forward(ws.tracking.uri, q)
    if not q.params.get("path"):
        return _listed(_place(ws, q.query.get("path", [""])[-1]))
    place = _place(ws, q.params["path"])
    if not _is_file(place):
        raise NotFoundError(f"There is no file {q.params['path']}.", hint="list_artifacts tells which there are.")
    stream = place.open("rb")
    size = os.fstat(stream.fileno()).st_size
    kind = mimetypes.guess_type(place.name)[0] or "application/octet-stream"
    headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment"}
    return send_file(q, stream, size, kind, headers)


def _is_file(place: Path) -> bool:
    try:
        return place.is_file()
    except OSError:  # a name that no file can have
        return False


def _listed(folder: Path) -> RawResponse:
    files: list[dict[str, Any]] = []
    if folder.is_dir():
        for entry in sorted(folder.iterdir()):
            about: dict[str, Any] = {"path": entry.name, "is_dir": entry.is_dir()}
            if not entry.is_dir():
                about["file_size"] = entry.lstat().st_size
            files.append(about)
    return RawResponse(json.dumps({"files": files}).encode())


def receive(ws: Workspace, q: RawRequest) -> RawResponse:
    """Keep a file: it is there whole or not at all."""
    if is_server(ws.tracking.uri):
        return forward(ws.tracking.uri, q)
    place = _deep(_place(ws, q.params["path"]), ws)
    with storage_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            raise InvalidParameterError(f"{q.params['path']} is a folder.", hint="Give the file another name.")
        if q.upload is None:
            ws.files.write_atomic(place, q.body)
        else:
            os.chmod(q.upload, 0o644)
            shutil.move(q.upload, place)
    return RawResponse(b"{}")


def remove(ws: Workspace, q: RawRequest) -> RawResponse:
    """Delete a file, or a folder with all that is in it."""
    if is_server(ws.tracking.uri):
        return forward(ws.tracking.uri, q)
    place = _deep(_place(ws, q.params["path"]), ws)
    with storage_errors(place):
        if place.is_dir():
            shutil.rmtree(place)
        elif _is_file(place):
            place.unlink()
        else:
            raise NotFoundError(f"There is no file {q.params['path']}.")
    return RawResponse(b"{}")


def _deep(place: Path, ws: Workspace) -> Path:
    """Refuse to change what lies above the folders of runs and models."""
    folder = Addresses(ws.tracking.artifact_root).folder
    if folder is None or len(place.relative_to(folder.resolve()).parts) < 3:
        raise InvalidParameterError("Only files of runs and models can be changed.", hint="Name a file of a run.")
    return place


def refuse_parts(ws: Workspace, q: RawRequest) -> RawResponse:
    """Say that a file is sent whole, in the words by which MLflow's client knows that."""
    raise NotProvidedError("Multipart upload is not supported for the current artifact repository")


def _route(verb: Any, path: str, call: Any, **more: Any) -> Route:
    return Route(
        verb,
        f"/api/2.0/mlflow-artifacts/{path}",
        call,
        None,
        None,
        "mlflow",
        pool="mlflow",
        raw=True,
        tag="MLflow",
        row="REST-2",
        **more,
    )


ROUTES: list[Route] = [
    _route("GET", "artifacts", send),
    _route("GET", "artifacts/{path*}", send),
    _route("PUT", "artifacts/{path*}", receive),
    _route("DELETE", "artifacts/{path*}", remove),
    *(_route("POST", f"mpu/{what}/{{path*}}", refuse_parts) for what in ("create", "complete", "abort")),
]
