"""MLflow's own evaluator, given predictions that were made already: its metrics, its plots under its names, the user's extra metrics.

``mlflow.models.evaluate`` would ask the model a second time, open a run of its own or write the end of a finished one anew, and find no
probabilities in a model it does not know the inside of. Its evaluators are therefore driven directly: what they would log is kept in memory
and goes to the run with everything else. Anything that breaks in there costs its plots, never the evaluation.
"""

from __future__ import annotations

import io
import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError
from mlnb.core.tracking import load_mlflow

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mlnb.training.scoring.metrics import Predictions

log = logging.getLogger("mlnb.evaluation")

# pyplot keeps one current figure for the whole process.
_drawing = threading.Lock()


class ExtraMetricError(InvalidParameterError):
    """A metric of the user's own, or MLflow's evaluator with it, did not work."""

    code = "EXTRA_METRIC"


@dataclass
class Reported:
    """What MLflow's evaluator found.

    Attributes
    ----------
    metrics
        By MLflow's names, those of ``extra_metrics`` among them.
    files
        Plots and tables, by the names MLflow gives them in a run.
    notes
        What is missing, and why.
    """

    metrics: dict[str, float] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def report(
    predictions: Predictions,
    inputs: pd.DataFrame,
    target: str,
    *,
    extra_metrics: Sequence[Any] | None = None,
    config: Mapping[str, Any] | None = None,
    plots: bool = True,
) -> Reported:
    """Let MLflow's evaluator look at predictions.

    Parameters
    ----------
    extra_metrics
        Made with ``mlflow.models.make_metric``, or functions ``f(predictions, targets)``.
    config
        MLflow's ``evaluator_config``; the positive class and the classes are filled in.
    plots
        Draw what MLflow draws.

    Raises
    ------
    ExtraMetricError
        When one of the extra metrics fails.
    """
    if "sample_weights" in (config or {}):
        raise ExtraMetricError(
            "Rows cannot be weighted: every row counts once.",
            hint="Leave sample_weights out, or repeat the rows that count more in the data.",
        )
    wanted = _as_metrics(extra_metrics or ())
    if not plots and not wanted and not config:
        return Reported()
    made = Reported()
    try:
        with _drawing, _quiet():
            evaluator, arguments = _evaluator(predictions, made, plots)
            settings = {"log_model_explainability": False, **(config or {}), **arguments}
            result = evaluator().evaluate(
                model_type=predictions.model_type,
                # Only the user's own metrics look at columns; the evaluator copies what it gets several times.
                dataset=_dataset(predictions, inputs if wanted else inputs.iloc[:, :0], target),
                run_id=None,
                evaluator_config=settings,
                extra_metrics=wanted,
                predictions="predictions",
            )
        made.metrics = {name: float(value) for name, value in result.metrics.items()}
    except Exception as error:  # its own surprises, and whatever the user's metrics raise
        text = " ".join(str(getattr(error, "message", error)).split())[:400]
        if wanted or config:
            raise ExtraMetricError(
                f"MLflow's evaluator stopped: {type(error).__name__}: {text}",
                hint="extra_metrics are made with mlflow.models.make_metric(eval_fn=f(predictions, targets, metrics), greater_is_better=…).",
            ) from error
        log.info("MLflow's evaluator stopped", exc_info=True)
        made.notes.append(f"MLflow's plots are missing: {text[:200]}")
    return made


def _as_metrics(given: Sequence[Any]) -> list[Any]:
    if not given:
        return []
    load_mlflow()
    from mlflow.models import EvaluationMetric, make_metric

    made = []
    for number, item in enumerate(given):
        if not isinstance(item, EvaluationMetric):
            if not callable(item):
                raise ExtraMetricError(
                    f"{item!r} is no metric.",
                    hint="Give functions f(predictions, targets), or mlflow.models.make_metric(…).",
                )
            from mlnb.training.scoring.metrics import greater_is_better

            name = getattr(item, "__name__", "")
            name = name if name.isidentifier() else f"metric_{number}"
            make: Any = make_metric
            item = make(eval_fn=item, greater_is_better=greater_is_better(name), name=name)
        made.append(item)
    return made


def _dataset(predictions: Predictions, inputs: pd.DataFrame, target: str) -> Any:
    from mlflow.data.evaluation_dataset import EvaluationDataset

    while target in inputs.columns:  # values were given, of a name that the rows have too
        target += "_"
    made: Any = EvaluationDataset
    return made(data=inputs.assign(**{target: _values(predictions, predictions.truth)}), targets=target)


def _values(predictions: Predictions, index: NDArray[Any]) -> NDArray[Any]:
    """Return classes by their own values, as MLflow would have read them from the data."""
    import numpy as np

    if predictions.model_type == "regressor":
        numbers: NDArray[Any] = index.astype(float)
        return numbers
    names: NDArray[Any] = np.array(predictions.classes)[index]
    return names


def _probabilities(p: Predictions) -> NDArray[np.float64] | None:
    """Return the probabilities with a column a class in sorted order, which is how MLflow reads them; None where it would stop on them."""
    import numpy as np

    if p.score is None or p.model_type == "regressor" or len(np.unique(p.truth)) < len(p.classes):
        return None
    matrix = np.column_stack([1 - p.score, p.score]) if p.score.ndim == 1 else p.score
    return matrix[:, np.argsort(np.array(p.classes), kind="stable")]


def _evaluator(predictions: Predictions, made: Reported, plots: bool) -> tuple[type, dict[str, Any]]:
    """Return MLflow's evaluator for this kind of model, which keeps instead of logging, and what it has to be told."""
    load_mlflow()
    if predictions.model_type == "regressor":
        from mlflow.models.evaluation.evaluators.regressor import RegressorEvaluator as Regressor

        class KeepingRegressor(_keeping(made, plots), Regressor):  # type: ignore[misc]  # made for this call
            def _generate_model_predictions(self, *_: Any) -> Any:
                return predictions.label.astype(float)

        return KeepingRegressor, {}
    from mlflow.models.evaluation.evaluators.classifier import ClassifierEvaluator as Classifier

    class KeepingClassifier(_keeping(made, plots), Classifier):  # type: ignore[misc]  # made for this call
        def _generate_model_predictions(self, *_: Any) -> Any:
            return _values(predictions, predictions.label), _probabilities(predictions)

    import numpy as np

    told: dict[str, Any] = {"label_list": list(np.sort(np.array(predictions.classes)))}
    if predictions.is_binary:
        told["pos_label"] = np.array(predictions.classes)[1]
    return KeepingClassifier, told


def _keeping(made: Reported, plots: bool) -> type:
    class Keeping:
        """What MLflow's evaluators would log, kept."""

        run_id: str | None
        evaluator_config: dict[str, Any]

        def log_metrics(self) -> None:
            self._add_prefix_to_metrics()  # type: ignore[attr-defined]  # of the evaluator this is mixed into

        def log_eval_table(self, *_: Any, **__: Any) -> None:
            """Leave it out: every row is kept as Parquet."""

        def _log_image_artifact(self, do_plot: Callable[[], Any], artifact_name: str) -> None:
            if plots:
                prefix = self.evaluator_config.get("metric_prefix", "")
                picture = _draw(do_plot)
                if picture is not None:
                    made.files[f"{prefix}{artifact_name}.png"] = picture

        def _log_pandas_df_artifact(self, pandas_df: pd.DataFrame, artifact_name: str) -> None:
            made.files[f"{artifact_name}.csv"] = pandas_df.to_csv(index=False).encode()

    return Keeping


def _draw(do_plot: Callable[[], Any]) -> bytes | None:
    """Return one of MLflow's plots as PNG; the user's own figures stay as they are."""
    from matplotlib import pyplot

    before = set(pyplot.get_fignums())
    current = pyplot.gcf().number if before else None
    try:
        do_plot()
        content = io.BytesIO()
        pyplot.gcf().savefig(content, format="png", bbox_inches="tight", dpi=110)
        return content.getvalue()
    except Exception:  # a plot less
        log.info("a plot of MLflow's evaluator failed", exc_info=True)
        return None
    finally:
        for number in set(pyplot.get_fignums()) - before:
            pyplot.close(number)
        if current is not None:
            pyplot.figure(current)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep MLflow's progress and the libraries' warnings out of the cell."""
    logger = logging.getLogger("mlflow.models.evaluation")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
