"""What a run executed, read back from what it keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import NotFoundError

from ..recording.notebooks import current_path
from ..records_replay import RunSourceCode
from .recording import EXECUTED, REPRODUCIBLE, TAG, UnreadableRecordError, read_executed

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from ..reading.reader import RunRow
    from ..recording.artifacts import Artifacts

NOTEBOOK = "mlnb/notebook.ipynb"
#: Bytes of a file of ours, many times over: a larger one was put there by somebody else.
LARGEST = 64 * 2**20


def source_of(ground: Ground, row: RunRow, artifacts: Artifacts) -> RunSourceCode:
    """Return the executed cells of a run, the notebook's verdict on them, and where the notebook is now."""
    tags = row.tags
    cells = read_executed(_text(artifacts, EXECUTED))
    said = facts(artifacts)
    path = tags.get("mlflow.source.name")
    path = None if path in (None, "unknown") else current_path(ground, path, since=row.start_time)
    return RunSourceCode(
        run_id=row.run_id,
        notebook_path=path,
        notebook_deleted=path is not None and not _exists(ground.root, path),
        revision=tags.get("mlnb.notebook.revision"),
        stale=tags.get("mlnb.notebook.stale") == "true",
        has_notebook=any(item.path == NOTEBOOK for item in artifacts.list()),
        reproducible=said.get("reproducible") or tags.get(TAG) or "unknown",
        reasons=list(said.get("reasons") or ()),
        cells=cells,
        closure=[cell.position for cell in cells if cell.in_closure],
        git_diff=_text(artifacts, "mlnb/git.diff"),
        cell=_text(artifacts, "mlnb/cell.py") or _text(artifacts, "mlnb/source.py") or None,
    )


def facts(artifacts: Artifacts) -> Mapping[str, Any]:
    """Return why a run is marked, and what it was asked for; empty for a run of another program."""
    try:
        found = json.loads(_text(artifacts, REPRODUCIBLE) or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def notebook_of(artifacts: Artifacts) -> dict[str, Any]:
    """Return the notebook as it was when the run began.

    Raises
    ------
    NotFoundError
        When the run keeps none.
    UnreadableRecordError
        When what it keeps is no notebook.
    """
    text = _text(artifacts, NOTEBOOK)
    if not text:
        raise NotFoundError(
            "The run keeps no notebook.", hint="It ran outside one, or in one whose file was not saved or not known."
        )
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableRecordError(NOTEBOOK) from error
    if not _is_notebook(found):
        raise UnreadableRecordError(NOTEBOOK)
    book: dict[str, Any] = found
    return book


def _is_notebook(found: Any) -> bool:
    """Return whether everything is there that pages and replays read in a notebook."""
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        return False
    facts = isinstance(found.get("metadata"), dict) and all(
        isinstance(found.get(name), int) for name in ("nbformat", "nbformat_minor")
    )
    return facts and all(isinstance(cell, dict) and _is_text(cell.get("source", "")) for cell in found["cells"])


def _is_text(source: Any) -> bool:
    return isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))


def _text(artifacts: Artifacts, path: str) -> str:
    try:
        stream, size, _ = artifacts.open(path)
    except NotFoundError:
        return ""
    with stream:
        if size > LARGEST:
            raise UnreadableRecordError(path)
        return stream.read().decode(errors="replace")


def _exists(root: Path, path: str) -> bool:
    full = Path(path)
    return (full if full.is_absolute() else root / full).exists()
