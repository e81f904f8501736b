"""What was measured on logged models."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from ..records import ModelMetric
from . import mlflow_tables as t


def metrics(connection: sa.Connection, model_ids: Sequence[str]) -> dict[str, list[ModelMetric]]:
    """Return the newest value of each metric on each data set, by model; what is no number is left out, as MLflow stores none."""
    if not model_ids:
        return {}
    m = t.model_metrics.c
    query = (
        sa.select(m.model_id, m.metric_name, m.metric_value, m.dataset_name, m.dataset_digest)
        .where(m.model_id.in_(model_ids), m.metric_value.is_not(None))
        .order_by(m.metric_timestamp_ms, m.metric_step)
    )
    newest = {(row[0], row[1], row[3], row[4]): float(row[2]) for row in connection.execute(query)}
    found: dict[str, list[ModelMetric]] = {}
    for (model_id, name, dataset, digest), value in newest.items():
        found.setdefault(model_id, []).append(ModelMetric(name=name, value=value, dataset=dataset, digest=digest))
    for items in found.values():
        items.sort(key=lambda item: (item.dataset or "", item.digest or "", item.name))
    return found
