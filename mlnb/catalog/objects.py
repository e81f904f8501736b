"""Views, volumes and functions: what has a name besides tables."""

from __future__ import annotations

from .namespace import Namespace


class Objects(Namespace):
    """Creates and finds views, volumes and functions."""
