"""Records of ingestion: what a preview says, and a load that runs in the background."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mlnb.core.records import Record

from ..records import IngestReport

Mode = Literal["append", "create", "replace"]


class PlannedDialect(Record):
    """How a CSV file is written."""

    delimiter: str
    quote: str
    header: bool
    skip: int
    encoding: str


class PlannedFile(Record):
    """A file as it would be loaded; one that the table has already is skipped, unless forced."""

    path: str
    format: str
    size: int
    rows: int
    rejected: int
    loaded_before: bool = False
    dialect: PlannedDialect | None = None


class PlannedColumn(Record):
    """A column as it would be loaded.

    Attributes
    ----------
    missing
        Rows without a value.
    choices
        Types that hold every value, the chosen one first.
    in_table
        How it meets the table's own columns: the same, new, converted, or not to be stored there.
    """

    name: str
    source_name: str
    type: str
    reason: str
    samples: list[str] = Field(default_factory=list)
    missing: int = 0
    choices: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    in_table: Literal["same", "new", "cast", "conflict"] | None = None


class RejectedLine(Record):
    """A line that does not fit: where it is, why, and what it says."""

    file: str
    line: int
    column: str | None = None
    error_type: str
    reason: str
    raw: str


class Refusal(Record):
    """The error that a load would end with."""

    error_code: str
    message: str
    hint: str | None = None


class PlannedTable(Record):
    """The table that would be loaded into."""

    name: str
    exists: bool
    version: int | None = None
    missing_columns: list[str] = Field(default_factory=list)


class IngestPlan(Record):
    """What loading files would do: types with their reasons, ten rows, and what would be rejected.

    Attributes
    ----------
    rows
        At most ten rows as text, in the order of ``columns``.
    num_rows, rejected
        How many rows would be loaded, and how many lines would not.
    refused
        Why a load with these options would be refused.
    complete
        Whether every line was looked at; a load always does.
    """

    source: list[str]
    suggested_name: str
    files: list[PlannedFile]
    columns: list[PlannedColumn]
    rows: list[list[str | None]]
    num_rows: int
    rejected: int
    rejects: list[RejectedLine] = Field(default_factory=list)
    max_rejects: float
    refused: Refusal | None = None
    table: PlannedTable | None = None
    warnings: list[str] = Field(default_factory=list)
    complete: bool = True


class IngestProgress(Record):
    """How far a load is, in bytes; a total of 0 is unknown."""

    done: float = 0
    total: float = 0
    message: str = ""


class IngestRun(Record):
    """A load in the background."""

    id: str
    state: Literal["RUNNING", "SUCCEEDED", "FAILED", "CANCELED"]
    table: str
    source: list[str]
    mode: str
    actor: str
    started_at: int
    ended_at: int | None = None
    progress: IngestProgress = Field(default_factory=IngestProgress)
    report: IngestReport | None = None
    error: dict[str, Any] | None = None
