"""Serving: a registered version as a REST endpoint in a process of its own, its inference tables and its traffic (stage 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .records import Endpoint as Endpoint
    from .records import QueryResponse as QueryResponse
    from .service import Endpoints as Endpoints

__all__ = ["Endpoint", "Endpoints", "QueryResponse"]


def __getattr__(name: str) -> Any:
    if name == "Endpoints":
        from .service import Endpoints

        return Endpoints
    if name in ("Endpoint", "QueryResponse"):
        from . import records

        return getattr(records, name)
    raise AttributeError(f"module 'mlnb.serving' has no attribute {name!r}")
