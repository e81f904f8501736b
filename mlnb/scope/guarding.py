"""What makes a catalog keep held-out rows back: whoever makes a catalog that people read through calls this."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog

    from .service import Scopes


def guard(catalog: Catalog, scopes: Callable[[], Scopes]) -> None:
    """Let reads of a catalog leave held-out rows out; the scope cards are asked for when a table is first read."""
    catalog.register_row_filter(
        lambda table, dialect: scopes().holdouts.row_filter(table, dialect),
        lambda table, version: scopes().holdouts.reading_note(table, version),
    )
