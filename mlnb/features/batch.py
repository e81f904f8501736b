"""Batch scoring: rows with their features, and predictions in the asked type."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlnb.catalog.errors import TableNotFoundError
from mlnb.core.errors import InvalidParameterError

from .checks import ensure_unique
from .errors import FeatureChangedError
from .frames import read_frame
from .offline import look_up
from .spec import Lookup, Spec

if TYPE_CHECKING:
    import pandas as pd

    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

_NUMPY = {
    "double": "float64",
    "float": "float32",
    "int": "int32",
    "integer": "int32",
    "long": "int64",
    "bigint": "int64",
}


def augment(catalog: Catalog, spec: Spec, data: Any) -> pd.DataFrame:
    """Return the rows of ``data`` with the features of the spec; a feature that is a column of ``data`` is taken from there.

    Raises
    ------
    InvalidParameterError
        When a column that the model takes as it is is missing.
    """
    import pandas as pd

    frame = read_frame(data, catalog)
    needed = [item.name for item in spec.inputs if item.role == "passthrough" and item.name in spec.model_columns]
    frame.require(needed, InvalidParameterError, "which the model takes")
    given = set(frame.names)
    kept = [_without(lookup, given) for lookup in spec.lookups]
    found = look_up(frame, [lookup for lookup in kept if lookup.features], catalog)
    features = found.features.to_pandas() if found.features.num_columns else pd.DataFrame(index=range(frame.rows))
    augmented: pd.DataFrame = pd.concat([frame.to_pandas(), features], axis=1)
    return augmented


def _without(lookup: Lookup, given: set[str]) -> Lookup:
    return replace(lookup, features=tuple(feature for feature in lookup.features if feature.output not in given))


def newest_version(ground: Ground, catalog: Catalog, lookup: Lookup) -> int:
    """Return the newest version of a look-up's table, after a check that it still is what the look-up was made for.

    Raises
    ------
    FeatureChangedError
        When the table or a feature is gone, or has another key or type.
    """
    try:
        table = catalog.table(lookup.table, filtered=False)
    except TableNotFoundError as error:
        raise FeatureChangedError(
            f"The feature table {lookup.table} no longer exists.", hint="Create it again, or train without it."
        ) from error
    info, version = table.info, table.version
    types = {column.name: column.type_text for column in info.columns}
    for feature in lookup.features:
        if types.get(feature.column) != feature.type:
            now = f"is {types[feature.column]} now" if feature.column in types else "is gone"
            raise FeatureChangedError(
                f"{feature.column} of {lookup.table} {now}; the model was trained with {feature.type} at version {lookup.version}.",
                hint="Write the feature as it was, or train a new model.",
            )
    keys = [name for name in info.primary_key if name != info.timeseries]
    if keys != list(lookup.keys.values()) or info.timeseries != lookup.timeseries:
        raise FeatureChangedError(
            f"The key of {lookup.table} is {', '.join(info.primary_key)} now; the model looks up by {', '.join(lookup.keys.values())}.",
            hint="Create the table with its former key, or train a new model.",
        )
    ensure_unique(ground, catalog, info.full_name, info.table_id, version, info.primary_key)
    return version


def predictions(answer: Any, result_type: str) -> Any:
    """Return a model's answer as one column of the asked type.

    Raises
    ------
    InvalidParameterError
        When the answer does not fit the type.
    """
    import numpy as np
    import pandas as pd

    if isinstance(answer, pd.DataFrame):
        answer = answer.iloc[:, 0] if answer.shape[1] == 1 else answer.to_numpy()
    values = np.asarray(answer)
    if result_type.startswith("array"):
        return list(values if values.ndim > 1 else values.reshape(-1, 1))
    if values.ndim > 1:
        if values.shape[1] != 1:
            raise InvalidParameterError(
                f"The model answers with {values.shape[1]} values per row.", hint="Pass result_type='array<double>'."
            )
        values = values[:, 0]
    if result_type == "string":
        return pd.Series(values).astype(str).to_numpy()
    if result_type == "boolean":
        return values.astype(bool)
    if result_type not in _NUMPY:
        raise InvalidParameterError(
            f"result_type {result_type!r} is not known.", hint=f"Use {', '.join(_NUMPY)} or string."
        )
    try:
        return values.astype(_NUMPY[result_type])
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(
            f"The predictions are no {result_type}: {error}.", hint="Pass result_type='string'."
        ) from error
