"""What has a name gets another one, other owners and comments, goes away and comes back: the same verbs for every kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from .namespace import Namespace
from .records import TableInfo

if TYPE_CHECKING:
    from .credentials import Credentials
    from .service import Catalog

Kind = Literal["catalog", "schema", "table", "view", "volume", "function"]


class Naming(Namespace):
    """Renames, describes, drops and restores objects of every kind, and names queries as views."""

    def create_view(self, name: str, sql: str, *, replace: bool = False, comment: str | None = None) -> TableInfo:
        """Give a query a name; reading the view runs the query.

        Parameters
        ----------
        sql
            A SELECT on tables and views. Names are completed now, so the view means the same whoever reads it.
        replace
            Give an existing view another query.

        Raises
        ------
        NameTakenError
            When there is a table of that name, or a view and not ``replace``.
        TableNotFoundError
            When the query reads something that does not exist.
        """
        from .views import create_view

        return create_view(cast("Catalog", self), self.parse(name), sql, replace=replace, comment=comment)

    def create(
        self,
        kind: Kind,
        name: str,
        *,
        comment: str | None = None,
        query: str | None = None,
        storage_root: str | None = None,
    ) -> str:
        """Create a catalog, schema, volume or view by kind; return its full name. Tables need :meth:`create_table`.

        Parameters
        ----------
        query
            Of a view.
        storage_root
            Of a catalog.
        """
        from .lifecycle import create

        return create(cast("Catalog", self), kind, name, comment=comment, query=query, storage_root=storage_root)

    def declare_table(
        self,
        name: str,
        columns: Sequence[Mapping[str, Any]],
        *,
        location: str | None = None,
        comment: str | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> TableInfo:
        """Create an empty table from declared columns, or with none name the Delta table at ``location``.

        Parameters
        ----------
        columns
            Each with ``name`` and ``type_text`` as in SQL (``array<bigint>``), or ``type_json``, a Spark field; ``nullable``, ``comment``.

        Raises
        ------
        TableSchemaError
            For a type that does not exist.
        """
        from .delta.declared import arrow_schema

        table = cast("Catalog", self).create_table(
            name,
            schema=arrow_schema(columns) if columns else None,
            location=location,
            comment=comment,
            properties=properties,
        )
        return table.info

    def credentials(
        self, *, table_id: str | None = None, volume_id: str | None = None, url: str | None = None, write: bool = False
    ) -> Credentials:
        """Say where the files of a table, a volume or a path are, to a client that reads them itself.

        Raises
        ------
        PermissionDeniedError
            Without the right to read, or with ``write`` to change it.
        """
        from .credentials import credentials

        return credentials(cast("Catalog", self), table_id=table_id, volume_id=volume_id, url=url, write=write)

    def rename(self, name: str, new_name: str, *, kind: Kind = "table") -> str:
        """Give an object another name, or move a table, view, volume or function to another schema; return its full name.

        History, grants, tags and lineage belong to the object and stay with it. Other tables' views that read it by its old name do not
        follow.

        Raises
        ------
        NameTakenError
            When the new name is taken.
        """
        from .lifecycle import rename

        return rename(cast("Catalog", self), name, new_name, kind)

    def alter(
        self,
        name: str,
        *,
        kind: Kind = "table",
        owner: str | None = None,
        comment: str | None = None,
        properties: Mapping[str, str | None] | None = None,
    ) -> None:
        """Change owner, comment or properties; what is None stays. A property that is None goes.

        Raises
        ------
        TableNotFoundError, SchemaNotFoundError, CatalogNotFoundError
            With the nearest names.
        """
        from .lifecycle import alter

        alter(cast("Catalog", self), name, kind, owner=owner, comment=comment, properties=properties)

    def set_primary_key(self, name: str, columns: Sequence[str] | None, *, timeseries: str | None = None) -> TableInfo:
        """Say which columns identify a row of a table, or with None that none do.

        The key is recorded, not enforced; ``Table.verify_key`` checks it. A table with one can be a feature table.

        Parameters
        ----------
        timeseries
            The time column of the key: rows are valid from that time on.

        Raises
        ------
        UnresolvedColumnError
            For a column that the table does not have.
        """
        from .lifecycle import set_primary_key

        return set_primary_key(cast("Catalog", self), name, columns, timeseries)

    def drop(
        self,
        name: str,
        *,
        kind: Kind | None = None,
        cascade: bool = False,
        if_exists: bool = False,
        force: bool = False,
    ) -> None:
        """Drop a table or view, or with ``kind`` something else; files stay for ``undrop_days``.

        Parameters
        ----------
        cascade
            Drop a schema or catalog with everything in it.
        if_exists
            Do nothing when there is none of that name.
        force
            Drop a table although somebody has pinned a version of it.

        Raises
        ------
        InvalidStateError
            When it is not empty, or when a version is pinned, naming by whom.
        """
        from .lifecycle import drop

        drop(cast("Catalog", self), name, kind, cascade=cascade, if_exists=if_exists, force=force)

    def undrop(self, name: str, *, kind: Kind = "table") -> str:
        """Bring back what was dropped last under that name, a schema or catalog with all that went with it; return its full name.

        Raises
        ------
        TableNotFoundError
            When nothing of that name is left.
        NameTakenError
            When the name was given to something else meanwhile.
        """
        from .lifecycle import undrop

        return undrop(cast("Catalog", self), name, kind)
