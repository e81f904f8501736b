"""Whether two logged models are the same model: they predict the same from the same rows."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..records import RunModel, RunRecord
from ..records_diff import ValueDiff

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog

log = logging.getLogger("mlnb.training")

_PICKLED = (".pkl", ".joblib", ".skops", ".cbm", ".ubj", ".lgb", ".bst", ".onnx", ".pth", ".pt", ".keras", ".h5")
#: Models compared, and rows they predict from.
MOST_MODELS = 5
ROWS = 200


def compare_models(
    original: RunRecord, replay: RunRecord, catalog: Catalog, *, rtol: float, atol: float
) -> tuple[list[ValueDiff], list[str]]:
    """Return whether the models that both runs logged predict the same, and what could not be compared.

    The rows are the model's own example, else the first of a table that the run read and that has the columns.
    """
    there = {model.name: model for model in replay.models}
    found: list[ValueDiff] = []
    notes: list[str] = []
    for model in original.models[:MOST_MODELS]:
        other = there.get(model.name)
        if other is None:
            found.append(ValueDiff(key=model.name, change="removed", a=model.uri))
            continue
        try:
            found.append(_compare(model, other, _rows_from(original, catalog), rtol, atol))
        except Exception as error:  # a model that needs what is not here is no reason to stop
            if (same := _same_files(model, other)) is not None:
                found.append(same)
                continue
            log.debug("model %s could not be compared", model.name, exc_info=True)
            notes.append(f"The predictions of model {model.name} could not be compared: {error}".splitlines()[0][:300])
    return found, notes


def _compare(
    model: RunModel, other: RunModel, rows_for: Callable[[Sequence[str]], Any], rtol: float, atol: float
) -> ValueDiff:
    import mlflow
    import numpy as np

    one, two = mlflow.pyfunc.load_model(model.uri), mlflow.pyfunc.load_model(other.uri)
    rows = one.input_example
    if rows is None:
        signature = one.metadata.signature
        names = [item.name for item in signature.inputs] if signature is not None and signature.inputs else []
        rows = rows_for([str(name) for name in names if name is not None])
    a, b = (np.asarray(predictor.predict(rows)) for predictor in (one, two))
    equal = a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
    near = equal or (
        a.shape == b.shape and a.dtype.kind in "fiu" and bool(np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True))
    )
    return ValueDiff(key=model.name, change="same" if near else "changed", a=_digest(a), b=_digest(b))


def _same_files(model: RunModel, other: RunModel) -> ValueDiff | None:
    """Return that two models are the same to the last bit; None when their files differ, which proves nothing."""
    try:
        one, two = (_files_digest(item.uri) for item in (model, other))
    except Exception:
        log.debug("the files of model %s could not be compared", model.name, exc_info=True)
        return None
    return ValueDiff(key=model.name, change="same", a=one, b=two) if one == two else None


def _files_digest(uri: str) -> str:
    """Hash what was pickled: descriptions beside it name runs, times and tables."""
    import mlflow

    folder, digest, count = Path(mlflow.artifacts.download_artifacts(uri)), hashlib.sha256(), 0
    for path in sorted(folder.rglob("*")):
        if path.suffix in _PICKLED and path.is_file():
            digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
            count += 1
    if not count:
        raise LookupError("nothing in it can be compared")
    return f"{count} files, {digest.hexdigest()[:12]}"


def _digest(values: Any) -> str:
    import numpy as np

    content = values.tobytes() if values.dtype != object else repr(values.tolist()).encode()
    return f"{len(np.atleast_1d(values)):,} predictions, {hashlib.sha256(content).hexdigest()[:12]}"


def _rows_from(original: RunRecord, catalog: Catalog) -> Callable[[Sequence[str]], Any]:
    def rows(columns: Sequence[str]) -> Any:
        for item in original.data:
            if item.kind != "table" or item.direction != "read" or not columns:
                continue
            table = catalog.table(item.name, version=item.version)
            if set(columns) <= set(table.columns):
                return table.scan(list(columns), limit=ROWS).to_pandas()
        raise LookupError("no rows are known that it takes")

    return rows
