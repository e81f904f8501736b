"""Feature look-up at serving: the definitions a model was trained with, read from the online store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlnb.features.scoring import OnlineResolver, load_spec
from mlnb.features.types import mlflow_type

from .records import InputField

#: Folder of the trained model inside a model that looks features up.
RAW_MODEL = "raw_model"


class Lookup:
    """The look-ups of one model.

    Parameters
    ----------
    resolver
        Reads the online store.
    raw_model
        Folder of the model that takes the looked-up columns.
    """

    def __init__(self, resolver: OnlineResolver, raw_model: Path) -> None:
        self._resolver = resolver
        self.raw_model = raw_model
        self.model_columns = list(resolver.spec.model_columns)

    def resolve(self, columns: Mapping[str, Sequence[Any]], rows: int) -> dict[str, list[Any]]:
        """Return every feature, one value per row; one that is among the columns is taken as it is."""
        return self._resolver.resolve(columns, rows)


def looked_up_fields(folder: Path) -> list[InputField]:
    """Return what a model looks up, nothing for a model without features."""
    spec = load_spec(folder)
    if spec is None:
        return []
    return [InputField(name=item.output, type=mlflow_type(item.type), required=False) for item in spec.features]


def open_lookup(folder: Path, online_url: str) -> Lookup | None:
    """Open a model's look-ups, None for a model without features.

    Raises
    ------
    NotPublishedError, FeatureChangedError
        When the online store does not have what the model needs.
    """
    spec = load_spec(folder)
    return None if spec is None else Lookup(OnlineResolver(spec, online_url), folder / RAW_MODEL)
