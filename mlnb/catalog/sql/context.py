"""What a statement is run with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Context:
    """What a statement is run with; see :meth:`mlnb.catalog.service.Catalog.sql`."""

    params: Mapping[str, Any]
    frames: Mapping[str, Any]
    filtered: bool | None
    catalog: str
    schema: str
    #: Whether only listed functions may be called: for callers who are not on this machine.
    restricted: bool = False
    #: ``duckdb``, ``spark`` or the address of a Spark Connect server.
    engine: str = "duckdb"
