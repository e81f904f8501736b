"""Where a model is worst, when nobody said where to look: a shallow tree on the losses of the rows.

The tree is grown on one half of the rows and what it found is measured on the other half. A region that only chance made bad is chosen on
the first half and looks ordinary on the second, so the numbers that are shown are those of a region somebody might have named beforehand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .columns import Numbers, as_numbers
from .slices import MIN_ROWS, Slice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

#: Key of the slices that were found rather than asked for; their value is the condition, in SQL.
FOUND = "(found)"
#: Rows below which nothing is looked for: half of them would be too few to find anything.
FEWEST_ROWS = 400
_MOST_ROWS = 50_000
_MOST_COLUMNS = 60
#: A column of text with more values than this, or with fewer rows a value, names things rather than groups.
_MOST_VALUES = 200
_ROWS_A_VALUE = 20
_DEPTH = 3
#: Losses are cut here before the tree sees them, so that single rows do not decide.
_CUT = 0.99
#: Standard errors by which a region is worse; a tree has eight leaves, so less would often be chance.
_ERRORS = 2.5
#: Times the loss of the rest: of many rows less is sure, and of no use to anybody.
_TIMES = 1.2


@dataclass(frozen=True)
class _Encoded:
    """A column as numbers that a tree can split, and how a split is said in SQL; ``names`` are values by code, None for numbers."""

    name: str
    values: NDArray[np.float64]
    names: Sequence[Any] | None = None
    is_time: bool = False


@dataclass
class _Range:
    """What a path of the tree asks of one column."""

    low: float = -math.inf
    high: float = math.inf
    with_missing: bool = True


@dataclass(frozen=True)
class _Region:
    """A node of the tree: a range for each column on its path, and the losses of the rows it was grown on."""

    ranges: dict[int, _Range] = field(default_factory=dict)
    loss: float = 0.0
    rows: int = 0
    variance: float = 0.0
    path: tuple[int, ...] = ()

    def excess(self, everything: _Region) -> float:
        """By how many standard errors the rows are worse than all: a part of a bad region is no better an answer than all of it."""
        error = math.sqrt((self.variance + everything.variance) / self.rows)
        return (self.loss - everything.loss) / error if error > 0 else 0.0

    def overlaps(self, other: _Region) -> bool:
        """Return whether one contains the other."""
        shorter = min(len(self.path), len(other.path))
        return self.path[:shorter] == other.path[:shorter]


def worst_regions(
    inputs: pd.DataFrame, loss: NDArray[np.float64], *, most: int = 3, seed: int = 0, min_rows: int = MIN_ROWS
) -> list[Slice]:
    """Return up to ``most`` conditions under which the loss is worst, with the rows they are measured on, the worst first.

    Parameters
    ----------
    inputs
        The rows; columns that name single rows are left alone.
    loss
        From :func:`~mlnb.training.scoring.losses.row_losses`.
    seed
        Same seed, same halves.
    min_rows
        Rows a region needs on either half.
    """
    import numpy as np

    if len(inputs) < FEWEST_ROWS or not np.isfinite(loss).all() or np.ptp(loss) == 0:
        return []
    order = np.random.default_rng(seed).permutation(len(inputs))
    grown, measured = order[: len(order) // 2][:_MOST_ROWS], order[len(order) // 2 :]
    cut = np.minimum(loss, np.quantile(loss[grown], _CUT)) if np.quantile(loss[grown], _CUT) > 0 else loss
    columns = list(_encode(inputs, cut, grown))
    if not columns:
        return []
    matrix = np.column_stack([column.values for column in columns])
    found = []
    for region in _grow(matrix[grown], cut[grown], max(min_rows, len(grown) // 100)):
        rows = measured[_inside(matrix[measured], region)]
        if len(rows) >= min_rows and _is_worse(cut, rows, measured):
            found.append(Slice(FOUND, _condition(columns, matrix, region), np.sort(rows)))
    return found[:most]


def _is_worse(loss: NDArray[np.float64], rows: NDArray[np.intp], measured: NDArray[np.intp]) -> bool:
    """Return whether rows the region was not chosen by are worse than the rest by more than chance."""
    rest = measured[~_member(measured, rows)]
    if not len(rest):
        return False
    inside, outside = loss[rows].mean(), loss[rest].mean()
    error = math.sqrt(loss[rows].var() / len(rows) + loss[rest].var() / len(rest))
    return bool(inside - outside > _ERRORS * error and inside > _TIMES * outside)


def _member(values: NDArray[np.intp], of: NDArray[np.intp]) -> NDArray[np.bool_]:
    import numpy as np

    return np.isin(values, of, assume_unique=True)


# -- columns as numbers ----------------------------------------------------------------------------------------------------------------


def _encode(inputs: pd.DataFrame, loss: NDArray[np.float64], grown: NDArray[np.intp]) -> Iterator[_Encoded]:
    import numpy as np
    import pandas as pd

    taken = 0
    for name in inputs.columns:
        column = inputs[name]
        numbers = as_numbers(column)
        if numbers is not None:
            if pd.api.types.is_integer_dtype(column) and column.is_unique and len(column) > FEWEST_ROWS:
                continue  # an identifier
            values = np.where(np.isfinite(numbers.values), numbers.values, np.nan)
            encoded = _Encoded(str(name), values, is_time=numbers.is_time)
        else:
            texts = _values_by_loss(column, loss, grown)
            if texts is None:
                continue
            encoded = _Encoded(str(name), *texts)
        if np.isfinite(encoded.values).sum() and np.nanmin(encoded.values) < np.nanmax(encoded.values):
            yield encoded
            taken += 1
        if taken == _MOST_COLUMNS:
            return


def _values_by_loss(
    column: pd.Series[Any], loss: NDArray[np.float64], grown: NDArray[np.intp]
) -> tuple[NDArray[np.float64], list[Any]] | None:
    """Number the values of a column by the mean loss of their rows, so that a split takes the worst ones; None for too many values."""
    import numpy as np
    import pandas as pd

    try:
        codes, values = pd.factorize(column.astype(object), use_na_sentinel=True)
    except TypeError:  # lists and other things that cannot be compared
        return None
    if not 1 < len(values) <= min(_MOST_VALUES, len(grown) // _ROWS_A_VALUE) or not all(
        isinstance(value, (str, bool, int, np.bool_)) for value in values
    ):
        return None
    seen, overall = codes[grown], float(loss[grown].mean())
    known = seen >= 0
    count = np.bincount(seen[known], minlength=len(values))
    total = np.bincount(seen[known], weights=loss[grown][known], minlength=len(values))
    # A value of few rows is drawn towards the mean of all.
    place = np.argsort(np.argsort((total + 20 * overall) / (count + 20), kind="stable"), kind="stable")
    by_place = [values[index] for index in np.argsort(place)]
    return np.where(codes < 0, np.nan, place[codes]), by_place


# -- the tree --------------------------------------------------------------------------------------------------------------------------


def _grow(matrix: NDArray[np.float64], loss: NDArray[np.float64], smallest: int) -> list[_Region]:
    """Return regions that do not overlap and are worse than everything, the worst first."""
    from sklearn.tree import DecisionTreeRegressor

    if len(loss) < 2 * smallest:
        return []
    tree = DecisionTreeRegressor(max_depth=_DEPTH, min_samples_leaf=smallest, random_state=0).fit(matrix, loss).tree_
    everything, *nodes = _nodes(tree, 0, {}, ())
    chosen: list[_Region] = []
    for region in sorted(nodes, key=lambda node: -node.excess(everything)):
        if region.loss > everything.loss and not any(region.overlaps(other) for other in chosen):
            chosen.append(region)
    return sorted(chosen, key=lambda region: -region.loss)


def _nodes(tree: Any, node: int, ranges: dict[int, _Range], path: tuple[int, ...]) -> Iterator[_Region]:
    loss, rows, variance = (
        float(x) for x in (tree.value[node].ravel()[0], tree.n_node_samples[node], tree.impurity[node])
    )
    yield _Region(ranges, loss, int(rows), variance, path)
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left < 0:
        return
    column, limit = int(tree.feature[node]), float(tree.threshold[node])
    missing_left = bool(tree.missing_go_to_left[node])
    known = ranges.get(column, _Range())
    below = _Range(known.low, min(known.high, limit), known.with_missing and missing_left)
    above = _Range(max(known.low, limit), known.high, known.with_missing and not missing_left)
    yield from _nodes(tree, left, {**ranges, column: below}, (*path, left))
    yield from _nodes(tree, right, {**ranges, column: above}, (*path, right))


def _inside(matrix: NDArray[np.float64], region: _Region) -> NDArray[np.bool_]:
    import numpy as np

    inside = np.ones(len(matrix), dtype=bool)
    for column, asked in region.ranges.items():
        values = matrix[:, column]
        missing = np.isnan(values)
        inside &= np.where(missing, asked.with_missing, (values > asked.low) & (values <= asked.high))
    return inside


# -- in words --------------------------------------------------------------------------------------------------------------------------


def _condition(columns: Sequence[_Encoded], matrix: NDArray[np.float64], region: _Region) -> str:
    """Return a region as a condition in SQL, which can be given as a slice again."""
    return " AND ".join(_said(columns[place], matrix[:, place], asked) for place, asked in region.ranges.items())


def _said(column: _Encoded, values: NDArray[np.float64], asked: _Range) -> str:
    import numpy as np

    name = _quoted(column.name)
    missing = bool(np.isnan(values).any())
    if column.names is not None:
        text = _said_of_names(name, column.names, asked)
    else:
        parts = []
        if asked.low > -math.inf:
            parts.append(f"{name} > {_limit(asked.low, values, column.is_time)}")
        if asked.high < math.inf:
            parts.append(f"{name} <= {_limit(asked.high, values, column.is_time)}")
        text = " AND ".join(parts)
    if missing and asked.with_missing:
        return f"({text} OR {name} IS NULL)"
    return text


def _said_of_names(name: str, names: Sequence[Any], asked: _Range) -> str:
    inside = [value for place, value in enumerate(names) if asked.low < place <= asked.high]
    outside = [value for place, value in enumerate(names) if not asked.low < place <= asked.high]
    chosen, sign = (inside, "IN") if len(inside) <= max(len(outside), 1) else (outside, "NOT IN")
    if len(chosen) == 1:
        return f"{name} {'=' if sign == 'IN' else '<>'} {_literal(chosen[0])}"
    return f"{name} {sign} ({', '.join(sorted(map(_literal, chosen)))})"


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else "`" + name.replace("`", "``") + "`"


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return str(value).lower()


def _limit(limit: float, values: NDArray[np.float64], is_time: bool) -> str:
    text = Numbers(values, is_time).limit(limit)
    return f"TIMESTAMP '{text}'" if is_time else text
