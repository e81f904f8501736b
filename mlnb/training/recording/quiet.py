"""MLflow's voice in a cell: its advice is for people who call it by hand."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent_log() -> Iterator[None]:
    """Keep what MLflow logs out of the cell, such as the traceback of a store that does not answer; safe in any thread."""
    logger = logging.getLogger("mlflow")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep MLflow's advice out of the cell: integer columns, pickle, missing examples. Filters of warnings belong to the main thread."""
    with silent_log(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
