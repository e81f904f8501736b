"""Notebooks made of cells."""

from __future__ import annotations

import json
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
