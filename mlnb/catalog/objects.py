"""Volumes and functions: what has a name besides tables and views."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from mlnb.core.records import Page

from . import names
from .names import TableName
from .namespace import Namespace
from .records_objects import FunctionInfo, FunctionParameter

if TYPE_CHECKING:
    from .service import Catalog


class Objects(Namespace):
    """Creates and finds volumes and functions."""

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
