"""MERGE: rows of a source meet those of a table, and per pair the first clause that holds decides.

What the Delta library reads as the platform does is left to it, which rewrites only the files concerned. Anything else becomes one query
over the table and the source whose result replaces the rows of exactly the version it was computed from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlglot import exp

from mlnb.core.errors import InvalidParameterError, did_you_mean

from .delta.dml import Clause
from .delta.expressions import columns_of, writer_condition, writer_value
from .delta.types import fields_of, text
from .errors import SqlError, TableSchemaError, UnresolvedColumnError
from .names import quote_always
from .sql.compute import THIS, condition, expression, rows_of

if TYPE_CHECKING:
    import pyarrow as pa

    from .delta.handles import Found
    from .service import Catalog


@dataclass(frozen=True)
class When:
    """A WHEN clause of a MERGE.

    Attributes
    ----------
    on
        Rows it is about: pairs that match, rows of the source without a match, rows of the table without one.
    action
        What happens to them.
    condition
        A further condition, on both sides' columns: ``source.amount > target.amount``.
    values
        By column of the table: SQL over both sides. None takes every column that the source has (``*``).
    """

    on: Literal["matched", "not_matched", "not_matched_by_source"]
    action: Literal["update", "insert", "delete"]
    condition: str | None = None
    values: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.action not in ("update", "insert", "delete") or self.on not in (
            "matched",
            "not_matched",
            "not_matched_by_source",
        ):
            raise InvalidParameterError(f"WHEN {self.on} THEN {self.action} is no clause of MERGE.")
        if (self.action == "insert") != (self.on == "not_matched"):
            raise InvalidParameterError(
                f"WHEN {self.on} cannot {self.action}.",
                hint="Rows without a match are inserted; rows of the table are updated or deleted.",
            )


@dataclass
class Plan:
    """A merge with every name resolved: columns carry ``source`` or ``target``."""

    on: exp.Expr
    clauses: list[tuple[When, exp.Expr | None, dict[str, exp.Expr]]]
    evolves: dict[str, str]


class Names:
    """Resolves names of both sides of a merge."""

    def __init__(self, found: Found, given: pa.Schema, source: str, target: str) -> None:
        from deltalake import Schema

        self.target = columns_of(found.snapshot.fields)
        fields = fields_of(Schema.from_arrow(given).to_json())
        self.source = columns_of(fields)
        self.texts = {item["name"].lower(): text(item["type"]) for item in fields}
        self._aliases = {"source": "source", "target": "target", source.lower(): "source", target.lower(): "target"}
        self._full_name = found.full_name

    def both(self) -> dict[str, tuple[str, Any]]:
        """Return the columns of both sides by ``side.name``."""
        sides = (("source", self.source), ("target", self.target))
        return {f"{side}.{key}": column for side, columns in sides for key, column in columns.items()}

    def resolved(self, node: exp.Expr, sides: Sequence[str] = ("source", "target")) -> exp.Expr:
        """Return an expression whose columns say which side they belong to.

        Raises
        ------
        UnresolvedColumnError
            For a column that neither side has.
        """

        def resolve(item: exp.Expr) -> exp.Expr:
            if not isinstance(item, exp.Column) or item.find_ancestor(exp.Query):
                return item
            side = self._side(item, sides)
            name = (self.source if side == "source" else self.target)[item.name.lower()][0]
            return exp.column(name, table=side, quoted=True)

        return node.transform(resolve)

    def _side(self, column: exp.Column, sides: Sequence[str]) -> str:
        name = column.name.lower()
        if column.table:
            side = self._aliases.get(column.table.lower())
            if side in sides and side is not None and name in (self.source if side == "source" else self.target):
                return side
        else:
            found = [side for side in sides if name in (self.source if side == "source" else self.target)]
            if len(found) == 2:
                raise SqlError(
                    f"{column.name} is a column of both sides.",
                    code="AMBIGUOUS_REFERENCE",
                    hint=f"Write source.{column.name} or target.{column.name}.",
                )
            if found:
                return found[0]
        known = [key for side in sides for key, _ in (self.source if side == "source" else self.target).values()]
        raise UnresolvedColumnError(
            f"Neither the data nor {self._full_name} has a column {column.sql('databricks')} here.",
            hint=did_you_mean(column.name, known) or f"Columns: {', '.join(dict.fromkeys(known))}.",
            details={"column_name": column.name},
        )


def plan(names: Names, on: str, clauses: Sequence[When], params: Mapping[str, Any] | None, *, evolve: bool) -> Plan:
    """Resolve the names of a merge.

    Raises
    ------
    UnresolvedColumnError, SqlSyntaxError
        Before anything is read.
    """
    if not clauses:
        raise InvalidParameterError("A merge without a clause does nothing.", hint="Add a When(...).")
    extra = {key: name for key, (name, _) in names.source.items() if key not in names.target} if evolve else {}
    out = []
    for clause in clauses:
        sides = {"not_matched": ("source",), "not_matched_by_source": ("target",)}.get(clause.on, ("source", "target"))
        when = names.resolved(condition(clause.condition, params), sides) if clause.condition else None
        values: dict[str, exp.Expr] = {}
        if clause.action != "delete":
            for column, value in (clause.values if clause.values is not None else _every(names, extra)).items():
                key = column.split(".")[-1].strip("`").lower()
                name = names.target.get(key, (extra.get(key),))[0]
                if name is None:
                    raise UnresolvedColumnError(
                        f"{column!r} is no column of the table.",
                        hint=did_you_mean(column, [item[0] for item in names.target.values()]),
                        details={"column_name": column},
                    )
                node = value if isinstance(value, exp.Expr) else expression(value, params)
                values[name] = names.resolved(node, sides)
        out.append((clause, when, values))
    used = {name for _, _, values in out for name in values} & set(extra.values())
    evolves = {name: names.texts[name.lower()] for name in extra.values() if name in used}
    return Plan(names.resolved(condition(on, params)), out, evolves)


def _every(names: Names, extra: Mapping[str, str]) -> dict[str, exp.Expr]:
    """Return what ``*`` means: each column that both sides have, and the source's own when the schema may grow."""
    shared = [name for key, (name, _) in names.target.items() if key in names.source]
    return {
        name: exp.column(names.source[name.lower()][0], table="source", quoted=True)
        for name in [*shared, *extra.values()]
    }


def for_library(plan: Plan, names: Names) -> tuple[str, list[Clause]] | None:
    """Return condition and clauses in the Delta library's SQL, None when its engine might read one of them differently."""
    both = names.both()
    on = writer_condition(plan.on, both)
    if on is None:
        return None
    clauses = []
    for clause, when, values in plan.clauses:
        spelled = writer_condition(when, both) if when is not None else None
        if when is not None and spelled is None:
            return None
        texts: dict[str, str] = {}
        for column, value in values.items():
            kind = (names.target.get(column.lower()) or names.source[column.lower()])[1]
            text = writer_value(value, kind, both)
            if text is None:
                return None
            texts[column] = text
        clauses.append(Clause(clause.on, clause.action, spelled, texts))
    return on, clauses


def computed(catalog: Catalog, found: Found, source: pa.Table, plan: Plan) -> tuple[Any, dict[str, int]]:
    """Return the table's rows after the merge, and how many were inserted, updated and deleted.

    Raises
    ------
    TableSchemaError
        When several rows of the source want the same row of the table.
    """
    frames = {"mlnb_source": source}
    chosen = _choice(plan)
    joined = (
        f"(SELECT *, row_number() OVER () AS mlnb_t FROM {THIS}) AS target FULL OUTER JOIN "
        "(SELECT *, row_number() OVER () AS mlnb_s FROM mlnb_source) AS source "
        f"ON {plan.on.sql('databricks')}"
    )
    counts = rows_of(
        catalog,
        f"SELECT mlnb_k, count(*) AS n, count(DISTINCT mlnb_t) AS d FROM (SELECT {chosen} AS mlnb_k, target.mlnb_t "
        f"FROM {joined}) AS k WHERE mlnb_k >= 0 GROUP BY mlnb_k",
        found,
        frames=frames,
    ).rows()
    twice = rows_of(
        catalog,
        f"SELECT count(*) AS n FROM (SELECT target.mlnb_t FROM {joined} WHERE target.mlnb_t IS NOT NULL AND "
        f"source.mlnb_s IS NOT NULL AND {chosen} >= 0 GROUP BY target.mlnb_t HAVING count(*) > 1) AS k",
        found,
        frames=frames,
    ).rows()[0]["n"]
    if twice:
        raise TableSchemaError(
            "Several rows of the data match the same row of the table.",
            code="DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE",
            hint="Make the keys unique in the data first; nothing was written.",
        )
    actions = {row["mlnb_k"]: row["n"] for row in counts}
    done = {"inserted": 0, "updated": 0, "deleted": 0}
    for position, (clause, _, _) in enumerate(plan.clauses):
        done[{"insert": "inserted", "update": "updated", "delete": "deleted"}[clause.action]] += actions.get(
            position, 0
        )
    gone = [str(i) for i, (clause, _, _) in enumerate(plan.clauses) if clause.action == "delete"]
    columns = [_column(name, kind, plan, chosen, own=f"target.{quote_always(name)}") for name, kind in _typed(found)]
    columns += [_column(name, kind, plan, chosen, own=f"CAST(NULL AS {kind})") for name, kind in plan.evolves.items()]
    left_out = ", ".join(["-2", *gone])
    query = f"SELECT {', '.join(columns)} FROM {joined} WHERE {chosen} NOT IN ({left_out})"
    rows = rows_of(catalog, query, found, frames=frames)
    return rows, {f"num_target_rows_{name}": count for name, count in done.items()}


def _typed(found: Found) -> list[tuple[str, str]]:
    return [(item["name"], text(item["type"])) for item in found.snapshot.fields]


def _choice(plan: Plan) -> str:
    """Return SQL for the number of the clause that decides about a row: -1 keeps a row of the table, -2 leaves out one of the source."""
    present = {
        "matched": "target.mlnb_t IS NOT NULL AND source.mlnb_s IS NOT NULL",
        "not_matched": "target.mlnb_t IS NULL",
        "not_matched_by_source": "source.mlnb_s IS NULL",
    }
    cases = []
    for position, (clause, when, _) in enumerate(plan.clauses):
        further = f" AND ({when.sql('databricks')})" if when is not None else ""
        cases.append(f"WHEN {present[clause.on]}{further} THEN {position}")
    return f"CASE {' '.join(cases)} WHEN target.mlnb_t IS NULL THEN -2 ELSE -1 END"


def _column(name: str, kind: str, plan: Plan, chosen: str, *, own: str) -> str:
    """Return SQL for a column after the merge; ``own`` is its value in rows that no clause changes."""
    cases = []
    for position, (clause, _, values) in enumerate(plan.clauses):
        if name in values:
            cases.append(f"WHEN {position} THEN CAST({values[name].sql('databricks')} AS {kind})")
        elif clause.action == "insert":
            cases.append(f"WHEN {position} THEN CAST(NULL AS {kind})")
    value = f"CASE {chosen} {' '.join(cases)} ELSE {own} END" if cases else own
    return f"{value} AS {quote_always(name)}"


def key_condition(keys: Sequence[str]) -> str:
    """Return the condition that the keys of both sides are equal."""
    return " AND ".join(f"target.{quote_always(key)} = source.{quote_always(key)}" for key in keys)
