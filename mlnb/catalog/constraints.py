"""Rules of tables: conditions for every row, columns that may not be empty, keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import AlreadyExistsError, InvalidParameterError, NotFoundError, did_you_mean

from .delta import maintain
from .delta.expressions import columns_of, writer_condition
from .errors import TableSchemaError
from .names import quote_always
from .records import Commit, Constraint, KeyReport, TableInfo
from .sql.compute import THIS, condition, rows_of

if TYPE_CHECKING:
    import sqlalchemy as sa

    from .delta.handles import Found
    from .delta.write import Writer
    from .reading import TableReader
    from .service import Catalog

#: Names that the log, other engines and SQL all take.
_NAME = re.compile(r"\w+\Z")

#: Examples in a key report.
_EXAMPLES = 5


def add_constraint(catalog: Catalog, info: TableInfo, name: str, sql: str) -> Commit:
    """Make a condition a rule; see :meth:`mlnb.catalog.keeping.TableKeeper.add_constraint`."""
    if not _NAME.match(name):
        raise InvalidParameterError(
            f"{name!r} is no name for a constraint.", hint="Use letters, digits and underscores."
        )
    with catalog.commits.locks.exclusive(info.storage_location):
        found = catalog.lookup.found(info)
        stored = catalog.lookup.reconciled(info).constraints
        if any(item.name.lower() == name.lower() for item in stored):
            raise AlreadyExistsError(
                f"{info.full_name} has a constraint {name} already.",
                code="DELTA_CONSTRAINT_ALREADY_EXISTS",
                hint="Drop it first, or choose another name.",
            )
        node = condition(sql)
        spelled = writer_condition(node, columns_of(found.snapshot.fields))
        if spelled is None:
            _explain(catalog, found, sql)
            raise InvalidParameterError(
                f"{sql!r} cannot be a constraint: every engine that writes the table must read it alike.",
                code="DELTA_UNSUPPORTED_EXPRESSION_CHECK_CONSTRAINT",
                hint="Compare columns with values, joined by AND, OR, NOT, IN, BETWEEN and IS NULL.",
            )
        row = _violating(catalog, found, f"NOT coalesce({node.sql('databricks')}, false)")
        if row is not None:
            raise TableSchemaError(
                f"Rows of {info.full_name} break {name} already, for example {_shown(row)}.",
                code="DELTA_NEW_CHECK_CONSTRAINT_VIOLATION",
                hint=f"Mend them first: SELECT * FROM {info.full_name} WHERE NOT ({sql}).",
                details={"row": {key: str(value) for key, value in row.items()}},
            )

        def write(writer: Writer) -> None:
            maintain.add_constraint(writer, info.storage_location, name, spelled)

        def remember(connection: sa.Connection, table_id: str, commit: Commit) -> None:  # noqa: ARG001
            from . import metastore as rows

            kept = [item.to_dict() for item in stored if item.name != name]
            kept.append(Constraint(name=name, expression=sql).to_dict())
            rows.update_about(connection, table_id, {}, {"constraints": sorted(kept, key=lambda item: item["name"])})

        return catalog.commits.commit(info, write, also=remember)


def drop_constraint(catalog: Catalog, info: TableInfo, name: str, *, if_exists: bool) -> Commit | None:
    """Take a rule away; see :meth:`mlnb.catalog.keeping.TableKeeper.drop_constraint`."""
    stored = [item.name for item in catalog.lookup.reconciled(info).constraints]
    known = next((item for item in stored if item.lower() == name.lower()), None)
    if known is None:
        if if_exists:
            return None
        raise NotFoundError(
            f"{info.full_name} has no constraint {name}.",
            code="CONSTRAINT_DOES_NOT_EXIST",
            hint=did_you_mean(name, stored) or (f"Constraints: {', '.join(stored)}." if stored else "It has none."),
        )

    def write(writer: Writer) -> None:
        maintain.drop_constraint(writer, info.storage_location, known)

    return catalog.commits.commit(info, write)


def refuse_nulls(catalog: Catalog, found: Found, column: str) -> None:
    """Raise when a column has a row without a value."""
    row = _violating(catalog, found, f"{quote_always(column)} IS NULL")
    if row is not None:
        raise TableSchemaError(
            f"{column} is empty in rows of {found.full_name}, for example {_shown(row)}.",
            code="DELTA_VIOLATE_CONSTRAINT_WITH_VALUES",
            hint=f"Fill them first: UPDATE {found.full_name} SET {column} = … WHERE {column} IS NULL.",
            details={"row": {key: str(value) for key, value in row.items()}},
        )


def verify_key(table: TableReader) -> KeyReport:
    """Count what breaks the primary key; see :meth:`mlnb.catalog.reading.TableReader.verify_key`."""
    if not table.primary_key:
        raise InvalidParameterError(
            f"{table.full_name} has no primary key.", hint="Declare one when the table is created: primary_key=[...]."
        )
    found = table._found
    keys = ", ".join(quote_always(column) for column in table.primary_key)
    nulls = " OR ".join(f"{quote_always(column)} IS NULL" for column in table.primary_key)
    catalog = table._catalog
    counted = rows_of(
        catalog, f"SELECT count(*) AS n, count(CASE WHEN {nulls} THEN 1 END) AS e FROM {THIS}", found
    ).rows()[0]
    twice = f"SELECT {keys}, count(*) AS `rows` FROM {THIS} WHERE NOT ({nulls}) GROUP BY {keys} HAVING count(*) > 1"
    duplicates = rows_of(catalog, f"SELECT count(*) AS n FROM ({twice}) AS d", found).rows()[0]["n"]
    examples = (
        rows_of(catalog, f"{twice} ORDER BY `rows` DESC, {keys} LIMIT {_EXAMPLES}", found).rows() if duplicates else []
    )
    return KeyReport(
        table=table.full_name,
        version=found.snapshot.version,
        columns=table.primary_key,
        rows=counted["n"],
        duplicates=duplicates,
        nulls=counted["e"],
        examples=examples,
    )


def violated(catalog: Catalog, info: TableInfo, error: TableSchemaError) -> TableSchemaError:
    """Say which rule a refused row breaks, as far as its printed values tell."""
    row = error.details.get("row") or {}
    fields = {item["name"]: item for item in catalog.handles.latest(info.storage_location).fields}
    for name, value in row.items():
        if value == "" and name in fields and not fields[name]["nullable"]:
            return _named(error, f"NOT NULL of {name}", row)
    for rule in info.constraints:
        columns = {column.name for column in condition(rule.expression).find_all(_column_class())}
        known = {column: row[column] for column in row if column.lower() in {item.lower() for item in columns}}
        if known and _breaks(catalog, rule.expression, known, fields):
            return _named(error, f"the constraint {rule.name} ({rule.expression})", row)
    return error


def _named(error: TableSchemaError, rule: str, row: dict[str, str]) -> TableSchemaError:
    count = error.details.get("rows", 1)
    return TableSchemaError(
        f"{count} {'row breaks' if count == 1 else 'rows break'} {rule}, for example {_shown(row)}.",
        code=error.code,
        hint="Mend the rows; nothing was written.",
        details=error.details,
    )


def _breaks(catalog: Catalog, rule: str, row: dict[str, str], fields: dict[str, Any]) -> bool:
    from .delta.types import text
    from .sql.context import Context

    shown = {name: value.replace("'", "''") for name, value in row.items()}
    literals = {name: f"'{value}'" if value else "NULL" for name, value in shown.items() if name in fields}
    values = ", ".join(
        f"CAST({literal} AS {text(fields[name]['type'])}) AS {quote_always(name)}" for name, literal in literals.items()
    )
    settings = catalog.settings
    context = Context({}, {}, False, settings.default_catalog, settings.default_schema)
    try:
        found = catalog.front.run(f"SELECT coalesce({rule}, false) AS ok FROM (SELECT {values}) AS r", context)
        return not found.rows()[0]["ok"]
    except Exception:
        return False  # the printed values are shortened, or of a nested type: the rule stays unnamed


def _column_class() -> Any:
    from sqlglot import exp

    return exp.Column


def _explain(catalog: Catalog, found: Found, sql: str) -> None:
    """Raise what is wrong with a condition by itself: an unknown column, a type that does not fit."""
    rows_of(catalog, f"SELECT 1 AS one FROM {THIS} WHERE {sql} LIMIT 0", found).rows()


def _violating(catalog: Catalog, found: Found, where: str) -> dict[str, Any] | None:
    rows = rows_of(catalog, f"SELECT * FROM {THIS} WHERE {where} LIMIT 1", found).rows()
    return rows[0] if rows else None


def _shown(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {'NULL' if value in (None, '') else value}" for name, value in list(row.items())[:12])
