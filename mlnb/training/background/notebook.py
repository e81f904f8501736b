"""Which cells of a notebook a run in the background executes before its own, as they stand in the saved file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidStateError
from mlnb.core.notebooks.files import is_executed, read_notebook

from .plan import PlannedCell

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Tag of cells that prepare a notebook.
SETUP_TAG = "setup"
_RUN_MAGIC = "%%mlrun"


class CellNotSavedError(InvalidStateError):
    """The notebook's file does not hold the cell."""

    code = "CELL_NOT_SAVED"


def cells_above(path: Path, cell_id: str | None, source: str | None = None) -> list[PlannedCell]:
    """Return the code cells above a cell, in order; cells that are runs themselves are executed without being recorded again.

    Parameters
    ----------
    path
        The notebook's file.
    cell_id, source
        The cell: found by its id, in hosts that give none by its text.

    Raises
    ------
    CellNotSavedError
        When the file does not hold the cell.
    NotebookNotFoundError, NotebookUnusableError
        When there is no such file, or it cannot be read.
    """
    notebook = read_notebook(path)
    place = _place(notebook, cell_id, source)
    if place is None:
        raise CellNotSavedError(
            f"{path.name} on disk does not hold this cell yet, so the cells above it are not known.",
            hint="Save the notebook and run the cell again, or say --with none (and --send the variables it needs).",
        )
    return _planned(notebook.cells[:place])


def setup_cells(path: Path, cell_id: str | None = None) -> list[PlannedCell]:
    """Return the code cells tagged ``setup``, but not the cell itself."""
    cells = read_notebook(path).cells
    return _planned([c for c in cells if SETUP_TAG in c.metadata.get("tags", ()) and c.get("id") != cell_id])


def _place(notebook: NotebookNode, cell_id: str | None, source: str | None) -> int | None:
    for index, cell in enumerate(notebook.cells):
        if cell_id is not None and cell.get("id") == cell_id:
            return index
    for index, cell in enumerate(notebook.cells):
        if source is not None and cell.cell_type == "code" and body_of(cell.source).strip() == source.strip():
            return index
    return None


def _planned(cells: list[Any]) -> list[PlannedCell]:
    found = []
    for cell in cells:
        body = body_of(cell.source)
        if is_executed(cell) and body.strip() and not _is_background(cell.source):
            tags = tuple(tag for tag in cell.metadata.get("tags", ()) if tag == "raises-exception")
            found.append(PlannedCell(body, cell.get("id"), tags=tags))
    return found


def body_of(source: str) -> str:
    """Return a cell's text without ``%%mlrun``: what it computes, without the recording."""
    first, _, rest = source.lstrip("\n").partition("\n")
    return rest if first.split()[:1] == [_RUN_MAGIC] else source


def _is_background(source: str) -> bool:
    """Whether a cell was itself run elsewhere: what it made is not in this kernel, so nothing below rests on it."""
    words = source.lstrip("\n").partition("\n")[0].split()
    return words[:1] == [_RUN_MAGIC] and "--background" in words
