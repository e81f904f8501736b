"""A supervisor that does nothing but runs, and one workspace for all that are started at once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

#: What ``mlnb.door`` is to a whole workspace: the supervisor, and with ``--run`` the process of a run.
DOOR = """
import sys
from pathlib import Path
from mlnb import door
workspace = door.open_workspace(sys.argv[1])
if "--run" in sys.argv:
    from mlnb.training.background.worker import work
    sys.exit(work(workspace, sys.argv[sys.argv.index("--run") + 1]))
from mlnb.core.supervisor import run_supervisor
sys.exit(run_supervisor(workspace.metastore, workspace.journal, workspace.runs.reconcilers))
"""


@pytest.fixture(scope="session")
def open_here(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Any]:
    """Open a workspace whose supervisor knows only of runs: it starts in a third of the time."""
    script = tmp_path_factory.mktemp("door") / "door.py"
    script.write_text(DOOR)

    def make(path: Path) -> Any:
        from mlnb.door import Workspace

        workspace = Workspace(path)
        workspace.command = (sys.executable, str(script), str(path))
        return workspace

    return make


@pytest.fixture(scope="module")
def shared(
    workspace_template: Path, tmp_path_factory: pytest.TempPathFactory, open_here: Callable[[Path], Any]
) -> Iterator[Any]:
    """One workspace for the runs of a file, with room for all of them."""
    root = tmp_path_factory.mktemp("root")
    shutil.copytree(workspace_template, root / ".mlnb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLNB_WORKSPACE", str(root / ".mlnb"))
        patch.setenv("MLNB_USER", "ada")
        patch.setenv("MLNB_TRAINING__BACKGROUND_RUNS", "8")
        patch.setenv("MLNB_TRAINING__HEARTBEAT_SECONDS", "0.5")
        patch.chdir(root)
        workspace = open_here(root / ".mlnb")
        yield workspace
        for info in workspace.runs.backgrounds():
            workspace.runs.stop(info.run_id)
        if workspace.supervisor.status().running:
            workspace.supervisor.stop()
        workspace.close()


@pytest.fixture
def driven(ws: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Ask for a run and do its work in this process, without a supervisor; returns the run in hand."""
    from mlnb.training.background.worker import work

    monkeypatch.setattr(ws.supervisor, "ensure", lambda: None)

    def run(code: str, **options: Any) -> Any:
        handle = ws.runs.background(code, **options)
        assert work(ws, handle.run_id) == 0
        return handle

    return run
