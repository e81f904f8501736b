"""Tables of serving."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_serving"
down_revision = "0008_registry"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of serving."""
    op.create_table(
        "serving_endpoints",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("creator", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.Column("etag", sa.Integer, nullable=False),
        sa.Column("desired", sa.Text, nullable=False),
        sa.Column("config_version", sa.Integer),
        sa.Column("pending_version", sa.Integer),
        sa.Column("ready", sa.Text, nullable=False),
        sa.Column("config_update", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("port", sa.Integer),
    )
    op.create_table(
        "serving_configs",
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("config", sa.JSON, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("applied_ms", sa.BigInteger),
        sa.Column("retired_ms", sa.BigInteger),
        sa.Column("outcome", sa.Text),
    )
    op.create_table(
        "serving_entities",
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("entity_name", sa.Text, nullable=False),
        sa.Column("entity_version", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("deployment", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_table(
        "serving_processes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("endpoint_id", sa.Text, nullable=False, index=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started", sa.Float, nullable=False),
        sa.Column("boot_id", sa.Text, nullable=False),
        sa.Column("socket", sa.Text, nullable=False),
        sa.Column("beat_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "serving_tokens",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("endpoint_id", sa.Text, nullable=False, index=True),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "serving_metrics",
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("entity", sa.Text, primary_key=True),
        sa.Column("minute_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("e4xx", sa.Integer, nullable=False),
        sa.Column("e5xx", sa.Integer, nullable=False),
        sa.Column("latency_buckets", sa.JSON, nullable=False),
        sa.Column("rss_mb", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
