"""Tables of scope."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_scope"
down_revision = "0002_catalog"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of scope."""
    op.create_table(
        "scopes",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "scope_signatures",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("role", sa.Text, primary_key=True),
        sa.Column("principal", sa.Text, primary_key=True),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "gate_results",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("scope_name", sa.Text),
        sa.Column("scope_version", sa.Integer),
        sa.Column("gate", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("required", sa.JSON),
        sa.Column("observed", sa.JSON),
        sa.Column("evidence", sa.Text),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("gate_results_subject", "gate_results", ["subject", "created_at"])


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
