"""Asking a model for predictions: estimators, functions and model URIs alike, with probabilities wherever the model has them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import current_caller
from mlnb.core.tracking import load_mlflow
from mlnb.training.scoring.metrics import ModelType, Predictions

from ..records import EvaluationDataError, ModelNotFoundError
from .places import refuse_elsewhere

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mlnb.core.tracking import Tracking

#: Tag of a logged model: the probability from which on it says yes.
THRESHOLD_TAG = "mlnb.threshold"
#: A target with more distinct integers than this is a quantity.
_MOST_CLASSES = 50
#: Probabilities may be beyond 0 and 1 by so little.
_ROUNDING = 1e-6
_NO_NUMBER = "The model's answer is {} in {:,} of {:,} rows."


@dataclass(frozen=True)
class Scorer:
    """A model that can be asked.

    Attributes
    ----------
    predict
        Labels or values of a frame.
    predict_proba
        Probabilities of the classes, None when the model gives none.
    classes
        In the order of the probabilities, as far as the model says.
    uri, run_id, model_id
        Where it came from.
    inputs
        The columns it reads, None when nobody knows.
    threshold
        The probability from which on it says yes, when one was kept with it.
    """

    predict: Callable[[Any], Any]
    predict_proba: Callable[[Any], Any] | None = None
    classes: tuple[Any, ...] | None = None
    is_classifier: bool | None = None
    uri: str | None = None
    run_id: str | None = None
    model_id: str | None = None
    inputs: tuple[str, ...] | None = None
    threshold: float | None = None


def load_scorer(model: Any, tracking: Tracking) -> Scorer:
    """Return a scorer for an estimator, a function, a loaded pyfunc or a model URI.

    Raises
    ------
    ModelNotFoundError
        When the URI leads nowhere.
    EvaluationDataError
        When the object cannot predict.
    """
    uri = model if isinstance(model, str) else getattr(model, "uri", None) or getattr(model, "model_uri", None)
    if isinstance(model, str) or (isinstance(uri, str) and not hasattr(model, "predict")):
        return _with_threshold(_from_uri(str(uri), tracking), tracking)
    if type(model).__name__ == "PyFuncModel":
        return _with_threshold(_from_pyfunc(model, None), tracking)
    if hasattr(model, "predict"):
        return _from_estimator(model)
    if callable(model):
        return Scorer(predict=model)
    raise EvaluationDataError(
        f"{type(model).__name__} cannot predict.", hint="Give a fitted model, a function of a frame, or a model URI."
    )


def _with_threshold(scorer: Scorer, tracking: Tracking) -> Scorer:
    """Let a model decide where somebody who chose a threshold for it said."""
    if scorer.model_id is None:
        return scorer
    from mlflow.exceptions import MlflowException

    try:
        text = tracking.client().get_logged_model(scorer.model_id).tags.get(THRESHOLD_TAG)
        return replace(scorer, threshold=float(text)) if text else scorer
    except (MlflowException, ValueError):  # the model came from elsewhere, or the tag was written by hand
        return scorer


def _from_uri(uri: str, tracking: Tracking) -> Scorer:
    load_mlflow()
    from mlflow.exceptions import MlflowException

    tracking.configure()
    try:
        import mlflow.pyfunc

        if current_caller().source == "rest":
            refuse_elsewhere(uri, tracking)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = mlflow.pyfunc.load_model(uri)
    except (MlflowException, OSError) as error:
        text = getattr(error, "message", str(error)).splitlines()[0]
        raise ModelNotFoundError(
            f"{uri} cannot be loaded: {text}",
            hint="Use models:/NAME@ALIAS, models:/NAME/VERSION or the uri of a run's model.",
        ) from error
    return _from_pyfunc(loaded, uri)


def _from_pyfunc(loaded: Any, uri: str | None) -> Scorer:
    """Look inside the pyfunc for probabilities: its own ``predict`` usually gives labels only.

    A model with a loader of its own (one that looks features up) offers ``predict_proba`` on the loaded object; a plain flavor keeps the
    estimator, which wants exactly the columns of the signature.
    """
    metadata = loaded.metadata
    names = _input_names(metadata)
    link: dict[str, Any] = {"uri": uri, "run_id": metadata.run_id, "model_id": getattr(metadata, "model_id", None)}
    link["inputs"] = tuple(names) if names is not None else None
    inner = loaded._model_impl
    for part in (inner, getattr(inner, "python_model", None)):
        own: Any = getattr(part, "predict_proba", None)
        if callable(own) and not type(part).__module__.startswith("mlflow."):
            return Scorer(loaded.predict, own, _classes(part), True, **link)
    raw: Any = _raw(loaded)
    if callable(getattr(raw, "predict_proba", None)):
        return Scorer(loaded.predict, _with_columns(raw.predict_proba, names), _classes(raw), True, **link)
    return Scorer(loaded.predict, is_classifier=_is_classifier(raw), **link)


def _with_columns(ask: Callable[[Any], Any], names: Sequence[str] | None) -> Callable[[Any], Any]:
    """Let a model see only the columns it was fitted on: data to evaluate on has more, such as those of the slices."""

    def asked(frame: Any) -> Any:
        has_all = names is not None and set(names) <= set(frame.columns)
        return ask(frame[list(names or ())] if has_all else frame)

    return asked


def _raw(loaded: Any) -> Any:
    try:
        return loaded.get_raw_model()
    except Exception:  # flavors without one
        return None


def _input_names(metadata: Any) -> list[str] | None:
    schema = metadata.get_input_schema()
    return list(schema.input_names()) if schema is not None and schema.has_input_names() else None


def _from_estimator(model: Any) -> Scorer:
    fitted = getattr(model, "feature_names_in_", None)
    names = None if fitted is None else [str(name) for name in fitted]
    probabilities: Any = getattr(model, "predict_proba", None)
    return Scorer(
        _with_columns(model.predict, names),
        _with_columns(probabilities, names) if callable(probabilities) else None,
        _classes(model),
        _is_classifier(model),
        inputs=tuple(names) if names is not None else None,
    )


def _classes(model: Any) -> tuple[Any, ...] | None:
    found = getattr(model, "classes_", None)
    return None if found is None else tuple(getattr(value, "item", lambda value=value: value)() for value in found)


def _is_classifier(model: Any) -> bool | None:
    if model is None:
        return None
    if callable(getattr(model, "predict_proba", None)):
        return True
    tags = getattr(model, "__sklearn_tags__", None)
    kind = getattr(tags(), "estimator_type", None) if callable(tags) else getattr(model, "_estimator_type", None)
    return {"classifier": True, "regressor": False}.get(kind) if isinstance(kind, str) else None


def make_predictions(
    scorer: Scorer, inputs: pd.DataFrame, truth: pd.Series[Any], *, model_type: ModelType | None, pos_label: Any
) -> tuple[Predictions, list[str]]:
    """Ask the model about every row and line its answers up with the truth; also return what is worth telling.

    Parameters
    ----------
    scorer
        The model.
    inputs, truth
        Rows, and the target of each without gaps.
    model_type
        Found from model and target by default.
    pos_label
        The positive class of two; by default True, 1, or the last in order.
    """
    import numpy as np

    kind = model_type or _model_type(scorer, truth)
    if kind == "regressor":
        known = _numbers(truth.to_numpy(), "The target is {} in {:,} of {:,} rows.")
        return Predictions("regressor", known, _numbers(_vector(scorer.predict(inputs), len(truth)), _NO_NUMBER)), []
    target = [_plain(value) for value in truth]
    classes = _ordered(scorer.classes or (), set(target), pos_label)
    place = {value: index for index, value in enumerate(classes)}
    index = np.fromiter((place[value] for value in target), dtype=np.int64, count=len(target))
    score, label, notes = _answers(scorer, inputs, classes, len(truth))
    if score is None:
        notes.append("The model gives no probabilities: AUC, log-loss and calibration are absent.")
    if pos_label is not None and len(classes) > 2:
        notes.append(f"No class is taken as positive: the target has {len(classes)}.")
    return Predictions("classifier", index, label, score, classes), notes


def _model_type(scorer: Scorer, truth: pd.Series[Any]) -> ModelType:
    import pandas as pd

    if scorer.is_classifier is not None:
        return "classifier" if scorer.is_classifier else "regressor"
    if pd.api.types.is_bool_dtype(truth) or not pd.api.types.is_numeric_dtype(truth):
        return "classifier"
    whole = pd.api.types.is_integer_dtype(truth) and truth.nunique() <= 2
    return "classifier" if whole else "regressor"


def _ordered(known: Sequence[Any], found: set[Any], pos_label: Any) -> tuple[Any, ...]:
    """Return the classes in the model's order, new ones behind; of two the positive one last."""
    classes = [_plain(value) for value in known]
    rest = [value for value in found if value not in classes]
    try:
        rest.sort()
    except TypeError:
        rest.sort(key=str)
    classes += rest
    if len(classes) == 1:  # only one class in data and model: the other one is its opposite
        classes = sorted({*classes, not classes[0]}) if isinstance(classes[0], (bool, int)) else [*classes, "(other)"]
    if len(classes) > _MOST_CLASSES:
        raise EvaluationDataError(
            f"The target has {len(classes)} classes.", hint="Is it a quantity? Then say model_type='regressor'."
        )
    if pos_label is not None:
        positive = _class_of(pos_label, classes)
        if len(classes) == 2:
            classes.sort(key=lambda value: value == positive)
    return tuple(classes)


def _class_of(pos_label: Any, classes: Sequence[Any]) -> Any:
    """Return the class that is meant: commands and forms only have text for a number or a truth value."""
    wanted = _plain(pos_label)
    if wanted in classes:
        return wanted
    text = str(wanted).casefold()
    texts = {text, {"true": "1", "false": "0"}.get(text, text)}
    written = [value for value in classes if str(value).casefold() in texts]
    if len(written) != 1:
        raise EvaluationDataError(
            f"pos_label {pos_label!r} is no class.", hint=f"The classes are {', '.join(map(str, classes))}."
        )
    return written[0]


def _answers(
    scorer: Scorer, inputs: pd.DataFrame, classes: tuple[Any, ...], rows: int
) -> tuple[NDArray[np.float64] | None, NDArray[np.int64], list[str]]:
    """Return probabilities (of the positive class when there are two) and labels as indexes of ``classes``."""
    import numpy as np

    if scorer.predict_proba is not None:
        matrix = _probabilities(_values(scorer.predict_proba(inputs)))
        if matrix.ndim == 2 and matrix.shape == (rows, len(scorer.classes or classes)):
            order = [_plain(value) for value in scorer.classes or classes]
            aligned = np.zeros((rows, len(classes)))
            for column, value in enumerate(order):
                aligned[:, classes.index(value)] = matrix[:, column]
            score = aligned[:, 1] if len(classes) == 2 else aligned
            if len(classes) == 2:
                return score, *_decide(score, scorer, classes)
            return score, aligned.argmax(axis=1), []
        if matrix.ndim == 1 and len(classes) == 2 and len(matrix) == rows:
            return matrix, *_decide(matrix, scorer, classes)
    answer = _vector(scorer.predict(inputs), rows)
    if len(classes) == 2 and _are_probabilities(answer):
        score = answer.astype(float)
        label, said = _decide(score, scorer, classes)
        return score, label, ["The model's output was taken as the probability.", *said]
    place = {value: index for index, value in enumerate(classes)}
    found = [place.get(_plain(value), -1) for value in answer]
    unknown = {str(value) for value, index in zip(answer, found, strict=True) if index < 0}
    if unknown:
        raise EvaluationDataError(
            f"The model predicts {', '.join(sorted(unknown)[:5])}, but the target's classes are {', '.join(map(str, classes))}.",
            hint="Is targets the column the model was trained on? For a quantity say model_type='regressor'.",
        )
    return None, np.asarray(found, dtype=np.int64), []


def _decide(
    score: NDArray[np.float64], scorer: Scorer, classes: tuple[Any, ...]
) -> tuple[NDArray[np.int64], list[str]]:
    """Return what is said of each score, and where that was decided when it is not at a half."""
    import numpy as np

    at = scorer.threshold
    # A threshold was chosen for the class the model itself takes as positive; the other way round it would mean the opposite.
    if at is None or (scorer.classes and _plain(scorer.classes[-1]) != classes[-1]):
        return (score >= 0.5).astype(np.int64), []
    return (score >= at).astype(np.int64), [f"Decided at the threshold kept with the model, {at:.4g}."]


def _are_probabilities(answer: NDArray[Any]) -> bool:
    import numpy as np

    if answer.dtype.kind != "f" or np.isin(answer, (0.0, 1.0)).all():
        return False
    if np.isnan(answer).any():
        _numbers(answer, _NO_NUMBER)
    return bool(answer.min() >= 0 and answer.max() <= 1)


def _values(answer: Any) -> Any:
    return answer.to_numpy() if hasattr(answer, "to_numpy") else answer


def _probabilities(answer: Any) -> NDArray[np.float64]:
    found = _numbers(answer, _NO_NUMBER)
    outside = int(((found < -_ROUNDING) | (found > 1.0 + _ROUNDING)).sum())
    if outside:
        raise EvaluationDataError(
            f"The model's predict_proba gave {outside:,} numbers outside 0 to 1, such as {found.max():.4g} or {found.min():.4g}.",
            hint="Scores that are no probabilities need calibrating: CalibratedClassifierCV(model).fit(…).",
        )
    return found.clip(0.0, 1.0)


def _numbers(values: Any, wrong: str) -> NDArray[np.float64]:
    """Return values as finite numbers.

    Raises
    ------
    EvaluationDataError
        When some are none; ``wrong`` is said of what they are, how many of them, and of all.
    """
    import numpy as np

    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        first = next(iter(np.ravel(np.asarray(values, dtype=object))), None)
        raise EvaluationDataError(
            f"{first!r} is no number.", hint="Is this a classifier? Then say model_type='classifier'."
        ) from None
    finite = np.isfinite(found)
    if not finite.all():
        rows = finite if finite.ndim == 1 else finite.all(axis=tuple(range(1, finite.ndim)))
        what = "missing" if np.isnan(found).any() else "infinite"
        raise EvaluationDataError(
            wrong.format(what, int((~rows).sum()), len(rows)),
            hint="Leave those rows out, or fill in what is missing before the model sees it.",
        )
    return found


def _vector(answer: Any, rows: int) -> NDArray[Any]:
    """Return a model's answer as one value a row; of a frame the column ``prediction`` or the only one."""
    import numpy as np

    if hasattr(answer, "columns"):
        answer = answer["prediction"] if "prediction" in answer.columns else answer.iloc[:, 0]
    found = np.asarray(_values(answer))
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1 or len(found) != rows:
        raise EvaluationDataError(
            f"The model answered with shape {found.shape} for {rows} rows.",
            hint="A model has to give one answer a row.",
        )
    return found


def _plain(value: Any) -> Any:
    """Return NumPy's scalars as Python's, and whole floats as integers: 1.0, 1 and True are the same class."""
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, float) and value.is_integer() else value
