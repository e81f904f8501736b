"""Slices: the groups of rows in which a good average may hide a bad model."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .columns import as_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from .columns import Numbers
    from .metrics import Predictions

#: Values of a column that get a slice of their own; the rest share one called "(other)".
MOST_VALUES = 40
#: A numeric column with more distinct values than this is cut at its quartiles.
FEW_VALUES = 12
#: Smaller slices are shown and never judged: their numbers are mostly noise.
MIN_ROWS = 30
#: Rows of a class on which a metric of a slice has to rest.
LEAST_OF_CLASS = 5
MISSING, OTHER = "(missing)", "(other)"


@dataclass(frozen=True)
class Slice:
    """Rows that share a value: ``key`` is the column, ``value`` its value as text, ``rows`` their positions."""

    key: str
    value: str
    rows: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class SliceScore:
    """A metric within a slice; ``lower`` and ``upper`` bound it where an interval could be computed."""

    slice_key: str
    slice_value: str
    n: int
    metric: str
    value: float
    lower: float | None = None
    upper: float | None = None


class Scored(Protocol):
    """What :func:`worst_slice` needs of a score: here and in the records of later stages."""

    @property
    def n(self) -> int:
        """Rows in the slice."""

    @property
    def metric(self) -> str:
        """Name of the metric."""

    @property
    def value(self) -> float:
        """Its value."""


ScoreT = TypeVar("ScoreT", bound=Scored)


def make_slices(column: pd.Series[Any], key: str) -> Iterator[Slice]:
    """Cut rows by a column: one slice a value, quartiles of numbers and times that have many, missing values apart.

    Parameters
    ----------
    column
        The values, one a row.
    key
        The name the slices carry.
    """
    import numpy as np

    missing = column.isna().to_numpy()
    numbers = as_numbers(column)
    if numbers is not None and column.nunique() > FEW_VALUES:
        missing = np.isnan(numbers.values)
        codes, names = _quartiles(numbers)
    else:
        codes, names = _values(column)
    codes = np.where(missing, -1, codes)
    for code, name in enumerate(names):
        rows = np.flatnonzero(codes == code)
        if len(rows):
            yield Slice(key, name, rows)
    if missing.any():
        yield Slice(key, MISSING, np.flatnonzero(missing))


def worst_slice(
    scores: Sequence[ScoreT], metric: str, *, greater_is_better: bool, min_rows: int = MIN_ROWS
) -> ScoreT | None:
    """Return the slice with the worst value of ``metric`` among those large enough to judge."""
    judged = [score for score in scores if score.metric == metric and score.n >= min_rows]
    if not judged:
        return None
    choose = min if greater_is_better else max
    return choose(judged, key=lambda score: score.value)


def score_slices(
    predictions: Predictions,
    slices: Sequence[Slice],
    *,
    draws: int = 200,
    confidence: float = 0.95,
    seed: int = 0,
    min_rows: int = MIN_ROWS,
    best: Mapping[str, float] | None = None,
) -> list[SliceScore]:
    """Compute every metric in every slice, with intervals where the slice is large enough to judge.

    What rests on next to nothing is absent: recall, F1 and areas with fewer than :data:`LEAST_OF_CLASS` rows of a class, precision with
    fewer that were said to be positive. Zeros that stand for what is not defined, or the luck of a single row, would make such a slice the
    worst of all. Of slices that are too small to judge, everything that is defined is there.

    Parameters
    ----------
    predictions
        Of all rows.
    slices
        From :func:`make_slices`.
    draws
        Bootstrap draws per slice; 0 leaves the intervals out.
    min_rows
        Smaller slices get no interval.
    best
        Shares of rows as in :func:`~mlnb.training.scoring.ranking.ranking_draws`, of each slice.
    """
    from .intervals import bootstrap_intervals
    from .metrics import FACTS, compute_metrics, unsupported_metrics

    out: list[SliceScore] = []
    for number, piece in enumerate(slices):
        part = predictions.take(piece.rows)
        absent = unsupported_metrics(part, LEAST_OF_CLASS if len(piece) >= min_rows else 1)
        values = {name: value for name, value in compute_metrics(part, best).items() if name not in absent}
        bounds = {}
        if draws and len(piece) >= min_rows:
            bounds = bootstrap_intervals(
                part, draws=draws, confidence=confidence, seed=seed + number, cells=200, best=best
            )
        for name, value in values.items():
            if name in FACTS and name != "positive_rate":
                continue
            lower, upper = bounds.get(name, (None, None))
            out.append(SliceScore(piece.key, piece.value, len(piece), name, value, lower, upper))
    return out


def _values(column: pd.Series[Any]) -> tuple[NDArray[np.intp], list[str]]:
    import numpy as np

    column = column.astype(object)
    try:
        set(column)
    except TypeError:  # lists and mappings are told apart by their text
        column = column.where(column.isna(), column.map(str))
    counts = column.value_counts(dropna=True)
    kept = list(counts.index[:MOST_VALUES])
    try:
        kept.sort()
    except TypeError:  # values of several types have no order
        kept.sort(key=str)
    place = {value: index for index, value in enumerate(kept)}
    codes = column.map(place).to_numpy(dtype=float, na_value=np.nan)
    names = [_name(value) for value in kept]
    if len(counts) > MOST_VALUES:
        codes = np.where(np.isnan(codes), len(names), codes)
        names.append(OTHER)
    return np.nan_to_num(codes, nan=-1).astype(np.intp), names


def _name(value: Any) -> str:
    # Whole numbers are floats where others of their column are missing.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _quartiles(numbers: Numbers) -> tuple[NDArray[np.intp], list[str]]:
    import numpy as np

    edges = np.unique(np.quantile(numbers.values[np.isfinite(numbers.values)], [0.25, 0.5, 0.75]))
    codes = np.searchsorted(edges, numbers.values, side="left")
    text = [numbers.limit(edge) for edge in edges]
    names = [f"≤ {text[0]}", *(f"{low} – {high}" for low, high in itertools.pairwise(text)), f"> {text[-1]}"]
    return codes.astype(np.intp), names
