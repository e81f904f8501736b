"""Tables of catalog."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_catalog"
down_revision = "0001_core"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of catalog."""
    op.create_table(
        "catalog_securable",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("properties", sa.JSON, nullable=False),
        sa.Column("storage_location", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("updated_by", sa.Text, nullable=False),
        sa.Column("deleted_at", sa.BigInteger),
    )
    op.create_index(
        "catalog_securable_name",
        "catalog_securable",
        ["parent_id", "namespace", "name_key"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "catalog_table",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("table_type", sa.Text, nullable=False),
        sa.Column("data_source_format", sa.Text, nullable=False),
        sa.Column("view_definition", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("num_rows", sa.BigInteger),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("num_files", sa.BigInteger),
        sa.Column("stats_version", sa.BigInteger, nullable=False),
        sa.Column("schema_changed_version", sa.BigInteger, nullable=False),
        sa.Column("primary_key", sa.JSON, nullable=False),
        sa.Column("timeseries", sa.Text),
        sa.Column("constraints", sa.JSON, nullable=False),
        sa.Column("writer", sa.Text, nullable=False),
    )
    op.create_table(
        "catalog_column",
        sa.Column("table_id", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("type_text", sa.Text, nullable=False),
        sa.Column("type_name", sa.Text, nullable=False),
        sa.Column("type_json", sa.Text, nullable=False),
        sa.Column("nullable", sa.Boolean, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("partition_index", sa.Integer),
    )
    op.create_table(
        "catalog_ingested",
        sa.Column("table_id", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("etag", sa.Text, primary_key=True),
        sa.Column("ingest_id", sa.Text, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("rejected", sa.BigInteger, nullable=False),
        sa.Column("loaded_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
