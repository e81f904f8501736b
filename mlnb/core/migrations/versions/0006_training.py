"""Tables of training."""

from __future__ import annotations

revision = "0006_training"
down_revision = "0005_features"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of training."""


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
