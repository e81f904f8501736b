"""What an endpoint's log says about the model behind it, so that a monitor needs only the endpoint's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidStateError
from mlnb.monitoring.records import InferenceLog, LabelSource

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog

ProblemType = Literal["classification", "regression"]


def endpoint_profile(
    catalog: Catalog,
    table_name: str,
    labels: LabelSource | None,
    granularities: list[str],
    *,
    timestamp_col: str,
    problem_type: ProblemType | None,
) -> InferenceLog:
    """Describe an endpoint's table of typed rows as a log of predictions.

    Raises
    ------
    InvalidStateError
        The table does not exist yet.
    """
    import pyarrow as pa

    if not catalog.exists(table_name):
        raise InvalidStateError(
            f"There is no table {table_name}: the endpoint has not logged anything yet.",
            hint="Query the endpoint once.",
        )
    schema = catalog.table(table_name, filtered=False).schema
    prediction = schema.field("prediction").type
    is_float = bool(pa.types.is_floating(prediction))
    found = problem_type or _problem(catalog, table_name, prediction, labels)
    # A float prediction of a classifier is the probability itself; else the probabilities stand beside the class.
    proba = (
        "prediction_proba"
        if found == "classification" and not is_float and "prediction_proba" in schema.names
        else None
    )
    return InferenceLog(
        problem_type=found,
        timestamp_col=timestamp_col,
        granularities=granularities,
        prediction_col="prediction",
        prediction_proba_col=proba,
        model_id_col="model_id",
        labels=labels,
    )


def _problem(catalog: Catalog, table_name: str, prediction: Any, labels: LabelSource | None) -> ProblemType:
    """Classes are texts, booleans and whole numbers; floats are judged by the labels, else by their range."""
    import pyarrow as pa

    if not pa.types.is_floating(prediction):
        return "classification"
    if labels is not None:
        table = catalog.table(labels.table, filtered=False)
        kind = table.schema.field(labels.label_col).type if labels.label_col in table.columns else None
        if kind is not None and not pa.types.is_floating(kind):
            return "classification"
    outside = catalog.table(table_name, filtered=False).count(where="prediction < 0 OR prediction > 1")
    return "regression" if outside else "classification"
