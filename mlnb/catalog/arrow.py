"""What Arrow raises for values that it cannot turn into a type."""

from __future__ import annotations


def conversion_errors() -> tuple[type[Exception], ...]:
    """Return the errors of a failed conversion, for an ``except`` clause: it is evaluated when there is one, so Arrow is loaded by then."""
    import pyarrow as pa

    return pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError
