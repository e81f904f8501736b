"""Tables of features."""

from __future__ import annotations

revision = "0005_features"
down_revision = "0004_explore"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of features."""


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
