"""The tree of names that panels show: catalogs, schemas, and what is in them, in pages by key. It opens no table.

A page continues after a key, never after a count, so that a name added meanwhile shifts nothing; what is told about a table (its rows, its
certification) is stored in the metastore, not read from the lake.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Page, Record

from . import metastore as rows
from . import names, paging
from .grants import METASTORE, Level, visible
from .tables import catalog_function, catalog_securable, catalog_table, catalog_tag

if TYPE_CHECKING:
    from .service import Catalog

NodeKind = Literal["catalog", "schema", "table", "view", "volume", "function", "model"]
#: Groups of what is in a schema, in the order in which they are shown; a view stands among the tables.
Group = Literal["table", "volume", "function", "model"]
GROUPS: tuple[Group, ...] = ("table", "volume", "function", "model")
CERTIFICATION = "system.certification_status"

_SHOWN = ("id", "kind", "name", "name_key", "full_name", "owner", "comment")
_NAMESPACE = {"table": "relation", "volume": "volume", "function": "function"}


class TreeNode(Record):
    """A name in the tree.

    Attributes
    ----------
    children
        Whether it can be opened.
    badge
        ``certified`` or ``deprecated``.
    detail
        A function's result, a model's newest version.
    num_rows
        Rows of a table, as of the last commit known.
    counts
        What is in a schema, by group.
    """

    address: str
    name: str
    kind: NodeKind
    children: bool
    comment: str | None = None
    detail: str | None = None
    badge: str | None = None
    num_rows: int | None = None
    counts: dict[str, int] | None = None


def tree(
    catalog: Catalog,
    parent: str = "",
    *,
    filter: str = "",
    kind: Group | None = None,
    page_token: str | None = None,
    max_results: int | None = None,
) -> Page[TreeNode]:
    """Return what lies below a parent: catalogs, the schemas of a catalog, or what is in a schema.

    Parameters
    ----------
    parent
        Empty, ``catalog`` or ``catalog.schema``.
    filter
        A part of a name. What is above a match stays, so that it can be opened; a parent that matches by itself alone shows all it has.
    kind
        Only one group of what is in a schema: ``table`` (with views), ``volume``, ``function`` or ``model``.
    """
    parts = names.split(parent) if parent else []
    if len(parts) > 2:
        raise InvalidParameterError(
            f"{parent!r} has nothing below it.", hint="A parent is a catalog or catalog.schema."
        )
    level = _Level(catalog, parts, filter.strip())
    if len(parts) == 2:
        return _below_schema(level, kind, page_token, max_results)
    return _containers(level, page_token, max_results)


class _Level:
    """One level of the tree as the caller may see it, narrowed by a part of a name."""

    def __init__(self, catalog: Catalog, parts: Sequence[str], part: str) -> None:
        self.catalog = catalog
        self.kind = ("catalog", "schema", "table")[len(parts)]
        row: Any = None
        if len(parts) == 1:
            row = catalog.catalog_info(parts[0])
        elif parts:
            row = catalog.schema_row(*parts)
        self.parent_id = str(row.id) if row is not None else ""
        self.full_name = str(row.full_name) if row is not None else ""
        self.name = str(row.name) if row is not None else ""
        above = ("catalog" if len(parts) == 1 else "schema", self.full_name) if parts else None
        self.above = above
        self.part = part

    def may_see(self, kind: str) -> sa.ColumnElement[bool] | None:
        """Return the condition under which a name below is shown; None = always."""
        return self.catalog.rights.condition(kind, self.above)

    def may_see_below(
        self, connection: sa.Connection, shown: Sequence[sa.Row[Any]], kinds: dict[str, str]
    ) -> sa.ColumnElement[bool] | None:
        """Return the condition under which a name below those shown here is; None = always."""
        rights = self.catalog.rights
        if rights.unrestricted():
            return None
        above = rights.levels(connection, *(self.above or (METASTORE, METASTORE)))
        here = [Level(row.id, row.kind, row.full_name, row.owner) for row in shown]
        return rights.conditions(connection, above, here, kinds)

    def query(self, kind: str, namespace: str, *, deep: bool) -> sa.Select[Any]:
        """Return the select of the names of a kind below, with what is told about them: one query for a page."""
        found = (
            sa.select(
                *(catalog_securable.c[name] for name in _SHOWN),
                catalog_tag.c.value.label("badge"),
                catalog_table.c.num_rows,
                catalog_function.c.return_type,
            )
            .outerjoin(catalog_table, catalog_table.c.id == catalog_securable.c.id)
            .outerjoin(catalog_function, catalog_function.c.id == catalog_securable.c.id)
            .outerjoin(
                catalog_tag,
                sa.and_(
                    catalog_tag.c.entity_id == catalog_securable.c.id,
                    catalog_tag.c.column_name == "",
                    catalog_tag.c.key == CERTIFICATION,
                ),
            )
            .where(
                catalog_securable.c.deleted_at.is_(None),
                catalog_securable.c.parent_id == self.parent_id,
                catalog_securable.c.namespace == namespace,
            )
        )
        seen = self.may_see(kind)
        found = found if seen is None else found.where(seen)
        return found.where(_contains(self.part, deep=deep)) if self.part else found


def _contains(part: str, *, deep: bool) -> sa.ColumnElement[bool]:
    """Return the condition that a name, or with ``deep`` a name up to two levels below it, contains a part."""
    wanted = names.key(part)
    found = catalog_securable.c.name_key.contains(wanted, autoescape=True)
    if not deep:
        return found
    child, grandchild = catalog_securable.alias("child"), catalog_securable.alias("grandchild")
    below = sa.exists().where(child.c.parent_id == catalog_securable.c.id, child.c.deleted_at.is_(None))
    two_below = below.where(
        grandchild.c.parent_id == child.c.id,
        grandchild.c.deleted_at.is_(None),
        grandchild.c.name_key.contains(wanted, autoescape=True),
    )
    return sa.or_(found, below.where(child.c.name_key.contains(wanted, autoescape=True)), two_below)


def _after(query: sa.Select[Any], key: str | None, limit: int) -> sa.Select[Any]:
    if key is not None:
        query = query.where(catalog_securable.c.name_key > key)
    return query.order_by(catalog_securable.c.name_key).limit(limit)


# -- catalogs and schemas ----------------------------------------------------------------------------------------------


def _containers(level: _Level, page_token: str | None, max_results: int | None) -> Page[TreeNode]:
    size = paging.size(max_results)
    question = f"tree|{level.kind}|{level.parent_id}|{level.part}"
    after = paging.decode(page_token, question)
    with level.catalog.ground.metastore.connect() as connection:
        _widen(connection, level, [(level.kind, level.kind)], deep=True)
        query = level.query(level.kind, level.kind, deep=True)
        found = list(connection.execute(_after(query, after, size + 1)))
        shown = found[:size]
        ids = [row.id for row in shown]
        if level.kind == "catalog":
            seen = level.may_see_below(connection, shown, {"schema": "schema"})
            open_, counts = rows.parents(connection, ids, where=seen), {}
        else:
            seen = level.may_see_below(connection, shown, {space: group for group, space in _NAMESPACE.items()})
            counts = _counts(connection, level, shown, seen)
            open_ = {one for one, groups in counts.items() if groups}
            if level.part and seen is not None:  # found only by a name that the caller may not see
                shown = [row for row in shown if row.id in open_ or names.key(level.part) in row.name_key]
    nodes = [_node(row, children=row.id in open_, counts=counts.get(row.id) or None) for row in shown]
    more = paging.encode(found[size - 1].name_key, question) if len(found) > size else None
    return Page[TreeNode](items=nodes, next_page_token=more)


def _widen(connection: sa.Connection, level: _Level, kinds: Sequence[tuple[str, str]], *, deep: bool) -> None:
    """Drop the filter where only the parent's own name contains it: then all the parent has is meant."""
    if not level.part or names.key(level.part) not in names.key(level.name):
        return
    for kind, namespace in kinds:
        if connection.execute(level.query(kind, namespace, deep=deep).limit(1)).first():
            return
    level.part = ""


def _counts(
    connection: sa.Connection,
    level: _Level,
    schemas: Sequence[sa.Row[Any]],
    seen: sa.ColumnElement[bool] | None,
) -> dict[str, dict[str, int]]:
    """Return how many objects of each group the caller sees in schemas; with a filter, how many of them it lets through."""
    ids = [row.id for row in schemas]
    query = (
        sa.select(catalog_securable.c.parent_id, catalog_securable.c.namespace, sa.func.count().label("n"))
        .where(catalog_securable.c.deleted_at.is_(None), catalog_securable.c.parent_id.in_(ids))
        .group_by(catalog_securable.c.parent_id, catalog_securable.c.namespace)
    )
    query = query if seen is None else query.where(seen)
    groups = {namespace: group for group, namespace in _NAMESPACE.items()}

    def count(query: sa.Select[Any], part: str) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {one: {} for one in ids}
        for row in connection.execute(query):
            if row.namespace in groups:
                found[row.parent_id][groups[row.namespace]] = row.n
        for schema in schemas:
            models = len(_models(connection, level.catalog, schema.full_name, part))
            if models:
                found[schema.id]["model"] = models
        return found

    if not level.part:
        return count(query, "")
    narrow = count(query.where(_contains(level.part, deep=False)), level.part)
    named = [row.id for row in schemas if names.key(level.part) in row.name_key and not narrow[row.id]]
    if named:
        whole = count(query, "")
        narrow |= {one: whole[one] for one in named}
    return narrow


# -- what is in a schema -----------------------------------------------------------------------------------------------


def _below_schema(level: _Level, kind: Group | None, page_token: str | None, max_results: int | None) -> Page[TreeNode]:
    size = paging.size(max_results)
    question = f"tree|{level.parent_id}|{level.part}|{kind or ''}"
    first, after = _position(paging.decode(page_token, question))
    groups = [group for group in GROUPS if kind in (None, group)]
    found: list[tuple[Group, str, TreeNode]] = []
    with level.catalog.ground.metastore.connect() as connection:
        _widen(connection, level, [(group, _NAMESPACE[group]) for group in groups if group in _NAMESPACE], deep=False)
        for group in groups[groups.index(first) if first in groups else 0 :]:
            limit = size + 1 - len(found)
            if limit <= 0:
                break
            if group == "model":
                nodes = _model_nodes(connection, level, after, limit)
            else:
                nodes = _object_nodes(connection, level, group, after, limit)
            found += [(group, key, node) for key, node in nodes]
            after = None
    more = None
    if len(found) > size:
        group, key, _ = found[size - 1]
        more = paging.encode(f"{group}/{key}", question)
    return Page[TreeNode](items=[node for _, _, node in found[:size]], next_page_token=more)


def _position(last: str | None) -> tuple[str | None, str | None]:
    """Return the group and the key after which a page begins."""
    if last is None:
        return None, None
    group, _, key = last.partition("/")
    return group, key


def _object_nodes(
    connection: sa.Connection, level: _Level, group: Group, after: str | None, limit: int
) -> list[tuple[str, TreeNode]]:
    query = level.query(group, _NAMESPACE[group], deep=False)
    return [(row.name_key, _node(row)) for row in connection.execute(_after(query, after, limit))]


def _model_nodes(connection: sa.Connection, level: _Level, after: str | None, limit: int) -> list[tuple[str, TreeNode]]:
    found = _models(connection, level.catalog, level.full_name, level.part)
    return [
        (
            key,
            TreeNode(
                address=_address("model", full_name),
                name=full_name.rsplit(".", 1)[-1],
                kind="model",
                children=False,
                detail=f"v{latest}" if latest else None,
            ),
        )
        for key, full_name, latest in found
        if after is None or key > after
    ][:limit]


def _models(connection: sa.Connection, catalog: Catalog, schema: str, part: str) -> list[tuple[str, str, int | None]]:
    """Return key, full name and newest version of a schema's models, in order of the key."""
    if catalog.hooks.models is None or not _sees_models(connection, catalog, schema):
        return []
    prefix, wanted = names.key(schema) + ".", names.key(part)
    found = []
    for full_name, latest in catalog.hooks.models(connection):
        key = names.key(full_name)
        if key.startswith(prefix) and wanted in key[len(prefix) :]:
            found.append((key[len(prefix) :], full_name, latest))
    return sorted(found)


def _sees_models(connection: sa.Connection, catalog: Catalog, schema: str) -> bool:
    if catalog.rights.unrestricted():
        return True
    return visible([*catalog.rights.levels(connection, "schema", schema), Level("", "model", "", "")])


# -- nodes -------------------------------------------------------------------------------------------------------------


def _address(kind: str, full_name: str) -> str:
    kind = "table" if kind == "view" else kind  # they share a page, as they share names
    return f"mlnb:{kind}/{quote(full_name, safe='')}"


def _node(row: sa.Row[Any], *, children: bool = False, counts: dict[str, int] | None = None) -> TreeNode:
    return TreeNode(
        address=_address(row.kind, row.full_name),
        name=row.name,
        kind=row.kind,
        children=children,
        comment=row.comment,
        detail=row.return_type,
        badge=row.badge,
        num_rows=row.num_rows,
        counts=counts,
    )
