"""Putting a run together from what MLflow stores, what the session knows and the files."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from mlnb.core.errors import NotFoundError

from ..recording.artifacts import Artifacts
from ..records import RunData, RunGit, RunModel, RunRecord, RunSource, is_system_metric
from .reader import RunRow

#: What is told of the process a run lives in.
_OF_SESSION = (
    "mode", "state", "host", "pid", "kernel_id", "execution_count", "started_at", "heartbeat_at", "ended_at", "scope_name",
)  # fmt: skip
#: Tags that a field of the record says already.
_SHOWN = (
    "mlflow.runName",
    "mlflow.user",
    "mlflow.note.content",
    "mlflow.parentRunId",
    "mlflow.source.",
    "mlflow.log-model.history",
    "mlnb.cell_id",
    "mlnb.code.sha256",
    "mlnb.error",
    "mlnb.env.sha256",
    "mlnb.notebook.",
    "mlnb.process",
    "mlnb.python",
)


def run_record(
    row: RunRow,
    session: Mapping[Any, Any] | None,
    data: Sequence[RunData],
    models: Sequence[RunModel],
    artifacts: Artifacts,
) -> RunRecord:
    """Return the record of a run."""
    tags = row.tags
    files = artifacts.list()
    facts = {"python": tags.get("mlnb.python"), "lock_sha256": tags.get("mlnb.env.sha256")}
    return RunRecord(
        run_id=row.run_id,
        experiment_id=row.experiment_id,
        experiment_name=row.experiment_name,
        name=row.name,
        status=row.status,
        start_time=row.start_time,
        end_time=row.end_time,
        user=tags.get("mlflow.user") or row.user,
        note=tags.get("mlflow.note.content"),
        params=row.params,
        metrics={key: value for key, value in row.metrics.items() if not is_system_metric(key)},
        system_metrics={key: value for key, value in row.metrics.items() if is_system_metric(key)},
        tags={key: value for key, value in tags.items() if not key.startswith(_SHOWN)},
        source=_source(tags, artifacts, {item.path for item in files}),
        data=list(data),
        git=_git(tags),
        environment={key: value for key, value in facts.items() if value},
        artifacts=files,
        models=list(models),
        parent_run_id=tags.get("mlflow.parentRunId"),
        error=tags.get("mlnb.error"),
        session=_session(session),
        deleted=row.lifecycle_stage == "deleted",
        artifact_uri=row.artifact_uri,
    )


def _source(tags: Mapping[str, str], artifacts: Artifacts, files: set[str]) -> RunSource:
    name = tags.get("mlflow.source.name")
    code = None
    for path in ("mlnb/cell.py", "mlnb/source.py"):
        if path in files:
            try:
                code = artifacts.read(path).decode(errors="replace")
            except NotFoundError:  # removed between listing and reading
                continue
            break
    return RunSource(
        notebook=None if name == "unknown" else name,
        cell_id=tags.get("mlnb.cell_id"),
        code=code,
        code_sha256=tags.get("mlnb.code.sha256"),
        revision=tags.get("mlnb.notebook.revision"),
        stale=(tags["mlnb.notebook.stale"] == "true") if "mlnb.notebook.stale" in tags else None,
    )


def _git(tags: Mapping[str, str]) -> RunGit:
    dirty = tags.get("mlflow.source.git.dirty")
    return RunGit(
        commit=tags.get("mlflow.source.git.commit"),
        branch=tags.get("mlflow.source.git.branch"),
        dirty=None if dirty is None else dirty == "true",
        repository=tags.get("mlflow.source.git.repoURL"),
    )


def _session(session: Mapping[Any, Any] | None) -> dict[str, Any] | None:
    if session is None:
        return None
    found = {key: session[key] for key in _OF_SESSION if session[key] is not None}
    if session["state"] == "RUNNING":
        found["silent_ms"] = max(0, int(time.time() * 1000) - int(session["heartbeat_at"]))
    return found
