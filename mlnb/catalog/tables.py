"""The catalog's tables in the metastore."""

from __future__ import annotations

import sqlalchemy as sa

from mlnb.core.metastore import metadata

#: Everything that has a name. ``namespace`` groups kinds that may not share one (a table and a view); ``name_key`` is the name as it is
#: compared, because SQL's own ``lower`` knows only ASCII on SQLite. A catalog's parent is the empty string.
catalog_securable = sa.Table(
    "catalog_securable",
    metadata,
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
sa.Index(
    "catalog_securable_name",
    catalog_securable.c.parent_id,
    catalog_securable.c.namespace,
    catalog_securable.c.name_key,
    unique=True,
    sqlite_where=catalog_securable.c.deleted_at.is_(None),
    postgresql_where=catalog_securable.c.deleted_at.is_(None),
)

catalog_table = sa.Table(
    "catalog_table",
    metadata,
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

catalog_column = sa.Table(
    "catalog_column",
    metadata,
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

#: Files that were loaded, so that loading them again adds nothing; ``etag`` is the modification time in nanoseconds.
catalog_ingested = sa.Table(
    "catalog_ingested",
    metadata,
    sa.Column("table_id", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("etag", sa.Text, primary_key=True),
    sa.Column("ingest_id", sa.Text, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("rejected", sa.BigInteger, nullable=False),
    sa.Column("loaded_at", sa.BigInteger, nullable=False),
)

#: Functions of the catalog, kept as source text: SQL, Python, or the specification of features.
catalog_function = sa.Table(
    "catalog_function",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("return_type", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("body_hash", sa.Text, nullable=False),
    sa.Column("pip_requirements", sa.JSON, nullable=False),
)

#: Tags of objects, and with ``column_name`` of columns.
catalog_tag = sa.Table(
    "catalog_tag",
    metadata,
    sa.Column("entity_id", sa.Text, primary_key=True),
    sa.Column("column_name", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("updated_by", sa.Text, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
)
sa.Index("catalog_tag_key", catalog_tag.c.key, catalog_tag.c.value)

catalog_grant = sa.Table(
    "catalog_grant",
    metadata,
    sa.Column("entity_id", sa.Text, primary_key=True),
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("privilege", sa.Text, primary_key=True),
    sa.Column("granted_by", sa.Text, nullable=False),
    sa.Column("granted_at", sa.BigInteger, nullable=False),
)

#: Versions that somebody needs: vacuuming keeps their files.
catalog_pin = sa.Table(
    "catalog_pin",
    metadata,
    sa.Column("entity_id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)
sa.Index("catalog_pin_owner", catalog_pin.c.owner)

#: Ingestions that run in the background, or ran.
catalog_ingest = sa.Table(
    "catalog_ingest",
    metadata,
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

#: Statements that ran: who, when, from where, how long.
catalog_statement = sa.Table(
    "catalog_statement",
    metadata,
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
sa.Index("catalog_statement_started", catalog_statement.c.started_at)

#: The tables, versions and columns a statement read.
catalog_read = sa.Table(
    "catalog_read",
    metadata,
    sa.Column("statement_id", sa.Text, primary_key=True),
    sa.Column("table_id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("columns", sa.JSON, nullable=False),
)
sa.Index("catalog_read_table", catalog_read.c.table_id)

#: Edges of lineage: tables when both columns are empty, else columns.
catalog_lineage = sa.Table(
    "catalog_lineage",
    metadata,
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
sa.Index("catalog_lineage_source", catalog_lineage.c.source_id)
sa.Index("catalog_lineage_target", catalog_lineage.c.target_id)
