"""Records of the feature store and the tables they live in."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from pydantic import Field

from mlnb.core.metastore import metadata
from mlnb.core.records import Record

#: What is known about the keys of a version: a look-up needs them unique.
features_check = sa.Table(
    "features_check",
    metadata,
    sa.Column("table_id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("unique", sa.Boolean, nullable=False),
    sa.Column("duplicates", sa.BigInteger, nullable=False),
    sa.Column("checked_at", sa.BigInteger, nullable=False),
)

features_training_set = sa.Table(
    "features_training_set",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("spec", sa.JSON, nullable=False),
    sa.Column("label", sa.JSON, nullable=False),
    sa.Column("exclude", sa.JSON, nullable=False),
    sa.Column("source", sa.JSON, nullable=False),
    sa.Column("versions", sa.JSON, nullable=False),
    sa.Column("rows", sa.BigInteger),
    sa.Column("digest", sa.Text),
    sa.Column("quality", sa.JSON),
    sa.Column("run_id", sa.Text),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

#: Online tables as ``ws.features`` shows them; the online store itself keeps what a look-up needs.
features_online_table = sa.Table(
    "features_online_table",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("store", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("source_table_id", sa.Text, nullable=False),
    sa.Column("publish_mode", sa.Text, nullable=False),
    sa.Column("schema_hash", sa.Text, nullable=False),
    sa.Column("published_version", sa.BigInteger, nullable=False),
    sa.Column("published_at", sa.BigInteger, nullable=False),
    sa.Column("max_ts", sa.BigInteger),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
)


class FeatureTable(Record):
    """A table with a primary key, as the platform's client describes it.

    Attributes
    ----------
    features
        The columns besides the key.
    timestamp_keys
        The time-series column, as a list of one, or none.
    online_stores
        Names of its online tables.
    """

    name: str
    table_id: str
    description: str | None = None
    primary_keys: list[str]
    partition_columns: list[str] = Field(default_factory=list)
    features: list[str]
    creation_timestamp: int
    online_stores: list[str] = Field(default_factory=list)
    timestamp_keys: list[str] = Field(default_factory=list)
    tags: dict[str, str] = Field(default_factory=dict)


class FeatureInfo(Record):
    """A feature and its type."""

    name: str
    type: str
    comment: str | None = None


class OnlineTable(Record):
    """A feature table in the online store, at the version that was published.

    Attributes
    ----------
    published_at, max_ts
        Milliseconds UTC: when it was published, and the newest time in it.
    behind_versions
        Versions of the source that came after it.
    """

    name: str
    source: str
    publish_mode: str
    state: Literal["AVAILABLE", "STALE"]
    published_version: int
    published_at: int
    max_ts: int | None = None
    rows: int
    behind_versions: int = 0


class FeatureTableInfo(Record):
    """A feature table in a list."""

    name: str
    description: str | None = None
    primary_keys: list[str]
    timeseries: str | None = None
    features: list[FeatureInfo]
    version: int
    rows: int | None = None
    updated_at: int
    online: OnlineTable | None = None


class Quality(Record):
    """How well a feature was found for the rows of a training set.

    Attributes
    ----------
    hit_rate, null_rate, default_rate
        Shares of the rows for which a row was found, the value is missing, the default stood in.
    age_p50, age_p95
        Seconds between the found row's time and the label's.
    warnings
        What to look at, one sentence each.
    """

    feature: str
    table: str
    hit_rate: float
    null_rate: float
    default_rate: float = 0.0
    age_p50: float | None = None
    age_p95: float | None = None
    distinct: int
    warnings: list[str] = Field(default_factory=list)
