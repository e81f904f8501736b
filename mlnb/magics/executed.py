"""Tells the kernel's history of each cell that runs: what a run follows from is found there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.core.access import forget, listen
from mlnb.magics.watching import unwatch, watch
from mlnb.training.hidden.history import History, current, set_current

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_ATTRIBUTE = "_mlnb_executed"


class ExecutedCells:
    """Writes cells into a history; those that a magic runs inside a cell belong to it."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.history = History(shell.user_ns, shell.user_ns_hidden)
        self._shell = shell
        self._depth = 0

    def before(self, info: Any) -> None:
        """Note that a cell starts."""
        self._depth += 1
        if self._depth == 1 and not getattr(info, "silent", False):
            self.history.begin(
                getattr(info, "raw_cell", None) or "", getattr(info, "cell_id", None), self._shell.execution_count
            )

    def after(self, result: Any) -> None:
        """Note that it has ended."""
        self._depth = max(0, self._depth - 1)
        if self._depth == 0:
            self.history.end(success=bool(getattr(result, "success", True)))


def install(shell: InteractiveShell) -> None:
    """Begin to write, with what ran before: the cell that loads the extension is the last of those."""
    hooks = watch(shell, _ATTRIBUTE, lambda: ExecutedCells(shell))
    if hooks is None:
        return
    past = shell.history_manager
    hooks.history.backfill(list(past.input_hist_raw[1:]) if past is not None else [])
    listen(hooks.history.note_access)
    set_current(hooks.history)


def remove(shell: InteractiveShell) -> None:
    """Write no more."""
    hooks = unwatch(shell, _ATTRIBUTE)
    if hooks is None:
        return
    forget(hooks.history.note_access)
    if current() is hooks.history:
        set_current(None)
