"""A run as one side of a comparison: what it executed, read, and left behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pydantic import ValidationError

from mlnb.core.errors import NotFoundError

from ..hidden.source import LARGEST
from ..recording.later import EVALUATED
from ..records_diff import RunHead
from ..records_replay import ExecutedCell
from .values import Interval

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from ..recording.artifacts import Artifacts
    from ..records import RunRecord

#: Files that other parts of a comparison show by what is in them.
_SHOWN = (
    "mlnb/cell.py",
    "mlnb/source.py",
    "mlnb/executed.jsonl",
    "mlnb/reproducible.json",
    "mlnb/notebook.ipynb",
    "mlnb/environment.lock",
    "mlnb/stdout.log",
)
_HEAD = "%%mlrun"
#: Larger files are compared by their size.
_MOST_HASHED = 32_000_000
_CELLS = set(ExecutedCell.model_fields)


@dataclass
class Side:
    """One run: its record and files.

    Attributes
    ----------
    notes
        What it does not have.
    """

    run: RunRecord
    artifacts: Artifacts
    notes: list[str] = field(default_factory=list)

    @property
    def head(self) -> RunHead:
        """The run as the head of a column."""
        run = self.run
        return RunHead(
            run_id=run.run_id,
            name=run.name,
            experiment_id=run.experiment_id,
            experiment_name=run.experiment_name,
            status=run.status,
            start_time=run.start_time,
            duration_ms=run.duration_ms,
            notebook=run.source.notebook,
            user=run.user,
        )

    @property
    def paths(self) -> set[str]:
        """The files it has."""
        return {item.path for item in self.run.artifacts}

    def executed(self) -> list[ExecutedCell] | None:
        """Return the executed cells that the run follows from, its own last; None when they were not recorded.

        What else the kernel had executed, such as the runs before this one, made no difference to it.
        """
        text = self.text("mlnb/executed.jsonl")
        if text is None:
            return None
        try:
            rows = [json.loads(line) for line in text.split("\n") if line.strip()]
            cells = [ExecutedCell(**{key: row[key] for key in row if key in _CELLS}) for row in rows]
        except (ValueError, ValidationError, TypeError, RecursionError):
            self.notes.append(f"The executed cells of {self.run.name} cannot be read.")
            return None
        cells = sorted((_without_head(cell) for cell in cells), key=lambda cell: cell.position)
        needed = [cell for cell in cells if cell.in_closure or cell.is_run]
        return needed if any(cell.in_closure for cell in cells) else cells

    def own_cell(self) -> list[ExecutedCell]:
        """Return the run's own code as the only cell."""
        source = self.run.source
        if source.code is None:
            self.notes.append(f"{self.run.name} keeps no code.")
            return []
        return [ExecutedCell(position=0, cell_id=source.cell_id, source=source.code, is_run=True)]

    def environment(self) -> dict[str, str | None] | None:
        """Return packages and interpreter; None when they were not recorded."""
        text = self.text("mlnb/environment.lock")
        return None if text is None else dict(_packages(text))

    def files(self) -> dict[str, str | None]:
        """Return the files with what tells their content apart: size, and the beginning of their hash."""
        return {
            item.path: self._content(item.path, item.size) for item in self.run.artifacts if item.path not in _SHOWN
        }

    def _content(self, path: str, size: int | None) -> str:
        length = f"{size:,} bytes" if size is not None else "unknown size"
        if size is None or size > _MOST_HASHED:
            return length
        try:
            return f"{length}, {hashlib.sha256(self.artifacts.read(path)).hexdigest()[:12]}"
        except NotFoundError:  # removed in between
            return length

    def text(self, path: str) -> str | None:
        """Return a file of the run, None when it has none, or one that is not ours by its size."""
        size = next((item.size or 0 for item in self.run.artifacts if item.path == path), None)
        if size is None or size > LARGEST:
            if size is not None:
                self.notes.append(f"The file {path} of {self.run.name} is too large to be compared.")
            return None
        try:
            return self.artifacts.read(path).decode(errors="replace")
        except NotFoundError:
            return None


def intervals(ground: Ground, run: RunRecord) -> dict[str, Interval]:
    """Return the intervals that evaluations of a run found for its metrics, the newest evaluation's first.

    Evaluation stands above training, so its table is known here by name only. A value that the run logged itself has no interval: the
    evaluation's stands beside it.
    """
    table = sa.table("evaluations", *map(sa.column, ("run_id", "created_at")), sa.column("intervals", sa.JSON))
    query = sa.select(table.c.intervals).where(table.c.run_id == run.run_id).order_by(table.c.created_at)
    with ground.metastore.connect() as connection:
        rows: Sequence[Mapping[str, Any] | None] = connection.execute(query).scalars().all()
    return {
        EVALUATED + name if EVALUATED + name in run.metrics else name: (float(bounds[0]), float(bounds[1]))
        for row in rows
        for name, bounds in (row or {}).items()
        if bounds and len(bounds) == 2 and None not in bounds
    }


def _without_head(cell: ExecutedCell) -> ExecutedCell:
    """Return a run's cell without the line that names the run: what it asks for is among parameters, tags and data."""
    if not cell.is_run or not cell.source.lstrip().startswith(_HEAD):
        return cell
    return cell.model_copy(update={"source": cell.source.lstrip().partition("\n")[2]})


def _packages(text: str) -> list[tuple[str, str]]:
    found = []
    for line in text.splitlines():
        name, equals, version = line.strip().partition("==")
        if equals:
            found.append((name, version.partition("  #")[0].strip()))
        elif line.startswith("# python "):
            found.append(("python", line.removeprefix("# python ")))
        elif line.startswith("# ") and "platform" not in dict(found):
            found.append(("platform", line[2:]))
    return found
