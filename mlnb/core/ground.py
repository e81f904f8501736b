"""What every service stands on: one workspace folder with its stores, opened once per process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .files import Files, storage_errors
from .settings import Settings, load_settings

if TYPE_CHECKING:
    from .journal import Journal
    from .metastore import Metastore
    from .progress import Progress
    from .state import State
    from .supervisor import Supervisor
    from .tracking import Tracking

FOLDER = ".mlnb"


def find_workspace(path: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of the workspace: the argument, ``MLNB_WORKSPACE``, the nearest ``.mlnb`` above, or ``./.mlnb``."""
    chosen = path or os.environ.get("MLNB_WORKSPACE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FOLDER).is_dir():
            return folder / FOLDER
    return here / FOLDER


class Ground:
    """Settings and stores of one workspace.

    Parameters
    ----------
    path
        The workspace folder; created, with its metastore, when it does not exist.
    supervisor_command
        How to start this workspace's supervisor.

    Raises
    ------
    SettingsError
        When ``mlnb.toml`` or a variable cannot be used; nothing is created then.
    StorageError
        When the folder cannot be written.
    """

    def __init__(self, path: Path, *, supervisor_command: Sequence[str] = ()) -> None:
        self.path = path
        #: The notebook root: the folder that holds the workspace folder.
        self.root = path.parent
        #: How a process of this workspace is started: the supervisor, without further arguments.
        self.command = tuple(supervisor_command)
        self.settings: Settings = load_settings(path)
        self.files = Files(self.root)
        with storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
            self._ignore_in_git()
        self.metastore.migrate()

    def _ignore_in_git(self) -> None:
        # A workspace is data, not source: it keeps itself out of the repository it happens to lie in.
        marker = self.path / ".gitignore"
        if not marker.exists():
            self.files.write_atomic(marker, "*\n")

    @property
    def user(self) -> str:
        """The workspace's own principal."""
        return self.settings.user

    @cached_property
    def metastore(self) -> Metastore:
        """Transactions on the metastore."""
        from .metastore import Metastore

        return Metastore(self.settings.metastore_url, storage_root=self.settings.storage_root)

    @cached_property
    def journal(self) -> Journal:
        """The append-only record of every change."""
        from .journal import Journal

        return Journal(self.metastore)

    @cached_property
    def progress(self) -> Progress:
        """Progress of long work."""
        from .progress import Progress

        return Progress(self.metastore)

    @cached_property
    def state(self) -> State:
        """What screens remember for a person."""
        from .state import State

        return State(self.metastore)

    @cached_property
    def tracking(self) -> Tracking:
        """MLflow's stores."""
        from .tracking import Tracking

        return Tracking(self.settings.tracking_uri, self.settings.artifact_root)

    @cached_property
    def supervisor(self) -> Supervisor:
        """Starts, stops and asks after the supervisor process."""
        from .supervisor import Supervisor

        return Supervisor(self.metastore, self.command, self.path / "logs" / "supervisor.log")

    def close(self) -> None:
        """Close the connections this object keeps open."""
        if "metastore" in self.__dict__:
            self.metastore.dispose()
