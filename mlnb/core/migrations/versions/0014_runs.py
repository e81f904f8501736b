"""Runs in the background, replays of runs, and purges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014_runs"
down_revision = "0013_explore"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "background_runs",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("desired_state", sa.Text, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("caller", sa.JSON, nullable=False),
        sa.Column("process", sa.JSON),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("timeout_s", sa.Float(precision=53)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("error", sa.JSON),
    )
    op.create_index("background_runs_state", "background_runs", ["state"])
    op.create_table(
        "replays",
        sa.Column("replay_run_id", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("verdict", sa.Text),
        sa.Column("differences", sa.JSON),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_index("replays_run", "replays", ["run_id", "created_at"])
    op.create_table(
        "purge_plans",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_table(
        "comparisons",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text),
        sa.Column("champion_run_id", sa.Text),
        sa.Column("look_id", sa.Text),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("comparisons_run", "comparisons", ["run_id", "created_at"])
