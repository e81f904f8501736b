"""Logging a model in a tenth of a second: its flavor, signature and requirements found here rather than by MLflow's worker process."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..records import ModelNotLoggableError, RunModel
from .environment import requirements
from .quiet import quiet

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

#: Package of a class -> MLflow's flavor. An estimator of another library is logged as scikit-learn's when it follows its interface.
_FLAVORS = {
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "catboost": "catboost",
    "statsmodels": "statsmodels",
    "torch": "pytorch",
    "sklearn": "sklearn",
}
#: Rows of a frame that the signature is read from, and of the stored example.
_SIGNATURE_ROWS = 200
EXAMPLE_ROWS = 5


def flavor_of(model: Any) -> str | None:
    """Return MLflow's flavor for a model, None for what is no model we know."""
    for base in type(model).__mro__:
        package = base.__module__.partition(".")[0]
        if package in _FLAVORS:
            return _FLAVORS[package]
        if base.__module__.startswith("mlflow.pyfunc") and base.__name__ == "PythonModel":
            return "pyfunc"
    return None


def is_fitted_model(value: Any) -> bool:
    """Return whether a value is a model that was fitted: something that predicts and learned what it predicts from."""
    if isinstance(value, type) or not hasattr(value, "predict"):
        return False
    flavor = flavor_of(value)
    if flavor is None or flavor == "pyfunc":
        return False
    learned = any(name.endswith("_") and not name.startswith("_") for name in getattr(value, "__dict__", {}))
    return learned or type(value).__name__ == "Booster" or _is_fitted_pipeline(value)


def _is_fitted_pipeline(value: Any) -> bool:
    steps: Any = getattr(value, "steps", None)
    return bool(steps) and is_fitted_model(steps[-1][1])


def find_example(
    model: Any, namespace: Mapping[str, Any], first: Iterable[str] = (), bound: Iterable[str] = ()
) -> Any | None:
    """Return a frame with exactly the columns the model was fitted on, None when there is none.

    A frame of the namespace that has just these columns comes first. Otherwise the columns are taken out of a wider frame of the cell
    itself, as in ``fit(frame[known], …)``, when the model predicts from them: a frame of some other cell may hold what the columns were
    before they were prepared.

    Parameters
    ----------
    model
        A fitted estimator.
    namespace
        The cell's variables.
    first
        Names to try first: those the cell uses.
    bound
        Names the cell binds.
    """
    columns = _input_names(model)
    if columns is None:
        return None
    names = list(dict.fromkeys([*first, *bound]))
    for name in [*names, *namespace]:
        value: Any = namespace.get(name)
        if _is_filled_frame(value) and list(value.columns) == columns:
            return value
    for name in names:
        value = namespace.get(name)
        if _is_filled_frame(value) and value.columns.is_unique and set(columns) <= set(value.columns):
            cut = value[columns]
            if _predicts(model, cut.head(EXAMPLE_ROWS)):
                return cut
    return None


def _is_filled_frame(value: Any) -> bool:
    return type(value).__name__ == "DataFrame" and type(value).__module__.startswith("pandas") and len(value) > 0


def _predicts(model: Any, rows: Any) -> bool:
    """Return whether a model takes these rows; what it raises for those of another type is anything."""
    try:
        with quiet():
            model.predict(rows)
    except Exception:
        return False
    return True


def _input_names(model: Any) -> list[str] | None:
    # LightGBM invents Column_0… for arrays; only names the user gave say which frame it was.
    names = getattr(model, "feature_names_in_", None)
    if names is None and hasattr(model, "steps"):
        names = getattr(model.steps[0][1], "feature_names_in_", None)
    if names is None and hasattr(model, "feature_name") and callable(model.feature_name):
        names = model.feature_name()
    return None if names is None else [str(name) for name in names]


def signature_of(model: Any, example: Any | None) -> ModelSignature | None:
    """Return the signature: from the example and what the model predicts on it, or from the number of columns of an array."""
    from mlflow.models import infer_signature

    if example is not None:
        head = example.head(_SIGNATURE_ROWS) if hasattr(example, "head") else example[:_SIGNATURE_ROWS]
        with quiet():
            return infer_signature(head, model.predict(head))
    width = getattr(model, "n_features_in_", None)
    if width is None or _input_names(model) is not None:
        return None
    import numpy as np

    zeros = np.zeros((1, int(width)))
    with quiet():
        return infer_signature(zeros, model.predict(zeros))


def log_model(
    model: Any,
    name: str,
    *,
    signature: ModelSignature | None = None,
    input_example: Any | None = None,
    flavor: str | None = None,
    **options: Any,
) -> RunModel:
    """Log a model to MLflow's active run with signature and requirements stated.

    Parameters
    ----------
    model
        A fitted model.
    name
        Name of the logged model within the run.
    signature, input_example
        Stated, or the signature is inferred from the example (a few rows of it are stored).
    flavor
        MLflow's flavor module (``"sklearn"``); found from the class by default.
    options
        Passed to the flavor's ``log_model``.

    Raises
    ------
    ModelNotLoggableError
        When the object is no model.
    """
    chosen = flavor or flavor_of(model)
    if chosen is None:
        raise ModelNotLoggableError(
            f"An object of type {type(model).__name__} cannot be logged as a model.",
            hint="Log a scikit-learn, LightGBM, XGBoost, CatBoost, statsmodels or PyTorch model, or an mlflow.pyfunc.PythonModel.",
        )
    try:
        module = importlib.import_module(f"mlflow.{chosen}")
    except ImportError as error:
        raise ModelNotLoggableError(f"MLflow has no flavor {chosen}: {error}.", hint="Leave flavor= away.") from error
    if signature is None and chosen != "pyfunc":
        signature = signature_of(model, input_example)
    if input_example is not None and hasattr(input_example, "head"):
        input_example = input_example.head(EXAMPLE_ROWS)
    options.setdefault("pip_requirements", requirements(model, extra=(chosen,)))
    if chosen == "sklearn":
        # skops, the default, refuses most ensembles as untrusted when they are read back
        options.setdefault("serialization_format", "cloudpickle")
    options["python_model" if chosen == "pyfunc" else _argument(module)] = model
    with quiet():
        info = module.log_model(name=name, signature=signature, input_example=input_example, **options)
    return RunModel(name=name, uri=info.model_uri, model_id=getattr(info, "model_id", None))


def _argument(module: Any) -> str:
    """Return the name of the flavor's first parameter, such as ``sk_model``."""
    return next(iter(inspect.signature(module.log_model).parameters))
