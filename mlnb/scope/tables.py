"""Tables of hold-outs and the looks taken at them."""

from __future__ import annotations

import sqlalchemy as sa

from mlnb.core.metastore import metadata

holdouts = sa.Table(
    "holdouts",
    metadata,
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
    sa.Index("holdouts_table", "table_name", "state"),
)

holdout_looks = sa.Table(
    "holdout_looks",
    metadata,
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
