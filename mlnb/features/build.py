"""From what the user says (look-ups, label, exclusions) to a checked spec: everything wrong is found before a feature row is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, did_you_mean

from .checks import check_key_types, ensure_unique
from .errors import (
    FeatureNameConflictError,
    LookupKeyNotFoundError,
    LookupKeyTypeError,
    NoPrimaryKeyError,
)
from .frames import Frame
from .lookup import FeatureLookup
from .offline import label_key, label_time
from .spec import Feature, Input, Lookup, Spec
from .types import default_fits

if TYPE_CHECKING:
    from mlnb.catalog.records import TableInfo
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

#: The platform's limit of feature tables per model.
MAX_TABLES = 50


def build_spec(
    ground: Ground,
    catalog: Catalog,
    frame: Frame,
    lookups: Sequence[FeatureLookup],
    label: Sequence[str],
    exclude: Sequence[str],
    training_set_id: str,
) -> Spec:
    """Check look-ups against the frame and the tables, and fix the tables' versions.

    Raises
    ------
    InvalidParameterError
        Whatever is wrong, with the table and column named.
    """
    frame.require(label, InvalidParameterError, "the label")
    if len({item.table_name for item in lookups}) > MAX_TABLES:
        raise InvalidParameterError(f"A model can use at most {MAX_TABLES} feature tables.")
    versions: dict[str, int] = {}
    built = tuple(_lookup(ground, catalog, frame, item, versions) for item in lookups)
    _check_names(frame, built)
    outputs = [name for lookup in built for name in lookup.outputs]
    known = [*frame.names, *outputs]
    for name in exclude:
        if name not in known:
            hint = did_you_mean(name, known) or f"Columns: {', '.join(known[:30])}."
            raise InvalidParameterError(f"exclude_columns names {name!r}, which does not exist.", hint=hint)
        if name in label:
            raise InvalidParameterError(f"The label {name!r} cannot be excluded.", hint="Use label=None instead.")
    left = [name for name in known if name not in exclude and name not in label]
    return Spec(
        inputs=tuple(_inputs(frame, built, label, exclude)),
        lookups=built,
        exclude=tuple(exclude),
        model_columns=tuple(left),
        training_set={"id": training_set_id},
    )


def _inputs(frame: Frame, lookups: Sequence[Lookup], label: Sequence[str], exclude: Sequence[str]) -> list[Input]:
    """What a caller supplies: keys, times, and the columns that the model takes as they are."""
    keys = {name: kind for lookup in lookups for name, kind in _key_types(frame, lookup).items()}
    times = {lookup.timestamp for lookup in lookups}
    inputs = []
    for name in frame.names:
        if name in label:
            continue
        if name in keys:
            inputs.append(Input(name, keys[name], "key"))
        elif name in times:
            inputs.append(Input(name, frame.type_of(name), "timestamp"))
        elif name not in exclude:
            inputs.append(Input(name, frame.type_of(name), "passthrough"))
    return inputs


def _key_types(frame: Frame, lookup: Lookup) -> dict[str, str]:
    """Type of each key column; a double with whole numbers (integers with gaps) is a bigint."""
    types = {name: frame.type_of(name) for name in lookup.keys}
    return {name: "bigint" if kind in ("double", "float") else kind for name, kind in types.items()}


def _lookup(ground: Ground, catalog: Catalog, frame: Frame, item: FeatureLookup, versions: dict[str, int]) -> Lookup:
    table = catalog.table(item.table_name, filtered=False)
    info = table.info
    name = info.full_name
    keys, timeseries = entity_keys(info)
    version = versions.setdefault(name, table.version)
    _check_keys(frame, item, info, keys)
    _check_time(frame, item, name, timeseries)
    ensure_unique(ground, catalog, name, info.table_id, version, info.primary_key)
    return Lookup(
        table=name,
        table_id=info.table_id,
        version=version,
        keys=dict(zip(item.lookup_key, keys, strict=True)),
        features=tuple(_features(item, info)),
        timestamp=item.timestamp_lookup_key,
        timeseries=timeseries,
        lookback_us=None if item.lookback_window is None else _microseconds(item),
    )


def _microseconds(item: FeatureLookup) -> int:
    window = item.lookback_window
    assert window is not None
    return (window.days * 86_400 + window.seconds) * 1_000_000 + window.microseconds


def entity_keys(info: TableInfo) -> tuple[list[str], str | None]:
    """Return the primary key without the time, and the time-series column.

    Raises
    ------
    NoPrimaryKeyError
        When the table has no primary key.
    UndeclaredTimeseriesError, LookupKeyTypeError
        See `check_key_types`.
    """
    if not info.primary_key:
        raise NoPrimaryKeyError(
            f"{info.full_name} has no primary key, so its rows cannot be looked up.",
            hint="Make it a feature table: ws.features.create_table(name=…, primary_keys=[…], df=ws.catalog.read(…)).",
        )
    types = {column.name: column.type_text for column in info.columns if column.name in info.primary_key}
    check_key_types(info.full_name, types, info.timeseries)
    keys = [name for name in info.primary_key if name != info.timeseries]
    return keys, info.timeseries


def _check_keys(frame: Frame, item: FeatureLookup, info: TableInfo, keys: Sequence[str]) -> None:
    name = info.full_name
    types = {column.name: column.type_text for column in info.columns}
    frame.require(item.lookup_key, LookupKeyNotFoundError, f"the key of {name}")
    if len(item.lookup_key) != len(keys):
        raise LookupKeyTypeError(
            f"lookup_key has {len(item.lookup_key)} columns ({', '.join(item.lookup_key)}), "
            f"the key of {name} has {len(keys)} ({', '.join(keys)}).",
            hint="Give one column of the frame for each, in the same order; the time goes into timestamp_lookup_key.",
        )
    for mine, theirs in zip(item.lookup_key, keys, strict=True):
        label_key(frame, mine, name, theirs, types[theirs])


def _check_time(frame: Frame, item: FeatureLookup, name: str, timeseries: str | None) -> None:
    if timeseries is None:
        if item.timestamp_lookup_key is not None or item.lookback_window is not None:
            raise InvalidParameterError(
                f"{name} is no time-series table, so timestamp_lookup_key and lookback_window have no meaning.",
                hint="Leave them out, or create the table with timeseries_column=….",
            )
        return
    if item.timestamp_lookup_key is None:
        raise InvalidParameterError(
            f"{name} is a time series by {timeseries}: its look-up needs timestamp_lookup_key.",
            hint="Name the column of the frame that says when the features were to be known.",
        )
    frame.require([item.timestamp_lookup_key], LookupKeyNotFoundError, f"the time for {name}")
    label_time(frame, item.timestamp_lookup_key, name)


def _features(item: FeatureLookup, info: TableInfo) -> list[Feature]:
    types = {column.name: column.type_text for column in info.columns}
    available = [name for name in types if name not in info.primary_key]
    names = available if item.feature_names is None else item.feature_names
    _known(names, available, f"{info.full_name} has no feature")
    _known(item.rename_outputs, names, "rename_outputs names")
    outputs = {name: item.rename_outputs.get(name, name) for name in names}
    _known(item.default_values, list(outputs.values()), "default_values names")
    features = []
    for name, output in outputs.items():
        default = item.default_values.get(output)
        if not default_fits(default, types[name]):
            raise InvalidParameterError(
                f"The default {default!r} of {output} is not of type {types[name]}.", hint="Give a value of that type."
            )
        features.append(Feature(name, output, types[name], _typed(default, types[name])))
    return features


def _typed(default: Any, kind: str) -> Any:
    """A default as the values of its feature come back: equal bits offline and online."""
    import datetime as dt
    import decimal

    if default is None:
        return None
    if kind in ("float", "double"):
        return float(default)
    if kind.startswith("decimal"):
        return decimal.Decimal(str(default))
    if kind == "date" and isinstance(default, dt.datetime):
        return default.date()
    if kind == "timestamp" and isinstance(default, dt.date):
        moment = default if isinstance(default, dt.datetime) else dt.datetime(default.year, default.month, default.day)
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return default


def _known(names: Sequence[str] | Mapping[str, Any], known: Sequence[str], what: str) -> None:
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"There are: {', '.join(known[:30])}."
            raise InvalidParameterError(f"{what} {name!r}.", hint=hint, code="FEATURE_NOT_FOUND")


def _check_names(frame: Frame, lookups: Sequence[Lookup]) -> None:
    """Refuse a name that would stand for two columns."""
    owner = dict.fromkeys(frame.names, "the frame")
    for lookup in lookups:
        for feature in lookup.features:
            if feature.output in owner:
                raise FeatureNameConflictError(
                    f"{feature.output} of {lookup.table} would be a second column of that name, besides {owner[feature.output]}.",
                    hint=f"Rename it: rename_outputs={{{feature.column!r}: 'another_name'}}, or choose others with feature_names.",
                )
            owner[feature.output] = lookup.table
