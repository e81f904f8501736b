"""Values a statement is given: data frames by name, and parameters."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

from mlnb.core.errors import InvalidParameterError

_PLAIN = (str, int, float, bool, bytes, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta)


def is_frame(value: Any) -> bool:
    """Return whether a value is tabular data that a statement can read."""
    if value is None or isinstance(value, type):
        return False
    kind = type(value)
    return kind.__module__.split(".")[0] in ("pandas", "polars", "pyarrow", "mlnb") and (
        hasattr(kind, "__arrow_c_stream__") and kind.__name__ not in ("Series", "ChunkedArray")
    )


def bindable(name: str, value: Any) -> Any:
    """Return a value as DuckDB takes it.

    Raises
    ------
    InvalidParameterError
        For what is neither a number, text, time, bytes nor a list of these.
    """
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    elif hasattr(value, "item") and not isinstance(value, (str, bytes)) and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, (list, tuple)) or (hasattr(value, "tolist") and not isinstance(value, bytes)):
        return [bindable(name, item) for item in value]
    if value is None or isinstance(value, _PLAIN):
        return value
    raise InvalidParameterError(
        f"The parameter :{name} is a {type(value).__name__}.",
        hint="Pass a number, text, date, time or a list of these.",
    )
