"""Names to data: every table of a statement becomes the files of one version, or is refused.

A statement reads only what is named in the catalog, the frames it was given and the functions that were registered: there is no way to a
file. Each reference becomes a common table expression in front of the user's query; the query itself is only renamed, never pasted.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sqlglot import exp

from mlnb.core.caller import calling, current_caller
from mlnb.core.errors import InvalidParameterError, NotFoundError, did_you_mean

from ..delta.data import reader_of
from ..delta.handles import Found, Snapshot
from ..delta.types import duckdb_type
from ..delta.types import text as type_text
from ..errors import TableNotFoundError, UnboundParameterError
from ..hooks import COLUMN, ScalarFunction
from ..names import TableName, complete, quote_duckdb
from ..records import TableVersion
from .dialect import spelled
from .parse import parse, position
from .prune import conditions
from .relations import Relations
from .routines import Routines, constant
from .scopes import rename, used_columns, visible_ctes
from .values import bindable, is_frame

if TYPE_CHECKING:
    import pyarrow as pa

    from ..service import Catalog

#: How deep views and functions may stand in each other.
_DEEPEST = 30


@dataclass(frozen=True)
class ViewFound:
    """A view: what it is made of, and whose rights that is read with."""

    full_name: str
    definition: str
    owner: str


class Lookup(Protocol):
    """Finds tables and views; raises TableNotFoundError."""

    def __call__(self, name: TableName, version: int | None, timestamp: Any, /) -> Found | ViewFound:
        """Return what a name means at a version, or as it was at a time."""
        ...


@dataclass
class Resolved:
    """What DuckDB is given.

    Attributes
    ----------
    prefix
        The common table expressions of all scans, empty without any.
    sql
        The user's query in DuckDB's dialect.
    binds
        Values of its parameters.
    arrow
        Data to register, by name.
    functions
        Functions to register, by name.
    reads, views, frames
        Tables and views with versions, and names of data frames.
    columns
        Names that an unresolved column may have meant.
    routes
        How each table is read, one line each.
    guarded
        Tables that were read without the rows that a filter leaves out.
    outside
        Rows of something else than tables are among it: a frame, files.
    """

    prefix: str = ""
    sql: str = ""
    binds: dict[str, Any] = field(default_factory=dict)
    arrow: dict[str, Any] = field(default_factory=dict)
    functions: dict[str, ScalarFunction] = field(default_factory=dict)
    reads: list[TableVersion] = field(default_factory=list)
    views: list[TableVersion] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)
    routes: list[str] = field(default_factory=list)
    guarded: set[str] = field(default_factory=set)
    outside: bool = False


@dataclass(frozen=True)
class Place:
    """Where a query stands: the user's own text, or a view or function inside it.

    Attributes
    ----------
    text
        For positions in messages; empty inside views and functions.
    catalog, schema
        For names of one and two parts.
    own
        Whether it is the user's own text, which alone sees parameters and data frames.
    """

    text: str
    catalog: str
    schema: str
    own: bool = True
    depth: int = 0

    def inside(self, full_name: str) -> Place:
        """Return the place inside a view or function."""
        if self.depth >= _DEEPEST:
            raise InvalidParameterError(
                f"{full_name} stands more than {_DEEPEST} levels deep in views and functions.",
                hint="Look for a view or function that uses itself.",
            )
        above, schema, *_ = full_name.split(".")
        return Place("", above, schema, False, self.depth + 1)


class Resolver:
    """Resolves one statement; versions are fixed at the first look, so a self-join reads one snapshot.

    Parameters
    ----------
    service
        The catalog: functions, system tables, row filters, volumes.
    lookup
        Finds tables.
    frames
        Data frames by name, read when no table has that name.
    params
        Values of ``:name``.
    catalog, schema
        For names of one and two parts.
    filtered
        Whether row filters apply.
    restricted
        Whether only listed functions may be called, for callers who are not on this machine.
    """

    #: What the engine speaks.
    dialect = "duckdb"

    def __init__(
        self,
        service: Catalog,
        lookup: Lookup,
        *,
        frames: Mapping[str, Any],
        params: Mapping[str, Any],
        catalog: str,
        schema: str,
        filtered: bool,
        restricted: bool = False,
    ) -> None:
        self.service = service
        self._lookup = lookup
        self._frames = frames
        self._params = params
        self._catalog = catalog
        self._schema = schema
        self.filtered = filtered
        self._found: dict[tuple[TableName, Any, str], Found | ViewFound] = {}
        self._views: dict[str, str] = {}
        self._scans: list[str] = []
        # A comment in the statement can set any mark on a node (the parser library reads it), but not guess this one.
        self._mark = secrets.token_hex(16)
        #: Types of columns by name; empty where tables differ.
        self.types: dict[str, str] = {}
        self.routines = Routines(self, restricted=restricted)
        self._relations = Relations(self)
        self.out = Resolved()

    def resolve(self, query: exp.Query, text: str) -> Resolved:
        """Resolve ``query``, which is changed, and return what to run.

        Raises
        ------
        TableNotFoundError
            With the position and the nearest names.
        UnboundParameterError
            For a parameter without a value.
        PermissionDeniedError
            For a function that would reach outside the catalog.
        """
        self._bind(query)
        self.expand(query, Place(text, self._catalog, self._schema))
        self.out.sql = spelled(query, self.dialect, self.types)
        self.out.prefix = f"WITH {', '.join(self._scans)} " if self._scans else ""
        left = {node.name for node in query.find_all(exp.Placeholder)}
        self.out.binds = {
            name: value
            for name, value in self.out.binds.items()
            if name in left or name.startswith("mlnb_") or f"${name}" in self.out.prefix
        }
        return self.out

    def expand(self, query: exp.Expr, place: Place) -> None:
        """Turn every function and table of a query, or of an expression, into what DuckDB knows."""
        self.routines.expand(query, place)
        self.tables(query, place, *used_columns(query))

    def arguments(self, call: exp.Expr, place: Place) -> None:
        """Resolve the tables in the arguments of a call with the rights of who wrote them, before its body gets those of its owner."""
        self.tables(call, place, *used_columns(call.root()))

    def tables(self, query: exp.Expr, place: Place, used: set[str], every: bool) -> None:
        """Turn every table of a query, or of an expression, into a scan."""
        for table in list(query.find_all(exp.Table)):
            if table.meta.get("mlnb_resolved") == self._mark:
                continue  # in the body of a function, with the rights of its owner
            table.meta["mlnb_resolved"] = self._mark
            if isinstance(table.this, exp.Func):
                self._function(table, place)
            elif not (not table.args.get("db") and table.name.lower() in visible_ctes(table)):
                self._replace(table, used, every, place)

    # -- parameters ------------------------------------------------------------------------------------------------------

    def _bind(self, query: exp.Query) -> None:
        for node in query.find_all(exp.Placeholder, exp.Parameter):
            name = node.name if isinstance(node, exp.Placeholder) else ""
            if not name.isidentifier() or name.startswith("mlnb_"):
                raise UnboundParameterError(
                    f"{node.sql('databricks')} is no parameter.",
                    hint="Write parameters as :name and pass params={'name': value}.",
                )
            if name not in self._params:
                given = ", ".join(sorted(map(str, self._params))[:10]) if len(self._params) < 50 else ""
                raise UnboundParameterError(
                    f"The parameter :{name} has no value.",
                    hint=f"Pass params={{'{name}': …}}." + (f" Given: {given}." if given else ""),
                )
            self.out.binds[name] = bindable(name, self._params[name])

    def argument(self, node: exp.Expr) -> Any:
        """Return the value of an argument that is known now, else :data:`COLUMN`."""
        return constant(node, self.out.binds)

    # -- what stands in FROM ----------------------------------------------------------------------------------------------

    def _function(self, table: exp.Table, place: Place) -> None:
        """Turn a function in FROM into a table."""
        function = table.this
        if str(function.this).lower() == "identifier" and len(function.expressions) == 1:
            parts = self.routines.named(function)
            for part, text in zip(("this", "db", "catalog"), reversed(parts), strict=False):
                table.set(part, exp.to_identifier(text, quoted=True))
            self._replace(table, set(), True, place)
            return
        self.out.outside = True
        self._relations.function(table, place)

    def _replace(self, table: exp.Table, used: set[str], every: bool, place: Place) -> None:
        """Turn a reference into the name of a scan."""
        if isinstance(table.this, exp.Dot):
            raise TableNotFoundError(
                f"{table.sql('databricks')} has more than three parts.", hint="A table is catalog.schema.table."
            )
        parts = [
            part.name for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part is not None
        ]
        version, timestamp = self._time(table)
        if self._relations.special(table, parts, place):
            self.out.outside = True
            return
        name = complete(parts, place.catalog, place.schema)
        try:
            # Whose rights is part of the key: what a view's owner may read, who reads the view may not read by itself.
            key = (name, (version, timestamp), current_caller().principal)
            if key not in self._found:
                self._found[key] = self._lookup(name, version, timestamp)
        except TableNotFoundError as error:
            frame = self._frames.get(parts[0]) if len(parts) == 1 and place.own else None
            if not is_frame(frame):
                raise self._located(error, table, parts, place) from error
            self.out.frames.append(parts[0])
            self.out.outside = True
            self.register(table, reader_of(frame).read_all(), parts[0])
            return
        found = self._found[key]
        if isinstance(found, ViewFound):
            self._view(table, found, place)
        else:
            self._scan(table, found, used, every)

    def _time(self, table: exp.Table) -> tuple[int | None, Any]:
        node = table.args.get("version")
        if node is None:
            return None, None
        value = self.argument(node.expression)
        if str(node.this).upper() == "VERSION":
            if isinstance(value, str) and value.isdigit():
                value = int(value)
            if not isinstance(value, int) or isinstance(value, bool):
                raise InvalidParameterError(
                    "VERSION AS OF takes a whole number.", hint="Write VERSION AS OF 12, or t@v12."
                )
            return value, None
        if value is COLUMN or value is None:
            raise InvalidParameterError(
                "TIMESTAMP AS OF takes a time.", hint="Write TIMESTAMP AS OF '2024-05-01 12:00:00'."
            )
        return None, value

    def _located(self, error: NotFoundError, table: exp.Table, parts: list[str], place: Place) -> TableNotFoundError:
        """Add where the name stands, and frames to the names it may have meant."""
        starts = (
            part.meta.get("start") for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part
        )
        start = next((offset for offset in starts if offset is not None), None)
        line, column = position(place.text, start) if start is not None and place.text else (None, None)
        where = f" (line {line}, column {column})" if line else ""
        names = [name for name, value in self._frames.items() if is_frame(value)] if len(parts) == 1 else []
        return TableNotFoundError(
            error.message.rstrip(".") + where + ".",
            hint=did_you_mean(parts[0], names) or error.hint,
            details={"line": line, "column": column} if line else {},
        )

    # -- scans ------------------------------------------------------------------------------------------------------------

    def _view(self, table: exp.Table, view: ViewFound, place: Place) -> None:
        """Put the query of a view in front; what it reads is read with the rights of its owner."""
        if view.full_name not in self._views:
            query = parse(view.definition).query
            assert query is not None
            self._note(self.out.views, TableVersion(name=view.full_name, version=0))
            with calling(principal=view.owner, groups=()) if view.owner else nullcontext():
                self.expand(query, place.inside(view.full_name))
            self._views[view.full_name] = self.add(query)
            self.out.columns.update(query.named_selects)
        rename(table, self._views[view.full_name])

    def add(self, query: exp.Query) -> str:
        """Put a query that has been expanded in front, and return the name it has there."""
        name = f"mlnb_v{len(self._scans)}"
        materialized = "NOT MATERIALIZED " if self.dialect == "duckdb" else ""
        self._scans.append(f"{name} AS {materialized}({spelled(query, self.dialect, self.types)})")
        return name

    @staticmethod
    def _note(reads: list[TableVersion], read: TableVersion) -> None:
        """Add a read, or its columns to the same read noted before."""
        for known in reads:
            if known.name == read.name and known.version == read.version:
                known.columns.extend(name for name in read.columns if name not in known.columns)
                return
        reads.append(read)

    def _scan(self, table: exp.Table, found: Found, used: set[str], every: bool) -> None:
        snapshot = found.snapshot
        types = {item["name"].lower(): (item["name"], item["type"]) for item in snapshot.fields}
        for key, (_, kind) in types.items():
            self.types[key] = type_text(kind) if self.types.get(key, type_text(kind)) == type_text(kind) else ""
        columns = snapshot.columns if every else [name for name in snapshot.columns if name.lower() in used]
        self._note(self.out.reads, TableVersion(name=found.full_name, version=snapshot.version, columns=list(columns)))
        self.out.columns.update(snapshot.columns)
        name = f"mlnb_t{len(self._scans)}"
        if snapshot.plain:
            self.service.engine.allow(snapshot.location)
            files = list(snapshot.prune(conditions(table, types, self.out.binds)))
            source = self._parquet(name, snapshot, files, found.evolved)
            route = f"{len(files)} of {len(snapshot.files)} files, by DuckDB"
        else:
            route = "through the Delta library"
            self.out.arrow[f"{name}_a"] = snapshot.scan(columns or snapshot.columns[:1])
            source = f"SELECT * FROM {name}_a"
        predicates = self.service.hooks.predicates(found.full_name, "duckdb") if self.filtered else []
        if predicates:
            self.out.guarded.add(found.full_name)
            source = f"SELECT * FROM ({source}) AS s WHERE " + " AND ".join(
                f"({predicate})" for predicate in predicates
            )
        self.out.routes.append(f"{found.full_name} version {snapshot.version}: {route}")
        self._scans.append(f"{name} AS NOT MATERIALIZED ({source})")
        rename(table, name)

    def _parquet(self, name: str, snapshot: Snapshot, files: list[str], evolved: bool) -> str:
        """Return the scan of a snapshot's files, in the types of the table."""
        typed = [(quote_duckdb(item["name"]), duckdb_type(item["type"])) for item in snapshot.fields]
        empty = "SELECT " + ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in typed) + " WHERE false"
        if not files:
            return empty
        self.out.binds[f"{name}_files"] = files
        how = f"hive_partitioning = false, union_by_name = {str(evolved).lower()}"
        reader = f"read_parquet(${name}_files, {how})"
        if snapshot.partition_columns:  # their values stand in the log, not in the files
            self.out.arrow[f"{name}_p"] = snapshot.partitions()
            reader = (
                f"(SELECT f.* EXCLUDE (mlnb_file), p.* EXCLUDE (mlnb_file) FROM read_parquet(${name}_files, {how}, "
                f"filename = 'mlnb_file') AS f JOIN {name}_p AS p ON f.mlnb_file = p.mlnb_file)"
            )
        source = f"({empty} UNION ALL BY NAME SELECT * FROM {reader})" if evolved else reader
        return (
            "SELECT " + ", ".join(f"CAST({column} AS {kind}) AS {column}" for column, kind in typed) + f" FROM {source}"
        )

    def register(self, table: exp.Table, data: pa.Table, name: str) -> None:
        """Turn a reference into data in memory."""
        unique = f"mlnb_a{len(self.out.arrow)}"
        self.out.arrow[unique] = data
        self.out.columns.update(data.schema.names)
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
        table.set("this", exp.to_identifier(unique))
        for part in ("db", "catalog", "version"):
            table.set(part, None)
