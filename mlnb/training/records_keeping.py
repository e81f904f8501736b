"""What is done to many runs at once: tags, moves, trash, purge, and the room they take."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from pydantic import Field

from mlnb.core.metastore import metadata
from mlnb.core.records import Record

purge_plans = sa.Table(
    "purge_plans",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("plan", sa.JSON, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
)

Action = Literal["tag", "untag", "pin", "unpin", "rename", "annotate", "move", "trash", "restore", "purge"]


class Refusal(Record):
    """A run that was left alone, and why."""

    run_id: str
    name: str = ""
    reason: str

    def __str__(self) -> str:
        return f"{self.name or 'run'} ({self.run_id[:8]}) {self.reason}"


class ActionReport(Record):
    """What an action did."""

    action: Action
    changed: list[str] = Field(default_factory=list)
    refused: list[Refusal] = Field(default_factory=list)

    def __str__(self) -> str:
        head = f"{self.action}: {_runs(len(self.changed))}"
        return "\n".join([head, *(f"left alone: {item}" for item in self.refused)])

    __repr__ = __str__


class PurgeItem(Record):
    """A run that a purge removes for good: bytes of its files and of the models it logged."""

    run_id: str
    name: str
    experiment_name: str = ""
    deleted_at: int | None = None
    artifact_bytes: int = 0
    model_bytes: int = 0
    models: list[str] = Field(default_factory=list)


class PurgePlan(Record):
    """What a purge removes and what it leaves alone.

    Attributes
    ----------
    state
        ``PREVIEW``: nothing has happened; ``RUNNING``; ``DONE``.
    done
        How many of the runs are gone.
    trash_days
        For how many days the trash keeps what nobody names.
    """

    id: str = ""
    state: Literal["PREVIEW", "RUNNING", "DONE"] = "PREVIEW"
    runs: list[PurgeItem] = Field(default_factory=list)
    refused: list[Refusal] = Field(default_factory=list)
    bytes: int = 0
    done: int = 0
    trash_days: int | None = None

    def __str__(self) -> str:
        verb = {"PREVIEW": "to be removed", "RUNNING": "being removed", "DONE": "removed"}[self.state]
        lines = [f"{_runs(len(self.runs))} {verb}, {_size(self.bytes)}"]
        lines += [f"  {item.name} ({item.run_id[:8]}) of {item.experiment_name}" for item in self.runs[:20]]
        lines += [f"  … and {len(self.runs) - 20:,} more"] if len(self.runs) > 20 else []
        lines += [f"kept: {item}" for item in self.refused]
        return "\n".join(lines)

    __repr__ = __str__


class RunUsage(Record):
    """The room a run takes, in bytes."""

    run_id: str
    name: str
    artifact_bytes: int = 0
    model_bytes: int = 0
    deleted: bool = False


class Usage(Record):
    """The room an experiment takes, in bytes, the largest runs first."""

    experiment_id: str
    experiment_name: str
    runs: int = 0
    deleted_runs: int = 0
    artifact_bytes: int = 0
    model_bytes: int = 0
    deleted_bytes: int = 0
    largest: list[RunUsage] = Field(default_factory=list)
    trash_days: int | None = None

    def __str__(self) -> str:
        total = self.artifact_bytes + self.model_bytes
        lines = [
            f"{self.experiment_name}: {_size(total)} in {_runs(self.runs)} and {self.deleted_runs:,} in the trash"
            f" ({_size(self.deleted_bytes)} of it)"
        ]
        lines += [
            f"  {_size(item.artifact_bytes + item.model_bytes):>9}  {item.name} ({item.run_id[:8]})"
            + (" in the trash" if item.deleted else "")
            for item in self.largest[:10]
        ]
        return "\n".join(lines)

    __repr__ = __str__


def _runs(number: int) -> str:
    return f"{number:,} run{'' if number == 1 else 's'}"


def _size(number: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:,.0f} {unit}" if unit == "bytes" or number >= 100 else f"{number:,.1f} {unit}"
        number /= 1000
    return ""
