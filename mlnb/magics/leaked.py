"""No run is left open unseen: when a cell has ended, what plain MLflow calls opened in it is closed or shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from mlnb.magics.watching import unwatch, watch

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_ATTRIBUTE = "_mlnb_leaked"


class OpenRuns:
    """Compares MLflow's active runs after a cell with those before it; without MLflow in the process it costs a look-up."""

    def __init__(self) -> None:
        self._depth = 0
        self._before: list[str] = []

    def before(self, _: Any) -> None:
        """Note which runs are open."""
        self._depth += 1
        if self._depth == 1:
            self._before = _open_ids()

    def after(self, result: Any) -> None:
        """Close or take in those that are open now and were not."""
        self._depth = max(0, self._depth - 1)
        if self._depth or (_open_ids() == self._before and not self._before):
            return
        from mlnb.core.errors import MlnbError
        from mlnb.core.ground import find_workspace

        if not find_workspace().is_dir():
            return
        import mlnb

        try:
            notes = mlnb.workspace().runs.cell_ended(self._before, failed=not getattr(result, "success", True))
        except MlnbError:  # a workspace that does not open is told elsewhere
            return
        for note in notes:
            sys.stdout.write(f"{note}\n")


def _open_ids() -> list[str]:
    if "mlflow.tracking.fluent" not in sys.modules:
        return []
    from mlnb.training.recording.active import active_run_ids

    return active_run_ids()


def install(shell: InteractiveShell) -> None:
    """Begin to look."""
    watch(shell, _ATTRIBUTE, OpenRuns)


def remove(shell: InteractiveShell) -> None:
    """Look no more."""
    unwatch(shell, _ATTRIBUTE)
