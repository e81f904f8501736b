"""The folder of one attempt: what runs, what has run, and how far it is.

`input.ipynb` is the notebook as it was when the run was asked for, with the parameters in it: editing the notebook meanwhile
changes nothing. `notebook.ipynb` is the executed copy, `progress.jsonl` has one line per cell event, `log.txt` is what the worker
and the kernel wrote, and `run.json` says where the notebook came from.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.files import storage_errors
from mlnb.core.notebooks.files import is_executed, outputs_text, save_notebook
from mlnb.jobs.records import CellRun

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from mlnb.core.ground import Ground


def run_folder(ground: Ground, run_id: int) -> Path:
    """Where the files of an attempt are."""
    return Path(ground.settings.storage_root) / "_jobs" / "runs" / str(run_id)


def write_input(ground: Ground, run_id: int, notebook: NotebookNode, source: Path) -> None:
    """Lay out the folder of a first attempt."""
    folder = run_folder(ground, run_id)
    with storage_errors(folder):
        save_notebook(notebook, folder / "input.ipynb")
        context = {"notebook": str(source), "cwd": str(source.parent)}
        ground.files.write_atomic(folder / "run.json", json.dumps(context))


def copy_input(ground: Ground, run_id: int, attempts: Sequence[int]) -> None:
    """Give a further attempt what the first one got."""
    folder = run_folder(ground, run_id)
    if (folder / "run.json").exists():
        return
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("input.ipynb", "run.json"):
            shutil.copyfile(run_folder(ground, attempts[0]) / name, folder / name)


def read_context(folder: Path) -> dict[str, str]:
    """Where the notebook came from and which folder it runs in."""
    context: dict[str, str] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return context


def executed_notebook(folder: Path) -> Path | None:
    """The executed copy so far, before that the input; None when neither is there any more."""
    for name in ("notebook.ipynb", "input.ipynb"):
        if (folder / name).exists():
            return folder / name
    return None


def read_cells(folder: Path, *, is_over: bool) -> list[CellRun]:
    """All cells of an attempt with where they stand.

    A cell that was running when its run ended for good counts as failed.
    """
    import nbformat

    path = executed_notebook(folder)
    if path is None:
        return []
    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
    newest = {line["index"]: line for line in _progress(folder)}
    return [_cell(index, cell, newest.get(index), is_over) for index, cell in enumerate(notebook.cells)]


def _cell(index: int, cell: Any, line: dict[str, Any] | None, is_over: bool) -> CellRun:
    # The executed copy has all output, but is saved only now and then; the progress line is newer.
    text = outputs_text(cell.get("outputs", ())) if line is None or line["state"] != "running" else ""
    state = line["state"] if line else ("done" if not is_executed(cell) and is_over else "pending")
    return CellRun(
        index=index,
        cell_id=cell.get("id"),
        cell_type=cell.cell_type,
        source=cell.source,
        state="error" if state == "running" and is_over else state,
        started=line["started"] if line else None,
        ended=line["ended"] if line else None,
        outputs_text=text or (line["outputs_text"] if line else "") or None,
    )


def _progress(folder: Path) -> Iterator[dict[str, Any]]:
    """The lines of the progress file; a last line that is not whole yet is left out."""
    try:
        with open(folder / "progress.jsonl", encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    yield json.loads(line)
    except FileNotFoundError:
        return
