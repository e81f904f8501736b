"""Tables of explore."""

from __future__ import annotations

revision = "0004_explore"
down_revision = "0003_scope"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of explore."""


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
