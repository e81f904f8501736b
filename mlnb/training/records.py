"""Records and tables of training: what a run is, what it read and wrote, and the pages that show it."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field

from mlnb.core.errors import InvalidParameterError, InvalidStateError, NotFoundError, UnavailableError
from mlnb.core.metastore import metadata
from mlnb.core.records import Record

#: One row a run that we opened: where it runs and whether it still does. Parameters, metrics and artifacts live in MLflow and only there.
run_sessions = sa.Table(
    "run_sessions",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("experiment_id", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("notebook_path", sa.Text),
    sa.Column("cell_id", sa.Text),
    sa.Column("execution_count", sa.Integer),
    sa.Column("kernel_id", sa.Text),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("boot_id", sa.Text, nullable=False),
    sa.Column("pid", sa.BigInteger, nullable=False),
    sa.Column("process_created", sa.Float(precision=53), nullable=False),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("heartbeat_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("desired_state", sa.Text),
    sa.Column("code_sha256", sa.Text),
    sa.Column("revision", sa.Text),
    sa.Column("reproducible", sa.Text),
    sa.Column("scope_name", sa.Text),
    sa.Index("run_sessions_state", "state"),
)

run_data = sa.Table(
    "run_data",
    metadata,
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger),
    sa.Column("fingerprint", sa.Text),
    sa.Column("n_rows", sa.BigInteger),
    sa.Column("holdout", sa.Text, nullable=False),
    sa.Column("observed", sa.Boolean, nullable=False),
    sa.Index("run_data_run", "run_id"),
    sa.Index("run_data_name", "name"),
)

RunStatus = Literal["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]
Mode = Literal["cell", "context", "background", "replay"]


class RunNotFoundError(NotFoundError):
    """No run answers to that id, prefix or name."""

    code = "RUN_NOT_FOUND"


class ExperimentNotFoundError(NotFoundError):
    """No experiment has that name or id."""

    code = "EXPERIMENT_NOT_FOUND"


class RunActiveError(InvalidStateError):
    """Another run is open here already."""

    code = "RUN_ALREADY_ACTIVE"


class RunAliveError(InvalidStateError):
    """The run that is to be continued still runs somewhere."""

    code = "RUN_ACTIVE"


class RunTimeoutError(InvalidStateError):
    """The code of a run took longer than it was allowed to."""

    code = "RUN_TIMEOUT"


class TrackingUnavailableError(UnavailableError):
    """MLflow's store does not answer."""

    code = "TRACKING_UNAVAILABLE"


class SearchError(InvalidParameterError):
    """A filter or sort order that cannot be read."""

    code = "INVALID_SEARCH"


class ModelNotLoggableError(InvalidParameterError):
    """An object that is no model, or one whose library is not known here."""

    code = "MODEL_NOT_LOGGABLE"


class RunSource(Record):
    """The code a run executed and where it stood.

    Attributes
    ----------
    revision
        Hash of the notebook as it was, without outputs; the copy is the run's file ``mlnb/notebook.ipynb``.
    stale
        Whether that copy does not hold the cell as it was executed: the notebook had not been saved.
    """

    notebook: str | None = None
    cell_id: str | None = None
    code: str | None = None
    code_sha256: str | None = None
    revision: str | None = None
    stale: bool | None = None


class RunData(Record):
    """A table or frame a run read or wrote. ``observed`` is False when a frame brought it from an earlier cell."""

    direction: Literal["read", "written"]
    kind: Literal["table", "file", "url", "frame"] = "table"
    name: str
    version: int | None = None
    fingerprint: str | None = None
    n_rows: int | None = None
    holdout: str = "none"
    observed: bool = True

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name}@{self.version}"


class RunGit(Record):
    """The state of the repository the notebook lies in; all None outside one. ``repository`` is its address without credentials."""

    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    repository: str | None = None


def is_system_metric(key: str) -> bool:
    """Return whether a metric measures the computer or the process rather than the model."""
    return key.startswith(("system/", "mlnb/"))


class RunArtifact(Record):
    """A file of a run: path inside the run's artifacts and size in bytes."""

    path: str
    size: int | None = None


class ModelMetric(Record):
    """A metric of a logged model and the data it was taken on."""

    name: str
    value: float
    dataset: str | None = None
    digest: str | None = None


class RunModel(Record):
    """A model a run logged; ``uri`` is what every ``load_model`` takes."""

    name: str
    uri: str
    model_id: str | None = None
    metrics: list[ModelMetric] = Field(default_factory=list)


class RunFigure(Record):
    """A figure of a run as a data URL, ready for a page."""

    path: str
    data_url: str


class RunRecord(Record):
    """Everything recorded of one run.

    Attributes
    ----------
    params, metrics, tags
        As in MLflow; metrics are their latest values. ``tags`` leaves out what the other fields say.
    system_metrics
        The metrics of the computer and the process (``system/…``, ``mlnb/…``), which say nothing of the model.
    source, data, git
        What was executed, on which data, from which commit.
    environment
        Python version, platform and the hash of the lock file.
    session
        Where a running run runs and when it last gave a sign of life.
    """

    run_id: str
    experiment_id: str
    experiment_name: str
    name: str
    status: RunStatus
    start_time: int | None = None
    end_time: int | None = None
    user: str | None = None
    note: str | None = None
    params: dict[str, str] = Field(default_factory=dict)
    metrics: dict[str, float] = Field(default_factory=dict)
    system_metrics: dict[str, float] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    source: RunSource = Field(default_factory=RunSource)
    data: list[RunData] = Field(default_factory=list)
    git: RunGit = Field(default_factory=RunGit)
    environment: dict[str, str] = Field(default_factory=dict)
    artifacts: list[RunArtifact] = Field(default_factory=list)
    models: list[RunModel] = Field(default_factory=list)
    parent_run_id: str | None = None
    error: str | None = None
    session: dict[str, Any] | None = None
    deleted: bool = False
    artifact_uri: str = ""

    @property
    def duration_ms(self) -> int | None:
        """How long it took; None while it runs."""
        return None if self.start_time is None or self.end_time is None else self.end_time - self.start_time

    def __str__(self) -> str:
        head = f"{self.name} ({self.run_id[:8]}) {self.status} in {self.experiment_name}"
        values = [f"  metrics.{name} = {value:.6g}" for name, value in self.metrics.items()]
        values += [f"  params.{name} = {value}" for name, value in self.params.items()]
        return "\n".join([head, *values, *(f"  {item.direction} {item}" for item in self.data)])

    __repr__ = __str__


#: Metrics in the one line that a run's end is in text.
_MOST_SAID = 20


class RunSummary(Record):
    """What the cell shows when a run has ended."""

    run_id: str
    name: str
    experiment_id: str
    experiment_name: str
    status: RunStatus
    duration_ms: int
    params: dict[str, str] = Field(default_factory=dict)
    metrics: dict[str, float] = Field(default_factory=dict)
    data: list[RunData] = Field(default_factory=list)
    models: list[RunModel] = Field(default_factory=list)
    figures: int = 0
    git: RunGit = Field(default_factory=RunGit)
    error: str | None = None
    notes: list[str] = Field(default_factory=list)

    def __str__(self) -> str:
        own = {name: value for name, value in self.metrics.items() if not name.startswith("training_")} or self.metrics
        numbers = ", ".join(f"{name}={value:.6g}" for name, value in list(own.items())[:_MOST_SAID])
        numbers += f" and {len(own) - _MOST_SAID:,} more" if len(own) > _MOST_SAID else ""
        head = f"{self.name} ({self.run_id[:8]}) {self.status} in {self.duration_ms / 1000:.1f} s"
        return "\n".join([head + (f": {numbers}" if numbers else ""), *self.notes])

    __repr__ = __str__


class ExperimentInfo(Record):
    """An experiment and how many runs it has."""

    experiment_id: str
    name: str
    runs: int
    last_update_time: int | None = None


class PageColumn(Record):
    """One column of a page: a value for each id, None where the run has none."""

    key: str
    type: Literal["number", "string", "timestamp"]
    values: list[Any]


class RunAggregate(Record):
    """A metric over the runs of a group; NaN counts as no value."""

    mean: float | None = None
    min: float | None = None
    max: float | None = None
    count: int = 0


class RunGroup(Record):
    """Runs that share a value.

    Attributes
    ----------
    value
        None for the runs that have none.
    ids
        At most 100 of them, in the order asked for.
    metrics
        The metrics among the columns asked for, over all of its runs.
    """

    value: str | None = None
    runs: int = 0
    ids: list[str] = Field(default_factory=list)
    metrics: dict[str, RunAggregate] = Field(default_factory=dict)


class RunPage(Record):
    """A block of runs, column by column.

    Attributes
    ----------
    as_of
        The journal id it reflects.
    children
        How many runs each run of the block contains, of those that contain any.
    pinned
        The pinned runs among all that were found.
    groups
        When grouped: the groups of all that were found.
    """

    total: int
    offset: int
    ids: list[str]
    columns: list[PageColumn]
    as_of: int
    children: dict[str, int] | None = None
    pinned: list[str] | None = None
    groups: list[RunGroup] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self) -> list[dict[str, Any]]:
        """Return the block as one mapping a run, ``run_id`` first."""
        return [
            {"run_id": run_id, **{column.key: column.values[index] for column in self.columns}}
            for index, run_id in enumerate(self.ids)
        ]

    def to_pandas(self) -> Any:
        """Return the block as a data frame with the run ids as index."""
        import pandas as pd

        frame = pd.DataFrame(
            {column.key: column.values for column in self.columns}, index=pd.Index(self.ids, name="run_id")
        )
        for column in self.columns:
            if column.type == "timestamp":
                frame[column.key] = pd.to_datetime(frame[column.key], unit="ms", utc=True)
        return frame

    def __str__(self) -> str:
        return f"{len(self)} of {self.total} runs\n{self.to_pandas().to_string()}" if self.ids else "no runs"

    __repr__ = __str__


class ColumnInfo(Record):
    """A column the runs page can show; ``runs`` counts those of the 200 newest that have it."""

    key: str
    type: Literal["number", "string", "timestamp"]
    runs: int


class ColumnList(Record):
    """Columns of an experiment, the commonest first; ``truncated`` when there are more."""

    columns: list[ColumnInfo]
    truncated: bool = False
