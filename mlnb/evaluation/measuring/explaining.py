"""Explanations of any model that can be asked: overall, and of single predictions; files of the run that the gate reads."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from mlnb.training.scoring.importance import EXPLAINED_ROWS, Importance, column_importances, explain_rows
from mlnb.training.scoring.losses import row_losses

from ..asking.predict import make_predictions
from ..keeping.charts import bars_svg
from ..records import ImportanceRow

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mlnb.training.scoring.metrics import Predictions

    from ..asking.by_card import Explain
    from ..asking.question import Answer

#: Columns tried; of more, the first.
_MOST_COLUMNS = 100
_SHOWN = 20
FOLDER = "explanations"


def explain(answer: Answer, wanted: Explain, seed: int) -> tuple[list[ImportanceRow], dict[str, bytes | str]]:
    """Return how much each column matters, and the files to keep."""
    if wanted in (None, "none"):
        return [], {}
    columns = _columns(answer)
    found = column_importances(
        lambda frame, rows: row_losses(_asked(answer, frame, rows)), answer.rows.inputs, columns, seed=seed
    )
    listed = [ImportanceRow(column=i.column, value=i.value, lower=i.lower, upper=i.upper) for i in found]
    loss = _loss_name(answer.predictions)
    text = {"loss": loss, "columns": [item.to_dict() for item in listed]}
    files: dict[str, bytes | str] = {
        f"{FOLDER}/global.json": json.dumps(text, indent=1),
        f"{FOLDER}/global.svg": _picture(found, loss),
    }
    if wanted == "per_prediction":
        files[f"{FOLDER}/per_prediction.parquet"] = _single(answer, columns, seed)
    return listed, files


def _columns(answer: Answer) -> list[str]:
    """Return the columns the model reads, as far as the data has them; all when nobody knows."""
    there = [str(column) for column in answer.rows.inputs.columns]
    known = [name for name in answer.scorer.inputs or there if name in there]
    return known[:_MOST_COLUMNS]


def _asked(answer: Answer, frame: pd.DataFrame, rows: NDArray[np.intp]) -> Predictions:
    """Ask the model about changed rows, whose truth is that of the rows they were made from."""
    truth = answer.rows.truth.take(rows).reset_index(drop=True)
    p = answer.predictions
    positive = p.classes[-1] if p.is_binary else None
    return make_predictions(answer.scorer, frame, truth, model_type=p.model_type, pos_label=positive)[0]


def _loss_name(p: Predictions) -> str:
    if p.model_type == "regressor":
        return "squared error"
    return "log-loss" if p.score is not None else "wrong predictions"


def _score(p: Predictions, rows: NDArray[np.intp], of: Predictions) -> NDArray[np.float64]:
    """Return a prediction as one number: the value, the probability of the positive class, or of the class that was said."""
    import numpy as np

    if p.model_type == "regressor":
        number: NDArray[np.float64] = p.label.astype(float)
    elif p.score is None:
        number = (p.label == of.label[rows]).astype(float)
    else:
        number = p.score[np.arange(len(p)), of.label[rows]] if p.score.ndim == 2 else p.score
    return number


def _single(answer: Answer, columns: list[str], seed: int) -> bytes:
    """Return single predictions explained, as Parquet: a row each, a column for what each column of the data contributes."""
    import pandas as pd

    def score_of(frame: pd.DataFrame, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        return _score(_asked(answer, frame, rows), rows, answer.predictions)

    found = explain_rows(score_of, answer.rows.inputs, columns, seed=seed)
    table: dict[str, Any] = {"row": found.rows, "base": found.base, "prediction": found.base + found.parts.sum(axis=1)}
    table |= {f"from {name}": found.parts[:, place] for place, name in enumerate(found.columns)}
    content = io.BytesIO()
    pd.DataFrame(table).to_parquet(content, index=False)
    return content.getvalue()


def _picture(found: list[Importance], loss: str) -> str:
    shown = [(item.column, item.value, item.lower, item.upper) for item in found[:_SHOWN]]
    return bars_svg("What the predictions rest on", shown, f"rise of the {loss} without the column")


def said_of(wanted: Explain, rows: int) -> list[str]:
    """Return what is worth telling of explanations."""
    if wanted == "per_prediction" and rows > EXPLAINED_ROWS:
        return [f"{EXPLAINED_ROWS} predictions were explained one by one."]
    return []
