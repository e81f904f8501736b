"""What stands around a run's code when it begins: the notebook as it was, the repository, the environment."""

from __future__ import annotations

from pathlib import Path

from ..hidden.recording import made_from
from ..records import RunGit
from ..settings import TrainingSettings
from .environment import environment_tags, lock_text
from .notebook_copy import NotebookCopy, copy_of
from .repository import GitProbe
from .source import Cell


class Surroundings:
    """Looked at when the run begins; what git says is waited for only when it is needed.

    Parameters
    ----------
    settings
        What is recorded.
    cell
        The cell that runs.
    code
        The code that is no cell.
    path
        The notebook or script as seen from ``root``.
    folder
        The folder it lies in.
    root
        The notebook root.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        *,
        cell: Cell | None,
        code: str | None,
        path: str | None,
        folder: Path,
        root: Path,
    ) -> None:
        self._cell, self._code = cell, code
        self._file = root / path if cell is not None and path is not None and path.endswith(".ipynb") else None
        self._probe = GitProbe(folder) if settings.git else None
        copy: NotebookCopy | str = "the code belongs to no notebook that is known"
        if cell is not None and self._file is not None:
            copy = copy_of(self._file, cell.source, cell.cell_id)
        self.notebook = copy if isinstance(copy, NotebookCopy) else None
        self._no_notebook = copy if isinstance(copy, str) else None
        #: The cells that were executed before, and whether the notebook makes the run again; None outside a notebook.
        self.made_from = made_from(
            self.notebook.text if self.notebook is not None else None, cell.source if cell is not None else None
        )

    @property
    def git(self) -> RunGit:
        """The state of the repository; empty outside one."""
        return self._probe.result() if self._probe is not None else RunGit()

    def look_again(self) -> bool:
        """Take the notebook once more if the cell was not in its file when it began; return whether it is now.

        Lab saves the notebook when the cell is started, which takes longer than starting it.
        """
        if self._cell is None or self._file is None or (self.notebook is not None and not self.notebook.stale):
            return False
        copy = copy_of(self._file, self._cell.source, self._cell.cell_id)
        if isinstance(copy, str) or copy.stale:
            return False
        self.notebook, self._no_notebook = copy, None
        again = made_from(copy.text, self._cell.source)
        if again is not None and self.made_from is not None:
            again.options = self.made_from.options
            self.made_from = again
        return True

    @property
    def missing(self) -> dict[str, str]:
        """What could not be recorded, and why."""
        found = {"notebook": self._no_notebook} if self._no_notebook and self._cell is not None else {}
        if self._probe is not None and self._probe.reason:
            found["git"] = self._probe.reason
        return {name: str(reason) for name, reason in found.items()}

    def early_tags(self) -> dict[str, str]:
        """Return the tags that are known without waiting."""
        tags = self.made_from.tags() if self.made_from is not None else {}
        if self.notebook is None:
            return tags
        return {
            **tags,
            "mlnb.notebook.revision": self.notebook.revision,
            "mlnb.notebook.stale": str(self.notebook.stale).lower(),
        }

    def early_files(self) -> dict[str, bytes | str]:
        """Return the files that are known without waiting: what is left of a run whose process is killed."""
        files: dict[str, bytes | str] = {"mlnb/environment.lock": lock_text()}
        if self._cell is not None:
            files["mlnb/cell.py"] = self._cell.source
        elif self._code:
            files["mlnb/source.py"] = self._code
        if self.notebook is not None:
            files["mlnb/notebook.ipynb"] = self.notebook.text
        return files | (self.made_from.files() if self.made_from is not None else {})

    def tags(self) -> dict[str, str]:
        """Return the tags that had to be waited for."""
        tags = {
            **environment_tags(self.git),
            "mlnb.missing": "; ".join(f"{name}: {reason}" for name, reason in self.missing.items()),
        }
        return {key: value for key, value in tags.items() if value}

    def files(self) -> dict[str, bytes | str]:
        """Return the files that had to be waited for."""
        diff = self._probe.diff if self._probe is not None else ""
        return {"mlnb/git.diff": diff} if diff else {}
