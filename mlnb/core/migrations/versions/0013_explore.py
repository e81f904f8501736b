"""Tables of stored profiles, findings, reports, and of hold-outs with their looks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_explore"
down_revision = "0012_governance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "explore_profiles",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source_kind", sa.Text, nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("source_version", sa.BigInteger),
        sa.Column("digest", sa.Text),
        sa.Column("options_sha", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("target", sa.Text),
        sa.Column("time_column", sa.Text),
        sa.Column("rows", sa.BigInteger),
        sa.Column("columns", sa.Integer),
        sa.Column("excluded", sa.BigInteger),
        sa.Column("holdout_id", sa.Text),
        sa.Column("sample_rows", sa.Integer),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("cpu_ms", sa.Integer),
        sa.Column("wall_ms", sa.Integer),
        sa.Column("profile_uri", sa.Text),
        sa.Column("html_uri", sa.Text),
        sa.Column("mlflow_run_id", sa.Text),
        sa.Column("findings", sa.JSON),
        sa.Column("request", sa.JSON),
        sa.Column("process", sa.JSON),
        sa.Column("error", sa.JSON),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("explore_profiles_newest", "explore_profiles", ["source_name", "created_at"])
    op.create_index(
        "explore_profiles_once",
        "explore_profiles",
        ["source_name", "source_version", "options_sha"],
        unique=True,
        sqlite_where=sa.text("complete AND source_kind = 'table'"),
        postgresql_where=sa.text("complete AND source_kind = 'table'"),
    )
    op.create_table(
        "explore_findings",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("profile_id", sa.Text, nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("target", sa.Text),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("column_name", sa.Text),
        sa.Column("other_column", sa.Text),
        sa.Column("evidence", sa.JSON),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("advice", sa.JSON),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.BigInteger),
    )
    op.create_index("explore_findings_profile", "explore_findings", ["profile_id"])
    op.create_index("explore_findings_source", "explore_findings", ["source_name", "code"])
    op.create_table(
        "explore_reports",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("profile_id", sa.Text),
        sa.Column("source", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("path", sa.Text),
        sa.Column("minimal", sa.Boolean, nullable=False),
        sa.Column("process", sa.JSON),
        sa.Column("error", sa.JSON),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_table(
        "holdouts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("table_id", sa.Text, nullable=False),
        sa.Column("rule", sa.JSON, nullable=False),
        sa.Column("scope_name", sa.Text),
        sa.Column("looks_allowed", sa.Integer, nullable=False),
        sa.Column("looks_used", sa.Integer, nullable=False),
        sa.Column("may_look", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("holdouts_table", "holdouts", ["table_name", "state"])
    op.create_table(
        "holdout_looks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("holdout_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("model_digest", sa.Text, nullable=False),
        sa.Column("metric_set", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("metrics", sa.JSON),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("holdout_id", "model_digest", "metric_set", name="holdout_looks_once"),
    )


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
