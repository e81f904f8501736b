"""The log of a local table as files: which versions can still be read, what is broken, and what may go.

The Delta library opens a version or fails; which file is to blame, and which versions would open, is found here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mlnb.core.errors import MlnbError

from ..errors import TableCorruptError, VersionFilesMissingError

_ENTRY = re.compile(r"(\d{20})\.json\Z")
_QUOTED = re.compile(r"([^\s\"'<>]+\.parquet)")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\..*\Z")


@dataclass(frozen=True)
class Log:
    """The files of a log, by version."""

    folder: Path
    entries: dict[int, Path] = field(default_factory=dict)
    checkpoints: dict[int, list[Path]] = field(default_factory=dict)

    @classmethod
    def of(cls, location: str) -> Log:
        """List the log of a local table."""
        log = cls(Path(location, "_delta_log"))
        for path in log.folder.iterdir() if log.folder.is_dir() else ():
            if match := _ENTRY.match(path.name):
                log.entries[int(match[1])] = path
            elif match := _CHECKPOINT.match(path.name):
                log.checkpoints.setdefault(int(match[1]), []).append(path)
        return log

    @property
    def newest(self) -> int:
        """The newest version there is a file of; -1 without any."""
        return max([*self.entries, *self.checkpoints], default=-1)

    @property
    def oldest(self) -> int:
        """The oldest version that the log can rebuild."""
        return 0 if 0 in self.entries else min(self.checkpoints, default=max(self.newest, 0))

    def actions(self, version: int) -> Iterator[dict[str, Any]]:
        """Yield what a commit did."""
        with self.entries[version].open(encoding="utf-8") as stream:
            for line in stream:
                if line.strip():
                    yield json.loads(line)

    def fault(self) -> tuple[str, int | None]:
        """Return the first file that is broken or missing, and the newest version before it; ``("", newest)`` when all is well."""
        good: int | None = None
        for version in range(self.oldest, self.newest + 1):
            path = self.entries.get(version)
            if path is None:
                if version not in self.checkpoints:
                    return f"{self.folder}/{version:020d}.json", good
                good = version
                continue
            try:
                if not any(True for _ in self.actions(version)):
                    return str(path), good
            except (ValueError, OSError):
                return str(path), good
            good = version
        return "", good


def data_path(location: str, path: str) -> str:
    """Return where a data file of the log lies: relative to the table unless it says otherwise."""
    plain = unquote(path)
    return plain.removeprefix("file://") if plain.startswith(("/", "file://")) else os.path.join(location, plain)


def unreadable(location: str) -> set[int]:
    """Return the versions of which a data file is gone."""
    log = Log.of(location)
    since: dict[str, int] = {}
    lost: set[int] = set()
    for version in range(log.oldest, log.newest + 1):
        if version not in log.entries:
            continue
        for action in log.actions(version):
            if "add" in action:
                since[action["add"]["path"]] = version
            elif "remove" in action:
                path = action["remove"]["path"]
                start = since.pop(path, log.oldest)
                if not os.path.exists(data_path(location, path)):
                    lost.update(range(start, version))
    for path, start in since.items():
        if not os.path.exists(data_path(location, path)):
            lost.update(range(start, log.newest + 1))
    return lost


def oldest_readable(location: str) -> int:
    """Return the version from which on all can be read."""
    return max(unreadable(location), default=Log.of(location).oldest - 1) + 1


def files_missing(location: str, version: int | None, path: str) -> MlnbError:
    """Return the error for a data file that is gone: an earlier version was vacuumed, or the table itself is damaged."""
    lost = unreadable(location)
    newest = Log.of(location).newest
    oldest = max(lost, default=Log.of(location).oldest - 1) + 1
    name = os.path.basename(path)
    if version is not None and version != newest and newest not in lost:
        readable = f"Versions {oldest} to {newest}" if oldest < newest else f"Version {newest}"
        return VersionFilesMissingError(
            f"Version {version} cannot be read any more: {name} and perhaps other files of it were vacuumed away.",
            hint=f"{readable} can be read. Pin versions that must stay: ws.catalog.pin(name, version, owner).",
            details={"oldest_readable": oldest},
        )
    good = next((number for number in range(newest, -1, -1) if number not in lost), None)
    still = f"Version {good} can still be read, and restored. " if good is not None else ""
    return TableCorruptError(
        f"The data file {path} of the table is gone.",
        hint=f"{still}Other tables are not affected. Or restore the file from a copy.",
        details={"file": path, "newest_good_version": good},
    )


def missing_file(text: str) -> MlnbError | None:
    """Return the error for the data file that an engine's message says is missing, None when it names none."""
    for quoted in _QUOTED.findall(text):
        path = unquote(quoted)
        path = path if path.startswith("/") else f"/{path}"
        if path.endswith(".parquet") and not os.path.exists(path):
            for folder in Path(path).parents:
                if (folder / "_delta_log").is_dir():
                    return files_missing(str(folder), None, path)
    return None


def clean(location: str, keep_from: int, older_than_ms: int) -> int:
    """Delete log entries of versions before ``keep_from`` that were made before a time; return how many.

    Versions from the newest checkpoint at or before ``keep_from`` on stay readable: they are rebuilt from it.
    """
    log = Log.of(location)
    bases = [version for version in log.checkpoints if version <= keep_from]
    if not bases:
        return 0
    deleted = 0
    for version in sorted({*log.entries, *log.checkpoints}):
        if version >= max(bases):
            break
        paths = [*([log.entries[version]] if version in log.entries else []), *log.checkpoints.get(version, [])]
        if any(path.stat().st_mtime * 1000 >= older_than_ms for path in paths):
            break  # entries go from the oldest on, so that those that stay follow each other
        for path in paths:
            path.unlink(missing_ok=True)
            deleted += 1
    return deleted
