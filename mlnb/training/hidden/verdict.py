"""Whether running the notebook from top to bottom makes the run again: the cells it follows from are held against the notebook's."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .facts import Facts, spoken
from .flow import Flow, Step
from .magic_calls import parsed
from .names import facts_of, same_code

if TYPE_CHECKING:
    from .history import Execution

Standing = Literal["same", "edited", "deleted", "unknown"]
Kind = Literal["deleted", "edited", "out_of_order", "unknown"]
#: What is said first when several things are wrong.
_ORDER: tuple[Kind, ...] = ("deleted", "edited", "out_of_order", "unknown")
#: In the cell that puts variables of another kernel into this one.
_SENDS = "mlnb.training.background.sending"
#: Reasons that are told; a notebook in disorder has the same one many times.
MOST_REASONS = 20


@dataclass(frozen=True)
class NotebookCell:
    """A code cell of a notebook."""

    source: str
    cell_id: str | None = None


@dataclass
class Judgement:
    """What came of it.

    Attributes
    ----------
    reproducible
        ``clean``, or what is wrong.
    reasons
        One sentence for each thing that is wrong.
    closure
        Positions of the executions that the run follows from, itself last.
    standings, places
        For each execution: how it stands in the notebook, and where among its code cells.
    stale
        Whether the notebook does not hold the run's own cell as it was executed.
    """

    reproducible: str = "clean"
    reasons: list[str] = field(default_factory=list)
    closure: list[int] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    places: list[int | None] = field(default_factory=list)
    stale: bool = False


def read_facts(executions: Sequence[Execution]) -> list[Facts]:
    """Return what each execution does to names; each is read once, knowing what the variables held when it began."""
    kinds: dict[str, str] = {}
    found = []
    for execution in executions:
        kinds.update(execution.before)
        if execution.facts is None:
            execution.facts = facts_of(execution.source, kinds)
        found.append(execution.facts)
        kinds.update(execution.kinds)
    return found


def judge(
    executions: Sequence[Execution], run: int, notebook: Sequence[NotebookCell] | None, names: frozenset[str]
) -> Judgement:
    """Return whether the notebook makes the run again.

    Parameters
    ----------
    executions
        All cells the kernel has executed.
    run
        Which of them makes the run.
    notebook
        Its code cells from top to bottom; None when nobody knows them.
    names
        The variables there are.
    """
    return _Judge(executions[: run + 1], notebook, names).judge()


class _Judge:
    def __init__(
        self, executions: Sequence[Execution], notebook: Sequence[NotebookCell] | None, names: frozenset[str]
    ) -> None:
        self._executions, self._notebook, self._names = executions, notebook, names
        self._run = len(executions) - 1
        facts = read_facts(executions)
        self._steps = [
            Step(fact, execution.bound, execution.success) for fact, execution in zip(facts, executions, strict=True)
        ]
        self._flow = Flow(self._steps)
        self._found: dict[str, Kind] = {}
        self._repeated: set[int | None] = set()
        self._answer = Judgement(closure=self._flow.closure(self._run))

    def judge(self) -> Judgement:
        """Ask everything and choose what is said first."""
        self._answer.standings, self._answer.places = match(self._executions, self._notebook)
        self._ask_origins()
        if self._notebook is None:
            self._say("unknown", "The notebook's file is not known, so nothing says which cells it holds.")
        else:
            self._ask_notebook()
        answer = self._answer
        answer.reasons = sorted(self._found, key=lambda text: _ORDER.index(self._found[text]))[:MOST_REASONS]
        answer.reproducible = next((kind for kind in _ORDER if kind in self._found.values()), "clean")
        return answer

    def _say(self, kind: Kind, text: str) -> None:
        self._found.setdefault(text, kind)

    # -- what no notebook can say ------------------------------------------------------------------------------------------------------

    def _ask_origins(self) -> None:
        for position in self._answer.closure:
            step, label = self._steps[position], self.label(position)
            if step.facts.outputs:
                used = ", ".join(sorted(step.facts.outputs))
                self._say("unknown", f"{label} uses {used}: an output of whatever ran before it.")
            if not step.complete:
                self._say("unknown", f"{label} failed half-way, and the run uses what it left behind.")
            for need in self._flow.needs(position):
                if not need.found and need.name in self._names:
                    self._say("unknown", f"{need.name}, which {label} uses, was made by no cell of this kernel.")
                for source in need.sources:
                    self._ask_opaque(source, need.name)
                self._ask_outside(need.name, need.sources[0] if need.sources else -1, position)

    def _ask_opaque(self, source: int, name: str) -> None:
        step = self._steps[source]
        said = step.facts.stored | step.facts.perhaps | step.facts.changed
        if step.facts.opaque and name not in said and name in (step.bound or ()):
            self._say(
                "unknown",
                f"{name} was set by {step.facts.opaque[0]} in {self.label(source)}, whose text does not show how.",
            )

    def _ask_outside(self, name: str, source: int, position: int) -> None:
        for between in range(source + 1, position + 1):
            if name in self._executions[between].outside:
                self._say("unknown", f"{name} changed between two cells: by a widget, a thread or another client.")
                return

    # -- the notebook ------------------------------------------------------------------------------------------------------------------

    def _ask_notebook(self) -> None:
        standings, places = self._answer.standings, self._answer.places
        if standings[self._run] != "same":
            self._answer.stale = True
            self._say(
                "unknown", "The notebook's file does not hold this cell as it was executed: save it before you run."
            )
            return
        for position in self._answer.closure:
            if standings[position] == "edited":
                self._say(
                    "edited",
                    f"{self.label(position)} was edited after it ran (cell {(places[position] or 0) + 1} of the notebook).",
                )
            elif _SENDS in self._executions[position].source:
                self._say(
                    "unknown", "The run uses variables that were sent to it (--send): no cell of its kernel makes them."
                )
            elif standings[position] == "deleted":
                self._say("deleted", f"{self.label(position)} is not in the notebook any more.")
        self._ask_order()
        self._ask_twice()

    def _ask_order(self) -> None:
        document = Flow(self._document())
        for position in self._answer.closure:
            place = self._answer.places[position]
            if self._answer.standings[position] != "same" or place is None:
                continue
            theirs = {need.name: need for need in document.needs(place)}
            for need in self._flow.needs(position):
                other = theirs.get(need.name)
                self._compare(position, need.name, need.sources, other.sources if other is not None else ())

    def _compare(self, position: int, name: str, executed: Sequence[int], written: Sequence[int]) -> None:
        """Say where a value comes from another cell than it does from top to bottom."""
        places = [self._answer.places[source] for source in executed]
        if any(self._answer.standings[source] != "same" for source in executed) or places == list(written):
            return
        own, label, what = self._answer.places[position] or 0, self.label(position), spoken(name)
        if own in places:
            self._again(position, what)
            return
        below = [source for source, place in zip(executed, places, strict=True) if (place or 0) > own]
        for source in below:
            self._say("out_of_order", f"{what} in {label} comes from {self.label(source)}, which stands below it.")
        new = [place for place in written if place not in places]
        gone = [source for source, place in zip(executed, places, strict=True) if place not in written]
        if new and gone and not below:
            one, other = self.label(gone[-1]), self._cell(new[-1])
            self._say("out_of_order", f"{what} in {label} came from {one}; from top to bottom it comes from {other}.")
        elif new:
            self._say(
                "out_of_order",
                f"From top to bottom, {self._cell(new[-1])} changes {what} before {label}; here it had not.",
            )
        elif gone and not below:
            self._say(
                "out_of_order", f"{what} in {label} came from {self.label(gone[-1])}; from top to bottom it does not."
            )
        elif not below:
            self._say(
                "out_of_order", f"The cells that make {what} for {label} ran in another order than they stand in."
            )

    def _again(self, position: int, what: str) -> None:
        self._repeated.add(self._answer.places[position])
        self._say(
            "out_of_order",
            f"{self.label(position)} ran again on its own result: it changes {what}, which it starts from.",
        )

    def _ask_twice(self) -> None:
        seen: set[int] = set()
        for position in self._answer.closure:
            place = self._answer.places[position]
            if place is None or self._answer.standings[position] != "same" or place in self._repeated:
                continue
            if place in seen and not _only_defines(self._executions[position].source):
                self._say(
                    "out_of_order",
                    f"{self.label(position)} ran more than once, and the run uses what several of them made.",
                )
            seen.add(place)

    def _document(self) -> list[Step]:
        """Return the notebook as an order of cells, with what was seen of those that ran unchanged."""
        assert self._notebook is not None
        ran: dict[int, Step] = {}
        for position, place in enumerate(self._answer.places):
            if place is not None and self._answer.standings[position] == "same" and self._steps[position].complete:
                ran[place] = self._steps[position]
        kinds: dict[str, str] = {}
        for execution in self._executions:
            kinds.update(execution.before)
            kinds.update(execution.kinds)
        return [ran.get(place) or Step(facts_of(cell.source, kinds)) for place, cell in enumerate(self._notebook)]

    # -- words -------------------------------------------------------------------------------------------------------------------------

    def label(self, position: int) -> str:
        """Return what a sentence calls an executed cell."""
        execution = self._executions[position]
        number = execution.execution_count if execution.execution_count is not None else position + 1
        return f"[{number}] {shown(execution.source)}"

    def _cell(self, place: int) -> str:
        assert self._notebook is not None
        return f"cell {place + 1} of the notebook, {shown(self._notebook[place].source)}"


def shown(source: str, longest: int = 48) -> str:
    """Return the first line of a cell that says something, in quotes."""
    lines = [line.strip() for line in source.splitlines()]
    telling = [line for line in lines if line and not line.startswith(("#", "%%"))] or [line for line in lines if line]
    line = telling[0] if telling else ""
    return f"“{line if len(line) <= longest else line[: longest - 1] + '…'}”"


def match(
    executions: Sequence[Execution], notebook: Sequence[NotebookCell] | None
) -> tuple[list[Standing], list[int | None]]:
    """Return how each execution stands in the notebook, and where."""
    if notebook is None:
        return ["unknown"] * len(executions), [None] * len(executions)
    by_id: dict[str | None, int] = {cell.cell_id: place for place, cell in enumerate(notebook) if cell.cell_id}
    by_text: dict[str, list[int]] = {}
    for index, cell in enumerate(notebook):
        by_text.setdefault(cell.source.strip(), []).append(index)
    alike: dict[tuple[str, int], bool] = {}
    standings: list[Standing] = []
    places: list[int | None] = []
    for execution in executions:
        standing, place = _match_one(execution, notebook, by_id, by_text, alike, places)
        standings.append(standing)
        places.append(place)
    return standings, places


def _match_one(
    execution: Execution,
    notebook: Sequence[NotebookCell],
    by_id: dict[str | None, int],
    by_text: dict[str, list[int]],
    alike: dict[tuple[str, int], bool],
    taken: Sequence[int | None],
) -> tuple[Standing, int | None]:
    place = by_id.get(execution.cell_id) if execution.cell_id else None
    if place is not None:
        key = (execution.source, place)
        if key not in alike:
            alike[key] = same_code(execution.source, notebook[place].source)
        if alike[key]:
            return "same", place
    # a cell that was cut and pasted has another id
    known = [one for one in by_text.get(execution.source.strip(), []) if execution.cell_id is None or one != place]
    if known and place is None:
        free = [one for one in known if one not in taken]
        return "same", (free or known)[0]
    return ("edited", place) if place is not None else ("deleted", None)


def _only_defines(source: str) -> bool:
    """Return whether running a cell again makes the same again for sure: imports, functions, classes, literals."""
    return all(_is_definition(node) for node in parsed(source))


def _is_definition(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        made_of_names = any(isinstance(part, (ast.Call, ast.Name)) for part in ast.walk(node.value))
        return not made_of_names and all(isinstance(target, ast.Name) for target in node.targets)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Pass))
