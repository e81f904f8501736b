"""Volumes: folders with a name, an owner and rights; their files appear under ``/Volumes/catalog/schema/volume``.

Every path is resolved to the end, links included, and must then still lie in its volume. Files are written beside and renamed, so a
reader sees the old file or the new one, and a killed upload leaves nothing that is listed.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.errors import (
    AlreadyExistsError,
    InvalidParameterError,
    InvalidStateError,
    NotFoundError,
    NotProvidedError,
    PermissionDeniedError,
    did_you_mean,
)
from mlnb.core.files import storage_errors

from . import metastore as rows
from . import names
from .delta.handles import is_local
from .errors import NameTakenError, VolumeNotFoundError
from .locations import given_location, is_managed, new_location
from .names import TableName
from .records_objects import VolumeEntry, VolumeInfo
from .tables import catalog_securable

if TYPE_CHECKING:
    from .service import Catalog

ROOT = "/Volumes"
CHUNK = 256 * 1024
_UNFINISHED = ".mlnb-upload-"


# -- volumes -------------------------------------------------------------------------------------------------------------


def create_volume(
    catalog: Catalog, name: TableName, *, location: str | None, comment: str | None, if_not_exists: bool
) -> VolumeInfo:
    """Create a volume; see :meth:`mlnb.catalog.objects.Objects.create_volume`."""
    names.check(name.name)
    parent = catalog.schema_row(name.catalog, name.schema)
    full_name = f"{parent.full_name}.{name.name}"
    with catalog.ground.metastore.connect() as connection:
        found = rows.find(connection, "volume", parent.id, name.name)
    if found is not None:
        if if_not_exists:
            return get(catalog, found.id)
        raise _taken(full_name)
    catalog.require("CREATE VOLUME", "schema", parent.full_name)
    volume_id = str(uuid.uuid4())
    where = _place(catalog, TableName(*full_name.split(".")), volume_id, location)
    try:
        with catalog.ground.metastore.begin() as connection:
            if rows.find(connection, "volume", parent.id, name.name) is not None:
                raise _taken(full_name)
            rows.insert(connection, "volume", parent.id, full_name, comment=comment, location=where, id=volume_id)
            facts = {"volume_type": "MANAGED" if location is None else "EXTERNAL"}
            catalog.ground.journal.append("volume.created", f"volume:{full_name}", facts)
    except sa.exc.IntegrityError as error:  # somebody else was quicker (PostgreSQL)
        raise _taken(full_name) from error
    return get(catalog, volume_id)


def _place(catalog: Catalog, name: TableName, volume_id: str, location: str | None) -> str:
    """Return the folder of a new volume, which exists then: an empty folder without a row does no harm."""
    where = new_location(catalog, name, volume_id) if location is None else given_location(catalog.ground, location)
    if not is_local(where):
        raise NotProvidedError(
            f"Volumes on object stores are not provided: {where}.", hint="Give a folder, or mount the store as one."
        )
    folder = Path(where)
    if folder.exists() and not folder.is_dir():
        raise InvalidParameterError(f"{where} is a file.", hint="A volume is a folder.")
    with storage_errors(where):
        folder.mkdir(parents=True, exist_ok=True)
    return where


def _taken(full_name: str) -> NameTakenError:
    return NameTakenError(
        f"The volume {full_name} exists already.",
        code="VOLUME_ALREADY_EXISTS",
        hint="Use it, or choose another name.",
    )


def infos(connection: sa.Connection, ids: Iterable[str]) -> list[VolumeInfo]:
    """Return volumes by id, in that order."""
    wanted = list(ids)
    query = sa.select(catalog_securable).where(catalog_securable.c.id.in_(wanted))
    found = {row.id: _info(connection, row) for row in connection.execute(query)}
    return [found[one] for one in wanted if one in found]


def _info(connection: sa.Connection, row: Any) -> VolumeInfo:
    catalog, schema, name = row.full_name.split(".")
    location = rows.location_of(connection, row.storage_location)
    same = ("name", "full_name", "owner", "comment", "created_at", "created_by", "updated_at", "updated_by")
    return VolumeInfo(
        **{field: getattr(row, field) for field in same},
        catalog_name=catalog,
        schema_name=schema,
        volume_id=row.id,
        volume_type="MANAGED" if is_managed(location, row.id) else "EXTERNAL",
        storage_location=location,
        path=f"{ROOT}/{catalog}/{schema}/{name}",
    )


def get(catalog: Catalog, volume_id: str) -> VolumeInfo:
    """Return a volume by id."""
    with catalog.ground.metastore.connect() as connection:
        return infos(connection, [volume_id])[0]


def find(catalog: Catalog, name: TableName) -> VolumeInfo:
    """Return a volume by name.

    Raises
    ------
    VolumeNotFoundError
        With the nearest names.
    """
    with catalog.ground.metastore.connect() as connection:
        schema = rows.find_schema(connection, name.catalog, name.schema)[1]
        row = rows.find(connection, "volume", schema.id, name.name) if schema else None
        if row is not None:
            return infos(connection, [row.id])[0]
        near = did_you_mean(name.full_name, catalog.near_names(connection, "volume"))
    raise VolumeNotFoundError(
        f"There is no volume {name.full_name}.",
        hint=near or f"Create it: ws.catalog.create_volume({name.full_name!r}).",
    )


# -- paths ---------------------------------------------------------------------------------------------------------------


def resolve(catalog: Catalog, path: str | os.PathLike[str], privilege: str) -> tuple[VolumeInfo, Path]:
    """Return the volume that a path lies in, and the file or folder it means, which need not exist.

    Raises
    ------
    InvalidParameterError
        When it is no path below ``/Volumes``.
    VolumeNotFoundError
        With the nearest names.
    PermissionDeniedError
        When the right is missing, or the path leaves its volume, also by a link.
    """
    text = os.fspath(path)
    parts = text.removeprefix("dbfs:").removeprefix("file:").split("/")
    if parts[:2] != ["", "Volumes"] or len(parts) < 5 or not all(parts[2:5]):
        raise InvalidParameterError(
            f"{text!r} is no path of a volume.", hint="Write /Volumes/catalog/schema/volume/path."
        )
    if "\0" in text:
        raise InvalidParameterError("A path has no NUL character.")
    volume = find(catalog, TableName(*(names.check(part) for part in parts[2:5])))
    catalog.require(privilege, "volume", volume.full_name)
    if not is_local(volume.storage_location):
        raise NotProvidedError("Volumes on object stores are not provided.")
    root = Path(os.path.realpath(volume.storage_location))
    target = Path(os.path.realpath(root / "/".join(part for part in parts[5:] if part)))
    if target != root and not target.is_relative_to(root):
        raise PermissionDeniedError(
            f"{text} lies outside the volume {volume.full_name}.",
            hint="Use a path inside the volume.",
            details={"privilege": privilege, "securable_type": "VOLUME", "full_name": volume.full_name},
        )
    return volume, target


def _shown(volume: VolumeInfo, root: Path, target: Path) -> str:
    """Return the path under ``/Volumes`` of something in a volume."""
    relative = target.relative_to(root).as_posix()
    return volume.path if relative == "." else f"{volume.path}/{relative}"


def _root(volume: VolumeInfo) -> Path:
    return Path(os.path.realpath(volume.storage_location))


# -- files ---------------------------------------------------------------------------------------------------------------


def entries(catalog: Catalog, path: str) -> list[VolumeEntry]:
    """Return what is in a folder, folders first, or the one file."""
    volume, folder = resolve(catalog, path, "READ VOLUME")
    root = _root(volume)
    if folder.is_file():
        return [_entry(volume, root, folder)]
    _existing(folder, path, "folder")
    found = []
    with storage_errors(folder), os.scandir(folder) as items:
        for item in items:
            if item.name.startswith(_UNFINISHED):
                continue
            end = Path(os.path.realpath(item.path))
            if end.is_relative_to(root) and end.exists():  # a link that leads out of the volume is nobody's business
                found.append(_entry(volume, root, Path(item.path)))
    return sorted(found, key=lambda entry: (not entry.is_directory, names.key(entry.name), entry.name))


def entry(catalog: Catalog, path: str) -> VolumeEntry:
    """Return one file or folder."""
    volume, target = resolve(catalog, path, "READ VOLUME")
    _existing(target, path)
    return _entry(volume, _root(volume), target)


def _entry(volume: VolumeInfo, root: Path, target: Path) -> VolumeEntry:
    state = target.stat()
    folder = target.is_dir()
    return VolumeEntry(
        name=target.name if target != root else volume.name,
        path=_shown(volume, root, target),
        is_directory=folder,
        size=None if folder else state.st_size,
        modified=state.st_mtime_ns // 1_000_000,
    )


def _existing(target: Path, path: str, what: str | None = None) -> None:
    """Raise unless something is there, and a folder or file when that is wanted."""
    if not target.exists():
        near = None
        if target.parent.is_dir():
            near = did_you_mean(target.name, [item.name for item in target.parent.iterdir()])
        raise NotFoundError(
            f"There is nothing at {path}.", code="FILE_NOT_FOUND", hint=near or "List the folder above it."
        )
    if what == "folder" and not target.is_dir():
        raise InvalidParameterError(f"{path} is a file.", code="NOT_A_DIRECTORY")
    if what == "file" and target.is_dir():
        raise InvalidParameterError(f"{path} is a folder.", code="IS_A_DIRECTORY", hint="Name a file in it.")


def open_file(catalog: Catalog, path: str) -> tuple[VolumeEntry, IO[bytes]]:
    """Open a file for reading; the caller closes it."""
    volume, target = resolve(catalog, path, "READ VOLUME")
    _existing(target, path, "file")
    with storage_errors(target):
        return _entry(volume, _root(volume), target), target.open("rb")


def write_file(
    catalog: Catalog, path: str, data: bytes | IO[bytes] | Iterable[bytes], *, overwrite: bool = False
) -> VolumeEntry:
    """Write a file and the folders above it; see :meth:`mlnb.catalog.objects.Objects.write_file`."""
    volume, target = resolve(catalog, path, "WRITE VOLUME")
    root = _root(volume)
    if target == root or target.is_dir() or path.endswith("/"):
        raise InvalidParameterError(f"{path} is a folder.", code="IS_A_DIRECTORY", hint="Name a file in it.")
    if target.exists() and not overwrite:
        raise _occupied(path)
    with storage_errors(target):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise InvalidParameterError(f"A folder above {path} is a file.", code="NOT_A_DIRECTORY") from error
        handle, temporary = tempfile.mkstemp(prefix=_UNFINISHED, dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                for chunk in _chunks(data):
                    stream.write(chunk)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, 0o644)
            if overwrite:
                os.replace(temporary, target)
            else:
                os.link(temporary, target)  # fails when somebody else was quicker
        except FileExistsError as error:
            raise _occupied(path) from error
        finally:
            Path(temporary).unlink(missing_ok=True)
    made = _entry(volume, root, target)
    catalog.ground.journal.append(
        "volume.file_written", f"volume:{volume.full_name}", {"path": made.path, "size": made.size}
    )
    return made


def _occupied(path: str) -> AlreadyExistsError:
    return AlreadyExistsError(
        f"There is something at {path} already.", code="FILE_ALREADY_EXISTS", hint="Pass overwrite=True to replace it."
    )


def _chunks(data: bytes | IO[bytes] | Iterable[bytes]) -> Iterator[bytes]:
    if isinstance(data, (bytes, bytearray, memoryview)):
        yield bytes(data)
    elif hasattr(data, "read"):
        while chunk := data.read(CHUNK):
            yield chunk
    else:
        yield from data


def delete_file(catalog: Catalog, path: str) -> None:
    """Delete a file."""
    volume, target = resolve(catalog, path, "WRITE VOLUME")
    _existing(target, path, "file")
    with storage_errors(target):
        target.unlink()
    shown = _shown(volume, _root(volume), target)
    catalog.ground.journal.append("volume.file_deleted", f"volume:{volume.full_name}", {"path": shown})


def make_directory(catalog: Catalog, path: str) -> VolumeEntry:
    """Make a folder and those above it; one that is there is left alone."""
    volume, target = resolve(catalog, path, "WRITE VOLUME")
    with storage_errors(target):
        try:
            target.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise AlreadyExistsError(f"There is a file at {path} or above it.", code="NOT_A_DIRECTORY") from error
    return _entry(volume, _root(volume), target)


def delete_directory(catalog: Catalog, path: str) -> None:
    """Delete an empty folder.

    Raises
    ------
    InvalidStateError
        When something is in it, or it is the volume itself.
    """
    volume, target = resolve(catalog, path, "WRITE VOLUME")
    _existing(target, path, "folder")
    if target == _root(volume):
        raise InvalidStateError(f"{path} is the volume itself.", hint="Drop it: DROP VOLUME.")
    try:
        with storage_errors(target):
            target.rmdir()
    except OSError as error:
        raise InvalidStateError(
            f"{path} is not empty.", code="DIRECTORY_NOT_EMPTY", hint="Delete what is in it first."
        ) from error
    shown = _shown(volume, _root(volume), target)
    catalog.ground.journal.append("volume.file_deleted", f"volume:{volume.full_name}", {"path": shown})
