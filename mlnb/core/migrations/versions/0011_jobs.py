"""Tables of jobs."""

from __future__ import annotations

revision = "0011_jobs"
down_revision = "0010_monitoring"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of jobs."""


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
