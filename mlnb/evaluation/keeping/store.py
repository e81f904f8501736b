"""Evaluations in the metastore."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..measuring.making import worst_of
from ..records import EvaluationResult, SliceRow, evaluation_slices, evaluations

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

#: Fields of the result that are kept together, as what was evaluated on.
_FACTS = (
    "n_rows",
    "dropped_rows",
    "targets",
    "model_type",
    "primary",
    "figures",
    "notes",
    "changes",
    "look",
    "looks_allowed",
    "optimism",
    "threshold",
    "rows_uri",
    "comparison_id",
)
#: Those that are lists of records.
_LISTS = ("validation", "importances")


@contextmanager
def record(
    ground: Ground, action: str, run_id: str | None, own_id: str, payload: Mapping[str, Any]
) -> Iterator[sa.Connection]:
    """Open the transaction in which something of a run, or of nobody's, is stored together with its event."""
    with ground.metastore.begin() as connection:
        yield connection
        ground.journal.append(action, f"run:{run_id}" if run_id else f"evaluation:{own_id}", dict(payload))


def newest(table: sa.Table, where: sa.ColumnElement[bool], limit: int) -> sa.Select[Any]:
    """Return the query for the rows of a table of this stage, newest first."""
    return sa.select(table).where(where).order_by(table.c.created_at.desc(), table.c.id).limit(limit)


def insert(connection: sa.Connection, result: EvaluationResult) -> None:
    """Write an evaluation and its slices."""
    facts = {"name": result.data, "version": result.data_version, **{name: getattr(result, name) for name in _FACTS}}
    facts |= {name: [item.to_dict() for item in getattr(result, name)] for name in _LISTS}
    row = {
        "id": result.id,
        "run_id": result.run_id,
        "model_uri": result.model_uri,
        "model_digest": result.model_digest,
        "baseline_uri": result.baseline_uri,
        "look_id": result.look_id,
        "data": facts,
        "metrics": result.metrics,
        "intervals": {name: list(bounds) for name, bounds in result.intervals.items()},
        "fairness": [item.model_dump() for item in result.fairness] or None,
        "created_by": result.created_by,
        "created_at": result.created_at,
    }
    connection.execute(evaluations.insert().values(row))
    if result.slices:
        rows = [{"evaluation_id": result.id, **item.model_dump()} for item in result.slices]
        connection.execute(evaluation_slices.insert(), rows)


def select(
    connection: sa.Connection, where: sa.ColumnElement[bool], limit: int, *, min_rows: int
) -> list[EvaluationResult]:
    """Return evaluations with their slices, newest first."""
    rows = connection.execute(newest(evaluations, where, limit)).mappings().all()
    by_id: dict[str, list[SliceRow]] = {row["id"]: [] for row in rows}
    pieces = sa.select(evaluation_slices).where(evaluation_slices.c.evaluation_id.in_(by_id))
    for piece in connection.execute(pieces).mappings():
        values = {key: value for key, value in piece.items() if key != "evaluation_id"}
        by_id[piece["evaluation_id"]].append(SliceRow(**values))
    return [_result(row, by_id[row["id"]], min_rows) for row in rows]


def _result(row: Mapping[Any, Any], slices: Sequence[SliceRow], min_rows: int) -> EvaluationResult:
    facts = dict(row["data"])
    worst = worst_of(slices, facts.get("primary"), min_rows)
    return EvaluationResult(
        id=row["id"],
        run_id=row["run_id"],
        model_uri=row["model_uri"],
        model_digest=row["model_digest"],
        baseline_uri=row["baseline_uri"],
        look_id=row["look_id"],
        data=facts.pop("name"),
        data_version=facts.pop("version"),
        metrics=row["metrics"],
        intervals={name: (bounds[0], bounds[1]) for name, bounds in row["intervals"].items()},
        slices=list(slices),
        fairness=row["fairness"] or [],
        worst=worst,
        created_by=row["created_by"],
        created_at=row["created_at"],
        **facts,
    )
