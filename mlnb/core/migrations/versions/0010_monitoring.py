"""Tables of monitoring."""

from __future__ import annotations

revision = "0010_monitoring"
down_revision = "0009_serving"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of monitoring."""


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
