"""Comments, tags, certification, owners and grants: what people say about data, and who may touch it."""

from __future__ import annotations

from .namespace import Namespace


class Governance(Namespace):
    """Says who owns, describes, tags and may use what."""
