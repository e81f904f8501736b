"""Objects of every kind after they were made: other names, owners and comments; dropped, brought back, gone for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import (
    InvalidParameterError,
    InvalidStateError,
    MlnbError,
    NotFoundError,
    PermissionDeniedError,
    did_you_mean,
)

from . import metastore as rows
from . import names
from .errors import (
    CatalogNotFoundError,
    FunctionNotFoundError,
    NameTakenError,
    SchemaNotFoundError,
    TableNotFoundError,
    VolumeNotFoundError,
)
from .grants import METASTORE, identities
from .tables import catalog_pin, catalog_securable

if TYPE_CHECKING:
    from .records import TableInfo
    from .service import Catalog

KINDS = ("catalog", "schema", "table", "view", "volume", "function")

_NOT_FOUND: dict[str, type[NotFoundError]] = {
    "catalog": CatalogNotFoundError,
    "schema": SchemaNotFoundError,
    "table": TableNotFoundError,
    "view": TableNotFoundError,
    "volume": VolumeNotFoundError,
    "function": FunctionNotFoundError,
}


def find_object(catalog: Catalog, kind: str, name: str, *, strict: bool = True) -> sa.Row[Any]:
    """Return the row of an object of any kind; unless ``strict``, a view may be called a table.

    Raises
    ------
    NotFoundError
        The kind's own, with the nearest names.
    InvalidParameterError
        For a kind that does not exist, or a table named as a view and the other way round.
    """
    if kind not in KINDS:
        raise InvalidParameterError(f"{kind!r} is no kind of object.", hint=f"Kinds: {', '.join(KINDS)}.")
    if kind == "catalog":
        return catalog.catalog_row(names.split(name)[0])
    if kind == "schema":
        return catalog.schema_row(*names.parse_schema(name, catalog.settings.default_catalog))
    parsed = catalog.parse(name)
    with catalog.ground.metastore.connect() as connection:
        schema = rows.find_schema(connection, parsed.catalog, parsed.schema)[1]
        found = rows.find(connection, kind, schema.id, parsed.name) if schema else None
        near = None if found else did_you_mean(parsed.full_name, catalog.near_names(connection, kind))
    if found is None:
        if kind in ("table", "view"):
            raise catalog.not_found(parsed)
        raise _NOT_FOUND[kind](f"There is no {kind} {parsed.full_name}.", hint=near or "Look at the schema it is in.")
    if found.kind != kind and (strict or {found.kind, kind} != {"table", "view"}):
        raise InvalidParameterError(
            f"{found.full_name} is a {found.kind}, not a {kind}.",
            code="WRONG_COMMAND_FOR_OBJECT_TYPE",
            hint=f"Use the same verb for a {found.kind}.",
        )
    return found


def create(
    catalog: Catalog, kind: str, name: str, *, comment: str | None, query: str | None, storage_root: str | None
) -> str:
    """Create an object; see :meth:`mlnb.catalog.naming.Naming.create`."""
    if kind == "catalog":
        return catalog.create_catalog(name, comment=comment, storage_root=storage_root).full_name
    if kind == "schema":
        return catalog.create_schema(name, comment=comment).full_name
    if kind == "volume":
        return catalog.create_volume(name, comment=comment).full_name
    if kind == "view" and query:
        return catalog.create_view(name, query, comment=comment).full_name
    raise InvalidParameterError(
        f"A {kind} cannot be created like this.",
        hint="Give a view its query." if kind == "view" else "Use create_table, ingest or create_function.",
    )


def drop(catalog: Catalog, name: str, kind: str | None, *, cascade: bool, if_exists: bool, force: bool = False) -> None:
    """Drop an object; see :meth:`mlnb.catalog.naming.Naming.drop`."""
    if catalog.isolation is not None and catalog.isolation.drop(kind or "table", catalog.meaning(catalog.parse(name))):
        return
    try:
        row = find_object(catalog, kind or "table", name, strict=kind is not None)
    except NotFoundError:
        if if_exists:
            return
        raise
    catalog.require("MANAGE", row.kind, row.full_name)
    with catalog.ground.metastore.begin() as connection:
        below = _below(connection, [row.id])
        if below and not cascade:
            more = f" and {len(below) - 1} more" if len(below) > 1 else ""
            raise InvalidStateError(
                f"The {row.kind} {row.full_name} is not empty: {below[-1].full_name}{more}.",
                hint="Pass cascade=True to drop it with everything in it.",
            )
        doomed = [row, *below]
        if not force:
            _refuse_pinned(connection, doomed)
        rows.mark_dropped(connection, [item.id for item in doomed])
        for item in reversed(doomed):
            catalog.ground.journal.append(f"{item.kind}.dropped", f"{item.kind}:{item.full_name}", {})


def _refuse_pinned(connection: sa.Connection, doomed: Sequence[sa.Row[Any]]) -> None:
    """Refuse to drop a table of which somebody needs a version."""
    by_id = {item.id: item.full_name for item in doomed}
    query = sa.select(catalog_pin).where(catalog_pin.c.entity_id.in_(list(by_id))).limit(20)
    pins = list(connection.execute(query))
    if pins:
        who = "; ".join(f"version {pin.version} by {pin.owner}" for pin in pins[:5])
        raise InvalidStateError(
            f"{by_id[pins[0].entity_id]} is pinned: {who}{' and others' if len(pins) > 5 else ''}.",
            code="TABLE_IS_PINNED",
            hint="Release the pin where it was made, or pass force=True (DROP TABLE … FORCE has no undo after the purge).",
        )


def _below(connection: sa.Connection, ids: Sequence[str], deleted_at: int | None = None) -> list[sa.Row[Any]]:
    """Return everything below some objects, outermost first: what is alive, or what was dropped at a moment."""
    state = catalog_securable.c.deleted_at
    query = sa.select(catalog_securable).where(state.is_(None) if deleted_at is None else state == deleted_at)
    found: list[sa.Row[Any]] = []
    while ids:
        level = list(connection.execute(query.where(catalog_securable.c.parent_id.in_(ids))))
        found += level
        ids = [row.id for row in level]
    return found


def undrop(catalog: Catalog, name: str, kind: str) -> str:
    """Bring an object back; see :meth:`mlnb.catalog.naming.Naming.undrop`."""
    if kind not in KINDS:
        raise InvalidParameterError(f"{kind!r} is no kind of object.", hint=f"Kinds: {', '.join(KINDS)}.")
    parent_id, last = _parent(catalog, kind, name)
    with catalog.ground.metastore.begin() as connection:
        alive = rows.find(connection, kind, parent_id, last)
        if alive is not None:
            raise _taken(alive.kind, alive.full_name)
        row = rows.find_dropped(connection, parent_id, last, rows.NAMESPACES[kind])
        if row is None:
            raise _NOT_FOUND[kind](
                f"No dropped {kind} {name} is left.",
                hint=f"Files are kept for {catalog.settings.undrop_days:g} days.",
            )
        if row.owner not in identities():
            above = ("catalog", "schema")[row.full_name.count(".") - 1] if "." in row.full_name else METASTORE
            catalog.require("MANAGE", above, row.full_name.rpartition(".")[0] or METASTORE)
        back = [row, *_below(connection, [row.id], row.deleted_at)]
        values: dict[str, Any] = {"deleted_at": None, "updated_at": now_ms(), "updated_by": current_caller().principal}
        ids = [item.id for item in back]
        connection.execute(catalog_securable.update().where(catalog_securable.c.id.in_(ids)).values(values))
        for item in back:
            catalog.ground.journal.append(f"{item.kind}.undropped", f"{item.kind}:{item.full_name}", {})
        return str(row.full_name)


def _parent(catalog: Catalog, kind: str, name: str) -> tuple[str, str]:
    """Return the id of what an object of that name is in, and the last part of the name."""
    if kind == "catalog":
        return "", names.split(name)[0]
    if kind == "schema":
        above, schema = names.parse_schema(name, catalog.settings.default_catalog)
        return catalog.catalog_info(above).id, schema
    parsed = catalog.parse(name)
    return str(catalog.schema_row(parsed.catalog, parsed.schema).id), parsed.name


def rename(catalog: Catalog, name: str, new_name: str, kind: str) -> str:
    """Rename an object; see :meth:`mlnb.catalog.naming.Naming.rename`."""
    row = find_object(catalog, kind, name, strict=False)
    kind = row.kind
    if kind in ("table", "view", "volume", "function") and len(names.split(new_name)) == 1:
        new_name = f"{names.quote_name(row.full_name.rsplit('.', 1)[0])}.{names.quote(new_name)}"
    if kind == "schema" and len(names.split(new_name)) == 1:
        new_name = f"{names.quote(row.full_name.split('.')[0])}.{names.quote(new_name)}"
    parent_id, last = _parent(catalog, kind, new_name)
    names.check(last)
    if kind == "schema" and parent_id != row.parent_id:
        raise InvalidParameterError("A schema stays in its catalog.", hint="Give only the schema another name.")
    _refuse_default(catalog, row)
    catalog.require("MANAGE", kind, row.full_name)
    try:
        with catalog.ground.metastore.begin() as connection:
            if parent_id != row.parent_id:
                catalog.require(
                    f"CREATE {kind.upper()}", "schema", _full_name(connection, parent_id, last).rsplit(".", 1)[0]
                )
            taken = rows.find(connection, kind, parent_id, last)
            if taken is not None and taken.id != row.id:
                raise _taken(taken.kind, taken.full_name)
            full_name = _full_name(connection, parent_id, last)
            values: dict[str, Any] = {
                "parent_id": parent_id,
                "name": last,
                "name_key": names.key(last),
                "full_name": full_name,
            }
            values |= {"updated_at": now_ms(), "updated_by": current_caller().principal}
            connection.execute(catalog_securable.update().where(catalog_securable.c.id == row.id).values(values))
            _rename_below(connection, row.id, full_name)
            payload = {"from": row.full_name, "to": full_name}
            catalog.ground.journal.append(f"{kind}.renamed", f"{kind}:{full_name}", payload)
    except sa.exc.IntegrityError as error:  # somebody else was quicker (PostgreSQL)
        raise _taken(kind, new_name) from error
    return full_name


def _full_name(connection: sa.Connection, parent_id: str, last: str) -> str:
    if not parent_id:
        return last
    query = sa.select(catalog_securable.c.full_name).where(catalog_securable.c.id == parent_id)
    return f"{connection.execute(query).scalar_one()}.{last}"


def _rename_below(connection: sa.Connection, parent_id: str, full_name: str) -> None:
    """Give everything below an object, dropped or not, its new full name."""
    prefixes = {parent_id: full_name}
    while prefixes:
        following: dict[str, str] = {}
        for above, prefix in prefixes.items():
            below = catalog_securable.c.parent_id == above
            connection.execute(
                catalog_securable.update()
                .where(below)
                .values(full_name=sa.literal(f"{prefix}.") + catalog_securable.c.name)
            )
            inner = sa.select(catalog_securable.c.id, catalog_securable.c.full_name)
            inner = inner.where(below, catalog_securable.c.kind.in_(("catalog", "schema")))
            following |= {row.id: row.full_name for row in connection.execute(inner)}
        prefixes = following


def _refuse_default(catalog: Catalog, row: sa.Row[Any]) -> None:
    default = (catalog.settings.default_catalog, catalog.settings.default_schema)
    if row.full_name in (default[0], ".".join(default)) and row.kind in ("catalog", "schema"):
        raise InvalidStateError(
            f"{row.full_name} is the default {row.kind} and keeps its name.",
            hint=f"Set default_{row.kind} under [catalog] in mlnb.toml to another one first.",
        )


def _taken(kind: str, full_name: str) -> MlnbError:
    return NameTakenError(
        f"The {kind} {full_name} exists already.",
        code="TABLE_OR_VIEW_ALREADY_EXISTS" if kind in ("table", "view") else f"{kind.upper()}_ALREADY_EXISTS",
        hint="Choose another name, or rename or drop the one that has it.",
    )


def alter(
    catalog: Catalog,
    name: str,
    kind: str,
    *,
    owner: str | None,
    comment: str | None,
    properties: Mapping[str, str | None] | None,
) -> None:
    """Change an object; see :meth:`mlnb.catalog.naming.Naming.alter`."""
    row = find_object(catalog, kind, name, strict=False)
    if owner is not None and not owner.strip():
        raise InvalidParameterError("An owner has a name.", hint="Write a user's name, or group:NAME.")
    kept = {key: value for key, value in ({**row.properties, **(properties or {})}).items() if value is not None}
    values: dict[str, Any] = {"owner": owner, "comment": comment}
    changes = {field: value for field, value in values.items() if value is not None and value != getattr(row, field)}
    if properties is not None and kept != row.properties:
        changes["properties"] = kept
    if not changes:
        return
    modifies = row.kind == "table" and "owner" not in changes
    catalog.require("MODIFY" if modifies else "MANAGE", row.kind, row.full_name)
    if "owner" in changes:
        _check_handover(catalog, row, str(owner))
    with catalog.ground.metastore.begin() as connection:
        stamped = changes | {"updated_at": now_ms(), "updated_by": current_caller().principal}
        connection.execute(catalog_securable.update().where(catalog_securable.c.id == row.id).values(stamped))
        catalog.ground.journal.append(f"{row.kind}.altered", f"{row.kind}:{row.full_name}", changes)


def _check_handover(catalog: Catalog, row: Any, owner: str) -> None:
    """Refuse to put somebody's name to text that then runs with their rights: they take it themselves."""
    if row.kind in ("view", "function") and owner not in identities() and not catalog.rights.administers():
        raise PermissionDeniedError(
            f"{row.full_name} would be read with the rights of {owner}, who has not agreed.",
            hint=f"Grant {owner} MANAGE on it; then {owner} can make it their own.",
        )


def set_primary_key(catalog: Catalog, name: str, columns: Sequence[str] | None, timeseries: str | None) -> TableInfo:
    """Record a table's key; see :meth:`mlnb.catalog.naming.Naming.set_primary_key`."""
    from .create import key_columns

    info = catalog.info(name)
    if info.view_definition is not None:
        raise InvalidParameterError(f"{info.full_name} is a view; a view has no key.", hint="Give its tables keys.")
    catalog.require("MANAGE", "table", names.quote_name(info.full_name))
    key = key_columns(list(columns or ()), timeseries, [column.name for column in info.columns])
    if (key, timeseries) == (info.primary_key, info.timeseries):
        return info
    with catalog.ground.metastore.begin() as connection:
        rows.update_about(connection, info.table_id, {}, {"primary_key": key, "timeseries": timeseries})
        payload = {"primary_key": key} | ({"timeseries": timeseries} if timeseries else {})
        catalog.ground.journal.append("table.altered", f"table:{info.full_name}", payload)
    return catalog.info(name)
