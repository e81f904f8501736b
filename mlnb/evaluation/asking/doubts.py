"""What makes an answer worthless or too good: classes the model has never heard of, rows it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import NotFoundError

from ..records import EvaluationDataError

if TYPE_CHECKING:
    from mlnb.training.scoring.metrics import Predictions

    from ..stage import Stage
    from .predict import Scorer
    from .rows import EvaluationData

_NAMED = 4
#: Fewer rows of a class than this say next to nothing about it.
_FEWEST = 5


def check_classes(predictions: Predictions, scorer: Scorer, target: str) -> None:
    """Refuse a target none of whose values the model can answer.

    Raises
    ------
    EvaluationDataError
        With both sides' values.
    """
    if predictions.model_type == "regressor":
        return
    import numpy as np

    there = [predictions.classes[index] for index in np.unique(predictions.truth)]
    known = scorer.classes or [predictions.classes[index] for index in np.unique(predictions.label)]
    if len(there) < 2 or {_plain(value) for value in there} & {_plain(value) for value in known}:
        return  # one class alone may be an honest sample of what the model knows
    raise EvaluationDataError(
        f"The model answers {_some(known)}, {target} holds {_some(there)}: no row can be right.",
        hint="Name the column it was trained to predict, with values of the same type: 1 is not '1'.",
    )


def trained_on(stage: Stage, scorer: Scorer, rows: EvaluationData) -> list[str]:
    """Return a warning when the run that made the model has read the table these rows come from."""
    if scorer.run_id is None or rows.holdout is not None or rows.version is None:
        return []
    try:
        run = stage.runs.get(scorer.run_id)
    except NotFoundError:
        return []
    read = [item for item in run.data if (item.direction, item.kind, item.name) == ("read", "table", rows.name)]
    if not read or run.end_time is None:
        return []
    return [
        f"The run that made the model read {rows.name} too: where it was trained on these rows, the metrics are too good. "
        "Rows that were held out, or another table, say how good it is."
    ]


def too_few(predictions: Predictions, least: int) -> list[str]:
    """Return a warning when there are so few rows, of all or of a class, that a bootstrap of them cannot show how unsure they are."""
    import numpy as np

    n = len(predictions.truth)
    if predictions.model_type == "regressor":
        few = f"Only {n:,} rows" if n < least else ""
    else:
        _, counts = np.unique(predictions.truth, return_counts=True)
        few = f"Only {n:,} rows, {counts.min():,} of the rarest class" if n < least or counts.min() < _FEWEST else ""
    return [f"{few}: the intervals are narrower than they should be."] if few else []


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _some(values: Sequence[Any]) -> str:
    texts = [repr(_plain(value)) for value in values[:_NAMED]]
    return ", ".join(texts) + (", …" if len(values) > _NAMED else "")
