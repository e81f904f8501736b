"""Tables of catalog."""

from __future__ import annotations

revision = "0002_catalog"
down_revision = "0001_core"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of catalog."""


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
