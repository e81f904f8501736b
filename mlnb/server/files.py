"""Routes of volumes, their files, and functions: the platform's files interface and what the screens ask."""

from __future__ import annotations

import mimetypes
import secrets
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from pydantic import Field

from mlnb.catalog.names import quote_name
from mlnb.catalog.records_objects import FunctionParameter, Tag, VolumeEntry, VolumeInfo
from mlnb.core.errors import InvalidParameterError, NotFoundError, NotProvidedError
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, PlatformModel, RawRequest, RawResponse, Route, routes_under
from mlnb.server.sending import header_name, send_file

if TYPE_CHECKING:
    from mlnb.door import Workspace


# -- the platform's files ------------------------------------------------------------------------------------------------


class DirectoryRequest(PlatformModel):
    """A folder, and which page of it."""

    path: str
    page_size: int = Field(default=0, ge=0)
    page_token: str | None = None


class DirectoryEntry(PlatformModel):
    """A file or folder; times are milliseconds."""

    path: str
    name: str
    is_directory: bool
    file_size: int | None = None
    last_modified: int | None = None


class DirectoryPage(PlatformModel):
    """What is in a folder."""

    contents: list[DirectoryEntry]
    next_page_token: str | None = None


def put_file(ws: Workspace, q: RawRequest) -> RawResponse:
    """Write a file."""
    overwrite = q.query.get("overwrite", ["false"])[-1].lower() == "true"
    if q.upload is not None:
        with q.upload.open("rb") as stream:
            ws.catalog.write_file(_path(q), stream, overwrite=overwrite)
    else:
        ws.catalog.write_file(_path(q), q.body, overwrite=overwrite)
    return RawResponse(status=204)


class MultipartUpload(PlatformModel):
    """The upload that was begun."""

    session_token: str


class UploadBegun(PlatformModel):
    """How a large file is to be sent."""

    multipart_upload: MultipartUpload


class UploadParts(PlatformModel):
    """A request for the addresses of parts."""

    path: str = ""


def begin_upload(ws: Workspace, q: RawRequest) -> RawResponse:
    """Answer a client that asks how to send a large file, after its right to write has been looked at.

    Clients ask this before every large file and give up when it is refused. Parts go to addresses of an object store; as there is none,
    they learn that in the next step, and send the file in one piece.
    """
    ws.catalog.path(_path(q), write=True)
    found = UploadBegun(multipart_upload=MultipartUpload(session_token=secrets.token_urlsafe(16)))
    return RawResponse(found.model_dump_json().encode())


def refuse_parts(ws: Workspace, q: UploadParts) -> None:
    """Say that files are sent in one piece."""
    raise NotProvidedError(
        "Files are not sent in parts here.", hint="Send the file in one piece: PUT /api/2.0/fs/files/{path}."
    )


def get_file(ws: Workspace, q: RawRequest) -> RawResponse:
    """Send a file, or the part of it that a Range header names."""
    from mlnb.catalog.volumes import open_file

    entry, stream = open_file(ws.catalog, _path(q))
    headers = {
        "Last-Modified": formatdate((entry.modified or 0) / 1000, usegmt=True),
        "Content-Disposition": f'attachment; filename="{header_name(entry.name)}"',
    }
    return send_file(q, stream, entry.size or 0, _type(entry.name), headers)


def _type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def delete_file(ws: Workspace, q: RawRequest) -> RawResponse:
    """Delete a file."""
    ws.catalog.delete_file(_path(q))
    return RawResponse(status=204)


def make_directory(ws: Workspace, q: RawRequest) -> RawResponse:
    """Make a folder."""
    ws.catalog.make_directory(_path(q))
    return RawResponse(status=204)


def head_directory(ws: Workspace, q: RawRequest) -> RawResponse:
    """Say whether a folder exists."""
    from mlnb.catalog.volumes import entry

    if not entry(ws.catalog, _path(q)).is_directory:
        raise NotFoundError(f"{_path(q)} is no folder.")
    return RawResponse()


def delete_directory(ws: Workspace, q: RawRequest) -> RawResponse:
    """Delete an empty folder."""
    ws.catalog.delete_directory(_path(q))
    return RawResponse(status=204)


def list_directory(ws: Workspace, q: DirectoryRequest) -> DirectoryPage:
    """List a folder."""
    from mlnb.catalog import paging

    path = "/" + q.path.strip("/")
    size, question = paging.size(q.page_size), f"files|{path}"
    after = paging.decode(q.page_token, question)
    found = ws.catalog.list_files(path)
    start = int(after) if after and after.isdigit() else 0
    shown = found[start : start + size]
    return DirectoryPage(
        contents=[
            DirectoryEntry(
                path=e.path, name=e.name, is_directory=e.is_directory, file_size=e.size, last_modified=e.modified
            )
            for e in shown
        ],
        next_page_token=paging.encode(str(start + size), question) if start + size < len(found) else None,
    )


def _path(q: RawRequest) -> str:
    return "/" + q.params["path"].lstrip("/")


# -- screens -------------------------------------------------------------------------------------------------------------


class VolumeFolder(Record):
    """A volume, and a folder in it: below the volume, or the whole path."""

    name: str
    path: str = ""


class VolumeView(Record):
    """A volume's page."""

    volume: VolumeInfo
    tags: list[Tag]
    path: str
    entries: list[VolumeEntry]
    may_write: bool


class NewVolume(Record):
    """A volume to be made."""

    name: str
    comment: str | None = None
    location: str | None = None


class FunctionByName(Record):
    """A function by its full name."""

    name: str


class FunctionView(Record):
    """A function's page."""

    name: str
    full_name: str
    language: str
    signature: str
    parameters: list[FunctionParameter]
    return_type: str
    return_columns: list[FunctionParameter]
    body: str
    body_hash: str
    pip_requirements: list[str]
    owner: str
    comment: str | None = None
    tags: list[Tag]
    may: list[str]
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


def view_volume(ws: Workspace, q: VolumeFolder) -> VolumeView:
    """Return a volume's page."""
    volume = ws.catalog.volume(q.name)
    about = ws.catalog.object_info(quote_name(volume.full_name), kind="volume")
    path = q.path if q.path.startswith("/Volumes/") else f"{volume.path}/{q.path.strip('/')}".rstrip("/")
    if not f"{path}/".startswith(f"{volume.path}/"):
        raise InvalidParameterError(f"{path} is not in {volume.full_name}.", hint=f"Use a path below {volume.path}.")
    return VolumeView(
        volume=volume,
        tags=about.tags,
        path=path,
        entries=ws.catalog.list_files(path),
        may_write="WRITE VOLUME" in about.may,
    )


def create_volume(ws: Workspace, q: NewVolume) -> VolumeInfo:
    """Make a volume."""
    return ws.catalog.create_volume(q.name, location=q.location, comment=q.comment)


def view_function(ws: Workspace, q: FunctionByName) -> FunctionView:
    """Return a function's page."""
    info = ws.catalog.function(q.name)
    about = ws.catalog.object_info(quote_name(info.full_name), kind="function")
    return FunctionView(
        **info.model_dump(include=set(FunctionView.model_fields)),
        signature=info.signature,
        tags=about.tags,
        may=about.may,
    )


def _files(verb: Any, path: str, call: Any, summary: str, **more: Any) -> Route:
    given: dict[str, Any] = {"request": None, "response": None, "raw": True, "pool": "slow"} | more
    return Route(
        verb, f"/api/2.0/fs/{path}", call, resource="catalog", tag="Files", summary=summary, row="UC-16", **given
    )


_screen = routes_under(NATIVE, resource="catalog", tag="Catalog")


ROUTES = [
    _files("PUT", "files/{path*}", put_file, "Write a file of a volume", status=204),
    _files("GET", "files/{path*}", get_file, "Send a file of a volume"),
    _files("POST", "files/{path*}", begin_upload, "Ask how a large file is sent"),
    *(
        _files(
            "POST",
            f"create-{what}",
            refuse_parts,
            "Say that files are sent in one piece",
            request=UploadParts,
            raw=False,
        )
        for what in ("upload-part-urls", "resumable-upload-url", "abort-upload-url")
    ),
    _files("DELETE", "files/{path*}", delete_file, "Delete a file of a volume", status=204),
    _files("PUT", "directories/{path*}", make_directory, "Make a folder in a volume", status=204),
    _files("HEAD", "directories/{path*}", head_directory, "Say whether a folder exists"),
    _files("DELETE", "directories/{path*}", delete_directory, "Delete an empty folder", status=204),
    _files(
        "GET",
        "directories/{path*}",
        list_directory,
        "List a folder of a volume",
        request=DirectoryRequest,
        response=DirectoryPage,
        raw=False,
    ),
    _screen("POST", "/volumes", create_volume, NewVolume, VolumeInfo, "Make a volume", status=201, row="UC-16"),
    _screen("GET", "/volumes/{name}", view_volume, VolumeFolder, VolumeView, "Return a volume's page", row="UC-16"),
    _screen(
        "GET", "/functions/{name}", view_function, FunctionByName, FunctionView, "Return a function's page", row="UC-17"
    ),
]
