"""What a reference sees around it in its query: other sources, common table expressions, the columns that are used."""

from __future__ import annotations

from sqlglot import exp


def rename(table: exp.Table, name: str) -> None:
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


def visible_ctes(table: exp.Table) -> set[str]:
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


def used_columns(query: exp.Expr) -> tuple[set[str], bool]:
    """Return the names of columns a query mentions, and whether it may read every one (a star, a natural join)."""
    names = {node.name.lower() for node in query.find_all(exp.Column)}
    for join in query.find_all(exp.Join):
        names.update(item.name.lower() for item in join.args.get("using") or ())
    stars = (star for star in query.find_all(exp.Star) if not isinstance(star.parent, exp.Count))
    natural = any((join.args.get("method") or "").upper() == "NATURAL" for join in query.find_all(exp.Join))
    return names, natural or next(stars, None) is not None or query.find(exp.Pivot) is not None
