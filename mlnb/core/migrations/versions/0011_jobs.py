"""Tables of jobs: jobs and their runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_jobs"
down_revision = "0010_monitoring"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of jobs."""
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("run_as", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "job_runs",
        sa.Column("run_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_run_id", sa.BigInteger()),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("task_key", sa.Text()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("run_type", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("idempotency_token", sa.Text()),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("life_cycle", sa.Text(), nullable=False),
        sa.Column("result", sa.Text()),
        sa.Column("code", sa.Text()),
        sa.Column("message", sa.Text()),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("start_ms", sa.BigInteger()),
        sa.Column("end_ms", sa.BigInteger()),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("worker_id", sa.Text()),
        sa.Column("host", sa.Text()),
        sa.Column("pid", sa.BigInteger()),
        sa.Column("boot_id", sa.Text()),
        sa.Column("pid_started", sa.Float()),
        sa.Column("lease_until_ms", sa.BigInteger()),
        sa.Column("not_before_ms", sa.BigInteger()),
        sa.Column("notebook_uri", sa.Text()),
        sa.Column("log_uri", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("error_trace", sa.Text()),
        sa.Column("cells_total", sa.Integer(), nullable=False),
        sa.Column("cells_done", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Text()),
        sa.UniqueConstraint("job_id", "idempotency_token", name="job_runs_token"),
    )
    op.create_index("job_runs_state", "job_runs", ["kind", "life_cycle"])
    op.create_index("job_runs_parent", "job_runs", ["parent_run_id"])


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
