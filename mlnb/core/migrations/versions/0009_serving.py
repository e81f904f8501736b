"""Tables of serving."""

from __future__ import annotations

revision = "0009_serving"
down_revision = "0008_registry"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of serving."""


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
