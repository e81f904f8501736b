"""A table in hand: read it, write it, keep it in order, look at its past."""

from __future__ import annotations

from .keeping import TableKeeper
from .writing import TableWriter, Transaction

__all__ = ["Table", "Transaction"]


class Table(TableWriter, TableKeeper):
    """A table of the catalog, at its newest version or at a fixed one (``ws.catalog.table(name, version=3)``).

    Parameters
    ----------
    catalog
        The catalog it was found in.
    info
        What the metastore knows.
    version
        The fixed version; None reads the newest and can be written.
    filtered
        Whether row filters apply to reading.
    """
