"""Keys that are known to be unique: without that a look-up would pick any of several rows.

What ``write_table`` writes is checked before it is written. A version committed by anyone else is checked once, and the answer kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.clock import now_ms

from .errors import DuplicateKeysError, KeysNotUniqueError, LookupKeyTypeError, NullKeyError, UndeclaredTimeseriesError
from .records import features_check
from .types import TIMES, key_family

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

EXAMPLES = 5


def check_key_types(table: str, types: Mapping[str, str], timeseries: str | None) -> None:
    """Refuse a primary key that cannot be compared exactly.

    Raises
    ------
    UndeclaredTimeseriesError
        When a time in the key is not declared as time series.
    LookupKeyTypeError
        For anything else than whole numbers, text and booleans.
    """
    for name, kind in types.items():
        if name == timeseries:
            continue
        if kind in TIMES:
            raise UndeclaredTimeseriesError(
                f"The key {name} of {table} is a {kind} that is not declared as time series.",
                hint=f"Create the table with timeseries_column={name!r}.",
            )
        if key_family(kind) is None:
            raise LookupKeyTypeError(
                f"The key {name} of {table} is {kind}, which cannot be compared exactly.",
                hint="Use whole numbers, text or booleans as keys.",
            )


def find_duplicates(table: pa.Table, keys: Sequence[str]) -> tuple[int, list[dict[str, Any]]]:
    """Return how many key values occur more than once, and a few of them."""
    import pyarrow.compute as pc

    counted = table.select(list(keys)).group_by(list(keys)).aggregate([([], "count_all")])
    if counted.num_rows == table.num_rows:
        return 0, []
    repeated = counted.filter(pc.greater(counted["count_all"], 1))
    return repeated.num_rows, repeated.slice(0, EXAMPLES).to_pylist()


def check_written(table: pa.Table, keys: Sequence[str], name: str) -> None:
    """Refuse data without keys or with several rows for one.

    Raises
    ------
    NullKeyError, DuplicateKeysError
        With up to five examples; nothing has been written.
    """
    for key in keys:
        missing = table[key].null_count
        if missing:
            raise NullKeyError(
                f"{missing:,} rows have no {key}, which is part of the key of {name}; nothing was written.",
                hint=f"Drop or fill them first, for example df.dropna(subset=[{key!r}]).",
            )
    count, examples = find_duplicates(table, keys)
    if count:
        raise DuplicateKeysError(
            f"{count:,} keys of {name} occur more than once in the data; nothing was written. "
            f"For example {_shown(examples, keys)}.",
            hint=f"Keep one row per key, for example df.drop_duplicates({list(keys)!r}, keep='last').",
            details={"examples": _plain(examples, keys)},
        )


def ensure_unique(
    ground: Ground, catalog: Catalog, name: str, table_id: str, version: int, keys: Sequence[str]
) -> None:
    """Refuse a version of a table in which a key has several rows.

    Raises
    ------
    KeysNotUniqueError
        With five examples.
    """
    with ground.metastore.connect() as connection:
        found = connection.execute(
            sa.select(features_check).where(features_check.c.table_id == table_id, features_check.c.version == version)
        ).first()
    if found is not None and found.unique:
        return
    rows = catalog.table(name, version=version, filtered=False).to_arrow(columns=list(keys)).drop_null()
    count, examples = find_duplicates(rows, keys)
    remember(ground, table_id, version, duplicates=count)
    if count:
        raise KeysNotUniqueError(
            f"{count:,} keys of {name} have more than one row, so a look-up would pick any of them. "
            f"For example {_shown(examples, keys)}.",
            hint="Remove the repeated rows: ws.features.write_table(name, df=…, mode='overwrite') with one row per key.",
            details={"examples": _plain(examples, keys)},
        )


def remember(ground: Ground, table_id: str, version: int, *, duplicates: int = 0) -> None:
    """Note what is known about the keys of a version."""
    values = {
        "table_id": table_id,
        "version": version,
        "unique": duplicates == 0,
        "duplicates": duplicates,
        "checked_at": now_ms(),
    }
    with ground.metastore.begin() as connection:
        ground.metastore.upsert(connection, features_check, values, ["table_id", "version"])


def is_known_unique(ground: Ground, table_id: str, version: int) -> bool:
    """Whether a version is known to have unique keys."""
    with ground.metastore.connect() as connection:
        query = sa.select(features_check.c.unique)
        query = query.where(features_check.c.table_id == table_id, features_check.c.version == version)
        return bool(connection.execute(query).scalar())


def _shown(examples: list[dict[str, Any]], keys: Sequence[str]) -> str:
    return "; ".join(f"{', '.join(f'{key}={row[key]}' for key in keys)} ({row['count_all']} rows)" for row in examples)


def _plain(examples: list[dict[str, Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    return [{key: str(row[key]) for key in keys} | {"rows": row["count_all"]} for row in examples]
