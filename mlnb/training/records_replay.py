"""Executed cells of a run, whether it can be repeated, and what came of repeating it."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field

from mlnb.core.errors import InvalidStateError
from mlnb.core.metastore import metadata
from mlnb.core.records import Record

from .records_diff import MetricDiff, ValueDiff

replays = sa.Table(
    "replays",
    metadata,
    sa.Column("replay_run_id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("verdict", sa.Text),
    sa.Column("differences", sa.JSON),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Index("replays_run", "run_id", "created_at"),
)

#: ``clean``: the cells that made the run stand unchanged in the notebook and ran in its order.
Reproducible = Literal["clean", "out_of_order", "edited", "deleted", "unknown"]
Verdict = Literal["IDENTICAL", "WITHIN_TOLERANCE", "DIFFERENT", "FAILED"]


class NotReproducibleError(InvalidStateError):
    """The cell would make a run that does not follow from the notebook."""

    code = "NOT_REPRODUCIBLE"


class TableUse(Record):
    """A version of a table that a cell read or wrote."""

    direction: Literal["read", "written"]
    name: str
    version: int


class ExecutedCell(Record):
    """A cell as the kernel executed it.

    Attributes
    ----------
    position
        Place in the order of execution, from 0.
    stored, loaded, changed
        Names it bound, used from elsewhere, and changed in place.
    in_closure
        Whether the run needs it.
    standing
        Where it stands in the notebook that was saved with the run: ``same``, ``edited``, ``deleted``, ``unknown``.
    document_position
        Place among the notebook's code cells, from 0.
    tables
        What it read and wrote; of the run's own cell the run's data say that.
    """

    position: int
    cell_id: str | None = None
    execution_count: int | None = None
    source: str = ""
    sha256: str = ""
    stored: list[str] = Field(default_factory=list)
    loaded: list[str] = Field(default_factory=list)
    changed: list[str] = Field(default_factory=list)
    started_at: int | None = None
    duration_ms: int | None = None
    success: bool = True
    is_run: bool = False
    in_closure: bool = False
    standing: Literal["same", "edited", "deleted", "unknown"] = "unknown"
    document_position: int | None = None
    tables: list[TableUse] = Field(default_factory=list)


class RunSourceCode(Record):
    """What a run executed and whether the notebook says so.

    Attributes
    ----------
    notebook_path, revision
        Where the notebook is now, and the hash of the copy kept with the run; ``stale`` when that copy does not hold the cell.
    closure
        Positions of the executed cells that the run needs, itself last.
    reasons
        Why it is not ``clean``, one sentence a cell.
    has_notebook
        Whether the run keeps a copy of the notebook.
    """

    run_id: str
    notebook_path: str | None = None
    notebook_deleted: bool = False
    revision: str | None = None
    stale: bool = False
    has_notebook: bool = False
    reproducible: Reproducible = "unknown"
    reasons: list[str] = Field(default_factory=list)
    cells: list[ExecutedCell] = Field(default_factory=list)
    closure: list[int] = Field(default_factory=list)
    git_diff: str = ""
    cell: str | None = None

    def __str__(self) -> str:
        lines = [f"# {self.reproducible}", *(f"# {reason}" for reason in self.reasons)]
        for cell in self.cells:
            if cell.in_closure:
                number = cell.execution_count if cell.execution_count is not None else cell.position + 1
                lines += [f"\n# [{number}]", cell.source.rstrip()]
        if not self.cells and self.cell:
            lines.append(self.cell.rstrip())
        return "\n".join(lines)

    __repr__ = __str__


class Cause(Record):
    """Why a replay came out differently, the first that explains it first."""

    kind: Literal["code", "data", "environment", "seeds", "unexplained"]
    message: str
    details: list[str] = Field(default_factory=list)


class ReplayReport(Record):
    """What came of running a run again.

    Attributes
    ----------
    state
        Of the replay: ``QUEUED``, ``RUNNING``, ``ENDED``, ``STOPPED``.
    verdict
        None while it runs.
    params, metrics, models
        What was compared: parameters as text, metrics with their difference, predictions of logged models.
    warnings
        What makes the comparison less than exact, such as another version of the data.
    """

    replay_run_id: str
    run_id: str
    state: Literal["QUEUED", "RUNNING", "ENDED", "STOPPED"] = "QUEUED"
    verdict: Verdict | None = None
    mode: Literal["cells", "notebook"] = "cells"
    env: Literal["same", "locked"] = "same"
    data: Literal["pinned", "latest"] = "pinned"
    rtol: float = 1e-9
    atol: float = 0.0
    params: list[ValueDiff] = Field(default_factory=list)
    metrics: list[MetricDiff] = Field(default_factory=list)
    models: list[ValueDiff] = Field(default_factory=list)
    causes: list[Cause] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    error: dict[str, Any] | None = None
    created_by: str = ""
    created_at: int = 0
    ended_at: int | None = None

    @property
    def remarks(self) -> list[str]:
        """The warnings that no cause says already."""
        said = {line for cause in self.causes for line in cause.details}
        return [text for text in self.warnings if text not in said]

    def __str__(self) -> str:
        head = f"replay {self.replay_run_id[:8]} of run {self.run_id[:8]}: {self.verdict or self.state}"
        changed = [item for item in self.metrics if item.change != "same"]
        lines = [f"  {item.key}: {item.a} then, {item.b} in the replay" for item in changed]
        if self.verdict in ("IDENTICAL", "WITHIN_TOLERANCE"):
            lines += [f"  {item.key}: {item.a} both times" for item in self.metrics if item.change == "same"]
        for cause in self.causes:
            lines += [f"  {cause.kind}: {cause.message}", *(f"    {line}" for line in cause.details[:5])]
        return "\n".join([head, *lines, *(f"  {text}" for text in self.remarks)])

    __repr__ = __str__
