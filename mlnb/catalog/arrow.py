"""What Arrow raises for values that it cannot turn into a type."""

from __future__ import annotations


def conversion_errors(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """Return the errors of a failed conversion, and ``more``, for an ``except`` clause.

    The clause is evaluated when there is an error, so Arrow is loaded by then.
    """
    import pyarrow as pa

    return pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, *more
