"""Which files a source means, and where their readable form lies (archives are unpacked into the workspace for the time of a load)."""

from __future__ import annotations

import bz2
import fnmatch
import glob
import gzip
import io
import itertools
import json
import lzma
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

from mlnb.core.errors import InvalidParameterError, NotFoundError, PermissionDeniedError, did_you_mean
from mlnb.core.files import storage_errors

from ..errors import IngestError

Format = Literal["csv", "json", "jsonl", "parquet"]

FORMATS = ("csv", "json", "jsonl", "parquet")

_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".psv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
#: Read as they are; the others are unpacked first.
_STREAMED = (".gz", ".zst")
_UNPACKED: dict[str, Callable[[Path], IO[bytes]]] = {
    ".bz2": lambda path: cast("IO[bytes]", bz2.open(path)),  # noqa: SIM115
    ".xz": lambda path: cast("IO[bytes]", lzma.open(path)),  # noqa: SIM115
}
#: Other words for the formats, as other tools spell them.
_ALSO: dict[str, Format] = {"ndjson": "jsonl", "json_lines": "jsonl", "jsonlines": "jsonl", "tsv": "csv", "text": "csv"}


@dataclass(frozen=True)
class SourceFile:
    """A file to load.

    Attributes
    ----------
    path
        As it is remembered: relative to the notebook root when it lies there, so that a folder may move.
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

    @property
    def compressed(self) -> bool:
        """Whether the content is unpacked while it is read."""
        return self.readable.lower().endswith(_STREAMED)


@dataclass(frozen=True)
class Places:
    """Where sources may lie.

    Attributes
    ----------
    root
        The notebook root: relative paths start there.
    scratch
        Folder for unpacked files.
    uploads
        What browsers sent.
    volume
        Turns ``/Volumes/…`` into a path.
    hidden
        The workspace folder; its own files are no sources.
    contained
        Whether only files below the root, in volumes and among the uploads may be read: for callers that are not on this computer.
    """

    root: Path
    scratch: Path
    uploads: Path
    volume: Callable[[str], Path]
    hidden: Path
    contained: bool = False


class PathNotFoundError(NotFoundError):
    """No file of that name."""

    code = "PATH_NOT_FOUND"


def check_format(format: str) -> str:
    """Return a format's own word.

    Raises
    ------
    InvalidParameterError
        For a format that cannot be loaded.
    """
    word = _ALSO.get(format.lower(), format.lower())
    if word not in ("auto", *FORMATS):
        raise InvalidParameterError(f"{format!r} is no format.", hint=f"Use auto, {', '.join(FORMATS)}.")
    return word


@contextmanager
def opened(
    source: Any, format: str, places: Places, *, files: Sequence[str] | None = None, pattern: str | None = None
) -> Iterator[list[SourceFile]]:
    """Yield the files that a path, a pattern, a folder or a list of these means, archives unpacked into the scratch folder.

    Parameters
    ----------
    files, pattern
        Of a folder: only these names, or those that match.

    Raises
    ------
    PathNotFoundError
        When there is none, with the nearest names of the same folder.
    PermissionDeniedError
        When it may not be read, or lies where the caller may not look.
    IngestError
        For a format that cannot be loaded.
    """
    word = check_format(format)
    folder = places.scratch / f"ingest-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        found: list[SourceFile] = []
        for path, shown in find(source, places, format=word, files=files, pattern=pattern):
            found += _files(path, shown, word, folder / str(len(found)))
        yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find(
    source: Any,
    places: Places,
    *,
    format: str = "auto",
    files: Sequence[str] | None = None,
    pattern: str | None = None,
) -> list[tuple[Path, str]]:
    """Return each file that a source means: its path and what it is called; none is opened."""
    items: Sequence[Any] = source if isinstance(source, (list, tuple)) else [source]
    if not items:
        raise InvalidParameterError("There is no source.", hint="Pass a path, a pattern or a list of these.")
    found: dict[Path, str] = {}
    for item in items:
        text = os.fspath(item)
        if "\0" in text:
            raise InvalidParameterError("A path has no NUL character.")
        volume = text.startswith(("/Volumes/", "dbfs:/Volumes/"))
        path = places.volume(text.removeprefix("dbfs:")) if volume else _absolute(text, places)
        if not volume:
            _check_place(_fixed(path), places)  # before anything is said about what is there
        root = places.volume("/".join(text.removeprefix("dbfs:").split("/")[:5])).resolve() if volume else None
        inner = _inside(path, format, files, pattern) if files or path.is_dir() else _globbed(path, pattern)
        for each in inner:
            if root is None:
                _check_place(each, places)
            elif not each.resolve().is_relative_to(root):
                raise PermissionDeniedError(
                    f"{text} leads out of its volume.", hint="Links out of a volume are not followed."
                )
            if not os.access(each, os.R_OK):
                raise PermissionDeniedError(f"{each} may not be read.", hint="Check the file's permissions.")
            at = text.removeprefix("dbfs:").rstrip("/") if volume else ""
            found.setdefault(each, _shown(each, places.root) if not volume else _in_volume(at, path, each))
    return list(found.items())


def _fixed(path: Path) -> Path:
    """Return the part of a path in front of its first pattern."""
    if path.exists():
        return path
    before = itertools.takewhile(lambda part: not glob.has_magic(part), path.parts)
    return Path(*before)


def _absolute(text: str, places: Places) -> Path:
    """Return a path; a relative one is looked for below the current folder of a kernel, then below the notebook root."""
    path = Path(text if places.contained else os.path.expanduser(text))
    if path.is_absolute():
        return Path(os.path.normpath(path))
    here = Path(os.path.abspath(path))
    if not places.contained and (here.exists() or glob.glob(str(here), recursive=True)):
        return here
    return Path(os.path.normpath(places.root / path))


def _inside(folder: Path, format: str, files: Sequence[str] | None, pattern: str | None) -> list[Path]:
    """Return the files of a folder, at any depth; hidden ones and what other tools leave behind are no data."""
    if files:
        if any("\0" in name for name in files):
            raise InvalidParameterError("A path has no NUL character.")
        chosen = [Path(os.path.normpath(folder / name)) for name in files]
        outside = next((path for path in chosen if not path.is_relative_to(folder)), None)
        if outside is not None:
            raise PermissionDeniedError(f"{outside} lies outside {folder}.", hint="Name files inside the folder.")
        missing = next((path for path in chosen if not path.is_file()), None)
        if missing is not None:
            raise _missing(missing)
        return chosen
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        found += [Path(place, name) for name in sorted(names) if not name.startswith((".", "_"))]
    wanted = [
        path
        for path in found
        if (_matches(path.relative_to(folder), pattern) if pattern else format != "auto" or _known(path.name))
    ]
    if not wanted:
        what = f"matches {pattern!r}" if pattern else "can be loaded"
        raise PathNotFoundError(
            f"Nothing in {folder} {what}.",
            hint=f"It holds {', '.join(path.name for path in found[:5])}." if found else "The folder is empty.",
        )
    return wanted


def _matches(path: Path, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path.as_posix(), pattern) or fnmatch.fnmatchcase(path.name, pattern)


def _globbed(path: Path, pattern: str | None) -> list[Path]:
    if path.exists():
        return [path]
    found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True)) if os.path.isfile(name)]
    found = [each for each in found if pattern is None or fnmatch.fnmatchcase(each.name, pattern)]
    if not found:
        raise _missing(path)
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


def _check_place(path: Path, places: Places) -> None:
    """Refuse files that a caller from elsewhere may not read: outside the notebook root, or the workspace's own."""
    if not places.contained:
        return
    real = path.resolve()
    if real.is_relative_to(places.uploads.resolve()):
        return
    if not real.is_relative_to(places.root.resolve()):
        raise PermissionDeniedError(
            f"{path} lies outside the notebook folder.",
            hint="Move it below the notebook folder, into a volume, or upload it.",
        )
    if real.is_relative_to(places.hidden.resolve()):
        raise PermissionDeniedError(f"{path} belongs to the workspace itself.", hint="Choose another file.")


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _in_volume(text: str, start: Path, path: Path) -> str:
    """Return a file of a volume by its path in the catalog."""
    if path == start:
        return text
    base = text if path.is_relative_to(start) else text.rsplit("/", 1)[0]
    inner = path.relative_to(start) if path.is_relative_to(start) else Path(path.name)
    return f"{base}/{inner.as_posix()}"


def _files(path: Path, shown: str, format: str, folder: Path) -> list[SourceFile]:
    about = path.stat()
    known: dict[str, Any] = {"size": about.st_size, "etag": str(about.st_mtime_ns)}
    ending = path.suffix.lower()
    if ending == ".zip":
        return _unzipped(path, shown, format, folder, known)
    if ending in _UNPACKED:
        target = folder / path.stem
        _unpack(lambda: _UNPACKED[ending](path), target, path)
        return [SourceFile(shown, str(target), _format(target, path.stem, format), **known)]
    return [SourceFile(shown, str(path), _format(path, path.name, format), **known)]


def _unzipped(path: Path, shown: str, format: str, folder: Path, known: dict[str, Any]) -> list[SourceFile]:
    found = []
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and (format != "auto" or _known(m.filename))]
            for number, member in enumerate(members):
                target = folder / f"{number}-{Path(member.filename).name}"
                _unpack(lambda member=member: archive.open(member), target, path)  # type: ignore[misc]
                name = shown if len(members) == 1 else f"{shown}!{member.filename}"
                found.append(SourceFile(name, str(target), _format(target, member.filename, format), **known))
    except (zipfile.BadZipFile, RuntimeError) as error:  # a RuntimeError asks for a password
        raise IngestError(
            f"{path} is no readable zip archive: {error}.", hint="Unpack it by hand, or fetch it again."
        ) from error
    if not found:
        raise IngestError(
            f"{path} holds no CSV, JSON or Parquet file.", hint="Unpack it and pass the file to load, or pass format=."
        )
    return found


def _unpack(open_: Callable[[], IO[bytes]], target: Path, path: Path) -> None:
    with storage_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open_() as packed, target.open("wb") as stream:
                shutil.copyfileobj(packed, stream, 1 << 20)
        except (EOFError, lzma.LZMAError, zipfile.BadZipFile) as error:
            raise IngestError(f"{path} is damaged: {error}.", hint="Fetch it again.") from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise IngestError(f"{path} is damaged: {error}.", hint="Fetch it again.") from error


def _plain(name: str) -> str:
    lower = name.lower()
    for ending in (*_STREAMED, *_UNPACKED):
        lower = lower.removesuffix(ending)
    return lower


def _known(name: str) -> bool:
    return _plain(name).endswith((*_ENDINGS, ".zip"))


def _format(readable: Path, name: str, asked: str) -> Format:
    found: Format | None = _ENDINGS.get(Path(_plain(name)).suffix) if asked == "auto" else cast("Format", asked)
    if found is None:
        raise IngestError(
            f"The format of {name} cannot be told from its name.",
            hint="Pass format='csv', 'json', 'jsonl' or 'parquet'.",
        )
    return _json_kind(readable) if found == "json" else found


def _json_kind(path: Path) -> Format:
    """Tell one object a line, which is read line by line, from an array or objects written over several lines."""
    try:
        with _stream(path) as stream:
            first = _line(stream)
            second = _line(stream) if first.endswith(b"\n") else b""
    except (EOFError, OSError) as error:
        raise IngestError(f"{path} is damaged: {error}.", hint="Fetch it again.") from error
    first = first.strip()
    if not first.startswith(b"{") or not second:
        return "json"
    try:
        json.loads(first)
    except ValueError:
        # A first line that is broken by itself is still one of many when the next one stands alone.
        return "jsonl" if second.strip().startswith(b"{") and first.endswith(b"}") else "json"
    return "jsonl"


def _stream(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return cast("IO[bytes]", gzip.open(path))
    if path.suffix.lower() == ".zst":
        import pyarrow as pa

        return cast("IO[bytes]", io.BufferedReader(pa.input_stream(str(path), compression="zstd")))
    return path.open("rb")


def first_byte(readable: str) -> bytes:
    """Return the first byte of a file's content that is no space."""
    with _stream(Path(readable)) as stream:
        return _line(stream).lstrip()[:1]


def is_utf16(readable: str) -> bool:
    """Return whether a file's content begins with the mark of two-byte text, as spreadsheets write it."""
    with _stream(Path(readable)) as stream:
        return stream.read(2) in (b"\xff\xfe", b"\xfe\xff")


def _line(stream: IO[bytes]) -> bytes:
    """Return the next line that is not empty, or its first megabyte."""
    while (line := stream.readline(1 << 20)) and not line.strip():
        pass
    return line


def suggested_name(files: Sequence[SourceFile]) -> str:
    """Return a name for the table made of the files' own, one that needs no quotes."""
    first = files[0].path.split("!")[0].rsplit("/", 1)
    name = _plain(first[-1]).removesuffix(".zip")
    stem = name.rsplit(".", 1)[0] if "." in name else name
    if len(files) > 1 and len(first) > 1:
        stem = first[0].rsplit("/", 1)[-1] or stem
    word = "".join(c if c.isalnum() else "_" for c in stem.lower()).strip("_")
    while "__" in word:
        word = word.replace("__", "_")
    return (word if word[:1].isalpha() else f"t_{word}".rstrip("_"))[:100]
