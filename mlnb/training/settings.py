"""The section ``[training]`` of the settings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TrainingSettings(BaseModel):
    """How runs are recorded.

    Attributes
    ----------
    log_models
        Log the models every ``%%mlrun`` cell makes, as ``--log-models`` does.
    figures, git
        Record the figures a cell shows; the repository's state.
    stdout_kb
        Kilobytes kept of the end of what a run prints; 0 records nothing.
    heartbeat_seconds
        Time between signs of life.
    stale_after_seconds
        A run silent for longer is looked at; it is KILLED only if its process is gone too.
    silent_limit_minutes
        A run of another computer, which nobody here can ask, is KILLED after this much silence.
    """

    model_config = ConfigDict(extra="forbid")

    log_models: bool = False
    figures: bool = True
    git: bool = True
    stdout_kb: int = Field(default=1024, ge=0)
    heartbeat_seconds: float = Field(default=10.0, gt=0)
    stale_after_seconds: float = Field(default=60.0, ge=0)
    silent_limit_minutes: float = Field(default=15.0, gt=0)
