"""Tables of explore: stored profiles, their findings with what was decided about them, and reports."""

from __future__ import annotations

import sqlalchemy as sa

from mlnb.core.metastore import metadata

explore_profiles = sa.Table(
    "explore_profiles",
    metadata,
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
    #: Finding id → severity, as they were found.
    sa.Column("findings", sa.JSON),
    sa.Column("request", sa.JSON),
    #: The process that works on it, while it is made in the background.
    sa.Column("process", sa.JSON),
    sa.Column("error", sa.JSON),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("explore_profiles_newest", "source_name", "created_at"),
)

#: One complete profile per version of a table and options: who is second finds the first one's.
sa.Index(
    "explore_profiles_once",
    explore_profiles.c.source_name,
    explore_profiles.c.source_version,
    explore_profiles.c.options_sha,
    unique=True,
    sqlite_where=sa.text("complete AND source_kind = 'table'"),
    postgresql_where=sa.text("complete AND source_kind = 'table'"),
)

explore_findings = sa.Table(
    "explore_findings",
    metadata,
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
    #: What to do about it: the hint and the code that mends it.
    sa.Column("advice", sa.JSON),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", sa.BigInteger),
    sa.Index("explore_findings_profile", "profile_id"),
    sa.Index("explore_findings_source", "source_name", "code"),
)

explore_reports = sa.Table(
    "explore_reports",
    metadata,
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
