"""The registry's part of the catalog's tree: names of models, from what was last seen of MLflow, which is not asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from .tables import seen

if TYPE_CHECKING:
    from .names import Names


def model_names(connection: sa.Connection, names: Names) -> list[tuple[str, int | None]]:
    """Return full name and newest version of every model."""
    query = sa.select(seen.c.name, sa.func.max(seen.c.version).label("latest")).group_by(seen.c.name)
    return [(names.shown(row.name), row.latest or None) for row in connection.execute(query)]
