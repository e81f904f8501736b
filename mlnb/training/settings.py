"""The section ``[training]`` of the settings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TrainingSettings(BaseModel):
    """How runs are recorded.

    Attributes
    ----------
    autolog
        Let MLflow log parameters and training metrics of the libraries a ``%%mlrun`` cell uses, inside the cell only.
    log_models
        Log the models every ``%%mlrun`` cell makes, as ``--log-models`` does.
    system_metrics
        Sample processor, memory, disk, network and graphics cards of the computer with every sign of life.
    figures, git
        Record the figures a cell shows; the repository's state.
    stdout_kb
        Kilobytes kept of the end of what a run prints; 0 records nothing.
    track_file_reads
        Record the files and addresses that Python opens for reading while a run is open.
    close_leaked_runs
        End runs that ``mlflow.log_…`` opened in a cell when the cell ends.
    heartbeat_seconds
        Time between signs of life.
    stale_after_seconds
        A run silent for longer is looked at; it is KILLED only if its process is gone too.
    silent_limit_minutes
        A run of another computer, which nobody here can ask, is KILLED after this much silence.
    trash_days
        Days the trash keeps runs: a purge that names none takes those that are there longer, and their tables' versions are released then.
    empty_trash
        Purge those without being asked.
    background_send_mb
        Megabytes of variables that a run in the background may be sent.
    background_runs
        Runs in the background that are worked on at once; 0 means one for each processor, at least two.
    background_executor
        Where they are worked on: ``local``, or a Dask scheduler as ``dask://host:8786``.
    """

    model_config = ConfigDict(extra="forbid")

    autolog: bool = True
    log_models: bool = False
    system_metrics: bool = True
    figures: bool = True
    git: bool = True
    stdout_kb: int = Field(default=1024, ge=0)
    track_file_reads: bool = True
    close_leaked_runs: bool = True
    heartbeat_seconds: float = Field(default=10.0, gt=0)
    stale_after_seconds: float = Field(default=60.0, ge=0)
    silent_limit_minutes: float = Field(default=15.0, gt=0)
    trash_days: int = Field(default=30, ge=0)
    empty_trash: bool = False
    background_send_mb: float = Field(default=100.0, gt=0)
    background_runs: int = Field(default=0, ge=0)
    background_executor: str = "local"
