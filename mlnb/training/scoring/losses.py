"""What a model loses on each row: the one number by which rows can be ordered from best to worst predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .metrics import Predictions


def row_losses(predictions: Predictions) -> NDArray[np.float64]:
    """Return the loss of every row: log-loss with probabilities, 1 for a wrong class without, the squared error of a number."""
    import numpy as np

    p, smallest = predictions, np.finfo(float).eps
    loss: NDArray[np.float64]
    if p.model_type == "regressor":
        loss = (p.label.astype(float) - p.truth.astype(float)) ** 2
        return loss
    if p.score is None:
        loss = (p.label != p.truth).astype(float)
        return loss
    if p.score.ndim == 2:
        chosen = p.score[np.arange(len(p)), p.truth]
    else:
        chosen = np.where(p.truth == 1, p.score, 1 - p.score)
    loss = -np.log(np.clip(chosen, smallest, 1.0))
    return loss
