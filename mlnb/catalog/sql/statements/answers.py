"""What handlers share: full names, values of parameters, and the results that say what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError

from ... import names
from ...errors import UnboundParameterError
from ...names import InvalidNameError, TableName, complete
from ...records import Commit, TableInfo, TableVersion
from ..grammar import Name, Parameter
from ..parse import IDENTIFIER, Statement
from ..result import SqlResult

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from ...delta.handles import Found
    from ..context import Context
    from ..front import SqlFront


# -- values and names ----------------------------------------------------------------------------------------------------


def bound(statement: Statement, params: Mapping[str, Any]) -> Statement:
    """Return a statement of our own grammar with the values of its parameters in it."""
    return replace(statement, args={key: _bound(value, params) for key, value in statement.args.items()})


def _bound(value: Any, params: Mapping[str, Any]) -> Any:
    if isinstance(value, Parameter):
        return value_of(value.name, params)
    if isinstance(value, Name) and value.identifier is not None:
        text = _bound(value.identifier, params)
        if not isinstance(text, str):
            raise InvalidParameterError("IDENTIFIER takes a text.", hint="Pass the name of a table as text.")
        return replace(value, parts=tuple(names.split(text)), identifier=None)
    if isinstance(value, Mapping):
        return {key: _bound(item, params) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_bound(item, params) for item in value)
    if hasattr(value, "comment") and isinstance(value.comment, Parameter):
        return replace(value, comment=_bound(value.comment, params))
    return value


def value_of(name: str, params: Mapping[str, Any]) -> Any:
    """Return the value of a parameter.

    Raises
    ------
    UnboundParameterError
        When it has none.
    """
    if name not in params:
        raise UnboundParameterError(f"The parameter :{name} has no value.", hint=f"Pass params={{'{name}': …}}.")
    return params[name]


def table_name(name: Name, context: Context) -> TableName:
    """Return the full name that a name in a statement means."""
    if len(name.parts) > 3:
        raise InvalidNameError(
            f"{'.'.join(name.parts)} has more than three parts.", hint="A table is catalog.schema.table."
        )
    return complete(name.parts, context.catalog, context.schema)


def full_name(name: Name, kind: str, context: Context) -> str:
    """Return the full name of an object of any kind, quoted where it needs to be."""
    if kind == "metastore":
        return "metastore"
    if kind == "catalog":
        parts: Sequence[str] = name.parts
        if len(parts) != 1:
            raise InvalidNameError(f"{'.'.join(parts)} is no name of a catalog.", hint="A catalog has one part.")
    elif kind == "schema":
        parts = (context.catalog, *name.parts)[-2:]
        if len(name.parts) > 2:
            raise InvalidNameError(
                f"{'.'.join(name.parts)} is no name of a schema.", hint="A schema is catalog.schema."
            )
    else:
        found = table_name(name, context)
        parts = (found.catalog, found.schema, found.name)
    return ".".join(names.quote(names.check(part)) for part in parts)


def name_of(table: exp.Expr, context: Context) -> TableName:
    """Return the full name of a table in a tree, ``IDENTIFIER(…)`` included."""
    from sqlglot import exp

    inner = table.this
    if isinstance(inner, exp.Anonymous) and inner.name.lower() == "identifier" and len(inner.expressions) == 1:
        value = inner.expressions[0]
        text = value_of(value.name, context.params) if isinstance(value, exp.Placeholder) else value.name
        return table_name(Name(tuple(names.split(str(text)))), context)
    if isinstance(inner, exp.Identifier) and inner.name.startswith(IDENTIFIER):
        given = inner.name.removeprefix(IDENTIFIER)
        text = str(value_of(given[1:], context.params)) if given.startswith(":") else given
        return table_name(Name(tuple(names.split(text))), context)
    if not isinstance(inner, exp.Identifier):
        raise InvalidNameError(f"{table.sql('databricks')} is no table.", hint="Name a table as catalog.schema.table.")
    parts = [part.name for part in (table.args.get("catalog"), table.args.get("db"), inner) if part is not None]
    return complete(parts, context.catalog, context.schema)


def writable(front: SqlFront, full: str) -> TableInfo:
    """Return a table that is to be changed.

    Raises
    ------
    InvalidParameterError
        When the name is a view's.
    """
    info = front.catalog.info(full)
    if info.view_definition:
        raise InvalidParameterError(
            f"{info.full_name} is a view; its rows cannot be changed.",
            code="EXPECT_TABLE_NOT_VIEW",
            hint="Change the tables it reads.",
        )
    return info


# -- results -------------------------------------------------------------------------------------------------------------


def result(
    statement: Statement,
    data: pa.Table,
    *,
    reads: Sequence[TableVersion] = (),
    writes: Sequence[TableVersion] = (),
) -> SqlResult:
    """Return rows as the answer of a statement."""
    return SqlResult(
        data.schema,
        iter(data.to_batches()),
        kind=statement.kind,
        statement=statement.text,
        reads=list(reads),
        writes=list(writes),
    )


def rows_result(
    statement: Statement, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str] | Sequence[str]
) -> SqlResult:
    """Return dictionaries as the answer; ``columns`` gives names, and Arrow's names of types other than text."""
    import pyarrow as pa

    kinds = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "string")
    types = {"string": pa.string(), "long": pa.int64(), "boolean": pa.bool_(), "timestamp": pa.timestamp("us", "UTC")}
    types |= {"strings": pa.list_(pa.string()), "map": pa.map_(pa.string(), pa.string())}
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    return result(statement, pa.Table.from_pylist([dict(row) for row in rows], schema))


def done(statement: Statement, writes: Sequence[TableVersion] = ()) -> SqlResult:
    """Return the answer of a statement that has no rows to show."""
    import pyarrow as pa

    return result(statement, pa.table({}), writes=writes)


def counted(
    statement: Statement,
    counts: Mapping[str, int | None],
    *,
    reads: Sequence[TableVersion] = (),
    writes: Sequence[TableVersion] = (),
) -> SqlResult:
    """Return the answer of a statement that changed rows: ``num_affected_rows`` and what the kind of change adds."""
    import pyarrow as pa

    data = pa.table({name: pa.array([count], pa.int64()) for name, count in counts.items()})
    return result(statement, data, reads=reads, writes=writes)


def written(full_name: str, commit: Commit, columns: Sequence[str]) -> TableVersion:
    """Return what a commit wrote, for the record of the statement."""
    return TableVersion(name=full_name, version=commit.version, columns=list(columns))


def columns_text(found: Found) -> str:
    """List a table's columns for a hint."""
    return f"Columns: {', '.join(found.snapshot.columns)}."
