"""Files: written beside and renamed, and never outside the folder they belong to."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import PermissionDeniedError, StorageError


class DiskFullError(StorageError):
    """No space is left on the device."""

    code = "DISK_FULL"


class ReadOnlyError(StorageError):
    """The folder may not be written."""

    code = "READ_ONLY"


@contextmanager
def storage_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn the operating system's errors of writing into ours, with the path and what to do.

    Libraries written in other languages often report these only in their text, so that is looked at too.
    """
    try:
        yield
    except StorageError:
        raise
    except Exception as error:
        translated = translate_storage_error(error, path)
        if translated is None:
            raise
        raise translated from error


def translate_storage_error(error: BaseException, path: str | os.PathLike[str]) -> StorageError | None:
    """Return our error for a full disk or a read-only place, None for anything else."""
    number = error.errno if isinstance(error, OSError) else None
    text = str(error).casefold()
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or any(
        sign in text
        for sign in ("no space left", "disk quota", "disk is full", "file too large", "database or disk is full")
    ):
        return DiskFullError(
            f"The disk is full while writing {os.fspath(path)}.",
            hint="Free some space and run it again; nothing was half written.",
        )
    if number in (errno.EACCES, errno.EPERM, errno.EROFS) or any(
        sign in text
        for sign in ("permission denied", "read-only file system", "readonly database", "operation not permitted")
    ):
        return ReadOnlyError(
            f"{os.fspath(path)} cannot be written.",
            hint="Check the folder's permissions, or point MLNB_WORKSPACE at a folder that may be written.",
        )
    return None


def last_lines(path: Path, lines: int) -> list[str]:
    """Return the last lines of a text file, however large it is; none of a file that is not there."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 400 * lines - 65_536, 0))
            return file.read().decode("utf-8", "replace").splitlines()[-lines:]
    except OSError:
        return []


class Files:
    """File helpers of a workspace (``ws.files``).

    Parameters
    ----------
    root
        The notebook root: the folder that holds the workspace folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def write_atomic(self, path: str | os.PathLike[str], data: bytes | str, *, mode: int | None = None) -> Path:
        """Write ``data`` so that a reader sees the old content or the new, never a part.

        Raises
        ------
        StorageError
            When the disk is full or the folder read-only; the old content is then untouched.
        """
        target = Path(path)
        content = data.encode() if isinstance(data, str) else data
        with storage_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
                if mode is not None:
                    os.chmod(temporary, mode)
                os.replace(temporary, target)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        return target

    def inside(self, root: str | os.PathLike[str], relative: str | os.PathLike[str]) -> Path:
        """Return ``root/relative`` resolved, refusing anything that leaves ``root`` (also by a symbolic link).

        Raises
        ------
        PermissionDeniedError
            When the path is outside.
        """
        base = Path(root).resolve()
        path = (base / relative).resolve()
        if path != base and not path.is_relative_to(base):
            raise PermissionDeniedError(
                f"{os.fspath(relative)} lies outside {base.name}.", hint="Use a path inside the folder."
            )
        return path
