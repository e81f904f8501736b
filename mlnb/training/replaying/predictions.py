"""Whether two logged models are the same model: they predict the same from the same rows."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
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
    original: RunRecord,
    replay: RunRecord,
    catalog: Catalog,
    variables: Mapping[str, Any],
    *,
    rtol: float,
    atol: float,
) -> tuple[list[ValueDiff], list[str]]:
    """Return whether the models that both runs logged predict the same, and what could not be compared.

    The rows are the model's own example, else the first of a table that the run read, else of a variable of the replay's kernel, that
    has the columns.
    """
    there = {model.name: model for model in replay.models}
    rows = _Rows(original, catalog, variables)
    found: list[ValueDiff] = []
    notes: list[str] = []
    for model in original.models[:MOST_MODELS]:
        other = there.get(model.name)
        if other is None:
            found.append(ValueDiff(key=model.name, change="removed", a=model.uri))
            continue
        try:
            found.append(_compare(model, other, rows, rtol, atol))
        except Exception as error:  # a model that needs what is not here is no reason to stop
            if (same := _same_files(model, other)) is not None:
                found.append(same)
                continue
            log.debug("model %s could not be compared", model.name, exc_info=True)
            notes.append(f"The predictions of model {model.name} could not be compared: {error}".splitlines()[0][:300])
    if left := len(original.models) - MOST_MODELS:
        notes += [f"{left} more models were not compared."] if left > 0 else []
    return found, notes


def _compare(model: RunModel, other: RunModel, rows_for: _Rows, rtol: float, atol: float) -> ValueDiff:
    import mlflow
    import numpy as np

    one, two = mlflow.pyfunc.load_model(model.uri), mlflow.pyfunc.load_model(other.uri)
    rows = one.input_example
    if rows is None:
        rows = rows_for.of(one.metadata.signature)
    a, b = (_answers(predictor, rows) for predictor in (one, two))
    equal = a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
    near = equal or (
        a.shape == b.shape and a.dtype.kind in "fiu" and bool(np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True))
    )
    return ValueDiff(key=model.name, change="same" if near else "changed", a=_digest(a), b=_digest(b))


def _answers(predictor: Any, rows: Any) -> Any:
    """Return what a model answers: probabilities where it has them, for two models may name the same classes and not be the same."""
    import numpy as np

    if "sklearn" in predictor.metadata.flavors:
        inner = predictor.get_raw_model()
        if callable(getattr(inner, "predict_proba", None)):
            return np.asarray(inner.predict_proba(rows))
    return np.asarray(predictor.predict(rows))


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


class _Rows:
    """Finds rows that a model takes.

    Parameters
    ----------
    original
        Read the tables that are looked at first.
    variables
        Of the replay's kernel: what the cells made out of files, or of several tables.
    """

    def __init__(self, original: RunRecord, catalog: Catalog, variables: Mapping[str, Any]) -> None:
        self._original, self._catalog, self._variables = original, catalog, variables

    def of(self, signature: Any) -> Any:
        """Return rows by the signature's columns, or by the width of its one array.

        Raises
        ------
        LookupError
            When there are none.
        """
        inputs = signature.inputs if signature is not None else None
        names = [str(item.name) for item in inputs or () if item.name is not None]
        found = None
        if names:
            found = self._from_table(names)
            found = self._from_frame(names) if found is None else found
        elif inputs is not None and inputs.is_tensor_spec():
            found = self._from_array(tuple(inputs.inputs[0].shape))
        if found is None:
            raise LookupError("no rows are known that it takes")
        return found

    def _from_table(self, names: Sequence[str]) -> Any:
        for item in self._original.data:
            if item.kind == "table" and item.direction == "read":
                table = self._catalog.table(item.name, version=item.version)
                if set(names) <= set(table.columns):
                    return table.scan(list(names), limit=ROWS).to_pandas()
        return None

    def _from_frame(self, names: Sequence[str]) -> Any:
        import pandas as pd

        frames = [value for value in self._shown() if isinstance(value, pd.DataFrame) and len(value)]
        fitting = [value for value in frames if value.columns.is_unique and set(names) <= set(value.columns)]
        fitting.sort(key=lambda value: list(value.columns) != list(names))  # one that has just these was made for it
        return fitting[0][list(names)].head(ROWS) if fitting else None

    def _from_array(self, shape: tuple[int, ...]) -> Any:
        import numpy as np

        arrays = [value for value in self._shown() if isinstance(value, np.ndarray) and value.ndim > 1 and len(value)]
        return next((value[:ROWS] for value in arrays if value.shape[1:] == shape[1:]), None)

    def _shown(self) -> list[Any]:
        return [value for name, value in self._variables.items() if not name.startswith("_")]
