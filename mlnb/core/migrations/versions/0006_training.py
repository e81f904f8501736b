"""Tables of training."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_training"
down_revision = "0005_features"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of training."""
    op.create_table(
        "run_sessions",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("experiment_id", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("notebook_path", sa.Text),
        sa.Column("cell_id", sa.Text),
        sa.Column("execution_count", sa.Integer),
        sa.Column("kernel_id", sa.Text),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("boot_id", sa.Text, nullable=False),
        sa.Column("pid", sa.BigInteger, nullable=False),
        sa.Column("process_created", sa.Float(precision=53), nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("heartbeat_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("desired_state", sa.Text),
        sa.Column("code_sha256", sa.Text),
        sa.Column("revision", sa.Text),
        sa.Column("reproducible", sa.Text),
        sa.Column("scope_name", sa.Text),
    )
    op.create_index("run_sessions_state", "run_sessions", ["state"])
    op.create_table(
        "run_data",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger),
        sa.Column("fingerprint", sa.Text),
        sa.Column("n_rows", sa.BigInteger),
        sa.Column("holdout", sa.Text, nullable=False),
        sa.Column("observed", sa.Boolean, nullable=False),
    )
    op.create_index("run_data_run", "run_data", ["run_id"])
    op.create_index("run_data_name", "run_data", ["name"])


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
