"""What differs between two runs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlnb.core.records import Record

from .records import RunGit

Change = Literal["same", "added", "removed", "changed", "moved"]


class RunHead(Record):
    """A run as the head of a column."""

    run_id: str
    name: str
    experiment_id: str
    experiment_name: str
    status: str
    start_time: int | None = None
    duration_ms: int | None = None
    notebook: str | None = None
    user: str | None = None


class CellDiff(Record):
    """One executed cell in both runs.

    Attributes
    ----------
    change
        ``moved`` when only the order differs.
    a_position, b_position
        Place in the order of execution, from 0; None where the cell was not executed.
    diff
        Unified text without head lines; empty when the text is the same.
    is_run
        Whether it is the cell that made the run.
    """

    change: Change
    cell_id: str | None = None
    a_position: int | None = None
    b_position: int | None = None
    a_source: str | None = None
    b_source: str | None = None
    diff: str = ""
    is_run: bool = False


class DataDiff(Record):
    """A table, file or frame in both runs."""

    name: str
    kind: str
    direction: str
    change: Change
    a_version: int | None = None
    b_version: int | None = None
    a_rows: int | None = None
    b_rows: int | None = None
    a_fingerprint: str | None = None
    b_fingerprint: str | None = None
    columns_added: list[str] = Field(default_factory=list)
    columns_removed: list[str] = Field(default_factory=list)
    columns_retyped: list[str] = Field(default_factory=list)


class ValueDiff(Record):
    """A parameter, tag, package or file in both runs; None where it is missing."""

    key: str
    change: Change
    a: str | None = None
    b: str | None = None


class MetricDiff(Record):
    """A metric in both runs.

    Attributes
    ----------
    difference
        ``b - a``.
    standard_errors
        The difference in units of its standard error, when both runs have an interval.
    better
        Which side is better; None when they are equal or nobody can say.
    """

    key: str
    change: Change
    a: float | None = None
    b: float | None = None
    difference: float | None = None
    standard_errors: float | None = None
    better: Literal["a", "b"] | None = None


class RunDiff(Record):
    """Everything that differs between two runs.

    Attributes
    ----------
    cells
        The executed cells in the order of ``b``, with those that only ``a`` has in between; without recorded cells only the runs' own.
    environment
        Packages and interpreter, without those that are the same.
    same
        Areas in which nothing differs: ``cells``, ``data``, ``environment``, ``git``, ``params``, ``metrics``, ``tags``, ``artifacts``.
    notes
        What could not be compared, and why.
    """

    a: RunHead
    b: RunHead
    cells: list[CellDiff] = Field(default_factory=list)
    data: list[DataDiff] = Field(default_factory=list)
    environment: list[ValueDiff] = Field(default_factory=list)
    git_a: RunGit = Field(default_factory=RunGit)
    git_b: RunGit = Field(default_factory=RunGit)
    git_commits: list[str] = Field(default_factory=list)
    params: list[ValueDiff] = Field(default_factory=list)
    metrics: list[MetricDiff] = Field(default_factory=list)
    tags: list[ValueDiff] = Field(default_factory=list)
    artifacts: list[ValueDiff] = Field(default_factory=list)
    same: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)

    def __str__(self) -> str:
        from .comparing.text import diff_text

        return diff_text(self)

    __repr__ = __str__
