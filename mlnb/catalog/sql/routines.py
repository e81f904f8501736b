"""Functions of a statement: registered ones, the catalog's own, and what asks who and where one is.

A SQL function is put in place of its call, its parameters replaced by the arguments. A Python function, and what a stage registered,
becomes a function over Arrow batches.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mlnb.core.caller import calling, current_caller
from mlnb.core.errors import InvalidParameterError, did_you_mean

from .. import metastore as rows
from ..errors import SqlError
from ..hooks import COLUMN, FunctionCall, ScalarFunction
from ..names import TableName, complete, split
from .functions import check, check_listed, check_table_function, function_name
from .parse import parse, position

if TYPE_CHECKING:
    from ..records_objects import FunctionInfo
    from .resolve import Place, Resolver

_KNOWN = (exp.CurrentUser, exp.SessionUser, exp.CurrentCatalog, exp.CurrentDatabase, exp.CurrentSchema)


class Routines:
    """Resolves the functions of one statement.

    Parameters
    ----------
    resolver
        Of the statement.
    restricted
        Whether only listed functions may be called.
    """

    def __init__(self, resolver: Resolver, *, restricted: bool) -> None:
        self._resolver = resolver
        self._restricted = restricted
        self._infos: dict[TableName, FunctionInfo | None] = {}
        # One name for all calls of a function, so that GROUP BY finds what SELECT computes.
        self._stored_names: dict[str, str] = {}

    def expand(self, query: exp.Expr, place: Place) -> None:
        """Resolve every function of a query but those in FROM; the innermost first, since they become arguments."""
        kinds = (exp.Func, exp.Lateral, exp.TableFromRows, exp.Aliases)
        for node in reversed(list(query.find_all(*kinds))):
            if isinstance(node, (exp.Lateral, exp.TableFromRows)):
                if isinstance(node.this, exp.Func):
                    check_table_function(function_name(node.this))
            elif isinstance(node, exp.Aliases):
                _identifier_call(node)
            elif not isinstance(node.parent, exp.Table):
                self._function(node, place)
            else:
                check_name = function_name(node)
                if check_name.lower() not in self._resolver.service.hooks.functions:
                    self._check_from(check_name, node.parent)

    @staticmethod
    def _check_from(name: str, table: exp.Table) -> None:
        """Refuse what may stand nowhere; whether it may stand in FROM is looked at when the table is made."""
        if name.lower() != "read_files" and not table.args.get("db"):
            check(name)

    def _function(self, node: exp.Expr, place: Place) -> None:
        if isinstance(node, _KNOWN):
            _swap(node, exp.Literal.string(self._about_caller(node, place)))
            return
        if not isinstance(node, exp.Anonymous):
            if self._restricted:
                check_listed(function_name(node), known=True)
            else:
                check(function_name(node))
            return
        name, parts = str(node.this), _parts(node)
        if name.lower() == "identifier" and len(node.expressions) == 1:
            _swap(node, _column([*parts[:-1], *self.named(node)]))
        elif len(parts) == 1 and name.lower() in self._resolver.service.hooks.functions:
            self._registered(node, name)
        elif len(parts) == 1 and (text := _session(name, place)) is not None and not node.expressions:
            _swap(node, exp.Literal.string(text))
        elif (info := self.find(parts, place)) is not None:
            self._stored(node, info, place)
        elif len(parts) > 1:
            raise self.missing(node, parts, place)
        elif self._restricted:
            check_listed(name, known=False)
        else:
            check(name)

    @staticmethod
    def _about_caller(node: exp.Expr, place: Place) -> str:
        if isinstance(node, (exp.CurrentUser, exp.SessionUser)):
            return current_caller().principal
        return place.catalog if isinstance(node, exp.CurrentCatalog) else place.schema

    # -- names ------------------------------------------------------------------------------------------------------------

    def named(self, node: exp.Anonymous) -> list[str]:
        """Return the parts of the name that IDENTIFIER was given."""
        text = self._resolver.argument(node.expressions[0])
        if not isinstance(text, str):
            raise InvalidParameterError(
                "IDENTIFIER takes a text.", hint="Write IDENTIFIER(:table) and pass params={'table': name}."
            )
        return split(text)

    def find(self, parts: list[str], place: Place) -> FunctionInfo | None:
        """Return the function of the catalog that a name means, None when there is none."""
        if len(parts) > 3:
            return None
        name = complete(parts, place.catalog, place.schema)
        if name not in self._infos:
            self._infos[name] = self._look_up(name)
        return self._infos[name]

    def _look_up(self, name: TableName) -> FunctionInfo | None:
        service = self._resolver.service
        with service.ground.metastore.connect() as connection:
            _, schema = rows.find_schema(connection, name.catalog, name.schema)
            row = rows.find(connection, "function", schema.id, name.name) if schema is not None else None
        return service.find_function(TableName(*row.full_name.split("."))) if row is not None else None

    def missing(self, node: exp.Expr, parts: list[str], place: Place) -> SqlError:
        """Return the error for a function that the catalog does not have."""
        with self._resolver.service.ground.metastore.connect() as connection:
            every = self._resolver.service.near_names(connection, "function")
        name = complete(parts[-3:], place.catalog, place.schema).full_name
        start = node.meta.get("start")
        line, column = position(place.text, start) if start is not None and place.text else (None, None)
        return SqlError(
            f"There is no function {name}.",
            code="UNRESOLVED_ROUTINE",
            hint=did_you_mean(name, every) or "SHOW USER FUNCTIONS lists those of a schema.",
            details={"line": line, "column": column} if line else {},
        )

    # -- registered by stages ---------------------------------------------------------------------------------------------

    def call(self, name: str, node: exp.Expr, *, in_from: bool) -> FunctionCall:
        """Return a call as a planner sees it."""
        return FunctionCall(name, tuple(self._resolver.argument(item) for item in node.expressions), in_from)

    def _registered(self, node: exp.Expr, name: str) -> None:
        plan = self._resolver.service.hooks.functions[name.lower()](self.call(name, node, in_from=False))
        if not isinstance(plan, ScalarFunction):
            raise InvalidParameterError(f"{name} makes a table.", hint=f"Use it in FROM: SELECT * FROM {name}(…).")
        self._use(node, plan, [item.copy() for item in node.expressions])

    def _use(self, node: exp.Expr, plan: ScalarFunction, arguments: list[exp.Expr], known: str | None = None) -> str:
        unique = known or f"mlnb_f_{uuid.uuid4().hex[:12]}"
        self._resolver.out.functions[unique] = plan
        _swap(node, exp.Anonymous(this=unique, expressions=arguments))
        return unique

    # -- the catalog's own ------------------------------------------------------------------------------------------------

    def _stored(self, node: exp.Anonymous, info: FunctionInfo, place: Place) -> None:
        self._resolver.service.require("EXECUTE", "function", info.full_name)
        self._resolver.arguments(node, place)
        given = arguments(node, info)
        if info.return_columns or info.return_type.upper() == "TABLE":
            raise SqlError(
                f"{info.full_name} makes a table.",
                code="NOT_A_SCALAR_FUNCTION",
                hint=f"Use it in FROM: SELECT * FROM {info.full_name}(…).",
            )
        if info.language == "SQL":
            body = _expression(info.body)
            holder = exp.Paren(this=body)
            _fill(holder, given, info)
            with calling(principal=info.owner, groups=()):
                self._resolver.expand(holder, place.inside(info.full_name))
            _swap(node, exp.Cast(this=holder, to=_type(info.return_type)))
            return
        from .python import plan_of

        plan = plan_of(info, allowed=self._resolver.service.settings.remote_python)
        cast = [
            exp.Cast(this=value, to=_type(parameter.type_text))
            for value, parameter in zip(given, info.parameters, strict=True)
        ]
        known = self._stored_names.get(info.function_id)
        self._stored_names[info.function_id] = self._use(node, plan, list(cast), known)

    def table(self, function: exp.Anonymous, info: FunctionInfo, place: Place) -> str:
        """Put the query of a table function in front, and return the name it has there."""
        self._resolver.service.require("EXECUTE", "function", info.full_name)
        if info.language != "SQL" or not (info.return_columns or info.return_type.upper() == "TABLE"):
            raise SqlError(
                f"{info.full_name} makes a value, not a table.",
                code="NOT_A_TABLE_FUNCTION",
                hint=f"Use it in SELECT: SELECT {info.full_name}(…).",
            )
        self._resolver.arguments(function, place)
        given = arguments(function, info)
        if any(value.find(exp.Column) for value in given):
            raise SqlError(
                f"The arguments of {info.full_name} may not come from columns.",
                code="UNSUPPORTED_FEATURE",
                hint="Give constants or parameters.",
            )
        query = parse(info.body).query
        assert query is not None
        _fill(query, given, info)
        with calling(principal=info.owner, groups=()):
            self._resolver.expand(query, place.inside(info.full_name))
        if info.return_columns:
            columns = [exp.to_identifier(column.name, quoted=True) for column in info.return_columns]
            inner = exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier("q"), columns=columns))
            query = exp.select(
                *(
                    exp.alias_(
                        exp.Cast(this=exp.column(c.name, quoted=True), to=_type(c.type_text)), c.name, quoted=True
                    )
                    for c in info.return_columns
                )
            ).from_(inner)
        return self._resolver.add(query)


def arguments(node: exp.Anonymous, info: FunctionInfo) -> list[exp.Expr]:
    """Return one argument per parameter: by place, by name, or its default."""
    names = [parameter.name.lower() for parameter in info.parameters]
    given: dict[str, exp.Expr] = {}
    for index, item in enumerate(node.expressions):
        if isinstance(item, exp.Kwarg):
            name, value = item.name.lower() or item.this.name.lower(), item.expression
        else:
            name, value = names[index] if index < len(names) else "", item
        if name not in names or name in given:
            raise _wrong_arguments(info, f"{len(node.expressions)} given")
        given[name] = value
    found: list[exp.Expr] = []
    for parameter in info.parameters:
        value = given.get(parameter.name.lower())
        if value is None and parameter.default is None:
            raise _wrong_arguments(info, f"{parameter.name} is missing")
        found.append(value.copy() if value is not None else _expression(str(parameter.default)))
    return found


def _wrong_arguments(info: FunctionInfo, what: str) -> SqlError:
    return SqlError(
        f"{info.full_name} takes {len(info.parameters)} arguments: {what}.",
        code="WRONG_NUM_ARGS",
        hint=f"It is {info.signature}.",
    )


def _fill(body: exp.Expr, given: list[exp.Expr], info: FunctionInfo) -> None:
    """Put arguments in place of parameters, each in the parameter's type."""
    values = {
        parameter.name.lower(): exp.Cast(this=value, to=_type(parameter.type_text))
        for value, parameter in zip(given, info.parameters, strict=True)
    }
    for column in list(body.find_all(exp.Column)):
        own = not column.table or column.table.lower() == info.name.lower()
        if own and column.name.lower() in values:
            column.replace(values[column.name.lower()].copy())


def _expression(text: str) -> exp.Expr:
    """Parse one expression; a body that is a query is a subquery."""
    query = parse(f"SELECT ({text})").query
    assert query is not None
    node: exp.Expr = query.selects[0]
    return node.unalias().pop() if isinstance(node, exp.Alias) else node.pop()


def _type(text: str) -> exp.DataType:
    return exp.DataType.build(text, dialect="databricks")


def _session(name: str, place: Place) -> str | None:
    """Return what a function without arguments says about who and where one is."""
    known = {"user": current_caller().principal, "current_database": place.schema, "current_metastore": "mlnb"}
    return known.get(name.lower())


def _parts(node: exp.Expr) -> list[str]:
    """Return the name a function is called by, with the catalog and schema in front of it."""
    parts = [str(node.this)]
    if isinstance(node.parent, exp.Dot) and node.parent.expression is node:
        parts = [part.name for part in node.parent.this.find_all(exp.Identifier, bfs=False)] + parts
    return parts


def _swap(node: exp.Expr, by: exp.Expr) -> None:
    """Put an expression in place of a call, with the names in front of it."""
    parent = node.parent
    outer = parent if isinstance(parent, exp.Dot) and parent.expression is node else node
    outer.replace(by)


def _column(parts: list[str]) -> exp.Column:
    table = [exp.to_identifier(part, quoted=True) for part in parts[:-1]]
    return exp.Column(
        this=exp.to_identifier(parts[-1], quoted=True),
        **dict(zip(("table", "db", "catalog"), reversed(table), strict=False)),
    )


def _identifier_call(node: exp.Aliases) -> None:
    """Read ``IDENTIFIER(:f)(x)`` as a call; the parser library takes its arguments for aliases."""
    inner = node.this
    if isinstance(inner, exp.Anonymous) and str(inner.this).lower() == "identifier":
        raise SqlError(
            "IDENTIFIER as the name of a function is not provided.",
            code="UNSUPPORTED_FEATURE",
            hint="Write the function's name; IDENTIFIER may name tables and columns.",
        )


def constant(node: exp.Expr, binds: Any) -> Any:
    """Return the value of an expression of literals and parameters, else :data:`COLUMN`."""
    if isinstance(node, exp.Kwarg):
        return constant(node.expression, binds)
    if isinstance(node, exp.Placeholder):
        return binds.get(node.name, COLUMN)
    if isinstance(node, (exp.Literal, exp.Boolean, exp.Null, exp.Neg)):
        return node.to_py() if not isinstance(node, exp.Neg) or isinstance(node.this, exp.Literal) else COLUMN
    if isinstance(node, exp.Paren):
        return constant(node.this, binds)
    if isinstance(node, (exp.DPipe, exp.Concat)):
        parts = [node.left, node.right] if isinstance(node, exp.DPipe) else node.expressions
        values = [constant(part, binds) for part in parts]
        return "".join(map(str, values)) if all(v is not None and v is not COLUMN for v in values) else COLUMN
    return COLUMN
