"""Things outside of this workspace and edges drawn by hand."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pydantic import Field

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import AlreadyExistsError, InvalidParameterError, NotFoundError
from mlnb.core.records import Record

from .. import names
from ..tables import catalog_lineage, catalog_securable
from . import store
from .records import Thing
from .store import End, Flow, Maker

if TYPE_CHECKING:
    from ..service import Catalog

securable = catalog_securable

#: What stands before a name that is no table's.
_OUTSIDE = ("external", "path")


class ExternalMetadata(Record):
    """A thing outside: a database's table, a dashboard, a report."""

    id: str
    name: str
    system_type: str = "OTHER"
    entity_type: str = "OTHER"
    url: str | None = None
    description: str | None = None
    columns: list[str] = Field(default_factory=list)
    properties: dict[str, str] = Field(default_factory=dict)
    owner: str
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


def parse(catalog: Catalog, text: str) -> Thing:
    """Read ``main.sales.orders``, ``external:name`` or ``path:/Volumes/…``."""
    kind, colon, rest = text.partition(":")
    if colon and kind in ("table", "view", *_OUTSIDE):
        if not rest.strip():
            raise InvalidParameterError(f"{text!r} names nothing.", hint="Write external:name.")
        return Thing(kind, catalog.parse(rest).full_name if kind in ("table", "view") else rest.strip())
    return Thing("table", catalog.parse(text).full_name)


def add(
    catalog: Catalog,
    source: str,
    target: str,
    columns: Sequence[tuple[str, str]],
    properties: Mapping[str, str],
) -> None:
    """Draw an edge; see :meth:`mlnb.catalog.discovery.Discovery.add_lineage`."""
    things = parse(catalog, source), parse(catalog, target)
    if things[0] == things[1]:
        raise InvalidParameterError(f"{source} would come from itself.", hint="Name two objects.")
    for thing, privilege in zip(things, ("SELECT", "MODIFY"), strict=True):
        if thing.kind in ("table", "view"):
            _check_columns(catalog, thing, [pair[0 if privilege == "SELECT" else 1] for pair in columns])
            catalog.require(privilege, "table", thing.name)
    with catalog.ground.metastore.begin():
        ends = [_end(catalog, thing) for thing in things]
        # An edge drawn by hand was made by nothing that ran; what was said about it stands there instead.
        about = json.dumps(dict(properties)) if properties else None
        maker = Maker("EXTERNAL", current_caller().principal, about)
        flow = Flow(ends[0], ends[1], "direct", [(a, b, "direct") for a, b in columns])
        store.add(catalog.ground, [flow], maker, now_ms())


def _check_columns(catalog: Catalog, thing: Thing, wanted: Sequence[str]) -> None:
    known = {column.name for column in catalog.info(thing.name).columns}
    wrong = next((name for name in wanted if name not in known), None)
    if wrong is not None:
        raise NotFoundError(
            f"{thing.name} has no column {wrong!r}.",
            code="UNRESOLVED_COLUMN",
            hint=f"Columns: {', '.join(sorted(known)[:12])}.",
        )


def _end(catalog: Catalog, thing: Thing) -> End:
    with catalog.ground.metastore.connect() as connection:
        if thing.kind == "external":
            row = _row(connection, thing.name)
            id = row.id if row is not None else create(catalog, thing.name).id
            return End(id, thing.name)
        id = store.id_of(connection, thing)
    if id is None:
        raise catalog.not_found(catalog.parse(thing.name))
    return End(id, thing.name)


def remove(catalog: Catalog, source: str, target: str) -> None:
    """Take an edge away; see :meth:`mlnb.catalog.discovery.Discovery.remove_lineage`."""
    things = parse(catalog, source), parse(catalog, target)
    if things[1].kind in ("table", "view"):
        catalog.require("MODIFY", "table", things[1].name)
    with catalog.ground.metastore.begin() as connection:
        ids = [store.id_of(connection, thing) for thing in things]
        if None in ids or not store.remove(connection, str(ids[0]), str(ids[1])):
            raise NotFoundError(
                f"No edge from {source} to {target} was added by hand.",
                hint="Edges that statements left stay as a record of what happened.",
            )
        catalog.ground.journal.append(
            "lineage.removed", f"{things[1].kind}:{things[1].name}", {"source": things[0].name}
        )


def create(
    catalog: Catalog,
    name: str,
    *,
    system_type: str = "OTHER",
    entity_type: str = "OTHER",
    url: str | None = None,
    description: str | None = None,
    columns: Sequence[str] = (),
    properties: Mapping[str, str] | None = None,
) -> ExternalMetadata:
    """Describe a thing outside.

    Raises
    ------
    AlreadyExistsError
        When there is one of that name.
    """
    names.check(name.replace(".", "_").replace("/", "_"))  # a name outside may have dots and slashes
    now, who = now_ms(), current_caller().principal
    stored: dict[str, Any] = {"system_type": system_type, "entity_type": entity_type, "columns": list(columns)}
    stored |= {"url": url, "properties": dict(properties or {})}
    with catalog.ground.metastore.begin() as connection:
        if _row(connection, name) is not None:
            raise AlreadyExistsError(f"There is an external object {name} already.", hint="Change it instead.")
        connection.execute(
            securable.insert().values(
                id=str(uuid.uuid4()),
                kind="external",
                namespace="external",
                parent_id="",
                name=name,
                name_key=names.key(name),
                full_name=name,
                owner=who,
                comment=description,
                properties=stored,
                created_at=now,
                created_by=who,
                updated_at=now,
                updated_by=who,
            )
        )
        catalog.ground.journal.append("external.created", f"external:{name}", {"entity_type": entity_type})
        return info(_found(connection, name))


def get(catalog: Catalog, name: str) -> ExternalMetadata:
    """Return a thing outside by name."""
    with catalog.ground.metastore.connect() as connection:
        return info(_found(connection, name))


def every(catalog: Catalog, *, after: str | None = None, limit: int = 500) -> list[ExternalMetadata]:
    """Return things outside by name, from the one after ``after`` on."""
    query = sa.select(securable).where(securable.c.namespace == "external", securable.c.deleted_at.is_(None))
    if after is not None:
        query = query.where(securable.c.name_key > after)
    with catalog.ground.metastore.connect() as connection:
        return [info(row) for row in connection.execute(query.order_by(securable.c.name_key).limit(limit))]


def change(catalog: Catalog, name: str, values: Mapping[str, Any]) -> ExternalMetadata:
    """Change what is said about a thing outside."""
    with catalog.ground.metastore.begin() as connection:
        row = _found(connection, name)
        stored = dict(row.properties) | {
            key: values[key] for key in ("system_type", "entity_type", "url", "columns", "properties") if key in values
        }
        fields: dict[str, Any] = {
            "properties": stored,
            "updated_at": now_ms(),
            "updated_by": current_caller().principal,
        }
        fields |= {"comment": values["description"]} if "description" in values else {}
        fields |= {"owner": values["owner"]} if values.get("owner") else {}
        connection.execute(securable.update().where(securable.c.id == row.id).values(fields))
        catalog.ground.journal.append("external.altered", f"external:{name}", {"fields": sorted(values)})
        return info(_found(connection, name))


def delete(catalog: Catalog, name: str) -> None:
    """Delete a thing outside with its edges."""
    with catalog.ground.metastore.begin() as connection:
        row = _found(connection, name)
        ends = sa.or_(catalog_lineage.c.source_id == row.id, catalog_lineage.c.target_id == row.id)
        connection.execute(catalog_lineage.delete().where(ends))
        connection.execute(securable.delete().where(securable.c.id == row.id))
        catalog.ground.journal.append("external.dropped", f"external:{name}", {})


def _row(connection: sa.Connection, name: str) -> sa.Row[Any] | None:
    query = sa.select(securable).where(securable.c.namespace == "external", securable.c.deleted_at.is_(None))
    return connection.execute(query.where(securable.c.name_key == names.key(name))).first()


def _found(connection: sa.Connection, name: str) -> sa.Row[Any]:
    row = _row(connection, name)
    if row is None:
        raise NotFoundError(
            f"There is no external object {name}.", hint="Create it: ws.catalog.add_lineage('external:…', …)."
        )
    return row


def info(row: sa.Row[Any]) -> ExternalMetadata:
    """Return a thing outside from its row."""
    stored = row.properties
    return ExternalMetadata(
        id=row.id,
        name=row.name,
        system_type=stored.get("system_type", "OTHER"),
        entity_type=stored.get("entity_type", "OTHER"),
        url=stored.get("url"),
        description=row.comment,
        columns=stored.get("columns", []),
        properties=stored.get("properties", {}),
        owner=row.owner,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )
