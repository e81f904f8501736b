"""Feature models in MLflow: logging and fetching them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, NotFoundError

if TYPE_CHECKING:
    from mlflow.models.model import ModelInfo

    from mlnb.core.ground import Ground

    from .training_set import TrainingSet

#: Experiment of models that are logged outside any run.
EXPERIMENT = "models"


def log_model(
    ground: Ground,
    *,
    model: Any,
    name: str,
    flavor: Any,
    training_set: TrainingSet,
    registered_model_name: str | None,
    await_registration_for: int,
    infer_input_example: bool,
    options: Mapping[str, Any],
) -> ModelInfo:
    """Log a model with its look-ups, in the active run or one of its own; see ``Features.log_model``."""
    from mlflow.models import Model

    from . import model as feature_flavor

    if not hasattr(flavor, "save_model"):
        raise InvalidParameterError(
            f"{flavor!r} is no MLflow flavor.", hint="Pass the module, for example flavor=mlflow.sklearn."
        )
    spec = feature_flavor.model_columns(model, training_set.feature_spec)
    facts = {"id": training_set.id, "digest": training_set.digest, "rows": training_set.rows}
    spec = replace(spec, training_set=facts)
    head = training_set.head()
    example = {}
    if infer_input_example:
        example = {"input_example": _example(training_set, spec), "validate_serving_input": False}
    ground.tracking.configure()
    with _run(ground):
        logged: ModelInfo = Model.log(
            artifact_path=None,
            name=name,
            flavor=feature_flavor,
            registered_model_name=registered_model_name,
            await_registration_for=await_registration_for,
            metadata=options.get("metadata"),
            raw_model=model,
            raw_flavor=flavor,
            spec=spec,
            head=head,
            **{key: value for key, value in options.items() if key != "metadata"},
            **example,
        )
        return logged


@contextlib.contextmanager
def _run(ground: Ground) -> Iterator[None]:
    """The active run, or a new one in an experiment whose artifacts lie in the workspace."""
    import mlflow

    if mlflow.active_run() is not None:
        yield
        return
    with mlflow.start_run(experiment_id=ground.tracking.experiment_id(EXPERIMENT)):
        yield


def _example(training_set: TrainingSet, spec: Any) -> Any:
    names = [item.name for item in spec.inputs]
    return training_set._frame.to_pandas(names).head(2)


def download(ground: Ground, model_uri: str) -> Path:
    """Return the local folder of a model.

    Raises
    ------
    NotFoundError
        When there is no such model.
    """
    import mlflow.artifacts
    from mlflow.exceptions import MlflowException

    ground.tracking.configure()
    try:
        return Path(mlflow.artifacts.download_artifacts(artifact_uri=model_uri))
    except (MlflowException, OSError) as error:
        raise NotFoundError(
            f"The model {model_uri} cannot be found: {error}.",
            hint="Use models:/name/version, models:/name@alias or the model_uri that log_model returned.",
        ) from error
