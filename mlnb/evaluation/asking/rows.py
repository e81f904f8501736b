"""The rows a model is evaluated on: read at a version, with target and slices taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlnb.core.access import collecting
from mlnb.training.recording.data import source_of
from mlnb.training.scoring.expressions import Expression
from mlnb.training.scoring.slices import Slice

from ..records import EvaluationDataError
from .groups import cut, no_column, read_slices
from .held_out import Side, mask_of, read_side

if TYPE_CHECKING:
    import pandas as pd

    from mlnb.catalog.service import Catalog
    from mlnb.scope.holdout import Holdouts

#: Rows without a target are left out; more than this share of them means that the labels are not there yet.
MOST_MISSING = 0.01


@dataclass
class EvaluationData:
    """Rows with a known target.

    Attributes
    ----------
    inputs
        All columns but the target.
    truth
        The target.
    name, version
        The table, or ``frame``.
    dropped
        Rows left out because their target is missing.
    holdout
        The hold-out whose held-out rows these are; None for all others.
    """

    inputs: pd.DataFrame
    truth: pd.Series[Any]
    target: str
    name: str
    version: int | None
    dropped: int = 0
    notes: list[str] = field(default_factory=list)
    holdout: str | None = None
    expressions: Sequence[Expression] = ()

    def slices(self, catalog: Catalog, texts: Sequence[str]) -> list[Slice]:
        """Return the slices by the columns and expressions named."""
        return cut(catalog, self.inputs, texts, self.expressions)


def load_data(
    catalog: Catalog,
    holdouts: Holdouts,
    data: Any,
    targets: Any,
    slices: Sequence[str],
    *,
    version: int | None = None,
    held: bool = False,
) -> EvaluationData:
    """Read a table, or take a frame, and check that target and slices are there.

    Parameters
    ----------
    data
        Name of a table, or a data frame.
    targets
        Name of the target's column, or its values.
    version
        Of the table; the newest by default.
    held
        Whether the held-out rows are wanted instead of the others.

    Raises
    ------
    ColumnNotFoundError
        With the nearest names.
    EvaluationDataError
        When there are no rows, or too many without a target.
    """
    frame, name, found_version, side = _frame(catalog, holdouts, data, version, held=held)
    names = [str(column) for column in frame.columns]
    if isinstance(targets, str) and targets not in frame.columns:
        raise no_column(targets, names, name)
    expressions = read_slices(slices, [item for item in names if not isinstance(targets, str) or item != targets], name)
    if isinstance(targets, str):
        truth, inputs, target = frame[targets], frame.drop(columns=[targets]), targets
    else:
        truth, inputs, target = _given(targets, frame), frame, str(getattr(targets, "name", None) or "targets")
    notes, holdout = list(side.notes), side.holdout
    if not isinstance(data, str):
        source = name if source_of(frame) is not None else None
        mask, holdout, notes = mask_of(holdouts, frame, source, held=held)
        if mask is not None:
            frame, truth, inputs = frame[mask], truth[mask], inputs[mask]
    if not len(frame):
        raise EvaluationDataError(f"{name} has no rows.", hint="Evaluate on a table or version that has some.")
    known = truth.notna()
    dropped = int((~known).sum())
    if dropped > MOST_MISSING * len(frame):
        raise EvaluationDataError(
            f"{dropped:,} of {len(frame):,} rows of {name} have no {target}.",
            hint="Wait for the labels, or leave those rows out yourself: WHERE … IS NOT NULL.",
        )
    if dropped:
        truth, inputs = truth[known], inputs[known]
        notes.append(f"{dropped:,} rows without {target} were left out.")
    return EvaluationData(
        inputs.reset_index(drop=True),
        truth.reset_index(drop=True),
        target,
        name,
        found_version,
        dropped,
        notes,
        holdout,
        expressions,
    )


def _frame(
    catalog: Catalog, holdouts: Holdouts, data: Any, version: int | None, *, held: bool
) -> tuple[pd.DataFrame, str, int | None, Side]:
    if isinstance(data, str):
        # The version comes from the read itself, so that a write in between cannot slip under it.
        with collecting() as accesses:
            side = read_side(holdouts, catalog, data, version, held=held)
        frame = side.frame
        read = [access for access in accesses if access.direction == "read"]
        source = source_of(frame) or {}
        name = str(source.get("table") or (read[-1].name if read else data))
        return frame, name, source.get("version", read[-1].version if read else version), side
    if hasattr(data, "to_pandas") and not hasattr(data, "iloc"):
        data = data.to_pandas()
    if not hasattr(data, "iloc") or not hasattr(data, "columns"):
        raise EvaluationDataError(
            f"{type(data).__name__} is no data to evaluate on.", hint="Give a table's name or a data frame."
        )
    source = source_of(data) or {}
    return data, str(source.get("table", "frame")), source.get("version"), Side(data)


def _given(targets: Any, frame: pd.DataFrame) -> pd.Series[Any]:
    import pandas as pd

    truth = pd.Series(targets.to_numpy() if hasattr(targets, "to_numpy") else targets)
    if len(truth) != len(frame):
        raise EvaluationDataError(f"{len(truth):,} targets for {len(frame):,} rows.", hint="Give one target a row.")
    truth.index = frame.index
    return truth
