"""The room that files take: where they lie on this computer's disk by walking the folder, elsewhere by asking for the list."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mlnb.core.files import storage_errors
from mlnb.core.tracking import artifact_repository

from ..recording.artifacts import Artifacts, local_folder

if TYPE_CHECKING:
    from mlnb.core.files import Files


def size_of(uri: str, files: Files) -> int:
    """Return the bytes below an artifact address; 0 when there is nothing."""
    folder = local_folder(uri)
    if folder is not None:
        return folder_bytes(folder)
    return sum(item.size or 0 for item in Artifacts(uri, files).list()) if uri else 0


def folder_bytes(folder: Path) -> int:
    """Return the bytes of the files below a folder; links count as what they are, not as what they point to."""
    total, waiting = 0, [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:  # not made yet, or removed meanwhile
            continue
    return total


def remove(uri: str, owner_id: str) -> None:
    """Remove the files below an artifact address, and the folder that has its owner's id when nothing is left in it.

    An address that does not name its owner is left alone: somebody chose that folder, and other things may lie in it.
    """
    if owner_id not in uri.replace("\\", "/").split("/"):
        return
    folder = local_folder(uri)
    if folder is None:
        artifact_repository(uri).delete_artifacts()
        return
    with storage_errors(folder):
        if folder.is_symlink():
            folder.unlink()
        elif folder.is_dir():
            shutil.rmtree(folder)
        parent = folder.parent
        if parent.name == owner_id and parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()
