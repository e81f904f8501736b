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
    vacuum_retention_hours
        Files that no version younger than this needs may be vacuumed; a lower value in a call needs ``force``.
    auto_compact_files
        That many files under 16 MB in one table start a compaction; 0 = never.
    naive_timestamps
        How times without a zone are read: as ``utc``, or kept as they are (``ntz``), which only newer readers can open.
    storage_options
        Passed to the Delta library: keys and end points of an object store.
    sql_engine
        Where queries run: ``duckdb``, or the address of a Spark Connect server, ``sc://localhost:15002``.
    remote_python
        Whether Python functions of the catalog run, in a process of the server, for callers over REST too.
    query_history_days
        How long it is remembered which statements ran.
    max_upload_bytes
        The largest file that a browser may send to be loaded.
    lineage, openlineage_url
        Whether it is recorded which data is made of which; where OpenLineage events go, a file or an ``http(s)`` address.
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
    sql_engine: str = Field("duckdb", pattern=r"^(duckdb|sc://.+)$")
    remote_python: bool = False
    query_history_days: float = Field(90, ge=0)
    max_upload_bytes: int = Field(10 * 1024**3, ge=1)
    lineage: bool = True
    openlineage_url: str = Field("", repr=False)
    vacuum_retention_hours: float = Field(168, ge=0)
    auto_compact_files: int = Field(50, ge=0)
    naive_timestamps: Literal["utc", "ntz"] = "utc"
    storage_options: dict[str, str] = Field(default_factory=dict, repr=False)
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


class Constraint(Record):
    """A condition that every row of a table satisfies."""

    name: str
    expression: str


class Pin(Record):
    """A version that ``owner`` needs: vacuuming keeps its files."""

    version: int
    owner: str
    created_at: int


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
    constraints: list[Constraint] = Field(default_factory=list)
    writer: str = "delta-rs"
    version: int
    schema_changed_version: int = 0
    num_rows: int | None = None
    size_bytes: int | None = None
    num_files: int | None = None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


_ROW_METRICS = (
    "num_added_rows",
    "num_updated_rows",
    "num_deleted_rows",
    "num_target_rows_inserted",
    "num_target_rows_updated",
    "num_target_rows_deleted",
)


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

    @property
    def num_affected_rows(self) -> int:
        """How many rows the commit added, changed or took away, as far as its engine counted them."""
        return sum(int(self.metrics.get(name) or 0) for name in _ROW_METRICS)


class VacuumReport(Record):
    """What vacuuming deleted, or would: files no version needs that is younger than ``retain_hours`` or pinned.

    ``oldest_readable`` is the oldest version that can be read afterwards; ``paths`` holds the first thousand files.
    """

    table: str
    dry_run: bool
    retain_hours: float
    files: int
    size_bytes: int
    paths: list[str] = Field(default_factory=list)
    pins: list[Pin] = Field(default_factory=list)
    oldest_readable: int
    log_entries: int = 0


class KeyReport(Record):
    """Whether the primary key identifies rows: how many key values occur twice or are empty, with examples."""

    table: str
    version: int
    columns: list[str]
    rows: int
    duplicates: int
    nulls: int
    examples: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every row has a key of its own."""
        return self.duplicates == 0 and self.nulls == 0


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
    """What loading files did; rejected rows are in ``rejects_table`` with file, line, reason and this ``ingest_id``."""

    table: str
    version: int
    rows: int
    rejected: int
    rejects_table: str | None = None
    files: list[IngestedFile] = Field(default_factory=list)
    skipped_files: list[str] = Field(default_factory=list)
    columns: list[IngestedColumn] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    ingest_id: str | None = None

    @property
    def warnings(self) -> list[str]:
        """Everything the user should know, one sentence each."""
        return [*self.notes, *(f"{column.name}: {text}" for column in self.columns for text in column.warnings)]
