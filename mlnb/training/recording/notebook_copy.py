"""The notebook as it was when a cell of it ran: without outputs, with a hash that names the revision."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

#: Notebooks larger than this on disk are not read: parsing one would take longer than many runs.
_LARGEST = 50_000_000


@dataclass(frozen=True)
class NotebookCopy:
    """A notebook without outputs.

    Attributes
    ----------
    text
        The file's content.
    revision
        Its hash.
    stale
        Whether the cell that runs is not in it: the notebook was not saved after the last change.
    """

    text: str
    revision: str
    stale: bool


def copy_of(path: Path, body: str, cell_id: str | None) -> NotebookCopy | str:
    """Return the copy of a notebook, or why there is none.

    Parameters
    ----------
    path
        The file.
    body
        The text of the cell that runs, without its magic line.
    cell_id
        Its id, as far as it is known.
    """
    try:
        facts = path.stat()
        if facts.st_size > _LARGEST:
            return f"the notebook is larger than {_LARGEST // 1_000_000} MB"
        text, revision = _stripped(path, facts.st_mtime_ns, facts.st_size)
    except FileNotFoundError:
        return "the notebook is not saved"
    except (OSError, ValueError) as error:
        return f"the notebook cannot be read: {type(error).__name__}"
    return NotebookCopy(text, revision, not holds_cell(json.loads(text), body, cell_id))


@lru_cache(maxsize=8)
def _stripped(path: Path, *_: int) -> tuple[str, str]:
    text = without_outputs(path.read_text(encoding="utf-8"))
    return text, hashlib.sha256(text.encode()).hexdigest()


def without_outputs(text: str) -> str:
    """Return a notebook's text without outputs, counts and the state of widgets, always in the same form.

    Raises
    ------
    ValueError
        When it is no notebook.
    """
    book = json.loads(text)
    if not isinstance(book, dict) or not isinstance(book.get("cells"), list):
        raise ValueError("no notebook")  # noqa: TRY004
    for cell in book["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
            cell.get("metadata", {}).pop("execution", None)
    book.get("metadata", {}).pop("widgets", None)
    return json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def holds_cell(book: dict[str, Any], body: str, cell_id: str | None) -> bool:
    """Return whether a notebook has a code cell with this text below its magic line, or as its whole text."""
    cells = [cell for cell in book["cells"] if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    same = [cell for cell in cells if cell_id is not None and cell.get("id") == cell_id] or cells
    return any(body.strip() in (text.strip(), text.partition("\n")[2].strip()) for text in map(_source, same))


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)
