"""Where tables lie: below the lake, below a catalog's own root, or where somebody says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError, InvalidStateError, PermissionDeniedError

from . import metastore as rows
from . import names
from .delta.handles import is_local
from .delta.probe import check_atomic
from .names import TableName

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .service import Catalog


def new_location(catalog: Catalog, name: TableName, table_id: str) -> str:
    """Return where a new table goes: names are only there for people, the id makes the folder unique.

    Raises
    ------
    InvalidStateError
        When the root's own path has an encoded character, which the Delta library would decode.
    StorageNotAtomicError
        When the root's file system cannot hold tables.
    """
    with catalog.ground.metastore.connect() as connection:
        row = rows.find(connection, "catalog", "", name.catalog)
    root = (row.storage_location if row is not None else None) or catalog.ground.settings.storage_root
    root = root.rstrip("/")
    if is_local(root):
        root = str(Path(root).absolute())
        _refuse_encoded(root, "Move the workspace, or set storage_root to another folder.")
        check_atomic(root, catalog.ground.path / "locks")
    parts = (names.folder_part(part) for part in (name.catalog, name.schema, name.name))
    return f"{root}/{'/'.join(parts)}-{table_id[:8]}"


def is_managed(location: str, table_id: str) -> bool:
    """Return whether a location was chosen by :func:`new_location`: only those are ever deleted."""
    return location.endswith(f"-{table_id[:8]}")


def given_location(ground: Ground, text: str) -> str:
    """Return a location that a user gave as it is stored: absolute, without links in it.

    Raises
    ------
    InvalidParameterError
        When it is relative to nothing, or empty.
    PermissionDeniedError
        When somebody who is not at this computer names a folder outside the notebooks and the lake.
    """
    if not text.strip():
        raise InvalidParameterError(
            "A location is a folder or a URL.", hint="For example /data/orders or s3://bucket/orders."
        )
    if not is_local(text):
        return text.rstrip("/")
    path = os.path.realpath(os.path.join(ground.root, os.path.expanduser(text.removeprefix("file://"))))
    _refuse_encoded(path, "Choose another folder.")
    inside = (os.path.realpath(ground.root), os.path.realpath(ground.settings.storage_root))
    if current_caller().source == "rest" and not any(path.startswith(folder + os.sep) for folder in inside):
        raise PermissionDeniedError(
            f"{text} is outside the notebooks' folder.",
            hint="Choose a folder beside your notebooks, or do this in a notebook.",
        )
    return path


def _refuse_encoded(path: str, hint: str) -> None:
    if unquote(path) != path:
        raise InvalidStateError(
            f"Tables cannot be stored below {path}: its name contains a percent sign and two digits.", hint=hint
        )
