"""Which columns a model's predictions rest on, for any model that can be asked: no gradients, no trees, text columns as well as numbers.

Overall, a column matters as much as the loss rises when its values are dealt out anew among the rows. For single predictions the difference
from an average prediction is divided among the columns by sampling Shapley values: columns are switched, in random orders, from a background
row to the row explained, and each is credited with what its switch changes. The parts add up to the difference exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

#: Rows used for the overall importance, and rows explained one by one.
SAMPLE_ROWS = 1000
EXPLAINED_ROWS = 200
_REPEATS = 5
_ORDERS = 8
_Z = 1.959964


@dataclass(frozen=True)
class Importance:
    """How much the loss rises without a column, with an interval over the ways of dealing its values out."""

    column: str
    value: float
    lower: float
    upper: float


def column_importances(
    loss_of: Callable[[pd.DataFrame, NDArray[np.intp]], NDArray[np.float64]],
    inputs: pd.DataFrame,
    columns: Sequence[str],
    *,
    seed: int = 0,
) -> list[Importance]:
    """Return the importance of each column, the greatest first.

    Parameters
    ----------
    loss_of
        Losses of a frame's rows; the second argument says which rows of ``inputs`` they were, for their truth.
    inputs
        Rows to learn from; at most ``SAMPLE_ROWS`` of them are used.
    columns
        To be tried.
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    chosen = _sample(len(inputs), SAMPLE_ROWS, rng)
    rows = inputs.iloc[chosen].reset_index(drop=True)
    base, found = loss_of(rows, chosen), []
    repeated, places = pd.concat([rows] * _REPEATS, ignore_index=True), np.tile(chosen, _REPEATS)
    for name in columns:
        order = np.concatenate([rng.permutation(len(rows)) for _ in range(_REPEATS)])
        dealt = repeated.assign(**{name: rows[name].take(order).reset_index(drop=True)})
        rise = (loss_of(dealt, places).reshape(_REPEATS, -1) - base).mean(axis=0)
        error = float(rise.std() / np.sqrt(len(rise)))
        value = float(rise.mean())
        found.append(Importance(name, value, value - _Z * error, value + _Z * error))
    return sorted(found, key=lambda item: -item.value)


@dataclass(frozen=True)
class Explained:
    """Single predictions explained: ``base`` plus the row's ``parts`` is its prediction.

    Attributes
    ----------
    rows
        Places of the rows explained.
    base
        What each row is explained against: the mean prediction of the background rows it met.
    parts
        One column of numbers for each column of the data.
    """

    rows: NDArray[np.intp]
    base: NDArray[np.float64]
    parts: NDArray[np.float64]
    columns: tuple[str, ...]


def explain_rows(
    score_of: Callable[[pd.DataFrame, NDArray[np.intp]], NDArray[np.float64]],
    inputs: pd.DataFrame,
    columns: Sequence[str],
    *,
    seed: int = 0,
    rows: NDArray[np.intp] | None = None,
) -> Explained:
    """Divide the predictions of single rows among the columns.

    Parameters
    ----------
    score_of
        Predictions of a frame's rows as numbers; the second argument says which rows of ``inputs`` are explained by them.
    rows
        Which to explain; a sample of ``EXPLAINED_ROWS`` by default.
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    chosen = _sample(len(inputs), EXPLAINED_ROWS, rng) if rows is None else rows
    explained = inputs.iloc[chosen].reset_index(drop=True)
    parts, base = np.zeros((len(chosen), len(columns))), np.zeros(len(chosen))
    for _ in range(_ORDERS):
        order = rng.permutation(len(columns))
        now = inputs.iloc[rng.integers(0, len(inputs), len(chosen))].reset_index(drop=True)
        steps = [now]
        for place in order:
            now = now.assign(**{columns[place]: explained[columns[place]]})
            steps.append(now)
        asked = pd.concat(steps, ignore_index=True)
        scores = score_of(asked, np.tile(chosen, len(steps))).reshape(len(steps), -1)
        parts[:, order] += np.diff(scores, axis=0).T
        base += scores[0]
    return Explained(chosen, base / _ORDERS, parts / _ORDERS, tuple(columns))


def _sample(size: int, most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    import numpy as np

    return np.arange(size) if size <= most else np.sort(rng.choice(size, most, replace=False))
