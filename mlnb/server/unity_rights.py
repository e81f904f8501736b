"""Routes of the platform's own paths for grants and tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlnb.catalog.records_objects import Grant, GrantChange, Tag
from mlnb.core.errors import InvalidParameterError, NotFoundError
from mlnb.server.route import Empty, PlatformModel, Route
from mlnb.server.unity_paths import OPEN, UNITY, Spelling, both

if TYPE_CHECKING:
    from mlnb.door import Workspace


class GetPermissions(PlatformModel):
    """An object, and maybe only one principal's rights on it."""

    securable_type: str
    full_name: str
    principal: str | None = None
    max_results: int = 0
    page_token: str | None = None


class PermissionsChange(PlatformModel):
    """What somebody is given, and what is taken."""

    principal: str
    add: list[str] | None = None
    remove: list[str] | None = None


class UpdatePermissions(PlatformModel):
    """Changes of an object's grants: all of them or none."""

    securable_type: str
    full_name: str
    changes: list[PermissionsChange] | None = None


class PrivilegeAssignment(PlatformModel):
    """Somebody's privileges on an object."""

    principal: str
    privileges: list[str]


class Permissions(PlatformModel):
    """Who was given what on an object."""

    privilege_assignments: list[PrivilegeAssignment]
    next_page_token: str | None = None


class EffectivePrivilege(PlatformModel):
    """A privilege, and the object above it comes from."""

    privilege: str
    inherited_from_name: str | None = None
    inherited_from_type: str | None = None


class EffectiveAssignment(PlatformModel):
    """Everything somebody may do with an object."""

    principal: str
    privileges: list[EffectivePrivilege]


class EffectivePermissions(PlatformModel):
    """Who may do what with an object, wherever it comes from."""

    privilege_assignments: list[EffectiveAssignment]
    next_page_token: str | None = None


def _said(privilege: str, spelling: Spelling) -> str:
    return privilege.replace(" ", "_") if spelling == "underscores" else privilege


def _by_principal(grants: Iterable[Grant]) -> dict[str, list[Grant]]:
    found: dict[str, list[Grant]] = {}
    for grant in grants:
        found.setdefault(grant.principal, []).append(grant)
    return found


def _permissions(grants: Iterable[Grant], spelling: Spelling) -> Permissions:
    return Permissions(
        privilege_assignments=[
            PrivilegeAssignment(principal=who, privileges=[_said(grant.privilege, spelling) for grant in theirs])
            for who, theirs in _by_principal(grants).items()
        ]
    )


class _Rights:
    """The three routes of one prefix, which spell privileges its way."""

    def __init__(self, prefix: str, spelling: Spelling) -> None:
        self._prefix, self._spelling = prefix, spelling

    def get(self, ws: Workspace, q: GetPermissions) -> Permissions:
        """Return the grants on an object."""
        kind, name = _object(q.securable_type, q.full_name)
        return _permissions(ws.catalog.grants(name, principal=q.principal, kind=kind), self._spelling)

    def update(self, ws: Workspace, q: UpdatePermissions) -> Permissions:
        """Give and take privileges."""
        kind, name = _object(q.securable_type, q.full_name)
        changes = [
            GrantChange(
                principal=change.principal,
                add=[item.replace("_", " ") for item in change.add or ()],
                remove=[item.replace("_", " ") for item in change.remove or ()],
            )
            for change in q.changes or ()
        ]
        return _permissions(ws.catalog.change_grants(name, changes, kind=kind), self._spelling)

    def effective(self, ws: Workspace, q: GetPermissions) -> EffectivePermissions:
        """Return the grants on an object and on all above it."""
        kind, name = _object(q.securable_type, q.full_name)
        found = ws.catalog.grants(name, principal=q.principal, effective=True, kind=kind)
        return EffectivePermissions(
            privilege_assignments=[
                EffectiveAssignment(principal=who, privileges=[self._privilege(grant) for grant in theirs])
                for who, theirs in _by_principal(found).items()
            ]
        )

    def _privilege(self, grant: Grant) -> EffectivePrivilege:
        above = grant.inherited_from
        return EffectivePrivilege(
            privilege=_said(grant.privilege, self._spelling),
            inherited_from_name=above.name if above else None,
            inherited_from_type=above.kind.upper() if above else None,
        )

    def routes(self) -> list[Route]:
        """Return the routes."""
        path = "/{securable_type}/{full_name}"
        about: dict[str, Any] = {"resource": "catalog", "tag": "Unity Catalog", "row": "UC-3"}
        return [
            Route("GET", f"{self._prefix}/permissions{path}", self.get, GetPermissions, Permissions, **about),
            Route("PATCH", f"{self._prefix}/permissions{path}", self.update, UpdatePermissions, Permissions, **about),
            Route(
                "GET",
                f"{self._prefix}/effective-permissions{path}",
                self.effective,
                GetPermissions,
                EffectivePermissions,
                **about,
            ),
        ]


_KINDS = ("metastore", "catalog", "schema", "table", "view", "volume", "function")


def _object(securable_type: str, full_name: str) -> tuple[str, str]:
    """Return kind and name as the catalog takes them; the metastore has only one name."""
    kind = securable_type.rsplit(".", 1)[-1].lower()
    if kind not in _KINDS:
        raise InvalidParameterError(
            f"Rights of a {securable_type} are not kept here.", hint=f"Securable types: {', '.join(_KINDS)}."
        )
    return kind, kind if kind == "metastore" else full_name


# -- tags ----------------------------------------------------------------------------------------------------------------


class TagAssignment(PlatformModel):
    """A tag of an object; for a column the name has a fourth part."""

    entity_type: str
    entity_name: str
    tag_key: str
    tag_value: str | None = None
    update_mask: str | None = None


class TagOf(PlatformModel):
    """One tag of an object."""

    entity_type: str
    entity_name: str
    tag_key: str


class TagsOf(PlatformModel):
    """The tags of an object."""

    entity_type: str
    entity_name: str
    max_results: int = 0
    page_token: str | None = None


class TagAssignments(PlatformModel):
    """Tags of an object."""

    tag_assignments: list[TagAssignment]
    next_page_token: str | None = None


def _entity(entity_type: str, entity_name: str) -> tuple[str, str, str | None]:
    """Return kind, name and column; the platform says ``catalogs``, ``columns`` and so on."""
    kind = entity_type.lower().removesuffix("s")
    if kind == "column":
        table, _, column = entity_name.rpartition(".")
        return "table", table, column
    return kind, entity_name, None


def _shown(q: TagAssignment | TagOf | TagsOf, tag: Tag) -> TagAssignment:
    return TagAssignment(
        entity_type=q.entity_type, entity_name=q.entity_name, tag_key=tag.key, tag_value=tag.value or None
    )


def _own(ws: Workspace, q: TagAssignment | TagOf | TagsOf) -> list[Tag]:
    kind, name, column = _entity(q.entity_type, q.entity_name)
    return [tag for tag in ws.catalog.tags(name, kind=kind) if tag.column == column]


def list_tags(ws: Workspace, q: TagsOf) -> TagAssignments:
    """List the tags of an object or column."""
    return TagAssignments(tag_assignments=[_shown(q, tag) for tag in _own(ws, q)])


def get_tag(ws: Workspace, q: TagOf) -> TagAssignment:
    """Return a tag."""
    for tag in _own(ws, q):
        if tag.key == q.tag_key:
            return _shown(q, tag)
    raise NotFoundError(f"{q.entity_name} has no tag {q.tag_key!r}.")


def put_tag(ws: Workspace, q: TagAssignment) -> TagAssignment:
    """Tag an object or column, or give a tag another value."""
    kind, name, column = _entity(q.entity_type, q.entity_name)
    ws.catalog.set_tag(name, q.tag_key, q.tag_value or "", column=column, kind=kind)
    return get_tag(ws, TagOf(entity_type=q.entity_type, entity_name=q.entity_name, tag_key=q.tag_key))


def delete_tag(ws: Workspace, q: TagOf) -> Empty:
    """Take a tag away."""
    kind, name, column = _entity(q.entity_type, q.entity_name)
    ws.catalog.unset_tag(name, q.tag_key, column=column, kind=kind)
    return Empty()


_TAGS = "/entity-tag-assignments/{entity_type}/{entity_name}/tags"

ROUTES = [
    *_Rights(UNITY, "underscores").routes(),
    *_Rights(OPEN, "spaces").routes(),
    *both("POST", "/entity-tag-assignments", put_tag, TagAssignment, TagAssignment, "Tag an object", row="UC-5"),
    *both("GET", _TAGS, list_tags, TagsOf, TagAssignments, "List an object's tags", row="UC-5"),
    *both("GET", _TAGS + "/{tag_key}", get_tag, TagOf, TagAssignment, "Return a tag", row="UC-5"),
    *both("PATCH", _TAGS + "/{tag_key}", put_tag, TagAssignment, TagAssignment, "Change a tag", row="UC-5"),
    *both("DELETE", _TAGS + "/{tag_key}", delete_tag, TagOf, Empty, "Take a tag away", row="UC-5"),
]
