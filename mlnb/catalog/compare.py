"""What differs between two versions of a table: its columns, how many rows, and which ones, by key.

Data files are never changed in place, so a file that both versions have holds the same rows in both. Only the files that one of them
lacks are read: comparing a version with the append after it costs as much as the append, however large the table is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.access import looking
from mlnb.core.errors import InvalidParameterError
from mlnb.core.records import Record

from .browse import plain
from .commits import commit_of
from .delta.handles import Found, Snapshot
from .delta.types import duckdb_type, text
from .names import quote_duckdb

if TYPE_CHECKING:
    import duckdb

    from .records import TableInfo
    from .service import Catalog

#: Rows that are shown of a comparison; the counts are of all.
MAX_ROWS = 100

Kind = Literal["changed", "added", "removed"]
_KINDS: tuple[Kind, ...] = ("changed", "removed", "added")


class ColumnChange(Record):
    """A column that the versions have not in common; ``before`` and ``after`` are its types."""

    name: str
    change: Literal["added", "removed", "type", "nullability"]
    before: str | None = None
    after: str | None = None


class VersionSide(Record):
    """One of the two versions; ``rows`` are those that may be seen."""

    version: int
    timestamp: int
    operation: str
    user: str | None = None
    rows: int
    files: int


class ComparedColumn(Record):
    """A column of either version, and in how many rows its value changed."""

    name: str
    type: str
    key: bool = False
    changed_rows: int = 0


class ComparedRow(Record):
    """A row that differs; its values stand in the order of the columns, ``times`` counts equal rows."""

    change: Kind
    before: list[Any] | None = None
    after: list[Any] | None = None
    times: int = 1


class Comparison(Record):
    """How a table gets from one version to another.

    Attributes
    ----------
    by
        ``key``: rows are the same row when their key is equal. ``rows``: whole rows are compared, so none is "changed".
    note
        Why it was not compared as asked.
    added, removed, changed
        Numbers of rows, all of them.
    rows
        At most 100, of each kind some.
    files_read, files_shared
        Files that were compared, and those that both versions have.
    """

    full_name: str
    before: VersionSide
    after: VersionSide
    schema_changes: list[ColumnChange]
    by: Literal["key", "rows"]
    key: list[str]
    note: str | None = None
    added: int
    removed: int
    changed: int
    columns: list[ComparedColumn]
    rows: list[ComparedRow]
    truncated: bool
    files_read: int
    files_shared: int


@dataclass(frozen=True)
class _Column:
    """A column under a name of its own, in a type that both sides have."""

    name: str
    alias: str
    type_text: str
    duckdb: str
    before: bool
    after: bool


def compare(
    catalog: Catalog, name: str, before: int, after: int, *, key: Sequence[str] | None = None, limit: int = MAX_ROWS
) -> Comparison:
    """Return what differs between two versions of a table; either may be the newer one.

    Parameters
    ----------
    key
        Columns that tell which rows are the same; the primary key by default, an empty list compares whole rows.
    limit
        At most this many rows, of each kind some; the counts are of all.

    Raises
    ------
    VersionNotFoundError
        With the versions there are.
    UnresolvedColumnError
        For a key column that both versions do not have.
    """
    from .sql.front import reading_filtered, unknown_column

    if not 0 <= limit <= MAX_ROWS:
        raise InvalidParameterError(f"A comparison shows at most {MAX_ROWS} rows.", hint="Ask for fewer with limit=.")
    info = catalog.info(name)
    if info.table_type == "VIEW":
        raise InvalidParameterError(f"{info.full_name} is a view: it has no versions.", hint="Compare its tables.")
    sides = catalog.lookup.found(info, before), catalog.lookup.found(info, after)
    wanted = list(info.primary_key) if key is None else list(key)
    columns = _columns(*(side.snapshot for side in sides))
    by_name = {column.name.lower(): column for column in columns}
    for column in wanted:
        known = by_name.get(column.lower())
        if key is not None and (known is None or not (known.before and known.after)):
            raise unknown_column(column, sides[0] if known is None or not known.before else sides[1])
    keys = [by_name[column.lower()] for column in wanted if column.lower() in by_name]
    filtered = reading_filtered(None)
    cursor = catalog.engine.cursor()
    try:
        parts = _differing(*sides)
        for alias, part in zip("ab", parts, strict=True):
            _load(catalog, cursor, alias, part, columns, filtered=filtered)
        keys, note = _usable(cursor, keys, wanted, sides)
        difference = _by_key(cursor, columns, keys) if keys else _by_rows(cursor, columns)
        rows = difference.rows(limit)
    finally:
        cursor.close()
    shared = len(sides[0].snapshot.files) - len(parts[0].snapshot.files)
    return Comparison(
        full_name=info.full_name,
        before=_side(catalog, info, sides[0]),
        after=_side(catalog, info, sides[1]),
        schema_changes=schema_changes(*(side.snapshot for side in sides)),
        by="key" if keys else "rows",
        key=[column.name for column in keys],
        note=note,
        **difference.counts,
        columns=[
            ComparedColumn(
                name=column.name, type=column.type_text, key=column in keys, changed_rows=difference.cells.get(i, 0)
            )
            for i, column in enumerate(columns)
        ],
        rows=rows,
        truncated=sum(row.times for row in rows) < sum(difference.counts.values()),
        files_read=sum(len(part.snapshot.files) for part in parts),
        files_shared=shared,
    )


def schema_changes(before: Snapshot, after: Snapshot) -> list[ColumnChange]:
    """Return the columns that two versions have not in common, and those of another type."""
    old = {item["name"].lower(): item for item in before.fields}
    new = {item["name"].lower(): item for item in after.fields}
    found = []
    for name, item in new.items():
        if name not in old:
            found.append(ColumnChange(name=item["name"], change="added", after=text(item["type"])))
            continue
        types = text(old[name]["type"]), text(item["type"])
        if types[0] != types[1]:
            found.append(ColumnChange(name=item["name"], change="type", before=types[0], after=types[1]))
        elif bool(old[name]["nullable"]) != bool(item["nullable"]):
            words = ["may be missing" if side["nullable"] else "never missing" for side in (old[name], item)]
            found.append(ColumnChange(name=item["name"], change="nullability", before=words[0], after=words[1]))
    found += [
        ColumnChange(name=item["name"], change="removed", before=text(item["type"]))
        for name, item in old.items()
        if name not in new
    ]
    return found


def _columns(before: Snapshot, after: Snapshot) -> list[_Column]:
    """Return the columns of both versions; those of different types are compared as text."""
    old = {item["name"].lower(): item for item in before.fields}
    new = {item["name"].lower(): item for item in after.fields}
    found: list[_Column] = []
    for name in [*new, *(name for name in old if name not in new)]:
        item = new.get(name) or old[name]
        differ = name in old and name in new and old[name]["type"] != new[name]["type"]
        found.append(
            _Column(
                name=item["name"],
                alias=f"c{len(found)}",
                type_text="string" if differ else text(item["type"]),
                duckdb="VARCHAR" if differ else duckdb_type(item["type"]),
                before=name in old,
                after=name in new,
            )
        )
    return found


def _differing(before: Found, after: Found) -> tuple[Found, Found]:
    """Leave out the files that both versions have, where rows are exactly what their files hold."""
    left, right = before.snapshot, after.snapshot
    if not (left.direct and right.direct):
        return before, after
    shared = set(left.files) & set(right.files)

    def rest(side: Found) -> Found:
        files = tuple(file for file in side.snapshot.files if file not in shared)
        return replace(side, snapshot=replace(side.snapshot, files=files))

    return rest(before), rest(after)


def _load(
    catalog: Catalog,
    cursor: duckdb.DuckDBPyConnection,
    alias: str,
    found: Found,
    columns: Sequence[_Column],
    *,
    filtered: bool,
) -> None:
    """Put the rows of a version into a temporary table, which spills to disk when it is large."""
    here = [column.after if alias == "b" else column.before for column in columns]
    chosen = ", ".join(
        f"CAST({quote_duckdb(column.name) if there else 'NULL'} AS {column.duckdb}) AS {column.alias}"
        for column, there in zip(columns, here, strict=True)
    )
    names = [column.name for column, there in zip(columns, here, strict=True) if there]
    with looking():
        reader = catalog.front.scan(found, columns=names, filtered=filtered).reader()
    cursor.register("incoming", reader)
    cursor.execute(f"CREATE TEMP TABLE {alias} AS SELECT {chosen} FROM incoming")
    cursor.unregister("incoming")


def _usable(
    cursor: duckdb.DuckDBPyConnection, keys: list[_Column], wanted: Sequence[str], sides: tuple[Found, Found]
) -> tuple[list[_Column], str | None]:
    """Return the key if it identifies rows on both sides, else nothing and why."""
    if not wanted:
        return [], None
    if len(keys) < len(wanted) or not all(column.before and column.after for column in keys):
        return [], "Whole rows are compared: one of the versions has not all columns of the key."
    distinct = f"ROW({', '.join(column.alias for column in keys)})"
    for alias, side in zip("ab", sides, strict=True):
        total, different = _one(cursor, f"SELECT count(*), count(DISTINCT {distinct}) FROM {alias}")
        if total != different:
            named = ", ".join(column.name for column in keys)
            return [], (
                f"Whole rows are compared: in version {side.snapshot.version} several rows have the same {named}."
            )
    return keys, None


@dataclass
class _Difference:
    """A temporary table ``d`` with the rows that differ."""

    cursor: duckdb.DuckDBPyConnection
    columns: Sequence[_Column]
    order: str
    counts: dict[Kind, int]
    cells: dict[int, int]

    def rows(self, limit: int) -> list[ComparedRow]:
        """Return some rows of each kind: a kind that has few of them leaves its share to the others."""
        share, left, found = {}, limit, dict(self.counts)
        for position, kind in enumerate(sorted(found, key=lambda kind: found[kind])):
            share[kind] = min(found[kind], left // (len(found) - position))
            left -= share[kind]
        rows: list[ComparedRow] = []
        for kind in _KINDS:
            rows += self._rows(kind, share[kind]) if share[kind] else []
        return rows

    def _rows(self, kind: Kind, limit: int) -> list[ComparedRow]:
        data = self.cursor.sql(
            f"SELECT * FROM d WHERE change = '{kind}' ORDER BY {self.order} LIMIT {limit}"
        ).to_arrow_table()
        sides = {
            side: [data.column(f"{side}{i}").to_pylist() for i in range(len(self.columns))]
            for side, lacking in (("a", "added"), ("b", "removed"))
            if kind != lacking
        }
        times = data.column("times").to_pylist()

        def values(side: str, row: int) -> list[Any] | None:
            return [plain(column[row]) for column in sides[side]] if side in sides else None

        return [
            ComparedRow(change=kind, before=values("a", row), after=values("b", row), times=times[row])
            for row in range(data.num_rows)
        ]


def _by_key(cursor: duckdb.DuckDBPyConnection, columns: Sequence[_Column], keys: Sequence[_Column]) -> _Difference:
    """Join the versions on the key and keep what differs."""
    on = " AND ".join(f"a.{column.alias} IS NOT DISTINCT FROM b.{column.alias}" for column in keys)
    rest = [(i, column) for i, column in enumerate(columns) if column not in keys]
    differs = " OR ".join(f"a.{column.alias} IS DISTINCT FROM b.{column.alias}" for _, column in rest) or "false"
    values = ", ".join(f"a.c{i} AS a{i}, b.c{i} AS b{i}" for i in range(len(columns)))
    cursor.execute(
        f"""CREATE TEMP TABLE d AS
        SELECT CASE WHEN a.here IS NULL THEN 'added' WHEN b.here IS NULL THEN 'removed' ELSE 'changed' END AS change,
               1::BIGINT AS times, {values}
        FROM (SELECT *, true AS here FROM a) AS a FULL JOIN (SELECT *, true AS here FROM b) AS b ON {on}
        WHERE a.here IS NULL OR b.here IS NULL OR {differs}"""
    )
    cells = {}
    if rest:
        counted = ", ".join(f"count(*) FILTER (a{i} IS DISTINCT FROM b{i})" for i, _ in rest)
        answer = _one(cursor, f"SELECT {counted} FROM d WHERE change = 'changed'")
        cells = {i: count for (i, _), count in zip(rest, answer, strict=True) if count}
    order = ", ".join(f"coalesce(a{i}, b{i})" for i in (columns.index(column) for column in keys))
    return _Difference(cursor, columns, order, _counts(cursor), cells)


def _by_rows(cursor: duckdb.DuckDBPyConnection, columns: Sequence[_Column]) -> _Difference:
    """Count equal rows on both sides and keep those of which one side has more."""
    names = ", ".join(column.alias for column in columns)
    values = ", ".join(f"c{i} AS a{i}, c{i} AS b{i}" for i in range(len(columns)))
    cursor.execute(
        f"""CREATE TEMP TABLE d AS
        SELECT CASE WHEN n > 0 THEN 'added' ELSE 'removed' END AS change, abs(n)::BIGINT AS times, {values}
        FROM (SELECT {names}, sum(n) AS n FROM (SELECT *, -1 AS n FROM a UNION ALL SELECT *, 1 AS n FROM b)
              GROUP BY {names} HAVING sum(n) <> 0)"""
    )
    return _Difference(cursor, columns, ", ".join(f"a{i}" for i in range(len(columns))), _counts(cursor), {})


def _counts(cursor: duckdb.DuckDBPyConnection) -> dict[Kind, int]:
    found = dict(cursor.sql("SELECT change, sum(times)::BIGINT FROM d GROUP BY change").fetchall())
    return {kind: int(found.get(kind, 0)) for kind in _KINDS}


def _one(cursor: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    return cursor.sql(query).fetchall()[0]


def _side(catalog: Catalog, info: TableInfo, found: Found) -> VersionSide:
    snapshot = found.snapshot
    commit = commit_of(snapshot.history(1)[0])
    with looking():
        rows = catalog.table(info.full_name, version=snapshot.version).count()
    return VersionSide(
        version=snapshot.version,
        timestamp=commit.timestamp,
        operation=commit.operation,
        user=commit.user,
        rows=rows,
        files=len(snapshot.files),
    )
