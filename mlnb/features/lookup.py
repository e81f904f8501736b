"""What the user says about a look-up, with the platform's names and older spellings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from mlnb.core.errors import InvalidParameterError, did_you_mean

#: Earlier names of the platform's arguments.
_OLDER = ("feature_name", "output_name")


class FeatureLookup:
    """Features of one table, looked up by key and, for time series, by time.

    Parameters
    ----------
    table_name
        The feature table.
    lookup_key
        Columns of the frame that stand for the table's primary key, in its order (without the time).
    feature_names
        The features; all columns besides the key by default.
    rename_outputs
        Feature → name in the training set.
    timestamp_lookup_key
        Column of the frame with the time at which the features were to be known; required for time-series tables.
    lookback_window
        Rows older than this before the time count as missing; any age by default.
    default_values
        Output name → value where no row was found. A stored NULL stays NULL.
    """

    def __init__(
        self,
        table_name: str,
        lookup_key: str | Sequence[str],
        *,
        feature_names: str | Sequence[str] | None = None,
        rename_outputs: Mapping[str, str] | None = None,
        timestamp_lookup_key: str | None = None,
        lookback_window: timedelta | None = None,
        default_values: Mapping[str, Any] | None = None,
        **older: Any,
    ) -> None:
        unknown = [name for name in older if name not in _OLDER]
        if unknown:
            hint = did_you_mean(
                unknown[0], ["feature_names", "rename_outputs", "timestamp_lookup_key", "lookback_window"]
            )
            raise InvalidParameterError(f"FeatureLookup has no argument {unknown[0]!r}.", hint=hint)
        if older.get("feature_name") is not None:
            feature_names = feature_names or older["feature_name"]
        self.table_name = table_name
        self.lookup_key = _names(lookup_key)
        self.feature_names = None if feature_names is None else _names(feature_names)
        self.rename_outputs = dict(rename_outputs or {})
        if older.get("output_name") is not None:
            self.rename_outputs |= _rename_one(self.feature_names, older["output_name"])
        self.timestamp_lookup_key = _one_name(timestamp_lookup_key)
        self.lookback_window = _window(lookback_window)
        self.default_values = dict(default_values or {})

    def __repr__(self) -> str:
        return f"FeatureLookup({self.table_name!r}, {self.lookup_key!r}, feature_names={self.feature_names!r})"


def _names(value: str | Sequence[str]) -> list[str]:
    names = [value] if isinstance(value, str) else list(value)
    if not names or not all(isinstance(name, str) for name in names):
        raise InvalidParameterError(f"{value!r} are no column names.", hint="Give a name or a list of names.")
    return names


def _one_name(value: str | Sequence[str] | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    names = _names(value)
    if len(names) != 1:
        raise InvalidParameterError(
            "A look-up has one timestamp_lookup_key.", hint=f"Choose one of {', '.join(names)}."
        )
    return names[0]


def _rename_one(features: list[str] | None, output: str) -> dict[str, str]:
    if features is None or len(features) != 1:
        raise InvalidParameterError("output_name names one feature.", hint="Use rename_outputs for several features.")
    return {features[0]: output}


def _window(value: timedelta | None) -> timedelta | None:
    if value is None:
        return None
    if not isinstance(value, timedelta) or value < timedelta(0):
        raise InvalidParameterError(
            f"{value!r} is no look-back window.", hint="Give a datetime.timedelta that is not negative."
        )
    return value
