"""Writing feature tables: keys are checked before a byte is written, and what is known about them is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidParameterError

from .checks import check_key_types, check_written, is_known_unique, remember
from .errors import IncompleteTimeseriesError, LookupKeyNotFoundError
from .frames import read_frame
from .types import as_time, type_text

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.catalog.records import Commit, TableInfo
    from mlnb.catalog.service import Catalog
    from mlnb.catalog.table import Table
    from mlnb.core.ground import Ground

Mode = Literal["merge", "overwrite"]


def to_rows(data: Any, catalog: Catalog) -> pa.Table:
    """Return the rows to write as Arrow."""
    import pyarrow as pa

    frame = read_frame(data, catalog)
    return pa.table({name: frame.column(name) for name in frame.names})


def check_rows(rows: pa.Table, keys: Sequence[str], timeseries: str | None, name: str) -> pa.Table:
    """Refuse rows without or with repeated keys; return them with the time column in UTC.

    Raises
    ------
    InvalidParameterError
        Whatever is wrong with the keys; nothing has been written.
    """
    import pyarrow as pa

    missing = [key for key in keys if key not in rows.column_names]
    if missing:
        raise LookupKeyNotFoundError(
            f"The data has no column {missing[0]!r}, part of the key of {name}.",
            hint=f"Its columns: {', '.join(rows.column_names[:20])}.",
        )
    if timeseries is not None:
        kind = rows.schema.field(timeseries).type
        if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
            raise InvalidParameterError(
                f"The time-series column {timeseries} of {name} is {kind}, not a timestamp or date.",
                hint=f"Convert it first, for example df[{timeseries!r}] = pandas.to_datetime(df[{timeseries!r}], utc=True).",
            )
        if pa.types.is_timestamp(kind):
            # Two times that fall into one microsecond would be one key in the table: they must count as equal here too.
            position = rows.column_names.index(timeseries)
            rows = rows.set_column(position, timeseries, as_time(rows[timeseries]))
    check_written(rows, keys, name)
    return rows


def create_rows(
    ground: Ground,
    catalog: Catalog,
    name: str,
    data: Any,
    keys: Sequence[str],
    timeseries: str | None,
    about: Mapping[str, Any],
) -> TableInfo:
    """Create a feature table from checked rows, or empty; ``about`` are further arguments of the catalog's ``create_table``."""
    rows = None
    if data is not None:
        rows = check_rows(to_rows(data, catalog), keys, timeseries, name)
        check_key_types(name, {key: type_text(rows.schema.field(key).type) for key in keys}, timeseries)
    elif about.get("schema") is not None:
        check_key_types(name, {f.name: type_text(f.type) for f in about["schema"] if f.name in keys}, timeseries)
    table = catalog.create_table(name, rows, primary_key=keys, timeseries=timeseries, **about)
    info = table.info
    remember(ground, info.table_id, table.version)
    facts = {"primary_keys": list(keys), "timeseries": timeseries, "rows": rows.num_rows if rows is not None else 0}
    ground.journal.append("feature_table.created", f"table:{info.full_name}", facts)
    return info


def write_rows(ground: Ground, table: Table, rows: pa.Table, mode: Mode) -> Commit:
    """Write checked rows to a feature table.

    Raises
    ------
    IncompleteTimeseriesError
        When a time-series table would get rows without all columns.
    """
    info = table.info
    rows = check_rows(rows, info.primary_key, info.timeseries, info.full_name)
    if info.timeseries is not None:
        lacking = [name for name in table.columns if name not in rows.column_names]
        if lacking:
            raise IncompleteTimeseriesError(
                f"{info.full_name} is a time series: its rows must have all columns; missing: {', '.join(lacking)}.",
                hint="Write complete rows; NULL stands for a value that is not known at that time.",
            )
    if mode == "overwrite":
        commit = table.overwrite(rows)
        remember(ground, info.table_id, commit.version)
        return commit
    before = table.version
    known = is_known_unique(ground, info.table_id, before)
    commit = table.merge(rows)
    if known and commit.version == before + 1:
        remember(ground, info.table_id, commit.version)
    return commit
