"""Tables of registry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_registry"
down_revision = "0007_evaluation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of registry."""
    op.create_table(
        "registry_requests",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("creator", sa.Text, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("closed_by", sa.Text),
        sa.Column("closed_ms", sa.BigInteger),
    )
    op.create_index("registry_requests_name", "registry_requests", ["name", "version"])
    still_open = sa.text("state = 'open'")
    op.create_index(
        "registry_requests_open",
        "registry_requests",
        ["name", "version", "kind", "target", "creator"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_table(
        "registry_approvals",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("approver", sa.Text, primary_key=True),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("signoff_id", sa.Text),
    )
    op.create_table(
        "registry_operations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("args", sa.JSON, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("finished_ms", sa.BigInteger),
        sa.Column("event_id", sa.BigInteger),
    )
    op.create_index("registry_operations_state", "registry_operations", ["state", "name"])
    op.create_table(
        "registry_seen",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("aliases", sa.JSON),
        sa.Column("source", sa.Text),
        sa.Column("run_id", sa.Text),
        sa.Column("user", sa.Text),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
