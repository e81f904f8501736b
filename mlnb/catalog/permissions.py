"""Giving and taking rights, and saying who has which, with the level they come from."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError

from .grants import ALL, EVERYBODY, GRANTABLE, MANAGE, Level, holds, identities, privilege_named
from .records_objects import Grant, GrantChange, ObjectRef
from .tables import catalog_grant

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

#: Said wherever rights are shown: what they do and what they cannot do.
ADVICE = (
    "A grant binds where this server holds the credentials: its REST and SQL endpoints, and object stores only it can open. Whoever can open "
    "the files with the same operating-system user can read them whatever is granted."
)


def note(ground: Ground) -> str:
    """Return what rights mean in this workspace, in two sentences."""
    if ground.settings.authorization == "owner":
        return f'{ground.user} may do everything here, because authorization is "owner"; rights decide for everybody else. {ADVICE}'
    return f'Rights decide for everybody, because authorization is "enforce". {ADVICE}'


def check_principal(principal: str) -> str:
    """Return a principal, refusing what cannot be one."""
    if not principal or principal != principal.strip() or len(principal) > 255:
        raise InvalidParameterError(f"{principal!r} is no principal.", hint="Name a user or a group.")
    if any(unicodedata.category(c) == "Cc" for c in principal):
        raise InvalidParameterError(f"{principal!r} has a control character.", hint="Name a user or a group.")
    return principal


def given(connection: sa.Connection, levels: Sequence[Level], *, inherited: bool) -> list[Grant]:
    """Return the grants on the last level, and with ``inherited`` those above that hold for it too."""
    target = levels[-1]
    shown = levels if inherited else levels[-1:]
    by_id = {level.id: level for level in shown}
    query = sa.select(catalog_grant).where(catalog_grant.c.entity_id.in_(list(by_id)))
    found = []
    for row in connection.execute(query):
        level = by_id[row.entity_id]
        own = level is target
        if not own and row.privilege not in GRANTABLE[target.kind]:
            continue
        ref = None if own else ObjectRef(kind=level.kind, name=level.full_name)
        found.append(Grant(principal=row.principal, privilege=row.privilege, inherited_from=ref))
    order = {level.full_name: depth for depth, level in enumerate(levels)}
    found.sort(key=lambda g: (g.principal, g.privilege, -order[g.inherited_from.name] if g.inherited_from else -99))
    return found


def held_by(connection: sa.Connection, levels: Sequence[Level], principal: str) -> list[Grant]:
    """Return every privilege a principal has on the last level, spelled out, each with the lowest level it comes from."""
    names = (principal, f"user:{principal}", EVERYBODY)
    grants = list(
        connection.execute(
            sa.select(catalog_grant).where(
                catalog_grant.c.entity_id.in_([x.id for x in levels]), catalog_grant.c.principal.in_(names)
            )
        )
    )
    mine = [
        Level(
            x.id,
            x.kind,
            x.full_name,
            x.owner,
            x.owner in names,
            frozenset(g.privilege for g in grants if g.entity_id == x.id),
        )
        for x in levels
    ]
    found = []
    for privilege in GRANTABLE[levels[-1].kind]:
        if privilege == ALL:
            continue
        source = next((level for level in reversed(mine) if level.gives(privilege)), None)
        if source is not None:
            ref = None if source is mine[-1] else ObjectRef(kind=source.kind, name=source.full_name)
            found.append(Grant(principal=principal, privilege=privilege, inherited_from=ref))
    return found


def change(connection: sa.Connection, ground: Ground, target: Level, changes: Iterable[GrantChange]) -> None:
    """Give and take privileges on an object, with an event for each principal that gained or lost something."""
    subject = f"{target.kind}:{target.full_name}"
    for item in changes:
        principal = check_principal(item.principal)
        add = {privilege_named(text, target.kind) for text in item.add}
        remove = {privilege_named(text) for text in item.remove}
        if both := add & remove:
            raise InvalidParameterError(f"{min(both)} is both given to and taken from {principal}.")
        here = (catalog_grant.c.entity_id == target.id, catalog_grant.c.principal == principal)
        have = set(connection.execute(sa.select(catalog_grant.c.privilege).where(*here)).scalars())
        lost = have if ALL in remove else have & remove
        new = add - have
        for privilege in sorted(new):
            row = {"entity_id": target.id, "principal": principal, "privilege": privilege}
            row |= {"granted_by": current_caller().principal}
            connection.execute(catalog_grant.insert().values(**row, granted_at=now_ms()))
        if lost:
            connection.execute(catalog_grant.delete().where(*here, catalog_grant.c.privilege.in_(lost)))
        for action, privileges in (("grant.added", new), ("grant.removed", lost)):
            if privileges:
                ground.journal.append(action, subject, {"principal": principal, "privileges": sorted(privileges)})


def sees_all(levels: Sequence[Level]) -> bool:
    """Return whether somebody may see everybody's grants, not only their own."""
    return holds(levels, MANAGE)


def own(grants: Iterable[Grant]) -> list[Grant]:
    """Keep the caller's own grants."""
    mine = set(identities())
    return [grant for grant in grants if grant.principal in mine]
