"""What was predicted for every row, as one Parquet file of the run: for thresholds, comparisons and whoever wants to look at single errors."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import NotFoundError
from mlnb.training.scoring.losses import row_losses
from mlnb.training.scoring.metrics import Predictions

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from ..asking.rows import EvaluationData

#: Key of what the file says of itself.
_ABOUT = b"mlnb"


class RowsNotKeptError(NotFoundError):
    """Single predictions of an evaluation are not on record."""

    code = "EVALUATION_ROWS_MISSING"


@dataclass(frozen=True)
class KeptRows:
    """Predictions read back; ``ids`` name the rows by what they hold, ``truth`` is missing for held-out rows."""

    ids: NDArray[np.uint64]
    predictions: Predictions
    has_truth: bool


def row_ids(rows: EvaluationData) -> NDArray[np.uint64]:
    """Return a number for each row that depends on nothing but its content, so that two evaluations can tell the same rows."""
    import numpy as np
    import pandas as pd

    frame = rows.inputs.reindex(columns=sorted(rows.inputs.columns, key=str)).assign(**{"\0target": rows.truth})
    try:
        found = pd.util.hash_pandas_object(frame, index=False)
    except TypeError:  # lists and mappings have no hash of their own
        texts = {str(name): column.astype(str) for name, column in frame.items() if column.dtype == object}
        found = pd.util.hash_pandas_object(frame.assign(**texts), index=False)
    ids: NDArray[np.uint64] = np.asarray(found, dtype=np.uint64)
    return ids


def to_parquet(predictions: Predictions, ids: NDArray[np.uint64], *, held_out: bool = False) -> bytes:
    """Return the file; of held-out rows without truth and loss, which would be a look at every single one."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    p = predictions
    columns: dict[str, Any] = {"row": np.arange(len(p)), "row_id": ids}
    if p.model_type == "regressor":
        columns |= {"prediction": p.label.astype(float), "target": p.truth.astype(float)}
    else:
        columns |= {"prediction": _names(p, p.label), "target": _names(p, p.truth)}
        if p.score is not None and p.score.ndim == 1:
            columns["score"] = p.score
        elif p.score is not None:
            columns |= {f"score {name}": p.score[:, place] for place, name in enumerate(p.classes)}
    columns["loss"] = row_losses(p)
    if held_out:
        columns = {name: values for name, values in columns.items() if name not in ("target", "loss")}
    about = {"model_type": p.model_type, "classes": [_plain(value) for value in p.classes]}
    table = pa.table(columns).replace_schema_metadata({_ABOUT: json.dumps(about).encode()})
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    return content.getvalue()


def from_parquet(content: bytes) -> KeptRows:
    """Return what a file holds."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(pa.BufferReader(content))
    about = json.loads((table.schema.metadata or {})[_ABOUT])
    classes = tuple(about["classes"])
    has_truth = "target" in table.column_names
    label = _index(table.column("prediction").to_pandas(), classes)
    truth = _index(table.column("target").to_pandas(), classes) if has_truth else np.zeros_like(label)
    score = None
    if "score" in table.column_names:
        score = table.column("score").to_numpy()
    elif classes and f"score {classes[0]}" in table.column_names:
        score = np.column_stack([table.column(f"score {name}").to_numpy() for name in classes])
    predictions = Predictions(about["model_type"], truth, label, score, classes)
    return KeptRows(table.column("row_id").to_numpy(), predictions, has_truth)


def _names(p: Predictions, index: NDArray[Any]) -> Any:
    import pyarrow as pa

    # As text, so that one column holds whatever the classes are.
    names = pa.array([str(value) for value in p.classes])
    return names.take(pa.array(index))


def _index(column: pd.Series[Any], classes: tuple[Any, ...]) -> NDArray[Any]:
    if not classes:
        return column.to_numpy(dtype=float)
    place = {str(value): number for number, value in enumerate(classes)}
    return column.map(place).to_numpy(dtype="int64")


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, (str, int, float, bool)) else str(value)
