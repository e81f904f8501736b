"""What a run keeps of the cells before it: which were executed, which of them it follows from, and whether the notebook says so."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlnb.core.errors import InvalidStateError

from ..records import RunData
from ..records_replay import ExecutedCell, NotReproducibleError, TableUse
from .facts import Facts
from .history import Execution, History, current
from .verdict import Judgement, NotebookCell, judge, read_facts

log = logging.getLogger("mlnb.training")

EXECUTED = "mlnb/executed.jsonl"
REPRODUCIBLE = "mlnb/reproducible.json"
TAG = "mlnb.reproducible"
#: What a replay asks for as the run did.
_OPTIONS = (
    "params",
    "metrics",
    "data",
    "autolog",
    "log_models",
    "figures",
    "stdout",
    "system_metrics",
    "seed",
    "scope",
)
#: Executions that are kept besides those the run follows from, and how much text of theirs.
_MOST_CELLS = 2000
_MOST_TEXT = 2_000_000


@dataclass
class MadeFrom:
    """The cells a run follows from.

    Attributes
    ----------
    judgement
        Whether the notebook makes the run again.
    cells
        The executed cells, the run's own last.
    has_notebook
        Whether there was a notebook to hold them against.
    options
        What the run was asked for, as far as a replay has to ask for it again.
    """

    judgement: Judgement
    cells: Sequence[ExecutedCell]
    has_notebook: bool
    options: dict[str, Any] = field(default_factory=dict)

    def tags(self) -> dict[str, str]:
        """Return the run's mark."""
        return {TAG: self.judgement.reproducible}

    def files(self) -> dict[str, bytes | str]:
        """Return the cells, one a line, and why the run is marked."""
        answer = self.judgement
        facts = {"reproducible": answer.reproducible, "stale": answer.stale, "reasons": answer.reasons}
        facts["options"] = self.options
        lines = (json.dumps(cell.to_dict(), ensure_ascii=False) for cell in self.cells)
        return {EXECUTED: "".join(f"{line}\n" for line in lines), REPRODUCIBLE: json.dumps(facts, ensure_ascii=False)}

    def keep_options(self, options: Any) -> None:
        """Take what the run was asked for."""
        found = {name: getattr(options, name) for name in _OPTIONS}
        self.options = {name: _plain(value) for name, value in found.items() if value not in (None, (), {})}

    def data(self) -> list[RunData]:
        """Return the tables that the cells before read for it."""
        return [
            RunData(direction="read", name=use.name, version=use.version, observed=False)
            for cell in self.cells
            if cell.in_closure and not cell.is_run
            for use in cell.tables
            if use.direction == "read"
        ]

    def notes(self) -> list[str]:
        """Return what to say below the run; nothing where there is no notebook that could say otherwise."""
        answer = self.judgement
        if answer.reproducible == "clean" or not self.has_notebook:
            return []
        more = f" And {len(answer.reasons) - 1} more." if len(answer.reasons) > 1 else ""
        first = answer.reasons[0] if answer.reasons else ""
        if answer.reproducible == "unknown":
            return [f"Whether the notebook makes this run again is not known. {first}{more}"]
        return [f"Not reproducible from top to bottom. {first}{more}"]

    def require_clean(self) -> None:
        """Refuse a run that would be marked.

        Raises
        ------
        NotReproducibleError
            With the cells and what is wrong with them.
        """
        answer = self.judgement
        if answer.reproducible != "clean":
            raise NotReproducibleError(
                f"This run would not follow from the notebook ({answer.reproducible}): {' '.join(answer.reasons[:3])}",
                hint="Restart the kernel and run the cells from top to bottom, or leave out --strict. Nothing was executed.",
                details={"reproducible": answer.reproducible, "reasons": answer.reasons},
            )


def made_from(notebook: str | None, body: str | None = None) -> MadeFrom | None:
    """Return what the cell that runs now is made from; None outside a kernel whose cells are known.

    Parameters
    ----------
    notebook
        The notebook's file content; None when there is none.
    body
        The text of the run's cell without its magic line.
    """
    history = current()
    if history is None or not history.executions:
        return None
    run = len(history.executions) - 1
    if body is not None and body.strip() not in history.executions[run].source:
        return None  # executed by a host that tells nobody
    try:
        cells = None if notebook is None else notebook_cells(notebook)
        answer = judge(history.executions, run, cells, history.names())
        return MadeFrom(answer, _kept(history, answer), cells is not None)
    except Exception:  # code we cannot read must not keep anybody from running it
        log.warning("the cells before this one could not be read", exc_info=True)
        return None


def notebook_cells(text: str) -> list[NotebookCell]:
    """Return the code cells of a notebook's file."""
    found = []
    for cell in json.loads(text)["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source: Any = cell.get("source", "")
            found.append(NotebookCell("".join(source) if isinstance(source, list) else str(source), cell.get("id")))
    return found


class UnreadableRecordError(InvalidStateError):
    """A file that says what a run executed was changed, or cut off."""

    code = "RECORD_UNREADABLE"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The run's file {path} cannot be read: it is not as it was written.",
            hint="What else the run keeps is among its files; it cannot be replayed from this one.",
        )


def read_executed(text: str) -> list[ExecutedCell]:
    """Return the cells of a run's file.

    Raises
    ------
    UnreadableRecordError
        When it holds anything else.
    """
    try:
        return [ExecutedCell(**json.loads(line)) for line in text.split("\n") if line.strip()]
    except (ValueError, TypeError, RecursionError) as error:
        raise UnreadableRecordError(EXECUTED) from error


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): str(item) for key, item in value.items()}
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else value


def _kept(history: History, answer: Judgement) -> list[ExecutedCell]:
    executions, needed = history.executions, set(answer.closure)
    facts = read_facts(executions)
    chosen = [index for index in range(len(executions)) if index in needed or index >= len(executions) - _MOST_CELLS]
    left, kept = _MOST_TEXT, []
    for index in reversed(chosen):
        cell = _cell(executions[index], facts[index], index, answer, is_run=index == len(executions) - 1)
        if index not in needed:
            left -= len(cell.source)
            if left < 0:
                cell.source = ""
        kept.append(cell)
    return kept[::-1]


def _cell(execution: Execution, facts: Facts, index: int, answer: Judgement, *, is_run: bool) -> ExecutedCell:
    seen = execution.bound or frozenset()
    return ExecutedCell(
        position=index,
        cell_id=execution.cell_id,
        execution_count=execution.execution_count,
        source=execution.source,
        sha256=hashlib.sha256(execution.source.encode()).hexdigest(),
        stored=sorted(facts.stored | facts.perhaps | seen),
        loaded=sorted(facts.loaded),
        changed=sorted(facts.changed),
        started_at=execution.started_at,
        duration_ms=execution.duration_ms,
        success=execution.success,
        is_run=is_run,
        in_closure=index in answer.closure,
        standing=answer.standings[index],
        document_position=answer.places[index],
        tables=[TableUse(direction=d, name=name, version=version) for d, name, version in execution.tables],
    )
