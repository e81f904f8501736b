"""Files that a browser sends: kept in the workspace for a day, so that they can be looked at and loaded."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from mlnb.core.errors import ConflictError, InvalidParameterError, NotFoundError
from mlnb.core.files import storage_errors
from mlnb.core.records import Record

if TYPE_CHECKING:
    from ..service import Catalog

#: How long an uploaded file is kept, in milliseconds.
KEPT_MS = 24 * 3600 * 1000


class UploadTooLargeError(InvalidParameterError):
    """The file has more bytes than may be sent."""

    code = "REQUEST_TOO_LARGE"


class UploadOffsetError(ConflictError):
    """A piece does not continue what was sent; the details have the size."""

    code = "UPLOAD_OFFSET_MISMATCH"


class Upload(Record):
    """A file that was sent: the path to load it from, and its size so far."""

    path: str
    size: int


def folder_of(catalog: Catalog) -> Path:
    """Return where uploaded files lie."""
    return catalog.ground.path / "uploads"


def receive(catalog: Catalog, data: bytes, *, name: str | None, path: str | None, offset: int) -> Upload:
    """Store a file, or the next piece of one; see :meth:`mlnb.catalog.loading.Loading.upload`."""
    limit = catalog.settings.max_upload_bytes
    if offset + len(data) > limit:
        raise UploadTooLargeError(
            f"The file has more than {limit:,} bytes.",
            hint="Copy it into the notebook folder, or raise max_upload_bytes in [catalog] of mlnb.toml.",
        )
    target = _new(catalog, name) if path is None else _known(catalog, path)
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        size = target.stat().st_size if target.exists() else 0
        if size != offset:
            raise UploadOffsetError(
                f"{size:,} bytes were sent, and this piece starts at {offset:,}.",
                hint="Go on where the last piece ended.",
                details={"size": size},
            )
        with target.open("ab") as stream:
            stream.write(data)
    return Upload(path=target.relative_to(catalog.ground.root).as_posix(), size=offset + len(data))


def _new(catalog: Catalog, name: str | None) -> Path:
    """Return where a new file goes: its name is kept, as far as it is one, since it names the table later."""
    plain = re.sub(r"[\x00-\x1f/\\:]", "_", os.path.basename(name or "")).strip(". ")[-150:]
    if not plain:
        raise InvalidParameterError("The file has no name.", hint="Send ?name=orders.csv.")
    return folder_of(catalog) / uuid.uuid4().hex[:12] / plain


def _known(catalog: Catalog, path: str) -> Path:
    target = catalog.ground.files.inside(folder_of(catalog), catalog.ground.root / path)
    if not target.is_file():
        raise NotFoundError(f"Nothing was uploaded to {path}.", hint="Send the first piece with ?name=.")
    return target


def clean(catalog: Catalog, now_ms: int) -> int:
    """Remove what was uploaded more than a day ago; return how many files."""
    removed = 0
    for folder in folder_of(catalog).glob("*"):
        newest = max((file.stat().st_mtime_ns // 1_000_000 for file in folder.glob("*")), default=0)
        if newest < now_ms - KEPT_MS:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed
