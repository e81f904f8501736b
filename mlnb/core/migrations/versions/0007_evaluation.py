"""Tables of evaluation."""

from __future__ import annotations

revision = "0007_evaluation"
down_revision = "0006_training"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of evaluation."""


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
