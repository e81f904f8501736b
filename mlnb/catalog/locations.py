"""Where tables lie: below the lake, below a catalog's own root, or where somebody says."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.errors import InvalidParameterError, InvalidStateError, PermissionDeniedError

from . import metastore as rows
from . import names
from .delta.handles import is_local
from .delta.probe import check_atomic
from .grants import Rights
from .names import TableName
from .tables import catalog_securable

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .service import Catalog


#: Object stores that the Delta library knows.
_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "adl", "azure", "abfs", "abfss", "hdfs"})

#: A folder written as a URL.
_FILE_URL = re.compile(r"^file:/+", re.IGNORECASE)


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
    if "\0" in text:
        raise InvalidParameterError("A location has no NUL character.")
    far = current_caller().source == "rest"
    text = _FILE_URL.sub("/", text)
    if not is_local(text):
        if far:
            _check_store(ground, text)
        return text.rstrip("/")
    path = os.path.realpath(os.path.join(ground.root, text if far else os.path.expanduser(text)))
    _refuse_encoded(path, "Choose another folder.")
    if far:
        _check_folder(ground, text, path)
    return path


def _check_store(ground: Ground, text: str) -> None:
    """Refuse what the server's own keys would open for somebody who may not use them."""
    if text.split("://", 1)[0] not in _STORES:
        raise PermissionDeniedError(
            f"{text} is no place for tables.", hint="Use a folder, or an object store such as s3://bucket/orders."
        )
    if not Rights(ground).administers():
        raise PermissionDeniedError(
            f"{text} would be opened with the keys of this workspace.",
            hint=f"Ask {ground.user} to do this, or leave out the location.",
        )


def _check_folder(ground: Ground, text: str, path: str) -> None:
    """Refuse folders that somebody elsewhere may not name: outside the notebooks, the workspace's own, or another object's."""
    lake, own = os.path.realpath(ground.settings.storage_root), os.path.realpath(ground.path)
    inside_lake = _within(path, lake) and path != lake
    if not inside_lake and not (_within(path, os.path.realpath(ground.root)) and path != os.path.realpath(ground.root)):
        raise PermissionDeniedError(
            f"{text} is outside the notebooks' folder.",
            hint="Choose a folder beside your notebooks, or do this in a notebook.",
        )
    if _within(lake, path) or _within(own, path) or (_within(path, own) and not inside_lake):
        raise PermissionDeniedError(f"{text} belongs to the workspace itself.", hint="Choose another folder.")
    if any(_within(path, taken) or _within(taken, path) for taken in _taken(ground)):
        raise PermissionDeniedError(
            f"{text} overlaps with a table, a volume or a catalog that lies there.",
            hint="Choose another folder; to share what lies there, grant a right on it.",
        )


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def _taken(ground: Ground) -> list[str]:
    """Return every folder in which an object lies, dropped ones too: they may come back."""
    query = sa.select(catalog_securable.c.storage_location).where(catalog_securable.c.storage_location.is_not(None))
    with ground.metastore.connect() as connection:
        found = {rows.location_of(connection, text) for text in connection.execute(query).scalars()}
    return [os.path.realpath(each) for each in found if each and is_local(each)]


def _refuse_encoded(path: str, hint: str) -> None:
    if unquote(path) != path:
        raise InvalidStateError(
            f"Tables cannot be stored below {path}: its name contains a percent sign and two digits.", hint=hint
        )
