"""Variables for a run in the background: pickled with what they need, unpickled in its kernel."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlnb.core.errors import InvalidParameterError, did_you_mean

#: Where the kernel finds them.
VARIABLE = "MLNB_SENT"


class SendError(InvalidParameterError):
    """A variable cannot be sent."""

    code = "CANNOT_SEND"


def chosen(names: list[str], namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of these names.

    Raises
    ------
    SendError
        When there is none of a name.
    """
    for name in names:
        if name not in namespace:
            known = [key for key in namespace if not key.startswith("_")]
            hint = did_you_mean(name, known) or "Run the cell that defines it first."
            raise SendError(f"--send: there is no variable {name}.", hint=hint)
    return {name: namespace[name] for name in names}


def packed(values: Mapping[str, Any], most_mb: float) -> bytes:
    """Return variables pickled, functions and classes of the notebook with their code.

    Raises
    ------
    SendError
        When one cannot be pickled, named; or when all are larger than ``most_mb``.
    """
    import cloudpickle

    try:
        content: bytes = cloudpickle.dumps(dict(values))
    except Exception as error:
        name, reason = _culprit(values, error)
        raise SendError(
            f"{name} cannot be sent: {reason}.",
            hint="Connections, open files, locks and generators cannot leave their process; make them in the cell.",
        ) from error
    if len(content) > most_mb * 1e6:
        largest = max(values, key=lambda name: len(cloudpickle.dumps(values[name])))
        raise SendError(
            f"The variables are {len(content) / 1e6:,.1f} MB, more than the {most_mb:g} MB that may be sent; the largest is {largest}.",
            hint="Write it as a table and read it in the cell, or raise background_send_mb in [training].",
        )
    return content


def _culprit(values: Mapping[str, Any], error: Exception) -> tuple[str, str]:
    import cloudpickle

    for name, value in values.items():
        try:
            cloudpickle.dumps(value)
        except Exception as own:
            return name, f"{type(own).__name__}: {own}".rstrip(".")
    return ", ".join(values), f"{type(error).__name__}: {error}".rstrip(".")


#: What the kernel's history says of it: a cell that stands in no notebook.
_CELL = "# Sent from the notebook's kernel: {names}\nfrom mlnb.training.background.sending import receive\nreceive(globals())"


def receive(namespace: dict[str, Any]) -> None:
    """Put what was sent into the kernel's names; called in the new kernel.

    Raises
    ------
    SendError
        In any other kernel: what was sent is not kept.
    """
    import pickle

    from ..hidden.history import current

    path = os.environ.get(VARIABLE)
    if not path or not Path(path).is_file():
        raise SendError(
            "Variables were sent to this run (--send), and they are not kept.",
            hint="Run the cell again with --background, or make the variables in cells above it.",
        )
    values: dict[str, Any] = pickle.loads(Path(path).read_bytes())  # noqa: S301 - our own file, mode 0600
    history = current()
    if history is not None:
        history.begin(_CELL.format(names=", ".join(values)), None, None)
    namespace.update(values)
    if history is not None:
        history.end(success=True)
