"""Which cells a replay executes, in which order, and which versions of tables they read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlnb.core.errors import InvalidStateError

from ..background.notebook import body_of
from ..background.plan import PlannedCell
from ..hidden.recording import notebook_cells
from ..hidden.verdict import shown
from ..records import RunData
from ..records_replay import ExecutedCell, RunSourceCode

#: What a replay does before its cells and after its run; the workspace of the kernel does the work.
_RUNS = '__import__("mlnb").workspace().runs'
BEGIN, FINISH = f"{_RUNS}.begin_replay()", f"{_RUNS}.finish_replay()"
_INSTALLS = re.compile(r"^\s*(?:%|!)\s*(?:pip|conda|mamba|uv)\b.*$", re.MULTILINE)
_SEED = re.compile(r"\A\s*%%mlrun\b[^\n]*--seed[ =]\s*(\d+)")


class NotReplayableError(InvalidStateError):
    """The run does not say what to execute."""

    code = "NOT_REPLAYABLE"


def closure_cells(source: RunSourceCode) -> list[ExecutedCell]:
    """Return the executed cells a run follows from, as the notebook has them from top to bottom, the run's own last.

    A cell that is not in the notebook any more stands behind the one that ran before it. Of a cell that ran more than once the last
    execution counts: from top to bottom it runs once.
    """
    needed = [cell for cell in source.cells if cell.in_closure and not cell.is_run]
    places: dict[int, tuple[float, int]] = {}
    last = -1.0
    for cell in needed:
        last = last if cell.document_position is None else float(cell.document_position)
        places[cell.position] = (last + (0.5 if cell.document_position is None else 0.0), cell.position)
    once = {
        cell.document_position if cell.document_position is not None else -1 - cell.position: cell for cell in needed
    }
    own = [cell for cell in source.cells if cell.is_run]
    if not own:
        raise NotReplayableError(
            "The run keeps no executed cells, so nobody knows what to execute.",
            hint="Runs of %%mlrun cells can be replayed; for scripts and plain MLflow runs, run the script again.",
        )
    return [*sorted(once.values(), key=lambda cell: places[cell.position]), own[-1]]


def planned_cells(cells: Sequence[ExecutedCell], body: str, data: Sequence[RunData]) -> list[PlannedCell]:
    """Return what to execute, with a word in between wherever a cell reads another version of a table than those before.

    Parameters
    ----------
    body
        The text of the run's own cell without its magic line.
    data
        What the run itself read.
    """
    now = first_versions(cells, data)
    planned = [PlannedCell(BEGIN, kind="silent")]
    for cell in cells:
        reads = own_versions(data) if cell.is_run else versions_of(cell)
        other = {name: version for name, version in reads.items() if now.get(name) != version}
        if other:
            now |= other
            planned.append(PlannedCell(f"{_RUNS}.replay_tables({other!r})", kind="silent"))
        if cell.is_run:
            planned.append(PlannedCell(body, cell.cell_id, "run"))
        else:
            planned.append(PlannedCell(without_installing(cell.source), cell.cell_id))
    return [*planned, PlannedCell(FINISH, kind="silent")]


def notebook_plan(notebook: Mapping[str, Any], source: RunSourceCode, body: str) -> list[PlannedCell]:
    """Return all code cells of the notebook as it was, down to the run's own.

    Raises
    ------
    NotReplayableError
        When the saved notebook does not hold the run's cell.
    """
    import json

    cells = notebook_cells(json.dumps(notebook))
    own = next((cell for cell in reversed(source.cells) if cell.is_run), None)
    place = own.document_position if own is not None and not source.stale else None
    if place is None:
        raise NotReplayableError(
            "The notebook that was saved with the run does not hold its cell as it was executed.",
            hint="Replay the executed cells instead: mode='cells' (--cells).",
        )
    above = [
        PlannedCell(without_installing(cell.source), cell.cell_id, tags=("raises-exception",)) for cell in cells[:place]
    ]
    run = PlannedCell(body, cells[place].cell_id, "run")
    return [
        PlannedCell(BEGIN, kind="silent"),
        *(cell for cell in above if cell.source.strip()),
        run,
        PlannedCell(FINISH, kind="silent"),
    ]


def without_installing(source: str) -> str:
    """Return a cell's code without ``%%mlrun``, whose seed stays, and without lines that install packages."""
    body = _INSTALLS.sub("pass  # installs nothing in a replay", body_of(source))
    seed = _SEED.match(source)
    if seed is None:
        return body
    return f"__import__('mlnb.training.recording.batches', fromlist=['x']).seed_everything({seed[1]})\n{body}"


def installs(cells: Sequence[ExecutedCell]) -> Iterator[str]:
    """Yield what to say of cells that install packages."""
    for cell in cells:
        if _INSTALLS.search(cell.source):
            yield f"{shown(cell.source)} installs packages: that line was left out."


def versions_of(cell: ExecutedCell) -> dict[str, int]:
    """Return the versions a cell read, the first of each table."""
    found: dict[str, int] = {}
    for use in cell.tables:
        if use.direction == "read":
            found.setdefault(use.name, use.version)
    return found


def own_versions(data: Sequence[RunData]) -> dict[str, int]:
    """Return the versions that the run's own cell read, the earliest of each table: later ones it wrote itself."""
    found: dict[str, int] = {}
    for item in data:
        if item.direction == "read" and item.kind == "table" and item.observed and item.version is not None:
            found[item.name] = min(item.version, found.get(item.name, item.version))
    return found


def made_by(cells: Sequence[ExecutedCell], data: Sequence[RunData]) -> list[str]:
    """Return the tables that the cells and the run made: the first thing that was done with them was to write version 0."""
    first: dict[str, tuple[str, int]] = {}
    for cell in cells:
        for use in cell.tables:
            first.setdefault(use.name, (use.direction, use.version))
    before = set(first)
    for item in data:  # what the run's own cell did, in no order: a table it made it cannot have read before
        if item.kind == "table" and item.observed and item.name not in before:
            first.setdefault(item.name, ("read", -1))
            if item.direction == "written" and item.version == 0:
                first[item.name] = ("written", 0)
    return sorted(name for name, use in first.items() if use == ("written", 0))


def first_versions(cells: Sequence[ExecutedCell], data: Sequence[RunData]) -> dict[str, int]:
    """Return the version of each table that is read first."""
    found: dict[str, int] = {}
    for cell in cells:
        for name, version in (own_versions(data) if cell.is_run else versions_of(cell)).items():
            found.setdefault(name, version)
    for item in data:
        if item.direction == "read" and item.kind == "table" and item.version is not None:
            found.setdefault(item.name, item.version)
    return found
