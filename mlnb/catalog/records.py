"""Records of the catalog; the tables they live in are in ``tables``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mlnb.core.records import Record


class CatalogSettings(BaseModel):
    """Section ``[catalog]`` of ``mlnb.toml``.

    Attributes
    ----------
    default_catalog, default_schema
        For names of one and two parts.
    sql_memory_limit
        DuckDB's limit, for example ``4GB``; empty = 60 % of what this machine or container has.
    sql_threads
        DuckDB's threads; 0 = one per core.
    compression, target_file_size
        How new files are written; the size is in bytes.
    undrop_days
        How long a dropped table can come back.
    spool_rows, spool_seconds
        A spool is flushed when it holds this many rows or its oldest is this old.
    """

    model_config = ConfigDict(extra="forbid")

    default_catalog: str = "main"
    default_schema: str = "default"
    sql_memory_limit: str = ""
    sql_threads: int = 0
    compression: Literal["uncompressed", "snappy", "gzip", "zstd", "lz4"] = "zstd"
    target_file_size: int = Field(128 * 1024 * 1024, ge=1024 * 1024)
    undrop_days: float = Field(7, ge=0)
    spool_rows: int = Field(50_000, ge=1)
    spool_seconds: float = Field(5, ge=0)


class CatalogInfo(Record):
    """A catalog."""

    name: str
    full_name: str
    owner: str
    comment: str | None = None
    properties: dict[str, str] = Field(default_factory=dict)
    storage_root: str | None = None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    id: str


class SchemaInfo(Record):
    """A schema of a catalog."""

    name: str
    catalog_name: str
    full_name: str
    owner: str
    comment: str | None = None
    properties: dict[str, str] = Field(default_factory=dict)
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    schema_id: str


class ColumnInfo(Record):
    """A column; ``type_text`` is the platform's spelling (``bigint``, ``array<string>``)."""

    name: str
    type_text: str
    type_name: str
    type_json: str
    position: int
    nullable: bool = True
    comment: str | None = None
    partition_index: int | None = None


class TableInfo(Record):
    """A table or view as the metastore knows it; statistics are those of ``version``, a view has a definition instead."""

    name: str
    catalog_name: str
    schema_name: str
    full_name: str
    table_type: str = "MANAGED"
    data_source_format: str = "DELTA"
    columns: list[ColumnInfo] = Field(default_factory=list)
    storage_location: str = ""
    view_definition: str | None = None
    table_id: str
    owner: str
    comment: str | None = None
    properties: dict[str, str] = Field(default_factory=dict)
    primary_key: list[str] = Field(default_factory=list)
    timeseries: str | None = None
    version: int
    schema_changed_version: int = 0
    num_rows: int | None = None
    size_bytes: int | None = None
    num_files: int | None = None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


class Commit(Record):
    """One entry of a table's history; ``replayed`` says that a write with this transaction id had been applied before."""

    version: int
    timestamp: int
    operation: str
    operation_parameters: dict[str, Any] = Field(default_factory=dict)
    metrics: dict[str, Any] = Field(default_factory=dict)
    user: str | None = None
    notebook: str | None = None
    cell: str | None = None
    job: str | None = None
    run_id: str | None = None
    statement_id: str | None = None
    replayed: bool = False


class TableVersion(Record):
    """A table at a version, as a statement read or wrote it."""

    name: str
    version: int
    columns: list[str] = Field(default_factory=list)


class IngestedColumn(Record):
    """A column as it was loaded: its type, why, and what the user should know."""

    name: str
    source_name: str
    type: str
    reason: str
    warnings: list[str] = Field(default_factory=list)


class IngestedFile(Record):
    """A loaded file and how many of its rows fitted."""

    path: str
    rows: int
    rejected: int


class IngestReport(Record):
    """What loading files did; rejected rows are in ``rejects_table`` with file, line and reason."""

    table: str
    version: int
    rows: int
    rejected: int
    rejects_table: str | None = None
    files: list[IngestedFile] = Field(default_factory=list)
    skipped_files: list[str] = Field(default_factory=list)
    columns: list[IngestedColumn] = Field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        """Everything the user should know, one sentence each."""
        return [f"{column.name}: {text}" for column in self.columns for text in column.warnings]
