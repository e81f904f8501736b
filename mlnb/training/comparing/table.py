"""Many runs side by side, a row for each parameter, metric and tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..reading.reader import RunRow
from ..records import is_system_metric
from ..records_compare import CompareRow, RunComparison
from ..records_diff import RunHead

_OWN = ("mlflow.", "mlnb.")
#: What is shown of a run itself: title -> where it stands.
_TAGS = {
    "notebook": "mlflow.source.name",
    "commit": "mlflow.source.git.commit",
    "branch": "mlflow.source.git.branch",
    "note": "mlflow.note.content",
    "environment": "mlnb.env.sha256",
    "code": "mlnb.code.sha256",
    "reproducible": "mlnb.reproducible",
    "scope": "mlnb.scope",
    "replay_of": "mlnb.replay_of",
}


def side_by_side(rows: Sequence[RunRow]) -> RunComparison:
    """Return the runs as columns, in the order given."""
    return RunComparison(
        runs=[head_of(row) for row in rows],
        params=_table([row.params for row in rows]),
        metrics=_table([{k: v for k, v in row.metrics.items() if not is_system_metric(k)} for row in rows]),
        tags=_table([{k: v for k, v in row.tags.items() if not k.startswith(_OWN)} for row in rows]),
        attributes=_table([_attributes(row) for row in rows], ordered=True),
    )


def head_of(row: RunRow) -> RunHead:
    """Return a stored run as the head of a column."""
    return RunHead(
        run_id=row.run_id,
        name=row.name,
        experiment_id=row.experiment_id,
        experiment_name=row.experiment_name,
        status=row.status,
        start_time=row.start_time,
        duration_ms=_duration(row),
        notebook=row.tags.get("mlflow.source.name"),
        user=row.tags.get("mlflow.user") or row.user,
    )


def _duration(row: RunRow) -> int | None:
    return None if row.start_time is None or row.end_time is None else row.end_time - row.start_time


def _attributes(row: RunRow) -> dict[str, Any]:
    found = {
        "status": row.status,
        "experiment": row.experiment_name,
        "user": row.tags.get("mlflow.user") or row.user,
        "start_time": row.start_time,
        "end_time": row.end_time,
        "duration_ms": _duration(row),
        **{title: row.tags.get(tag) for title, tag in _TAGS.items()},
    }
    return {key: value for key, value in found.items() if value is not None}


def _table(sides: Sequence[Mapping[str, Any]], *, ordered: bool = False) -> list[CompareRow]:
    keys = dict.fromkeys(key for side in sides for key in side)
    found = []
    for key in keys if ordered else sorted(keys):
        values = [side.get(key) for side in sides]
        found.append(CompareRow(key=key, values=values, differs=len({repr(value) for value in values}) > 1))
    return found
