"""Comments, tags, certification, owners and grants: what people say about data, and who may touch it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, NotFoundError, PreconditionFailedError

from . import names
from .grants import GRANTABLE, METASTORE, Level, chain, missing
from .namespace import Namespace
from .records_objects import Grant, GrantChange, ObjectInfo, Tag
from .tables import catalog_column, catalog_securable

if TYPE_CHECKING:
    import sqlalchemy as sa

    from .service import Catalog
    from .tags import Certification

#: Longest comment, in characters.
MAX_COMMENT = 32_768


class Governance(Namespace):
    """Says who owns, describes, tags and may use what.

    Names may be given with ``kind`` (``catalog``, ``schema``, ``table``, ``view``, ``volume``, ``function``). Without it, three parts are a
    table or view, else a volume, else a function; fewer parts are a table in the default schema if there is one, else a schema or catalog.
    """

    # -- comments, tags, certification, owner ------------------------------------------------------------------------------

    def object_info(self, name: str, *, kind: str | None = None) -> ObjectInfo:
        """Return what every object has: owner, comment, tags, and what the caller may do with it."""
        from .tags import CERTIFICATION, tags_of

        row = self._object(name, kind)
        self.require("BROWSE", row.kind, row.full_name)
        with self.ground.metastore.connect() as connection:
            tags = tags_of(connection, [row.id]).get(row.id, [])
            may = self._may(connection, row.kind, row.full_name)
        same = ("kind", "id", "name", "full_name", "owner", "comment", "properties")
        stamps = ("created_at", "created_by", "updated_at", "updated_by")
        return ObjectInfo(
            **{field: getattr(row, field) for field in (*same, *stamps)},
            tags=tags,
            certification=next(
                (cast("Certification", t.value) for t in tags if t.key == CERTIFICATION and not t.column), None
            ),
            may=may,
        )

    def _may(self, connection: sa.Connection, kind: str, full_name: str) -> list[str]:
        if self.rights.unrestricted():
            return [privilege for privilege in GRANTABLE[kind] if privilege != "ALL PRIVILEGES"]
        levels = self.rights.levels(connection, kind, full_name)
        return [p for p in GRANTABLE[kind] if p != "ALL PRIVILEGES" and missing(levels, p) is None]

    def set_comment(
        self,
        name: str,
        text: str | None,
        *,
        column: str | None = None,
        kind: str | None = None,
        expected: str | None = None,
    ) -> None:
        """Describe an object or a column; no text takes the comment away.

        Parameters
        ----------
        expected
            The comment the caller last saw, empty when there was none: the change is refused when it is another one by now.

        Raises
        ------
        PreconditionFailedError
            When somebody else has changed the comment meanwhile.
        UnresolvedColumnError
            When there is no such column.
        """
        from .tags import column_named

        text = (text or "").strip() or None
        if text is not None and len(text) > MAX_COMMENT:
            raise InvalidParameterError(
                f"A comment has at most {MAX_COMMENT:,} characters; this one has {len(text):,}."
            )
        row = self._object(name, kind)
        self.require("MODIFY" if row.kind == "table" else "MANAGE", row.kind, row.full_name)
        with self.ground.metastore.begin() as connection:
            table: sa.Table = catalog_securable
            where: tuple[sa.ColumnElement[bool], ...] = (catalog_securable.c.id == row.id,)
            if column is not None:
                column = column_named(connection, row.id, row.full_name, column)
                table, where = catalog_column, (catalog_column.c.table_id == row.id, catalog_column.c.name == column)
            old = connection.execute(table.select().where(*where).with_for_update()).one().comment or None
            if expected is not None and (expected.strip() or None) != old:
                raise PreconditionFailedError(
                    f"Somebody else has changed the comment of {row.full_name} meanwhile.",
                    hint="Look at it again, and change it once more if that is still right.",
                    details={"comment": old or ""},
                )
            if old == text:
                return
            connection.execute(table.update().where(*where).values(comment=text))
            self._touch(connection, row.id)
            facts = {"comment": text, "previous": old} | ({"column": column} if column else {})
            subject = f"{row.kind}:{row.full_name}"
            self.ground.journal.append("comment.set" if text else "comment.removed", subject, facts)

    def set_tag(
        self, name: str, key: str, value: str = "", *, column: str | None = None, kind: str | None = None
    ) -> list[Tag]:
        """Tag an object or a column, and return all its tags; a key that is there gets the new value.

        Raises
        ------
        InvalidParameterError
            When key or value cannot be one, or there are 50 tags already.
        """
        self.change_tags(name, {key: value}, column=column, kind=kind)
        return self.tags(name, kind=kind)

    def unset_tag(self, name: str, key: str, *, column: str | None = None, kind: str | None = None) -> list[Tag]:
        """Take a tag away and return the rest.

        Raises
        ------
        NotFoundError
            When there is none of that key.
        """
        self.change_tags(name, {key: None}, column=column, kind=kind)
        return self.tags(name, kind=kind)

    def change_tags(
        self, name: str, changes: dict[str, str | None], *, column: str | None = None, kind: str | None = None
    ) -> None:
        """Set and take away several tags in one transaction; a value of None takes the tag away."""
        from . import tags

        for key, value in changes.items():
            if value is not None:
                tags.check(key, value)
        row = self._object(name, kind)
        self.require("APPLY TAG" if row.kind != "function" else "MANAGE", row.kind, row.full_name)
        subject = f"{row.kind}:{row.full_name}"
        with self.ground.metastore.begin() as connection:
            if column is not None:
                column = tags.column_named(connection, row.id, row.full_name, column)
            changed = False
            for key, value in changes.items():
                facts = {"key": key} | ({"column": column} if column else {})
                if value is None:
                    tags.remove(connection, row.id, key, column)
                    self.ground.journal.append("tag.removed", subject, facts)
                elif not tags.put(self.ground.metastore, connection, row.id, Tag(key=key, value=value, column=column)):
                    continue
                else:
                    self.ground.journal.append("tag.set", subject, facts | {"value": value})
                changed = True
            if changed:
                self._touch(connection, row.id)

    def tags(self, name: str, *, kind: str | None = None) -> list[Tag]:
        """Return the tags of an object and of its columns."""
        from .tags import tags_of

        row = self._object(name, kind)
        self.require("BROWSE", row.kind, row.full_name)
        with self.ground.metastore.connect() as connection:
            return tags_of(connection, [row.id]).get(row.id, [])

    def certify(self, name: str, status: Certification | None, *, kind: str | None = None) -> None:
        """Say that people should build on an object (``certified``), or no longer (``deprecated``); None says neither."""
        from .tags import CERTIFICATION

        has = any(tag.key == CERTIFICATION and tag.column is None for tag in self.tags(name, kind=kind))
        if status is not None or has:
            self.change_tags(name, {CERTIFICATION: status}, kind=kind)

    def set_owner(self, name: str, owner: str, *, kind: str | None = None) -> None:
        """Give an object to somebody else, who may then do everything with it."""
        from .permissions import check_principal

        row = self._object(name, kind)
        self.require("MANAGE", row.kind, row.full_name)
        cast("Catalog", self).alter(
            names.quote_name(row.full_name), kind=cast("Any", row.kind), owner=check_principal(owner)
        )

    # -- grants ------------------------------------------------------------------------------------------------------------

    def grant(self, name: str, principal: str, *privileges: str, kind: str | None = None) -> list[Grant]:
        """Give somebody privileges on an object and on everything below it; return the grants on it.

        Parameters
        ----------
        principal
            A user or group; ``account users`` are all. ``user:`` and ``group:`` in front leave no doubt which.

        Raises
        ------
        InvalidParameterError
            For a privilege that does not exist or does not fit the object, naming those that do.
        """
        return self.change_grants(name, [GrantChange(principal=principal, add=_some(privileges))], kind=kind)

    def revoke(self, name: str, principal: str, *privileges: str, kind: str | None = None) -> list[Grant]:
        """Take privileges that were granted on this very object; what comes from above stays. Return what is left."""
        return self.change_grants(name, [GrantChange(principal=principal, remove=_some(privileges))], kind=kind)

    def change_grants(self, name: str, changes: Sequence[GrantChange], *, kind: str | None = None) -> list[Grant]:
        """Give and take in one transaction: all of it or nothing."""
        from . import permissions

        with self.ground.metastore.begin() as connection:
            levels = self._levels(connection, name, kind)
            self.require("MANAGE", levels[-1].kind, levels[-1].full_name)
            permissions.change(connection, self.ground, levels[-1], changes)
            return permissions.given(connection, levels, inherited=False)

    def grants(
        self, name: str, *, principal: str | None = None, effective: bool = False, kind: str | None = None
    ) -> list[Grant]:
        """Return who was given what on an object.

        Parameters
        ----------
        principal
            Only theirs.
        effective
            Also what comes from above. With a principal: every privilege they have, by ownership and ALL PRIVILEGES too.
        """
        from . import permissions

        with self.ground.metastore.connect() as connection:
            levels = self._levels(connection, name, kind)
            if principal is not None and effective:
                found = permissions.held_by(connection, levels, principal)
            else:
                found = permissions.given(connection, levels, inherited=effective)
                found = [grant for grant in found if principal in (None, grant.principal)]
            if self.rights.unrestricted():
                return found
            if permissions.sees_all(self.rights.levels(connection, levels[-1].kind, levels[-1].full_name)):
                return found
        return permissions.own(found)

    def grants_view(self, name: str, *, kind: str | None = None) -> dict[str, Any]:
        """Return an object's rights as its page shows them: grants with their levels, what can be granted, what that means here."""
        from . import permissions

        row = self._object(name, kind)
        self.require("BROWSE", row.kind, row.full_name)
        with self.ground.metastore.connect() as connection:
            may = self._may(connection, row.kind, row.full_name)
        return {
            "owner": row.owner,
            "grants": self.grants(names.quote_name(row.full_name), effective=True, kind=row.kind),
            "privileges": list(GRANTABLE[row.kind]),
            "enforced": self.ground.settings.authorization == "enforce",
            "note": permissions.note(self.ground),
            "may_grant": "MANAGE" in may,
        }

    def owner_of(self, name: str, *, kind: str | None = None) -> str:
        """Return who owns an object."""
        return self.ground.user if kind == METASTORE else str(self._object(name, kind).owner)

    # -- finding -----------------------------------------------------------------------------------------------------------

    def _levels(self, connection: sa.Connection, name: str, kind: str | None) -> list[Level]:
        if kind == METASTORE:
            return chain(connection, METASTORE, METASTORE, self.ground.user)
        row = self._object(name, kind)
        return chain(connection, row.kind, names.quote_name(row.full_name), self.ground.user)

    def _object(self, name: str, kind: str | None) -> Any:
        """Return the row of an object whose kind may have to be found out."""
        from .lifecycle import find_object

        catalog = cast("Catalog", self)
        if kind is not None:
            return find_object(catalog, kind, name, strict=False)
        parts = len(names.split(name))
        candidates: Iterable[str] = (
            ("volume", "function") if parts == 3 else ("schema",) if parts == 2 else ("catalog",)
        )
        try:
            return find_object(catalog, "table", name, strict=False)
        except NotFoundError as error:
            for each in candidates:
                try:
                    return find_object(catalog, each, name)
                except NotFoundError:
                    continue
            raise error from None

    def _touch(self, connection: sa.Connection, entity_id: str) -> None:
        stamp = {"updated_at": now_ms(), "updated_by": current_caller().principal}
        connection.execute(catalog_securable.update().where(catalog_securable.c.id == entity_id).values(stamp))


def _some(privileges: Sequence[str]) -> list[str]:
    if not privileges:
        raise InvalidParameterError("No privilege is named.", hint="For example: grant(name, 'ada', 'SELECT').")
    return list(privileges)
