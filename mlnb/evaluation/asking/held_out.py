"""Which side of a hold-out a model is scored on: the development rows by default, the held-out ones for a counted look."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.access import keeping_held_out
from mlnb.core.tracking import load_mlflow
from mlnb.scope.holdout_records import HoldoutLook, held_out
from mlnb.scope.holdout_rule import development, has_columns
from mlnb.scope.holdout_rule import held as held_rows

from ..records import EvaluationDataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mlnb.catalog.service import Catalog
    from mlnb.core.tracking import Tracking
    from mlnb.scope.holdout import Holdouts
    from mlnb.scope.holdout_guards import Guard

#: Files of a logged model that differ each time it is logged.
_NOT_THE_MODEL = ("MLmodel", "registered_model_meta")
#: Half the width of a 95 % interval in standard errors.
_HALF_WIDTH = 1.96


@dataclass(frozen=True)
class Side:
    """Rows of a table that are scored.

    Attributes
    ----------
    holdout
        Id of the hold-out when its held-out rows are scored.
    """

    frame: pd.DataFrame
    holdout: str | None = None
    notes: Sequence[str] = ()


def read_side(holdouts: Holdouts, catalog: Catalog, name: str, version: int | None, *, held: bool) -> Side:
    """Read one side of a table.

    Raises
    ------
    HoldoutNotFoundError
        When the held-out rows are wanted and there are none.
    """
    if not held:
        # In jobs too: the held-out rows are scored when somebody says so, and then it is counted.
        frame = catalog.read(name, version=version, filtered=True)
        note = holdouts.note(name, version)
        return Side(frame, notes=[note.note] if note is not None else [])
    guard = _usable(holdouts.guards(name))
    if guard is None:
        guard = _usable(holdouts.guards(holdouts.get(name).table_name))
        assert guard is not None
    with keeping_held_out():
        frame = catalog.read(name, version=version, where=held_rows(guard.rule, "spark"), filtered=False)
    return Side(frame, guard.holdout.id, [f"{len(frame):,} held-out rows."])


def mask_of(
    holdouts: Holdouts, frame: pd.DataFrame, source: str | None, *, held: bool
) -> tuple[np.ndarray[Any, Any] | None, str | None, list[str]]:
    """Return which rows of a frame are on the side wanted (None: all), the hold-out's id, and what to say.

    Raises
    ------
    EvaluationDataError
        When the held-out rows are wanted and cannot be told or are not there.
    """
    guard = _usable(holdouts.guards_of_full_name(source)) if source is not None else None
    if guard is None or not has_columns(frame, guard.rule.columns):
        if held:
            raise EvaluationDataError(
                "These rows do not tell which of them are held out.",
                hint="Give the table's name: evaluate(model, 'main.shop.orders', targets=…, holdout=True).",
            )
        return None, None, []
    keep, _ = development(guard.rule, frame)
    excluded = int((~keep).sum())
    if held and not excluded:
        raise EvaluationDataError(
            f"The frame holds no held-out rows of {guard.holdout.table_name}: it was read without them.",
            hint=f"Give the table's name: evaluate(model, {guard.holdout.table_name!r}, targets=…, holdout=True).",
        )
    if held:
        return ~keep, guard.holdout.id, [f"{excluded:,} held-out rows."]
    return (keep, None, [f"{held_out(excluded, len(keep))}."]) if excluded else (None, None, [])


def _usable(guards: Sequence[Guard]) -> Guard | None:
    return next((guard for guard in guards if not guard.mixed), None)


def model_digest(model: Any, uri: str | None, tracking: Tracking) -> str:
    """Return what names a model by what it does: a hash of its files, or of the object; equal models have equal ones."""
    if uri is not None:
        load_mlflow()
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException

        tracking.configure()
        try:
            return _digest_of_files(Path(download_artifacts(artifact_uri=uri)))
        except (MlflowException, OSError):
            return f"uri:{uri}"
    try:
        import cloudpickle

        return hashlib.sha256(cloudpickle.dumps(model)).hexdigest()
    except Exception:  # what cannot be pickled is a model of its own each time
        return f"object:{uuid.uuid4().hex}"


def _digest_of_files(folder: Path) -> str:
    total = hashlib.sha256()
    files = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        if path.name not in _NOT_THE_MODEL and "__pycache__" not in path.parts:
            total.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def look_notes(
    look: HoldoutLook, primary: str | None, interval: tuple[float, float] | None
) -> tuple[list[str], float | None]:
    """Return what to say of a look, and by how much the best of so many looks is expected to be too good."""
    said = f"Look {look.number} of {look.allowed} at the held-out rows of {look.table_name}"
    notes = [f"{said}, taken before: nothing was counted." if look.repeated else f"{said}."]
    if look.number < 2 or primary is None or interval is None:
        return notes, None
    error = (interval[1] - interval[0]) / (2 * _HALF_WIDTH)
    optimism = error * math.sqrt(2 * math.log(look.number))
    notes.append(f"The best of {look.number} looks is too good by about {optimism:.2g} in {primary}.")
    return notes, optimism
