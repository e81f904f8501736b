"""The registry's tables in the metastore; versions, aliases and tags are not among them, MLflow has those."""

from __future__ import annotations

import sqlalchemy as sa

from mlnb.core.metastore import metadata

requests = sa.Table(
    "registry_requests",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("creator", sa.Text, nullable=False),
    sa.Column("comment", sa.Text),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("closed_by", sa.Text),
    sa.Column("closed_ms", sa.BigInteger),
    sa.Index("registry_requests_name", "name", "version"),
)
sa.Index(
    "registry_requests_open",
    requests.c.name,
    requests.c.version,
    requests.c.kind,
    requests.c.target,
    requests.c.creator,
    unique=True,
    sqlite_where=requests.c.state == "open",
    postgresql_where=requests.c.state == "open",
)

approvals = sa.Table(
    "registry_approvals",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("approver", sa.Text, primary_key=True),
    sa.Column("decision", sa.Text, nullable=False),
    # The roles the approver had at that moment: groups may change later, what was signed may not.
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("comment", sa.Text),
    sa.Column("time_ms", sa.BigInteger, nullable=False),
    sa.Column("signoff_id", sa.Text),
)

operations = sa.Table(
    "registry_operations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("args", sa.JSON, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started_ms", sa.BigInteger, nullable=False),
    sa.Column("finished_ms", sa.BigInteger),
    sa.Column("event_id", sa.BigInteger),
    sa.Index("registry_operations_state", "state", "name"),
)

#: What MLflow held when we last looked. ``name`` is MLflow's own; version 0 is the model, whose ``aliases`` map alias to version.
seen = sa.Table(
    "registry_seen",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("stage", sa.Text),
    sa.Column("aliases", sa.JSON),
    sa.Column("source", sa.Text),
    sa.Column("run_id", sa.Text),
    sa.Column("user", sa.Text),
    sa.Column("seen_ms", sa.BigInteger, nullable=False),
)
