"""Which files a source means, and where their readable form lies (archives are unpacked into the workspace for the time of a load)."""

from __future__ import annotations

import glob
import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mlnb.core.errors import InvalidParameterError, NotFoundError, PermissionDeniedError, did_you_mean
from mlnb.core.files import storage_errors

from ..errors import IngestError

Format = Literal["csv", "parquet"]

_CSV = (".csv", ".tsv", ".txt", ".psv")
_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class SourceFile:
    """A file to load.

    Attributes
    ----------
    path
        As the user knows it.
    readable
        Where its content lies, unpacked.
    size, etag
        What tells it from a later file of the same name.
    """

    path: str
    readable: str
    format: Format
    size: int
    etag: str


class PathNotFoundError(NotFoundError):
    """No file of that name."""

    code = "PATH_NOT_FOUND"


@contextmanager
def opened(source: Any, format: str, scratch: Path, root: Path) -> Iterator[list[SourceFile]]:
    """Yield the files that a path, a pattern, a folder or a list of these means, archives unpacked below ``scratch``.

    Raises
    ------
    PathNotFoundError
        When there is none, with the nearest names of the same folder.
    IngestError
        For a format that cannot be loaded.
    """
    if format not in ("auto", "csv", "parquet"):
        raise InvalidParameterError(f"{format!r} is no format.", hint="Use auto, csv or parquet.")
    folder = scratch / f"ingest-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        found = []
        for path in _paths(source, root):
            found += _files(path, format, folder)
        yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _paths(source: Any, root: Path) -> list[Path]:
    items: Sequence[Any] = source if isinstance(source, (list, tuple)) else [source]
    found: list[Path] = []
    for item in items:
        text = os.path.expanduser(os.fspath(item))
        path = Path(text)
        if not path.is_absolute() and not path.exists() and not glob.glob(text):
            path = root / path
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.suffix.lower() in (*_CSV, *_PARQUET, ".gz", ".zip", ".zst"))
        elif path.exists():
            found.append(path)
        else:
            found += sorted(Path(name) for name in glob.glob(str(path)) if os.path.isfile(name))
        if not found:
            raise _missing(path)
    for path in found:
        if not os.access(path, os.R_OK):
            raise PermissionDeniedError(f"{path} may not be read.", hint="Check the file's permissions.")
    return found


def _missing(path: Path) -> PathNotFoundError:
    near = None
    if path.parent.is_dir():
        near = did_you_mean(path.name, [entry.name for entry in path.parent.iterdir()])
    elif not path.parent.exists():
        near = f"The folder {path.parent} does not exist."
    return PathNotFoundError(
        f"There is no file {path}.", hint=near or "Check the path; it may hold * as in data/*.csv."
    )


def _files(path: Path, format: str, folder: Path) -> list[SourceFile]:
    about = path.stat()
    if path.suffix.lower() != ".zip":
        return [SourceFile(str(path), str(path), _format(path.name, format), about.st_size, str(about.st_mtime_ns))]
    found = []
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                m for m in archive.infolist() if not m.is_dir() and m.filename.lower().endswith((*_CSV, *_PARQUET))
            ]
            for number, member in enumerate(members):
                target = folder / f"{number}-{Path(member.filename).name}"
                with storage_errors(folder):
                    folder.mkdir(parents=True, exist_ok=True)
                    with archive.open(member) as packed, target.open("wb") as stream:
                        shutil.copyfileobj(packed, stream, 1 << 20)
                name = str(path) if len(members) == 1 else f"{path}!{member.filename}"
                found.append(
                    SourceFile(
                        name, str(target), _format(member.filename, format), about.st_size, str(about.st_mtime_ns)
                    )
                )
    except zipfile.BadZipFile as error:
        raise IngestError(
            f"{path} is no readable zip archive: {error}.", hint="Unpack it by hand, or fetch it again."
        ) from error
    if not found:
        raise IngestError(f"{path} holds no CSV or Parquet file.", hint="Unpack it and pass the file to load.")
    return found


def _format(name: str, asked: str) -> Format:
    if asked in ("csv", "parquet"):
        return "csv" if asked == "csv" else "parquet"
    plain = name.lower().removesuffix(".gz").removesuffix(".zst")
    if plain.endswith(_PARQUET):
        return "parquet"
    if plain.endswith(_CSV):
        return "csv"
    raise IngestError(
        f"The format of {name} cannot be told from its name.", hint="Pass format='csv' or format='parquet'."
    )
