"""What stands in FROM and is no table: system tables, information_schema, files of volumes, changes of a table, functions that make tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mlnb.core.errors import InvalidParameterError

from ..hooks import COLUMN, ScalarFunction
from ..names import quote
from .functions import check_table_function, function_name
from .scopes import rename

if TYPE_CHECKING:
    from .resolve import Place, Resolver

#: Formats of files that may stand in front of a path: ``csv.`/Volumes/…```.
FORMATS = ("csv", "json", "parquet", "text", "binaryfile")


class Relations:
    """Resolves what makes rows besides tables and views.

    Parameters
    ----------
    resolver
        Of the statement.
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def special(self, table: exp.Table, parts: list[str], place: Place) -> bool:
        """Turn a reference into a system table, information_schema or files; return whether it was one of these."""
        provider = self._resolver.service.hooks.system_tables.get(".".join(parts).lower())
        if provider is not None:
            self._allowed(parts)
            self._resolver.register(table, provider(), parts[-1])
            return True
        if len(parts) >= 2 and parts[-2].lower() == "information_schema":
            self._information(table, parts, place)
            return True
        if parts[0].lower() == "system" and len(parts) == 3:
            return self._system(table, parts)
        if len(parts) == 2 and parts[0].lower() in FORMATS and parts[1].startswith("/Volumes/"):
            self._files(table, parts[1], {"format": parts[0].lower()}, "files")
            return True
        return False

    def _allowed(self, parts: list[str]) -> None:
        if parts[0].lower() == "system":
            # What all people did is for whoever manages the workspace.
            self._resolver.service.require("MANAGE", "metastore", "metastore")

    def _system(self, table: exp.Table, parts: list[str]) -> bool:
        from .information import SYSTEM

        provider = SYSTEM.get(".".join(parts).lower())
        if provider is None:
            return False
        # These show everybody what they did themselves, and all of it only to whoever manages the workspace.
        self._resolver.register(table, provider(self._resolver.service), parts[-1])
        return True

    def _information(self, table: exp.Table, parts: list[str], place: Place) -> None:
        from .information import rows_of

        above = parts[-3] if len(parts) == 3 else place.catalog
        catalog = None if above.lower() == "system" else above
        self._resolver.register(table, rows_of(self._resolver.service, parts[-1], catalog), parts[-1])

    # -- functions --------------------------------------------------------------------------------------------------------

    def function(self, table: exp.Table, place: Place) -> None:
        """Turn a function in FROM into a table."""
        node = table.this
        name = function_name(node)
        above = [part.name for part in (table.args.get("catalog"), table.args.get("db")) if part is not None]
        planner = self._resolver.service.hooks.functions.get(name.lower()) if not above else None
        if planner is not None:
            plan = planner(self._resolver.routines.call(name, node, in_from=True))
            if isinstance(plan, ScalarFunction):
                raise InvalidParameterError(
                    f"{name} makes a value, not a table.", hint=f"Use it in SELECT: SELECT {name}(…)."
                )
            self._resolver.register(table, plan, name)
        elif not above and name.lower() == "read_files":
            positional, options = self._arguments(node, "read_files")
            if len(positional) != 1 or not isinstance(positional[0], str):
                raise InvalidParameterError(
                    "read_files takes a path.",
                    hint="Write read_files('/Volumes/main/default/files/*.csv', format => 'csv', header => true).",
                )
            self._files(table, positional[0], options, name)
        elif not above and name.lower() == "table_changes":
            self._changes(table, place)
        elif isinstance(node, exp.Anonymous) and (info := self._resolver.routines.find([*above, name], place)):
            alias = name
            where = self._resolver.routines.table(node, info, place)
            for part in ("db", "catalog"):
                table.set(part, None)
            table.set("this", exp.to_identifier(alias, quoted=True))
            rename(table, where)
        elif above:
            raise self._resolver.routines.missing(node, [*above, name], place)
        else:
            check_table_function(name)

    def _arguments(self, node: exp.Func, name: str) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments by place and by name, all of which must be known now."""
        positional: list[Any] = []
        options: dict[str, Any] = {}
        for item in node.expressions:
            value = self._resolver.argument(item)
            if value is COLUMN:
                raise InvalidParameterError(
                    f"{item.sql('databricks')} is no constant.", hint=f"{name} takes texts, numbers and parameters."
                )
            if isinstance(item, exp.Kwarg):
                options[item.this.name.lower()] = value
            else:
                positional.append(value)
        return positional, options

    def _changes(self, table: exp.Table, place: Place) -> None:
        positional, options = self._arguments(table.this, "table_changes")
        if options or len(positional) not in (2, 3) or not isinstance(positional[0], str):
            raise InvalidParameterError(
                "table_changes takes a table and one or two versions.",
                hint="Write table_changes('main.default.t', 2) or table_changes('main.default.t', 2, 5).",
            )
        from ..names import parse_table

        name = parse_table(positional[0], place.catalog, place.schema)
        quoted = ".".join(quote(part) for part in (name.catalog, name.schema, name.name))
        source = self._resolver.service.table(quoted, filtered=self._resolver.filtered)
        self._resolver.register(table, source.changes(*positional[1:]).read_all(), name.name)

    def _files(self, table: exp.Table, path: str, options: dict[str, Any], name: str) -> None:
        from .files import read

        self._resolver.register(table, read(self._resolver.service, path, options), name)
