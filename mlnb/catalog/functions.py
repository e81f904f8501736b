"""Functions of the catalog: source text, SQL or Python, with a name, types and rights. Nothing is pickled; what runs can be read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, did_you_mean

from . import metastore as rows
from . import names
from .errors import FunctionNotFoundError, NameTakenError, SqlError, SqlSyntaxError
from .names import TableName
from .records_objects import FunctionInfo, FunctionParameter
from .tables import catalog_function, catalog_securable

if TYPE_CHECKING:
    from .service import Catalog

Language = Literal["SQL", "PYTHON", "FEATURE_SPEC"]

_DEFINITION = re.compile(r"\s*(?:CREATE\b|\()", re.IGNORECASE)


@dataclass
class Draft:
    """What a function is going to be."""

    language: Language
    parameters: list[FunctionParameter]
    returns: str
    columns: list[FunctionParameter]
    body: str
    comment: str | None = None
    requirements: list[str] = field(default_factory=list)
    name: str | None = None
    replace: bool = False
    exists: bool = False


def create_function(
    catalog: Catalog,
    source: Any,
    name: str | None,
    *,
    parameters: Sequence[Mapping[str, Any] | FunctionParameter] | None = None,
    returns: Any = None,
    language: Language | None = None,
    replace: bool = False,
    if_not_exists: bool = False,
    comment: str | None = None,
    pip_requirements: Sequence[str] = (),
) -> FunctionInfo:
    """Create a function; see :meth:`mlnb.catalog.objects.Objects.create_function`."""
    draft = _draft(source, parameters, returns, language)
    whole = name or draft.name
    if whole is None:
        raise InvalidParameterError("The function has no name.", hint="Pass name='catalog.schema.function'.")
    draft.comment = comment or draft.comment
    draft.requirements = _requirements([*pip_requirements, *draft.requirements])
    parsed = catalog.parse(whole)
    names.check(parsed.name)
    parent = catalog.schema_row(parsed.catalog, parsed.schema)
    full_name = f"{parent.full_name}.{parsed.name}"
    with catalog.ground.metastore.connect() as connection:
        found = rows.find(connection, "function", parent.id, parsed.name)
    if found is not None and (if_not_exists or draft.exists) and not (replace or draft.replace):
        return get(catalog, found)
    if found is not None and not (replace or draft.replace):
        raise _taken(full_name)
    if found is not None:
        catalog.require("MANAGE", "function", full_name)
    else:
        catalog.require("CREATE FUNCTION", "schema", parent.full_name)
    _check(catalog, draft, TableName(*full_name.split(".")))
    return _store(catalog, draft, parent.id, full_name, replace=found is not None)


def _taken(full_name: str) -> NameTakenError:
    return NameTakenError(
        f"The function {full_name} exists already.",
        code="ROUTINE_ALREADY_EXISTS",
        hint="Pass replace=True (CREATE OR REPLACE FUNCTION) to change it, or choose another name.",
    )


def _draft(source: Any, parameters: Any, returns: Any, language: Language | None) -> Draft:
    """Return what is to be created from a Python function, a definition in SQL, or a body with its types given beside."""
    if callable(source):
        from .python_source import draft_of

        return draft_of(source, _parameters(parameters) if parameters is not None else None, returns)
    if not isinstance(source, str) or not source.strip():
        raise InvalidParameterError(
            "A function is made from a Python function or from text.", hint="Pass a def, or SQL text."
        )
    if parameters is None and returns is None and _DEFINITION.match(source):
        return _defined(source)
    if returns is None:
        raise InvalidParameterError(
            "The type that the function returns is missing.", hint="For example returns='DOUBLE'."
        )
    table = not isinstance(returns, str)
    return Draft(
        language=language or "SQL",
        parameters=_parameters(parameters or ()),
        returns="TABLE" if table else returns,
        columns=_parameters(returns) if table else [],
        body=source.strip("\n") if language == "PYTHON" else re.sub(r"^\s*RETURN\b", "", source, flags=re.I).strip(),
    )


def _defined(source: str) -> Draft:
    from .sql.grammar.function import read_function

    found = read_function(source)
    name = ".".join(names.quote(part) for part in found.name.parts) if found.name else None
    if found.returns is None:
        if found.language == "PYTHON":
            raise SqlSyntaxError("A Python function needs RETURNS and a type.", hint="Write RETURNS DOUBLE.")
        raise SqlSyntaxError(
            "The type that the function returns is missing.", hint="Write RETURNS DOUBLE before RETURN."
        )
    return Draft(
        language=found.language,
        parameters=found.parameters,
        returns=found.returns,
        columns=found.columns,
        body=found.body,
        comment=found.comment,
        requirements=found.requirements,
        name=name,
        replace=found.replace,
        exists=found.exists,
    )


def _parameters(given: Any) -> list[FunctionParameter]:
    items = [item if isinstance(item, FunctionParameter) else FunctionParameter(**dict(item)) for item in given]
    return [item.model_copy(update={"position": position}) for position, item in enumerate(items)]


def _requirements(given: Sequence[str]) -> list[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    for text in given:
        try:
            Requirement(text)
        except InvalidRequirement as error:
            raise InvalidParameterError(f"{text!r} is no requirement of pip.", hint="Write name==version.") from error
    return list(dict.fromkeys(given))


# -- checks: what cannot work is refused when it is made, not when it is first used -----------------------------------------


def _check(catalog: Catalog, draft: Draft, name: TableName) -> None:
    from .delta.declared import delta_type

    seen: set[str] = set()
    for parameter in [*draft.parameters, *draft.columns]:
        delta_type(parameter.type_text, parameter.name)
    for parameter in draft.parameters:
        names.check(parameter.name)
        if parameter.name.lower() in seen:
            raise SqlError(f"The parameter {parameter.name} is there twice.", code="DUPLICATE_ROUTINE_PARAMETER_NAMES")
        seen.add(parameter.name.lower())
    if draft.returns != "TABLE":
        delta_type(draft.returns, "RETURNS")
    if draft.language == "PYTHON":
        from .python_source import check_source

        if draft.returns == "TABLE":
            raise SqlError("A Python function returns one value.", hint="Return an ARRAY<STRUCT<…>> and explode it.")
        check_source(draft.body, name.name, [parameter.name for parameter in draft.parameters])
    elif draft.language == "SQL":
        _check_sql(catalog, draft, name)


def _check_sql(catalog: Catalog, draft: Draft, name: TableName) -> None:
    """Plan the function once, each parameter a NULL of its type: names, functions and types must fit."""
    from sqlglot import exp

    from .sql.parse import parse_query

    table = draft.returns == "TABLE"
    query = parse_query(draft.body if table else f"SELECT ({draft.body})")
    types = {parameter.name.lower(): parameter.type_text for parameter in draft.parameters}
    for call in query.find_all(exp.Anonymous):
        if str(call.this).lower() == name.name.lower() and names.key(_called(call, name)) == names.key(name.full_name):
            raise SqlError(
                f"{name.full_name} would call itself.", code="RECURSIVE_ROUTINE", hint="Write it without that."
            )
    for column in list(query.find_all(exp.Column)):
        if column.name.lower() in types and column.table.lower() in ("", name.name.lower()):
            kind = exp.DataType.build(types[column.name.lower()], dialect="databricks")
            column.replace(exp.Cast(this=exp.Null(), to=kind))
        elif not table and not query.find(exp.From):
            raise SqlError(
                f"{column.name} is no parameter of {name.full_name}.",
                code="UNRESOLVED_COLUMN",
                hint=did_you_mean(column.name, [p.name for p in draft.parameters])
                or f"Parameters: {', '.join(p.name for p in draft.parameters) or 'none'}.",
            )
    if not table:
        query = exp.select(
            exp.Cast(this=exp.Subquery(this=query), to=exp.DataType.build(draft.returns, dialect="databricks"))
        )
    planned = catalog.sql(query.sql("databricks"), limit=0, filtered=False, catalog=name.catalog, schema=name.schema)
    if table and draft.columns and len(planned.columns) != len(draft.columns):
        raise SqlError(
            f"The query has {len(planned.columns)} columns, RETURNS TABLE names {len(draft.columns)}.",
            code="TABLE_VALUED_FUNCTION_COLUMNS",
            hint=f"The query's columns: {', '.join(planned.columns)}.",
        )


def _called(call: Any, name: TableName) -> str:
    """Return the full name that a call means."""
    from sqlglot import exp

    parts = [str(call.this)]
    if isinstance(call.parent, exp.Dot) and call.parent.expression is call:
        parts = [part.name for part in call.parent.this.find_all(exp.Identifier, bfs=False)] + parts
    return names.complete(parts[-3:], name.catalog, name.schema).full_name


# -- rows ----------------------------------------------------------------------------------------------------------------


def _store(catalog: Catalog, draft: Draft, parent_id: str, full_name: str, *, replace: bool) -> FunctionInfo:
    digest = hashlib.sha256(draft.body.encode()).hexdigest()
    values = {
        "language": draft.language,
        "parameters": [parameter.model_dump(exclude_none=True) for parameter in draft.parameters],
        "return_type": _table_text(draft.columns) if draft.returns == "TABLE" else draft.returns,
        "body": draft.body,
        "body_hash": digest,
        "pip_requirements": draft.requirements,
    }
    try:
        with catalog.ground.metastore.begin() as connection:
            found = rows.find(connection, "function", parent_id, full_name.rsplit(".", 1)[-1])
            if found is not None and not replace:
                raise _taken(full_name)
            if found is None:
                found = rows.insert(connection, "function", parent_id, full_name, comment=draft.comment)
                connection.execute(catalog_function.insert().values(id=found.id, **values))
            else:
                stamp = {"updated_at": now_ms(), "updated_by": current_caller().principal}
                rows.set_owner(connection, found.id, catalog.rights.definer(found.owner))
                about = stamp | ({"comment": draft.comment} if draft.comment is not None else {})
                connection.execute(catalog_securable.update().where(catalog_securable.c.id == found.id).values(about))
                connection.execute(catalog_function.update().where(catalog_function.c.id == found.id).values(values))
            facts = {"language": draft.language, "body_hash": digest}
            action = "function.altered" if replace else "function.created"
            catalog.ground.journal.append(action, f"function:{full_name}", facts)
    except sa.exc.IntegrityError as error:  # somebody else was quicker (PostgreSQL)
        raise _taken(full_name) from error
    return get(catalog, found)


def _table_text(columns: Sequence[FunctionParameter]) -> str:
    def one(column: FunctionParameter) -> str:
        escaped = (column.comment or "").replace("\\", "\\\\").replace("'", "\\'")
        return f"{names.quote(column.name)} {column.type_text}" + (f" COMMENT '{escaped}'" if column.comment else "")

    return f"TABLE ({', '.join(map(one, columns))})" if columns else "TABLE"


_FUNCTION = sa.select(catalog_securable, *(column for column in catalog_function.c if column.name != "id")).join(
    catalog_function, catalog_function.c.id == catalog_securable.c.id
)


def get(catalog: Catalog, row: Any) -> FunctionInfo:
    """Return a function by its row."""
    with catalog.ground.metastore.connect() as connection:
        return infos(connection, [row.id])[0]


def infos(connection: sa.Connection, ids: Sequence[str]) -> list[FunctionInfo]:
    """Return functions by id, in that order."""
    found = {row.id: _info(row) for row in connection.execute(_FUNCTION.where(catalog_securable.c.id.in_(list(ids))))}
    return [found[one] for one in ids if one in found]


def _info(row: Any) -> FunctionInfo:
    catalog, schema, _ = row.full_name.split(".")
    same = (
        "name",
        "full_name",
        "owner",
        "comment",
        "properties",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
    )
    own = ("language", "body", "body_hash", "pip_requirements")
    table = bool(re.match(r"TABLE\b", row.return_type, re.IGNORECASE))
    columns: list[FunctionParameter] = []
    if table:
        from .sql.grammar.function import read_columns

        columns = read_columns(row.return_type)
    return FunctionInfo(
        **{name: getattr(row, name) for name in (*same, *own)},
        catalog_name=catalog,
        schema_name=schema,
        function_id=row.id,
        parameters=[FunctionParameter(**item) for item in row.parameters],
        return_type="TABLE" if table else row.return_type,
        return_columns=columns,
    )


def find(catalog: Catalog, name: TableName) -> FunctionInfo | None:
    """Return a function by its full name, None when there is none."""
    with catalog.ground.metastore.connect() as connection:
        schema = rows.find_schema(connection, name.catalog, name.schema)[1]
        row = rows.find(connection, "function", schema.id, name.name) if schema else None
        return infos(connection, [row.id])[0] if row else None


def not_found(catalog: Catalog, name: TableName) -> FunctionNotFoundError:
    """Return the error for a function that does not exist, naming the nearest ones."""
    with catalog.ground.metastore.connect() as connection:
        near = did_you_mean(name.full_name, catalog.near_names(connection, "function"))
    return FunctionNotFoundError(
        f"There is no function {name.full_name}.", hint=near or "List them with SHOW USER FUNCTIONS IN catalog.schema."
    )
