"""Routes for what people say about objects and who may use them: comments, tags, certification, owners, grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mlnb.catalog.naming import Kind
from mlnb.catalog.records_objects import Grant, GrantChange, ObjectInfo, Tag
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, routes_under

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ObjectByName(Record):
    """An object by kind and full name."""

    kind: Kind
    name: str


class SetComment(ObjectByName):
    """A comment on an object or a column; ``expected`` is the one that was shown, so that nobody's change is overwritten."""

    text: str
    column: str | None = None
    expected: str | None = None


class CommentView(Record):
    """The comment as it is now."""

    text: str | None = None
    column: str | None = None


class SetTag(ObjectByName):
    """A tag of an object or a column."""

    key: str
    value: str = ""
    column: str | None = None


class RemoveTag(ObjectByName):
    """Which tag to take away."""

    key: str
    column: str | None = None


class TagList(Record):
    """The tags of an object and of its columns."""

    tags: list[Tag]


class SetCertification(ObjectByName):
    """Whether people should build on it; null says neither."""

    status: Literal["certified", "deprecated"] | None = None


class CertificationView(Record):
    """Whether people should build on it."""

    status: Literal["certified", "deprecated"] | None = None


class ChangeGrants(ObjectByName):
    """Rights to give and to take, in one transaction."""

    changes: list[GrantChange] = Field(min_length=1, max_length=200)


class GrantsView(Record):
    """Who may do what with an object, where each right comes from, and what rights mean in this workspace."""

    owner: str
    grants: list[Grant]
    privileges: list[str]
    enforced: bool
    note: str
    may_grant: bool


class SetOwner(ObjectByName):
    """The new owner."""

    owner: str


class OwnerView(Record):
    """The owner."""

    owner: str


def get_object(ws: Workspace, q: ObjectByName) -> ObjectInfo:
    """Return what every object has."""
    return ws.catalog.object_info(q.name, kind=q.kind)


def set_comment(ws: Workspace, q: SetComment) -> CommentView:
    """Describe an object or a column."""
    ws.catalog.set_comment(q.name, q.text, column=q.column, kind=q.kind, expected=q.expected)
    return CommentView(text=q.text.strip() or None, column=q.column)


def get_tags(ws: Workspace, q: ObjectByName) -> TagList:
    """Return tags."""
    return TagList(tags=ws.catalog.tags(q.name, kind=q.kind))


def set_tag(ws: Workspace, q: SetTag) -> TagList:
    """Set a tag."""
    return TagList(tags=ws.catalog.set_tag(q.name, q.key, q.value, column=q.column, kind=q.kind))


def remove_tag(ws: Workspace, q: RemoveTag) -> TagList:
    """Take a tag away."""
    return TagList(tags=ws.catalog.unset_tag(q.name, q.key, column=q.column, kind=q.kind))


def set_certification(ws: Workspace, q: SetCertification) -> CertificationView:
    """Certify or deprecate."""
    ws.catalog.certify(q.name, q.status, kind=q.kind)
    return CertificationView(status=q.status)


def get_grants(ws: Workspace, q: ObjectByName) -> GrantsView:
    """Return who may do what."""
    return GrantsView(**ws.catalog.grants_view(q.name, kind=q.kind))


def change_grants(ws: Workspace, q: ChangeGrants) -> GrantsView:
    """Give and take rights."""
    ws.catalog.change_grants(q.name, q.changes, kind=q.kind)
    return GrantsView(**ws.catalog.grants_view(q.name, kind=q.kind))


def set_owner(ws: Workspace, q: SetOwner) -> OwnerView:
    """Give an object to somebody else."""
    ws.catalog.set_owner(q.name, q.owner, kind=q.kind)
    return OwnerView(owner=ws.catalog.owner_of(q.name, kind=q.kind))


_route = routes_under(f"{NATIVE}/objects/{{kind}}/{{name}}", resource="catalog", tag="Catalog")


ROUTES = [
    _route("GET", "", get_object, ObjectByName, ObjectInfo, "Return owner, comment and tags of an object", "UC-5"),
    _route("PUT", "/comment", set_comment, SetComment, CommentView, "Describe an object or a column", "UC-7"),
    _route("GET", "/tags", get_tags, ObjectByName, TagList, "Return an object's tags", "UC-5"),
    _route("PUT", "/tags", set_tag, SetTag, TagList, "Tag an object or a column", "UC-5"),
    _route("DELETE", "/tags", remove_tag, RemoveTag, TagList, "Take a tag away", "UC-5"),
    _route(
        "PUT", "/certification", set_certification, SetCertification, CertificationView, "Certify or deprecate", "UC-6"
    ),
    _route("GET", "/grants", get_grants, ObjectByName, GrantsView, "Return who may do what with an object", "UC-3"),
    _route("POST", "/grants", change_grants, ChangeGrants, GrantsView, "Give and take rights", "UC-3"),
    _route("POST", "/owner", set_owner, SetOwner, OwnerView, "Give an object to somebody else", "UC-3"),
]
