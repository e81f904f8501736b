"""mlnb: the complete machine-learning lifecycle inside JupyterLab.

Importing this package is cheap on purpose: everything heavier than the standard library is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from .core.errors import MlnbError as MlnbError
    from .door import Workspace as Workspace

__version__ = "0.1.0"
__all__ = ["MlnbError", "Workspace", "__version__", "workspace"]


def workspace(path: str | Path | None = None) -> Workspace:
    """Open the current workspace, creating it on first use.

    Parameters
    ----------
    path
        Folder of the workspace. Without it ``MLNB_WORKSPACE`` decides, else the nearest ``.mlnb`` folder at or above the
        current folder, else a new ``.mlnb`` in the current folder.

    Returns
    -------
    Workspace
        The same object for the same folder within one process.
    """
    from .door import open_workspace

    return open_workspace(path)


def __getattr__(name: str) -> Any:
    if name == "Workspace":
        from .door import Workspace

        return Workspace
    if name == "MlnbError":
        from .core.errors import MlnbError

        return MlnbError
    raise AttributeError(f"module 'mlnb' has no attribute {name!r}")


def load_ipython_extension(ipython: Any) -> None:
    """Register the magics: what ``%load_ext mlnb`` calls."""
    from .magics import load_ipython_extension as load

    load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Take the magics away again: what ``%unload_ext mlnb`` calls."""
    from .magics import unload_ipython_extension as unload

    unload(ipython)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "mlnb"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "mlnb"}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    from .server.extension import load

    load(server_app)
