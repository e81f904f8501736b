"""Lineage as the platform's system tables: ``system.access.table_lineage`` and ``system.access.column_lineage``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..tables import catalog_lineage, catalog_securable, catalog_statement

if TYPE_CHECKING:
    import pyarrow as pa

    from ..service import Catalog

#: Rows of one answer, the newest.
MAX_ROWS = 100_000

_SIDES = ("source", "target")


def table_lineage(catalog: Catalog) -> pa.Table:
    """Return one row for every time that data flowed from one object to another."""
    return _table(catalog, columns=False)


def column_lineage(catalog: Catalog) -> pa.Table:
    """Return one row for every pair of columns."""
    return _table(catalog, columns=True)


def _table(catalog: Catalog, *, columns: bool) -> pa.Table:
    import pyarrow as pa

    row = catalog_lineage.c
    whole = sa.and_(row.source_column.is_(None), row.target_column.is_(None))
    source, target = catalog_securable.alias("s"), catalog_securable.alias("t")
    joined = catalog_lineage.outerjoin(source, source.c.id == row.source_id)
    joined = joined.outerjoin(target, target.c.id == row.target_id)
    joined = joined.outerjoin(catalog_statement, catalog_statement.c.id == row.statement_id)
    query = sa.select(
        catalog_lineage,
        source.c.full_name.label("source_today"),
        target.c.full_name.label("target_today"),
        source.c.kind.label("source_kind"),
        target.c.kind.label("target_kind"),
        catalog_statement.c.actor,
    ).select_from(joined)
    query = query.where(sa.not_(whole) if columns else whole).order_by(row.event_time.desc()).limit(MAX_ROWS)
    with catalog.ground.metastore.connect() as connection:
        found = [_row(dict(one._mapping), columns=columns) for one in connection.execute(query)]
    text, day, at = pa.string(), pa.date32(), pa.timestamp("us", tz="UTC")
    types = dict.fromkeys(_names(columns=columns), text) | {"event_time": at, "event_date": day}
    schema = pa.schema([(name, types[name]) for name in _names(columns=columns)])
    visible = [one for one in found if _may_see(catalog, one)]
    return pa.Table.from_pylist(visible, schema=schema)


def _names(*, columns: bool) -> list[str]:
    names = ["account_id", "metastore_id", "workspace_id", "entity_type", "entity_id", "entity_run_id"]
    for side in _SIDES:
        names += [
            f"{side}_{part}"
            for part in ("table_full_name", "table_catalog", "table_schema", "table_name", "path", "type")
        ]
    names += ["source_column_name", "target_column_name"] if columns else []
    return [*names, "created_by", "event_time", "event_date", "entity_metadata"]


def _row(one: dict[str, Any], *, columns: bool) -> dict[str, Any]:
    import datetime

    at = datetime.datetime.fromtimestamp(one["event_time"] / 1000, datetime.UTC)
    made: dict[str, Any] = {
        "account_id": "mlnb",
        "metastore_id": "mlnb",
        "workspace_id": "mlnb",
        "entity_type": one["entity_type"],
        "entity_id": one["entity_id"],
        "entity_run_id": one["entity_run_id"] if one["entity_type"] != "EXTERNAL" else None,
        "created_by": one["actor"],
        "event_time": at,
        "event_date": at.date(),
        "entity_metadata": json.dumps({k: one[k] for k in ("statement_id", "run_id") if one[k]}) or None,
    }
    for side in _SIDES:
        kind, colon, rest = one[f"{side}_id"].partition(":")
        name = one[f"{side}_today"] or one[f"{side}_name"]
        parts = name.split(".") if not colon else []
        catalog_name, schema_name, table_name = parts if len(parts) == 3 else (None, None, None)
        made |= {
            f"{side}_table_full_name": name if len(parts) == 3 else None,
            f"{side}_table_catalog": catalog_name,
            f"{side}_table_schema": schema_name,
            f"{side}_table_name": table_name,
            f"{side}_path": rest if colon else None,
            f"{side}_type": (kind if colon else one[f"{side}_kind"] or "table").upper(),
        }
        if columns:
            made[f"{side}_column_name"] = one[f"{side}_column"]
    return made


def _may_see(catalog: Catalog, row: dict[str, Any]) -> bool:
    """Return whether the caller may see both ends; what they may not see is left out."""
    from mlnb.core.errors import MlnbError

    if catalog.rights.unrestricted():
        return True
    try:
        for side in _SIDES:
            if row[f"{side}_table_full_name"] is not None:
                catalog.require("BROWSE", "table", row[f"{side}_table_full_name"])
    except MlnbError:
        return False
    return True
