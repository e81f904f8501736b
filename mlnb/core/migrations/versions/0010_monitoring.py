"""Tables of monitoring: monitors, refreshes, bins, alerts, decisions about retraining."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_monitoring"
down_revision = "0009_serving"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of monitoring."""
    op.create_table(
        "monitoring_monitor",
        sa.Column("table_id", sa.Text(), primary_key=True),
        sa.Column("table_name", sa.Text(), nullable=False, unique=True),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("output_schema", sa.Text(), nullable=False),
        sa.Column("edges_version", sa.Integer(), nullable=False),
        sa.Column("processed", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text()),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "monitoring_refresh",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("table_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("full_refresh", sa.Boolean(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("requested_ms", sa.BigInteger(), nullable=False),
        sa.Column("started_ms", sa.BigInteger()),
        sa.Column("ended_ms", sa.BigInteger()),
        sa.Column("message", sa.Text()),
        sa.Column("windows", sa.Integer()),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("cpu_seconds", sa.Float()),
        sa.Column("peak_mb", sa.Float()),
        sa.Column("worker_id", sa.Text()),
        sa.Column("host", sa.Text()),
        sa.Column("pid", sa.BigInteger()),
        sa.Column("boot_id", sa.Text()),
        sa.Column("pid_started", sa.Float()),
        sa.Column("lease_until_ms", sa.BigInteger()),
    )
    op.create_table(
        "monitoring_edges",
        sa.Column("table_id", sa.Text(), primary_key=True),
        sa.Column("edges_version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("column_name", sa.Text(), primary_key=True),
        sa.Column("edges", sa.JSON(), nullable=False),
        sa.Column("discrete", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_version", sa.BigInteger()),
    )
    op.create_table(
        "monitoring_alert",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("table_id", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("last_value", sa.Float()),
        sa.Column("last_evaluated", sa.BigInteger()),
        sa.Column("since_ms", sa.BigInteger()),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("table_id", "name", name="monitoring_alert_name"),
    )
    op.create_table(
        "monitoring_decision",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("table_id", sa.Text(), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
    )
    op.create_index("monitoring_refresh_table", "monitoring_refresh", ["table_id", "id"])
    op.create_index("monitoring_decision_table", "monitoring_decision", ["table_id", "decided_ms"])


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
