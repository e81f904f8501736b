"""Names to data: every table of a statement becomes the files of one version, or is refused.

A statement reads only what is named in the catalog, the frames it was given and the functions that were registered: there is no way to a
file. Each reference becomes a common table expression in front of the user's query; the query itself is only renamed, never pasted.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mlnb.core.errors import InvalidParameterError, NotFoundError, did_you_mean

from ..delta.data import reader_of
from ..delta.handles import Found, Snapshot
from ..delta.types import duckdb_type, quote_duckdb
from ..errors import TableNotFoundError, UnboundParameterError
from ..hooks import COLUMN, FunctionCall, Hooks, ScalarFunction
from ..names import TableName, complete, split
from ..records import TableVersion
from .functions import check, check_table_function, function_name
from .parse import position
from .prune import conditions
from .values import bindable, is_frame

if TYPE_CHECKING:
    import pyarrow as pa


#: ``(name, version, timestamp text) -> Found``; raises TableNotFoundError.
Lookup = Callable[[TableName, int | None, Any], Found]


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
    reads, frames
        Tables with versions, and names of data frames.
    columns
        Names that an unresolved column may have meant.
    """

    prefix: str = ""
    sql: str = ""
    binds: dict[str, Any] = field(default_factory=dict)
    arrow: dict[str, pa.Table] = field(default_factory=dict)
    functions: dict[str, ScalarFunction] = field(default_factory=dict)
    reads: list[TableVersion] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)


class Resolver:
    """Resolves one statement; versions are fixed at the first look, so a self-join reads one snapshot.

    Parameters
    ----------
    lookup
        Finds tables.
    hooks
        Registered functions, system tables, row filters.
    frames
        Data frames by name, read when no table has that name.
    params
        Values of ``:name``.
    catalog, schema
        For names of one and two parts.
    filtered
        Whether row filters apply.
    """

    def __init__(
        self,
        lookup: Lookup,
        hooks: Hooks,
        *,
        frames: Mapping[str, Any],
        params: Mapping[str, Any],
        catalog: str,
        schema: str,
        filtered: bool,
    ) -> None:
        self._lookup = lookup
        self._hooks = hooks
        self._frames = frames
        self._params = params
        self._catalog = catalog
        self._schema = schema
        self._filtered = filtered
        self._found: dict[tuple[TableName, Any], Found] = {}
        self._scans: list[str] = []
        self._text = ""
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
        self._text = text
        self._bind(query)
        self._use_functions(query)
        used, every = _used_columns(query)
        for table in list(query.find_all(exp.Table)):
            if isinstance(table.this, exp.Func):
                self._table_function(table)
            elif not (not table.args.get("db") and table.name.lower() in _visible_ctes(table)):
                self._replace(table, used, every)
        left = {node.name for node in query.find_all(exp.Placeholder)}
        self.out.binds = {
            name: value for name, value in self.out.binds.items() if name in left or name.startswith("mlnb_")
        }
        self.out.sql = query.sql("duckdb")
        self.out.prefix = f"WITH {', '.join(self._scans)} " if self._scans else ""
        return self.out

    # -- parameters and functions ---------------------------------------------------------------------------------------

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

    def _use_functions(self, query: exp.Query) -> None:
        for node in list(query.find_all(exp.Func, exp.Lateral, exp.TableFromRows)):
            if isinstance(node, (exp.Lateral, exp.TableFromRows)):
                if isinstance(node.this, exp.Func):
                    check_table_function(function_name(node.this))
                continue
            name = function_name(node)
            planner = self._hooks.functions.get(name.lower())
            if planner is None:
                check(name)
            elif not isinstance(node.parent, exp.Table):
                plan = planner(self._call(name, node, in_from=False))
                if not isinstance(plan, ScalarFunction):
                    raise InvalidParameterError(
                        f"{name} makes a table.", hint=f"Use it in FROM: SELECT * FROM {name}(…)."
                    )
                unique = f"mlnb_f_{uuid.uuid4().hex[:12]}"
                self.out.functions[unique] = plan
                node.replace(exp.Anonymous(this=unique, expressions=[item.copy() for item in node.expressions]))

    def _call(self, name: str, node: exp.Expr, *, in_from: bool) -> FunctionCall:
        return FunctionCall(name, tuple(self._argument(item) for item in node.expressions), in_from)

    def _argument(self, node: exp.Expr) -> Any:
        if isinstance(node, exp.Placeholder):
            return self.out.binds.get(node.name)
        if isinstance(node, (exp.Literal, exp.Boolean, exp.Null, exp.Neg)):
            return node.to_py()
        return COLUMN

    def _table_function(self, table: exp.Table) -> None:
        function = table.this
        name = function_name(function)
        if name.lower() == "identifier" and len(function.expressions) == 1:
            self._identifier(table, self._argument(function.expressions[0]))
            return
        planner = self._hooks.functions.get(name.lower())
        if planner is None:
            check_table_function(name)
            return
        plan = planner(self._call(name, function, in_from=True))
        if isinstance(plan, ScalarFunction):
            raise InvalidParameterError(
                f"{name} makes a value, not a table.", hint=f"Use it in SELECT: SELECT {name}(…)."
            )
        self._register(table, plan, name)

    def _identifier(self, table: exp.Table, name: Any) -> None:
        if not isinstance(name, str):
            raise InvalidParameterError(
                "IDENTIFIER takes a text.", hint="Write IDENTIFIER(:table) and pass params={'table': name}."
            )
        parts = split(name)
        for part, text in zip(("this", "db", "catalog"), reversed(parts), strict=False):
            table.set(part, exp.to_identifier(text, quoted=True))
        self._replace(table, set(), every=True)

    # -- tables ---------------------------------------------------------------------------------------------------------

    def _replace(self, table: exp.Table, used: set[str], every: bool) -> None:
        """Turn a reference into the name of a scan."""
        if isinstance(table.this, exp.Dot):
            raise TableNotFoundError(
                f"{table.sql('databricks')} has more than three parts.", hint="A table is catalog.schema.table."
            )
        parts = [
            part.name for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part is not None
        ]
        version, timestamp = self._time(table)
        provider = self._hooks.system_tables.get(".".join(parts).lower())
        if provider is not None:
            self._register(table, provider(), parts[-1])
            return
        name = complete(parts, self._catalog, self._schema)
        try:
            if (name, (version, timestamp)) not in self._found:
                self._found[name, (version, timestamp)] = self._lookup(name, version, timestamp)
        except TableNotFoundError as error:
            frame = self._frames.get(parts[0]) if len(parts) == 1 else None
            if not is_frame(frame):
                raise self._located(error, table, parts) from error
            self.out.frames.append(parts[0])
            self._register(table, reader_of(frame).read_all(), parts[0])
            return
        self._scan(table, self._found[name, (version, timestamp)], used, every)

    def _time(self, table: exp.Table) -> tuple[int | None, Any]:
        node = table.args.get("version")
        if node is None:
            return None, None
        value = self._argument(node.expression)
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

    def _located(self, error: NotFoundError, table: exp.Table, parts: list[str]) -> TableNotFoundError:
        """Add where the name stands, and frames to the names it may have meant."""
        starts = (
            part.meta.get("start") for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part
        )
        start = next((offset for offset in starts if offset is not None), None)
        line, column = position(self._text, start) if start is not None else (None, None)
        where = f" (line {line}, column {column})" if line else ""
        names = [name for name, value in self._frames.items() if is_frame(value)] if len(parts) == 1 else []
        return TableNotFoundError(
            error.message.rstrip(".") + where + ".",
            hint=did_you_mean(parts[0], names) or error.hint,
            details={"line": line, "column": column} if line else {},
        )

    def _scan(self, table: exp.Table, found: Found, used: set[str], every: bool) -> None:
        snapshot = found.snapshot
        types = {item["name"].lower(): (item["name"], item["type"]) for item in snapshot.fields}
        columns = snapshot.columns if every else [name for name in snapshot.columns if name.lower() in used]
        if not any(read.name == found.full_name and read.version == snapshot.version for read in self.out.reads):
            self.out.reads.append(TableVersion(name=found.full_name, version=snapshot.version, columns=columns))
        self.out.columns.update(snapshot.columns)
        name = f"mlnb_t{len(self._scans)}"
        if snapshot.direct:
            files = list(snapshot.prune(conditions(table, types, self.out.binds)))
            source = self._parquet(name, snapshot, files, found.evolved)
        else:
            self.out.arrow[f"{name}_a"] = snapshot.scan(columns or snapshot.columns[:1])
            source = f"SELECT * FROM {name}_a"
        predicates = self._hooks.predicates(found.full_name, "duckdb") if self._filtered else []
        if predicates:
            source = f"SELECT * FROM ({source}) AS s WHERE " + " AND ".join(
                f"({predicate})" for predicate in predicates
            )
        self._scans.append(f"{name} AS NOT MATERIALIZED ({source})")
        _rename(table, name)

    def _parquet(self, name: str, snapshot: Snapshot, files: list[str], evolved: bool) -> str:
        """Return the scan of a snapshot's files, in the types of the table."""
        typed = [(quote_duckdb(item["name"]), duckdb_type(item["type"])) for item in snapshot.fields]
        empty = "SELECT " + ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in typed) + " WHERE false"
        if not files:
            return empty
        self.out.binds[f"{name}_files"] = files
        reader = f"read_parquet(${name}_files, hive_partitioning = false, union_by_name = {str(evolved).lower()})"
        source = f"({empty} UNION ALL BY NAME SELECT * FROM {reader})" if evolved else reader
        return (
            "SELECT " + ", ".join(f"CAST({column} AS {kind}) AS {column}" for column, kind in typed) + f" FROM {source}"
        )

    def _register(self, table: exp.Table, data: pa.Table, name: str) -> None:
        unique = f"mlnb_a{len(self.out.arrow)}"
        self.out.arrow[unique] = data
        self.out.columns.update(data.schema.names)
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
        table.set("this", exp.to_identifier(unique))
        for part in ("db", "catalog", "version"):
            table.set(part, None)


def _rename(table: exp.Table, name: str) -> None:
    """Point a reference at a scan; columns written with the table's long name get the alias instead."""
    if not table.alias:
        short, above = table.name, table.args.get("db")
        select = table.find_ancestor(exp.Select)
        others = {other.alias_or_name.lower() for other in _sources(select) if other is not table}
        alias = short if short.lower() not in others else f"{short}_{name}"
        table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        for column in select.find_all(exp.Column) if select is not None else ():
            schema = column.args.get("db")
            if schema is None or column.table.lower() != short.lower():
                continue
            if above is None or schema.name.lower() == above.name.lower():
                column.set("table", exp.to_identifier(alias, quoted=True))
                column.set("db", None)
                column.set("catalog", None)
    table.set("this", exp.to_identifier(name))
    for part in ("db", "catalog", "version"):
        table.set(part, None)


def _sources(select: exp.Select | None) -> list[exp.Table]:
    """Return the tables that stand directly in FROM and JOIN of a query."""
    if select is None:
        return []
    places = [select.args.get("from_"), *(select.args.get("joins") or ())]
    return [place.this for place in places if place is not None and isinstance(place.this, exp.Table)]


def _visible_ctes(table: exp.Table) -> set[str]:
    """Return the names of the common table expressions that a reference sees."""
    names: set[str] = set()
    child: exp.Expr = table
    parent = table.parent
    while parent is not None:
        if isinstance(parent, exp.With):
            for cte in parent.expressions:
                if cte is child:
                    if parent.recursive:
                        names.add(cte.alias.lower())
                    break
                names.add(cte.alias.lower())
        else:
            above = parent.args.get("with_")
            if above is not None and above is not child:
                names.update(cte.alias.lower() for cte in above.expressions)
        child, parent = parent, parent.parent
    return names


def _used_columns(query: exp.Query) -> tuple[set[str], bool]:
    """Return the names of columns a query mentions, and whether it may read every one (a star, a natural join)."""
    names = {node.name.lower() for node in query.find_all(exp.Column)}
    for join in query.find_all(exp.Join):
        names.update(item.name.lower() for item in join.args.get("using") or ())
    stars = (star for star in query.find_all(exp.Star) if not isinstance(star.parent, exp.Count))
    natural = any((join.args.get("method") or "").upper() == "NATURAL" for join in query.find_all(exp.Join))
    return names, natural or next(stars, None) is not None or query.find(exp.Pivot) is not None
