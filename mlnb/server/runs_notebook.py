"""The route of a notebook's runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.core.records import Record
from mlnb.server.route import NATIVE, Route
from mlnb.training.records_notebook import NotebookRuns

if TYPE_CHECKING:
    from mlnb.door import Workspace


class OfNotebook(Record):
    """Which notebook, as seen from the notebook root."""

    path: str


def notebook_runs(ws: Workspace, q: OfNotebook) -> NotebookRuns:
    """Return the newest runs of a notebook."""
    return ws.runs.of_notebook(q.path)


ROUTES = [
    Route(
        "GET", f"{NATIVE}/runs/notebook", notebook_runs, OfNotebook, NotebookRuns,
        resource="runs", tag="Runs", summary="Return the newest runs of a notebook", row="TRK-2",
    ),
]  # fmt: skip
