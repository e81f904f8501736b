"""Whether a classifier tells two sides apart, and by which columns: what no column shows alone, their combination may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..findings.texts import level_texts
from ..records_compare import Separability
from .column import level_counts
from .overlap import row_hashes

if TYPE_CHECKING:
    from ..look import Look
    from ..scanning.column import Scanned

FloatArray = npt.NDArray[np.float64]

#: Rows of each side: the standard error of the AUC is below 0.006.
SIDE_ROWS = 5_000
MIN_ROWS = 50
FOLDS = 5
#: Student's t, 97.5 %, for FOLDS - 1 degrees of freedom.
T_QUANTILE = 2.776
#: Categories that the classifier takes by name; with more, their rank by frequency is taken as a number.
MAX_LEVELS = 60
#: Columns that the classifier sees, those that differ and then as they come: thousands would take minutes.
MOST_COLUMNS = 200
#: Columns whose part is measured, those that differ most first, and how many are told.
MEASURED, TOLD = 40, 5
#: Share of different rows from which on equal rows share a fold.
MANY_ROWS = 0.3
#: Only above this AUC is there something to explain.
EXPLAINED = 0.55
#: Of fewer values only their presence is looked at.
FEW_VALUES = 100
#: Columns as different from row to row as this (percent) name rows and tell nothing of the side.
UNIQUE = 90.0


def separability(
    left: Look, right: Look, columns: Sequence[str], *, differing: Sequence[str] = (), strongest: Sequence[str] = ()
) -> Separability | None:
    """Return how well the sides can be told apart out of fold; None with too few rows or columns.

    Parameters
    ----------
    differing
        Columns that are known to differ: of too many, these are taken first. Taking those that only look different would let chance in.
    strongest
        The columns in the order of their own difference: their part is measured first.
    """
    rows = min(SIDE_ROWS, left.size), min(SIDE_ROWS, right.size)
    known, order = set(differing), {name: place for place, name in enumerate(strongest)}
    usable = [name for name in columns if _usable(left.columns[name], right.columns[name])]
    chosen = sorted(usable, key=lambda name: name not in known)[:MOST_COLUMNS]
    if min(rows) < MIN_ROWS or not chosen:
        return None
    encoded = [_encode(left.columns[name], right.columns[name], rows) for name in chosen]
    values = np.column_stack([item[0] for item in encoded])
    named = np.array([item[1] for item in encoded])
    side = np.repeat([0, 1], rows)
    measured = sorted(range(len(chosen)), key=lambda i: order.get(chosen[i], len(order)))[:MEASURED]
    hashes = [row_hashes(look, chosen)[:size] for look, size in zip((left, right), rows, strict=True)]
    folds = _folds_of(np.concatenate(hashes), side, left.seed)
    scores, drops = _tested(values, named, side, folds, measured, left.seed)
    if not len(scores):
        return None
    mean, half = (
        float(scores.mean()),
        T_QUANTILE * float(scores.std(ddof=1)) / len(scores) ** 0.5 if len(scores) > 1 else 0.5,
    )
    top: list[tuple[str, float]] = []
    if mean > EXPLAINED:
        told = sorted(zip(measured, drops, strict=True), key=lambda item: -item[1])[:TOLD]
        top = [(chosen[i], float(drop)) for i, drop in told if drop > 0.005]
        if not top:  # several columns say the same, so that none is missed: name those that differ most alone
            top = [(chosen[i], float(drops[place])) for place, i in enumerate(measured[:2])]
    return Separability(auc=mean, lower=max(0.0, mean - half), upper=min(1.0, mean + half), top=top)


def _usable(first: Scanned, second: Scanned) -> bool:
    if (first.values is None) != (second.values is None) or first.profile.kind == "other":
        return False
    if first.values is None and (first.codes is None or second.codes is None):
        return False
    if first.values is not None:
        return True
    return min(first.profile.percent_distinct or 0, second.profile.percent_distinct or 0) < UNIQUE or (
        max(first.profile.distinct_count or 0, second.profile.distinct_count or 0) <= MAX_LEVELS
    )


def _encode(first: Scanned, second: Scanned, rows: tuple[int, int]) -> tuple[FloatArray, bool]:
    """Both sides of a column as numbers, and whether these are names of categories."""
    if first.values is not None and second.values is not None:
        values = np.concatenate([first.values[: rows[0]], second.values[: rows[1]]])
        present = np.isfinite(values)
        if present.sum() < FEW_VALUES:  # a fold may hold none of them: only whether there is one can be learned from
            return present.astype(np.float64), False
        return np.where(present, values, np.nan), False
    counts = level_counts(first)
    for label, count in level_counts(second).items():
        counts[label] = counts.get(label, 0) + count
    ranked = {label: place for place, label in enumerate(sorted(counts, key=lambda item: (-counts[item], item)))}
    parts = [_places(item, ranked)[:size] for item, size in zip((first, second), rows, strict=True)]
    return np.concatenate(parts), len(ranked) <= MAX_LEVELS


def _places(scanned: Scanned, ranked: dict[str, int]) -> FloatArray:
    assert scanned.codes is not None
    assert scanned.levels is not None
    used = np.unique(scanned.codes[scanned.codes >= 0])
    place = np.full(len(scanned.levels) + 1, np.nan)
    texts = level_texts(scanned)
    place[used] = [ranked[texts[i]] for i in used]
    found: FloatArray = place[scanned.codes]
    return found


def _folds_of(hashes: npt.NDArray[np.uint64], side: npt.NDArray[Any], seed: int) -> npt.NDArray[np.int64]:
    """The fold of each row: equal rows share one, or a row on both sides would be learned with the wrong side.

    Where most rows are repeats, of few columns with few values, they are spread evenly instead: each is on both sides in every fold.
    """
    rng = np.random.default_rng(seed)
    uniques, where = np.unique(hashes, return_inverse=True)
    if len(uniques) >= MANY_ROWS * len(hashes):
        of_rows: npt.NDArray[np.int64] = (rng.permutation(len(uniques)) % FOLDS)[where]
        return of_rows
    folds = np.zeros(len(side), dtype=np.int64)
    for value in (0, 1):
        inside = np.flatnonzero(side == value)
        folds[inside] = rng.permutation(len(inside)) % FOLDS
    return folds


def _tested(
    values: FloatArray,
    named: npt.NDArray[np.bool_],
    side: npt.NDArray[Any],
    folds: npt.NDArray[np.int64],
    measured: Sequence[int],
    seed: int,
) -> tuple[FloatArray, FloatArray]:
    """The AUC of each fold, and the mean loss of AUC when a column's values are shuffled."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(seed)
    scores, drops = [], np.zeros(len(measured))
    with threadpool_limits(limits=1):  # threads cost more than they bring on so few rows
        for fold in range(FOLDS):
            learned, held = folds != fold, folds == fold
            if len(np.unique(side[held])) < 2 or len(np.unique(side[learned])) < 2:
                continue
            model = HistGradientBoostingClassifier(
                max_iter=40,
                max_leaf_nodes=15,
                learning_rate=0.15,
                early_stopping=False,
                categorical_features=named if named.any() else None,
                random_state=0,
            )
            model.fit(values[learned], side[learned])
            held_values, truth = values[held], side[held]
            score = float(roc_auc_score(truth, model.predict_proba(held_values)[:, 1]))
            scores.append(score)
            if score <= EXPLAINED or len(scores) > 2:  # two folds are enough to rank columns
                continue
            for place, column in enumerate(measured):
                shuffled = held_values.copy()
                shuffled[:, column] = rng.permutation(shuffled[:, column])
                drops[place] += score - float(roc_auc_score(truth, model.predict_proba(shuffled)[:, 1]))
    return np.array(scores), drops / 2
