"""Figures of a run: matplotlib's as PNG, plotly's as their own JSON, which Lab draws again with its own plotly."""

from __future__ import annotations

import base64
import io
import mimetypes
import sys
from collections.abc import Iterable
from typing import Any

#: A run keeps at most this many figures, each of at most this many bytes.
MOST_FIGURES = 20
LARGEST_FIGURE = 5_000_000
FOLDER = "mlnb/figures"
PLOTLY_MIME = "application/vnd.plotly.v1+json"
PLOTLY_SUFFIX = ".plotly.json"
#: What a notebook's output can be stored as, in the order of preference.
STORED_TYPES = {PLOTLY_MIME: PLOTLY_SUFFIX, "image/svg+xml": ".svg", "image/png": ".png", "image/jpeg": ".jpg"}

#: Drawn by MLflow's evaluator under these names; an evaluation keeps the same curves as SVG.
_EVALUATOR_CURVES = {f"{name}_curve_plot.png" for name in ("roc", "precision_recall", "calibration")}


def figure_file(value: Any, suffix: str | None = None) -> tuple[str, bytes] | None:
    """Return suffix and content of a figure, None when the value is none.

    Parameters
    ----------
    value
        A matplotlib or plotly figure, or a matplotlib axes.
    suffix
        ``.png`` or ``.svg`` for matplotlib, ``.html`` for plotly; by default PNG and plotly's JSON.
    """
    package = type(value).__module__.partition(".")[0]
    if package == "plotly" and hasattr(value, "to_plotly_json"):
        if suffix == ".html":
            return suffix, value.to_html(include_plotlyjs="cdn").encode()
        return PLOTLY_SUFFIX, value.to_json().encode()
    figure: Any = value if hasattr(value, "savefig") else getattr(value, "figure", None)
    if hasattr(figure, "savefig"):
        form = (suffix or ".png").lstrip(".")
        content = io.BytesIO()
        figure.savefig(content, format=form, bbox_inches="tight", dpi=110)
        return f".{form}", content.getvalue()
    return None


def output_file(data: dict[str, Any]) -> tuple[str, bytes] | None:
    """Return suffix and content of the figure in a MIME bundle that a cell displayed, None when it has none."""
    for mime, suffix in STORED_TYPES.items():
        if mime in data:
            content = data[mime]
            if mime == PLOTLY_MIME:
                import json

                return suffix, json.dumps(content, default=str).encode()
            if isinstance(content, str):
                content = content.encode() if suffix == ".svg" else base64.b64decode(content)
            return suffix, content
    return None


def open_numbers() -> set[int]:
    """Return the numbers of pyplot's open figures, without importing it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot is not None else set()


def figures_since(before: set[int]) -> list[Any]:
    """Return the figures that pyplot has opened since and not closed."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    if helpers is None:
        return []
    # not pyplot.figure(number), which would make each the current one
    managers: dict[int, Any] = helpers.Gcf.figs
    return [manager.canvas.figure for number, manager in managers.items() if number not in before]


def data_url(path: str, content: bytes) -> str:
    """Return a figure as a data URL with the type its name says."""
    mime = PLOTLY_MIME if path.endswith(PLOTLY_SUFFIX) else mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def shown_figures(paths: Iterable[str]) -> set[str]:
    """Return the pictures among a run's files, without those an evaluation kept twice: MLflow's curves beside our own."""
    every = set(paths)
    pictures = {path for path in every if is_figure(path)}
    evaluated = any(path.startswith("mlnb/evaluations/") for path in every)
    return pictures - _EVALUATOR_CURVES if evaluated else pictures


def is_figure(path: str) -> bool:
    """Return whether a file of a run is a picture a page can show."""
    return path.endswith((PLOTLY_SUFFIX, ".png", ".svg", ".jpg", ".jpeg"))
