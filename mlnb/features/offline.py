"""Look-ups on table versions: what training and batch scoring use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlnb.catalog.errors import TableNotFoundError
from mlnb.core.errors import MlnbError

from .errors import FeatureChangedError, LookupKeyNotFoundError, LookupKeyTypeError
from .pit import LABELS, ROW_ID, age_column, hit_column, point_in_time_sql, relation
from .spec import Lookup, group
from .types import as_key, as_time, key_family, label_family, type_text

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from mlnb.catalog.service import Catalog

    from .frames import Frame


@dataclass
class Found:
    """What was looked up, one row per label row and in their order.

    Attributes
    ----------
    features
        The features under their output names.
    groups
        Look-ups that read the same row, joined.
    hits, ages
        Per group whether a row was found, and its age in microseconds (-1 where none was; None without time).
    """

    features: pa.Table
    groups: list[Lookup]
    hits: list[npt.NDArray[np.bool_]]
    ages: list[npt.NDArray[np.int64] | None]


def look_up(frame: Frame, lookups: Sequence[Lookup], catalog: Catalog) -> Found:
    """Look features up for every row of ``frame``.

    Raises
    ------
    LookupKeyNotFoundError, LookupKeyTypeError
        When a key or time is missing or of another kind than the table's.
    FeatureChangedError
        When a table or feature is not what the look-up was made for.
    """
    return join(frame, lookups, _tables(group(lookups), catalog), catalog.engine.cursor)


def join(
    frame: Frame,
    lookups: Sequence[Lookup],
    tables: dict[str, pa.Table],
    cursor: Callable[[], duckdb.DuckDBPyConnection],
) -> Found:
    """Look features up in table versions that were read: ``tables`` holds them by the name of `relation`."""
    groups = group(lookups)
    if not groups:
        import pyarrow as pa

        return Found(pa.table({}), [], [], [])
    labels = _labels(frame, groups, tables)
    result = _run(groups, labels, tables, cursor())
    if result.num_rows != frame.rows:
        raise MlnbError(f"The look-up returned {result.num_rows:,} rows for {frame.rows:,}; this must not happen.")
    hits = [result[hit_column(i)].to_numpy() for i in range(len(groups))]
    ages = [_age(result, i) if lookup.timestamp is not None else None for i, lookup in enumerate(groups)]
    features = result.select([name for lookup in lookups for name in lookup.outputs])
    return Found(features, groups, hits, ages)


def _age(result: pa.Table, position: int) -> npt.NDArray[np.int64]:
    import pyarrow.compute as pc

    ages: npt.NDArray[np.int64] = pc.fill_null(result[age_column(position)], -1).to_numpy()
    return ages


# -- the label side ----------------------------------------------------------------------------------------------------


def _labels(frame: Frame, groups: Sequence[Lookup], tables: dict[str, pa.Table]) -> pa.Table:
    """Keys and times of the frame in the types of the join, with a row id: no scan promises an order."""
    import numpy as np
    import pyarrow as pa

    columns: dict[str, Any] = {ROW_ID: pa.array(np.arange(frame.rows, dtype=np.int64))}
    for lookup in groups:
        schema = tables[relation(lookup)].schema
        frame.require(list(lookup.keys), LookupKeyNotFoundError, f"the key of {lookup.table}")
        for mine, theirs in lookup.keys.items():
            columns[mine] = label_key(frame, mine, lookup.table, theirs, type_text(schema.field(theirs).type))
        if lookup.timestamp is not None:
            frame.require([lookup.timestamp], LookupKeyNotFoundError, f"the time for {lookup.table}")
            columns[lookup.timestamp] = label_time(frame, lookup.timestamp, lookup.table)
    return pa.table(columns)


def label_key(frame: Frame, name: str, table: str, key: str, key_type: str) -> pa.ChunkedArray:
    """Return a key column of the frame in the type of the table's key.

    Raises
    ------
    LookupKeyTypeError
        Naming both sides.
    """
    import pyarrow as pa

    array = frame.column(name)
    family, own = key_family(key_type), frame.type_of(name)
    if family is None or (label_family(own) != family and not pa.types.is_null(array.type)):
        raise LookupKeyTypeError(
            f"The key {name} is {own} in the frame, but {key} of {table} is {key_type}.",
            hint=f"Convert the frame's column to {key_type}.",
        )
    try:
        return as_key(array, family)
    except ValueError as error:
        raise LookupKeyTypeError(
            f"The key {name} does not fit {key} of {table}, which is {key_type}: {error}.",
            hint=f"Convert the frame's column to {key_type}.",
        ) from error


def label_time(frame: Frame, name: str, table: str) -> pa.ChunkedArray:
    """Return the frame's time column as UTC microseconds.

    Raises
    ------
    LookupKeyTypeError
        When it holds no times.
    """
    import pyarrow as pa

    array = frame.column(name)
    if not (pa.types.is_timestamp(array.type) or pa.types.is_date(array.type) or pa.types.is_null(array.type)):
        raise LookupKeyTypeError(
            f"The time {name} for {table} is {frame.type_of(name)}, not a timestamp or date.",
            hint=f"Convert it first, for example df[{name!r}] = pandas.to_datetime(df[{name!r}], utc=True).",
        )
    return as_time(array)


# -- the feature side --------------------------------------------------------------------------------------------------


def _run(
    groups: Sequence[Lookup],
    labels: pa.Table,
    tables: dict[str, pa.Table],
    cursor: duckdb.DuckDBPyConnection,
) -> pa.Table:
    try:
        cursor.register(LABELS, labels)
        for name, table in tables.items():
            cursor.register(name, table)
        return _in_utc(cursor.sql(point_in_time_sql(groups)).to_arrow_table())
    finally:
        cursor.close()


def _tables(groups: Sequence[Lookup], catalog: Catalog) -> dict[str, pa.Table]:
    """Every table version that is looked up, with the columns that all its look-ups need."""
    wanted: dict[str, tuple[Lookup, dict[str, None]]] = {}
    for lookup in groups:
        columns = wanted.setdefault(relation(lookup), (lookup, {}))[1]
        columns |= dict.fromkeys([*lookup.keys.values(), *([lookup.timeseries] if lookup.timeseries else [])])
        columns |= dict.fromkeys(feature.column for feature in lookup.features)
    return {name: read_features(lookup, list(columns), catalog) for name, (lookup, columns) in wanted.items()}


def read_features(lookup: Lookup, columns: Sequence[str], catalog: Catalog) -> pa.Table:
    """Read columns of a feature table at the look-up's version, times as UTC microseconds.

    Raises
    ------
    FeatureChangedError
        When the table or a feature is gone, or a feature changed its type.
    """
    try:
        table = catalog.table(lookup.table, version=lookup.version, filtered=False)
    except TableNotFoundError as error:
        raise FeatureChangedError(
            f"The feature table {lookup.table} no longer exists.", hint="Create it again, or train without it."
        ) from error
    names = table.schema.names
    for name in columns:
        if name not in names:
            raise FeatureChangedError(
                f"{lookup.table} has no column {name} at version {lookup.version}.",
                hint="Write the feature again under its name, or train a new model without it.",
            )
    rows = table.to_arrow(columns=list(columns))
    if lookup.timeseries is not None:
        position = rows.column_names.index(lookup.timeseries)
        rows = rows.set_column(position, lookup.timeseries, as_time(rows[lookup.timeseries]))
    return rows


def _in_utc(table: pa.Table) -> pa.Table:
    """DuckDB names the zone Etc/UTC; one name for it everywhere."""
    import pyarrow as pa

    fields = []
    for item in table.schema:
        zoned = pa.types.is_timestamp(item.type) and item.type.tz is not None
        fields.append(pa.field(item.name, pa.timestamp("us", "UTC")) if zoned else item)
    return table.cast(pa.schema(fields))
