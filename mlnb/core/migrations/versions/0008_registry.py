"""Tables of registry."""

from __future__ import annotations

revision = "0008_registry"
down_revision = "0007_evaluation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of registry."""


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
