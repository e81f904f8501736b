"""A notebook that is executed, edited and rearranged, in a real shell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mlnb.magics import executed
from mlnb.training.hidden.history import current
from mlnb.training.hidden.verdict import Judgement, NotebookCell, judge
from tests.shells import clean


class Notebook:
    """Cells by name; ``run`` executes them as a person would, in any order."""

    def __init__(self, shell: Any, cells: dict[str, str]) -> None:
        self._shell = shell
        self.cells = dict(cells)

    def run(self, *names: str, fails: bool = False) -> Notebook:
        """Execute cells in this order."""
        for name in names:
            result = self._shell.run_cell(self.cells[name], store_history=True, cell_id=f"id-{name}")
            assert result.success is not fails, f"{name}: {result.error_in_exec or result.error_before_exec}"
        return self

    def console(self, source: str) -> Notebook:
        """Execute code that stands in no cell."""
        assert self._shell.run_cell(source, store_history=True).success
        return self

    def meddle(self, name: str, value: Any) -> Notebook:
        """Set a variable as a widget or a thread does: while no cell runs."""
        self._shell.user_ns[name] = value
        return self

    def edit(self, name: str, source: str) -> Notebook:
        """Type another text into a cell."""
        self.cells[name] = source
        return self

    def delete(self, name: str) -> Notebook:
        """Take a cell out."""
        del self.cells[name]
        return self

    def move(self, *order: str) -> Notebook:
        """Put the cells into another order."""
        self.cells = {name: self.cells[name] for name in order}
        return self

    def judge(self) -> Judgement:
        """Say what a run of the cell executed last would be marked with."""
        history = current()
        assert history is not None
        cells = [NotebookCell(source, f"id-{name}") for name, source in self.cells.items()]
        return judge(history.executions, len(history.executions) - 1, cells, history.names())


@pytest.fixture
def notebook(session_shell: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Notebook]]:
    """Make a notebook of cells: ``notebook(a="x = 1", run="y = x")``."""
    monkeypatch.chdir(tmp_path)
    session_shell.history_manager.input_hist_raw[:] = [""]
    executed.install(session_shell)
    yield lambda **cells: Notebook(session_shell, cells)
    executed.remove(session_shell)
    clean(session_shell)
