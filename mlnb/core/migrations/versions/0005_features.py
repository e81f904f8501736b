"""Tables of features."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_features"
down_revision = "0004_explore"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of features."""
    op.create_table(
        "features_check",
        sa.Column("table_id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("unique", sa.Boolean, nullable=False),
        sa.Column("duplicates", sa.BigInteger, nullable=False),
        sa.Column("checked_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "features_training_set",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("label", sa.JSON, nullable=False),
        sa.Column("exclude", sa.JSON, nullable=False),
        sa.Column("source", sa.JSON, nullable=False),
        sa.Column("versions", sa.JSON, nullable=False),
        sa.Column("rows", sa.BigInteger),
        sa.Column("digest", sa.Text),
        sa.Column("quality", sa.JSON),
        sa.Column("run_id", sa.Text),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "features_online_table",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("store", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("source_table_id", sa.Text, nullable=False),
        sa.Column("publish_mode", sa.Text, nullable=False),
        sa.Column("schema_hash", sa.Text, nullable=False),
        sa.Column("published_version", sa.BigInteger, nullable=False),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.Column("max_ts", sa.BigInteger),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
