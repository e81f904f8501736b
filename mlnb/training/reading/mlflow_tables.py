"""Names of MLflow's tables and of the columns read here; nothing is created or changed by them, and MLflow is not imported."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

experiments = sa.table(
    "experiments", *map(sa.column, ("experiment_id", "name", "lifecycle_stage", "last_update_time", "creation_time"))
)
runs = sa.table(
    "runs",
    *map(
        sa.column,
        (
            "run_uuid",
            "name",
            "user_id",
            "status",
            "start_time",
            "end_time",
            "lifecycle_stage",
            "deleted_time",
            "artifact_uri",
            "experiment_id",
        ),
    ),
)
metrics = sa.table("latest_metrics", *map(sa.column, ("key", "value", "is_nan", "run_uuid", "timestamp", "step")))
history = sa.table("metrics", *map(sa.column, ("key", "value", "is_nan", "run_uuid", "step", "timestamp")))
params = sa.table("params", *map(sa.column, ("key", "value", "run_uuid")))
tags = sa.table("tags", *map(sa.column, ("key", "value", "run_uuid")))
logged_models = sa.table(
    "logged_models",
    *map(
        sa.column,
        ("model_id", "name", "source_run_id", "artifact_location", "creation_timestamp_ms", "lifecycle_stage"),
    ),
)
model_versions = sa.table("model_versions", *map(sa.column, ("name", "version", "run_id", "source", "current_stage")))
model_aliases = sa.table("registered_model_aliases", *map(sa.column, ("name", "alias", "version")))
model_metrics = sa.table(
    "logged_model_metrics",
    *map(
        sa.column,
        (
            "model_id",
            "metric_name",
            "metric_value",
            "metric_timestamp_ms",
            "metric_step",
            "dataset_name",
            "dataset_digest",
        ),
    ),
)
datasets = sa.table("datasets", *map(sa.column, ("dataset_uuid", "name", "digest", "dataset_source_type")))
inputs = sa.table("inputs", *map(sa.column, ("input_uuid", "source_id", "destination_id")))
input_tags = sa.table("input_tags", *map(sa.column, ("input_uuid", "name", "value")))

#: Kind of a column -> the table its values are in.
VALUES = {"metrics": metrics, "params": params, "tags": tags}
_COLUMNS = {"run_id": "run_uuid", "run_name": "name"}


def attribute(name: str) -> sa.ColumnElement[Any]:
    """Return the column of an attribute by MLflow's name for it, or how long the run took."""
    if name == "duration":
        return runs.c.end_time - runs.c.start_time
    return runs.c[_COLUMNS.get(name, name)]


def attribute_value(row: Any, name: str) -> Any:
    """Return an attribute out of a mapping of a row of ``runs``."""
    if name == "duration":
        return None if row["end_time"] is None or row["start_time"] is None else row["end_time"] - row["start_time"]
    value = row[_COLUMNS.get(name, name)]
    return str(value) if name == "experiment_id" else value
