"""Notebooks made of cells, and waiting with a bound."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def make_notebook(path: Path, *cells: str, parameters: str | None = None, kernel: str = "python3") -> Path:
    """Write a notebook; the first cell is tagged `parameters` when given."""
    sources = [(parameters, ["parameters"])] if parameters is not None else []
    sources += [(cell, []) for cell in cells]
    made: list[dict[str, Any]] = []
    for number, (source, tags) in enumerate(sources):
        if source.startswith("#md "):
            made.append({"cell_type": "markdown", "id": f"c{number}", "metadata": {}, "source": source[4:]})
            continue
        metadata = {"tags": tags} if tags else {}
        made.append(
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": metadata,
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
        )
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    document = {"cells": made, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(document))
    return path


def until(condition: Callable[[], Any], seconds: float = 30.0, what: str = "the condition") -> Any:
    """Wait for something to become true and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s in vain for {what}")
