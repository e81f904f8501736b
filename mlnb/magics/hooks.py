"""Hooks around each executed cell: calls made in it carry the notebook's path and the cell's id.

IPython fires them for nested runs too (a magic that runs a cell's body); the outermost cell is the one the user sees, so only it counts.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from typing import TYPE_CHECKING, Any

from mlnb.magics.watching import unwatch, watch

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_ATTRIBUTE = "_mlnb_hooks"


class CellHooks:
    """Sets the caller before a cell and restores it afterwards."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._depth = 0
        self._before: Any = None

    def before(self, info: Any) -> None:
        """Set the caller from the notebook and the cell."""
        self._depth += 1
        if self._depth > 1:
            return
        from mlnb.core.caller import _current, current_caller, set_caller

        self._before = _current.get()
        from dataclasses import replace

        caller = current_caller()
        set_caller(
            replace(
                caller,
                source="job" if caller.job_run_id else "kernel",
                notebook=notebook_path(self._shell),
                cell_id=getattr(info, "cell_id", None),
                request_id=f"cell-{uuid.uuid4().hex[:12]}",
            )
        )
        if "mlflow" in (getattr(info, "raw_cell", None) or ""):
            announce_tracking()

    def after(self, _: Any) -> None:
        """Restore the caller of before the cell."""
        self._depth = max(0, self._depth - 1)
        if self._depth == 0:
            from mlnb.core.caller import set_caller

            set_caller(self._before)


def notebook_path(shell: InteractiveShell | None = None) -> str | None:
    """Return the path of the notebook this kernel belongs to, ``None`` when it has none.

    Jupyter names the session's file in ``JPY_SESSION_NAME``; hosts that start kernels themselves set ``MLNB_NOTEBOOK``; VS Code leaves
    a variable in the user's namespace.
    """
    path = os.environ.get("MLNB_NOTEBOOK") or os.environ.get("JPY_SESSION_NAME")
    if not path and shell is not None:
        path = shell.user_ns.get("__vsc_ipynb_file__")
    return path if isinstance(path, str) and path.endswith((".ipynb", ".py", ".md")) else None


def announce_tracking() -> None:
    """Let plain ``mlflow`` calls come to the workspace, where there is one: none is made for their sake."""
    from mlnb.core.errors import MlnbError
    from mlnb.core.ground import find_workspace

    if find_workspace().is_dir():
        import mlnb

        with contextlib.suppress(
            MlnbError
        ):  # the cell asked for no workspace: one that does not open is told elsewhere
            tracking = mlnb.workspace().tracking
            tracking.announce()
            tracking.prepare()


def install(shell: InteractiveShell) -> None:
    """Register the hooks once, and mark the cell that loads the extension."""
    watch(shell, _ATTRIBUTE, lambda: CellHooks(shell))


def remove(shell: InteractiveShell) -> None:
    """Take the hooks away."""
    unwatch(shell, _ATTRIBUTE)
