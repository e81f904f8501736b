"""Routes of experiments and runs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pydantic import Field

from mlnb.core.records import Record
from mlnb.evaluation.records import SliceRow
from mlnb.server.route import NATIVE, Route
from mlnb.training.records import (
    ExperimentInfo,
    RunArtifact,
    RunData,
    RunFigure,
    RunGit,
    RunModel,
    RunSource,
)

if TYPE_CHECKING:
    from mlnb.door import Workspace

Number = float | str
"""JSON has no NaN and no infinities: they travel as the strings ``NaN``, ``Infinity`` and ``-Infinity``."""


class ListExperiments(Record):
    """No parameters."""


class ExperimentList(Record):
    """The experiments, the last used first."""

    experiments: list[ExperimentInfo]


class GetRun(Record):
    """Which run: id, the first 8 of it, name, ``@last`` or ``@best:metric``."""

    id: str


class EvaluationView(Record):
    """An evaluation of the run."""

    id: str
    data: str
    data_version: int | None = None
    n_rows: int
    primary: str | None = None
    metrics: dict[str, float]
    intervals: dict[str, list[float]]
    slices: list[SliceRow]
    worst: SliceRow | None = None
    created_at: int


class RunView(Record):
    """A run as its page shows it."""

    run_id: str
    experiment_id: str
    experiment_name: str
    name: str
    status: str
    start_time: int | None = None
    end_time: int | None = None
    user: str | None = None
    note: str | None = None
    error: str | None = None
    parent_run_id: str | None = None
    params: dict[str, str]
    metrics: dict[str, Number]
    system_metrics: dict[str, Number] = Field(default_factory=dict)
    tags: dict[str, str]
    source: RunSource
    data: list[RunData]
    git: RunGit
    environment: dict[str, str]
    artifacts: list[RunArtifact]
    models: list[RunModel]
    figures: list[RunFigure]
    evaluations: list[EvaluationView]
    deleted: bool = False
    session: dict[str, Any] | None = None


class ArtifactList(Record):
    """The files of a run."""

    artifacts: list[RunArtifact]


def list_experiments(ws: Workspace, _: ListExperiments) -> ExperimentList:
    """List experiments."""
    return ExperimentList(experiments=ws.runs.experiments())


def get_run(ws: Workspace, q: GetRun) -> RunView:
    """Return a run with its figures and evaluations."""
    run = ws.runs.get(q.id)
    evaluations = [
        EvaluationView(
            **{name: getattr(item, name) for name in EvaluationView.model_fields if name != "intervals"},
            intervals={k: list(v) for k, v in item.intervals.items()},
        )
        for item in ws.evaluation.list(run.run_id)
    ]
    kept = {
        name: getattr(run, name)
        for name in RunView.model_fields
        if name not in ("figures", "evaluations", "metrics", "system_metrics")
    }
    metrics, system = ({k: wire(v) for k, v in found.items()} for found in (run.metrics, run.system_metrics))
    return RunView(
        **kept, metrics=metrics, system_metrics=system, figures=ws.runs.figures(run.run_id), evaluations=evaluations
    )


def list_artifacts(ws: Workspace, q: GetRun) -> ArtifactList:
    """List the files of a run."""
    return ArtifactList(artifacts=ws.runs.artifacts(q.id))


def wire(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) and abs(value) > 2**53:
        return str(value)
    return value


ROUTES = [
    Route(
        "GET", f"{NATIVE}/experiments", list_experiments, ListExperiments, ExperimentList,
        resource="runs", tag="Runs", summary="List experiments", row="TRK-5",
    ),
    Route(
        "GET", f"{NATIVE}/runs/{{id}}", get_run, GetRun, RunView,
        resource="runs", pool="slow", tag="Runs", summary="Return a run", row="TRK-2",
    ),
    Route(
        "GET", f"{NATIVE}/runs/{{id}}/artifacts", list_artifacts, GetRun, ArtifactList,
        resource="runs", tag="Runs", summary="List the files of a run", row="TRK-10",
    ),
]  # fmt: skip
