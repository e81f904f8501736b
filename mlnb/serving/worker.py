"""The model itself: loaded once, predicting frames built from checked columns.

This file imports only the standard library, numpy, pandas and mlflow, so that it can also run in an environment made for one model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

#: Flavours whose pyfunc only forwards to the raw model's ``predict``.
_FORWARDING: Final = ("mlflow.sklearn", "mlflow.lightgbm", "mlflow.xgboost")

#: Estimators whose label is the class of the largest probability, so that one pass gives both.
_LABEL_IS_ARGMAX: Final = frozenset(
    {
        "LGBMClassifier",
        "RandomForestClassifier",
        "ExtraTreesClassifier",
        "HistGradientBoostingClassifier",
        "LogisticRegression",
    }
)

_NUMPY_TYPES: Final = {"integer": "int32", "long": "int64", "float": "float32", "double": "float64", "boolean": "bool"}


class ModelError(Exception):
    """The model raised, or answered with something that is not one prediction per row."""


@dataclass(slots=True)
class Prediction:
    """What the model said.

    Attributes
    ----------
    values
        One JSON value per row, as pyfunc returns it; numbers that are not finite are ``None``.
    proba
        Probability of each class per row, when the raw model is a classifier that has them.
    """

    values: list[Any]
    proba: list[list[float]] | None = None


def to_frame(columns: Mapping[str, Sequence[Any]], types: Mapping[str, str]) -> pd.DataFrame:
    """Build the frame that MLflow's own schema enforcement would hand to the model.

    Parameters
    ----------
    columns
        Checked values by column, ``None`` for null.
    types
        MLflow type of each column.
    """
    import pandas as pd

    return pd.DataFrame({name: _array(values, types.get(name, "any")) for name, values in columns.items()}, copy=False)


def _array(values: Sequence[Any], kind: str) -> Any:
    import numpy as np

    if kind in ("float", "double"):
        return np.array(values, dtype=_NUMPY_TYPES[kind])  # None becomes NaN
    if kind in _NUMPY_TYPES:
        if None not in values:
            return np.array(values, dtype=_NUMPY_TYPES[kind])
        # Integers with gaps become doubles, as pandas does; booleans keep None.
        return np.array(values, dtype=object if kind == "boolean" else "float64")
    if kind == "datetime":
        return np.array([_naive_utc(value) for value in values], dtype="datetime64[ns]")
    return list(values)


def _naive_utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is None:
        return value
    from datetime import UTC

    return value.astimezone(UTC).replace(tzinfo=None)


class LoadedModel:
    """An MLflow model, predicting.

    Parameters
    ----------
    path
        The model's folder, with its ``MLmodel``.
    """

    def __init__(self, path: str | Path) -> None:
        described = _describe(Path(path))
        raw, forwards = _unpickle(Path(path), described), _forwards(described)
        self._pyfunc: Any = None
        if raw is None:
            import mlflow.pyfunc

            self._pyfunc = mlflow.pyfunc.load_model(str(path))
            raw = self._pyfunc.get_raw_model() if forwards else None
        self._raw: Any = raw
        self._classes: Any = getattr(raw, "classes_", None) if hasattr(raw, "predict_proba") else None
        self._label_is_argmax = self._classes is not None and _final_step(raw) in _LABEL_IS_ARGMAX

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> Prediction:
        """Predict the rows of ``frame``.

        Raises
        ------
        ModelError
            When the model raises, or does not answer each row once.
        """
        try:
            result, proba = self._predict(frame, dict(params or {}))
        except Exception as error:
            raise ModelError(f"{type(error).__name__}: {error}") from error
        values = _json_values(result)
        if values is None or len(values) != len(frame):
            found = f"{len(values)} predictions" if values is not None else f"a {type(result).__name__}"
            raise ModelError(f"expected {len(frame)} predictions, got {found}")
        return Prediction(values, None if proba is None else proba.tolist())

    def _predict(self, frame: pd.DataFrame, params: dict[str, Any]) -> tuple[Any, Any]:
        if self._raw is None:
            return self._pyfunc.predict(frame, params or None), None
        if self._classes is None:
            return self._raw.predict(frame), None
        proba = self._raw.predict_proba(frame)
        if self._label_is_argmax and getattr(proba, "ndim", 0) == 2:
            return self._classes.take(proba.argmax(axis=1)), proba
        return self._raw.predict(frame), proba if getattr(proba, "ndim", 0) == 2 else None


def _describe(path: Path) -> dict[str, Any]:
    import yaml

    described: dict[str, Any] = yaml.safe_load((path / "MLmodel").read_text(encoding="utf-8"))
    return described


def _forwards(described: Mapping[str, Any]) -> bool:
    """Say whether pyfunc would only call the raw model's ``predict``."""
    config = described["flavors"].get("python_function", {})
    takes_params = bool((described.get("signature") or {}).get("params"))
    return (
        config.get("loader_module") in _FORWARDING
        and config.get("predict_fn", "predict") == "predict"
        and not takes_params
    )


def _unpickle(path: Path, described: Mapping[str, Any]) -> Any:
    """Load a plain scikit-learn model without importing MLflow, which costs as much time as everything else together.

    Returns None for every other model: MLflow then loads it.
    """
    flavor = described["flavors"].get("sklearn", {})
    formats = ("cloudpickle", "pickle")
    if not _forwards(described) or flavor.get("serialization_format") not in formats or flavor.get("code"):
        return None
    import pickle

    # The endpoint reads only its own copy of a registered version, whose digest has been compared.
    with (path / flavor["pickled_model"]).open("rb") as file:
        return pickle.load(file)  # noqa: S301


def _final_step(model: Any) -> str:
    steps = getattr(model, "steps", None)
    return type(steps[-1][1] if steps else model).__name__


def _json_values(result: Any) -> list[Any] | None:
    """Turn whatever a model returns into one JSON value per row, None when it has no rows."""
    if hasattr(result, "to_dict") and hasattr(result, "columns"):
        return [{key: _json_value(value) for key, value in row.items()} for row in result.to_dict("records")]
    if hasattr(result, "tolist"):
        result = result.tolist()
    if not isinstance(result, (list, tuple)):
        return None
    return [_json_value(value) for value in result]


def _json_value(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_value(item) for item in value]
    if hasattr(value, "tolist"):
        return _json_value(value.tolist())
    return None if value != value else str(value)
