"""Errors of the feature store.

::

    InvalidParameterError   LookupKeyNotFoundError, LookupKeyTypeError, FeatureNameConflictError, NoPrimaryKeyError,
                            UndeclaredTimeseriesError, NullKeyError, DuplicateKeysError, IncompleteTimeseriesError, NotAFeatureModelError
    InvalidStateError       KeysNotUniqueError, FeatureChangedError, NotPublishedError
"""

from __future__ import annotations

from mlnb.core.errors import InvalidParameterError, InvalidStateError


class LookupKeyNotFoundError(InvalidParameterError):
    """The frame lacks a column that a look-up needs."""

    code = "LOOKUP_KEY_NOT_FOUND"


class LookupKeyTypeError(InvalidParameterError):
    """A look-up key differs in number, order or type from the table's primary key."""

    code = "LOOKUP_KEY_TYPE_MISMATCH"


class FeatureNameConflictError(InvalidParameterError):
    """Two columns of a training set would have one name."""

    code = "FEATURE_NAME_CONFLICT"


class NoPrimaryKeyError(InvalidParameterError):
    """A table without primary key cannot be looked up."""

    code = "FEATURE_TABLE_WITHOUT_PRIMARY_KEY"


class UndeclaredTimeseriesError(InvalidParameterError):
    """A time is part of the primary key without being declared as time series."""

    code = "UNDECLARED_TIMESERIES_KEY"


class NullKeyError(InvalidParameterError):
    """Data to be written has rows without key."""

    code = "NULL_KEY_IN_DATA"


class DuplicateKeysError(InvalidParameterError):
    """Data to be written has several rows for one key."""

    code = "DUPLICATE_KEYS_IN_DATA"


class IncompleteTimeseriesError(InvalidParameterError):
    """A write to a time-series table lacks columns."""

    code = "INCOMPLETE_TIMESERIES_WRITE"


class NotAFeatureModelError(InvalidParameterError):
    """The model carries no look-ups."""

    code = "MODEL_WITHOUT_FEATURE_SPEC"
    default_hint = "Log it with ws.features.log_model(…, training_set=…), or predict with the model itself."


class KeysNotUniqueError(InvalidStateError):
    """A feature table has several rows for one key, so a look-up would pick any of them."""

    code = "FEATURE_TABLE_KEYS_NOT_UNIQUE"


class FeatureChangedError(InvalidStateError):
    """A table behind a model was dropped or lost a feature, or a feature changed its type."""

    code = "FEATURE_CHANGED"


class NotPublishedError(InvalidStateError):
    """A table that serving needs is not in the online store."""

    code = "FEATURE_TABLE_NOT_PUBLISHED"
