"""Volumes and functions: what has a name besides tables and views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, cast

from mlnb.core.records import Page

from . import names
from .names import TableName
from .namespace import Namespace
from .records_objects import FunctionInfo, FunctionParameter, VolumeEntry, VolumeInfo

if TYPE_CHECKING:
    from .service import Catalog


class Objects(Namespace):
    """Creates and finds volumes and functions, and moves files in and out of volumes."""

    # -- volumes -----------------------------------------------------------------------------------------------------------

    def create_volume(
        self, name: str, *, location: str | None = None, comment: str | None = None, if_not_exists: bool = False
    ) -> VolumeInfo:
        """Create a volume: a folder whose files have paths, ``/Volumes/catalog/schema/name/…``, and rights.

        Parameters
        ----------
        location
            A folder that is there already, or is made; by default one in the lake, which goes when the volume is dropped for good.

        Raises
        ------
        NameTakenError
            When there is one of that name, unless ``if_not_exists``.
        """
        from .volumes import create_volume

        catalog = cast("Catalog", self)
        return create_volume(catalog, self.parse(name), location=location, comment=comment, if_not_exists=if_not_exists)

    def volume(self, name: str) -> VolumeInfo:
        """Return a volume by name.

        Raises
        ------
        VolumeNotFoundError
            With the nearest names.
        """
        from .volumes import find

        found = find(cast("Catalog", self), self.parse(name))
        self.require("BROWSE", "volume", found.full_name)
        return found

    def volumes(
        self,
        schema: str,
        *,
        filter: str | None = None,
        page_token: str | None = None,
        max_results: int | None = None,
    ) -> Page[VolumeInfo]:
        """List the volumes of a schema by name; ``filter`` is a part of the name.

        Raises
        ------
        SchemaNotFoundError
            When the schema does not exist.
        """
        from .volumes import infos

        parent = self.schema_row(*names.parse_schema(schema, self.settings.default_catalog))
        found, token = self._page("volume", parent, filter, page_token, max_results)
        with self.ground.metastore.connect() as connection:
            return Page[VolumeInfo](items=infos(connection, [row.id for row in found]), next_page_token=token)

    def path(self, path: str, *, write: bool = False) -> Path:
        """Return where a path of a volume lies on this machine, so that any library can read or write it.

        Raises
        ------
        VolumeNotFoundError
            With the nearest names.
        PermissionDeniedError
            When READ VOLUME (WRITE VOLUME with ``write``) is missing, or the path leaves its volume.
        """
        from .volumes import resolve

        return resolve(cast("Catalog", self), path, "WRITE VOLUME" if write else "READ VOLUME")[1]

    def list_files(self, path: str) -> list[VolumeEntry]:
        """Return what is in a folder of a volume, folders first; of a file, the file."""
        from .volumes import entries

        return entries(cast("Catalog", self), path)

    def read_file(self, path: str) -> bytes:
        """Return the content of a file of a volume."""
        from .volumes import open_file

        with open_file(cast("Catalog", self), path)[1] as stream:
            return stream.read()

    def write_file(
        self, path: str, data: bytes | IO[bytes] | Iterable[bytes], *, overwrite: bool = False
    ) -> VolumeEntry:
        """Write a file of a volume, with the folders above it; a reader sees all of it or nothing.

        Raises
        ------
        AlreadyExistsError
            When there is one, unless ``overwrite``.
        """
        from .volumes import write_file

        return write_file(cast("Catalog", self), path, data, overwrite=overwrite)

    def delete_file(self, path: str) -> None:
        """Delete a file of a volume; this cannot be undone."""
        from .volumes import delete_file

        delete_file(cast("Catalog", self), path)

    def make_directory(self, path: str) -> VolumeEntry:
        """Make a folder in a volume, with those above it."""
        from .volumes import make_directory

        return make_directory(cast("Catalog", self), path)

    def delete_directory(self, path: str) -> None:
        """Delete an empty folder of a volume."""
        from .volumes import delete_directory

        delete_directory(cast("Catalog", self), path)

    # -- functions ---------------------------------------------------------------------------------------------------------

    def create_function(
        self,
        fn_or_sql: Callable[..., Any] | str,
        name: str | None = None,
        *,
        parameters: Sequence[Mapping[str, Any] | FunctionParameter] | None = None,
        returns: str | Sequence[Mapping[str, Any] | FunctionParameter] | None = None,
        language: Literal["SQL", "PYTHON"] | None = None,
        replace: bool = False,
        if_not_exists: bool = False,
        comment: str | None = None,
        pip_requirements: Sequence[str] = (),
    ) -> FunctionInfo:
        """Give a function a name, so that every query can call it.

        Its source is stored as text, with a hash. A Python function may use nothing but its parameters and what it imports itself.

        Parameters
        ----------
        fn_or_sql
            A Python function with annotations; or a definition, ``CREATE FUNCTION f(x DOUBLE) RETURNS DOUBLE RETURN x * 2`` or the same
            from the bracket on; or only the body, with ``parameters`` and ``returns``.
        parameters
            Each with ``name``, ``type_text`` and perhaps ``default`` and ``comment``.
        returns
            The type; or the columns of a function that returns rows.

        Raises
        ------
        SqlError
            For a body that cannot be planned, a parameter without a type, a Python function that needs more than its text.
        NameTakenError
            When there is one of that name, unless ``replace``.
        """
        from .functions import create_function

        return create_function(
            cast("Catalog", self),
            fn_or_sql,
            name,
            parameters=parameters,
            returns=returns,
            language=language,
            replace=replace,
            if_not_exists=if_not_exists,
            comment=comment,
            pip_requirements=pip_requirements,
        )

    def function(self, name: str) -> FunctionInfo:
        """Return a function by name.

        Raises
        ------
        FunctionNotFoundError
            With the nearest names.
        """
        from .functions import not_found

        parsed = self.parse(name)
        found = self.find_function(parsed)
        if found is None:
            raise not_found(cast("Catalog", self), parsed)
        self.require("BROWSE", "function", found.full_name)
        return found

    def find_function(self, name: TableName) -> FunctionInfo | None:
        """Return a function by its full name, None when there is none; who calls it still needs EXECUTE."""
        from .functions import find

        return find(cast("Catalog", self), name)

    def functions(
        self,
        schema: str,
        *,
        filter: str | None = None,
        page_token: str | None = None,
        max_results: int | None = None,
    ) -> Page[FunctionInfo]:
        """List the functions of a schema by name; ``filter`` is a part of the name.

        Raises
        ------
        SchemaNotFoundError
            When the schema does not exist.
        """
        from .functions import infos

        parent = self.schema_row(*names.parse_schema(schema, self.settings.default_catalog))
        found, token = self._page("function", parent, filter, page_token, max_results)
        with self.ground.metastore.connect() as connection:
            return Page[FunctionInfo](items=infos(connection, [row.id for row in found]), next_page_token=token)
