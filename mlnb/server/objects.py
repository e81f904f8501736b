"""Routes for what every named object can do: be made, renamed, dropped, brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlnb.catalog.naming import Kind
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, routes_under

if TYPE_CHECKING:
    from mlnb.door import Workspace


class CreateObject(Record):
    """A catalog, schema or volume by its full name; a view with its query."""

    kind: Literal["catalog", "schema", "volume", "view"]
    name: str
    comment: str | None = None
    query: str | None = None
    storage_root: str | None = None


class ObjectName(Record):
    """An object by kind and full name."""

    kind: Kind
    name: str


class DropObject(ObjectName):
    """What to drop: ``cascade`` takes along what is in it, ``force`` what is pinned."""

    cascade: bool = False
    force: bool = False


class RenameObject(ObjectName):
    """The new name: its last part, or a full one in another schema."""

    new_name: str


class ObjectAddress(Record):
    """Where the object is now."""

    kind: str
    full_name: str
    address: str


def create_object(ws: Workspace, q: CreateObject) -> ObjectAddress:
    """Create an object."""
    made = ws.catalog.create(q.kind, q.name, comment=q.comment, query=q.query, storage_root=q.storage_root)
    return _address(q.kind, made)


def drop_object(ws: Workspace, q: DropObject) -> None:
    """Drop an object; it can be brought back for some days."""
    ws.catalog.drop(q.name, kind=q.kind, cascade=q.cascade, force=q.force)


def undrop_object(ws: Workspace, q: ObjectName) -> ObjectAddress:
    """Bring an object back."""
    return _address(q.kind, ws.catalog.undrop(q.name, kind=q.kind))


def rename_object(ws: Workspace, q: RenameObject) -> ObjectAddress:
    """Rename an object."""
    return _address(q.kind, ws.catalog.rename(q.name, q.new_name, kind=q.kind))


def _address(kind: str, full_name: str) -> ObjectAddress:
    shown = "table" if kind == "view" else kind
    return ObjectAddress(kind=kind, full_name=full_name, address=f"mlnb:{shown}/{full_name}")


_route = routes_under(f"{NATIVE}/objects", resource="catalog", tag="Catalog", row="CAT-1")


ROUTES = [
    _route(
        "POST", "", create_object, CreateObject, ObjectAddress, "Create a catalog, schema, volume or view", status=201
    ),
    _route("DELETE", "/{kind}/{name}", drop_object, DropObject, None, "Drop an object", status=204),
    _route("POST", "/{kind}/{name}/undrop", undrop_object, ObjectName, ObjectAddress, "Bring a dropped object back"),
    _route("POST", "/{kind}/{name}/rename", rename_object, RenameObject, ObjectAddress, "Rename an object"),
]
