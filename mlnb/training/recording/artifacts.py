"""The files of a run: written, listed and read where its artifacts are, without a database query per file."""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from mlnb.core.errors import NotFoundError
from mlnb.core.files import Files, storage_errors
from mlnb.core.tracking import artifact_repository

from ..records import RunArtifact

#: Files of a run beyond this many are not listed.
MOST_FILES = 1000


def local_folder(uri: str) -> Path | None:
    """Return the folder of an artifact URI, None when it is not on this computer's disk; as MLflow reads it, which unquotes paths too."""
    parts = urlsplit(uri)
    return Path(unquote(parts.path if parts.scheme else uri)) if parts.scheme in ("", "file") and uri else None


class Artifacts:
    """The artifacts of one run.

    Parameters
    ----------
    uri
        The run's artifact URI.
    files
        Writes files whole or not at all.
    """

    def __init__(self, uri: str, files: Files) -> None:
        self._uri = uri
        self._files = files
        self._folder = local_folder(uri)

    @property
    def is_local(self) -> bool:
        """Whether they lie on this computer's disk."""
        return self._folder is not None

    def write(self, contents: Mapping[str, bytes | str]) -> None:
        """Write files by path inside the run's artifacts.

        Raises
        ------
        StorageError
            When the disk is full or the folder read-only.
        PermissionDeniedError
            When a path leads outside.
        """
        if self._folder is not None:
            with storage_errors(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
            self._write_into(self._folder, contents)
            return
        with tempfile.TemporaryDirectory(prefix="mlnb-") as folder:
            self._write_into(Path(folder), contents)
            repository = artifact_repository(self._uri)
            repository.log_artifacts(folder)

    def _write_into(self, folder: Path, contents: Mapping[str, bytes | str]) -> None:
        for path, content in contents.items():
            target = self._files.inside(folder, path)
            with storage_errors(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                # Whole or not at all, but not synchronised to disk: a dozen small files a run would cost more than the run, and
                # MLflow's own are not either.
                beside = target.with_name(f".{target.name[:100]}.{os.getpid()}")
                beside.write_bytes(content.encode(errors="replace") if isinstance(content, str) else content)
                os.replace(beside, target)

    def list(self) -> list[RunArtifact]:
        """Return the files, by path; at most 1,000."""
        if self._folder is not None:
            if not self._folder.is_dir():
                return []
            paths = sorted(path for path in self._folder.rglob("*") if path.is_file())[:MOST_FILES]
            return [RunArtifact(path=p.relative_to(self._folder).as_posix(), size=p.stat().st_size) for p in paths]
        repository = artifact_repository(self._uri)
        found: list[RunArtifact] = []
        folders = [""]
        while folders and len(found) < MOST_FILES:
            for item in repository.list_artifacts(folders.pop() or None):
                if item.is_dir:
                    folders.append(item.path)
                else:
                    found.append(RunArtifact(path=item.path, size=item.file_size))
        return sorted(found, key=lambda item: item.path)

    def read(self, path: str) -> bytes:
        """Return a file's content.

        Raises
        ------
        NotFoundError
            When there is no such file.
        """
        if self._folder is not None:
            target = self._files.inside(self._folder, path)
            if target.is_file():
                return target.read_bytes()
            raise NotFoundError(f"The run has no file {path}.", hint="ws.runs.artifacts(run) lists its files.")
        from mlflow.exceptions import MlflowException

        repository = artifact_repository(self._uri)
        with tempfile.TemporaryDirectory(prefix="mlnb-") as folder:
            try:
                return Path(repository.download_artifacts(path, folder)).read_bytes()
            except (MlflowException, OSError) as error:
                raise NotFoundError(
                    f"The run has no file {path}.", hint="ws.runs.artifacts(run) lists its files."
                ) from error

    def open(self, path: str) -> tuple[IO[bytes], int, float]:
        """Open a file for reading; return the stream, its size and when it was written (seconds).

        Raises
        ------
        NotFoundError
            When there is no such file.
        PermissionDeniedError
            When the path leads outside, also by a link.
        """
        missing = NotFoundError(f"The run has no file {path}.", hint="ws.runs.artifacts(run) lists its files.")
        if self._folder is None:
            content = self.read(path)
            return io.BytesIO(content), len(content), time.time()
        try:
            target = self._files.inside(self._folder, path)
            if not target.is_file():
                raise missing
            stream = target.open("rb")
        except (OSError, ValueError) as error:  # a name that no file can have, or a file that just went
            raise missing from error
        facts = os.fstat(stream.fileno())
        return stream, facts.st_size, facts.st_mtime
