"""MERGE INTO: the source is a query of its own, what happens to which row is the table's business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from sqlglot import exp

from ...errors import SqlError, UnresolvedColumnError
from ..front import Guard, unknown_column
from .answers import counted, name_of, writable, written
from .scoping import qualified, without_defaults

if TYPE_CHECKING:
    from ...delta.handles import Found
    from ...merging import When
    from ..context import Context
    from ..front import SqlFront
    from ..parse import Statement
    from ..result import SqlResult


def merge(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``MERGE [WITH SCHEMA EVOLUTION] INTO t USING source ON condition WHEN …``."""
    tree, target = statement.tree, statement.target
    assert isinstance(tree, exp.Merge)
    assert target is not None
    name = name_of(target, context)
    found = front.catalog.lookup.found(writable(front, name.full_name))
    using = tree.args["using"]
    source_alias = using.alias or using.name
    if not source_alias:
        raise SqlError(
            "The source of a MERGE needs a name.", code="PARSE_SYNTAX_ERROR", hint="Write USING (SELECT …) AS s."
        )
    query = exp.select("*").from_(using.copy())
    if tree.args.get("with_"):
        query.set("with_", tree.args["with_"])
    resolved = front.resolve(query, statement.text, context)
    guard = Guard(statement.text, query, resolved)
    with guard():
        execution = front.catalog.engine.run(resolved)
    rows = front.result(execution, guard, "MERGE", statement.text, resolved)
    clauses = _clauses(front, tree, context, found, rows.columns, evolve=statement.evolve)
    commit = front.catalog.table(found.full_name).merge_into(
        rows.reader(),
        qualified(tree.args["on"], front, context).sql("databricks"),
        clauses,
        source=source_alias,
        target=target.alias or name.name,
        schema="merge" if statement.evolve else "strict",
        params=context.params,
    )
    done = {
        kind: int(commit.metrics.get(f"num_target_rows_{kind}") or 0) for kind in ("updated", "deleted", "inserted")
    }
    counts = {"num_affected_rows": sum(done.values()), **{f"num_{kind}_rows": count for kind, count in done.items()}}
    writes = [written(found.full_name, commit, found.snapshot.columns)]
    return counted(statement, counts, reads=resolved.reads, writes=writes)


def _clauses(
    front: SqlFront, tree: exp.Merge, context: Context, found: Found, source: Sequence[str], *, evolve: bool
) -> list[When]:
    """Return the WHEN clauses as the table takes them."""
    from ...merging import When

    clauses: list[When] = []
    for item in tree.args["whens"].expressions:
        on: Literal["matched", "not_matched", "not_matched_by_source"] = (
            "matched" if item.args["matched"] else "not_matched_by_source" if item.args.get("source") else "not_matched"
        )
        condition = item.args.get("condition")
        spelled = qualified(condition, front, context).sql("databricks") if condition is not None else None
        then = item.args["then"]
        action, values = _action(then, found, context, front)
        if values is None and action != "delete" and not evolve:
            _complete(found, source, action)
        clauses.append(When(on, action, spelled, values))
    return clauses


def _action(
    then: exp.Expr, found: Found, context: Context, front: SqlFront
) -> tuple[Literal["update", "insert", "delete"], dict[str, Any] | None]:
    if isinstance(then, exp.Update):
        if any(isinstance(item, exp.Star) for item in then.expressions):
            return "update", None
        without_defaults(then)
        pairs = [(item.this.name, item.expression) for item in then.expressions]
        return "update", _values(pairs, found, front, context)
    if isinstance(then, exp.Insert):
        if isinstance(then.this, exp.Star):
            return "insert", None
        without_defaults(then)
        names = [item.name for item in then.this.expressions]
        given = then.expression.expressions
        if len(names) != len(given):
            raise SqlError(
                f"INSERT gives {len(given)} values for {len(names)} columns.",
                code="INSERT_COLUMN_ARITY_MISMATCH",
                hint=f"Columns: {', '.join(names)}.",
            )
        return "insert", _values(list(zip(names, given, strict=True)), found, front, context)
    return "delete", None


def _values(pairs: Sequence[tuple[str, exp.Expr]], found: Found, front: SqlFront, context: Context) -> dict[str, Any]:
    known = {name.lower(): name for name in found.snapshot.columns}
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name.lower() not in known:
            raise unknown_column(name, found)
        values[known[name.lower()]] = qualified(value, front, context).sql("databricks")
    return values


def _complete(found: Found, source: Sequence[str], action: str) -> None:
    """Refuse ``*`` when the source lacks a column of the table."""
    given = {name.lower() for name in source}
    missing = [name for name in found.snapshot.columns if name.lower() not in given]
    if missing:
        raise UnresolvedColumnError(
            f"{action.upper()} * needs {', '.join(missing)}, which the source does not have.",
            hint="Add the columns to the source, name the columns to set, or write MERGE WITH SCHEMA EVOLUTION.",
            details={"column_name": missing[0]},
        )
