"""What a run in the background will do, and the notebook that says it to a fresh kernel."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Who loads the extension by itself is not helped: loading it twice is told in the output.
_LOADS = re.compile(r"^\s*%(re)?load_ext\s+mlnb\b", re.MULTILINE)
_LOAD = 'get_ipython().extension_manager.load_extension("mlnb")'
#: Hands the variables over; the path stands in the environment, not in the code.
_RECEIVE = "from mlnb.training.background.sending import receive\nreceive(get_ipython().user_ns)\ndel receive"

Purpose = Literal["run", "replay"]


@dataclass(frozen=True)
class PlannedCell:
    """A cell to execute.

    Attributes
    ----------
    source
        Its text; of the run's own cell the body without ``%%mlrun``.
    cell_id
        Its id in the notebook it comes from.
    kind
        ``cell`` is executed as in the notebook, ``silent`` prepares the kernel and leaves no trace, ``run`` is the run's own.
    tags
        As in the notebook; ``raises-exception`` lets a cell fail.
    """

    source: str
    cell_id: str | None = None
    kind: Literal["cell", "silent", "run"] = "cell"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A run to make in a process of its own.

    Attributes
    ----------
    cells
        In the order they are executed. Cells of kind ``run`` are executed in the run, everything else before or after it.
    experiment_id
        Where the run is made.
    options
        Of :meth:`mlnb.training.service.Runs.start`, as the run's own cell is started with in the new kernel.
    purpose
        ``replay`` for a run that repeats another.
    notebook
        The notebook the code comes from, as seen from the notebook root.
    cwd
        Working directory of the new kernel.
    env
        Variables added to the new kernel's environment.
    python
        Interpreter of the new kernel; by default the one that runs the supervisor.
    timeout_s
        The run is stopped after so many seconds of work.
    executor
        ``local``, or the address of a Dask scheduler as ``dask://host:port``.
    tags
        Of the run, from the beginning.
    sent
        Pickled variables, put into the kernel right before the run's own cell.
    lock
        Packages of the kernel's environment, which is made first where it is not there.
    """

    cells: Sequence[PlannedCell]
    experiment_id: str
    options: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    purpose: Purpose = "run"
    notebook: str | None = None
    cwd: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    python: str | None = None
    timeout_s: float | None = None
    executor: str = "local"
    tags: Mapping[str, str] = field(default_factory=dict)
    sent: bytes | None = None
    lock: str | None = None


def notebook_of(plan: Plan, run_id: str) -> NotebookNode:
    """Return the notebook that a fresh kernel executes for the plan."""
    from nbformat.v4 import new_notebook

    cells = list(plan.cells)
    if not any(_LOADS.search(cell.source) for cell in cells):
        cells.insert(0, PlannedCell(_LOAD, kind="silent"))
    if plan.sent is not None:
        place = next(index for index, cell in enumerate(cells) if cell.kind == "run")
        cells.insert(place, PlannedCell(_RECEIVE, kind="silent"))
    made: NotebookNode = new_notebook(cells=[_node(cell, run_id) for cell in cells])  # type: ignore[no-untyped-call]
    return made


def _node(cell: PlannedCell, run_id: str) -> NotebookNode:
    from nbformat.v4 import new_code_cell

    source = f"%%mlrun --as {run_id}\n{cell.source}" if cell.kind == "run" else cell.source
    node: NotebookNode = new_code_cell(source, metadata={"tags": list(cell.tags), "mlnb": {cell.kind: True}})  # type: ignore[no-untyped-call]
    if cell.cell_id:
        node["id"] = cell.cell_id
    return node


def shown_source(cell: Any) -> str:
    """Return the text of a cell of such a notebook as a person wrote it."""
    source = str(cell.source)
    return source.partition("\n")[2] if cell.metadata.get("mlnb", {}).get("run") else source


def shown_notebook(text: str) -> str:
    """Return such a notebook as a person would have written it: without what prepared the kernel."""
    notebook = json.loads(text)
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["metadata"].get("mlnb", {}).get("silent")]
    return re.sub(r"%%mlrun --as [0-9a-f]{32}", "%%mlrun", json.dumps(notebook, ensure_ascii=False, indent=1))
