"""What is asked of a profile, and what lists say of stored ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from mlnb.core.errors import InvalidStateError, NotFoundError
from mlnb.core.records import Record

from .records_columns import Severity

#: ``SUCCEEDED`` profiles are as asked for; ``STOPPED`` ones have a page from the sample only.
State = Literal["RUNNING", "SUCCEEDED", "FAILED", "STOPPED"]


class ProfileNotFoundError(NotFoundError):
    """No stored profile of that id."""

    code = "PROFILE_NOT_FOUND"


class ProfileNotReadyError(NotFoundError):
    """The profile is still being made."""

    code = "PROFILE_NOT_READY"


class ProfileFailedError(InvalidStateError):
    """The profile could not be made."""

    code = "PROFILE_FAILED"


class ProfileOutdatedError(InvalidStateError):
    """The profile shows rows that are held out by now."""

    code = "PROFILE_OUTDATED"


class FindingNotFoundError(NotFoundError):
    """No finding of that id."""

    code = "FINDING_NOT_FOUND"


class ProfileRequest(Record):
    """What is asked for; see :meth:`mlnb.explore.service.Explore.profile`.

    Attributes
    ----------
    sample
        Rows of the sample; ``None`` takes all of them, ``"auto"`` what the settings say.
    """

    target: str | None = None
    time_column: str | None = None
    group: str | None = None
    columns: list[str] | None = None
    exclude: list[str] = Field(default_factory=list)
    where: str | None = None
    sample: int | Literal["auto"] | None = "auto"
    scan: bool = True
    precise: bool = False
    learning_curve: bool = False
    scope: str | None = None
    include_holdout: str | None = None

    def named(self) -> list[str]:
        """Return the columns that are named and must exist."""
        roles = [name for name in (self.target, self.time_column, self.group) if name]
        return list(dict.fromkeys([*roles, *(self.columns or []), *self.exclude]))

    def chosen(self) -> list[str] | None:
        """Return the columns to look at, None for all: those that play a part are always among them."""
        if self.columns is None:
            return None
        roles = [name for name in (self.target, self.time_column, self.group) if name]
        return list(dict.fromkeys([*self.columns, *roles]))


class ProfileInfo(Record):
    """A stored profile, or one that is being made.

    Attributes
    ----------
    findings
        Open findings by severity.
    error
        Why it failed: ``error_code``, ``message``, ``hint``.
    """

    id: str
    source_kind: str
    source_name: str
    source_version: int | None = None
    target: str | None = None
    time_column: str | None = None
    state: State
    rows: int | None = None
    columns: int | None = None
    sample_rows: int | None = None
    excluded: int = 0
    complete: bool = False
    findings: dict[Severity, int] = Field(default_factory=dict)
    mlflow_run_id: str | None = None
    error: Mapping[str, Any] | None = None
    actor: str
    created_at: int


class ProfileList(Record):
    """Profiles that are being made; ``doing`` says by id what goes on."""

    profiles: list[ProfileInfo]
    doing: dict[str, str] = Field(default_factory=dict)

    def __str__(self) -> str:
        lines = [
            f"{info.id}  {info.source_name}{f' v{info.source_version}' if info.source_version is not None else ''}"
            f"  {self.doing.get(info.id, info.state.lower())}"
            for info in self.profiles
        ]
        return "\n".join(lines) or "Nothing is being looked at in the background."

    def __repr__(self) -> str:
        return str(self)
