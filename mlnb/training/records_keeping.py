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


class ActionReport(Record):
    """What an action did."""

    action: Action
    changed: list[str] = Field(default_factory=list)
    refused: list[Refusal] = Field(default_factory=list)


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
    """

    id: str = ""
    state: Literal["PREVIEW", "RUNNING", "DONE"] = "PREVIEW"
    runs: list[PurgeItem] = Field(default_factory=list)
    refused: list[Refusal] = Field(default_factory=list)
    bytes: int = 0


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
