"""Catalogs and schemas: the two upper levels of every name, and the lists of what is in them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from mlnb.core.caller import Caller, calling
from mlnb.core.errors import did_you_mean
from mlnb.core.records import Page

from . import metastore as rows
from . import names, paging
from .errors import CatalogNotFoundError, NameTakenError, SchemaNotFoundError, TableNotFoundError
from .grants import METASTORE, Rights
from .isolation import Isolation, isolation_of
from .names import TableName
from .records import CatalogInfo, CatalogSettings, SchemaInfo, TableInfo

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .summaries import TableSummary


class Namespace:
    """Creates, finds and lists catalogs and schemas, and lists tables.

    Parameters
    ----------
    ground
        Settings, metastore and journal of the workspace.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.settings: CatalogSettings = ground.settings.section("catalog", CatalogSettings)
        self.rights = Rights(ground)
        self._current = (self.settings.default_catalog, self.settings.default_schema)
        self._ensure_default()

    @property
    def isolation(self) -> Isolation | None:
        """What names mean in a process that keeps to itself; None in every other."""
        return isolation_of(self.ground)

    def _ensure_default(self) -> None:
        above, schema = self.settings.default_catalog, self.settings.default_schema
        with self.ground.metastore.connect() as connection:
            found = rows.find_schema(connection, above, schema)
        # Whoever happens to come first: these two are the workspace's user's.
        with calling(Caller(self.ground.user, trusted=True)):
            if found[0] is None:
                self.create_catalog(above, if_not_exists=True)
            if found[1] is None:
                self.create_schema(f"{above}.{schema}", if_not_exists=True)

    def require(self, privilege: str, kind: str, full_name: str) -> None:
        """Raise unless the caller holds a privilege on an object; what every other method of the catalog asks first.

        Parameters
        ----------
        privilege
            As it is granted: ``SELECT``, ``CREATE TABLE``, ….
        kind, full_name
            ``catalog``, ``schema``, ``table``, ``view``, ``volume``, ``function`` and its name, or ``metastore`` twice.

        Raises
        ------
        PermissionDeniedError
            Naming the right that is missing and where; nothing was changed.
        """
        self.rights.require(privilege, kind, full_name)

    def parse(self, name: str) -> TableName:
        """Return the full name that a name of one to three parts means."""
        return names.parse_table(name, self.current_catalog, self.current_schema)

    @property
    def current_catalog(self) -> str:
        """The catalog of names without one: the settings' default, or what :meth:`use` chose."""
        return self._current[0]

    @property
    def current_schema(self) -> str:
        """The schema of names without one."""
        return self._current[1]

    def use(self, name: str, *, kind: Literal["schema", "catalog"] = "schema") -> None:
        """Complete short names with another schema from now on, in this process; ``USE`` in SQL.

        Parameters
        ----------
        name
            ``catalog.schema``, a schema of the current catalog, or with ``kind`` a catalog, whose ``default`` schema is then meant.

        Raises
        ------
        SchemaNotFoundError, CatalogNotFoundError
            With the nearest names.
        """
        if kind == "catalog":
            self._current = (self.catalog_info(names.split(name)[0]).name, self.settings.default_schema)
            return
        row = self.schema_row(*names.parse_schema(name, self.current_catalog))
        self._current = (str(row.full_name).split(".", 1)[0], str(row.name))

    def complete_with(self, catalog: str | None, schema: str | None) -> None:
        """Complete short names with these, or with the settings' defaults: for each caller of a process that serves several."""
        self._current = (catalog or self.settings.default_catalog, schema or self.settings.default_schema)

    def create_catalog(
        self,
        name: str,
        *,
        comment: str | None = None,
        storage_root: str | None = None,
        properties: Mapping[str, str] | None = None,
        if_not_exists: bool = False,
    ) -> CatalogInfo:
        """Create a catalog.

        Parameters
        ----------
        storage_root
            Where the files of its tables go, a folder or URL; by default the workspace's own ``storage_root``.

        Raises
        ------
        NameTakenError
            When there is one of that name, unless ``if_not_exists``.
        """
        names.check(name)
        root = self._given_location(storage_root) if storage_root is not None else None
        row = self._create("catalog", "", name, comment, if_not_exists, root, properties)
        return rows.catalog_info(row)

    def create_schema(
        self,
        name: str,
        *,
        comment: str | None = None,
        properties: Mapping[str, str] | None = None,
        if_not_exists: bool = False,
    ) -> SchemaInfo:
        """Create a schema, ``catalog.schema``.

        Raises
        ------
        CatalogNotFoundError
            When the catalog does not exist.
        NameTakenError
            When there is one of that name, unless ``if_not_exists``.
        """
        above, schema = names.parse_schema(name, self.settings.default_catalog)
        parent = self.catalog_row(above)
        row = self._create("schema", parent.id, f"{parent.name}.{schema}", comment, if_not_exists, None, properties)
        return rows.schema_info(row)

    def _create(
        self,
        kind: str,
        parent_id: str,
        full_name: str,
        comment: str | None,
        if_not_exists: bool,
        location: str | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> sa.Row[Any]:
        taken = NameTakenError(
            f"The {kind} {full_name} exists already.",
            code=f"{kind.upper()}_ALREADY_EXISTS",
            hint="Use it, or choose another name.",
        )
        name = full_name.rsplit(".", 1)[-1]
        try:
            with self.ground.metastore.begin() as connection:
                found = rows.find(connection, kind, parent_id, name)
                if found is not None:
                    if if_not_exists or self.isolation is not None:
                        return found
                    raise taken
                if kind == "catalog":
                    self.require("CREATE CATALOG", METASTORE, METASTORE)
                else:
                    self.require("CREATE SCHEMA", "catalog", full_name.split(".")[0])
                row = rows.insert(
                    connection, kind, parent_id, full_name, comment=comment, properties=properties, location=location
                )
                self.ground.journal.append(
                    f"{kind}.created", f"{kind}:{full_name}", {"comment": comment} if comment else {}
                )
                return row
        except sa.exc.IntegrityError as error:  # somebody else was quicker (PostgreSQL)
            with self.ground.metastore.connect() as connection:
                found = rows.find(connection, kind, parent_id, name)
            if if_not_exists and found is not None:
                return found
            raise taken from error

    def _given_location(self, text: str) -> str:
        from .locations import given_location

        return given_location(self.ground, text)

    def catalogs(self, *, page_token: str | None = None, max_results: int | None = None) -> Page[CatalogInfo]:
        """List catalogs by name."""
        found, token = self._page("catalog", None, None, page_token, max_results)
        return Page[CatalogInfo](items=[rows.catalog_info(row) for row in found], next_page_token=token)

    def schemas(
        self,
        catalog: str | None = None,
        *,
        filter: str | None = None,
        page_token: str | None = None,
        max_results: int | None = None,
    ) -> Page[SchemaInfo]:
        """List the schemas of a catalog by name.

        Raises
        ------
        CatalogNotFoundError
            When the catalog does not exist.
        """
        parent = self.catalog_row(catalog or self.settings.default_catalog)
        found, token = self._page("schema", parent, filter, page_token, max_results)
        return Page[SchemaInfo](items=[rows.schema_info(row) for row in found], next_page_token=token)

    def tables(
        self,
        schema: str,
        *,
        filter: str | None = None,
        page_token: str | None = None,
        max_results: int | None = None,
    ) -> Page[TableInfo]:
        """List the tables of a schema by name, with columns and statistics; ``filter`` is a part of the name.

        Raises
        ------
        SchemaNotFoundError
            When the schema does not exist.
        """
        parent = self.schema_row(*names.parse_schema(schema, self.settings.default_catalog))
        found, token = self._page("table", parent, filter, page_token, max_results)
        with self.ground.metastore.connect() as connection:
            return Page[TableInfo](items=rows.tables(connection, found), next_page_token=token)

    def table_summaries(self, catalog: str, **options: Any) -> Page[TableSummary]:
        """List names and types of a catalog's tables; see :func:`mlnb.catalog.summaries.table_summaries`."""
        from .summaries import table_summaries

        return table_summaries(self, catalog, **options)

    @cached_property
    def metastore_id(self) -> str:
        """An id of this metastore that stays the same wherever the workspace is moved to."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, str(self.catalog_row(self.settings.default_catalog).id)))

    def _page(
        self, kind: str, parent: Any, filter: str | None, token: str | None, max_results: int | None
    ) -> tuple[list[sa.Row[Any]], str | None]:
        """Return a page of the names of a kind below a parent (None: catalogs) that the caller may see, and the next page's token."""
        seen = self.rights.condition(kind, (parent.kind, parent.full_name) if parent is not None else None)
        parent_id = "" if parent is None else str(parent.id)
        size, question = paging.size(max_results), f"{kind}|{parent_id}|{filter or ''}"
        after = paging.decode(token, question)
        with self.ground.metastore.connect() as connection:
            found = rows.children(connection, kind, parent_id, after=after, limit=size + 1, contains=filter, where=seen)
        following = paging.encode(found[size - 1].name_key, question) if len(found) > size else None
        return found[:size], following

    def catalog_info(self, name: str) -> CatalogInfo:
        """Return a catalog by name."""
        row = self.catalog_row(name)
        self.require("BROWSE", "catalog", row.full_name)
        return rows.catalog_info(row)

    def schema_info(self, name: str) -> SchemaInfo:
        """Return a schema by name."""
        row = self.schema_row(*names.parse_schema(name, self.settings.default_catalog))
        self.require("BROWSE", "schema", row.full_name)
        return rows.schema_info(row)

    def catalog_row(self, name: str) -> sa.Row[Any]:
        """Return the row of a catalog, or raise with the nearest names."""
        with self.ground.metastore.connect() as connection:
            found = rows.find(connection, "catalog", "", name)
            if found is None:
                near = did_you_mean(name, self.near_names(connection, "catalog"))
                raise CatalogNotFoundError(
                    f"There is no catalog {name!r}.", hint=near or f"Create it: ws.catalog.create_catalog({name!r})."
                )
        return found

    def schema_row(self, catalog: str, schema: str) -> sa.Row[Any]:
        """Return the row of a schema, or raise with the nearest names."""
        self.catalog_row(catalog)
        with self.ground.metastore.connect() as connection:
            found = rows.find_schema(connection, catalog, schema)[1]
            if found is None:
                near = did_you_mean(f"{catalog}.{schema}", self.near_names(connection, "schema"))
                create = f"ws.catalog.create_schema({f'{catalog}.{schema}'!r})"
                raise SchemaNotFoundError(
                    f"There is no schema {catalog}.{schema}.",
                    hint=f"{near} Or create it: {create}." if near else f"Create it: {create}.",
                )
        return found

    def near_names(self, connection: sa.Connection, kind: str) -> list[str]:
        """Return the full names of a kind that a message may suggest to the caller."""
        return rows.full_names(connection, kind, where=self.rights.suggestable())

    def not_found(self, name: TableName) -> TableNotFoundError:
        """Return the error for a table that does not exist, naming the nearest ones that do."""
        with self.ground.metastore.connect() as connection:
            every = self.near_names(connection, "table")
        near = did_you_mean(name.full_name, every) or _near_last_part(name.name, every)
        return TableNotFoundError(
            f"There is no table {name.full_name}.",
            hint=near or "List tables with ws.catalog.tables('catalog.schema') or SHOW TABLES.",
        )


def _near_last_part(name: str, full_names: list[str]) -> str | None:
    """Suggest tables of any schema whose own name is near: people forget the schema more often than they misspell it."""
    by_last: dict[str, str] = {full.rsplit(".", 1)[-1]: full for full in full_names}
    text = did_you_mean(name, by_last)
    if text is None:
        return None
    for last in sorted(by_last, key=len, reverse=True):
        text = text.replace(f" {last}", f" {by_last[last]}", 1) if f" {last}" in text else text
    return text
