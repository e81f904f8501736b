"""Rows made of arrays and maps: LATERAL VIEW, LATERAL explode, stack, range."""

from __future__ import annotations

from sqlglot import exp


def rows_from_arrays(query: exp.Query) -> None:
    """Rewrite what makes rows, so that DuckDB makes the same ones."""
    for select in list(query.find_all(exp.Select)):
        for lateral in list(select.args.get("laterals") or ()):
            joined = _joined(lateral, outer=bool(lateral.args.get("outer")))
            if joined is not None:
                select.args["laterals"].remove(lateral)
                select.append("joins", joined)
        for join in list(select.args.get("joins") or ()):
            if isinstance(join.this, exp.Lateral):
                joined = _joined(join.this, outer=(join.side or "").upper() == "LEFT")
                if joined is not None:
                    join.replace(joined)
        _stacked(select)
    for table in list(query.find_all(exp.Table)):
        _range(table)


def _joined(lateral: exp.Lateral, *, outer: bool) -> exp.Join | None:
    """Return a lateral view as a join with the rows it makes."""
    made = lateral.this
    if type(made).__name__ not in ("Explode", "ExplodeOuter", "Posexplode", "PosexplodeOuter"):
        return None
    outer = outer or type(made).__name__.endswith("Outer")
    alias = lateral.args.get("alias")
    names = [item.name for item in alias.columns] if alias is not None else []
    table = alias.this.copy() if alias is not None and alias.this is not None else exp.to_identifier("mlnb_l")
    given = made.this
    if type(made).__name__.startswith("Posexplode"):
        position, item = (*names, "pos", "col")[:2] if len(names) == 2 else ("pos", "col")
        rows = exp.select(
            exp.alias_(_unnest(_indices(given)), position, quoted=True), exp.alias_(_unnest(given), item, quoted=True)
        )
    elif len(names) == 2 or isinstance(given, (exp.Map, exp.VarMap)):
        key, value = names if len(names) == 2 else ("key", "value")
        entries = exp.Anonymous(this="map_entries", expressions=[given.copy()])
        inner = exp.select(exp.alias_(_unnest(entries), "mlnb_e")).subquery("mlnb_m")
        rows = exp.select(
            *(exp.alias_(_field(part), name, quoted=True) for part, name in (("key", key), ("value", value)))
        )
        rows = rows.from_(inner)
    else:
        rows = exp.select(exp.alias_(_unnest(given), names[0] if names else "col", quoted=True))
    source = exp.Lateral(this=exp.Subquery(this=rows), alias=exp.TableAlias(this=table))
    return exp.Join(this=source, side="LEFT" if outer else None, on=exp.true())


def _unnest(given: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="unnest", expressions=[given.copy()])


def _field(part: str) -> exp.Expr:
    return exp.Anonymous(this="struct_extract", expressions=[exp.column("mlnb_e"), exp.Literal.string(part)])


def _indices(given: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="range", expressions=[exp.Anonymous(this="len", expressions=[given.copy()])])


def _stacked(select: exp.Select) -> None:
    """``stack(n, …)`` among the columns becomes one column per value of a row."""
    for item in list(select.expressions):
        made = item.unalias() if not isinstance(item, exp.Aliases) else item.this
        if type(made).__name__ != "Stack" or not isinstance(made.this, exp.Literal):
            continue
        rows = int(made.this.name)
        width = -(-len(made.expressions) // rows)
        names = [f"col{i}" for i in range(width)]
        if isinstance(item, (exp.Aliases, exp.Alias)):
            given = [i.name for i in item.expressions] if isinstance(item, exp.Aliases) else [item.alias]
            names[: len(given)] = given
        values = [*made.expressions, *[exp.Null()] * (rows * width - len(made.expressions))]
        columns = [
            exp.alias_(_unnest(exp.Array(expressions=[v.copy() for v in values[i::width]])), names[i], quoted=True)
            for i in range(width)
        ]
        at = select.expressions.index(item)
        select.set("expressions", [*select.expressions[:at], *columns, *select.expressions[at + 1 :]])


def _range(table: exp.Table) -> None:
    """The column of ``range`` is called ``id``."""
    made = table.this
    if not (isinstance(made, exp.Anonymous) and str(made.this).lower() == "range"):
        return
    alias = table.args.get("alias")
    if alias is None or not alias.columns:
        name = alias.this.copy() if alias is not None and alias.this is not None else exp.to_identifier("range")
        table.set("alias", exp.TableAlias(this=name, columns=[exp.to_identifier("id")]))
