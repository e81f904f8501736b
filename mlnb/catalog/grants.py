"""Who may do what: privileges, how they inherit, and the two questions asked of them.

A privilege is granted on a catalog, a schema or an object and holds for everything below. The owner of a level, and who may MANAGE it, may
do everything below it. Two rights are needed on the way to an object: USE CATALOG on its catalog and USE SCHEMA on its schema; only BROWSE,
which shows metadata, needs neither. The metastore, above all catalogs, is the workspace's user's: creating catalogs and giving rights
(so that nobody is locked out for good), but no rights on data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import Caller, current_caller, default_principal
from mlnb.core.errors import InvalidParameterError, NotFoundError, PermissionDeniedError, did_you_mean

from . import metastore as rows
from . import names
from .tables import catalog_grant, catalog_securable

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

ALL = "ALL PRIVILEGES"
MANAGE = "MANAGE"
BROWSE = "BROWSE"
METASTORE = "metastore"

#: What can be granted on each kind; the lower ones can be granted above too, and inherit.
_TABLE = (ALL, "APPLY TAG", BROWSE, MANAGE, "MODIFY", "SELECT")
_VOLUME = (ALL, "APPLY TAG", BROWSE, MANAGE, "READ VOLUME", "WRITE VOLUME")
_FUNCTION = (ALL, BROWSE, "EXECUTE", MANAGE)
_MODEL = (ALL, "APPLY TAG", BROWSE, "CREATE MODEL VERSION", "EXECUTE", MANAGE)
_SCHEMA = tuple(
    sorted(
        {*_TABLE, *_VOLUME, *_FUNCTION, *_MODEL}
        | {"CREATE FUNCTION", "CREATE MODEL", "CREATE TABLE", "CREATE VIEW", "CREATE VOLUME"}
        | {"EXTERNAL USE SCHEMA", "REFRESH", "USE SCHEMA"}
    )
)
GRANTABLE: dict[str, tuple[str, ...]] = {
    METASTORE: ("CREATE CATALOG",),
    "catalog": tuple(sorted({*_SCHEMA, "CREATE SCHEMA", "USE CATALOG"})),
    "schema": _SCHEMA,
    "table": _TABLE,
    "view": (ALL, "APPLY TAG", BROWSE, MANAGE, "REFRESH", "SELECT"),
    "volume": _VOLUME,
    "function": _FUNCTION,
    "model": _MODEL,
}
PRIVILEGES = tuple(sorted({privilege for kind in GRANTABLE.values() for privilege in kind}))

#: What the owner of the metastore may do everywhere: give rights and look at names, so that nobody is locked out for good.
_ADMIN = frozenset({MANAGE, BROWSE, "CREATE CATALOG"})
#: What ALL PRIVILEGES leaves out.
_NOT_IN_ALL = frozenset({MANAGE, "EXTERNAL USE SCHEMA"})
_USE = {"catalog": "USE CATALOG", "schema": "USE SCHEMA"}

#: Everybody who has an account; a grant to it is a grant to all.
EVERYBODY = "account users"


def privilege_named(text: str, kind: str | None = None) -> str:
    """Return a privilege as it is stored; underscores and case do not matter.

    Raises
    ------
    InvalidParameterError
        When there is none of that name, or not on that kind of object.
    """
    name = " ".join(text.replace("_", " ").upper().split())
    name = ALL if name == "ALL" else name
    if name not in PRIVILEGES:
        raise InvalidParameterError(
            f"{text!r} is no privilege.",
            hint=did_you_mean(name, PRIVILEGES) or f"Privileges: {', '.join(PRIVILEGES)}.",
        )
    if kind is not None and name not in GRANTABLE[kind]:
        raise InvalidParameterError(
            f"{name} cannot be granted on a {kind}.", hint=f"On a {kind}: {', '.join(GRANTABLE[kind])}."
        )
    return name


@dataclass(frozen=True)
class Level:
    """One level on the way from the metastore to an object, with what somebody holds there."""

    id: str
    kind: str
    full_name: str
    owner: str
    owned: bool = False
    privileges: frozenset[str] = field(default_factory=frozenset)

    def gives(self, privilege: str) -> bool:
        """Return whether what is held here implies a privilege here and below."""
        if self.kind == METASTORE:
            return (self.owned and privilege in _ADMIN) or privilege in self.privileges
        if self.owned or MANAGE in self.privileges or privilege in self.privileges:
            return True
        return ALL in self.privileges and privilege not in _NOT_IN_ALL


def holds(levels: Sequence[Level], privilege: str) -> bool:
    """Return whether a privilege is held at the last level, by itself or from above."""
    return any(level.gives(privilege) for level in levels)


def missing(levels: Sequence[Level], privilege: str) -> tuple[str, Level] | None:
    """Return the first right that is missing for a privilege on the last level, and where; None when all are there."""
    target = levels[-1]
    if privilege == BROWSE:
        return None if visible(levels) else (BROWSE, target)
    if not (privilege == MANAGE and levels[0].gives(MANAGE)):
        for depth, level in enumerate(levels):
            use = _USE.get(level.kind)
            if use is not None and not holds(levels[: depth + 1], use):
                return use, level
    return None if holds(levels, privilege) else (privilege, target)


def visible(levels: Sequence[Level]) -> bool:
    """Return whether the last level's metadata may be seen: by BROWSE, or by any right on it that can be reached."""
    if holds(levels, BROWSE):
        return True
    target = levels[-1]
    reachable = all(
        holds(levels[: depth + 1], _USE[level.kind]) for depth, level in enumerate(levels[:-1]) if level.kind in _USE
    )
    return reachable and any(holds(levels, privilege) for privilege in GRANTABLE[target.kind])


# -- whose rights ------------------------------------------------------------------------------------------------------

_acting: ContextVar[str | None] = ContextVar("mlnb_acting_as", default=None)


@contextmanager
def acting_as(principal: str) -> Iterator[None]:
    """Use somebody else's rights inside the block, as a view uses its owner's. The journal still names the caller."""
    token = _acting.set(principal)
    try:
        yield
    finally:
        _acting.reset(token)


def identities(caller: Caller | None = None) -> tuple[str, ...]:
    """Return every name under which rights may have been given to the caller: themselves, their groups, everybody."""
    principal = _acting.get()
    if principal is not None and caller is None:
        return principal, f"user:{principal}", EVERYBODY
    caller = caller or current_caller()
    groups = [name for group in caller.groups for name in (group, f"group:{group}")]
    return caller.principal, f"user:{caller.principal}", *groups, EVERYBODY


# -- rows --------------------------------------------------------------------------------------------------------------


def chain(connection: sa.Connection, kind: str, full_name: str, metastore_owner: str) -> list[Level]:
    """Return the levels from the metastore to an object.

    Raises
    ------
    NotFoundError
        When one of them does not exist.
    """
    levels = [Level(METASTORE, METASTORE, METASTORE, metastore_owner)]
    if kind == METASTORE:
        return levels
    parts = names.split(full_name)
    kinds = ("catalog", "schema", kind)[: len(parts)]
    if kinds[-1] != kind or len(parts) > 3:
        raise InvalidParameterError(f"{full_name!r} is no name of a {kind}.", hint="Write catalog.schema.name.")
    given = {f"part{depth}": names.key(part) for depth, part in enumerate(parts)}
    row = connection.execute(_path(tuple(rows.NAMESPACES[each] for each in kinds)), given).first()
    if row is None:
        raise NotFoundError(f"There is no {kind} {full_name}.")
    return levels + [Level(*row[4 * depth : 4 * depth + 4]) for depth in range(len(kinds))]


@lru_cache(maxsize=16)
def _path(namespaces: tuple[str, ...]) -> sa.Select[Any]:
    """Return the query for every level of a name at once; made once, because every check runs it."""
    wanted: list[sa.ColumnElement[Any]] = []
    conditions: list[sa.ColumnElement[bool]] = []
    parent: sa.ColumnElement[str] = sa.literal("")
    for depth, namespace in enumerate(namespaces):
        level = catalog_securable.alias(f"level{depth}")
        wanted += [level.c.id, level.c.kind, level.c.full_name, level.c.owner]
        conditions += [
            level.c.parent_id == parent,
            level.c.namespace == namespace,
            level.c.name_key == sa.bindparam(f"part{depth}"),
            level.c.deleted_at.is_(None),
        ]
        parent = level.c.id
    return sa.select(*wanted).where(*conditions)


def with_rights(connection: sa.Connection, levels: Sequence[Level], who: Iterable[str]) -> list[Level]:
    """Return levels with what somebody holds at each."""
    who = tuple(who)
    query = sa.select(catalog_grant.c.entity_id, catalog_grant.c.privilege).where(
        catalog_grant.c.entity_id.in_([level.id for level in levels]), catalog_grant.c.principal.in_(who)
    )
    held: dict[str, set[str]] = {}
    for row in connection.execute(query):
        held.setdefault(row.entity_id, set()).add(row.privilege)
    return [Level(x.id, x.kind, x.full_name, x.owner, x.owner in who, frozenset(held.get(x.id, ()))) for x in levels]


class Rights:
    """Asks whether the caller may do something.

    Parameters
    ----------
    ground
        The workspace; its user owns the metastore, and may do everything unless ``authorization`` is ``enforce``.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._user = ground.user

    def unrestricted(self) -> bool:
        """Return whether nothing has to be asked: the workspace's own work, or its user's where rights are not enforced."""
        caller = current_caller()
        if caller.trusted:
            return True
        if self._ground.settings.authorization != "owner" or _acting.get() is not None:
            return False
        # In a process of the user's own (kernel, shell) the login name is the workspace's user, whatever the setting calls them.
        return caller.principal == self._user or (caller.source != "rest" and caller.principal == default_principal())

    def administers(self) -> bool:
        """Return whether the caller may see what everybody did: the owner of the metastore, whether rights are enforced or not."""
        return self.unrestricted() or self._user in identities()

    def definer(self, owner: str) -> str:
        """Return who owns a view or function whose text the caller replaces: it runs with its owner's rights, which may not be borrowed."""
        return owner if owner in identities() or self.administers() else current_caller().principal

    def require(self, privilege: str, kind: str, full_name: str) -> None:
        """Raise unless the caller holds a privilege on an object."""
        if self.unrestricted():
            return
        with self._ground.metastore.connect() as connection:
            lacking = missing(self.levels(connection, kind, full_name), privilege)
        if lacking is not None:
            raise denied(privilege, full_name, *lacking)

    def levels(self, connection: sa.Connection, kind: str, full_name: str) -> list[Level]:
        """Return the levels to an object with what the caller holds at each."""
        found = chain(connection, kind, full_name, self._user)
        return with_rights(connection, found, identities())

    def suggestable(self) -> sa.ColumnElement[bool] | None:
        """Return which names a message may suggest to the caller: those they own or were given something on; None = all of them."""
        if self.unrestricted():
            return None
        who = identities()
        granted = sa.exists().where(
            catalog_grant.c.entity_id == catalog_securable.c.id, catalog_grant.c.principal.in_(who)
        )
        return sa.or_(catalog_securable.c.owner.in_(who), granted)

    def condition(self, kind: str, parent: tuple[str, str] | None) -> sa.ColumnElement[bool] | None:
        """Return which names of a kind below a parent (kind, full name) the caller may see; None = all of them."""
        if self.unrestricted():
            return None
        with self._ground.metastore.connect() as connection:
            above = self.levels(connection, *(parent or (METASTORE, METASTORE)))
        shown = _shown(above, kind)
        return None if shown == "all" else _given(shown, identities())

    def conditions(
        self, connection: sa.Connection, above: Sequence[Level], parents: Sequence[Level], kinds: Mapping[str, str]
    ) -> sa.ColumnElement[bool] | None:
        """Return which names below several parents at once the caller may see; None = all of them.

        Parameters
        ----------
        above
            The levels to what the parents have in common, with rights.
        parents
            The parents.
        kinds
            What may lie below them: the kind by namespace.
        """
        if self.unrestricted() or not parents:
            return None
        who = identities()
        found: dict[tuple[str, str], list[str]] = {}
        for parent in with_rights(connection, parents, who):
            for namespace, kind in kinds.items():
                found.setdefault((namespace, _shown([*above, parent], kind)), []).append(parent.id)
        choices = []
        for (namespace, shown), ids in found.items():
            here = sa.and_(catalog_securable.c.namespace == namespace, catalog_securable.c.parent_id.in_(ids))
            choices.append(here if shown == "all" else sa.and_(here, _given(shown, who)))
        return sa.or_(*choices)


def _shown(above: Sequence[Level], kind: str) -> str:
    """Return what is shown of a kind below some levels: ``all``, what was ``given``, or what was given to ``browse``."""
    if visible([*above, Level("", kind, "", "")]):
        return "all"
    reachable = all(holds(above[: depth + 1], _USE[x.kind]) for depth, x in enumerate(above) if x.kind in _USE)
    return "given" if reachable else "browse"


def _given(shown: str, who: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return the condition that somebody owns a name or was given a right on it, where it cannot be reached one to see it."""
    granted = sa.exists().where(catalog_grant.c.entity_id == catalog_securable.c.id, catalog_grant.c.principal.in_(who))
    if shown == "browse":
        granted = granted.where(catalog_grant.c.privilege.in_([ALL, BROWSE, MANAGE]))
    return sa.or_(catalog_securable.c.owner.in_(who), granted)


def denied(privilege: str, full_name: str, lacks: str, level: Level) -> PermissionDeniedError:
    """Return the error for a missing right, saying which and where."""
    who = _acting.get() or current_caller().principal
    where = f"the {level.kind} {level.full_name}" if level.kind != METASTORE else "the metastore"
    task = "" if lacks == privilege and level.full_name == full_name else f", which {privilege} on {full_name} needs"
    grant = f"GRANT {lacks} ON {level.kind.upper()} {names.quote_name(level.full_name)} TO `{who}`"
    return PermissionDeniedError(
        f"{who} does not have {lacks} on {where}{task}.",
        hint=f"Its owner, {level.owner}, can give it: {grant}.",
        details={"privilege": lacks, "securable_type": level.kind.upper(), "full_name": level.full_name},
    )
