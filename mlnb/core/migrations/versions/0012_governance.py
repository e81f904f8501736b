"""Tables of the governed catalog: functions, tags, grants, pins, ingestions, statements, lineage; and what screens remember."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_governance"
down_revision = "0011_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "catalog_function",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("return_type", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("body_hash", sa.Text, nullable=False),
        sa.Column("pip_requirements", sa.JSON, nullable=False),
    )
    op.create_table(
        "catalog_tag",
        sa.Column("entity_id", sa.Text, primary_key=True),
        sa.Column("column_name", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("updated_by", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_index("catalog_tag_key", "catalog_tag", ["key", "value"])
    op.create_table(
        "catalog_grant",
        sa.Column("entity_id", sa.Text, primary_key=True),
        sa.Column("principal", sa.Text, primary_key=True),
        sa.Column("privilege", sa.Text, primary_key=True),
        sa.Column("granted_by", sa.Text, nullable=False),
        sa.Column("granted_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "catalog_pin",
        sa.Column("entity_id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("catalog_pin_owner", "catalog_pin", ["owner"])
    op.create_table(
        "catalog_ingest",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("report", sa.JSON),
        sa.Column("error", sa.JSON),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("process", sa.JSON),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_table(
        "catalog_statement",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("duration_ms", sa.BigInteger),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sql", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("error_code", sa.Text),
        sa.Column("rows", sa.BigInteger),
        sa.Column("bytes_read", sa.BigInteger),
        sa.Column("context", sa.JSON, nullable=False),
    )
    op.create_index("catalog_statement_started", "catalog_statement", ["started_at"])
    op.create_table(
        "catalog_read",
        sa.Column("statement_id", sa.Text, primary_key=True),
        sa.Column("table_id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("columns", sa.JSON, nullable=False),
    )
    op.create_index("catalog_read_table", "catalog_read", ["table_id"])
    op.create_table(
        "catalog_lineage",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("event_time", sa.BigInteger, nullable=False),
        sa.Column("statement_id", sa.Text),
        sa.Column("run_id", sa.Text),
        sa.Column("entity_type", sa.Text),
        sa.Column("entity_id", sa.Text),
        sa.Column("entity_run_id", sa.Text),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("source_version", sa.BigInteger),
        sa.Column("source_column", sa.Text),
        sa.Column("target_id", sa.Text, nullable=False),
        sa.Column("target_name", sa.Text, nullable=False),
        sa.Column("target_version", sa.BigInteger),
        sa.Column("target_column", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
    )
    op.create_index("catalog_lineage_source", "catalog_lineage", ["source_id"])
    op.create_index("catalog_lineage_target", "catalog_lineage", ["target_id"])
    op.create_table(
        "ui_state",
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value_json", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
