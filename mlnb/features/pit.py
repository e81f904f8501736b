"""The point-in-time join as one SQL query.

The times of both sides become UTC microseconds, so that no time-zone rule runs inside the join. The look-back is applied *after* it: when
the nearest row is too old there is nothing, never an even older search for one that fits. A default stands only where no row was found,
so a stored NULL stays NULL.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlnb.catalog.names import quote_duckdb

from .spec import Lookup
from .types import literal

#: Name under which the label frame's keys and times are registered.
LABELS = "labels"
ROW_ID = "_mlnb_row"


def relation(lookup: Lookup) -> str:
    """Name under which a table at its version is registered."""
    return f"{lookup.table}@v{lookup.version}"


def hit_column(position: int) -> str:
    """Column of the result that says whether group ``position`` found a row."""
    return f"_mlnb_hit{position}"


def age_column(position: int) -> str:
    """Column of the result with the age in microseconds of the row that group ``position`` found."""
    return f"_mlnb_age{position}"


def point_in_time_sql(groups: Sequence[Lookup]) -> str:
    """Return the query that looks all ``groups`` up for the rows of ``labels``, in their order.

    The result has the row id, every feature under its output name, and per group whether a row was found and how old it was.
    """
    outputs, joins, tables = [f"l.{ROW_ID}"], [], []
    for position, lookup in enumerate(groups):
        f = f"f{position}"
        tables.append(f"{f} AS (\n  {_feature_rows(lookup)}\n)")
        joins.append(_join(lookup, f))
        hit = _hit(lookup, f)
        for feature in lookup.features:
            value = f"{f}.{quote_duckdb('v_' + feature.column)}"
            other = f" ELSE {literal(feature.default, feature.type)}" if feature.default is not None else ""
            outputs.append(f"CASE WHEN {hit} THEN {value}{other} END AS {quote_duckdb(feature.output)}")
        outputs.append(f"coalesce({hit}, FALSE) AS {hit_column(position)}")
        if lookup.timestamp is not None:
            outputs.append(f"CASE WHEN {hit} THEN {_time(lookup)} - {f}.t END AS {age_column(position)}")
    return (
        f"WITH {', '.join(tables)}\nSELECT\n  "
        + ",\n  ".join(outputs)
        + f"\nFROM {LABELS} AS l\n"
        + "\n".join(joins)
        + f"\nORDER BY l.{ROW_ID}"
    )


def _feature_rows(lookup: Lookup) -> str:
    columns = [f"{quote_duckdb(key)} AS {quote_duckdb('k_' + key)}" for key in lookup.keys.values()]
    conditions = [f"{quote_duckdb(key)} IS NOT NULL" for key in lookup.keys.values()]
    if lookup.timeseries is not None:
        time = quote_duckdb(lookup.timeseries)
        columns.append(f"epoch_us({time}) AS t")
        conditions.append(f"{time} IS NOT NULL")
    else:
        columns.append("TRUE AS found")
    names = dict.fromkeys(feature.column for feature in lookup.features)
    columns += [f"{quote_duckdb(name)} AS {quote_duckdb('v_' + name)}" for name in names]
    source, where = quote_duckdb(relation(lookup)), " AND ".join(conditions)
    return f"SELECT {', '.join(columns)} FROM {source} WHERE {where}"  # noqa: S608  # every name is quoted


def _time(lookup: Lookup) -> str:
    return f"epoch_us(l.{quote_duckdb(lookup.timestamp or '')})"


def _join(lookup: Lookup, f: str) -> str:
    equal = " AND ".join(
        f"l.{quote_duckdb(mine)} = {f}.{quote_duckdb('k_' + theirs)}" for mine, theirs in lookup.keys.items()
    )
    if lookup.timestamp is None:
        return f"LEFT JOIN {f} ON {equal}"
    operator = ">=" if lookup.inclusive else ">"
    return f"ASOF LEFT JOIN {f} ON {equal} AND {_time(lookup)} {operator} {f}.t"


def _hit(lookup: Lookup, f: str) -> str:
    if lookup.timestamp is None:
        return f"{f}.found"
    if lookup.lookback_us is None:
        return f"{f}.t IS NOT NULL"
    return f"{f}.t >= {_time(lookup)} - {lookup.lookback_us}"
