"""Tables that are being made: noted before their first file is written, so that what a killed process left can be removed.

A folder without a row says nothing by itself: another workspace that shares the storage, or a metastore of yesterday, may know it. Only
what this workspace noted, and has no row for, is what somebody died over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mlnb.core.files import storage_errors

if TYPE_CHECKING:
    from mlnb.core.ground import Ground


def folder_of(ground: Ground) -> Path:
    """Return where the notes lie."""
    return ground.path / "tmp" / "unfinished"


@contextmanager
def making(ground: Ground, table_id: str, location: str) -> Iterator[None]:
    """Note that a table is made at a location, until it has a row or its folder is gone."""
    note = folder_of(ground) / f"{table_id}.json"
    with storage_errors(note):
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps({"location": location}), encoding="utf-8")
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def notes(ground: Ground) -> Iterator[tuple[Path, str, str]]:
    """Yield each note with the id and the location of its table; one that was cut off by a crash has no location, and no folder yet."""
    for note in sorted(folder_of(ground).glob("*.json")):
        try:
            location = str(json.loads(note.read_text(encoding="utf-8"))["location"])
        except (OSError, ValueError, KeyError, TypeError):
            location = ""
        yield note, note.stem, location
