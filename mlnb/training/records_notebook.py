"""The runs of one notebook, for the section beside it."""

from __future__ import annotations

from pydantic import Field

from mlnb.core.records import Record

from .records import RunStatus


class NotebookRun(Record):
    """A run of a notebook in short.

    Attributes
    ----------
    code_sha256
        Hash of the cell's text below its magic line: another than the cell's now means that the cell was changed since.
    reproducible
        Whether the notebook makes it again from top to bottom, where that is known.
    metrics, params
        At most five of each: the first the code logged; values that JSON has no number for are text.
    models
        How many it logged.
    replay_of
        The run it repeats, when it is a replay.
    """

    run_id: str
    name: str
    status: RunStatus
    start_time: int | None = None
    end_time: int | None = None
    cell_id: str | None = None
    code_sha256: str | None = None
    reproducible: str | None = None
    metrics: dict[str, float | str] = Field(default_factory=dict)
    params: dict[str, str] = Field(default_factory=dict)
    note: str | None = None
    parent_run_id: str | None = None
    replay_of: str | None = None
    models: int = 0


class NotebookRuns(Record):
    """The runs of a notebook, newest first, at most a hundred.

    Attributes
    ----------
    path
        Where the notebook is now.
    experiment_id
        Its own experiment, once it has one.
    total
        How many runs it has.
    """

    path: str
    experiment_id: str | None = None
    total: int = 0
    runs: list[NotebookRun] = Field(default_factory=list)
