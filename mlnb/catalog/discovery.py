"""Search, completion, lineage and insights: how people find data and learn where it comes from."""

from __future__ import annotations

from .namespace import Namespace


class Discovery(Namespace):
    """Finds data and tells where it comes from and who uses it."""
