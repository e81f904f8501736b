"""What loading files would do, before anything is written: types with their reasons, ten rows, and every line that would be rejected."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.errors import InvalidParameterError, MlnbError, did_you_mean

from ..errors import IngestError
from ..names import TableName, quote_duckdb
from ..records import TableInfo
from .columns import spelled
from .load import checked, fresh, given_types, places_of
from .plan import Options, Part, Task, connect, make_plan
from .records import IngestPlan, PlannedColumn, PlannedDialect, PlannedFile, PlannedTable, Refusal
from .rejects import Rejects
from .sources import SourceFile, check_format, opened, suggested_name
from .union import differing, merged_columns, unknown_columns

if TYPE_CHECKING:
    import duckdb

    from ..service import Catalog

#: Files of more bytes together are looked at in part: a preview answers while somebody waits.
WHOLE = 200 * 1024 * 1024
#: Lines of each file that are looked at then.
LINES = 500_000

_ROWS, _SAMPLES, _SAMPLED, _LONGEST = 10, 3, 1000, 200


def preview_ingest(
    catalog: Catalog, source: Any, *, name: str | None = None, mode: str = "append", force: bool = False, **options: Any
) -> IngestPlan:
    """Say what loading files would do; see :meth:`mlnb.catalog.service.Catalog.preview_ingest`."""
    return Preview(catalog, name, mode, options_of(options), force).of(source)


def options_of(given: Mapping[str, Any]) -> Options:
    """Return options of reading from their names.

    Raises
    ------
    InvalidParameterError
        For a name that is none.
    """
    known = {item.name for item in fields(Options)}
    wrong = next((name for name in given if name not in known), None)
    if wrong is not None:
        raise InvalidParameterError(
            f"There is no option {wrong!r}.",
            hint=did_you_mean(wrong, sorted(known)) or f"Options: {', '.join(sorted(known))}.",
        )
    set_ = {name: value for name, value in given.items() if value is not None}
    return Options(**{**set_, "format": check_format(set_.get("format", "auto")), "types": dict(set_.get("types", {}))})


class Preview:
    """One preview: a load that stops before it writes."""

    def __init__(self, catalog: Catalog, name: str | None, mode: str, options: Options, force: bool) -> None:
        self._catalog = catalog
        self._options = options
        self._force = force
        self._mode = mode
        self._refused: Refusal | None = None
        self._target: TableName | None = None
        self._table: TableInfo | None = None
        try:
            self._target, self._table = checked(catalog, name or "preview", mode, options)
        except MlnbError as error:
            if name is None or isinstance(error, InvalidParameterError):
                raise
            self._refuse(error)
        if name is None or mode != "append":
            self._table = None
        if name is None:
            self._target = None

    def _refuse(self, error: MlnbError) -> None:
        """Remember the first thing that would stop the load."""
        if self._refused is None:
            self._refused = Refusal(error_code=error.code, message=error.message, hint=error.hint)

    def of(self, source: Any) -> IngestPlan:
        """Look at the files and return the plan."""
        options = self._options
        places = places_of(self._catalog)
        with ExitStack() as stack:
            files = stack.enter_context(
                opened(source, options.format, places, files=options.files, pattern=options.pattern)
            )
            limit = LINES if sum(file.size for file in files) > WHOLE else 0
            connection = connect(self._catalog.settings, places.scratch)
            stack.callback(connection.close)
            parts = self._parts(connection, files, limit)
            known = self._known(files)
            rejects = Rejects("")
            missing: dict[str, int] = {}
            for part in parts:
                if part.file not in known:
                    self._count(connection, part, rejects, missing, limit)
            shown = [part for part in parts if part.file not in known] or parts
            columns = merged_columns(parts)
            rows = self._head(connection, shown, [column.name for column in columns])
        self._judge(parts, rejects)
        order = {part.file.path: number for number, part in enumerate(parts)}
        return IngestPlan(
            source=[os.fspath(item) for item in (source if isinstance(source, (list, tuple)) else [source])],
            suggested_name=suggested_name(files),
            files=[_file(part, part.file in known) for part in parts],
            columns=self._columns(parts, rows, missing),
            rows=rows[:_ROWS],
            num_rows=sum(part.rows for part in parts),
            rejected=rejects.count,
            rejects=sorted(rejects.examples, key=lambda item: (order[item.file], item.line)),
            max_rejects=options.max_rejects,
            refused=self._refused,
            table=self._planned_table(parts),
            warnings=self._warnings(parts, bool(limit), bool(known)),
            complete=not limit,
        )

    def _parts(self, connection: duckdb.DuckDBPyConnection, files: Sequence[SourceFile], limit: int) -> list[Part]:
        given = given_types(self._catalog, self._table)
        try:
            return make_plan(Task(connection, self._options, given, limit), files)
        except IngestError as error:
            if error.code != "CAST_INVALID_INPUT" or not given:
                raise
            self._refuse(error)  # the types of the table do not hold the values: show what they are
            return make_plan(Task(connection, self._options, {}, limit), files)

    def _known(self, files: Sequence[SourceFile]) -> list[SourceFile]:
        if self._table is None or self._force:
            return []
        new = fresh(self._catalog, self._table, files)
        return [file for file in files if file not in new]

    def _count(
        self,
        connection: duckdb.DuckDBPyConnection,
        part: Part,
        rejects: Rejects,
        missing: dict[str, int],
        limit: int,
    ) -> None:
        """Read a file as a load would, and count."""
        import duckdb

        names = [column.name for column in part.columns]
        counts = ", ".join(f"count({quote_duckdb(name)})" for name in names)
        tail = f" LIMIT {limit}" if limit else ""
        cursor = connection.cursor()
        try:
            query = f"SELECT count(*), {counts} FROM ({part.query}{tail})"
            part.rows, *found = cursor.execute(query, part.values).fetchall()[0]
            part.rejected = rejects.collect(cursor, part)
        except duckdb.Error as error:
            raise IngestError(f"{part.file.path} cannot be read: {str(error).splitlines()[0]}.") from error
        finally:
            cursor.close()
        for name, count in zip(names, found, strict=True):
            missing[name.lower()] = missing.get(name.lower(), 0) + part.rows - count

    def _head(
        self, connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], columns: Sequence[str]
    ) -> list[list[str | None]]:
        """Return the first rows as text."""
        rows: list[list[str | None]] = []
        for part in parts:
            if len(rows) >= _SAMPLED:
                break
            where = {column.name.lower(): number for number, column in enumerate(part.columns)}
            selected = ", ".join(_as_text(column.name, column.type) for column in part.columns)
            cursor = connection.cursor()
            query = f"SELECT {selected} FROM ({part.query}) LIMIT {_SAMPLED - len(rows)}"
            at = [where.get(name.lower()) for name in columns]
            found = cursor.execute(query, part.values).fetchall()
            rows += [[None if number is None else row[number] for number in at] for row in found]
            cursor.close()
        return rows

    def _judge(self, parts: Sequence[Part], rejects: Rejects) -> None:
        """Find out whether the load would be refused."""
        try:
            differing(parts, self._options)
            new = [column.name for column in merged_columns(parts) if self._in_table(column.name, "") == "new"]
            if new and not self._options.merge_schema and self._target is not None:
                raise unknown_columns(self._target, new)
            rejects.check(sum(part.rows for part in parts), self._options.max_rejects, self._options.encoding)
        except MlnbError as error:
            self._refuse(error)

    def _columns(
        self, parts: Sequence[Part], rows: Sequence[Sequence[str | None]], missing: Mapping[str, int]
    ) -> list[PlannedColumn]:
        held: dict[str, list[set[str]]] = {}
        for part in parts:
            for each in part.columns:
                held.setdefault(each.name.lower(), []).append({spelled(kind) for kind in each.choices})
        found = []
        for number, column in enumerate(merged_columns(parts)):
            distinct = dict.fromkeys(row[number] for row in rows if row[number] is not None)
            by_all = set.intersection(*held[column.name.lower()])
            choices = [kind for kind in _ORDER if kind in by_all] + sorted(by_all - set(_ORDER))
            found.append(
                PlannedColumn(
                    name=column.name,
                    source_name=column.source_name,
                    type=column.type,
                    reason=column.reason,
                    samples=[_short(value) for value in list(distinct)[:_SAMPLES]],
                    missing=missing.get(column.name.lower(), 0),
                    choices=list(dict.fromkeys([column.type, *choices, "string"])),
                    warnings=column.warnings,
                    in_table=self._in_table(column.name, column.type, choices),
                )
            )
        return found

    def _in_table(
        self, name: str, kind: str, choices: Sequence[str] = ()
    ) -> Literal["same", "new", "cast", "conflict"] | None:
        if self._table is None:
            return None
        known = {column.name.lower(): column.type_text for column in self._table.columns}
        there = known.get(name.lower())
        if there is None:
            return "new"
        if there == kind:
            return "same" if not choices or there in choices or there == "string" else "cast"
        return "cast" if there in _WIDER.get(kind, ()) else "conflict"

    def _planned_table(self, parts: Sequence[Part]) -> PlannedTable | None:
        if self._target is None:
            return None
        exists = self._catalog.exists(self._target.full_name)
        planned = PlannedTable(name=self._target.full_name, exists=exists)
        if exists:
            planned.version = self._catalog.info(self._target.full_name).version
        if self._table is not None:
            names = {column.name.lower() for part in parts for column in part.columns}
            planned.missing_columns = [c.name for c in self._table.columns if c.name.lower() not in names]
        return planned

    def _warnings(self, parts: Sequence[Part], limited: bool, known: bool) -> list[str]:
        found = []
        if limited:
            found.append(
                f"Types and counts are of the first {LINES:,} lines of each file; loading looks at all of them."
            )
        if known:
            found.append("Files that were loaded before are skipped; force loads them again.")
        try:
            found += differing(parts, self._options)
        except IngestError:
            pass  # it is why the load would be refused
        return found


#: Types in the order in which they are offered.
_ORDER = ("bigint", "double", "boolean", "date", "timestamp")
#: Types of tables that hold all values of another type.
_WIDER = {
    "tinyint": ("smallint", "int", "bigint", "float", "double"),
    "smallint": ("int", "bigint", "float", "double"),
    "int": ("bigint", "double"),
    "bigint": ("double",),
    "float": ("double",),
    "date": ("timestamp",),
    "timestamp_ntz": ("timestamp",),
}


def _file(part: Part, known: bool) -> PlannedFile:
    return PlannedFile(
        path=part.file.path,
        format=part.file.format,
        size=part.file.size,
        rows=part.rows,
        rejected=part.rejected,
        loaded_before=known,
        dialect=PlannedDialect(**part.dialect) if part.dialect else None,
    )


def _as_text(name: str, kind: str) -> str:
    """Return a column as text; times as they are shown everywhere, without their zone, which is UTC."""
    c = quote_duckdb(name)
    made = f"CAST({c} AS TIMESTAMP)" if kind.startswith("TIMESTAMP") else c
    return f"left(CAST({made} AS VARCHAR), {_LONGEST})"


def _short(value: str | None) -> str:
    text = " ".join((value or "").split())
    return text if len(text) <= 40 else text[:39] + "…"
