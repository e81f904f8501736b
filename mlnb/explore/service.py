"""Profiles of tables, frames and files (``ws.explore``)."""

from __future__ import annotations

from .notebook.making import NotebookWriting
from .producing import Producing
from .report.making import Reporting
from .settings import ExploreSettings
from .stored.profiles import Stored

__all__ = ["Explore", "ExploreSettings"]


class Explore(Stored, Reporting, NotebookWriting, Producing):
    """Looks at data: what it holds, what is wrong with it, what predicts the target (``ws.explore``).

    Parameters
    ----------
    ground, catalog, scopes
        The workspace's stores, tables, and scope cards with their hold-outs.
    """
