"""How far a full report is, and where it lies."""

from __future__ import annotations

from typing import Any, Literal

from mlnb.core.errors import InvalidStateError, NotFoundError
from mlnb.core.records import Record

ReportState = Literal["RUNNING", "STOPPING", "STOPPED", "SUCCEEDED", "FAILED"]
#: States of a report that is being made.
OPEN = ("RUNNING", "STOPPING")


class ReportNotFoundError(NotFoundError):
    """No report has this id."""

    code = "REPORT_NOT_FOUND"


class ReportFailedError(InvalidStateError):
    """The report could not be made; the details hold the end of its log."""

    code = "REPORT_FAILED"


class ReportInfo(Record):
    """A full report.

    Attributes
    ----------
    progress
        Share that is done.
    path
        The file, once it is there.
    rows, total
        Rows in the report, of how many that may be looked at.
    minimal
        Without correlations, interactions and duplicates, for wide or slow data.
    error
        Why it failed: code, message, hint, and the end of the log.
    """

    id: str
    profile_id: str | None = None
    source_name: str
    source_version: int | None = None
    title: str
    state: ReportState
    progress: float = 0.0
    message: str = ""
    rows: int = 0
    total: int = 0
    minimal: bool = False
    path: str | None = None
    error: dict[str, Any] | None = None
    actor: str
    created_at: int
    ended_at: int | None = None
