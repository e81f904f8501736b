"""What a run takes from the code: metrics, names, seeds, errors, each in the form in which it is stored."""

from __future__ import annotations

import math
import random
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from mlnb.core.errors import InvalidParameterError, MlnbError, did_you_mean

from .capture import CellNames, numbers_of

_BAD_KEY = re.compile(r"[^\w./ :-]")


class MetricError(InvalidParameterError):
    """A metric that is no number."""

    code = "METRIC_NOT_A_NUMBER"


class NameNotDefinedError(InvalidParameterError):
    """A name that neither the cell nor the kernel defines."""

    code = "NAME_NOT_DEFINED"


def clean_key(key: str) -> str:
    """Return a name that MLflow accepts for parameters, metrics and tags."""
    return _BAD_KEY.sub("_", key)[:250] or "_"


def metric_values(values: Mapping[str, Any]) -> dict[str, float]:
    """Return metrics as floats.

    Raises
    ------
    MetricError
        Naming the first that is no number.
    """
    found: dict[str, float] = {}
    for name, value in values.items():
        flat = numbers_of(value, str(name))
        if not flat:
            raise MetricError(
                f"Metric {name} is {type(value).__name__}, not a number.",
                hint="Log text with run.log_params or run.set_tag.",
            )
        found |= flat
    return {clean_key(name): value for name, value in found.items()}


def check_names(wanted: Iterable[str], names: CellNames, namespace: Mapping[str, Any], option: str) -> None:
    """Refuse names that will not exist after the cell, before it runs.

    Raises
    ------
    NameNotDefinedError
        With the nearest names as hint.
    """
    for name in wanted:
        if name not in names.bound and name not in namespace:
            hint = did_you_mean(name, names.bound) or f"The cell assigns {', '.join(names.bound[:10]) or 'no names'}."
            raise NameNotDefinedError(
                f"{option} names {name}, which neither the cell nor the kernel defines.", hint=hint
            )


def seed_everything(seed: int) -> dict[str, int]:
    """Set the seeds of the generators that are loaded and return which."""
    random.seed(seed)
    seeded = {"random": seed}
    if "numpy" in sys.modules:
        import numpy as np

        np.random.seed(seed % 2**32)
        seeded["numpy"] = seed % 2**32
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)
        seeded["torch"] = seed
    return seeded


def error_text(error: BaseException) -> str:
    """Return a traceback without mlnb's own frames at its beginning."""
    return "".join(traceback.format_exception(type(error), error, code_traceback(error)))


def code_traceback(error: BaseException) -> Any:
    """Return the traceback from the user's code on: without the host's frames and ours that lead there."""
    found = trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "ipykernel_" in name or name.startswith("<ipython-input"):
            found = trace  # the last cell entered: a cell's body inside a cell with a magic
        trace = trace.tb_next
    return found


def error_line(error: BaseException) -> str:
    """Return an error in one line."""
    if isinstance(error, MlnbError):
        return str(error)
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:500] if text else type(error).__name__


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics that JSON can hold."""
    return {name: value for name, value in metrics.items() if math.isfinite(value)}
