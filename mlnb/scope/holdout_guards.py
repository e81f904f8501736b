"""Which hold-outs a table is under: its own, and those of the tables it was made from.

A table that was made from a guarded one inherits the rule when the columns that the rule reads came along unchanged. Else it is *mixed*:
held-out rows may be in it and nobody can tell which. Where data came from is what the catalog's lineage knows.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from mlnb.catalog import metastore as rows
from mlnb.catalog.names import TableName
from mlnb.catalog.tables import catalog_lineage

from .holdout_records import Holdout, HoldoutRule
from .tables import holdouts

#: Tables between a guarded one and one made from it.
_DEEPEST = 20
#: How a column came along unchanged.
_UNCHANGED = ("direct", "inferred")


@dataclass(frozen=True)
class Guard:
    """A hold-out as it applies to one table.

    Attributes
    ----------
    rule
        In the table's own columns.
    inherited
        Whether the table was made from the one that the hold-out was declared for.
    mixed
        Whether its held-out rows cannot be told any more; the rule says nothing then.
    """

    holdout: Holdout
    rule: HoldoutRule
    inherited: bool = False
    mixed: bool = False


def guards_of(connection: sa.Connection, full_name: str) -> list[Guard]:
    """Return the hold-outs that a table is under."""
    active = active_holdouts(connection)
    if not active:
        return []
    located = rows.locate(connection, TableName(*full_name.split(".")))
    if located is None:
        return []
    own = _own(connection, active, located.table_id, located.full_name)
    if own is not None:
        return [Guard(own, own.rule)]
    if located.view_definition is not None:
        return []  # what a view reads is filtered there
    return _Ancestors(connection, active).guards(located.table_id)


def is_under(connection: sa.Connection, full_name: str, some: list[Holdout]) -> bool:
    """Return whether a table or view is under one of some hold-outs, itself or through what it is made from."""
    located = rows.locate(connection, TableName(*full_name.split(".")))
    if located is None:
        return False
    own = _own(connection, some, located.table_id, located.full_name)
    return own is not None or _Ancestors(connection, some).any_of(located.table_id)


def with_names(connection: sa.Connection, found: list[Holdout]) -> list[Holdout]:
    """Return hold-outs with the names that their tables have now."""
    names = _named(connection, [one.table_id for one in found]) if found else {}
    return [one.model_copy(update={"table_name": names.get(one.table_id, one.table_name)}) for one in found]


def active_holdouts(connection: sa.Connection) -> list[Holdout]:
    """Return what is held out now, by table as it was called when it was declared."""
    query = sa.select(holdouts).where(holdouts.c.state != "RETIRED").order_by(holdouts.c.table_name)
    return [holdout_of(row) for row in connection.execute(query).mappings()]


def holdout_of(row: sa.RowMapping) -> Holdout:
    """Return a row as a record."""
    return Holdout(**{**row, "rule": HoldoutRule.model_validate(row["rule"])})


def _own(connection: sa.Connection, active: list[Holdout], table_id: str, full_name: str) -> Holdout | None:
    """Return the hold-out of a table itself: by id, so that a new name changes nothing, or by the name of one that was dropped."""
    for one in active:
        if one.table_id == table_id:
            return one.model_copy(update={"table_name": full_name})
    same = next((one for one in active if one.table_name == full_name), None)
    if same is None or same.table_id in _named(connection, [same.table_id]):
        return None
    return same


def _named(connection: sa.Connection, ids: list[str]) -> dict[str, str]:
    """Return the names of the tables that are still there."""
    table = rows.securable
    query = sa.select(table.c.id, table.c.full_name).where(table.c.id.in_(ids), table.c.deleted_at.is_(None))
    return {row.id: row.full_name for row in connection.execute(query)}


class _Ancestors:
    """Walks from a table to what it was made from."""

    def __init__(self, connection: sa.Connection, active: list[Holdout]) -> None:
        self._connection = connection
        self._active = {one.table_id: one for one in active}

    def guards(self, table_id: str) -> list[Guard]:
        """Return the guards inherited, one for each hold-out."""
        found: dict[str, Guard] = {}
        # Names of columns at the table asked about, by name at the table reached.
        waiting: list[tuple[str, dict[str, set[str]] | None, bool]] = [(table_id, None, True)]
        seen = {table_id}
        for _ in range(_DEEPEST):
            following: list[tuple[str, dict[str, set[str]] | None, bool]] = []
            for reached, names, start in waiting:
                for source, columns, whole in self._sources(reached):
                    if source in seen:
                        continue
                    carried = _through(columns, names, start)
                    if source in self._active:
                        guard = _inherited(self._active[source], carried, whole)
                        if guard is not None:
                            found[guard.holdout.id] = guard
                    else:
                        seen.add(source)
                        following.append((source, carried, False))
            waiting = list(following)
            if not waiting:
                break
        return list(found.values())

    def any_of(self, table_id: str) -> bool:
        """Return whether a table or view was made from a guarded table, whatever of it came along."""
        waiting, seen = [table_id], {table_id}
        for _ in range(_DEEPEST):
            found = {source for reached in waiting for source, *_ in self._sources(reached)} - seen
            if found & self._active.keys():
                return True
            seen |= found
            waiting = list(found)
        return False

    def _sources(self, table_id: str) -> list[tuple[str, dict[str, set[str]], bool]]:
        """Return what a table was made from: id, names of its columns here by name there, and whether all rows may have come along."""
        line = catalog_lineage
        query = sa.select(
            line.c.source_id,
            line.c.source_column,
            line.c.target_column,
            line.c.kind,
            line.c.statement_id,
            line.c.entity_type,
        ).where(line.c.target_id == table_id, line.c.source_id != table_id)
        columns: dict[str, dict[str, set[str]]] = {}
        whole: dict[str, bool] = {}
        for row in self._connection.execute(query):
            mine = columns.setdefault(row.source_id, {})
            # Statements that write, and jobs, read all rows; what Python wrote in a notebook it had read without the held-out ones.
            whole[row.source_id] = whole.get(row.source_id, False) or bool(row.statement_id) or row.entity_type == "JOB"
            if row.source_column and row.target_column and row.kind in _UNCHANGED:
                mine.setdefault(row.source_column, set()).add(row.target_column)
        return [(source, names, whole[source]) for source, names in columns.items()]


def _through(columns: dict[str, set[str]], names: dict[str, set[str]] | None, start: bool) -> dict[str, set[str]]:
    """Return the names at the table asked about, by name at the source."""
    if start or names is None:
        return columns
    return {
        source: found
        for source, here in columns.items()
        if (found := {end for one in here for end in names.get(one, ())})
    }


def _inherited(holdout: Holdout, carried: dict[str, set[str]], whole: bool) -> Guard | None:
    rule = holdout.rule
    if all(carried.get(name) for name in rule.columns):
        renamed = {name: name if name in carried[name] else min(carried[name]) for name in rule.columns}
        return Guard(holdout, rule.renamed(renamed), inherited=True)
    return Guard(holdout, rule, inherited=True, mixed=True) if whole else None
