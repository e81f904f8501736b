"""What a model needs to know to look its features up: the one definition behind training, batch scoring and serving.

It travels in the model's folder as ``feature_spec.yaml``. Plain dataclasses, because an endpoint reads it at start without pandas.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from mlnb.core.errors import InvalidParameterError

VERSION = 1
FILE_NAME = "feature_spec.yaml"

Role = Literal["key", "timestamp", "passthrough"]


@dataclass(frozen=True)
class Input:
    """A column the caller supplies; ``type`` as the catalog spells it."""

    name: str
    type: str
    role: Role


@dataclass(frozen=True)
class Feature:
    """A looked-up column and the name it goes by; ``default`` stands where no row is found."""

    column: str
    output: str
    type: str
    default: Any = None


@dataclass(frozen=True)
class Lookup:
    """Features of one table with one key, time and look-back.

    Attributes
    ----------
    keys
        Column of the frame → column of the primary key, in the primary key's order.
    timestamp
        The frame's column with the time; None for a table without time series.
    lookback_us
        In microseconds; None for any age.
    inclusive
        Whether a row at exactly that time counts.
    version
        The table's version at training.
    """

    table: str
    table_id: str
    version: int
    keys: dict[str, str]
    features: tuple[Feature, ...]
    timestamp: str | None = None
    timeseries: str | None = None
    lookback_us: int | None = None
    inclusive: bool = True

    @property
    def outputs(self) -> list[str]:
        """Names of the features in the training set."""
        return [feature.output for feature in self.features]


@dataclass(frozen=True)
class Spec:
    """All look-ups of a training set or model.

    Attributes
    ----------
    inputs
        What a caller supplies: keys, times and columns that are not looked up.
    exclude
        Columns that are used for look-ups but not given to the model.
    model_columns
        What the model takes, in order.
    training_set
        Id and digest of the rows it was trained on.
    """

    inputs: tuple[Input, ...]
    lookups: tuple[Lookup, ...]
    exclude: tuple[str, ...] = ()
    model_columns: tuple[str, ...] = ()
    training_set: dict[str, Any] = field(default_factory=dict)

    @property
    def features(self) -> list[Feature]:
        """All looked-up columns in the order of their look-ups."""
        return [feature for lookup in self.lookups for feature in lookup.features]

    @property
    def tables(self) -> list[str]:
        """The feature tables, each once."""
        return list(dict.fromkeys(lookup.table for lookup in self.lookups))

    @property
    def types(self) -> dict[str, str]:
        """Type of every input and feature."""
        return {item.name: item.type for item in self.inputs} | {item.output: item.type for item in self.features}

    def to_yaml(self) -> str:
        """Return the text of ``feature_spec.yaml``."""
        import yaml

        return yaml.safe_dump(_plain(self), sort_keys=False, allow_unicode=True, width=120)


def _plain(spec: Spec) -> dict[str, Any]:
    lookups = []
    for lookup in spec.lookups:
        plain: dict[str, Any] = {"table": lookup.table, "table_id": lookup.table_id, "version": lookup.version}
        plain["keys"] = dict(lookup.keys)
        if lookup.timestamp is not None:
            plain |= {"timestamp": lookup.timestamp, "timeseries": lookup.timeseries, "lookback_us": lookup.lookback_us}
            plain["inclusive"] = lookup.inclusive
        plain["features"] = [_plain_feature(feature) for feature in lookup.features]
        lookups.append(plain)
    return {
        "version": VERSION,
        "inputs": [asdict(item) for item in spec.inputs],
        "lookups": lookups,
        "exclude": list(spec.exclude),
        "model_columns": list(spec.model_columns),
        "training_set": spec.training_set,
    }


def _plain_feature(feature: Feature) -> dict[str, Any]:
    plain: dict[str, Any] = {"column": feature.column, "output": feature.output, "type": feature.type}
    if feature.default is not None:
        exact = isinstance(feature.default, decimal.Decimal)
        plain["default"] = str(feature.default) if exact else feature.default
    return plain


def parse_spec(text: str) -> Spec:
    """Read ``feature_spec.yaml``.

    Raises
    ------
    InvalidParameterError
        When it was written by newer code or is damaged.
    """
    import yaml

    try:
        plain = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe loaders
        if plain["version"] != VERSION:
            raise InvalidParameterError(
                f"The model's {FILE_NAME} has version {plain['version']}; this mlnb reads {VERSION}.",
                hint="Upgrade mlnb, or log the model again.",
            )
        return Spec(
            inputs=tuple(Input(**item) for item in plain["inputs"]),
            lookups=tuple(_lookup(item) for item in plain["lookups"]),
            exclude=tuple(plain["exclude"]),
            model_columns=tuple(plain["model_columns"]),
            training_set=dict(plain.get("training_set") or {}),
        )
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise InvalidParameterError(
            f"The model's {FILE_NAME} cannot be read: {error}.", hint="Log the model again."
        ) from error


def _lookup(plain: dict[str, Any]) -> Lookup:
    features = tuple(
        Feature(item["column"], item["output"], item["type"], _default(item.get("default"), item["type"]))
        for item in plain["features"]
    )
    rest = {name: value for name, value in plain.items() if name != "features"}
    return Lookup(**rest, features=features)


def _default(value: Any, type_name: str) -> Any:
    if value is None:
        return None
    if type_name.startswith("decimal"):
        return decimal.Decimal(str(value))
    if type_name in ("float", "double"):
        return float(value)
    if isinstance(value, dt.datetime) and value.tzinfo is None and type_name == "timestamp":
        return value.replace(tzinfo=dt.UTC)
    return value


def group(lookups: Sequence[Lookup]) -> list[Lookup]:
    """Join look-ups that read the same row (equal table, keys, time, look-back, version) into one each."""
    groups: dict[tuple[Any, ...], list[Lookup]] = {}
    for item in lookups:
        same = (item.table, item.version, tuple(item.keys.items()), item.timestamp, item.lookback_us, item.inclusive)
        groups.setdefault(same, []).append(item)
    joined = []
    for members in groups.values():
        features = tuple(feature for member in members for feature in member.features)
        first = members[0]
        joined.append(
            Lookup(
                first.table,
                first.table_id,
                first.version,
                first.keys,
                features,
                first.timestamp,
                first.timeseries,
                first.lookback_us,
                first.inclusive,
            )
        )
    return joined
