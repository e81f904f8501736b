"""A model that looks its features up itself: an MLflow flavor and its loader.

The folder holds ``raw_model/`` (the model in its own flavor), ``feature_spec.yaml`` and an ``MLmodel`` whose loader is this module, so that
plain ``mlflow.pyfunc.load_model(uri).predict(frame)`` needs keys, times and the columns that are not looked up, nothing else.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from .spec import FILE_NAME, Spec
from .types import mlflow_type

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import Model, ModelSignature

RAW_MODEL = "raw_model"

log = logging.getLogger("mlnb.features")


def save_model(
    path: str,
    mlflow_model: Model,
    *,
    raw_model: Any,
    raw_flavor: Any,
    spec: Spec,
    head: pd.DataFrame | None = None,
    signature: ModelSignature | None = None,
    pip_requirements: Sequence[str] | None = None,
    extra_pip_requirements: Sequence[str] | None = None,
    raw_options: Mapping[str, Any] | None = None,
    input_example: Any = None,
    **_: Any,
) -> None:
    """Write the model's folder: what MLflow calls for a flavor.

    Parameters
    ----------
    raw_model, raw_flavor
        The model and the MLflow flavor that saves it, such as ``mlflow.lightgbm``.
    spec
        Its look-ups.
    head
        Some rows of the training set, from which the type of a prediction is found.
    signature
        Overrides the one made from the spec.
    raw_options
        Further arguments of the raw flavor's ``save_model``.
    input_example
        Rows that show what a request looks like.
    """
    import mlflow.pyfunc
    from mlflow.models.utils import _save_example

    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    requirements = [*(pip_requirements or default_requirements(raw_flavor)), *(extra_pip_requirements or ())]
    _save_raw(folder / RAW_MODEL, raw_model, raw_flavor, requirements, dict(raw_options or {}))
    (folder / FILE_NAME).write_text(spec.to_yaml(), encoding="utf-8")
    mlflow_model.signature = signature or make_signature(spec, folder / RAW_MODEL, head)
    if input_example is not None:
        _save_example(mlflow_model, input_example, str(folder))
    mlflow.pyfunc.add_to_model(
        mlflow_model, loader_module="mlnb.features.model", conda_env="conda.yaml", python_env="python_env.yaml"
    )
    mlflow_model.add_flavor("mlnb.features", raw_model=RAW_MODEL, feature_spec=FILE_NAME)
    _write_environment(folder, requirements)
    mlflow_model.save(str(folder / "MLmodel"))


def _save_raw(path: Path, model: Any, flavor: Any, requirements: list[str], options: dict[str, Any]) -> None:
    if getattr(flavor, "__name__", "") == "mlflow.sklearn":
        # The default format refuses forests and anything else it does not know.
        options.setdefault("serialization_format", "cloudpickle")
    with _quiet("mlflow.sklearn"):
        flavor.save_model(model, str(path), pip_requirements=requirements, **options)


@contextlib.contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Leave out a flavor's general advice about pickles: there is nothing the user could do about it here."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def default_requirements(flavor: Any) -> list[str]:
    """Return what the model needs at its loading: the flavor's own requirements, pandas, and mlnb with its look-ups.

    They are stated and not inferred: inference starts a process and takes ten seconds.
    """
    requirements = [str(item) for item in getattr(flavor, "get_default_pip_requirements", list)()]
    names = {item.split("==")[0].lower() for item in requirements}
    return requirements + [_pinned(name) for name in ("mlflow", "pandas", "mlnb") if name not in names]


def _pinned(name: str) -> str:
    """The requirement at the installed version; without one when it runs from a checkout that is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"{name}=={version(name)}"
    except PackageNotFoundError:
        return name


def _write_environment(folder: Path, requirements: Sequence[str]) -> None:
    from mlflow.utils.environment import _mlflow_conda_env, _PythonEnv
    from mlflow.utils.yaml_utils import write_yaml

    (folder / "requirements.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")
    pip = list(requirements)
    environment = _mlflow_conda_env(additional_pip_deps=pip, install_mlflow=False)  # type: ignore[no-untyped-call]
    write_yaml(str(folder), "conda.yaml", environment)  # type: ignore[no-untyped-call]
    _PythonEnv.current().to_yaml(str(folder / "python_env.yaml"))  # type: ignore[no-untyped-call]


def make_signature(spec: Spec, raw_path: Path, head: pd.DataFrame | None) -> ModelSignature:
    """Return the signature: the spec's inputs, and what the model answers for a few rows."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    # Required, all of them: a key or time that was forgotten must not pass for one that is not known (null).
    columns: list[Any] = [ColSpec(mlflow_type(item.type), item.name) for item in spec.inputs]
    return ModelSignature(inputs=Schema(columns), outputs=_outputs(spec, raw_path, head))


def _outputs(spec: Spec, raw_path: Path, head: pd.DataFrame | None) -> Any:
    """Schema of the predictions, None when the model cannot answer for the rows at hand."""
    import mlflow.pyfunc
    from mlflow.models import infer_signature

    if head is None or not len(head):
        return None
    loaded = mlflow.pyfunc.load_model(str(raw_path))
    rows = head[list(spec.model_columns)]
    # A model without handling of missing values fails on them; rows without any then show what it answers.
    for sample in (rows, rows.dropna()):
        try:
            return infer_signature(model_output=loaded.predict(sample)).outputs
        except Exception as error:
            log.debug("the model cannot answer for the training set's first rows: %s", error)
    return None


def model_columns(model: Any, spec: Spec) -> Spec:
    """Return the spec with the columns that the model was really fitted on, when it knows them.

    Raises
    ------
    InvalidParameterError
        When it was fitted on columns that the training set does not have.
    """
    names = fitted_columns(model)
    if names is None or list(names) == list(spec.model_columns):
        return spec
    missing = [name for name in names if name not in spec.model_columns]
    if not missing:
        return replace(spec, model_columns=tuple(names))
    if len(names) == len(spec.model_columns):
        return spec  # fitted on an array, or renamed by the library: the order decides
    raise InvalidParameterError(
        f"The model was fitted on {missing[0]!r}, which the training set does not have.",
        hint="Fit it on the training set's columns; put further steps into the model itself, as a pipeline.",
    )


def fitted_columns(model: Any) -> list[str] | None:
    """Return the names of the columns a model was fitted on, None when it does not say."""
    names = getattr(model, "feature_names_in_", None)
    if names is None and callable(getattr(model, "feature_name", None)):
        names = model.feature_name()
    return None if names is None else [str(name) for name in names]


# -- loading -----------------------------------------------------------------------------------------------------------


def _load_pyfunc(path: str) -> FeatureModel:
    """Load a model: what ``mlflow.pyfunc.load_model`` calls."""
    return FeatureModel(Path(path))


class FeatureModel:
    """A model with its look-ups, as ``mlflow.pyfunc`` holds it.

    Attributes
    ----------
    spec
        Its look-ups.
    raw_model
        The model itself as a pyfunc, for frames that hold the features already.
    predict_proba, classes_
        Only of a model that has probabilities.
    """

    def __init__(self, path: Path) -> None:
        import mlflow.pyfunc
        from mlflow.exceptions import MlflowException

        from .scoring import load_spec

        spec = load_spec(path)
        if spec is None:
            raise InvalidParameterError(f"{path} has no {FILE_NAME}.", hint="Log the model again.")
        self.spec = spec
        self.path = path
        self.raw_model = mlflow.pyfunc.load_model(str(path / RAW_MODEL))
        try:
            raw = self.get_raw_model()
        except MlflowException:  # a flavor that does not give its model out
            raw = None
        if callable(getattr(raw, "predict_proba", None)):
            self.predict_proba = self._predict_proba
            self.classes_ = getattr(raw, "classes_", None)

    def get_raw_model(self) -> Any:
        """Return the model object that was logged."""
        return self.raw_model.get_raw_model()

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """Look the features up on the tables' newest versions and predict."""
        return self.raw_model.predict(self.model_frame(model_input), params=params)

    def _predict_proba(self, model_input: Any) -> Any:
        """Look the features up and return the probability of each class."""
        return self.get_raw_model().predict_proba(self.model_frame(model_input))

    def model_frame(self, model_input: Any) -> pd.DataFrame:
        """Return what the model itself takes for the given rows."""
        from .current import current_features

        return current_features(self.path).augment(self.spec, model_input)[list(self.spec.model_columns)]
