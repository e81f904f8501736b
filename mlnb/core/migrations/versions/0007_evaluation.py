"""Tables of evaluation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_evaluation"
down_revision = "0006_training"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of evaluation."""
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text),
        sa.Column("model_uri", sa.Text),
        sa.Column("model_digest", sa.Text),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("metrics", sa.JSON, nullable=False),
        sa.Column("intervals", sa.JSON, nullable=False),
        sa.Column("fairness", sa.JSON),
        sa.Column("baseline_uri", sa.Text),
        sa.Column("look_id", sa.Text),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("evaluations_run", "evaluations", ["run_id", "created_at"])
    op.create_table(
        "evaluation_slices",
        sa.Column("evaluation_id", sa.Text, nullable=False),
        sa.Column("slice_key", sa.Text, nullable=False),
        sa.Column("slice_value", sa.Text, nullable=False),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=False),
        sa.Column("lower", sa.Float(precision=53)),
        sa.Column("upper", sa.Float(precision=53)),
    )
    op.create_index("evaluation_slices_evaluation", "evaluation_slices", ["evaluation_id"])


def downgrade() -> None:
    """Downgrades are not supported: restore a copy of the workspace instead."""
