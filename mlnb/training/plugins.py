"""What MLflow asks us when plain MLflow code opens a run: which experiment it belongs to, and which notebook and cell it came from.

MLflow finds both classes by their entry points and loads this module whenever it is imported, in any process of the environment. So nothing
is imported here that a process without a notebook would pay for, and outside a notebook of a workspace both classes stay silent.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

_FRAMES = 40


class NotebookExperiment:
    """Puts the runs of a notebook into the notebook's own experiment, unless the code chose another."""

    def in_context(self) -> bool:
        """Return whether this is a notebook whose runs go to a workspace."""
        return _workspace() is not None

    def get_experiment_id(self) -> str | None:
        """Return the experiment of the run that is open, else the notebook's; it is created when it is needed."""
        from mlnb.training.recording.active import active_experiment_id
        from mlnb.training.recording.starting import experiment_of

        ws = _workspace()
        assert ws is not None  # asked just before
        return active_experiment_id() or experiment_of(ws, None, _path(ws))[0]


class NotebookContext:
    """Tells on which notebook, cell and commit a run stands."""

    def in_context(self) -> bool:
        """Return whether this is a notebook whose runs go to a workspace."""
        return _workspace() is not None

    def tags(self) -> dict[str, str]:
        """Return tags as those of ``%%mlrun``."""
        ws = _workspace()
        assert ws is not None  # asked just before
        from mlnb.training.recording.active import opened_implicitly
        from mlnb.training.recording.plain import source_tags

        tags = source_tags(ws, _path(ws))
        _expect_run(ws)
        return {**tags, **opened_implicitly()} if _is_implicit() else tags


def _notebook() -> str | None:
    """Return the path of this process's notebook: as the cell's hook found it, else as Jupyter named it."""
    caller = sys.modules.get("mlnb.core.caller")
    known = caller.current_caller().notebook if caller is not None else None
    path = known or os.environ.get("MLNB_NOTEBOOK") or os.environ.get("JPY_SESSION_NAME")
    return path if path and path.endswith(".ipynb") else None


def _path(ws: Ground) -> str | None:
    from mlnb.training.recording.notebooks import current_path
    from mlnb.training.recording.source import relative_path

    found = _notebook()
    if found is None:
        return None
    full = Path(found) if os.path.isabs(found) else ws.root / found
    return current_path(ws, relative_path(full, ws.root))


def _workspace() -> Ground | None:
    """Return the workspace whose store MLflow writes to in this notebook, None where there is none."""
    if _notebook() is None:
        return None
    from mlnb.core.ground import find_workspace

    if not find_workspace().is_dir():
        return None
    import mlflow

    # MLflow calls this, not the door; it is asked for what it has opened, as a notebook would ask.
    ws: Ground = import_module("mlnb").workspace()
    return ws if mlflow.get_tracking_uri() == ws.tracking.uri else None


def _expect_run(ws: Any) -> None:
    """Let the run that is about to be opened be taken in; whatever that meets, the run is opened."""
    with contextlib.suppress(Exception):
        ws.runs.run_opening()


def _is_implicit() -> bool:
    """Return whether MLflow opens the run by itself, to have one to log to."""
    frame: Any = sys._getframe(1)
    for _ in range(_FRAMES):
        if frame is None:
            return False
        if frame.f_code.co_name == "_get_or_start_run":
            return True
        frame = frame.f_back
    return False


def _announce() -> None:
    """Let plain MLflow calls of a kernel of our server come to the server's workspace, if nothing else was chosen.

    MLflow asks for the address before it asks the classes above, so it has to be known by now.
    """
    folder = os.environ.get("MLNB_WORKSPACE")
    if not folder or not os.environ.get("JPY_SESSION_NAME") or os.environ.get("MLFLOW_TRACKING_URI"):
        return
    if (Path(folder) / "metastore.db").exists() or (Path(folder) / "mlnb.toml").exists():
        from mlnb.core.settings import load_settings
        from mlnb.core.tracking import Tracking

        settings = load_settings(Path(folder))
        Tracking(settings.tracking_uri, settings.artifact_root).announce()


# A workspace that does not open is told where somebody asks for it; here it would keep MLflow from being imported.
with contextlib.suppress(Exception):
    _announce()
